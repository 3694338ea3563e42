#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# jansson 2.14, yajl 2.1.0 and jsoncpp 1.9.5 (Debian 12): 0.1 is written as 0.10000000000000001, and by yajl as 0.10000000000000000555.
#
# Guess: a double is written with as few digits as it takes to read the same double again, so what is read as 0.1 is written as 0.1,
# as Python and JavaScript do.
# Seen: jansson and jsoncpp write 17 digits, yajl's generator 20, more than a double has: of 1793999999.1 they make 1793999999.0999999 and
# 1793999999.0999999046. A time or a price that goes through such a program comes out as another text: a comparison of lines, a hash or a key of
# a cache differs.
# What helps: JSON_REAL_PRECISION(15) for jansson, `precision` 15 for jsoncpp, yajl_gen_number() with a text of one's own; integers.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libjansson4=2.14-2 libjansson-dev=2.14-2 libyajl2=2.1.0-3+deb12u2 libyajl-dev=2.1.0-3+deb12u2 \
    libjsoncpp25=1.9.5-4 libjsoncpp-dev=1.9.5-4 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
cat >jansson.c <<'C'
#include <jansson.h>
#include <stdio.h>

int main(void)
{
    json_t *list = json_loads("[0.1, 1793999999.1, 0.5]", 0, NULL);

    printf("jansson: %s\n", json_dumps(list, 0));
    printf("jansson, 15 digits: %s\n", json_dumps(list, JSON_REAL_PRECISION(15)));
    return 0;
}
C
cat >yajl.c <<'C'
#include <stdio.h>
#include <yajl/yajl_gen.h>

int main(void)
{
    static const double numbers[] = {0.1, 1793999999.1, 0.5};
    yajl_gen generator = yajl_gen_alloc(NULL);
    const unsigned char *text;
    size_t length;

    yajl_gen_array_open(generator);
    for (int i = 0; i < 3; i++) yajl_gen_double(generator, numbers[i]);
    yajl_gen_array_close(generator);
    yajl_gen_get_buf(generator, &text, &length);
    printf("yajl: %.*s\n", (int)length, (const char *)text);
    return 0;
}
C
cat >jsoncpp.cc <<'C'
#include <iostream>
#include <json/json.h>
#include <sstream>

int main()
{
    Json::Value list;
    std::istringstream("[0.1, 1793999999.1, 0.5]") >> list;
    Json::StreamWriterBuilder builder;
    builder["indentation"] = "";
    std::cout << "jsoncpp: " << Json::writeString(builder, list) << "\n";
    builder["precision"] = 15;
    std::cout << "jsoncpp, 15 digits: " << Json::writeString(builder, list) << "\n";
}
C
library=$scratch/usr/lib/x86_64-linux-gnu
cc -I usr/include -o jansson jansson.c "$library/libjansson.so.4"
cc -I usr/include -o yajl yajl.c "$library/libyajl.so.2"
c++ -I usr/include/jsoncpp -o jsoncpp jsoncpp.cc "$library/libjsoncpp.so.25"
got=$(for program in jansson yajl jsoncpp; do LD_LIBRARY_PATH=$library "./$program"; done)
printf '%s\n' "$got"
[ "$got" = 'jansson: [0.10000000000000001, 1793999999.0999999, 0.5]
jansson, 15 digits: [0.1, 1793999999.1, 0.5]
yajl: [0.10000000000000000555,1793999999.0999999046,0.5]
jsoncpp: [0.10000000000000001,1793999999.0999999,0.5]
jsoncpp, 15 digits: [0.1,1793999999.1,0.5]' ]
