// SPDX-License-Identifier: ISC
// The picture's equal as a table.  Rows beyond the window are not in the document.

import { STATUSES } from "./batch.js";
import { seconds } from "./timeline.js";

const ROW = 28, MORE = 8;

export class Table {
  constructor(scroll, table) {
    Object.assign(this, { scroll, table, body: table.tBodies[0], batch: null });
    scroll.addEventListener("scroll", () => this.draw());
    new ResizeObserver(() => this.draw()).observe(scroll);
  }

  show(batch) {
    this.batch = batch;
    this.scroll.scrollTop = 0;
    this.draw();
  }

  draw() {
    if (this.pending) return;
    this.pending = true;
    requestAnimationFrame(() => { this.pending = false; this.fill(); });
  }

  reveal(job) {
    const top = job * ROW, head = this.table.tHead.offsetHeight;
    if (top < this.scroll.scrollTop) this.scroll.scrollTop = top;
    const bottom = top + ROW + head;
    if (bottom > this.scroll.scrollTop + this.scroll.clientHeight) this.scroll.scrollTop = bottom - this.scroll.clientHeight;
  }

  fill() {
    const n = this.batch?.jobs ?? 0;
    const first = Math.max(0, Math.min(n, Math.floor(this.scroll.scrollTop / ROW) - MORE));
    const end = Math.min(n, first + Math.ceil(this.scroll.clientHeight / ROW) + 2 * MORE);
    this.table.setAttribute("aria-rowcount", n + 1);
    const rows = [];
    if (first > 0) rows.push(space(first));
    for (let job = first; job < end; job++) rows.push(this.row(job));
    if (end < n) rows.push(space(n - end));
    this.body.replaceChildren(...rows);
  }

  row(job) {
    const b = this.batch, row = document.createElement("tr");
    const sums = b.sums(job), time = (t) => (t >= 0 ? seconds(t) : "");
    row.setAttribute("aria-rowindex", job + 2);
    if (b.critical[job]) row.className = "critical";
    for (const text of [job + (b.critical[job] ? " ◆" : ""), b.name(job), STATUSES[b.status[job]].replace("_", " "),
      time(b.start[job]), time(b.end[job]), ...sums.slice(0, 2).map(seconds), seconds(sums[2]), seconds(sums[3]),
      b.attempts[job] || ""]) {
      row.append(Object.assign(document.createElement("td"), { textContent: text }));
    }
    return row;
  }
}

function space(rows) {
  const row = document.createElement("tr"), cell = document.createElement("td");
  row.className = "space";
  row.setAttribute("aria-hidden", "true");
  cell.colSpan = 10;
  cell.style.height = `${rows * ROW}px`;
  row.append(cell);
  return row;
}
