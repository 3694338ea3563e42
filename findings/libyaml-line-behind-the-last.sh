#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# libyaml 0.2.5 (Debian 12): the error of a text of one line is in its second line.
#
# Guess: a mark's line, counted from 0, is one that the text has: 0 for `jobs: [`, which ends too early.
# Seen: it is 1, and 3 where three line feeds follow: the end of a text is taken for the beginning of a line behind it, also when there is
# no line feed at the end. The context's mark, "while parsing a flow node", is the same. A program that shows the line
# in which the error is has nothing to show, or reads beyond its array. An open quote is reported in line 0.
# What helps: the least of the mark's line and the last line.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libyaml-0-2=0.2.5-1 libyaml-dev=0.2.5-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.c <<'C'
#include <stdio.h>
#include <string.h>
#include <yaml.h>

int main(void)
{
    static const char *const texts[] = {"jobs: [", "jobs: [\n\n\n", "jobs: \"", "jobs: a: b"};

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        yaml_parser_t parser;
        yaml_document_t document;
        yaml_parser_initialize(&parser);
        yaml_parser_set_input_string(&parser, (const unsigned char *)texts[i], strlen(texts[i]));
        if (yaml_parser_load(&parser, &document)) return 1;
        printf("%s, line %zu\n", parser.problem, parser.problem_mark.line);
        yaml_parser_delete(&parser);
    }
    return 0;
}
C
library=$(dirname "$(find "$scratch" -name libyaml-0.so.2)")
cc -I usr/include -o probe probe.c "$library/libyaml-0.so.2"
got=$(LD_LIBRARY_PATH=$library ./probe)
printf '%s\n' "$got"
[ "$got" = 'did not find expected node content, line 1
did not find expected node content, line 3
found unexpected end of stream, line 0
mapping values are not allowed in this context, line 0' ]
