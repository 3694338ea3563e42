# SPDX-License-Identifier: ISC
#
# What keeps detached batches.

noinst_LIBRARIES += daemon/store/libwaitd-store.a
daemon_store_libwaitd_store_a_SOURCES = \
	daemon/store/database.c \
	daemon/store/database.h \
	daemon/store/database_internal.h \
	daemon/store/database_open.c \
	daemon/store/digest.c \
	daemon/store/digest.h \
	daemon/store/gone.c \
	daemon/store/gone.h \
	daemon/store/index.c \
	daemon/store/index.h \
	daemon/store/journal.c \
	daemon/store/journal.h \
	daemon/store/journal_ask.c \
	daemon/store/journal_check.c \
	daemon/store/journal_internal.h \
	daemon/store/journal_load.c \
	daemon/store/memory.c \
	daemon/store/memory.h \
	daemon/store/wal.c \
	daemon/store/wal.h
