#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# AnyIO 3.6.2 (Debian 12's python3-anyio): fail_after() raises TimeoutError though the work behind it is done.
#
# Guess: fail_after(0.05) raises if it had to break something off. A step that is shielded from cancellation, since it must not be left half done,
# and that ends after 0.1 s has its result, and the block goes on, as with Trio, whose cancel scopes AnyIO has taken over.
# Seen: at the end of the block it asks only whether the deadline has passed, and raises: the caller takes the work, a booking for instance, for
# not done and does it again. So on asyncio as on Trio; Trio's own fail_after() returns the result. If the event loop itself was blocked until
# after the deadline no error is raised: 0.1 s of time.sleep() in the block pass.
# What helps: to keep the result in a variable outside the block; move_on_after() and a look at whether there is one.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-anyio=3.6.2-1 python3-trio=0.22.0-0.2 python3-sniffio python3-outcome python3-sortedcontainers python3-async-generator \
    python3-attr python3-idna >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import time

import anyio
import trio

async def shielded(library):
    with library.CancelScope(shield=True):
        await library.sleep(0.1)

async def blocking(library):
    time.sleep(0.1)

async def attempt(library, step):
    done, how = False, "returned"
    try:
        with library.fail_after(0.05):
            await step(library)
            done = True
    except (TimeoutError, trio.TooSlowError) as error:
        how = type(error).__name__
    return f"{step.__name__}, {'done' if done else 'not done'}, {how}"

for step in (shielded, blocking):
    for backend in ("asyncio", "trio"):
        print(f"anyio on {backend}:", anyio.run(attempt, anyio, step, backend=backend))
    print("trio:", trio.run(attempt, trio, step))
PY
got=$(python3 -W ignore probe.py)
printf '%s\n' "$got"
[ "$got" = 'anyio on asyncio: shielded, done, TimeoutError
anyio on trio: shielded, done, TimeoutError
trio: shielded, done, returned
anyio on asyncio: blocking, done, returned
anyio on trio: blocking, done, returned
trio: blocking, done, returned' ]
