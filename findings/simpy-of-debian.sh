#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# python3-simpy 2.3.1+dfsg-5 (Debian 12): it is SimPy 2, under another module name.
#
# Guess: a package of 2023 that is called python3-simpy has SimPy 4, or 3 at least: `import simpy`,
# simpy.Environment, processes that yield env.timeout(), as in all of today's documentation.
# Seen: there is no module `simpy`. What is installed is SimPy 2.3.1 of 2011, as `SimPy`: no Environment,
# `yield hold, self, 3` in methods of a Process, and a clock that is a function. Published examples of
# SimPy 3 and 4 do not run with it, and none of its own runs with these.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-simpy=2.3.1+dfsg-5 >/dev/null 2>&1
dpkg -x python3-simpy_*.deb .
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1

got=$(
    python3 - 2>&1 <<'PY'
try:
    import simpy
    print("simpy", simpy.__version__)
except ModuleNotFoundError as error:
    print(error)
import SimPy
import SimPy.Simulation as simulation
print("SimPy", SimPy.__version__, hasattr(simulation, "Environment"))

class Wait(simulation.Process):
    def run(self):
        yield simulation.hold, self, 3
        print("done at", simulation.now())

simulation.initialize()
wait = Wait()
simulation.activate(wait, wait.run())
simulation.simulate(until=10)
PY
)
printf '%s\n' "$got"
[ "$got" = "No module named 'simpy'
SimPy 2.3.1 False
done at 3" ]
