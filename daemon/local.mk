# SPDX-License-Identifier: ISC
#
# The daemon's edge.  All but main() is a library, so that tests link it whole.

noinst_LIBRARIES += daemon/libwaitd-daemon.a
daemon_libwaitd_daemon_a_SOURCES = \
	daemon/account.c \
	daemon/account.h \
	daemon/address.c \
	daemon/address.h \
	daemon/admission.h \
	daemon/channel.c \
	daemon/channel.h \
	daemon/channel_admit.c \
	daemon/channel_internal.h \
	daemon/channel_request.c \
	daemon/clock.c \
	daemon/clock.h \
	daemon/connection.c \
	daemon/connection.h \
	daemon/connection_internal.h \
	daemon/connection_visit.c \
	daemon/descriptors.c \
	daemon/descriptors.h \
	daemon/farewell.c \
	daemon/farewell.h \
	daemon/http.c \
	daemon/http.h \
	daemon/limits.h \
	daemon/listener.c \
	daemon/listener.h \
	daemon/listening.c \
	daemon/listening.h \
	daemon/log.c \
	daemon/log.h \
	daemon/loop.c \
	daemon/loop.h \
	daemon/mailbox.c \
	daemon/mailbox.h \
	daemon/memory.c \
	daemon/memory.h \
	daemon/metrics.c \
	daemon/metrics.h \
	daemon/notice.c \
	daemon/notice.h \
	daemon/options.c \
	daemon/options.h \
	daemon/options_internal.h \
	daemon/options_value.c \
	daemon/outbox.c \
	daemon/outbox.h \
	daemon/peers.c \
	daemon/peers.h \
	daemon/report.c \
	daemon/report.h \
	daemon/rest.c \
	daemon/rest.h \
	daemon/run.c \
	daemon/run.h \
	daemon/runs.c \
	daemon/runs.h \
	daemon/server.c \
	daemon/server.h \
	daemon/service.c \
	daemon/service.h \
	daemon/stats.c \
	daemon/stats.h \
	daemon/stdio.c \
	daemon/stdio.h \
	daemon/survey.c \
	daemon/survey.h \
	daemon/wire.c \
	daemon/wire.h

bin_PROGRAMS += daemon/waitd
daemon_waitd_SOURCES = daemon/main.c
daemon_waitd_LDADD = \
	daemon/libwaitd-daemon.a proto/libwaitd-proto.a daemon/engine/libwaitd-engine.a \
	$(METRICS_LIBS) $(EVENT_LIBS) $(CONFUSE_LIBS) $(SYSTEMD_LIBS)

dist_man_MANS += \
	daemon/waitd.8 \
	daemon/waitd.conf.5
