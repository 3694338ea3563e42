#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
"""What bench.py makes of figures: the tables, and which targets are held."""

import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))

import report  # pylint: disable=wrong-import-position
import scenarios  # pylint: disable=wrong-import-position

tests = failures = 0


def check(passed, name, *notes):
    global tests, failures
    tests += 1
    failures += not passed
    print("%s %d - %s" % ("ok" if passed else "not ok", tests, name))
    for note in notes if not passed else ():
        print("# %s" % (note,))


def results(**medians):
    """medians: scenario={server: {figure: value}}."""
    servers = sorted({server for each in medians.values() for server in each})
    made = {
        "servers": {server: {"title": server.title()} for server in servers if server != "bare"},
        "scenarios": {scenario.replace("_", "-"): {
            server: {"median": figures} for server, figures in by_server.items()
        } for scenario, by_server in medians.items()},
    }
    report.add_losses(made)
    return made


def verdicts(**medians):
    """The targets that apply, as {name: (held, times)}."""
    rows = report.Targets(results(**medians)).all()
    return {row["target"]: (row["held"], round(row["times"], 3)) for row in rows}


def test_against_the_best():
    def of(rate, cpu):
        return verdicts(throughput={
            "waitd": {"rate": rate, "cpu": cpu}, "go": {"rate": 100, "cpu": 9},
            "rust": {"rate": 200, "cpu": 3}, "limit": {"rate": 900, "cpu": 0.1}})

    rate = "throughput: jobs/s, 1.5 times the best (against rust)"
    cpu = "throughput: CPU a job, two thirds of the best (against rust)"
    check(of(300, 2) == {rate: (True, 1.0), cpu: (True, 1.0)}, "a target that is just met is held",
          of(300, 2))
    check(of(299, 2.01)[rate] == (False, 0.997), "one jobs/s fewer, and it is not", of(299, 2.01))
    check(of(299, 2.01)[cpu] == (False, 0.995), "a little more CPU, and it is not", of(299, 2.01))
    check(verdicts(throughput={"waitd": {"rate": 1, "cpu": 1}}) == {},
          "without a peer there is nothing to be held to")


def test_against_the_baseline():
    def of(ours, then):
        return verdicts(throughput={"waitd": {"cpu": ours}, "baseline": {"cpu": then}})

    name = "throughput: CPU a job, 0.8 of what it was (against the baseline)"
    check(of(8, 10) == {name: (True, 1.0)}, "the baseline is a measure, and no peer", of(8, 10))
    check(of(9, 10)[name] == (False, 0.889), "a little more CPU than that, and it is not held",
          of(9, 10))
    check(verdicts(throughput={"waitd": {"cpu": 8}, "limit": {"cpu": 1}}) == {},
          "without a baseline nothing is held to it")


def test_slices():
    kinds = dict.fromkeys(scenarios.SLICES, 0.0005)
    rows = verdicts(slices={"waitd": dict(kinds, chain=0.001)})
    check(len(rows) == len(scenarios.SLICES), "each kind of slice has a target", sorted(rows))
    check([name for name, (held, _) in rows.items() if not held] ==
          ["longest slice: 500,000 jobs in a chain"], "the one that is too long is reported", rows)


def test_above_a_bare_timer():
    def of(late):
        return verdicts(timers={"bare": {"p50": 0, "p99": 0.002}},
                        pending={"waitd": {"late_p99": late, "memory": 49}})

    late = "pending: lateness p99 above a bare timer's"
    check(of(0.003)[late] == (True, 1.0), "what a bare timer is late is taken off", of(0.003))
    check(of(0.0041)[late][0] is False, "what is beyond it counts", of(0.0041))
    check(of(0.001)[late][0] is True, "a lateness below a bare timer's is none", of(0.001))
    check(of(0.003)["pending: memory a job"][0] is False, "49 bytes are more than 48")


def test_losses_and_threads():
    loss = "beside: what the burst loses"
    held = verdicts(burst={"waitd": {"beyond": 0.8}}, beside={"waitd": {"beyond": 1.0}})
    check(held[loss] == (True, 1.0), "a burst that takes 1.25 times as long loses a fifth", held)
    held = verdicts(burst={"waitd": {"beyond": 0.5}}, beside={"waitd": {"beyond": 1.0}})
    check(held[loss] == (False, 0.4), "one that takes twice as long loses half", held)
    held = verdicts(burst={"waitd": {"beyond": 1.0}}, beside={"waitd": {"beyond": 0.9}})
    check(held[loss][0] is True, "one that is quicker loses nothing", held)
    held = verdicts(threads_1={"waitd": {"rate": 10}},
                    threads_2={"waitd": {"rate": 16, "generator": 0.4}})
    check(list(held.values()) == [(False, 0.941), (True, 1.081)],
          "two loops are measured with and without the generator's share", held)


