# SPDX-License-Identifier: ISC
#
# Loops, listeners and transports.

noinst_LIBRARIES += daemon/net/libwaitd-net.a
daemon_net_libwaitd_net_a_SOURCES = \
	daemon/net/arrival.h \
	daemon/net/channel_log.c \
	daemon/net/channel_log.h \
	daemon/net/connection.c \
	daemon/net/connection.h \
	daemon/net/descriptors.c \
	daemon/net/descriptors.h \
	daemon/net/detached.c \
	daemon/net/detached.h \
	daemon/net/entry.c \
	daemon/net/entry.h \
	daemon/net/http.h \
	daemon/net/http_services.c \
	daemon/net/http_services.h \
	daemon/net/lingering.c \
	daemon/net/lingering.h \
	daemon/net/listener.c \
	daemon/net/listener.h \
	daemon/net/loop.c \
	daemon/net/loop.h \
	daemon/net/mailbox.c \
	daemon/net/mailbox.h \
	daemon/net/peers.c \
	daemon/net/peers.h \
	daemon/net/pump.c \
	daemon/net/pump.h \
	daemon/net/pump_internal.h \
	daemon/net/pump_serve.c \
	daemon/net/ready.c \
	daemon/net/ready.h \
	daemon/net/slack.c \
	daemon/net/slack.h \
	daemon/net/socket.c \
	daemon/net/socket.h \
	daemon/net/stdio.c \
	daemon/net/stdio.h \
	daemon/net/timeouts.c \
	daemon/net/timeouts.h \
	daemon/net/tls.c \
	daemon/net/tls.h \
	daemon/net/tls_bridge.c \
	daemon/net/tls_bridge.h \
	daemon/net/transport.h \
	daemon/net/wakeup.c \
	daemon/net/wakeup.h

# HTTP, where the library for it is there.
http_sources = \
	daemon/net/http.c \
	daemon/net/http_auth.c \
	daemon/net/http_auth.h \
	daemon/net/http_batches.c \
	daemon/net/http_detached.c \
	daemon/net/http_detached.h \
	daemon/net/http_duplex.c \
	daemon/net/http_duplex.h \
	daemon/net/http_exchange.c \
	daemon/net/http_frames.c \
	daemon/net/http_frames.h \
	daemon/net/http_head.c \
	daemon/net/http_head.h \
	daemon/net/http_internal.h \
	daemon/net/http_library.c \
	daemon/net/http_linger.c \
	daemon/net/http_malformed.c \
	daemon/net/http_monitor.c \
	daemon/net/http_page.c \
	daemon/net/http_page.h \
	daemon/net/http_precheck.c \
	daemon/net/http_query.c \
	daemon/net/http_query.h \
	daemon/net/http_reply.c \
	daemon/net/http_reply.h \
	daemon/net/http_routes.c \
	daemon/net/http_routes.h \
	daemon/net/http_stream.c \
	daemon/net/http_stream.h \
	daemon/net/http_syntax.c \
	daemon/net/http_syntax.h \
	daemon/net/http_tls.c \
	daemon/net/http_tls.h \
	daemon/net/http_wait.c \
	daemon/net/http_wait.h \
	daemon/net/http_wait_read.c \
	daemon/net/http_wait_read.h \
	daemon/net/metrics.c \
	daemon/net/metrics.h

# The page, as it is in the tree.
page_files = \
	daemon/net/page/batch.js \
	daemon/net/page/density.js \
	daemon/net/page/download.js \
	daemon/net/page/icon.svg \
	daemon/net/page/index.html \
	daemon/net/page/locate.js \
	daemon/net/page/page.css \
	daemon/net/page/page.js \
	daemon/net/page/request.js \
	daemon/net/page/table.js \
	daemon/net/page/timeline.js \
	daemon/net/page/token.js
page_samples = \
	tests/samples/chess-one-by-one.json \
	tests/samples/chess-three-games.json \
	tests/samples/first-done.json \
	tests/samples/graph.json \
	tests/samples/latency.json \
	tests/samples/retries.json \
	tests/samples/sums-concurrent.json \
	tests/samples/timeout.json
EXTRA_DIST += daemon/net/page/embed.sh $(page_files)

daemon/net/http_page_files.c: daemon/net/page/embed.sh $(page_files) $(page_samples)
	$(AM_V_GEN)$(MKDIR_P) daemon/net && cd '$(srcdir)' && \
	  daemon/net/page/embed.sh $(page_files) $(page_samples) >'$(abs_builddir)/$@.new' && \
	  mv '$(abs_builddir)/$@.new' '$(abs_builddir)/$@'
CLEANFILES += daemon/net/http_page_files.c

if HTTP
daemon_net_libwaitd_net_a_SOURCES += $(http_sources)
nodist_daemon_net_libwaitd_net_a_SOURCES = daemon/net/http_page_files.c
EXTRA_DIST += daemon/net/http_none.c
else
daemon_net_libwaitd_net_a_SOURCES += daemon/net/http_none.c
EXTRA_DIST += $(http_sources)
endif
