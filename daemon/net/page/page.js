// SPDX-License-Identifier: ISC
// The page: a form that runs a batch, its timeline as it runs, and the rest around it.

import { Batch, KINDS, STATUSES } from "./batch.js";
import { joblog, save, trace } from "./download.js";
import { locate } from "./locate.js";
import { lines, refusalOf, withMembers } from "./request.js";
import { Table } from "./table.js";
import { ask, follow as followPath, keepToken, onRefused } from "./token.js";
import { paintKey, seconds, Timeline } from "./timeline.js";

const SAMPLES = ["graph", "chess-three-games", "chess-one-by-one", "retries", "first-done", "timeout",
  "sums-concurrent", "latency"];
const part = (name) => document.querySelector(`[data-part="${name}"]`);
const byId = (id) => document.getElementById(id);

const request = part("request"), state = part("state");
const table = new Table(byId("scroll"), part("table"));
const timeline = new Timeline(part("timeline"), byId("picture"), byId("tip"), (job) => {
  byId("focus").textContent = timeline.describe(job);
  table.reveal(job);
});
let batch = null, running = null, lost = false;

function showStatus(text) {
  if (state.textContent !== text) state.textContent = text;
}

// ---- Samples ------------------------------------------------------------------

async function choose(name) {
  const answer = await fetch(`/page/${name}.json`);
  request.value = (await answer.text()).trim();
  clearRefusal();
}

for (const name of SAMPLES)
  part("samples").append(Object.assign(document.createElement("option"), { value: name, textContent: name.replaceAll("-", " ") }));
part("samples").addEventListener("change", (event) => choose(event.target.value));

// ---- Refusals -----------------------------------------------------------------

function clearRefusal() {
  byId("refusal").hidden = true;
  request.removeAttribute("aria-invalid");
}

// At its place: the text at fault is selected, and its line is shown.
function showRefusal(refusal) {
  const place = refusal.path ? locate(request.value, refusal.path) : null;
  const line = place ? request.value.slice(0, place[0]).split("\n").length : 0;
  byId("refusal").textContent = `${refusal.code}: ${refusal.message}${
    refusal.path ? ` (${refusal.path}${line ? `, line ${line}` : ""})` : ""}`;
  byId("refusal").hidden = false;
  request.setAttribute("aria-invalid", "true");
  request.focus();
  if (place) request.setSelectionRange(...place);
  showStatus("refused");
}

// ---- Running ------------------------------------------------------------------

function parsed(text) {
  try { return JSON.parse(text); } catch { return null; }
}

function show(next) {
  batch = next;
  timeline.show(batch);
  table.show(batch);
  totals();
}

function totals() {
  const list = byId("totals"), b = batch, rows = [];
  if (b?.accepted) {
    rows.push(["jobs", b.jobs]);
    STATUSES.forEach((status, i) => { if (b.counts[i]) rows.push([status.replace("_", " "), b.counts[i]]); });
    rows.push(["late at most", seconds(b.late)]);
    if (b.finished) {
      const f = b.finished;
      rows.push(["elapsed", seconds(f.elapsed)], ["by schedule", seconds(f.predicted)], ["one after another", seconds(f.sequential)],
        ["speedup", `${+f.speedup.toFixed(2)} ×`], ["critical path", seconds(f.critical_path)]);
    } else {
      rows.push(["so far", seconds(timeline.liveNow())]);
    }
  }
  list.replaceChildren(...rows.map(([name, value]) => {
    const div = document.createElement("div");
    div.append(Object.assign(document.createElement("dt"), { textContent: name }),
      Object.assign(document.createElement("dd"), { textContent: value }));
    return div;
  }));
}

function setBusy(busy) {
  part("submit").disabled = busy;
  byId("cancel").disabled = !busy;
  // One at a time is followed: to leave one that runs is to cancel it.
  for (const button of byId("batches").querySelectorAll("button")) button.disabled = busy;
  for (const id of ["get-trace", "get-joblog", "get-lines"]) byId(id).disabled = !batch?.accepted;
}

// As a conversation of one request: what is refused is an event, and no error of the browser's.
function converse(body, signal) {
  return ask("/v1/requests", { method: "POST", body, signal,
    headers: { "Content-Type": "application/json", Accept: "application/x-ndjson" } });
}

