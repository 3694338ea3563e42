#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Mermaid 12.3.0 (npm), Gantt charts: a task after one that does not exist starts today.
#
# Guess: `after nobody`, a name that was mistyped, is an error, as an unknown name in other charts' languages and in
# TaskJuggler is.
# Seen: the chart is drawn, with the task at midnight of the day on which it is drawn: another picture each day, and with
# dates of last year a chart with a long gap. A 30 February is 2 March, and `-1d` is a task without length. With two
# names of which one exists the other is left out without a word.
# What helps: check the names before the chart is written.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 mermaid@12.3.0 >/dev/null
cat >probe.mjs <<'JS'
import mermaid from 'mermaid';
mermaid.initialize({ startOnLoad: false });
const today = new Date();
today.setHours(0, 0, 0, 0);
for (const task of ['after first, 1d', 'after nobody, 1d', 'after first nobody, 1d', '2025-02-30, 1d', '2025-02-03, -1d']) {
  const text = `gantt\ndateFormat YYYY-MM-DD\nsection s\nfirst :first, 2025-01-06, 1d\nsecond :${task}\n`;
  await mermaid.parse(text);
  const { startTime, endTime } = (await mermaid.mermaidAPI.getDiagramFromText(text)).db.getTasks()[1];
  const start = Math.abs(startTime - today) <= 86400000 ? 'today' : startTime.toISOString().slice(0, 10);
  console.log(`${task}: ${start}, ${(endTime - startTime) / 86400000} d`);
}
JS
got=$(TZ=UTC node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'after first, 1d: 2025-01-07, 1 d
after nobody, 1d: today, 1 d
after first nobody, 1d: 2025-01-07, 1 d
2025-02-30, 1d: 2025-03-02, 1 d
2025-02-03, -1d: 2025-02-03, 0 d' ]
