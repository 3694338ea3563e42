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
    nm -A -u "$@" | awk 'NF >= 2 { sub(/:[^:]*$/, "", $1); print $1, $NF }' |
        while read -r object symbol; do
            grep -qxF -- "$symbol" "$scratch/defined" ||
                printf '%s: %s\n' "${object##*/}" "$symbol"
        done | grep -vE ": ($allowed)\$"
}

archive=$top_builddir/engine/libwaitd-engine.a
[ -f "$archive" ] || bail "no $archive: build first, or set top_builddir"
# With it the plan, which is what it reads.
(cd "$scratch" && ar x "$top_builddir/proto/libwaitd-proto.a" && rm -f ./[!pn]*.o) ||
    bail "no $top_builddir/proto/libwaitd-proto.a"
plan=("$scratch"/plan*.o "$scratch"/names.o)
none "$(foreign_symbols "$archive" "${plan[@]}")" "the engine calls nothing but memory, strings and mathematics"

# The rule has teeth: it sees each of these in an object beside the engine's.
for call in 'clock_gettime(0, 0)' 'time(0)' 'socket(1, 1, 0)' 'read(0, 0, 0)' 'printf("")' \
    'exit(1)' 'event_add(0, 0)' 'json_loads(0, 0, 0)' 'pthread_create(0, 0, 0, 0)' 'rand()'; do
    symbol=${call%%(*}
    printf 'long %s();\nlong probe(void);\nlong probe(void) { return %s; }\n' "$symbol" "$call" \
        >"$scratch/probe.c"
    if ! ${CC:-cc} -w -std=gnu11 -fno-builtin -O0 -c -o "$scratch/probe.o" "$scratch/probe.c" 2>"$scratch/cc"; then
        skip "the rule sees a call of $symbol" "no compiler: $(head -1 "$scratch/cc")"
    else
        is "$(foreign_symbols "$archive" "${plan[@]}" "$scratch/probe.o" | grep -c " $symbol\$")" 1 \
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

none "$(includes 'event2?[/.]' proto engine daemon client tests | grep -vE '^daemon/net/|^daemon/(report|http|server|main)\.[ch]:|^tests/')" \
    "libevent stays where the loop is"
none "$(includes '(event|evhttp|evdns|evutil)\.h' proto engine daemon client tests)" \
    "nothing includes libevent's old headers"
none "$(includes 'jansson\.h' proto engine daemon client tests | grep -vE '^tests/')" \
    "jansson stays in tests/"
none "$(includes 'confuse\.h' proto engine daemon client tests | grep -vE '^daemon/options\.c:')" \
    "libconfuse stays in daemon/options.c"
none "$(includes 'systemd/' proto engine daemon client tests | grep -vE '^daemon/base/service\.c:')" \
    "libsystemd stays in daemon/base/service.c"
# What each room may include besides itself: the floors of ARCHITECTURE.md, from the ground up.
# floor ROOM ALLOWED: every include of a header of ours in the room is of one of the folders.
floor()
{
    room=$1 allowed_rooms=$2
    find "$room" -maxdepth "${3:-9}" -name '*.[ch]' -exec grep -HnE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"' {} + |
        grep -vE "\"($allowed_rooms)[a-z0-9_]+\.h\"" | sort
}

none "$(floor proto 'proto/')" "proto/ includes itself alone"
none "$(floor engine 'engine/|proto/')" "engine/ includes itself and proto/ alone"
none "$(includes '"proto/' engine | grep -vE '"proto/(occurrence|plan|plan_internal|saturate)\.h"')" \
    "the engine knows of the language only the plan"
none "$(floor daemon/base 'daemon/base/')" "daemon/base/ includes itself alone"
none "$(floor daemon/session 'daemon/session/|engine/|proto/')" \
    "daemon/session/ includes itself, engine/ and proto/ alone"
none "$(floor daemon/net 'daemon/net/|daemon/session/|daemon/base/|engine/|proto/')" \
    "daemon/net/ includes itself and the floors below alone"
none "$(floor daemon 'daemon/|daemon/net/|daemon/session/|daemon/base/|engine/|proto/' 1)" \
    "the daemon's top floor includes neither client nor tests"
none "$(floor client 'client/|client/[a-z]+/|engine/|proto/')" \
    "the client includes itself, engine/ and proto/ alone"
none "$(includes '(time|sys/time|unistd|stdio|signal|poll|sys/socket|pthread|threads)\.h' engine)" \
    "the engine includes no header of clocks, files, sockets or threads"
none "$(includes '(time|sys/time|unistd|poll|sys/socket|netinet/.*)\.h' proto | grep -v '^proto/address\.')" \
    "proto/ includes no header of clocks or sockets, but for the addresses"

done_testing
