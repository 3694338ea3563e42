# SPDX-License-Identifier: ISC
#
# The daemon itself.  All but main() is a library, so that tests link it whole.

noinst_LIBRARIES += daemon/libwaitd-daemon.a
daemon_libwaitd_daemon_a_SOURCES = \
	daemon/listening.c \
	daemon/listening.h \
	daemon/options.c \
	daemon/options.h \
	daemon/options_internal.h \
	daemon/options_value.c \
	daemon/report.c \
	daemon/report.h \
	daemon/server.c \
	daemon/server.h \
	daemon/survey.c \
	daemon/survey.h

# From the top floor down, as the linker wants them.
daemon_libraries = \
	daemon/libwaitd-daemon.a \
	daemon/net/libwaitd-net.a \
	daemon/store/libwaitd-store.a \
	daemon/session/libwaitd-session.a \
	daemon/base/libwaitd-base.a \
	engine/libwaitd-engine.a \
	proto/libwaitd-proto.a

daemon_system_libraries = \
	$(HTTP_LIBS) \
	$(EVENT_LIBS) \
	$(CONFUSE_LIBS) \
	$(SYSTEMD_LIBS) $(OPENSSL_LIBS) \
	$(SQLITE_LIBS) \
	$(LIBMD_LIBS) \
	$(MPFR_LIBS)

bin_PROGRAMS += daemon/waitd
daemon_waitd_SOURCES = daemon/main.c
daemon_waitd_LDADD = \
	$(daemon_libraries) \
	$(daemon_system_libraries)

dist_man_MANS += \
	daemon/waitd.8 \
	daemon/waitd.conf.5
