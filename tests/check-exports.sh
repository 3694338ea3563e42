#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What an object exports has its file's name: foo.c exports foo_*, and
# foo_bar.c, a part of foo, may export foo_* as well.  And another file, of the
# programs or of the tests, names it; else it would be static, or nothing.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

make_scratch

while IFS= read -r source; do
    source=${source#"$top_srcdir"/}
    object=$top_builddir/${source%.c}.o
    stem=$(basename "$source" .c)
    # HTTP or what stands in for it, as the build has its library or not.
    case $source in
    daemon/net/http_none.c) [ ! -f "$top_builddir/daemon/net/http.o" ] || continue ;;
    daemon/net/http.c | daemon/net/http_[!s]*.c | daemon/net/http_stream.c | daemon/net/metrics.c)
        [ ! -f "$top_builddir/daemon/net/http_none.o" ] || continue ;;
    # And a cluster.
    daemon/store/cluster_none.c) [ ! -f "$top_builddir/daemon/store/cluster.o" ] || continue ;;
    daemon/store/cluster_[wr][iu]*.c) ;;
    daemon/store/cluster*.c) [ ! -f "$top_builddir/daemon/store/cluster_none.o" ] || continue ;;
    esac
    if [ ! -f "$object" ]; then
        not_ok "$source is built: list it in its local.mk"
        continue
    fi
    allowed="${stem%%_*}(_.*)?"
    [ "$stem" != main ] || allowed=main
    # Names with two underscores in front are the compiler's.
    nm -g --defined-only "$object" | awk -v file="$source" 'NF == 3 && $3 !~ /^__|^main$/ { print $3, file }' \
        >>"$scratch/exports"
    none "$(nm -g --defined-only "$object" | awk 'NF == 3 { print $3 }' | grep -vE '^__' |
        grep -vxE "$allowed")" "$source exports nothing but ${stem%%_*}_*"
done < <(find "$top_srcdir"/proto "$top_srcdir"/engine "$top_srcdir"/daemon "$top_srcdir"/client -name '*.c' | sort)

# unshared FILE: of its `symbol file` lines, those whose symbol no other .c names, nor the
# body of a function in a header (which names it once more than its declaration does).
unshared()
{
    cd "$top_srcdir" && find proto engine daemon client tests -name '*.[ch]' -exec awk '
        FILENAME != "-" { gsub(/[^A-Za-z0-9_]+/, "\n"); print FILENAME "\n" $0 }' {} + |
        awk -v exports="$1" '
            BEGIN { while ((getline line < exports) > 0) { split(line, part, " "); from[part[1]] = part[2] } }
            /\.[ch]$/ { file = $0; next }
            $0 in from && file ~ /h$/ && !seen[$0, file]++ { next }
            $0 in from && file != from[$0] { shared[$0] = 1 }
            END { for (symbol in from) if (!(symbol in shared)) print from[symbol] ": " symbol }' | sort
}
none "$(unshared "$scratch/exports")" "what a file exports is named in another one"
echo "hash_find_nobody proto/hash.c" >"$scratch/probe"
is "$(unshared "$scratch/probe")" "proto/hash.c: hash_find_nobody" "the rule sees what nobody names"

done_testing
