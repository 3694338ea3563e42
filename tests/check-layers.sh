#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Holds the layers apart: what the engine may call, and who may include what.
# A rule that fails names the object or line that breaks it.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

scratch=$(mktemp -d) || bail "no temporary directory"
trap 'rm -rf -- "$scratch"' EXIT

# ---- what the engine calls -------------------------------------------------

# Memory, strings, sorting, mathematics and assertions; nothing that reads a
# clock, talks to anyone or ends the process by plan.
allowed='malloc|calloc|realloc|free'
allowed+='|(__)?mem(cpy|move|set|cmp)(_chk)?|memchr|strlen|strcmp|strncmp|qsort|bsearch'
allowed+='|exp|log|log1p|expm1|sqrt|cos|sin|pow|floor|ceil|rint|nearbyint|llrint|llround|fmod|ldexp|frexp'
allowed+='|fma|scalbn|__.*_finite|__stack_chk_fail|__assert_fail|abort|_GLOBAL_OFFSET_TABLE_'
# What instrumented builds add.
allowed+='|__(a|ub|t|m|l)san_.*|__sanitizer_.*|__sancov_.*|__(start|stop)___sanc.*|__gcov_.*|__llvm_.*|__tls_get_addr'

# foreign_symbols FILE...: `object: symbol` for what the files need from
# elsewhere and the engine is not allowed.
foreign_symbols()
{
    nm -A --defined-only "$@" 2>/dev/null | awk '{ print $NF }' | sort -u >"$scratch/defined"
    nm -A -u "$@" | awk '{ sub(/:[^:]*$/, "", $1); print $1, $NF }' |
        while read -r object symbol; do
            grep -qxF -- "$symbol" "$scratch/defined" ||
                printf '%s: %s\n' "${object##*/}" "$symbol"
        done | grep -vE ": ($allowed)\$"
}

archive=$top_builddir/daemon/engine/libwaitd-engine.a
[ -f "$archive" ] || bail "no $archive: build first, or set top_builddir"
none "$(foreign_symbols "$archive")" "the engine calls nothing but memory, strings and mathematics"

# The rule has teeth: it sees each of these in an object beside the engine's.
for call in 'clock_gettime(0, 0)' 'time(0)' 'socket(1, 1, 0)' 'read(0, 0, 0)' 'printf("")' \
    'exit(1)' 'event_add(0, 0)' 'json_loads(0, 0, 0)' 'pthread_create(0, 0, 0, 0)' 'rand()'; do
    symbol=${call%%(*}
    printf 'long %s();\nlong probe(void);\nlong probe(void) { return %s; }\n' "$symbol" "$call" \
        >"$scratch/probe.c"
    if ! ${CC:-cc} -w -std=gnu11 -fno-builtin -O0 -c -o "$scratch/probe.o" "$scratch/probe.c" 2>"$scratch/cc"; then
        skip "the rule sees a call of $symbol" "no compiler: $(head -1 "$scratch/cc")"
    else
        is "$(foreign_symbols "$archive" "$scratch/probe.o" | grep -c " $symbol\$")" 1 \
            "the rule sees a call of $symbol"
    fi
done

# ---- who includes what -----------------------------------------------------

cd "$top_srcdir" || bail "no $top_srcdir"

# includes PATTERN DIRECTORY...: the lines of C files that include it.
includes()
{
    pattern=$1
    shift
    find "$@" -name '*.[ch]' -exec grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]+[<\"]$pattern" {} + |
        sort
}

none "$(includes 'event2?[/.]' proto daemon client tests | grep -vE '^daemon/(loop|connection|connection_internal|listener|report|http|server|main)\.[ch]:|^tests/')" \
    "libevent stays where the loop is"
none "$(includes '(event|evhttp|evdns|evutil)\.h' proto daemon client tests)" \
    "nothing includes libevent's old headers"
none "$(includes 'jansson\.h' proto daemon client tests | grep -vE '^(proto|tests)/')" \
    "jansson stays in proto/"
none "$(includes 'confuse\.h' proto daemon client tests | grep -vE '^daemon/options\.c:')" \
    "libconfuse stays in daemon/options.c"
none "$(includes 'systemd/' proto daemon client tests | grep -vE '^daemon/service\.c:')" \
    "libsystemd stays in daemon/service.c"
none "$(includes '[^>]*"' daemon/engine | grep -v '"daemon/engine/')" \
    "the engine includes no other room"
none "$(includes '(time|sys/time|unistd|stdio|signal|poll|sys/socket|pthread|threads)\.h' daemon/engine)" \
    "the engine includes no header of clocks, files, sockets or threads"
none "$(includes '[^>]*"' proto | grep -vE '"(proto|daemon/engine)/')" \
    "proto/ includes itself and the engine alone"
none "$(includes '(time|sys/time|unistd|poll|sys/socket|netinet/.*)\.h' proto)" \
    "proto/ includes no header of clocks or sockets"
none "$(includes '[^>]*"' client | grep -vE '"(proto|client)/')" \
    "the client includes itself and proto/ alone"
none "$(includes '"(tests|client)/' daemon)" "the daemon includes neither client nor tests"
none "$(includes '"tests/' proto client)" "nothing outside tests/ includes tests"

done_testing
