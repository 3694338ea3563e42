#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# simdjson 3.0.1 (Debian 12): of lines of JSON that end too early the last is dropped without an error.
#
# Guess: parse_many() and iterate_many() give each document or its error: of `{"a":1}` `{"a":2}` `{"a":3` two documents and an
# error at the third, as parse() says of it alone.
# Seen: the loop ends after two, and no document has an error: what is not closed at the end is taken for the beginning of a batch
# whose rest is still to come. A half line is counted in truncated_bytes() of the stream, behind the loop, and
# nowhere else. A download that was cut off looks complete.
# What helps: a look at truncated_bytes() after each loop.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libsimdjson-dev=3.0.1-1 libsimdjson14=3.0.1-1 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >probe.cpp <<'CPP'
#include <cstdio>
#include <simdjson.h>

using namespace simdjson;

template <typename Stream> void show(const char *name, Stream &stream)
{
    int documents = 0, errors = 0;
    for (auto document : stream) {
        *(document.error() ? &errors : &documents) += 1;
    }
    std::printf("%s: %d documents, %d errors, %zu bytes left\n", name, documents, errors, stream.truncated_bytes());
}

int main()
{
    const auto lines = padded_string(std::string("{\"a\":1}\n{\"a\":2}\n{\"a\":3"));
    dom::parser parser;
    dom::document_stream documents;
    if (!parser.parse_many(lines).get(documents)) {
        show("parse_many", documents);
    }
    ondemand::parser lazy;
    ondemand::document_stream lazy_documents;
    if (!lazy.iterate_many(lines).get(lazy_documents)) {
        show("iterate_many", lazy_documents);
    }
    std::printf("parse, the third alone: %s\n", parser.parse(std::string("{\"a\":3")).error() ? "error" : "no error");
}
CPP
lib=$scratch/usr/lib/x86_64-linux-gnu
g++ -std=c++17 -O1 -isystem usr/include -o probe probe.cpp -L"$lib" -lsimdjson -Wl,-rpath,"$lib"
got=$(./probe)
printf '%s\n' "$got"
[ "$got" = 'parse_many: 2 documents, 0 errors, 6 bytes left
iterate_many: 2 documents, 0 errors, 6 bytes left
parse, the third alone: error' ]
