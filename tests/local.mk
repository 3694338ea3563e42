# SPDX-License-Identifier: ISC
#
# Every test speaks TAP; `make check TESTS=tests/unit/test_plan' runs one.

# ---- programs on Check -----------------------------------------------------

check_programs = \
	tests/unit/test_address \
	tests/unit/test_arguments \
	tests/unit/test_backoff \
	tests/unit/test_batch \
	tests/unit/test_batch_ends \
	tests/unit/test_block \
	tests/unit/test_chain \
	tests/unit/test_client \
	tests/unit/test_cluster_rules \
	tests/unit/test_cluster_wire \
	tests/unit/test_decimal \
	tests/unit/test_decimal_digits \
	tests/unit/test_descriptors \
	tests/unit/test_draw \
	tests/unit/test_draw_series \
	tests/unit/test_dueq \
	tests/unit/test_duration \
	tests/unit/test_duration_fast \
	tests/unit/test_eta \
	tests/unit/test_event \
	tests/unit/test_event_detached \
	tests/unit/test_event_done \
	tests/unit/test_event_piece \
	tests/unit/test_event_reader \
	tests/unit/test_failures \
	tests/unit/test_fanout \
	tests/unit/test_fault \
	tests/unit/test_flight \
	tests/unit/test_hash \
	tests/unit/test_import \
	tests/unit/test_import_actions \
	tests/unit/test_import_ninja \
	tests/unit/test_journal \
	tests/unit/test_journal_faults \
	tests/unit/test_lexer \
	tests/unit/test_lexer_faults \
	tests/unit/test_lexer_oracle \
	tests/unit/test_log_writer \
	tests/unit/test_loop \
	tests/unit/test_meter \
	tests/unit/test_names \
	tests/unit/test_options \
	tests/unit/test_options_manual \
	tests/unit/test_outbox \
	tests/unit/test_overrides \
	tests/unit/test_peers \
	tests/unit/test_plan \
	tests/unit/test_plan_after \
	tests/unit/test_principal \
	tests/unit/test_prioq \
	tests/unit/test_pump \
	tests/unit/test_ready \
	tests/unit/test_refusal \
	tests/unit/test_replay_stream \
	tests/unit/test_request \
	tests/unit/test_request_fast \
	tests/unit/test_request_faults \
	tests/unit/test_request_limits \
	tests/unit/test_request_memory \
	tests/unit/test_request_pools \
	tests/unit/test_request_shape \
	tests/unit/test_request_text \
	tests/unit/test_request_work \
	tests/unit/test_rewrite \
	tests/unit/test_scan \
	tests/unit/test_simulator \
	tests/unit/test_slack \
	tests/unit/test_socket \
	tests/unit/test_stats \
	tests/unit/test_store \
	tests/unit/test_terminal \
	tests/unit/test_timeline \
	tests/unit/test_timeline_pools \
	tests/unit/test_timerq \
	tests/unit/test_top_batches \
	tests/unit/test_utc \
	tests/unit/test_utf8 \
	tests/unit/test_vary \
	tests/unit/test_watch \
	tests/unit/test_watchdog \
	tests/scenario/test_channel \
	tests/scenario/test_cluster \
	tests/scenario/test_forecasts \
	tests/scenario/test_memory \
	tests/scenario/test_quotas \
	tests/scenario/test_registry \
	tests/scenario/test_registry_crowd \
	tests/scenario/test_replays \
	tests/scenario/test_scenarios \
	tests/scenario/test_schedule \
	tests/scenario/test_simulation \
	tests/scenario/test_stories

# What is built with HTTP alone.
if HTTP
check_programs += tests/unit/test_http
endif
if CRYPT
check_programs += tests/unit/test_auth
endif
if NATS
check_programs += tests/scenario/test_cluster_store
endif

if HAVE_CHECK
check_LIBRARIES += tests/libsupport.a
check_PROGRAMS += $(check_programs)
TESTS += $(check_programs)
else
tests_without_check = $(check_programs)
endif
EXTRA_DIST += tests/support/bent_libm.c tests/support/coverage.sh tests/support/summary.sh \
	tests/support/kernel_timers.c tests/support/tap.sh tests/support/check_trace.py

