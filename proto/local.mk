# SPDX-License-Identifier: ISC
#
# The language that both sides share: requests, plans and events.

noinst_LIBRARIES += proto/libwaitd-proto.a
proto_libwaitd_proto_a_SOURCES = \
	proto/address.c \
	proto/address.h \
	proto/block.h \
	proto/decimal.c \
	proto/decimal.h \
	proto/decimal_digits.c \
	proto/decimal_digits.h \
	proto/due.h \
	proto/duration.c \
	proto/duration.h \
	proto/duration_fast.c \
	proto/duration_fast.h \
	proto/event.c \
	proto/event.h \
	proto/event_detached.c \
	proto/event_detached.h \
	proto/event_done.c \
	proto/event_done.h \
	proto/event_figures.c \
	proto/event_internal.h \
	proto/event_piece.c \
	proto/event_piece.h \
	proto/event_read.h \
	proto/event_reader.c \
	proto/event_reader.h \
	proto/event_scan.c \
	proto/event_scan.h \
	proto/event_text.h \
	proto/fault.c \
	proto/fault.h \
	proto/figures.h \
	proto/hash.c \
	proto/hash.h \
	proto/lexer.c \
	proto/lexer.h \
	proto/lexer_internal.h \
	proto/lexer_scan.c \
	proto/linebreak.h \
	proto/lookup.c \
	proto/lookup.h \
	proto/names.c \
	proto/names.h \
	proto/nearest.c \
	proto/nearest.h \
	proto/occurrence.h \
	proto/plan.c \
	proto/plan.h \
	proto/plan_cycle.c \
	proto/plan_graph.c \
	proto/plan_internal.h \
	proto/plan_names.c \
	proto/plan_names.h \
	proto/plan_order.c \
	proto/plan_pool.c \
	proto/plan_seal.c \
	proto/plan_seal_internal.h \
	proto/plan_text.c \
	proto/request.c \
	proto/request.h \
	proto/request_data.c \
	proto/request_detached.c \
	proto/request_distribution.c \
	proto/request_fast.c \
	proto/request_fast.h \
	proto/request_fault.c \
	proto/request_id.c \
	proto/request_id.h \
	proto/request_internal.h \
	proto/request_job.c \
	proto/request_pool.c \
	proto/request_shape.c \
	proto/request_shape.h \
	proto/request_stage.c \
	proto/request_step.c \
	proto/request_take.c \
	proto/request_text.c \
	proto/request_token.c \
	proto/request_top.c \
	proto/request_value.c \
	proto/saturate.h \
	proto/scan.h \
	proto/slots.c \
	proto/slots.h \
	proto/utc.c \
	proto/utc.h \
	proto/utf8.c \
	proto/utf8.h

dist_man_MANS += \
	proto/waitd-protocol.7
EXTRA_DIST += \
	proto/event.schema.json \
	proto/request.schema.json
