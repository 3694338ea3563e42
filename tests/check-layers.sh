#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# Holds the layers apart: what the engine may call, and who may include what.
# A rule that fails names the object or line that breaks it.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"

make_scratch

# ---- what the engine calls -------------------------------------------------

# Memory, strings, sorting, mathematics (libm's and libmpfr's) and assertions; nothing that reads a
# clock, talks to anyone or ends the process by plan.
allowed='malloc|calloc|realloc|free|malloc_usable_size'
allowed+='|(__)?mem(cpy|move|set|cmp)(_chk)?|memchr|strlen|strcmp|strncmp|qsort|bsearch'
allowed+='|(exp|log|log1p|expm1|sqrt|cos|sin|pow|floor|ceil|rint|nearbyint|llrint|llround|fmod|ldexp|frexp)l?'
allowed+='|(__g)?mpfr_[a-z0-9_]+'
allowed+='|__u(div|mod)ti3' # arithmetic of 128 bits, by the compiler's own library
allowed+='|fma|scalbn|__.*_finite|__stack_chk_fail|__assert_fail|abort|_GLOBAL_OFFSET_TABLE_'
allowed+='|__cpu_(model|indicator_init)' # which instructions the processor has, by the compiler's own library
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
(cd "$scratch" && ar x "$top_builddir/proto/libwaitd-proto.a" && rm -f ./[!hlnp]*.o) ||
    bail "no $top_builddir/proto/libwaitd-proto.a"
plan=("$scratch"/plan*.o "$scratch"/names.o "$scratch"/lookup.o "$scratch"/hash.o)
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

# ---- the layers ------------------------------------------------------------

cd "$top_srcdir" || bail "no $top_srcdir"

# Each layer, its archive, and the layers that it may use besides itself: the table of
# ARCHITECTURE.md, from the ground up.
layers='
proto          proto/libwaitd-proto.a
proto/token    proto/token/libwaitd-token.a
proto/options  proto/options/libwaitd-options.a          proto
engine         engine/libwaitd-engine.a            proto
daemon/base    daemon/base/libwaitd-base.a
daemon/session daemon/session/libwaitd-session.a   proto engine
daemon/store   daemon/store/libwaitd-store.a       proto engine daemon/base daemon/session
daemon/auth    daemon/auth/libwaitd-auth.a         proto proto/token engine daemon/session
daemon/net     daemon/net/libwaitd-net.a           proto proto/token engine daemon/base daemon/session daemon/auth
daemon         daemon/libwaitd-daemon.a            proto proto/token proto/options engine daemon/base daemon/session daemon/store daemon/auth daemon/net
'
# The client is one archive; its layers are distinguished by what they include.
client_layers='
client/base
client/terminal client/base
client/trace    client/base client/terminal
client/timeline client/base client/terminal client/trace
client/show     client/base client/terminal client/trace client/timeline
client/net      client/base client/terminal client/trace client/timeline client/show proto/token daemon/session
client/import   client/base
client/cmd      client/base client/terminal client/trace client/timeline client/show client/net client/import proto/options proto/token
client          client/base client/net client/cmd proto/options
'

# includes PATTERN DIRECTORY...: the lines of C files that include it.
includes()
{
    pattern=$1
    shift
    find "$@" -name '*.[ch]' -exec grep -HnE "^[[:space:]]*#[[:space:]]*include[[:space:]]+[<\"]$pattern" {} + |
        sort
}

# included LAYER: `file:line: header` for each header of ours that a file right in the layer includes.
included()
{
    find "$1" -maxdepth 1 -name '*.[ch]' -exec grep -HnoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]*' {} + |
        sed -E 's/#[^"]*"//' | sort
}

# outside LAYER...: those lines of the input whose header lies right in none of the layers.
outside()
{
    grep -vE ":($(printf '%s|' "$@" | sed 's/|$//'))/[a-z0-9_]+\.h\$"
}

