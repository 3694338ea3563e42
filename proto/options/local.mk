# SPDX-License-Identifier: ISC
#
# Options of both programs: one type of table for flags, keys of a file and help.

noinst_LIBRARIES += proto/options/libwaitd-options.a
proto_options_libwaitd_options_a_SOURCES = \
	proto/options/option_flags.c \
	proto/options/option_flags.h \
	proto/options/option_help.c \
	proto/options/option_help.h \
	proto/options/option_table.c \
	proto/options/option_table.h \
	proto/options/option_value.c \
	proto/options/option_value.h