async function run() {
  clearRefusal();
  source?.close();
  source = null;
  running = new AbortController();
  const next = new Batch(parsed(request.value));
  show(next);
  setBusy(true);
  showStatus("waiting for a connection");
  try {
    const answer = await converse(withMembers(request.value, { events: "all" }), running.signal);
    for await (const { events, text } of lines(answer.body)) {
      const refused = events.find((event) => event.event === "error");
      if (refused) {
        showRefusal(refusalOf(refused, request.value));
        return;
      }
      showStatus("running");
      next.text.push(text);
      for (const event of events) next.take(event);
      refresh();
    }
    await next.marked;
    totals();
    table.fill();
    showStatus(next.finished ? `finished: ${next.finished.status}` : "cut short");
  } catch (error) {
    next.lost = true;
    showStatus(error.name === "AbortError" ? "cancelled" : "lost the daemon");
  } finally {
    setBusy(false);
    refresh();
  }
}

let refreshing = false;
function refresh() {
  if (refreshing) return;
  refreshing = true;
  setTimeout(() => {
    refreshing = false;
    totals();
    table.draw();
    timeline.draw();
    setBusy(part("submit").disabled);
  }, 100);
}

part("form").addEventListener("submit", (event) => { event.preventDefault(); run(); });
byId("cancel").addEventListener("click", () => running?.abort());
byId("zoom-in").addEventListener("click", () => timeline.zoom(0.6));
byId("zoom-out").addEventListener("click", () => timeline.zoom(1 / 0.6));
byId("zoom-all").addEventListener("click", () => timeline.all());
byId("get-trace").addEventListener("click", () => save("waitd-trace.json", "application/json", [trace(batch)]));
byId("get-joblog").addEventListener("click", () => save("waitd-joblog.tsv", "text/tab-separated-values", [joblog(batch)]));
byId("get-lines").addEventListener("click", () => save("waitd-events.ndjson", "application/x-ndjson", batch.text));

// ---- Detached batches -----------------------------------------------------------

const KINDS_OF_EVENTS = ["accepted", "started", "step", "retry", "done", "summary", "pool", "finished"];
let source = null;

// Follows one at a time, by one stream; a browser has six of them for all its tabs.
function watch(ref) {
  source?.close();
  clearRefusal();
  const next = new Batch(null);
  show(next);
  follow(ref, next, 1);
}

function follow(ref, next, from) {
  let seq = from - 1;
  const own = (source = followPath(`/v1/batches/${ref}/events?from=${from}`, lines));
  showStatus(`waiting for a connection to watch ${ref}`);
  own.onopen = () => showStatus(`watching ${ref}`);
  own.onerror = () => {
    if (source !== own || next.finished) return;
    showStatus("lost the daemon: trying again");
    // After an answer of 503 a browser does not try again by itself.
    if (own.readyState === EventSource.CLOSED) setTimeout(() => retry(own, ref, next, seq + 1), 1000);
  };
  for (const kind of KINDS_OF_EVENTS)
    own.addEventListener(kind, (message) => {
      const event = JSON.parse(message.data);
      if (event.seq <= seq) return;
      seq = event.seq;
      next.text.push(message.data + "\n");
      next.take(event);
      if (kind === "finished") {
        own.close();
        source = null;
        showStatus(`finished: ${event.status}`);
        next.marked.then(refresh);
      }
      refresh();
    });
}

// Goes on from there, unless there is nothing any more to be had of it.
async function retry(own, ref, next, from) {
  const answer = await ask(`/v1/batches/${ref}`).catch(() => null);
  if (source !== own) return;
  if (answer?.status !== 404 && answer?.status !== 410) {
    follow(ref, next, from);
    return;
  }
  source = null;
  next.lost = true;
  showStatus(`${ref} is gone`);
}

async function list() {
  const { batches } = await (await ask("/v1/batches?order=newest&limit=50")).json();
  const texts = batches.map((b) => `${b.ref}: ${b.status ?? b.state}, jobs: ${b.jobs}, pending: ${b.pending}`);
  if (texts.join() === byId("batches").dataset.shown) return;
  byId("batches").dataset.shown = texts.join();
  if (!texts.length) {
    byId("batches").replaceChildren(Object.assign(document.createElement("li"), { textContent: "none", className: "quiet" }));
    return;
  }
  byId("batches").replaceChildren(...texts.map((text, i) => {
    const item = document.createElement("li"), button = document.createElement("button");
    button.type = "button";
    button.textContent = text;
    button.disabled = part("submit").disabled;
    button.addEventListener("click", () => watch(batches[i].ref));
    item.append(button);
    return item;
  }));
}