# symbols nm-flag ARCHIVE: the names of its undefined (-u) or its global defined symbols.
symbols()
{
    nm -g "$1" "$top_builddir/$2" 2>/dev/null | awk 'NF >= 2 && $NF !~ /:$/ { print $NF }' | sort -u
}

# borrowed LAYER ARCHIVE USED...: symbols that the archive needs and a layer that it may not use defines.
borrowed()
{
    layer=$1
    symbols -u "$2" >"$scratch/needed"
    shift 2
    echo "$layers" | while read -r other archive _; do
        case " $layer $* " in *" ${other:-$layer} "*) continue ;; esac
        symbols --defined-only "$archive" | comm -12 "$scratch/needed" - | sed "s,^,$other: ,"
    done
}

while read -r layer archive uses; do
    [ -n "$layer" ] || continue
    # shellcheck disable=SC2086
    none "$(included "$layer" | outside "$layer" $uses)" "$layer includes itself${uses:+, ${uses// /, }} alone"
    # shellcheck disable=SC2086
    none "$(borrowed "$layer" "$archive" $uses)" "$layer calls itself${uses:+, ${uses// /, }} alone"
done <<<"$layers"

while read -r layer uses; do
    [ -n "$layer" ] || continue
    # shellcheck disable=SC2086
    none "$(included "$layer" | outside "$layer" proto engine $uses)" \
        "$layer includes itself, proto, engine${uses:+, ${uses// /, }} alone"
done <<<"$client_layers"
is "$(find client -name '*.[ch]' -exec dirname {} + | sort -u | tr '\n' ' ')" \
    "$(awk 'NF { print $1 }' <<<"$client_layers" | sort | tr '\n' ' ')" "each layer of the client has its place"
# The table of ARCHITECTURE.md names just these, and each directory with sources has a row.
is "$(sed -nE 's/^\| \[([a-z/]+)\].*/\1/p' ARCHITECTURE.md | sort | tr '\n' ' ')" \
    "$({ awk 'NF { print $1 }' <<<"$layers" && printf '%s\n' client systemd findings tests; } | sort | tr '\n' ' ')" \
    "ARCHITECTURE.md has a row for each layer"
# Those that make builds from: a build directory may stand anywhere, within the tree as well.
mapfile -t built < <(sed -nE 's,^include ([a-z]+)(/.*)?/local\.mk$,\1,p' Makefile.am | grep -vE '^(client|tests|systemd)$' | sort -u)
is "$(find "${built[@]}" -name '*.[ch]' ! -path 'daemon/examples/*' -exec dirname {} + | sort -u | tr '\n' ' ')" \
    "$(awk 'NF { print $1 }' <<<"$layers" | sort | tr '\n' ' ')" "each directory with sources is a layer"
none "$(includes '"engine/' client/import)" "client/import knows of no engine"

# The rules have teeth.
is "$(printf '%s\n' 'engine/a.c:1:engine/b.h' 'engine/a.c:2:daemon/net/loop.h' 'engine/a.c:3:proto/plan.h' | outside engine proto)" \
    'engine/a.c:2:daemon/net/loop.h' "the rule sees an include that runs upward"
is "$(included engine | grep -m1 -c ':proto/plan_internal\.h$')" 1 "the rule sees includes at all"
is "$(borrowed proto engine/libwaitd-engine.a | grep -c '^proto: plan_')" 0 "a layer may call itself"
is "$([ "$(borrowed engine engine/libwaitd-engine.a | grep -c '^proto: plan_')" -gt 0 ] && echo seen)" seen \
    "the rule sees a call into another layer"

none "$(includes '"proto/' engine | grep -vE '"proto/(block|occurrence|plan|plan_internal|saturate)\.h"')" \
    "the engine knows of the language only the plan"

# ---- modules -----------------------------------------------------------------

