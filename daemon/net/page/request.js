// SPDX-License-Identifier: ISC
// Requests as texts, and what comes back.

// A request with members set where it does not set them itself, or (over) in their place.  Its
// text stays as it is otherwise, so that places in it are those that the daemon reports.
export function withMembers(text, members, over = false) {
  let value;
  try { value = JSON.parse(text); } catch { return text; }
  if (Array.isArray(value)) return `{${parts(members)},"jobs":${text}}`;
  if (value === null || typeof value !== "object") return text;
  if (over) return JSON.stringify({ ...value, ...members });
  const missing = Object.fromEntries(Object.entries(members).filter(([name]) => !(name in value)));
  if (!Object.keys(missing).length) return text;
  return text.replace(/\{(\s*\}?)/, (_, rest) => `{${parts(missing)}${rest.includes("}") ? "" : ","}${rest}`);
}

function parts(members) {
  return Object.entries(members).map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",");
}

// An array was sent as the jobs of an object: its paths begin without their name.
export function refusalOf(refusal, text) {
  return /^\s*\[/.test(text) && refusal.path ? { ...refusal, path: refusal.path.replace(/^jobs/, "") } : refusal;
}

// So many lines are read at a time, and so many milliseconds until a frame may be drawn.
const LINES = 256, SLICE = 6;

export function pause() {
  return new Promise((resolve) => setTimeout(resolve));
}

// The lines of a stream, as they come: some events and their text at a time, with pauses.
export async function* lines(body) {
  const reader = body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "", began = performance.now();
  for (;;) {
    const { value, done } = await reader.read();
    if (done) return;
    const text = rest + value;
    let at = 0;
    for (;;) {
      let end = at;
      for (let n = 0, next; n < LINES && (next = text.indexOf("\n", end) + 1) > 0; n++) end = next;
      if (end === at) break;
      yield { text: text.slice(at, end), events: text.slice(at, end - 1).split("\n").map((line) => JSON.parse(line)) };
      at = end;
      if (performance.now() - began > SLICE) {
        await pause();
        began = performance.now();
      }
    }
    rest = text.slice(at);
  }
}