tests_libsupport_a_SOURCES = \
	tests/scenario/description.c \
	tests/scenario/description.h \
	tests/scenario/given.c \
	tests/scenario/given.h \
	tests/scenario/naive.c \
	tests/scenario/naive.h \
	tests/scenario/naive_job.c \
	tests/scenario/naive_model.h \
	tests/scenario/random_batch.c \
	tests/scenario/random_batch.h \
	tests/scenario/story.c \
	tests/scenario/story.h \
	tests/support/check.h \
	tests/support/drawing.c \
	tests/support/drawing.h \
	tests/support/importing.c \
	tests/support/importing.h \
	tests/support/lexing.c \
	tests/support/lexing.h \
	tests/support/loop_rig.c \
	tests/support/loop_rig.h \
	tests/support/main.c \
	tests/support/plan_kit.c \
	tests/support/plan_kit.h \
	tests/support/printed.c \
	tests/support/printed.h \
	tests/support/reading.c \
	tests/support/reading.h \
	tests/support/refusals.c \
	tests/support/refusals.h \
	tests/support/rig.c \
	tests/support/rig.h \
	tests/support/witness.c \
	tests/support/witness.h

# Allocations of these programs come by tests/support/alloc_faults.c.
alloc_faults_flags = -Wl,--wrap=malloc -Wl,--wrap=calloc -Wl,--wrap=realloc -Wl,--wrap=free
alloc_faults_sources = tests/support/alloc_faults.c tests/support/alloc_faults.h
tests_scenario_test_memory_SOURCES = tests/scenario/test_memory.c $(alloc_faults_sources)
tests_scenario_test_memory_LDFLAGS = $(AM_LDFLAGS) $(alloc_faults_flags)
tests_scenario_test_registry_SOURCES = tests/scenario/test_registry.c $(alloc_faults_sources)
tests_scenario_test_registry_LDFLAGS = $(AM_LDFLAGS) $(alloc_faults_flags)
tests_scenario_test_simulation_SOURCES = \
	tests/scenario/simulation.c \
	tests/scenario/simulation.h \
	tests/scenario/simulation_check.c \
	tests/scenario/simulation_internal.h \
	tests/scenario/simulation_script.c \
	tests/scenario/simulation_script.h \
	tests/scenario/test_simulation.c \
	$(alloc_faults_sources)
tests_scenario_test_simulation_LDFLAGS = $(AM_LDFLAGS) $(alloc_faults_flags)

tests_scenario_test_cluster_store_SOURCES = \
	tests/scenario/cluster_servers.c \
	tests/scenario/cluster_servers.h \
	tests/scenario/test_cluster_store.c
tests_scenario_test_cluster_SOURCES = \
	tests/scenario/cluster_simulation.c \
	tests/scenario/cluster_simulation.h \
	tests/scenario/test_cluster.c

# The clock of these is a script, and the loop's test counts service slices.
tests_unit_test_pump_SOURCES = tests/unit/test_pump.c $(alloc_faults_sources)
tests_unit_test_pump_LDFLAGS = $(AM_LDFLAGS) $(alloc_faults_flags) -Wl,--wrap=clock_now_ns
tests_unit_test_loop_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=clock_now_ns -Wl,--wrap=connection_serve

# How often its thread is ended by force is counted.
tests_unit_test_log_writer_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=pthread_cancel

# These have SQLite fail at will.
journal_rig_sources = tests/support/journal_rig.c tests/support/journal_rig.h
tests_unit_test_journal_SOURCES = tests/unit/test_journal.c $(journal_rig_sources)
tests_unit_test_journal_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sqlite3_step
tests_unit_test_journal_faults_SOURCES = tests/unit/test_journal_faults.c $(journal_rig_sources)
tests_unit_test_journal_faults_LDFLAGS = $(AM_LDFLAGS) -Wl,--wrap=sqlite3_step

