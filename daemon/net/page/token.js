// SPDX-License-Identifier: ISC
// The token that a daemon asks for, where it does, and what is asked with it.

const KEPT = "waitd-token"; // for as long as the tab is open, a reload of it included

let token = sessionStorage.getItem(KEPT) ?? "", refused = () => {};

export function keepToken(text) {
  token = text.trim();
  if (token) sessionStorage.setItem(KEPT, token);
  else sessionStorage.removeItem(KEPT);
}

// Called whenever the daemon does not know who asks.
export function onRefused(call) {
  refused = call;
}

// As fetch(), and proves who asks.
export async function ask(path, options = {}) {
  const headers = new Headers(options.headers);
  if (token) headers.set("Authorization", `Bearer ${token}`);
  const answer = await fetch(path, { ...options, headers });
  if (answer.status === 401) refused();
  return answer;
}

// As EventSource, which cannot say who asks, but by fetch().
class TokenSource {
  readyState = EventSource.CONNECTING;
  #calls = new Map();
  #stop = new AbortController();

  constructor(path, lines) {
    this.#read(path, lines);
  }

  addEventListener(kind, call) {
    this.#calls.set(kind, call);
  }

  close() {
    this.readyState = EventSource.CLOSED;
    this.#stop.abort();
  }

  async #read(path, lines) {
    try {
      const answer = await ask(path, { headers: { Accept: "application/x-ndjson" }, signal: this.#stop.signal });
      if (!answer.ok || !answer.body) throw new Error(`status ${answer.status}`);
      this.readyState = EventSource.OPEN;
      this.onopen?.();
      for await (const { events, text } of lines(answer.body)) {
        const data = text.split("\n");
        events.forEach((event, i) => this.#calls.get(event.event)?.({ data: data[i] }));
      }
    } catch { /* what follows is for its end, too */ }
    if (this.readyState === EventSource.CLOSED) return;
    this.readyState = EventSource.CLOSED;
    this.onerror?.();
  }
}

// The events of a path, as they come.  lines: reads a body (request.js).
export function follow(path, lines) {
  return token ? new TokenSource(path, lines) : new EventSource(path);
}
