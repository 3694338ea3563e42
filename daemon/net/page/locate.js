// SPDX-License-Identifier: ISC
// Where in the text of a request the place is that a refusal names: `jobs[0].wait`.

// [begin, end) of the value at a path, or null.
export function locate(text, path) {
  const steps = [...path.matchAll(/\[(\d+)\]|\["((?:[^"\\]|\\.)*)"\]|([A-Za-z_][A-Za-z0-9_]*)/g)]
    .map((m) => (m[1] !== undefined ? Number(m[1]) : m[2] !== undefined ? JSON.parse(`"${m[2]}"`) : m[3]));
  let at = 0, best = null;

  const blank = () => { while (/\s/.test(text[at] ?? "")) at++; };
  const string = () => {
    const begin = at++;
    while (at < text.length && text[at] !== '"') at += text[at] === "\\" ? 2 : 1;
    at++;
    try { return JSON.parse(text.slice(begin, at)); } catch { return null; }
  };
  const value = (depth) => {
    blank();
    const begin = at;
    if (text[at] === "{") members(depth);
    else if (text[at] === "[") elements(depth);
    else if (text[at] === '"') string();
    else while (at < text.length && !/[\s,\]}]/.test(text[at])) at++;
    if (depth === steps.length && best === null) best = [begin, at];
  };
  const members = (depth) => {
    at++;
    for (blank(); at < text.length && text[at] !== "}"; blank()) {
      const begin = at, name = text[at] === '"' ? string() : (at++, null);
      blank();
      if (text[at] === ":") at++;
      const wanted = depth >= 0 && steps[depth] === name;
      value(wanted ? depth + 1 : -1);
      // An unknown member is at fault itself.
      if (wanted && depth + 1 === steps.length) best = [begin, at];
      blank();
      if (text[at] === ",") at++;
    }
    at++;
  };
  const elements = (depth) => {
    at++;
    let i = 0;
    for (blank(); at < text.length && text[at] !== "]"; blank(), i++) {
      const before = at;
      value(depth >= 0 && steps[depth] === i ? depth + 1 : -1);
      blank();
      if (text[at] === ",") at++;
      if (at === before) at++;
    }
    at++;
  };
  if (steps.length) value(0);
  return best;
}
