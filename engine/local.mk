# SPDX-License-Identifier: ISC
#
# The schedule: libc, libm and libmpfr, no clock, no socket, no JSON.

noinst_LIBRARIES += engine/libwaitd-engine.a
engine_libwaitd_engine_a_SOURCES = \
	engine/backoff.c \
	engine/backoff.h \
	engine/batch.c \
	engine/batch.h \
	engine/batch_after.c \
	engine/batch_ahead.c \
	engine/batch_internal.h \
	engine/batch_job.c \
	engine/batch_pool.c \
	engine/batch_ready.c \
	engine/batch_report.c \
	engine/batch_one_shot.c \
	engine/chains.c \
	engine/chains.h \
	engine/draw.c \
	engine/draw.h \
	engine/draw_avx2.c \
	engine/draw_avx2.h \
	engine/draw_exact.c \
	engine/draw_exact.h \
	engine/draw_formula.h \
	engine/draw_row.c \
	engine/draw_row.h \
	engine/draw_series.c \
	engine/draw_series.h \
	engine/draw_wide.c \
	engine/draw_wide.h \
	engine/dueq.c \
	engine/dueq.h \
	engine/forecast.c \
	engine/forecast.h \
	engine/labels.c \
	engine/labels.h \
	engine/prioq.c \
	engine/prioq.h \
	engine/samples.c \
	engine/samples.h \
	engine/timerq.c \
	engine/timerq.h \
	engine/tournament.c \
	engine/tournament.h
