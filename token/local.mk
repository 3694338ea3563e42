# SPDX-License-Identifier: ISC
#
# Tokens, for both programs: the daemon compares with their hashes, waitctl makes them.

noinst_LIBRARIES += token/libwaitd-token.a
token_libwaitd_token_a_SOURCES = \
	token/token.c \
	token/token.h
