#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What an object exports bears its file's name: foo.c exports foo_*, and
# foo_bar.c, a part of foo, may export foo_* as well.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

while IFS= read -r source; do
    source=${source#"$top_srcdir"/}
    object=$top_builddir/${source%.c}.o
    stem=$(basename "$source" .c)
    # HTTP or what stands in for it, as the build has its library or not.
    case $source in
    daemon/net/http_none.c) [ ! -f "$top_builddir/daemon/net/http.o" ] || continue ;;
    daemon/net/http.c | daemon/net/http_[!s]*.c | daemon/net/http_stream.c | daemon/net/metrics.c)
        [ ! -f "$top_builddir/daemon/net/http_none.o" ] || continue ;;
    esac
    if [ ! -f "$object" ]; then
        not_ok "$source is built: list it in its local.mk"
        continue
    fi
    allowed="${stem%%_*}(_.*)?"
    [ "$stem" != main ] || allowed=main
    # Names with two underscores in front are the compiler's.
    none "$(nm -g --defined-only "$object" | awk 'NF == 3 { print $3 }' | grep -vE '^__' |
        grep -vxE "$allowed")" "$source exports nothing but ${stem%%_*}_*"
done < <(find "$top_srcdir"/proto "$top_srcdir"/options "$top_srcdir"/engine "$top_srcdir"/daemon "$top_srcdir"/client -name '*.c' | sort)

done_testing
