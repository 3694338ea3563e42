#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""Holds a file against Chrome's "Trace Event Format", strictly.

    check_trace.py FILE      faults on standard output, and then status 1

What the format asks of the phases that waitctl writes (X, i, s, f, C, M), and
what viewers need of it besides: slices of one thread nest, the outer one of two
that are equal comes first, neighbours can be distinguished, arrows come in pairs
and behind the slices on which they hang, each process and thread has a name.
Times are integers, which viewers add and compare exactly.
"""

import collections
import decimal
import json
import sys

COMMON = {"ph": str, "pid": int, "tid": int, "name": str}
VALUE = (int, decimal.Decimal)

# By phase: the members that it must have, and those that it may have.
PHASES = {
    "X": ({"ts": int, "dur": int, "cat": str}, {"args": dict, "cname": str}),
    "i": ({"ts": int, "s": str, "cat": str}, {"args": dict, "cname": str}),
    "s": ({"ts": int, "cat": str, "id": int}, {}),
    "f": ({"ts": int, "cat": str, "id": int, "bp": str}, {}),
    "C": ({"ts": int, "args": dict}, {}),
    "M": ({"args": dict}, {}),
}

METADATA = {
    "process_name": ("name", str),
    "thread_name": ("name", str),
    "process_sort_index": ("sort_index", int),
    "thread_sort_index": ("sort_index", int),
}

# Of trace-viewer's reserved colour names those that are used here.
COLORS = {
    "good", "bad", "terrible", "grey", "thread_state_iowait", "thread_state_runnable",
    "thread_state_running", "thread_state_sleeping",
}


def unique(pairs):
    """An object's members, none of them twice."""
    names = [name for name, _ in pairs]
    if len(set(names)) < len(names):
        raise ValueError(f"a member stands twice in {names}")
    return dict(pairs)


def load(path):
    with open(path, encoding="utf-8", errors="strict") as file:
        return json.load(file, parse_float=decimal.Decimal, object_pairs_hook=unique)


def is_of(value, kinds):
    return isinstance(value, kinds) and not isinstance(value, bool)


def check_members(event):
    """What is wrong with one event by itself."""
    if not isinstance(event, dict):
        yield "is no object"
        return
    must, may = PHASES.get(event.get("ph"), (None, None))
    if must is None:
        yield f"has phase {event.get('ph')!r}"
        return
    kinds = {**COMMON, **must, **may}
    for name in {**COMMON, **must}:
        if name not in event:
            yield f"has no {name}"
    for name, value in event.items():
        if name not in kinds:
            yield f"has a member {name} that its phase does not have"
        elif not is_of(value, kinds[name]):
            yield f"has a {name} of {value!r}"
        elif name in ("ts", "dur", "pid", "tid") and value < 0:
            yield f"has a negative {name}"
    if event.get("cname", "good") not in COLORS:
        yield f"has a colour {event['cname']!r} that is not reserved"
    if event["ph"] == "i" and event.get("s") not in ("g", "p", "t"):
        yield f"has a scope of {event.get('s')!r}"
    if event["ph"] == "f" and event.get("bp") != "e":
        yield f"has a binding point of {event.get('bp')!r}"
    if event["ph"] == "C":
        for name, value in event.get("args", {}).items():
            if not is_of(value, VALUE) or value < 0:
                yield f"counts {name} as {value!r}"
    if event["ph"] == "M":
        name, kind = METADATA.get(event.get("name"), (None, None))
        if name is None:
            yield f"reports {event.get('name')!r}"
        elif list(event.get("args", {})) != [name] or not is_of(event["args"][name], kind):
            yield f"has args of {event.get('args')!r}"


def threads_of(events, phases):
    threads = collections.defaultdict(list)
    for event in events:
        if event["ph"] in phases:
            threads[event["pid"], event["tid"]].append(event)
    return threads


