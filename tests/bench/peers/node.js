// SPDX-License-Identifier: ISC

// A peer for the benchmark: JSON.parse, a setTimeout a job, and what ends in one turn of the loop
// written together.
'use strict';
const net = require('net');

let batches = 0;

const now = () => Number(process.hrtime.bigint()) / 1e9;

// Gathers lines until the turn ends.
class Writer {
  constructor(socket) {
    this.socket = socket;
    this.text = '';
  }

  write(line) {
    if (this.text === '') setImmediate(() => this.flush());
    this.text += line;
  }

  flush() {
    this.socket.write(this.text);
    this.text = '';
  }
}

class Client {
  constructor(socket) {
    this.socket = socket;
    this.writer = new Writer(socket);
    this.running = 0;
    this.ended = false;
    this.line = [];
    socket.setNoDelay(true);
    socket.setEncoding('utf8');
    socket.on('data', (text) => this.read(text));
    socket.on('end', () => { this.ended = true; this.closeIfIdle(); });
    socket.on('error', () => socket.destroy());
  }

  read(text) {
    let begin = 0;
    for (let end; (end = text.indexOf('\n', begin)) >= 0; begin = end + 1) {
      this.line.push(text.slice(begin, end));
      this.run(JSON.parse(this.line.join('')).jobs);
      this.line = [];
    }
    if (begin < text.length) this.line.push(text.slice(begin));
  }

  run(jobs) {
    const batch = ++batches;
    const began = now();
    let left = jobs.length;
    const finish = () => {
      this.writer.write(`{"event":"finished","batch":${batch},"status":"ok","jobs":${jobs.length},` +
        `"ok":${jobs.length},"elapsed":${(now() - began).toFixed(9)}}\n`);
      this.running--;
      this.closeIfIdle();
    };
    const done = (i) => {
      const name = jobs[i].name === undefined ? '' : `,"name":${JSON.stringify(jobs[i].name)}`;
      // Timers count whole milliseconds and may come up to one early.
      const late = now() - began - jobs[i].wait;
      if (late < 0) {
        setTimeout(done, 1, i);
        return;
      }
      this.writer.write(`{"event":"done","batch":${batch},"job":${i}${name},"status":"ok",` +
        `"at":${(jobs[i].wait + late).toFixed(9)}}\n`);
      if (--left === 0) finish();
    };

    this.running++;
    this.writer.write(`{"event":"accepted","batch":${batch},"jobs":${jobs.length}}\n`);
    if (left === 0) finish();
    for (let i = 0; i < jobs.length; i++) {
      if (jobs[i].wait === 0) setImmediate(done, i);
      else setTimeout(done, Math.ceil(jobs[i].wait * 1000), i);
    }
  }

  closeIfIdle() {
    if (this.ended && this.running === 0) setImmediate(() => this.socket.end());
  }
}

const server = net.createServer({ allowHalfOpen: true }, (socket) => new Client(socket));
server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, () => {
  process.stderr.write(`listening on 127.0.0.1:${server.address().port}\n`);
});