# This one counts the calls of what words a message, and what is decoded.
request_work_flags = -Wl,--wrap=fault_quote -Wl,--wrap=nearest_try -Wl,--wrap=lexer_decode \
	-Wl,--wrap=request_list_members -Wl,--wrap=request_list_words
tests_unit_test_request_work_LDFLAGS = $(AM_LDFLAGS) $(request_work_flags)

all_libraries = \
	client/libwaitctl.a \
	$(daemon_libraries) \
	$(daemon_system_libraries) \
	$(JANSSON_LIBS) $(YAML_LIBS) $(UTF8PROC_LIBS) $(TINFO_LIBS)
LDADD = tests/libsupport.a $(all_libraries) $(CHECK_LIBS)

# ---- shell tests -----------------------------------------------------------

shell_tests = \
	tests/check-docs.sh \
	tests/check-exports.sh \
	tests/check-hardening.sh \
	tests/check-headers.sh \
	tests/check-layers.sh \
	tests/check-paths.sh \
	tests/check-sizes.sh \
	tests/check-units.sh \
	tests/skipped.sh \
	tests/systemd/test_service.sh \
	tests/wire/test_completions.sh \
	tests/wire/test_idioms.sh \
	tests/wire/test_import.sh \
	tests/wire/test_manual.sh \
	tests/wire/test_metrics.sh \
	tests/wire/test_proxies.sh \
	tests/wire/test_readme.sh \
	tests/wire/test_samples.sh \
	tests/wire/test_state.sh \
	tests/wire/test_terminal.sh \
	tests/wire/test_top.sh \
	tests/wire/test_waitctl.sh
dist_check_SCRIPTS = $(shell_tests)
TESTS += $(shell_tests)

python_tests = \
	tests/browser/test_page.py \
	tests/bench/test_load.py \
	tests/bench/test_report.py \
	tests/wire/test_auth.py \
	tests/wire/test_clock.py \
	tests/wire/test_cluster.py \
	tests/wire/test_cluster_faults.py \
	tests/wire/test_contract.py \
	tests/wire/test_draws.py \
	tests/wire/test_detached.py \
	tests/wire/test_watch.py \
	tests/wire/test_faults.py \
	tests/wire/test_forecast.py \
	tests/wire/test_http.py \
	tests/wire/test_http_batches.py \
	tests/wire/test_http_mutations.py \
	tests/wire/test_http_programs.py \
	tests/wire/test_http_wait.py \
	tests/wire/test_kills.py \
	tests/wire/test_limits.py \
	tests/wire/test_log.py \
	tests/wire/test_odd_servers.py \
	tests/wire/test_outputs.py \
	tests/wire/test_protocol_examples.py \
	tests/wire/test_queueing.py \
	tests/wire/test_schemas.py \
	tests/wire/test_state_faults.py \
	tests/wire/test_tls.py \
	tests/wire/test_traces.py
dist_check_SCRIPTS += $(python_tests)

if HAVE_PYTHON
TESTS += $(python_tests)
else
tests_without_python = $(python_tests)
endif

EXTRA_DIST += \
	tests/import/build.graph \
	tests/import/build.ninja_log \
	tests/import/instance.json \
	tests/import/run.joblog \
	tests/import/run.json \
	tests/import/workflow.yml \
	tests/systemd/boot.sh \
	tests/systemd/guest.sh \
	tests/wire/cluster_week.py \
	tests/wire/crowd.py \
	tests/wire/daemons.py \
	tests/wire/http_client.py \
	tests/wire/examples.py \
	tests/wire/kills.py \
	tests/wire/lib.sh \
	tests/wire/nats.py \
	tests/wire/preload.py \
	tests/wire/soak.py \
	tests/wire/speedscope.mjs \
	tests/wire/stalls.py \
	tests/wire/terminal.sh