def check_nesting(events):
    """On one thread a slice lies within another or beside it."""
    for thread, slices in threads_of(events, "X").items():
        # Of two that begin together the longer one is outside; of two that are
        # equal the one that was written first.
        open_ends = []
        for event in slices:
            # Viewers take one for begun after its end.
            if event["dur"] == 0:
                yield f"on {thread} {event['name']!r} at {event['ts']} takes no time"
        for event in sorted(slices, key=lambda event: (event["ts"], -event["dur"])):
            end = event["ts"] + event["dur"]
            while open_ends and open_ends[-1] <= event["ts"]:
                open_ends.pop()
            if open_ends and end > open_ends[-1]:
                yield f"on {thread} {event['name']!r} at {event['ts']} reaches out of its parent"
            open_ends.append(end)


DEPTHS = {"job": 0, "attempt": 1, "back-off": 1}


def check_order(events):
    """Of slices that begin and end together the outer one is written first, and of
    two that meet within another and have one name the arguments differ."""
    for thread, slices in threads_of(events, "X").items():
        depths, ends = {}, {}
        for event in slices:
            begin, end = event["ts"], event["ts"] + event["dur"]
            depth = DEPTHS.get(event["cat"], 2)
            if depth < depths.get((begin, end), 0):
                yield f"on {thread} {event['name']!r} at {begin} is written behind what it has in it"
            depths[begin, end] = depth
            key = event["name"], json.dumps(event.get("args"), default=str)
            ends.setdefault((key, end), []).append(event)
        outer = {event["ts"] for event in slices if event["cat"] in ("job", "attempt")}
        for event in slices:
            key = event["name"], json.dumps(event.get("args"), default=str)
            if (key, event["ts"]) in ends and event["ts"] not in outer:
                yield f"on {thread} two {event['name']!r} meet at {event['ts']}"


def check_arrows(events):
    """Each has one beginning, and then one end, and both lie on slices."""
    arrows = collections.defaultdict(lambda: {"s": [], "f": []})
    slices = collections.defaultdict(list)
    for event in events:
        if event["ph"] == "X":
            slices[event["pid"], event["tid"]].append(event)
        elif event["ph"] in "sf":
            key = event["cat"], event["name"], event["id"]
            arrows[key][event["ph"]].append(event)
            if not any(
                slice["ts"] <= event["ts"] < slice["ts"] + slice["dur"]
                for slice in slices[event["pid"], event["tid"]]
            ):
                yield f"arrow {key} hangs in the air at {event['ts']}"
    for key, ends in arrows.items():
        if len(ends["s"]) != 1 or len(ends["f"]) != 1:
            yield f"arrow {key} has {len(ends['s'])} beginnings and {len(ends['f'])} ends"
            continue
        if ends["s"][0]["ts"] > ends["f"][0]["ts"]:
            yield f"arrow {key} goes back in time"


def check_names(events):
    processes = {event["pid"] for event in events if event["name"] == "process_name"}
    threads = {
        (event["pid"], event["tid"]) for event in events if event["name"] == "thread_name"
    }
    for pid, tid in threads_of(events, "Xisf"):
        if pid not in processes:
            yield f"process {pid} has no name"
        if (pid, tid) not in threads:
            yield f"thread {tid} of process {pid} has no name"


def check_counters(events):
    """A counter has one value at a time."""
    seen = set()
    for event in events:
        if event["ph"] == "C":
            key = event["pid"], event["name"], event["ts"]
            if key in seen:
                yield f"counter {key} has two values"
            seen.add(key)


def faults(path):
    """All that is wrong with the file."""
    try:
        events = load(path)
    except ValueError as fault:
        return [f"is no JSON: {fault}"]
    if not isinstance(events, list):
        return ["is no array"]
    found = [f"event {i} {text}" for i, event in enumerate(events) for text in check_members(event)]
    if not found:
        for check in (check_nesting, check_order, check_arrows, check_names, check_counters):
            found += check(events)
    return found


def main():
    found = faults(sys.argv[1])
    for text in found[:20]:
        print(text)
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
