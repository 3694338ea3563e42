// SPDX-License-Identifier: ISC
// What the events of one batch say: for each job its stretches of time, how it ended, and,
// once it is all over, which jobs lie on the longest chain.  Numbers in typed arrays, so that
// 100,000 jobs are a few megabytes.

import { pause } from "./request.js";

export const KINDS = ["wait", "compute", "queue", "backoff"];
export const STATUSES = ["pending", "running", "ok", "failed", "timed_out", "cancelled", "skipped"];

function grown(array, need) {
  if (need <= array.length) return array;
  const more = new array.constructor(Math.max(need, 2 * array.length));
  more.set(array);
  return more;
}

export class Batch {
  constructor(request) {
    this.request = request; // parsed, or null
    this.jobs = 0;
    this.real = true;
    this.now = 0; // the latest time reported
    this.pieces = 0;
    this.job = new Int32Array(1024);
    this.kind = new Uint8Array(1024);
    this.from = new Float64Array(1024);
    this.to = new Float64Array(1024);
    this.before = new Int32Array(1024); // the piece before it of the same job, -1
    this.counts = new Int32Array(STATUSES.length);
    this.finished = null;
    this.accepted = null;
    this.text = []; // lines as they came, in blocks
    this.late = 0;
    this.version = 0; // grows with each change
    this.data = true;
  }

  begin(event) {
    const n = event.jobs;
    this.accepted = event;
    this.jobs = n;
    this.real = !this.request || this.request.clock !== "virtual";
    this.status = new Uint8Array(n);
    this.last = new Int32Array(n).fill(-1); // the last piece of each job
    this.start = new Float64Array(n).fill(-1);
    this.end = new Float64Array(n).fill(-1);
    this.reached = new Float64Array(n).fill(-1); // how far each job's time is accounted for
    this.attempts = new Uint16Array(n);
    this.names = new Map();
    this.critical = new Uint8Array(n);
    this.counts[0] = n;
    this.named = namesOf(this.request, n);
    this.began = performance.now();
  }

  name(job) {
    return this.names.get(job) ?? this.named?.(job) ?? "";
  }

  set(job, status) {
    this.counts[this.status[job]]--;
    this.status[job] = status;
    this.counts[status]++;
  }

  piece(job, kind, from, to) {
    const i = this.pieces++;
    if (i >= this.job.length)
      for (const key of ["job", "kind", "from", "to", "before"]) this[key] = grown(this[key], i + 1);
    this.job[i] = job;
    this.kind[i] = kind;
    this.from[i] = from;
    this.to[i] = to;
    this.before[i] = this.last[job];
    this.last[job] = i;
    return i;
  }

  // Ends what is being drawn of a job.
  cut(job, at) {
    const i = this.last[job];
    if (i >= 0 && this.to[i] > at) this.to[i] = Math.max(at, this.from[i]);
    if (i >= 0 && this.to[i] < at && KINDS[this.kind[i]] !== "backoff") this.to[i] = at;
    this.reached[job] = at;
  }

  take(event) {
    this.version++;
    if (event.at > this.now) this.now = event.at;
    if (event.name !== undefined && this.named?.(event.job) !== event.name) this.names.set(event.job, event.name);
    switch (event.event) {
      case "accepted": this.begin(event); break;
      case "started": this.started(event); break;
      case "step": this.step(event); break;
      case "retry":
        this.cut(event.job, event.at);
        this.piece(event.job, 3, event.at, event.at + event.delay);
        break;
      case "done": this.done(event); break;
      case "finished":
        this.finished = event;
        this.now = Math.max(this.now, event.elapsed);
        this.marked = this.markCritical();
        break;
    }
  }

  started({ job, at, attempt }) {
    this.cut(job, at);
    if (this.start[job] < 0) this.start[job] = at;
    this.attempts[job] = attempt;
    this.reached[job] = at;
    this.set(job, 1);
  }

  step({ job, at, kind, duration }) {
    const reached = this.reached[job];
    // A wake-up that was late is no queue.
    if (kind === "compute" && at - reached > (this.real ? 0.002 : 0)) {
      this.cut(job, reached);
      this.piece(job, 2, reached, at);
    } else {
      this.cut(job, at);
    }
    this.piece(job, kind === "compute" ? 1 : 0, at, at + duration);
    this.reached[job] = at + duration;
  }