// ---- Comparing ----------------------------------------------------------------

// On the virtual clock, so that it is there at once, and the same each time.
async function compareOne(mode) {
  const figure = document.createElement("figure"), caption = document.createElement("figcaption");
  const canvas = document.createElement("canvas"), frame = document.createElement("div");
  frame.append(canvas);
  figure.append(caption, frame);
  caption.textContent = `${mode}: …`;
  const one = new Batch({ ...parsed(request.value), clock: "virtual" });
  const answer = await converse(withMembers(request.value, { mode, clock: "virtual", events: "all" }, true));
  for await (const { events } of lines(answer.body)) {
    const refused = events.find((event) => event.event === "error");
    if (refused) {
      caption.textContent = `${mode}: ${refused.code}: ${refused.message}`;
      canvas.hidden = true;
      return { mode, figure, caption };
    }
    for (const event of events) one.take(event);
  }
  return { mode, figure, caption, canvas, frame, batch: one, elapsed: one.finished?.elapsed ?? 0 };
}

async function compare() {
  const results = byId("compare-results");
  clearRefusal();
  byId("compare-run").disabled = true;
  results.textContent = "…";
  try {
    const all = await Promise.all(["sequential", "blocking", "concurrent"].map(compareOne));
    const longest = Math.max(...all.map((one) => one.elapsed ?? 0), 1e-9);
    results.replaceChildren(...all.map((one) => one.figure));
    for (const one of all) {
      if (!one.batch) continue;
      one.caption.textContent = `${one.mode}: ${seconds(one.elapsed)}, ${+(longest / (one.elapsed || longest)).toFixed(2)} × as fast as the slowest`;
      paintCompared(one, longest);
    }
  } catch {
    results.textContent = "lost the daemon";
  } finally {
    byId("compare-run").disabled = false;
  }
}

// All three on one axis of time.
function paintCompared(one, longest) {
  const view = Object.create(Timeline.prototype);
  Object.assign(view, { frame: one.canvas, canvas: one.canvas, batch: one.batch, focus: -1, fit: false });
  Object.assign(view, { t0: 0, t1: longest * 1.02, r0: 0, r1: Math.max(1, one.batch.jobs) });
  one.canvas.setAttribute("role", "img");
  one.canvas.setAttribute("aria-label", one.caption.textContent);
  const paint = () => {
    view.paint();
    if (view.density?.busy) requestAnimationFrame(paint);
  };
  paint();
}

byId("compare-run").addEventListener("click", compare);

// ---- Who asks -------------------------------------------------------------------

// The daemon wants to know: everything else waits for that.
onRefused(() => {
  if (!part("token").hidden) return;
  part("token").hidden = false;
  showStatus("the daemon asks for a token");
  byId("token").focus();
});

function allowed() {
  if (part("token").hidden) return;
  part("token").hidden = true;
  showStatus("ready");
}

part("token").addEventListener("submit", (event) => {
  event.preventDefault();
  keepToken(byId("token").value);
  byId("token").value = "";
  part("token").hidden = true;
  showStatus("ready");
  look();
});

// ---- Round about --------------------------------------------------------------

function legend() {
  const words = { wait: "waits", compute: "computes", queue: "queues", backoff: "backs off", critical: "critical path" };
  byId("legend").replaceChildren(...[...KINDS, "critical", ...STATUSES.slice(2)].map((kind) => {
    const item = document.createElement("li"), canvas = document.createElement("canvas");
    paintKey(canvas, kind);
    canvas.setAttribute("aria-hidden", "true");
    item.append(canvas, words[kind] ?? kind.replace("_", " "));
    return item;
  }));
}

let looking = 0;
async function look() {
  clearTimeout(looking);
  try {
    const answer = await ask("/v1/stats");
    if (answer.status === 401) {
      looking = setTimeout(look, 2000);
      return;
    }
    const stats = await answer.json();
    allowed();
    byId("daemon").textContent = `batches running: ${stats.batches}, jobs pending: ${stats.pending}, late p99: ${seconds(stats.late_p99)}`;
    await list();
    if (lost && !source) showStatus("ready");
    lost = false;
  } catch {
    lost = true;
    showStatus("lost the daemon: trying again");
  }
  looking = setTimeout(look, 2000);
}

matchMedia("(prefers-color-scheme: dark)").addEventListener("change", legend);
legend();
choose(SAMPLES[0]);
show(new Batch(null));
look();