# circles DIRECTORY...: the modules that include each other in a circle.  A module is a .c and
# its .h, and with them those files of its layer that include its _internal.h.
circles()
{
    find "$@" -name '*.[ch]' -exec grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]+"[^"]+' {} + |
        sed -E 's/\.[ch]:[^"]*"/ /; s/\.h$//' |
        awk '{ file[NR] = $1; used[NR] = $2 }
             { layer = $1; sub(/[^\/]*$/, "", layer) }
             $2 ~ /_internal$/ && index($2, layer) == 1 && substr($2, length(layer) + 1) !~ /\// {
                 part_of[$1] = $2; sub(/_internal$/, "", part_of[$1])
             }
             function module(path) {
                 sub(/_internal$/, "", path)
                 return path in part_of ? part_of[path] : path
             }
             END {
                 for (i = 1; i <= NR; i++)
                     if (module(file[i]) != module(used[i])) print module(file[i]), module(used[i])
             }' | sort -u | tsort 2>&1 >/dev/null | sed 's/^tsort: //'
}
none "$(circles proto engine daemon client)" "no modules include each other in a circle"

# The rule has teeth.
mkdir -p "$scratch/layers/a"
(
    cd "$scratch/layers" || exit
    echo '#include "a/two.h"' >a/one.h
    echo '#include "a/three.h"' >a/two.c
    echo '#include "a/one_internal.h"' >a/one_part.c
)
is "$(cd "$scratch/layers" && circles a)" "" "modules in a row are no circle"
is "$(cd "$scratch/layers" && echo '#include "a/one.h"' >a/three.h && circles a | grep -c '^a/')" 3 \
    "the rule sees a circle of three modules"
is "$(cd "$scratch/layers" && echo '#include "a/one_part.h"' >a/three.h && circles a | grep -c '^a/')" 3 \
    "the rule sees a circle through a part of a module"

# ---- libraries and system headers ------------------------------------------

# only HEADER FILES NAME: only files that match FILES include headers that match HEADER.
only()
{
    none "$(includes "$1" proto engine daemon client tests | grep -vE "^($2|tests/.*):")" "$3"
}
only 'jansson\.h' 'client/import/.*' "jansson stays in client/import/"
only 'yaml\.h' 'client/import/workflow\.h' "libyaml stays in client/import/workflow.h"
only 'event2?[/.]' 'daemon/net/.*|daemon/(server|main|watchdog)\.[ch]' "libevent stays where the loop is"
only 'confuse\.h' 'daemon/options_file\.c' "libconfuse stays in daemon/options_file.c"
only 'mpfr\.h' 'engine/(backoff|draw_exact|forecast)\.c' "libmpfr stays where arithmetic is exact"
only 'microhttpd\.h' 'daemon/net/http.*' "libmicrohttpd stays in daemon/net/http*"
only 'sqlite3\.h' 'daemon/store/database.*' "SQLite stays in daemon/store/database*"
only 'sha2\.h' 'daemon/(store/digest|auth/credentials)\.c' "libmd stays where digests are made"
only 'openssl/' 'daemon/net/tls.*|daemon/store/digest\.c|client/net/tunnel\.c' \
    "OpenSSL stays where there is TLS, and in daemon/store/digest.c"
only 'nats/' 'daemon/store/cluster_(link.*|stream)\.[ch]' "libnats stays in the link of a cluster"
only 'crypt\.h' 'proto/token/token\.c' "libcrypt stays in proto/token/token.c"
only 'systemd/' 'daemon/base/service\.c' "libsystemd stays in daemon/base/service.c"
none "$(includes '(event|evhttp|evdns|evutil)\.h' proto engine daemon client tests)" \
    "nothing includes libevent's old headers"
none "$(includes '(time|sys/time|unistd|stdio|signal|poll|sys/socket|pthread|threads)\.h' engine)" \
    "the engine includes no header of clocks, files, sockets or threads"
none "$(includes '(time|sys/time|unistd|poll|sys/socket|netinet/.*)\.h' proto | grep -v '^proto/address\.')" \
    "proto/ includes no header of clocks or sockets, but for the addresses"
none "$(includes '"tests/' proto engine daemon client)" "nothing outside tests/ includes tests"

done_testing