  done(event) {
    const { job, at, status } = event;
    const i = this.last[job];
    if (i >= 0 && (status === "cancelled" || status === "timed_out" || this.to[i] > at)) this.to[i] = Math.min(this.to[i], at);
    if (this.start[job] < 0 && status !== "skipped") this.start[job] = i >= 0 ? this.from[i] : 0;
    if (i < 0 && this.start[job] >= 0 && at > this.start[job]) this.piece(job, 0, this.start[job], at);
    this.end[job] = at;
    if (event.attempts) this.attempts[job] = event.attempts;
    else if (!this.attempts[job] && status !== "skipped") this.attempts[job] = 1;
    if (event.due !== undefined) this.late = Math.max(this.late, at - event.due);
    this.set(job, STATUSES.indexOf(status));
  }

  // The sums of a job's pieces by kind, in seconds.
  sums(job) {
    const sums = [0, 0, 0, 0];
    for (let i = this.last[job]; i >= 0; i = this.before[i])
      sums[this.kind[i]] += Math.min(this.to[i], this.end[job] >= 0 ? this.end[job] : this.now) - this.from[i];
    return sums;
  }

  // The longest chain through `after` of what each job took, queueing left out.  At once where it
  // is quick, else with pauses.
  async markCritical() {
    const after = aftersOf(this.request, this.jobs);
    let began = performance.now();
    if (!this.jobs) return;
    const chain = new Float64Array(this.jobs).fill(-1);
    const via = new Int32Array(this.jobs).fill(-1);
    const own = (job) => {
      const s = this.sums(job);
      return s[0] + s[1] + s[3];
    };
    for (let first = 0; first < this.jobs; first++) {
      if (first % 1024 === 0 && performance.now() - began > 5) {
        await pause();
        began = performance.now();
      }
      const stack = [first];
      while (stack.length) {
        const job = stack[stack.length - 1];
        if (chain[job] >= 0) { stack.pop(); continue; }
        const open = (after?.(job) ?? []).filter((other) => chain[other] < 0);
        if (open.length) { for (const other of open) stack.push(other); continue; }
        let best = -1;
        for (const other of after?.(job) ?? []) if (best < 0 || chain[other] > chain[best]) best = other;
        via[job] = best;
        chain[job] = own(job) + (best < 0 ? 0 : chain[best]);
        stack.pop();
      }
    }
    let job = 0;
    for (let i = 1; i < this.jobs; i++) if (chain[i] > chain[job]) job = i;
    for (; job >= 0; job = via[job]) this.critical[job] = 1;
    this.version++;
  }
}

function elementsOf(request) {
  const jobs = Array.isArray(request) ? request : request?.jobs;
  return Array.isArray(jobs) ? jobs : null;
}

// Index by element: where each begins.
function places(elements) {
  const begins = [];
  let n = 0;
  for (const element of elements) {
    begins.push(n);
    n += element?.count ?? 1;
  }
  return begins;
}

function elementAt(begins, job) {
  let low = 0, high = begins.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (begins[middle] <= job) low = middle; else high = middle - 1;
  }
  return low;
}

function namesOf(request) {
  const elements = elementsOf(request);
  if (!elements?.length) return null;
  const begins = places(elements);
  return (job) => elements[elementAt(begins, job)]?.name ?? request.defaults?.name;
}

function aftersOf(request, n) {
  const elements = elementsOf(request);
  if (!elements?.some((element) => element.after !== undefined) && !request?.defaults?.after) return null;
  const begins = places(elements);
  const byName = new Map();
  elements.forEach((element, i) => {
    const name = element.name ?? request.defaults?.name;
    if (name === undefined) return;
    const end = i + 1 < begins.length ? begins[i + 1] : n;
    if (!byName.has(name)) byName.set(name, []);
    for (let job = begins[i]; job < end; job++) byName.get(name).push(job);
  });
  const cache = elements.map((element) => {
    const names = element.after ?? request.defaults?.after ?? [];
    return [].concat(names).flatMap((name) => byName.get(name) ?? []);
  });
  return (job) => cache[elementAt(begins, job)];
}
