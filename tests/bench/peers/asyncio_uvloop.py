# SPDX-License-Identifier: ISC
"""A peer for the benchmark: asyncio on uvloop, the json module, a call_later a
job, and what ends in one turn of the loop written together."""

import asyncio
import json
import sys
from time import monotonic  # the loop's own stands still for a whole turn

import uvloop

batches = 0


class Client(asyncio.Protocol):
    """A connection."""

    def connection_made(self, transport):
        self.loop = asyncio.get_running_loop()
        self.transport = transport
        self.input = bytearray()
        self.output = []
        self.running = 0
        self.ended = False

    def data_received(self, data):
        self.input += data
        if b"\n" not in data:
            return
        *lines, self.input = self.input.split(b"\n")
        for line in lines:
            self.run(json.loads(line)["jobs"])

    def eof_received(self):
        self.ended = True
        self.close_if_idle()
        return True

    def write(self, line):
        if not self.output:
            self.loop.call_soon(self.flush)
        self.output.append(line)

    def flush(self):
        self.transport.write("".join(self.output).encode())
        self.output.clear()

    def close_if_idle(self):
        if self.ended and self.running == 0:
            self.loop.call_soon(self.transport.close)

    def run(self, jobs):
        global batches
        batches += 1
        batch, left, began = batches, len(jobs), monotonic()

        def finish():
            self.write('{"event":"finished","batch":%d,"status":"ok","jobs":%d,"ok":%d,'
                       '"elapsed":%.9f}\n' % (batch, len(jobs), len(jobs), monotonic() - began))
            self.running -= 1
            self.close_if_idle()

        def done(i):
            nonlocal left
            job = jobs[i]
            wait = job["wait"]
            at = monotonic() - began
            if at < wait:  # uvloop counts whole milliseconds
                self.loop.call_later(0.001, done, i)
                return
            name = ',"name":%s' % json.dumps(job["name"]) if "name" in job else ""
            self.write('{"event":"done","batch":%d,"job":%d%s,"status":"ok","at":%.9f}\n'
                       % (batch, i, name, at))
            left -= 1
            if left == 0:
                finish()

        self.running += 1
        self.write('{"event":"accepted","batch":%d,"jobs":%d}\n' % (batch, len(jobs)))
        if not jobs:
            finish()
        for i, job in enumerate(jobs):
            if job["wait"] == 0:
                self.loop.call_soon(done, i)
            else:
                self.loop.call_later(job["wait"], done, i)


async def main():
    server = await asyncio.get_running_loop().create_server(Client, "127.0.0.1", 0, backlog=4096)
    print("listening on 127.0.0.1:%d" % server.sockets[0].getsockname()[1], file=sys.stderr,
          flush=True)
    await server.serve_forever()


uvloop.install()
asyncio.run(main())
