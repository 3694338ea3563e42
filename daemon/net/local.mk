# SPDX-License-Identifier: ISC
#
# Loops, listeners and transports.

noinst_LIBRARIES += daemon/net/libwaitd-net.a
daemon_net_libwaitd_net_a_SOURCES = \
	daemon/net/channel_log.c \
	daemon/net/channel_log.h \
	daemon/net/connection.c \
	daemon/net/connection.h \
	daemon/net/descriptors.c \
	daemon/net/descriptors.h \
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
	daemon/net/patience.c \
	daemon/net/patience.h \
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
	daemon/net/tls.c \
	daemon/net/tls.h \
	daemon/net/transport.h

# HTTP, where the library for it is there.
http_sources = \
	daemon/net/http.c \
	daemon/net/http_batches.c \
	daemon/net/http_duplex.c \
	daemon/net/http_duplex.h \
	daemon/net/http_exchange.c \
	daemon/net/http_frames.c \
	daemon/net/http_frames.h \
	daemon/net/http_head.c \
	daemon/net/http_head.h \
	daemon/net/http_internal.h \
	daemon/net/http_linger.c \
	daemon/net/http_monitor.c \
	daemon/net/http_query.c \
	daemon/net/http_query.h \
	daemon/net/http_reply.c \
	daemon/net/http_reply.h \
	daemon/net/http_routes.c \
	daemon/net/http_routes.h \
	daemon/net/http_stream.c \
	daemon/net/http_stream.h \
	daemon/net/http_wait.c \
	daemon/net/http_wait.h \
	daemon/net/http_wait_read.c \
	daemon/net/http_wait_read.h \
	daemon/net/metrics.c \
	daemon/net/metrics.h

if HTTP
daemon_net_libwaitd_net_a_SOURCES += $(http_sources)
EXTRA_DIST += daemon/net/http_none.c
else
daemon_net_libwaitd_net_a_SOURCES += daemon/net/http_none.c
EXTRA_DIST += $(http_sources)
endif
