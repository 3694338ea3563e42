# SPDX-License-Identifier: ISC
#
# What keeps detached batches.

noinst_LIBRARIES += daemon/store/libwaitd-store.a
daemon_store_libwaitd_store_a_SOURCES = \
	daemon/store/cluster.h \
	daemon/store/cluster_rules.c \
	daemon/store/cluster_rules.h \
	daemon/store/cluster_wire.c \
	daemon/store/cluster_wire.h \
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
	daemon/store/journal_query.c \
	daemon/store/journal_check.c \
	daemon/store/journal_internal.h \
	daemon/store/journal_load.c \
	daemon/store/memory.c \
	daemon/store/memory.h \
	daemon/store/wal.c \
	daemon/store/wal.h

# With libnats, or without.
cluster_sources = \
	daemon/store/cluster.c \
	daemon/store/cluster_query.c \
	daemon/store/cluster_batch.c \
	daemon/store/cluster_internal.h \
	daemon/store/cluster_link.c \
	daemon/store/cluster_link.h \
	daemon/store/cluster_link_internal.h \
	daemon/store/cluster_link_work.c \
	daemon/store/cluster_publish.c \
	daemon/store/cluster_read.c \
	daemon/store/cluster_remove.c \
	daemon/store/cluster_restore.c \
	daemon/store/cluster_stream.c \
	daemon/store/cluster_stream.h
if NATS
daemon_store_libwaitd_store_a_SOURCES += $(cluster_sources)
EXTRA_DIST += daemon/store/cluster_none.c
else
daemon_store_libwaitd_store_a_SOURCES += daemon/store/cluster_none.c
EXTRA_DIST += $(cluster_sources)
endif
