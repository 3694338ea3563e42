# SPDX-License-Identifier: ISC
#
# Loops, listeners and transports.

noinst_LIBRARIES += daemon/net/libwaitd-net.a
daemon_net_libwaitd_net_a_SOURCES = \
	daemon/net/connection.c \
	daemon/net/connection.h \
	daemon/net/connection_internal.h \
	daemon/net/connection_serve.c \
	daemon/net/descriptors.c \
	daemon/net/descriptors.h \
	daemon/net/farewell.c \
	daemon/net/farewell.h \
	daemon/net/listener.c \
	daemon/net/listener.h \
	daemon/net/loop.c \
	daemon/net/loop.h \
	daemon/net/mailbox.c \
	daemon/net/mailbox.h \
	daemon/net/notice.c \
	daemon/net/notice.h \
	daemon/net/peers.c \
	daemon/net/peers.h \
	daemon/net/ready.c \
	daemon/net/ready.h \
	daemon/net/rest.c \
	daemon/net/rest.h \
	daemon/net/stdio.c \
	daemon/net/stdio.h \
	daemon/net/wire.c \
	daemon/net/wire.h
