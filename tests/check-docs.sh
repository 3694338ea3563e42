#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# The documents hold together: man pages are well formed and name exactly the
# flags that --help has, links lead somewhere, no file speaks of the machine
# that it was written on.
set -u

top_srcdir=${top_srcdir:-$(cd "$(dirname "$0")/.." && pwd)}
top_builddir=${top_builddir:-$PWD}
. "$top_srcdir/tests/support/tap.sh"
cd "$top_srcdir" || bail "no $top_srcdir"

waitd=${WAITD:-$top_builddir/daemon/waitd}
waitctl=${WAITCTL:-$top_builddir/client/waitctl}

make_scratch

# ---- man pages -------------------------------------------------------------

lint()
{
    if have mandoc; then
        mandoc -T lint -W warning "$1"
    else
        warnings=$(LC_ALL=C.UTF-8 MANROFFSEQ='' man --warnings -E UTF-8 -l -Tutf8 -Z "$1" 2>&1 >/dev/null)
        printf '%s' "$warnings"
        [ -z "$warnings" ]
    fi
}

for page in daemon/waitd.8 daemon/waitd.conf.5 client/waitctl.1 proto/waitd-protocol.7; do
    if [ ! -f "$page" ]; then
        not_ok "$page is there"
    elif have mandoc || have man; then
        passes "$page is well formed" lint "$page"
    else
        skip "$page is well formed" "neither mandoc nor man"
    fi
done

# ---- flags -----------------------------------------------------------------

long_flags()
{
    grep -oE -- '(^|[^a-zA-Z0-9-])--[a-z][a-z0-9-]+' | sed 's/^[^-]//' | sort -u
}

# An mdoc page with its flags as they are typed: `Fl -listen' is --listen.
page_text()
{
    sed -E -e 's/\\-/-/g' -e 's/\\&//g' -e 's/(^\.|[[:space:]])Fl -([a-z])/\1--\2/g' \
        -e '/Fl/ s/ ([,|]) -([a-z][a-z])/ \1 --\2/g' "$1"
}

# compare_flags PROGRAM PAGE
compare_flags()
{
    name=$(basename "$1")
    if [ ! -x "$1" ] || [ ! -f "$2" ]; then
        not_ok "the flags of $name and of $2 agree: one of them is missing"
        return
    fi
    # A flag of the other program may well be mentioned on a page: what --help
    # has is looked up in the page, the page's own list in --help.
    help=$("$1" --help | long_flags)
    page=$(page_text "$2" | long_flags)
    listed=$(page_text "$2" | grep '^\.It ' | long_flags)
    none "$(comm -23 <(printf '%s\n' "$help") <(printf '%s\n' "$page"))" \
        "each flag of $name --help is in $2"
    none "$(comm -13 <(printf '%s\n' "$help") <(printf '%s\n' "$listed"))" \
        "each flag listed in $2 is in $name --help"
}

compare_flags "$waitd" daemon/waitd.8
compare_flags "$waitctl" client/waitctl.1

# The keys of waitd.conf(5) are the flags of waitd but for those that --help's last lines name.
keys=$("$waitd" --help | sed -n 's/^  .\{4\}--\([a-z-]*\).*/\1/p' | sort)
flags_alone=$("$waitd" --help | sed -n '/^Every flag but/,$p' | grep -oE -- '--[a-z-]+' | sed 's/^--//' | sort)
is "$(sed -n 's/^\.It Cm \([a-z-]*\).*/\1/p' daemon/waitd.conf.5 | sort -u | tr '\n' ' ')" \
    "$(comm -23 <(printf '%s\n' "$keys") <(printf '%s\n' "$flags_alone") | tr '\n' ' ')" "each key is in waitd.conf(5)"

# ---- links -----------------------------------------------------------------

broken_links()
{
    for document in README.md ARCHITECTURE.md SECURITY.md tests/README.md tests/bench/README.md tests/samples/README.md; do
        [ -f "$document" ] || { echo "no $document" && continue; }
        # [text](target), without #fragment; addresses of other hosts are left alone
        grep -oE '\]\([^)[:space:]]+\)' "$document" | sed -E 's/^\]\(//; s/\)$//; s/#.*//' |
            grep -vE '^([a-z]+:|$)' | sort -u | while IFS= read -r target; do
            [ -e "$(dirname "$document")/$target" ] || echo "$document: $target"
        done
    done
}
none "$(broken_links)" "links between files lead somewhere"

# ---- quotes of manuals ------------------------------------------------------

# A quotation by Ql goes on to the end of the line: No does not end it.
unended_quotes()
{
    grep -HnE '^\..*\bQl .* No ' "$@"
}
none "$(unended_quotes proto/*.7 daemon/*.[58] client/*.1)" "what manuals quote ends where it does"
printf '.Pq Ql one No or Ql two\n' >"$scratch/quote.7"
is "$(unended_quotes "$scratch/quote.7" | wc -l)" 1 "the rule sees a quote without an end"

# ---- words -----------------------------------------------------------------

# Paths of somebody's machine; mktemp's patterns are fine.
machine_paths()
{
    find proto engine daemon client tests systemd .ci bootstrap configure.ac Makefile.am ./*.md \
        -type f ! -path '*/corpus/*' ! -name check-docs.sh \
        -exec grep -HnIE '(^|[^[:alnum:]._-])/(work|root|home|Users)/[A-Za-z0-9]|/tmp/[A-Za-z0-9]' {} + |
        grep -vE '/tmp/[A-Za-z0-9.-]*XXXX|mkdtemp'
}
none "$(machine_paths)" "no file names a path of the machine it was written on"

# Words of everyday speech in a sense of our own, where the field has a term: a program reports,
# sends, logs or says; a quota is released; what remains is cancelled; a typo, a time-out.
coined='tell|tells|told|telling|untold|sweep|sweeps|swept|sweeping|complain|complains|complaints?|slips?|farewell|survey|laws?'
coined+='|patience|bears?|borne|famine|news|under way|goes through|gone through|g(i|a)ves? back|given back|comes to|all told'
coined+='|strangers?|guests?|wish|wishes|witness|witnesses|turns? away|turn_(away|over|units)|lull|errands?'
# What tests have besides: a witness of events, the guest that units are tried in, laws of queueing, names.
theirs='witness|guest|laws?'

# coined_words PATH...: lines of the programs' sources and of documents that have such a word, by itself
# or as a part of a name.
coined_words()
{
    find "$@" -type f \( -name '*.[chly]' -o -name '*.[1-8]' -o -name '*.md' -o -name '*.json' -o -name '*.sh' -o -name '_*' \
        -o -name '*.js' -o -name '*.py' -o -name '*.fish' -o -name '*.bash' \) ! -path '*/corpus/*' ! -name check-docs.sh \
        -exec grep -HniE "(^|[^a-z])($coined)([^a-z]|\$)" {} +
}
none "$(coined_words proto engine client daemon ./*.md)" "programs and documents use the field's words"
none "$(coined_words tests/*/ tests/*.sh |
    grep -viE "(^|[^a-z])($theirs)([^a-z]|$)")" "and so do tests"
mkdir "$scratch/words"
printf '/* The client is told, and gives back its slot. */\n' >"$scratch/words/a.c"
printf 'void registry_tell_end(void);\n' >"$scratch/words/b.h"
is "$(coined_words "$scratch/words" | wc -l)" 2 "the rule sees such a word, and a name with one in it"

done_testing
