# SPDX-License-Identifier: ISC
#
# Tokens, for both programs: the daemon compares with their hashes, waitctl makes them.

noinst_LIBRARIES += proto/token/libwaitd-token.a
proto_token_libwaitd_token_a_SOURCES = \
	proto/token/token.c \
	proto/token/token.h
