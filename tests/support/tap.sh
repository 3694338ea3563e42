# SPDX-License-Identifier: ISC
# shellcheck shell=sh
#
# TAP for shell tests.  To be sourced; done_testing comes last.

tests=0
failures=0

ok()
{
    tests=$((tests + 1))
    printf 'ok %d - %s\n' "$tests" "$1"
}

not_ok()
{
    tests=$((tests + 1))
    failures=$((failures + 1))
    printf 'not ok %d - %s\n' "$tests" "$1"
}

# make_scratch: the directory $scratch, which goes away with the test.
make_scratch()
{
    scratch=$(mktemp -d) || bail "no temporary directory"
    trap 'rm -rf -- "$scratch"' EXIT
}

# skip NAME REASON
skip()
{
    tests=$((tests + 1))
    printf 'ok %d - %s # SKIP %s\n' "$tests" "$1" "$2"
}

# note TEXT: as comment lines.
note()
{
    printf '%s\n' "$1" | sed 's/^/# /'
}

# is GOT EXPECTED NAME
is()
{
    if [ "$1" = "$2" ]; then
        ok "$3"
    else
        not_ok "$3"
        note "expected:"
        note "$2"
        note "got:"
        note "$1"
    fi
}

# none TEXT NAME: TEXT lists offenders and has to be empty.
none()
{
    if [ -z "$1" ]; then
        ok "$2"
    else
        not_ok "$2"
        note "$1"
    fi
}

# passes NAME COMMAND...: whether the command exits with 0.  Its output is reported
# where it does not.
passes()
{
    passes_name=$1
    shift
    if passes_output=$("$@" 2>&1); then
        ok "$passes_name"
    else
        not_ok "$passes_name"
        note "$passes_output"
    fi
}

bail()
{
    printf 'Bail out! %s\n' "$1"
    exit 99
}

# have NAME: whether there is such a program.
have()
{
    command -v "$1" >/dev/null 2>&1
}

# The plan, at the end.  Failures are reported in TAP: the exit status is 0, unless
# the test is run by hand.
done_testing()
{
    printf '1..%d\n' "$tests"
    [ "$failures" -eq 0 ] || [ -n "${CK_TAP_LOG_FILE_NAME:-}" ]
    exit
}
