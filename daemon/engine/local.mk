# SPDX-License-Identifier: ISC
#
# The scheduling core: libc and libm, no clock, no socket, no JSON.

noinst_LIBRARIES += daemon/engine/libwaitd-engine.a
daemon_engine_libwaitd_engine_a_SOURCES = \
	daemon/engine/batch.c \
	daemon/engine/batch.h \
	daemon/engine/batch_after.c \
	daemon/engine/batch_internal.h \
	daemon/engine/batch_job.c \
	daemon/engine/batch_simple.c \
	daemon/engine/draw.c \
	daemon/engine/draw.h \
	daemon/engine/dueq.c \
	daemon/engine/dueq.h \
	daemon/engine/names.c \
	daemon/engine/names.h \
	daemon/engine/plan.c \
	daemon/engine/plan.h \
	daemon/engine/plan_cycle.c \
	daemon/engine/plan_graph.c \
	daemon/engine/plan_internal.h \
	daemon/engine/plan_order.c \
	daemon/engine/plan_seal.c \
	daemon/engine/plan_seal_internal.h \
	daemon/engine/saturate.h \
	daemon/engine/timerq.c \
	daemon/engine/timerq.h
