# SPDX-License-Identifier: ISC
#
# The daemon itself.  All but main() is a library, so that tests link it whole.

noinst_LIBRARIES += daemon/libwaitd-daemon.a
daemon_libwaitd_daemon_a_SOURCES = \
	daemon/arrivals.c \
	daemon/arrivals.h \
	daemon/identity.c \
	daemon/identity.h \
	daemon/listening.c \
	daemon/listening.h \
	daemon/options.c \
	daemon/options.h \
	daemon/options_example.c \
	daemon/options_file.c \
	daemon/options_internal.h \
	daemon/options_types.c \
	daemon/server.c \
	daemon/server.h \
	daemon/snapshot.c \
	daemon/snapshot.h \
	daemon/state.c \
	daemon/state.h \
	daemon/watchdog.c \
	daemon/watchdog.h

# From the top layer down, as the linker wants them.
daemon_libraries = \
	daemon/libwaitd-daemon.a \
	daemon/net/libwaitd-net.a \
	daemon/auth/libwaitd-auth.a \
	daemon/store/libwaitd-store.a \
	daemon/session/libwaitd-session.a \
	daemon/base/libwaitd-base.a \
	engine/libwaitd-engine.a \
	proto/options/libwaitd-options.a \
	proto/token/libwaitd-token.a \
	proto/libwaitd-proto.a

daemon_system_libraries = \
	$(HTTP_LIBS) \
	$(EVENT_LIBS) \
	$(CONFUSE_LIBS) \
	$(SYSTEMD_LIBS) $(OPENSSL_LIBS) \
	$(SQLITE_LIBS) $(NATS_LIBS) \
	$(LIBMD_LIBS) \
	$(CRYPT_LIBS) \
	$(MPFR_LIBS)

bin_PROGRAMS += daemon/waitd
daemon_waitd_SOURCES = daemon/main.c
nodist_daemon_waitd_SOURCES = daemon/paths.h
daemon_waitd_LDADD = \
	$(daemon_libraries) \
	$(daemon_system_libraries)

# The paths that are compiled in.  configure makes Makefile anew; what is compiled again is
# what sees another path.
CLEANFILES += daemon/paths.h
daemon/paths.h: Makefile
	$(AM_V_GEN)$(MKDIR_P) daemon && \
	  printf '/* Made by make. */\n#define PATHS_SYSCONFDIR "%s"\n' '$(sysconfdir)' >$@.new && \
	  if cmp -s $@.new $@; then rm -f $@.new; else mv $@.new $@; fi
daemon/main.$(OBJEXT): daemon/paths.h

# A configuration with every key commented out, by the table of options itself, and how
# Prometheus learns of the metrics.
examplesdir = $(docdir)/examples
dist_examples_DATA = daemon/examples/prometheus.yml
noinst_PROGRAMS += daemon/examples/print
daemon_examples_print_SOURCES = daemon/examples/main.c
daemon_examples_print_LDADD = $(daemon_waitd_LDADD)
nodist_examples_DATA =
if !CROSS_COMPILING
nodist_examples_DATA += daemon/examples/waitd.conf
endif
CLEANFILES += daemon/examples/waitd.conf
daemon/examples/waitd.conf: daemon/examples/print$(EXEEXT)
	$(AM_V_GEN)$(MKDIR_P) daemon/examples && daemon/examples/print >$@.new && mv $@.new $@

dist_man_MANS += \
	daemon/waitd.8 \
	daemon/waitd.conf.5
