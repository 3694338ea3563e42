# SPDX-License-Identifier: ISC
#
# Loops, listeners and transports.

noinst_LIBRARIES += daemon/net/libwaitd-net.a
daemon_net_libwaitd_net_a_SOURCES = \
	daemon/net/connection.c \
	daemon/net/connection.h \
	daemon/net/descriptors.c \
	daemon/net/descriptors.h \
	daemon/net/lingering.c \
	daemon/net/lingering.h \
	daemon/net/listener.c \
	daemon/net/listener.h \
	daemon/net/loop.c \
	daemon/net/loop.h \
	daemon/net/mailbox.c \
	daemon/net/mailbox.h \
	daemon/net/notice.c \
	daemon/net/notice.h \
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
	daemon/net/rest.c \
	daemon/net/rest.h \
	daemon/net/socket.c \
	daemon/net/socket.h \
	daemon/net/stdio.c \
	daemon/net/stdio.h \
	daemon/net/transport.h
