#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# json-c 0.16 (Debian 12): an integer beyond 2^64 is read as 2^64-1, and a second value behind the first is dropped.
#
# Guess: an integer that does not fit becomes a double, as 1e400 is kept, or is refused; so is text behind the value.
# Seen: 18446744073709551616 and anything larger is 18446744073709551615, what is below -2^63 is -2^63, without an error from
# json_tokener_parse_verbose(). `{"a":1} {"a":2}` is its first object, and 01, which is no JSON, is 1. Only
# JSON_TOKENER_STRICT with a tokener of one's own refuses the last two; the large integer is cut there too.
# What helps: a look at the text, kept by the caller, where numbers may be that large.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libjson-c5=0.16-2 libjson-c-dev=0.16-2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <json-c/json.h>
#include <stdio.h>
#include <string.h>

int main(void)
{
    const char *texts[] = {"[18446744073709551615]", "[18446744073709551616]", "[99999999999999999999999]",
                           "[-9999999999999999999]", "{\"a\":1} {\"a\":2}", "[01]"};

    for (size_t i = 0; i < sizeof(texts) / sizeof(*texts); i++) {
        enum json_tokener_error error;
        json_object *value = json_tokener_parse_verbose(texts[i], &error);
        json_tokener *strict = json_tokener_new();
        json_object *again;

        json_tokener_set_flags(strict, JSON_TOKENER_STRICT);
        again = json_tokener_parse_ex(strict, texts[i], (int)strlen(texts[i]) + 1);
        printf("%s: %s, strict %s\n", texts[i], value ? json_object_to_json_string_ext(value, JSON_C_TO_STRING_PLAIN) : "refused",
               again ? json_object_to_json_string_ext(again, JSON_C_TO_STRING_PLAIN) : "refused");
    }
    return 0;
}
C
library=$(find "$scratch" -name 'libjson-c.so.5')
cc -I usr/include -o probe probe.c "$library"
got=$(LC_ALL=C LD_LIBRARY_PATH=$(dirname "$library") ./probe)
printf '%s\n' "$got"
[ "$got" = '[18446744073709551615]: [18446744073709551615], strict [18446744073709551615]
[18446744073709551616]: [18446744073709551615], strict [18446744073709551615]
[99999999999999999999999]: [18446744073709551615], strict [18446744073709551615]
[-9999999999999999999]: [-9223372036854775808], strict [-9223372036854775808]
{"a":1} {"a":2}: {"a":1}, strict refused
[01]: [1], strict refused' ]
