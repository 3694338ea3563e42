// SPDX-License-Identifier: ISC
// The picture: one row a job, time to the right.  Only what is in the window is drawn; rows
// thinner than a pixel become a density picture (density.js).

import { KINDS, STATUSES } from "./batch.js";
import { Density } from "./density.js";

const LEFT = 4, TOP = 22, MOST_ROW = 22;
const BUDGET = 5; // milliseconds of a frame for what need not be complete in it
const still = matchMedia("(prefers-reduced-motion: reduce)");

function colours() {
  const style = getComputedStyle(document.documentElement);
  const get = (name) => style.getPropertyValue("--" + name).trim();
  const all = {};
  for (const name of ["panel", "text", "quiet", "line", "accent", "critical", ...KINDS, ...STATUSES.slice(2)])
    all[name] = get(name);
  return all;
}

// Each kind has a pattern of its own besides its colour.
function pattern(context, kind, colour, ground) {
  const tile = new OffscreenCanvas(8, 8);
  const t = tile.getContext("2d");
  t.fillStyle = colour;
  t.fillRect(0, 0, 8, 8);
  t.strokeStyle = t.fillStyle = ground;
  t.lineWidth = 1.5;
  t.beginPath();
  if (kind === "compute") for (const x of [-8, 0, 8]) { t.moveTo(x, 8); t.lineTo(x + 8, 0); }
  if (kind === "backoff") for (const x of [2, 6]) { t.moveTo(x, 0); t.lineTo(x, 8); }
  t.stroke();
  if (kind === "queue") for (const [x, y] of [[1, 1], [5, 5]]) t.fillRect(x, y, 2.5, 2.5);
  return context.createPattern(tile, "repeat");
}

export function paintKey(canvas, kind, text) {
  const context = canvas.getContext("2d");
  const c = colours();
  canvas.width = 26;
  canvas.height = 14;
  context.fillStyle = c.panel;
  context.fillRect(0, 0, 26, 14);
  if (KINDS.includes(kind)) {
    context.fillStyle = pattern(context, kind, c[kind], c.panel);
    context.fillRect(0, 0, 26, 14);
  } else if (kind === "critical") {
    context.strokeStyle = c.critical;
    context.lineWidth = 3;
    context.strokeRect(3, 3, 20, 8);
  } else {
    mark(context, kind, 13, 7, 5, c[kind]);
  }
}

// How a job ended: a shape for each.
function mark(context, status, x, y, r, colour) {
  context.fillStyle = context.strokeStyle = colour;
  context.lineWidth = Math.max(1.5, r / 2.5);
  context.beginPath();
  if (status === "ok") {
    context.arc(x, y, r * 0.7, 0, 7);
    context.fill();
  } else if (status === "failed") {
    context.moveTo(x - r, y - r); context.lineTo(x + r, y + r);
    context.moveTo(x + r, y - r); context.lineTo(x - r, y + r);
    context.stroke();
  } else if (status === "timed_out") {
    context.moveTo(x - r, y - r); context.lineTo(x + r, y - r); context.lineTo(x, y + r);
    context.fill();
  } else if (status === "cancelled") {
    context.rect(x - r * 0.8, y - r * 0.8, 1.6 * r, 1.6 * r);
    context.stroke();
  } else if (status === "skipped") {
    context.moveTo(x - r, y); context.lineTo(x + r, y);
    context.stroke();
  }
}

function tickStep(span, width) {
  const raw = (span / Math.max(1, width)) * 90;
  const power = 10 ** Math.floor(Math.log10(raw));
  for (const factor of [1, 2, 5, 10]) if (factor * power >= raw) return factor * power;
  return 10 * power;
}

export function seconds(value) {
  if (value >= 100) return `${+value.toFixed(1)} s`;
  if (value >= 1) return `${+value.toFixed(3)} s`;
  return `${+(value * 1000).toFixed(3)} ms`;
}