EXTRA_DIST += \
	tests/README.md \
	tests/bench/README.md \
	tests/samples/README.md \
	tests/samples/expected/service-desk.ndjson \
	tests/samples/service-desk.json \
	tests/samples/expected/pools.ndjson \
	tests/samples/pools.json \
	tests/samples/expected/car-wash.ndjson \
	tests/samples/car-wash.json \
	tests/samples/chess-one-by-one.json \
	tests/samples/chess-three-games.json \
	tests/samples/exhibition-one-by-one.json \
	tests/samples/exhibition.json \
	tests/samples/expected/chess-one-by-one.ndjson \
	tests/samples/expected/chess-three-games.ndjson \
	tests/samples/expected/exhibition-one-by-one.ndjson \
	tests/samples/expected/exhibition.ndjson \
	tests/samples/expected/first-done.ndjson \
	tests/samples/expected/graph.ndjson \
	tests/samples/expected/latency.ndjson \
	tests/samples/expected/one-two-three-concurrent.ndjson \
	tests/samples/expected/one-two-three-sequential.ndjson \
	tests/samples/expected/retries.ndjson \
	tests/samples/expected/sums-blocking.ndjson \
	tests/samples/expected/sums-concurrent.ndjson \
	tests/samples/expected/sums-sequential.ndjson \
	tests/samples/expected/ten-waits.ndjson \
	tests/samples/expected/timeout.ndjson \
	tests/samples/expected/two-waits.ndjson \
	tests/samples/first-done.json \
	tests/samples/graph.json \
	tests/samples/latency.json \
	tests/samples/one-two-three-concurrent.json \
	tests/samples/one-two-three-sequential.json \
	tests/samples/retries.json \
	tests/samples/sums-blocking.json \
	tests/samples/sums-concurrent.json \
	tests/samples/sums-sequential.json \
	tests/samples/ten-waits.json \
	tests/samples/timeout.json \
	tests/samples/two-waits.json

# ---- fuzz targets ----------------------------------------------------------

# Each target is built twice: with libFuzzer, where there is clang, and with a
# main() that replays its corpus, which is a test like any other.
fuzz_programs = \
	tests/fuzz/fuzz_channel \
	tests/fuzz/fuzz_config \
	tests/fuzz/fuzz_duration \
	tests/fuzz/fuzz_event \
	tests/fuzz/fuzz_import \
	tests/fuzz/fuzz_lexer \
	tests/fuzz/fuzz_request

replay_programs = \
	tests/fuzz/replay_channel \
	tests/fuzz/replay_config \
	tests/fuzz/replay_duration \
	tests/fuzz/replay_event \
	tests/fuzz/replay_import \
	tests/fuzz/replay_lexer \
	tests/fuzz/replay_request

if HTTP
fuzz_programs += tests/fuzz/fuzz_http
replay_programs += tests/fuzz/replay_http
endif
if CRYPT
fuzz_programs += tests/fuzz/fuzz_gate
replay_programs += tests/fuzz/replay_gate
endif

if HAVE_CHECK
check_PROGRAMS += $(replay_programs)
TESTS += $(replay_programs)
endif

EXTRA_DIST += \
	tests/fuzz/corpus \
	tests/fuzz/event.dict \
	tests/fuzz/config.dict \
	tests/fuzz/import.dict \
	tests/fuzz/fuzz.sh \
	tests/fuzz/http.dict \
	tests/fuzz/request.dict

if FUZZERS
noinst_PROGRAMS += $(fuzz_programs)
endif
EXTRA_PROGRAMS += $(fuzz_programs)
CLEANFILES += $(fuzz_programs)

