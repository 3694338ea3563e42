#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Mermaid 12.3.0 (npm), Gantt charts: a start at 1.5 seconds is in the year 2001, and half a day is a day.
#
# Guess: with `dateFormat X`, seconds, a task that starts at 1.5 starts there, as one that starts at 1 does, or is refused;
# `0.5d` is twelve hours as `0.5h` is thirty minutes.
# Seen: 1.5 does not fit the format, which is whole seconds, and is then given to JavaScript's Date, to which it is
# 5 January 2001: the chart is 31 years wide. Durations in hours and below have fractions; in days and above they are
# rounded to whole days: 0.5d is a day, 0.4d nothing and 1.5w eleven days.
# What helps: `dateFormat x`, milliseconds, and durations in `ms`.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 mermaid@12.3.0 >/dev/null
cat >probe.mjs <<'JS'
import mermaid from 'mermaid';
mermaid.initialize({ startOnLoad: false });
for (const [format, task] of [['X', '1, 2s'], ['X', '1.5, 2s'], ['x', '1500, 2s'], ['X', '0, 0.5h'], ['X', '0, 0.4d'], ['X', '0, 0.5d'], ['X', '0, 1.5w']]) {
  const text = `gantt\ndateFormat ${format}\nsection s\ntask :${task}\n`;
  await mermaid.parse(text);
  const [{ startTime, endTime }] = (await mermaid.mermaidAPI.getDiagramFromText(text)).db.getTasks();
  console.log(`${format}: ${task}: ${startTime.toISOString().slice(0, 21)}, ${(endTime - startTime) / 1000} s`);
}
JS
got=$(TZ=UTC node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'X: 1, 2s: 1970-01-01T00:00:00.0, 2 s
X: 1.5, 2s: 2001-01-05T00:00:00.0, 2 s
x: 1500, 2s: 1970-01-01T00:00:01.5, 2 s
X: 0, 0.5h: 1970-01-01T00:00:00.0, 1800 s
X: 0, 0.4d: 1970-01-01T00:00:00.0, 0 s
X: 0, 0.5d: 1970-01-01T00:00:00.0, 86400 s
X: 0, 1.5w: 1970-01-01T00:00:00.0, 950400 s' ]
