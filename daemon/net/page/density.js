// SPDX-License-Identifier: ISC
// Rows thinner than a pixel: how much of each pixel's rows and time is of which kind.  Computed a
// few milliseconds at a time beside the frames that show the last one that is complete, which is
// stretched meanwhile to where the window has gone.

import { KINDS } from "./batch.js";

const MOST_COLUMNS = 1280; // wider than that it is drawn stretched
const JOBS_A_LOOK = 512, LINES_A_LOOK = 8; // between two looks at the clock

export class Density {
  constructor() {
    this.shown = null; // { canvas, wanted }
    this.next = null; // the one that is being computed
  }

  // What is wanted: a batch in a view { t0, t1, r0, r1 } of so many pixels.
  aim(batch, view, width, height, colours, now) {
    const wanted = { batch, version: batch.version, ...view, width, height, panel: colours.panel, now: batch.finished ? 0 : now };
    if (this.shown && this.shown.wanted.batch !== batch) this.shown = null;
    if (this.next && this.next.wanted.batch !== batch) this.next = null;
    if (!this.next && !(this.shown && same(this.shown.wanted, wanted))) this.next = begin(wanted, colours);
  }

  get busy() { return this.next !== null; }

  // Goes on for so many milliseconds.
  work(budget) {
    const until = performance.now() + budget;
    while (this.next && performance.now() < until)
      if (!step(this.next)) { this.shown = finish(this.next); this.next = null; }
  }

  // Draws the last complete one, by the functions that say where a time and a row are.
  paint(context, x, y) {
    if (!this.shown) return;
    const { t0, t1, r0, r1 } = this.shown.wanted;
    context.drawImage(this.shown.canvas, x(t0), y(r0), x(t1) - x(t0), y(r1) - y(r0));
  }
}

function same(a, b) {
  return Object.keys(b).every((key) => a[key] === b[key]);
}

function begin(wanted, colours) {
  const columns = Math.min(MOST_COLUMNS, wanted.width), lines = wanted.height;
  return { wanted, columns, lines, job: Math.max(0, Math.floor(wanted.r0)), line: 0,
    // Differences along each line of pixels, summed up from the left when it is painted.
    sums: new Int32Array(KINDS.length * (columns + 1) * lines), image: new ImageData(columns, lines),
    ground: rgb(colours.panel), kinds: KINDS.map((kind) => rgb(colours[kind])) };
}

// Some of it; whether there is more.
function step(d) {
  const end = Math.min(d.wanted.batch.jobs, Math.ceil(d.wanted.r1));
  if (d.job < end) {
    const to = Math.min(end, d.job + JOBS_A_LOOK);
    while (d.job < to) add(d, d.job++);
    return true;
  }
  for (let i = 0; i < LINES_A_LOOK && d.line < d.lines; i++) paintLine(d, d.line++);
  return d.line < d.lines;
}

function add(d, job) {
  const { batch: b, t0, t1, r0, r1, now } = d.wanted;
  const line = Math.min(d.lines - 1, Math.floor(((job - r0) / (r1 - r0)) * d.lines));
  const limit = b.end[job] >= 0 ? b.end[job] : now, scale = d.columns / (t1 - t0);
  for (let i = b.last[job]; i >= 0; i = b.before[i]) {
    let x0 = (b.from[i] - t0) * scale, x1 = (Math.min(b.to[i], Math.max(limit, b.from[i])) - t0) * scale;
    if (x1 < 0 || x0 >= d.columns) continue;
    x0 = Math.max(0, Math.floor(x0));
    x1 = Math.min(d.columns, Math.max(x0 + 1, Math.ceil(x1)));
    const base = (b.kind[i] * d.lines + line) * (d.columns + 1);
    d.sums[base + x0]++;
    d.sums[base + x1]--;
  }
}

function paintLine(d, line) {
  const out = d.image.data, run = [0, 0, 0, 0], most = Math.max(1, (d.wanted.r1 - d.wanted.r0) / d.lines);
  for (let x = 0; x < d.columns; x++) {
    let share = 0, r = 0, g = 0, blue = 0;
    for (let k = 0; k < 4; k++) {
      const n = (run[k] += d.sums[(k * d.lines + line) * (d.columns + 1) + x]);
      share += n;
      r += n * d.kinds[k][0]; g += n * d.kinds[k][1]; blue += n * d.kinds[k][2];
    }
    if (share <= 0) continue;
    const at = 4 * (line * d.columns + x), part = Math.min(1, 0.25 + share / most);
    out[at] = d.ground[0] + (r / share - d.ground[0]) * part;
    out[at + 1] = d.ground[1] + (g / share - d.ground[1]) * part;
    out[at + 2] = d.ground[2] + (blue / share - d.ground[2]) * part;
    out[at + 3] = 255;
  }
}

function finish(d) {
  const canvas = new OffscreenCanvas(d.columns, d.lines);
  canvas.getContext("2d").putImageData(d.image, 0, 0);
  return { canvas, wanted: d.wanted };
}

function rgb(colour) {
  const canvas = new OffscreenCanvas(1, 1), c = canvas.getContext("2d", { willReadFrequently: true });
  c.fillStyle = colour;
  c.fillRect(0, 0, 1, 1);
  return c.getImageData(0, 0, 1, 1).data;
}