tests_fuzz_fuzz_channel_SOURCES = tests/fuzz/fuzz_channel.c tests/support/witness.c tests/support/witness.h
tests_fuzz_fuzz_channel_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_channel_LDADD = $(all_libraries)
tests_fuzz_replay_channel_SOURCES = tests/fuzz/replay.c $(tests_fuzz_fuzz_channel_SOURCES)
tests_fuzz_fuzz_config_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_config_LDADD = $(all_libraries)
tests_fuzz_replay_config_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_config.c
tests_fuzz_fuzz_duration_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_duration_LDADD = $(all_libraries)
tests_fuzz_replay_duration_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_duration.c
tests_fuzz_fuzz_event_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_event_LDADD = $(all_libraries)
tests_fuzz_replay_event_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_event.c
tests_fuzz_fuzz_gate_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_gate_LDADD = $(all_libraries)
tests_fuzz_replay_gate_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_gate.c
tests_fuzz_fuzz_http_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_http_LDADD = $(all_libraries)
tests_fuzz_replay_http_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_http.c
tests_fuzz_fuzz_import_SOURCES = tests/fuzz/fuzz_import.c tests/support/reading.c tests/support/reading.h
tests_fuzz_fuzz_import_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_import_LDADD = $(all_libraries)
tests_fuzz_replay_import_SOURCES = tests/fuzz/replay.c $(tests_fuzz_fuzz_import_SOURCES)
tests_fuzz_fuzz_lexer_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_lexer_LDADD = $(all_libraries)
tests_fuzz_replay_lexer_SOURCES = tests/fuzz/replay.c tests/fuzz/fuzz_lexer.c
tests_fuzz_fuzz_request_SOURCES = tests/fuzz/fuzz_request.c tests/support/reading.c tests/support/reading.h
tests_fuzz_fuzz_request_LDFLAGS = $(AM_LDFLAGS) -fsanitize=fuzzer
tests_fuzz_fuzz_request_LDADD = $(all_libraries)
tests_fuzz_replay_request_SOURCES = tests/fuzz/replay.c $(tests_fuzz_fuzz_request_SOURCES)

# FUZZ_TIME: seconds for each target; FUZZ_TARGETS: which.
FUZZ_TIME = 600
FUZZ_TARGETS = $(fuzz_programs)

fuzz: $(fuzz_programs)
	bash $(top_srcdir)/tests/fuzz/fuzz.sh '$(FUZZ_TIME)' '$(top_srcdir)' $(FUZZ_TARGETS)

# ---- long runs ---------------------------------------------------------------

# Mixed load with faults: it holds what it says on any machine, in any time.
SOAK_TIME = 60

soak: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' top_srcdir='$(abs_top_srcdir)' \
	  $(PYTHON) $(top_srcdir)/tests/wire/soak.py '$(SOAK_TIME)'

# A daemon with a journal that is killed so often under load.
KILLS = 1000

kills: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' top_srcdir='$(abs_top_srcdir)' \
	  PYTHONDONTWRITEBYTECODE=1 $(PYTHON) $(top_srcdir)/tests/wire/kills.py '$(KILLS)'

# The faults of a cluster: ROUNDS of each case from SEED on, or of those whose names match CASES, a
# regular expression.  The seed that fails is printed.
ROUNDS = 100
SEED = 1
CASES =

cluster-rounds: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  WAITD_TEST_ROUNDS='$(ROUNDS)' WAITD_TEST_SEED='$(SEED)' WAITD_TEST_CASES='$(CASES)' \
	  $(PYTHON) $(top_srcdir)/tests/wire/test_cluster_faults.py

# So many batches over three nodes, with kills of nodes and of their server, and every stream compared.
BATCHES = 100000

cluster-week: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/wire/cluster_week.py '$(BATCHES)'

# 10,000 connections at once, and others that reset.
CROWD_FLAGS =

crowd: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' top_srcdir='$(abs_top_srcdir)' \
	  $(PYTHON) $(top_srcdir)/tests/wire/crowd.py $(CROWD_FLAGS)

# 10,000 TLS handshakes that stall.
STALLS_FLAGS =

stalls: all
	env WAITD='$(abs_top_builddir)/daemon/waitd' PYTHONDONTWRITEBYTECODE=1 \
	  $(PYTHON) $(top_srcdir)/tests/wire/stalls.py $(STALLS_FLAGS)

# ---- how they run ----------------------------------------------------------

