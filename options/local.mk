# SPDX-License-Identifier: ISC
#
# Options of both programs: one type of table for flags, keys of a file and help.

noinst_LIBRARIES += options/libwaitd-options.a
options_libwaitd_options_a_SOURCES = \
	options/option_flags.c \
	options/option_flags.h \
	options/option_help.c \
	options/option_help.h \
	options/option_table.c \
	options/option_table.h \
	options/option_value.c \
	options/option_value.h
