// SPDX-License-Identifier: ISC
// What can be taken home: the events as they came, a trace for Perfetto or speedscope, and a
// table as GNU parallel writes it.

import { KINDS, STATUSES } from "./batch.js";

export function save(name, type, parts) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob(parts, { type }));
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

// Each job on the lowest lane that is free: whole microseconds, begin and end rounded alike.
export function trace(batch) {
  const us = (t) => Math.round(t * 1e6);
  const jobs = [...Array(batch.jobs).keys()].filter((job) => batch.end[job] >= 0 && batch.start[job] >= 0)
    .sort((a, b) => batch.start[a] - batch.start[b] || a - b);
  const free = [], events = [];
  for (const job of jobs) {
    let lane = free.findIndex((end) => end <= batch.start[job]);
    if (lane < 0) lane = free.length;
    free[lane] = batch.end[job];
    const put = (name, from, to, args) => {
      const ts = us(from), dur = us(to) - ts;
      events.push(dur > 0 ? { name, ph: "X", pid: 1, tid: lane + 1, ts, dur, args }
        : { name, ph: "i", s: "t", pid: 1, tid: lane + 1, ts, args });
    };
    put(batch.name(job) || `job ${job}`, batch.start[job], batch.end[job], { job, status: STATUSES[batch.status[job]] });
    const pieces = [];
    for (let i = batch.last[job]; i >= 0; i = batch.before[i]) pieces.push(i);
    for (const i of pieces.reverse()) put(KINDS[batch.kind[i]], batch.from[i], Math.min(batch.to[i], batch.end[job]), { job });
  }
  return JSON.stringify({ displayTimeUnit: "ms", traceEvents: events });
}

export function joblog(batch) {
  const epoch = batch.accepted.time ? Date.parse(batch.accepted.time) / 1000 : 0;
  const rows = ["Seq\tHost\tStarttime\tJobRuntime\tSend\tReceive\tExitval\tSignal\tCommand"];
  for (let job = 0; job < batch.jobs; job++) {
    if (batch.end[job] < 0 || batch.start[job] < 0) continue;
    const failed = STATUSES[batch.status[job]] !== "ok";
    rows.push([job + 1, "waitd", (epoch + batch.start[job]).toFixed(3), (batch.end[job] - batch.start[job]).toFixed(3),
      0, 0, failed ? 1 : 0, 0, (batch.name(job) || `job ${job}`).replace(/[\t\n]/g, " ")].join("\t"));
  }
  return rows.join("\n") + "\n";
}
