# SPDX-License-Identifier: ISC
#
# What one client may ask and gets, still pure.

noinst_LIBRARIES += daemon/session/libwaitd-session.a
daemon_session_libwaitd_session_a_SOURCES = \
	daemon/session/agenda.c \
	daemon/session/agenda.h \
	daemon/session/around.h \
	daemon/session/channel.c \
	daemon/session/channel.h \
	daemon/session/channel_admit.c \
	daemon/session/channel_detached.c \
	daemon/session/channel_env.h \
	daemon/session/channel_follow.c \
	daemon/session/channel_inquiry.c \
	daemon/session/channel_inquiry.h \
	daemon/session/channel_internal.h \
	daemon/session/channel_one.c \
	daemon/session/channel_request.c \
	daemon/session/forecasts.c \
	daemon/session/forecasts.h \
	daemon/session/history.c \
	daemon/session/history.h \
	daemon/session/history_internal.h \
	daemon/session/history_report.c \
	daemon/session/history_report.h \
	daemon/session/ledger.c \
	daemon/session/ledger.h \
	daemon/session/limits.h \
	daemon/session/outbox.c \
	daemon/session/outbox.h \
	daemon/session/principal.c \
	daemon/session/principal.h \
	daemon/session/registry.c \
	daemon/session/registry.h \
	daemon/session/registry_follow.c \
	daemon/session/registry_internal.h \
	daemon/session/registry_probe.c \
	daemon/session/registry_replay.c \
	daemon/session/registry_work.c \
	daemon/session/replica.c \
	daemon/session/replica.h \
	daemon/session/run.c \
	daemon/session/run.h \
	daemon/session/runs.c \
	daemon/session/runs.h \
	daemon/session/stats.c \
	daemon/session/stats.h \
	daemon/session/store.c \
	daemon/session/store.h \
	daemon/session/stored.c \
	daemon/session/stored.h
