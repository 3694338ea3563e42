# SPDX-License-Identifier: ISC
#
# Who may come in.

noinst_LIBRARIES += daemon/auth/libwaitd-auth.a
daemon_auth_libwaitd_auth_a_SOURCES = \
	daemon/auth/credentials.c \
	daemon/auth/credentials.h \
	daemon/auth/failures.c \
	daemon/auth/failures.h \
	daemon/auth/gate.c \
	daemon/auth/gate.h \
	daemon/auth/tokens.c \
	daemon/auth/tokens.h \
	daemon/auth/verifier.c \
	daemon/auth/verifier.h
