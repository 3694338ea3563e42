# SPDX-License-Identifier: ISC
#
# What any layer of the daemon may use: its clocks, random numbers, its log, the allocator.

noinst_LIBRARIES += daemon/base/libwaitd-base.a
daemon_base_libwaitd_base_a_SOURCES = \
	daemon/base/clock.c \
	daemon/base/clock.h \
	daemon/base/log.c \
	daemon/base/log.h \
	daemon/base/log_writer.c \
	daemon/base/log_writer.h \
	daemon/base/memory.c \
	daemon/base/memory.h \
	daemon/base/random.c \
	daemon/base/random.h \
	daemon/base/service.c \
	daemon/base/service.h
