# SPDX-License-Identifier: ISC
#
# Benchmarks: figures, not tests.  What the load generator finds fault with is
# tested, in test_load.py.

bench_programs = \
	tests/bench/bare_sends \
	tests/bench/bare_timer \
	tests/bench/bench_activation \
	tests/bench/submitters \
	tests/bench/waiters
EXTRA_PROGRAMS += $(bench_programs)
CLEANFILES += $(bench_programs)
check_PROGRAMS += tests/bench/load tests/bench/slices

bench_measures = \
	tests/bench/histogram.c \
	tests/bench/histogram.h \
	tests/bench/probe.c \
	tests/bench/probe.h

tests_bench_bare_sends_SOURCES = tests/bench/bare_sends.c $(bench_measures)
tests_bench_bare_sends_LDADD =
tests_bench_bare_timer_SOURCES = tests/bench/bare_timer.c $(bench_measures)
tests_bench_bare_timer_LDADD =
tests_bench_bench_activation_LDADD =
tests_bench_submitters_SOURCES = tests/bench/submitters.c $(bench_measures)
tests_bench_submitters_LDADD =
tests_bench_waiters_SOURCES = tests/bench/waiters.c $(bench_measures)
tests_bench_waiters_LDADD =
tests_bench_load_SOURCES = \
	tests/bench/caller.c \
	tests/bench/caller.h \
	tests/bench/group.c \
	tests/bench/group.h \
	tests/bench/heard.c \
	tests/bench/heard.h \
	tests/bench/load.c \
	tests/bench/watch.c \
	tests/bench/watch.h \
	tests/bench/work.c \
	tests/bench/work.h \
	$(bench_measures)
tests_bench_load_LDADD =

tests_bench_slices_SOURCES = tests/bench/slices.c
tests_bench_slices_LDADD = $(all_libraries)
tests_bench_slices_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=connection_serve

# Needs jansson, as the tests on Check do.
if HAVE_CHECK
check_PROGRAMS += tests/bench/micro
endif
tests_bench_micro_SOURCES = tests/bench/micro.c tests/bench/probe.c tests/bench/probe.h
tests_bench_micro_LDADD = $(all_libraries) $(JANSSON_LIBS)

EXTRA_DIST += \
	tests/bench/bench.py \
	tests/bench/bench_http.py \
	tests/bench/cluster.py \
	tests/bench/detached.py \
	tests/bench/forecast.py \
	tests/bench/peers \
	tests/bench/report.py \
	tests/bench/scenarios.py \
	tests/bench/servers.py

# BENCH: which scenarios, BENCH_PEERS: beside which peers (`none'), both separated by blanks;
# BENCH_ROUNDS: medians of how many; BENCH_FLAGS: more flags.  bench.py --help tells them all.
BENCH =
BENCH_PEERS = all
BENCH_ROUNDS = 3
BENCH_FLAGS =

bench: all tests/bench/bare_sends tests/bench/bare_timer tests/bench/load tests/bench/slices
	WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/bench/bench.py --build tests/bench --peers '$(BENCH_PEERS)' \
	  --rounds '$(BENCH_ROUNDS)' $(BENCH_FLAGS) $(BENCH)

# What it costs that batches outlive their clients, which `bench' measures too: a minute, and 1 GB of
# disk.  BENCH_FLAGS="--state DIR --nice -10"; --quick for a tenth of it.
bench-detached: all
	WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/bench/detached.py $(BENCH_FLAGS)

# What a cluster costs, beside one daemon; skipped without nats-server.  BENCH_FLAGS="--nice -10".
bench-cluster: all tests/bench/submitters
	WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/bench/cluster.py --build tests/bench $(BENCH_FLAGS)

# What the parts cost, in nanoseconds an item.  BENCH_FLAGS=--json for programs.
bench-micro: all tests/bench/micro
	tests/bench/micro $(BENCH_FLAGS)

# Forecasts, beside SimPy.  BENCH_FLAGS="--runs 2000" for a short one.
bench-forecast: all
	WAITCTL='$(abs_top_builddir)/client/waitctl' \
	  $(PYTHON) $(top_srcdir)/tests/bench/forecast.py $(BENCH_FLAGS)

# HTTP, beside Go, Node and nginx.  BENCH_FLAGS="--seconds 2" for a short one.
bench-http: all tests/bench/bare_timer tests/bench/waiters
	WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/bench/bench_http.py --build tests/bench $(BENCH_FLAGS)

# From fork to ready, and from the first connection to `accepted'.
bench-activation: all tests/bench/bench_activation
	WAITD='$(abs_top_builddir)/daemon/waitd' tests/bench/bench_activation

CLEANFILES += tests/bench/results.json
mostlyclean-local:
	rm -rf tests/bench/built

.PHONY: bench bench-activation bench-cluster bench-detached bench-forecast bench-http bench-micro
