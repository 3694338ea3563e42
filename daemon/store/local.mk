# SPDX-License-Identifier: ISC
#
# What keeps detached batches.

noinst_LIBRARIES += daemon/store/libwaitd-store.a
daemon_store_libwaitd_store_a_SOURCES = \
	daemon/store/gone.c \
	daemon/store/gone.h \
	daemon/store/index.c \
	daemon/store/index.h \
	daemon/store/memory.c \
	daemon/store/memory.h
