# SPDX-License-Identifier: ISC
#
# What both sides share: the wire format.

noinst_LIBRARIES += proto/libwaitd-proto.a
proto_libwaitd_proto_a_SOURCES = \
	proto/decimal.c \
	proto/decimal.h \
	proto/duration.c \
	proto/duration.h \
	proto/duration_short.c \
	proto/duration_short.h \
	proto/event.c \
	proto/event.h \
	proto/event_done.c \
	proto/event_done.h \
	proto/event_reader.c \
	proto/event_reader.h \
	proto/event_scan.c \
	proto/event_scan.h \
	proto/fault.c \
	proto/fault.h \
	proto/lexer.c \
	proto/lexer.h \
	proto/lexer_internal.h \
	proto/lexer_scan.c \
	proto/nearest.c \
	proto/nearest.h \
	proto/request.c \
	proto/request.h \
	proto/request_data.c \
	proto/request_fault.c \
	proto/request_flat.c \
	proto/request_flat.h \
	proto/request_internal.h \
	proto/request_job.c \
	proto/request_law.c \
	proto/request_step.c \
	proto/request_take.c \
	proto/request_top.c \
	proto/request_value.c \
	proto/scan.h

dist_man_MANS += \
	proto/waitd-protocol.7
EXTRA_DIST += \
	proto/event.schema.json \
	proto/request.schema.json
