#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# XState 5.33.3, RxJS 7.8.2 and p-timeout 7.0.2 (npm): "in 30 days" is at once.
#
# Guess: Node's timers end at 2^31 ms, 24.8 days, and a library whose subject is delays splits a longer one, as BPMN's
# engines do, or refuses it, as toad-scheduler does.
# Seen: it is handed to setTimeout(), which makes 1 ms of it with a line on standard error (in a browser without). A machine with
# `after: { 2592000000: 'expired' }` is expired as soon as it is started, timer(), delay() and timeout() of RxJS fire
# at once, and a promise that may take 30 days is rejected in a millisecond. A week passes every test. bpmn-engine
# 25.0.1 waits and toad-scheduler 4.1.0 says that it is too long.
# What helps: a timer of a day that counts, or a scheduler that keeps dates.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund xstate@5.33.3 rxjs@7.8.2 p-timeout@7.0.2 toad-scheduler@4.1.0 bpmn-engine@25.0.1 >/dev/null
cat >probe.mjs <<'JS'
import * as bpmn from 'bpmn-engine';
import pTimeout from 'p-timeout';
import { NEVER, delay, of, timeout, timer } from 'rxjs';
import { SimpleIntervalJob, Task, ToadScheduler } from 'toad-scheduler';
import { createActor, createMachine } from 'xstate';
const run = async (days) => {
  const fired = [], ms = days * 86400000, fire = (name) => () => fired.push(name);
  const actor = createActor(createMachine({ initial: 'valid', states: { valid: { after: { [ms]: 'expired' } }, expired: { entry: fire('xstate') } } }));
  actor.start();
  timer(ms).subscribe(fire('rxjs timer'));
  of(1).pipe(delay(ms)).subscribe(fire('rxjs delay'));
  NEVER.pipe(timeout(ms)).subscribe({ error: fire('rxjs timeout') });
  pTimeout(new Promise(() => {}), { milliseconds: ms }).catch(fire('p-timeout'));
  try {
    new ToadScheduler().addSimpleIntervalJob(new SimpleIntervalJob({ days }, new Task('job', fire('toad-scheduler'))));
  } catch { fired.push('toad-scheduler refused'); }
  const engine = new bpmn.Engine({ source: `<definitions xmlns="http://www.omg.org/spec/BPMN/20100524/MODEL" id="d" targetNamespace="d">
    <process id="p" isExecutable="true"><startEvent id="s"/><sequenceFlow id="f" sourceRef="s" targetRef="t"/><intermediateCatchEvent id="t">
    <timerEventDefinition><timeDuration>P${days}D</timeDuration></timerEventDefinition></intermediateCatchEvent></process></definitions>` });
  engine.on('end', fire('bpmn-engine'));
  engine.execute();
  await new Promise((resolve) => setTimeout(resolve, 1000));
  console.log(`${days} days:`, fired.sort().join(', ') || 'nothing fired');
};
await run(7);
await run(30);
process.exit(0);
JS
got=$(node --no-warnings probe.mjs)
printf '%s\n' "$got"
[ "$got" = '7 days: nothing fired
30 days: p-timeout, rxjs delay, rxjs timeout, rxjs timer, toad-scheduler refused, xstate' ]