TEST_EXTENSIONS = .sh .py
LOG_DRIVER = env AM_TAP_AWK='$(AWK)' $(SHELL) $(top_srcdir)/build-aux/tap-driver.sh
SH_LOG_DRIVER = $(LOG_DRIVER)
SH_LOG_COMPILER = bash
PY_LOG_DRIVER = $(LOG_DRIVER)
PY_LOG_COMPILER = $(PYTHON)

AM_TESTS_ENVIRONMENT = \
	CK_DEFAULT_TIMEOUT=60; export CK_DEFAULT_TIMEOUT; \
	WAITD='$(abs_top_builddir)/daemon/waitd'; export WAITD; \
	WAITCTL='$(abs_top_builddir)/client/waitctl'; export WAITCTL; \
	top_srcdir='$(abs_top_srcdir)'; export top_srcdir; \
	top_builddir='$(abs_top_builddir)'; export top_builddir; \
	abs_top_builddir='$(abs_top_builddir)'; export abs_top_builddir; \
	CC='$(CC)'; export CC; \
	HEADER_CPPFLAGS='$(EVENT_CFLAGS) $(JANSSON_CFLAGS) $(YAML_CFLAGS) $(CONFUSE_CFLAGS)'; \
	export HEADER_CPPFLAGS; \
	TESTS_WITHOUT_CHECK='$(tests_without_check)'; export TESTS_WITHOUT_CHECK; \
	TESTS_WITHOUT_PYTHON='$(tests_without_python)'; export TESTS_WITHOUT_PYTHON; \
	HARDENING='$(enable_hardening)'; export HARDENING; \
	BUILD_FLAGS='$(WAITD_CPPFLAGS) $(WAITD_CFLAGS) $(WAITD_LDFLAGS)'; export BUILD_FLAGS; \
	PYTHONDONTWRITEBYTECODE=1; export PYTHONDONTWRITEBYTECODE; \
	CK_TAP_LOG_FILE_NAME=-; export CK_TAP_LOG_FILE_NAME; \
	$(SANITIZERS_ENVIRONMENT)

# Sanitizers slow tests down; what they find must fail the test that did it.
if SANITIZERS
SANITIZERS_ENVIRONMENT = \
	CK_TIMEOUT_MULTIPLIER=$${CK_TIMEOUT_MULTIPLIER-4}; export CK_TIMEOUT_MULTIPLIER; \
	UBSAN_OPTIONS=print_stacktrace=1:$$UBSAN_OPTIONS; export UBSAN_OPTIONS; \
	TSAN_OPTIONS=halt_on_error=1:$$TSAN_OPTIONS; export TSAN_OPTIONS;
endif

# The same programs under valgrind, each in one process, with fewer random
# batches: it is some fifty times slower.
VALGRIND = valgrind
VALGRIND_FLAGS = -q --leak-check=full --show-leak-kinds=all --error-exitcode=99

check-valgrind:
	CK_FORK=no WAITD_TEST_BATCHES=$${WAITD_TEST_BATCHES-2000} \
	  WAITD_TEST_SEEDS=$${WAITD_TEST_SEEDS-200} \
	  $(MAKE) check TESTS='$(check_programs) $(replay_programs)' LOG_COMPILER='$(VALGRIND)' \
	  LOG_FLAGS='$(VALGRIND_FLAGS)'

# The names that TESTS= takes.
list-tests:
	@printf '%s\n' $(TESTS)

if COVERAGE
coverage:
	find . -name '*.gcda' -exec rm -f {} +
	status=0; $(MAKE) check || status=$$?; \
	GCOV='$(GCOV)' bash $(top_srcdir)/tests/support/coverage.sh; exit $$status

# Of what has been run since the build.
coverage-report:
	@GCOV='$(GCOV)' bash $(top_srcdir)/tests/support/coverage.sh
clean-local:
	find . '(' -name '*.gcda' -o -name '*.gcno' ')' -exec rm -f {} +
endif

.PHONY: check-valgrind coverage coverage-report cluster-rounds cluster-week crowd fuzz kills list-tests soak stalls
