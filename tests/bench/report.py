# SPDX-License-Identifier: ISC
"""Tables and targets from the results of bench.py."""

# ---- Figures as people read them -------------------------------------------


def three_digits(value):
    if value == 0:
        return "0"
    return "%.0f" % value if abs(value) >= 100 else "%.3g" % value


def scaled(value, units):
    for factor, unit in units:
        if abs(value) >= factor:
            break
    return "%s %s" % (three_digits(value / factor), unit)


def seconds(value):
    return scaled(value, [(1, "s"), (1e-3, "ms"), (1e-6, "µs"), (1e-9, "ns")])


def rate(value):
    return scaled(value, [(1e6, "M"), (1e3, "k"), (1, "")]).strip()


def plain_bytes(value):
    return "%.0f B" % value


def mebibytes(value):
    return "%.0f MiB" % value


def percent(value):
    return "%.0f %%" % (100 * value)


# Scenario, figure, what it is called in a table, how it is written.
ROWS = [
    ("throughput", "rate", "8 connections, batches of 1,000 named jobs, wait 0: jobs/s", rate),
    ("throughput", "cpu", "its CPU a job", seconds),
    ("burst", "beyond", "one batch of 10^6 written-out jobs of 1 s: time beyond the 1 s", seconds),
    ("burst", "cpu", "its CPU a job", seconds),
    ("burst", "memory", "its memory a pending job", plain_bytes),
    ("burst", "peak", "its memory at most", mebibytes),
    ("pending", "late_p99", "10^6 pending, uniform 1–11 s, 10 connections: lateness p99", seconds),
    ("pending", "cpu", "its CPU a job", seconds),
    ("pending", "memory", "its memory a pending job", plain_bytes),
    ("spread", "late_p50", "100 connections of 1,000 jobs over 5 s: lateness p50", seconds),
    ("spread", "late_p99", "p99", seconds),
    ("spread", "cpu", "its CPU a job", seconds),
    ("connections", "late_p99", "10,000 connections of 10 jobs: lateness p99", seconds),
    ("connections", "reply_p99", "the same from the request's sending", seconds),
    ("connections", "memory", "its memory", mebibytes),
    ("storm", "late_p99", "10,000 connections of 10 jobs over 2 s, connecting at once: lateness p99",
     seconds),
    ("storm", "accept_p99", "from the request's sending to `accepted`: p99", seconds),
    ("storm", "cpu", "its CPU a job", seconds),
    ("single", "rate", "50 connections, batches of one job, wait 0: batches/s", rate),
    ("single", "cpu", "its CPU a batch", seconds),
    ("beside", "reply_p99", "a ten-job client beside the 10^6 batch: lateness p99", seconds),
    ("beside", "reply_max", "the most", seconds),
    ("beside", "loss", "what the burst loses by it", percent),
    ("unread", "memory", "10^6 unread completions: memory each", plain_bytes),
    ("unread", "reply_p99", "the other client's lateness p99", seconds),
    ("timers", "late_p50", "1,000 jobs over 2 s: lateness p50", seconds),
    ("timers", "late_p99", "p99", seconds),
    ("virtual-uniform", "cpu", "10^6 virtual jobs under a limit, uniform: CPU a job", seconds),
    ("virtual-exponential", "cpu", "exponential: CPU a job", seconds),
    ("vast", "memory", "10^8 jobs of one spec: memory each", plain_bytes),
    ("vast", "cpu", "its CPU a job", seconds),
    ("vast", "reply_p99", "the other client's lateness p99", seconds),
]


def median(results, scenario, server, figure):
    """None where it was not measured."""
    by_server = results["scenarios"].get(scenario, {})
    return by_server.get(server, {}).get("median", {}).get(figure)


def add_losses(results):
    """What the burst loses by the client beside it, of its speed beyond its second."""
    for server, measured in results["scenarios"].get("beside", {}).items():
        alone = median(results, "burst", server, "beyond")
        beside = measured["median"].get("beyond")
        if alone and beside:
            measured["median"]["loss"] = 1 - alone / beside


# ---- Tables ----------------------------------------------------------------