def test_tables():
    made = results(burst={"waitd": {"beyond": 0.25, "cpu": 1e-7, "memory": 17.4, "peak": 20},
                          "limit": {"beyond": 0.07, "cpu": 2.2e-8}})
    lines = report.main_table(made).splitlines()
    check([cell.strip() for cell in lines[0].split("|")[2:4]] == ["Limit", "Waitd"], "a column a server", lines[0])
    check(len({len(line) for line in lines}) == 1, "columns stand straight", *lines)
    check([cell.strip() for cell in lines[2].split("|")[2:4]] == ["70 ms", "250 ms"],
          "a row a figure", lines[2])
    check([cell.strip() for cell in lines[4].split("|")[2:4]] == ["", "17 B"],
          "what was not measured is left out", lines[4])
    for value, text in [(0, "0 ns"), (3.7e-8, "37 ns"), (1.234e-6, "1.23 µs"), (0.0999, "99.9 ms"),
                        (2.5, "2.5 s"), (125, "125 s")]:
        check(report.seconds(value) == text, "%g s is %s" % (value, text), report.seconds(value))


def test_detached():
    def of(cpu, rate, journal):
        return {"servers": {}, "scenarios": {}, "detached": {
            "small": {kind: {"rate": rate, "cpu": 1e-6} for kind in ("attached", "memory", "journal")},
            "sync": 1e-3,
            "jobs": {"attached": {"rate": 1e6, "cpu": 1e-7}, "long": {"rate": 1e6, "cpu": 1e-7},
                     "memory": {"rate": 1e6, "cpu": cpu}},
            "large": {"jobs": 10 ** 6, "bytes": 34e6, "attached": 0.1, "memory": 0.15,
                      "journal": journal, "write": 0.04},
            "watch": {"ended": 0.05, "running": 0.06},
            "restart": {"batches": 10 ** 5, "ready": 1, "took": 4, "late_p99": 0.01,
                        "late_max": 0.03, "others": 700}}}

    rows = {row["target"]: row for row in report.Targets(of(1.2e-7, 20000, 0.17)).all()}
    check(len(rows) == 6, "detached batches have six targets", sorted(rows))
    row = rows["detached: CPU a job, 1.05 of attached"]
    check(not row["held"] and row["text"][-1] == "1.14 times short of it", "by how much is said", row)
    check(all(row["held"] for name, row in rows.items() if "CPU" not in name), "what is just met is held", rows)
    table = report.detached_table(of(1e-7, 20000, 0.3)).splitlines()
    check("| 300 ms " in table[7] and "40 ms for its 34 MB" in table[7] and "1 ms for 4 KiB" in table[2],
          "the run without a journal and the bare disk are beside it", table[7], table[2])
    check(report.detached_table({}) == "", "and nothing where they were not measured")


def test_sends():
    lines = report.sends_table(results(sends={"waitd": {"spread 0.2 ms": 9.5e-6}})).splitlines()
    check([cell.strip() for cell in lines[2].split("|")[1:4]] == ["spread", "0.2 ms", "9.5 µs"],
          "what bare sends take is a table of its own", *lines)
    check(report.sends_table(results(burst={})) == "", "if it was measured")


def test_scenarios():
    known = {(scenario, figure) for scenario, figure, _, _ in report.ROWS}
    check({scenario for scenario, _ in known} <= set(scenarios.SCENARIOS),
          "each row of the table is of a scenario", known)
    check({name for names in scenarios.FAMILIES.values() for name in names} <=
          set(scenarios.SCENARIOS), "each family is of scenarios")
    check({scenario for scenario, _ in known} == set(scenarios.FAMILIES["rows"]),
          "`rows' are the rows of the table")


def main():
    test_against_the_best()
    test_against_the_baseline()
    test_slices()
    test_above_a_bare_timer()
    test_losses_and_threads()
    test_tables()
    test_detached()
    test_sends()
    test_scenarios()
    print("1..%d" % tests)
    return 1 if failures and "CK_TAP_LOG_FILE_NAME" not in os.environ else 0


if __name__ == "__main__":
    sys.exit(main())
