#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# APScheduler 3.9.1 (Debian 12's python3-apscheduler): a job that could not start within a second is not run at all.
#
# Guess: a job whose time has come while nobody looked, since the scheduler was just being started or all workers were busy, runs as soon as
# it can, once, as with at(1) or anacron; only to drop it one has to ask.
# Seen: by default it may be one second late (misfire_grace_time): a job of half a second ago runs, one of two seconds ago is dropped with a
# warning in the log and is gone from the list of jobs. With a job that holds the one worker for two seconds the next one, due in between, is
# lost as well. So a reminder that was set for the time at which the server was restarted never comes.
# What helps: `misfire_grace_time=None`, for a job or in job_defaults.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q python3-apscheduler=3.9.1-2 python3-tz python3-tzlocal python3-pytz-deprecation-shim python3-dateutil python3-six >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
export PYTHONPATH=$scratch/usr/lib/python3/dist-packages PYTHONDONTWRITEBYTECODE=1
cat >probe.py <<'PY'
import datetime
import logging
import time

from apscheduler.events import EVENT_JOB_EXECUTED, EVENT_JOB_MISSED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

logging.getLogger("apscheduler").setLevel(logging.CRITICAL)

def run(name, jobs, wait, **defaults):
    scheduler = BackgroundScheduler(timezone="UTC", executors={"default": ThreadPoolExecutor(1)}, job_defaults=defaults)
    ends = {}
    scheduler.add_listener(lambda event: ends.update({event.job_id: "run"}), EVENT_JOB_EXECUTED)
    scheduler.add_listener(lambda event: ends.update({event.job_id: "missed"}), EVENT_JOB_MISSED)
    now = datetime.datetime.now(datetime.timezone.utc)
    for job, (delay, length) in jobs.items():
        scheduler.add_job(time.sleep, "date", args=[length], run_date=now + datetime.timedelta(seconds=delay), id=job)
    scheduler.start()
    deadline = time.monotonic() + wait
    while len(ends) < len(jobs) and time.monotonic() < deadline:
        time.sleep(0.05)
    print(name + ":", ", ".join(f"{job} {ends.get(job)}" for job in jobs) + f", {len(scheduler.get_jobs())} left")
    scheduler.shutdown(wait=False)

late = {"due": (0.2, 0), "two seconds late": (-2, 0)}
busy = {"long": (0, 3), "due meanwhile": (1, 0)}
run("late", late, 20)
run("one worker", busy, 20)
run("late, no limit", late, 20, misfire_grace_time=None)
run("one worker, no limit", busy, 20, misfire_grace_time=None)
PY
got=$(timeout 100 python3 -W ignore probe.py)
printf '%s\n' "$got"
[ "$got" = 'late: due run, two seconds late missed, 0 left
one worker: long run, due meanwhile missed, 0 left
late, no limit: due run, two seconds late run, 0 left
one worker, no limit: long run, due meanwhile run, 0 left' ]