export class Timeline {
  constructor(frame, canvas, tip, onFocus) {
    Object.assign(this, { frame, canvas, tip, onFocus });
    this.batch = null;
    this.focus = -1;
    this.all();
    new ResizeObserver(() => this.draw()).observe(frame);
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
      this.c = this.fills = null;
      this.draw();
    });
    this.listen();
  }

  show(batch) {
    this.batch = batch;
    this.focus = -1;
    this.all();
  }

  all() {
    this.fit = true;
    this.draw();
  }

  // The window: times t0..t1, rows r0..r1.
  frameAll() {
    const b = this.batch;
    const span = Math.max(b?.finished ? b.now : Math.max(b?.now ?? 0, this.liveNow()) * 1.05, 1e-6);
    this.t0 = 0;
    this.t1 = span;
    this.r0 = 0;
    this.r1 = Math.max(1, b?.jobs ?? 1);
  }

  liveNow() {
    const b = this.batch;
    if (!b?.accepted || b.finished || !b.real) return b?.now ?? 0;
    return Math.max(b.now, (performance.now() - b.began) / 1000);
  }

  rowHeight() {
    return Math.min(MOST_ROW, (this.height - TOP) / (this.r1 - this.r0));
  }

  x(t) { return LEFT + ((t - this.t0) / (this.t1 - this.t0)) * (this.width - 2 * LEFT); }
  y(row) { return TOP + (row - this.r0) * this.rowHeight(); }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => {
      this.pending = false;
      this.paint();
      const b = this.batch;
      if (this.density?.busy) this.draw();
      else if (b?.accepted && !b.finished && !b.lost) {
        if (still.matches) setTimeout(() => this.draw(), 1000); else this.draw();
      }
    });
  }

  paint(budget = BUDGET) {
    const ratio = devicePixelRatio || 1;
    const box = this.frame.getBoundingClientRect();
    this.width = Math.max(1, Math.floor(this.frame.clientWidth));
    this.height = Math.max(1, Math.floor(this.frame.clientHeight));
    if (!box.width) return;
    if (this.canvas.width !== this.width * ratio || this.canvas.height !== this.height * ratio) {
      this.canvas.width = this.width * ratio;
      this.canvas.height = this.height * ratio;
    }
    if (this.fit) this.frameAll();
    const c = (this.context = this.canvas.getContext("2d"));
    this.c ??= colours();
    c.setTransform(ratio, 0, 0, ratio, 0, 0);
    c.fillStyle = this.c.panel;
    c.fillRect(0, 0, this.width, this.height);
    if (!this.batch?.accepted) return;
    this.axis();
    if (this.rowHeight() < 1) this.densityPicture(budget); else this.rows();
    if (!this.batch.finished) this.nowLine();
  }

  axis() {
    const c = this.context, step = tickStep(this.t1 - this.t0, this.width);
    c.font = "12px system-ui, sans-serif";
    c.strokeStyle = this.c.line;
    c.fillStyle = this.c.quiet;
    c.lineWidth = 1;
    c.beginPath();
    for (let k = Math.ceil(this.t0 / step); k * step <= this.t1; k++) {
      const x = Math.round(this.x(k * step)) + 0.5;
      c.moveTo(x, 0); c.lineTo(x, this.height);
      if (x < this.width - 30) c.fillText(seconds(k * step), x + 3, 14);
    }
    c.stroke();
  }

  nowLine() {
    const x = this.x(this.liveNow());
    this.context.strokeStyle = this.c.accent;
    this.context.lineWidth = 1.5;
    this.context.beginPath();
    this.context.moveTo(x, 0);
    this.context.lineTo(x, this.height);
    this.context.stroke();
  }

  rows() {
    const b = this.batch, c = this.context, h = this.rowHeight(), pad = h > 6 ? Math.min(3, h / 6) : 0;
    this.fills ??= KINDS.map((kind) => pattern(c, kind, this.c[kind], this.c.panel));
    const fills = h >= 5 ? this.fills : KINDS.map((kind) => this.c[kind]);
    const now = this.liveNow(), last = Math.min(b.jobs, Math.ceil(this.r1));
    for (let job = Math.max(0, Math.floor(this.r0)); job < last; job++) {
      const y = this.y(job);
      const limit = b.end[job] >= 0 ? b.end[job] : now;
      for (let i = b.last[job]; i >= 0; i = b.before[i]) {
        const x0 = this.x(b.from[i]), x1 = this.x(Math.min(b.to[i], Math.max(limit, b.from[i])));
        if (x1 < 0 || x0 > this.width) continue;
        c.fillStyle = fills[b.kind[i]];
        c.fillRect(x0, y + pad, Math.max(1, x1 - x0), h - 2 * pad);
      }
      if (b.critical[job] && h >= 4 && b.start[job] >= 0) {
        c.strokeStyle = this.c.critical;
        c.lineWidth = h > 10 ? 2.5 : 1.5;
        c.strokeRect(this.x(b.start[job]), y + pad, Math.max(1, this.x(limit) - this.x(b.start[job])), h - 2 * pad);
      }
      if (b.status[job] > 1 && h >= 3)
        mark(c, STATUSES[b.status[job]], this.x(b.end[job]), y + h / 2, Math.min(6, h / 3), this.c[STATUSES[b.status[job]]]);
      if (h >= 13) this.label(job, y, h);
      if (job === this.focus) this.ring(y, h);
    }
  }

  label(job, y, h) {
    const c = this.context, name = this.batch.name(job);
    if (!name) return;
    c.font = "12px system-ui, sans-serif";
    c.lineWidth = 3;
    c.strokeStyle = this.c.panel;
    c.fillStyle = this.c.text;
    const x = Math.max(LEFT + 4, this.x(Math.max(0, this.batch.start[job])) + 6);
    c.strokeText(name.slice(0, 60), x, y + h / 2 + 4);
    c.fillText(name.slice(0, 60), x, y + h / 2 + 4);
  }

  ring(y, h) {
    this.context.strokeStyle = this.c.accent;
    this.context.lineWidth = 2;
    this.context.strokeRect(1, y, this.width - 2, Math.max(3, h));
  }

  // The jobs of a pixel together.
  densityPicture(budget) {
    const { t0, t1, r0, r1 } = this, rows = this.height - TOP;
    this.density ??= new Density();
    this.density.aim(this.batch, { t0, t1, r0, r1 }, Math.max(1, this.width - 2 * LEFT), rows, this.c, this.liveNow());
    this.density.work(budget);
    this.context.save();
    this.context.beginPath();
    this.context.rect(0, TOP, this.width, rows);
    this.context.clip();
    this.density.paint(this.context, (t) => this.x(t), (row) => this.y(row));
    this.context.restore();
    if (this.focus >= 0) this.ring(this.y(this.focus) - 1, 3);
  }

  // ---- Moving --------------------------------------------------------------

  zoom(factor, px = this.width / 2, py = TOP + (this.height - TOP) / 2) {
    if (!this.batch?.accepted) return;
    this.fit = false;
    const t = this.t0 + ((px - LEFT) / (this.width - 2 * LEFT)) * (this.t1 - this.t0);
    const row = this.r0 + (py - TOP) / this.rowHeight();
    const span = Math.max(1e-9, Math.min(this.batch.now * 4 + 1, (this.t1 - this.t0) * factor));
    const rows = Math.max(3, Math.min(this.batch.jobs, (this.r1 - this.r0) * factor));
    this.t0 = t - ((px - LEFT) / (this.width - 2 * LEFT)) * span;
    this.t1 = this.t0 + span;
    this.r0 = row - ((row - this.r0) / (this.r1 - this.r0)) * rows;
    this.r1 = this.r0 + rows;
    this.clamp();
    this.draw();
  }

  pan(times, rows) {
    if (!this.batch?.accepted) return;
    this.fit = false;
    this.t0 += times; this.t1 += times; this.r0 += rows; this.r1 += rows;
    this.clamp();
    this.draw();
  }

  clamp() {
    const rows = this.r1 - this.r0;
    this.r0 = Math.max(0, Math.min(this.r0, this.batch.jobs - rows));
    this.r1 = this.r0 + rows;
    if (this.t0 < 0) { this.t1 -= this.t0; this.t0 = 0; }
  }

  setFocus(job) {
    if (!this.batch?.jobs) return;
    this.focus = Math.max(0, Math.min(this.batch.jobs - 1, job));
    if (this.focus < this.r0) this.pan(0, this.focus - this.r0);
    if (this.focus + 1 > this.r1) this.pan(0, this.focus + 1 - this.r1);
    this.onFocus(this.focus);
    this.draw();
  }

  describe(job) {
    const b = this.batch, name = b.name(job), status = STATUSES[b.status[job]].replace("_", " ");
    const sums = b.sums(job).map((sum, k) => (sum > 0 ? `${KINDS[k]} ${seconds(sum)}` : "")).filter(Boolean);
    const end = b.end[job] >= 0 ? `, ended at ${seconds(b.end[job])}` : "";
    return `job ${job}${name ? ` “${name}”` : ""}: ${status}${end}${sums.length ? ` (${sums.join(", ")})` : ""}${
      b.critical[job] ? ", on the critical path" : ""}`;
  }

  hover(event) {
    const box = this.frame.getBoundingClientRect();
    const px = event.clientX - box.left, py = event.clientY - box.top;
    const job = Math.floor(this.r0 + (py - TOP) / this.rowHeight());
    if (!this.batch?.accepted || py < TOP || job < 0 || job >= this.batch.jobs) {
      this.tip.hidden = true;
      return;
    }
    this.tip.hidden = false;
    this.tip.textContent = this.describe(job);
    this.tip.style.left = `${Math.max(0, Math.min(px + 12, this.width - this.tip.offsetWidth - 4))}px`;
    this.tip.style.top = `${Math.max(0, Math.min(py + 14, this.height - this.tip.offsetHeight - 4))}px`;
  }

  listen() {
    const f = this.frame;
    let drag = null;
    f.addEventListener("pointerdown", (e) => { drag = [e.clientX, e.clientY]; f.setPointerCapture(e.pointerId); });
    f.addEventListener("pointerup", () => { drag = null; });
    f.addEventListener("pointerleave", () => { this.tip.hidden = true; });
    f.addEventListener("pointermove", (e) => {
      if (!drag) return this.hover(e);
      const times = ((drag[0] - e.clientX) / this.width) * (this.t1 - this.t0);
      this.pan(times, (drag[1] - e.clientY) / this.rowHeight());
      drag = [e.clientX, e.clientY];
    });
    f.addEventListener("wheel", (e) => {
      e.preventDefault();
      const box = f.getBoundingClientRect();
      this.zoom(Math.exp(e.deltaY / 300), e.clientX - box.left, e.clientY - box.top);
    }, { passive: false });
    f.addEventListener("keydown", (e) => this.key(e));
    f.addEventListener("focus", () => { if (this.focus < 0) this.setFocus(0); });
  }

  key(e) {
    const page = Math.max(1, Math.floor(this.r1 - this.r0) - 1);
    const keys = {
      ArrowDown: () => this.setFocus(this.focus + 1), ArrowUp: () => this.setFocus(this.focus - 1),
      PageDown: () => this.setFocus(this.focus + page), PageUp: () => this.setFocus(this.focus - page),
      Home: () => this.setFocus(0), End: () => this.setFocus(Infinity),
      ArrowLeft: () => this.pan((this.t0 - this.t1) / 10, 0), ArrowRight: () => this.pan((this.t1 - this.t0) / 10, 0),
      "+": () => this.zoom(0.7), "=": () => this.zoom(0.7), "-": () => this.zoom(1 / 0.7), "0": () => this.all(),
    };
    if (!keys[e.key] || e.ctrlKey || e.metaKey) return;
    e.preventDefault();
    keys[e.key]();
  }
}