def aligned(rows):
    """A Markdown table whose columns stand straight."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    lines = ["| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths)) + " |"
             for row in rows]
    lines.insert(1, "| " + " | ".join("-" * max(width, 3) for width in widths) + " |")
    return "\n".join(lines) + "\n"


def main_table(results):
    servers = results["servers"]
    rows = [["work"] + [titles["title"] for titles in servers.values()]]
    for scenario, figure, name, write in ROWS:
        values = [median(results, scenario, server, figure) for server in servers]
        if any(value is not None for value in values):
            rows.append([name] + ["" if value is None else write(value) for value in values])
    timers = results["scenarios"].get("timers", {}).get("bare")
    if timers:
        rows.append(["a bare timer: p50, p99", ", ".join(
            [seconds(timers["median"]["p50"]), seconds(timers["median"]["p99"])])] +
                    [""] * (len(servers) - 1))
    return aligned(rows) if len(rows) > 1 else ""


def growth_table(results):
    rows = [["pending", "uniform 1–11 s: CPU a job", "memory a job", "lateness p99",
             "5 s each: CPU a job", "memory a job", "lateness p99"]]
    for power in range(3, 8):
        row = ["10^%d" % power]
        for kind in ("uniform", "equal"):
            for figure, write in (("cpu", seconds), ("memory", plain_bytes),
                                  ("late_p99", seconds)):
                value = median(results, "growth-%s-%d" % (kind, power), "waitd", figure)
                row.append("" if value is None else write(value))
        if any(row[1:]):
            rows.append(row)
    return aligned(rows) if len(rows) > 1 else ""


def threads_table(results):
    rows = [["loops", "jobs/s", "CPU a job", "the generator's share of a processor"]]
    for scenario, loops in (("threads-1", "1"), ("threads-2", "2")):
        values = [median(results, scenario, "waitd", figure)
                  for figure in ("rate", "cpu", "generator")]
        if None not in values:
            rows.append([loops, rate(values[0]), seconds(values[1]), percent(values[2])])
    return aligned(rows) if len(rows) > 1 else ""


def sends_table(results):
    """What sending takes by itself, the less often the less."""
    measured = results["scenarios"].get("sends", {}).get("waitd", {}).get("median", {})
    rows = [["a bare process that sends as", "every", "CPU a send, or a wake-up"]]
    rows += [name.split(" ", 1) + [seconds(cpu)] for name, cpu in measured.items()]
    return aligned(rows) if len(rows) > 1 else ""


def crowded_table(results):
    rows = [["busy clients on the loop", "a ten-job client's lateness p50", "p99", "the most"]]
    for busy in ("1", "2", "4", "8"):
        values = [median(results, "crowded-" + busy, "waitd", figure)
                  for figure in ("reply_p50", "reply_p99", "reply_max")]
        if None not in values:
            rows.append([busy] + [seconds(value) for value in values])
    return aligned(rows) if len(rows) > 1 else ""


def detached_table(results):
    """Detached batches beside attached ones, and beside the disk without any of them."""
    measured = results.get("detached")
    if not measured:
        return ""
    small, jobs, large = measured["small"], measured["jobs"], measured["large"]
    watch, again = measured["watch"], measured["restart"]
    kinds = ("attached", "memory", "journal")
    return aligned([
        ["work", "attached", "detached, in memory", "in the journal", "the bare disk"],
        ["64 clients: one-job batches accepted a second"] + [rate(small[kind]["rate"]) for kind in kinds] +
        ["%s for 4 KiB written and synced" % seconds(measured["sync"])],
        ["its CPU a batch"] + [seconds(small[kind]["cpu"]) for kind in kinds] + [""],
        ["batches of 1,000 jobs: jobs/s", rate(jobs["attached"]["rate"]), rate(jobs["memory"]["rate"]), "", ""],
        ["its CPU a job", seconds(jobs["attached"]["cpu"]), seconds(jobs["memory"]["cpu"]), "", ""],
        ["the same with names by which attached lines are as long", seconds(jobs["long"]["cpu"]), "", "", ""],
        ["%s written-out jobs: until accepted" % format(large["jobs"], ",")] +
        [seconds(large[kind]) for kind in kinds] +
        ["%s for its %.0f MB" % (seconds(large["write"]), large["bytes"] / 1e6)],
        ["a watch from its middle: first event, when it has ended", "", seconds(watch["ended"]), "", ""],
        ["when it runs", "", seconds(watch["running"]), "", ""],
        ["a restart with %s unfinished batches of 10 jobs: ready" % format(again["batches"], ","), "", "",
         seconds(again["ready"]), ""],
        ["all caught up", "", "", seconds(again["took"]), ""],
        ["another client meanwhile: lateness p99, the most of %d" % again["others"], "", "",
         "%s, %s" % (seconds(again["late_p99"]), seconds(again["late_max"])), ""],
    ])


# ---- Targets ---------------------------------------------------------------


# Not among those to be better than: ourselves, another build of that, and who does not parse.
NO_PEERS = ("waitd", "baseline", "limit")

# What the longest slice is under, by its kind.
SLICE_NAMES = {
    "id": "an `id` of 30 MiB", "ping": "a `ping` with it", "refused": "a refusal with it",
    "runs": "1,000 `run`s with one of 1 MiB", "quoted": "an unknown `op` of 30 MiB",
    "critical": "a name of 30 MiB in a forecast", "cut": "a name that is not ended", "name": "a name of 60 MiB", "escaped": "one of escapes",
    "awaited": "a name of 30 MiB in `after`", "unknown": "an unknown one",
    "pools": "a pool's name of 30 MiB", "pool": "an unknown one of escapes",
    "chain": "500,000 jobs in a chain", "plain": "10^6 plain jobs", "named": "10^6 named jobs",
    "drawn": "10^6 virtual jobs", "data": "`data` of 60 MiB", "nested": "nested `data` of 60 MiB",
}


class Targets:
    """Holds waitd's figures to what is asked of them."""

    def __init__(self, results):
        self.results = results
        self.rows = []
        self.floor = median(results, "timers", "bare", "p99") or 0

    def ours(self, scenario, figure):
        return median(self.results, scenario, "waitd", figure)

    def best(self, scenario, figure, pick):
        """(value, peer) of the best peer; the one that does not parse is none."""
        found = [(median(self.results, scenario, server, figure), server)
                 for server in self.results["servers"] if server not in NO_PEERS]
        found = [(value, server) for value, server in found if value is not None]
        return pick(found) if found else None

    def add(self, name, value, limit, write, at_least=False):
        if value is None or limit is None:
            return
        held = value >= limit if at_least else value <= limit
        if at_least:
            margin = value / limit
        else:
            margin = limit / value if value > 0 else float("inf")
        self.rows.append({
            "target": name, "value": value, "limit": limit, "held": held, "times": margin,
            "text": [name, write(value), ("≥ " if at_least else "≤ ") + write(limit),
                     "held" if held else "NOT HELD",
                     "%.2f times %s" % (margin if held else 1 / margin,
                                        "better" if held else "short of it")],
        })

    def at_most(self, name, scenario, figure, limit, write, above_timer=False):
        value = self.ours(scenario, figure)
        if value is not None and above_timer:
            value = max(0, value - self.floor)
        self.add(name, value, limit, write)

    def against_best(self, name, scenario, figure, factor, write, at_least=False):
        best = self.best(scenario, figure, max if at_least else min)
        if best is not None:
            self.add("%s (against %s)" % (name, best[1]), self.ours(scenario, figure),
                     best[0] * factor, write, at_least)

    def against_baseline(self, name, scenario, figure, factor, write):
        then = median(self.results, scenario, "baseline", figure)
        if then is not None:
            self.add(name + " (against the baseline)", self.ours(scenario, figure), then * factor,
                     write)

    def add_newer_rows(self):
        """Lateness of few jobs, storms, small batches, vast ones and service slices."""
        self.at_most("spread: lateness p50", "spread", "late_p50", 0.15e-3, seconds)
        self.at_most("spread: lateness p99", "spread", "late_p99", 0.4e-3, seconds)
        self.against_best("spread: CPU a job", "spread", "cpu", 1, seconds)
        self.at_most("storm: lateness p99", "storm", "late_p99", 14e-3, seconds)
        self.at_most("storm: accept p99", "storm", "accept_p99", 25e-3, seconds)
        self.against_best("single: batches/s, twice the best", "single", "rate", 2, rate,
                          at_least=True)
        self.at_most("vast: memory a job", "vast", "memory", 18, plain_bytes)
        self.at_most("vast: the other client's lateness p99", "vast", "reply_p99", 20e-3, seconds)
        self.against_baseline("throughput: CPU a job, 0.8 of what it was", "throughput", "cpu", 0.8,
                              seconds)
        for length in ("uniform", "exponential"):
            self.against_baseline("virtual, %s: CPU a job, 0.6 of what it was" % length,
                                  "virtual-" + length, "cpu", 0.6, seconds)
        for kind, name in SLICE_NAMES.items():
            self.at_most("longest slice: " + name, "slices", kind, 0.5e-3, seconds)

    def add_detached(self):
        measured = self.results.get("detached")
        if not measured:
            return
        jobs, large = measured["jobs"], measured["large"]
        self.add("detached: CPU a job, 1.05 of attached", jobs["memory"]["cpu"],
                 1.05 * jobs["attached"]["cpu"], seconds)
        self.add("journal: one-job batches a second", measured["small"]["journal"]["rate"], 20000,
                 rate, at_least=True)
        self.add("journal: a large batch, 1.3 of attached and the bare write", large["journal"],
                 1.3 * large["attached"] + large["write"], seconds)
        self.add("detached: a watch from the middle", max(measured["watch"].values()), 0.15, seconds)
        self.add("journal: ready after a restart", measured["restart"]["ready"], 2, seconds)
        self.add("journal: others' lateness p99 meanwhile", measured["restart"]["late_p99"], 20e-3,
                 seconds)

    def all(self):
        self.against_best("throughput: jobs/s, 1.5 times the best", "throughput", "rate", 1.5,
                          rate, at_least=True)
        self.against_best("throughput: CPU a job, two thirds of the best", "throughput", "cpu",
                          2 / 3, seconds)
        self.against_best("burst: time beyond the 1 s", "burst", "beyond", 1, seconds)
        self.against_best("burst: CPU a job", "burst", "cpu", 1, seconds)
        self.at_most("burst: memory a pending job", "burst", "memory", 40, plain_bytes)
        self.at_most("pending: lateness p99 above a bare timer's", "pending", "late_p99", 1e-3,
                     seconds, above_timer=True)
        self.against_best("pending: CPU a job", "pending", "cpu", 1, seconds)
        self.at_most("pending: memory a job", "pending", "memory", 48, plain_bytes)
        self.at_most("connections: lateness p99 above a bare timer's", "connections", "late_p99",
                     10e-3, seconds, above_timer=True)
        self.at_most("connections: memory", "connections", "memory", 60, mebibytes)
        self.at_most("beside: lateness p99 above a bare timer's", "beside", "reply_p99", 5e-3,
                     seconds, above_timer=True)
        self.at_most("beside: the most", "beside", "reply_max", 20e-3, seconds)
        self.at_most("beside: what the burst loses", "beside", "loss", 0.2, percent)
        self.at_most("unread: memory each", "unread", "memory", 40, plain_bytes)
        self.at_most("unread: the other client's p99 above a bare timer's", "unread", "reply_p99",
                     4e-3, seconds, above_timer=True)
        for busy in ("1", "2", "4", "8"):
            name = "crowded, %s busy: " % busy
            self.at_most(name + "lateness p99", "crowded-" + busy, "reply_p99", 5e-3, seconds)
            self.at_most(name + "the most", "crowded-" + busy, "reply_max", 20e-3, seconds)
        self.add_newer_rows()
        one, two = self.ours("threads-1", "rate"), self.ours("threads-2", "rate")
        if one and two:
            self.add("threads: two loops against one", two / one, 1.7, three_digits, at_least=True)
            share = self.ours("threads-2", "generator")
            self.add("threads: the same, less the generator's share", two / one * 2 / (2 - share),
                     1.85, three_digits, at_least=True)
        self.add_detached()
        return self.rows


def targets_table(rows):
    return aligned([["target", "waitd", "wanted", "", "by"]] + [row["text"] for row in rows]) \
        if rows else ""


def everything(results):
    """All that there is to report, in Markdown."""
    machine = results["machine"]
    parts = ["%s, %d processors, Linux %s; %s; medians of %d; load average at the start %.2f\n" % (
        machine["processor"], machine["processors"], machine["kernel"], results["date"],
        results["rounds"], machine["load_average"])]
    parts += [main_table(results), crowded_table(results), threads_table(results),
              sends_table(results), growth_table(results), detached_table(results),
              targets_table(results.get("targets", []))]
    faults = results.get("faults", [])
    parts.append("".join("- %s\n" % fault for fault in faults))
    return "\n".join(part for part in parts if part)
