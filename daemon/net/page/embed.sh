#!/bin/sh
# SPDX-License-Identifier: ISC
#
# embed.sh FILE...: a C file with the bytes of each, and the table of them, on standard output.
set -eu
export LC_ALL=C

echo '/* Made by daemon/net/page/embed.sh. */'
echo '#include "daemon/net/http_page.h"'
echo
n=0
for file in "$@"; do
    printf 'static const unsigned char file_%d[] = {\n' "$n"
    od -An -v -tu1 "$file" | sed 's/  *\([0-9]\)/\1/; s/  */,/g; s/$/,/'
    echo '};'
    n=$((n + 1))
done
echo
echo 'const struct http_page_file http_page_files[] = {'
n=0
for file in "$@"; do
    case $file in
    *.html) type='text/html; charset=utf-8' ;;
    *.css) type='text/css; charset=utf-8' ;;
    *.js) type='text/javascript; charset=utf-8' ;;
    *.svg) type='image/svg+xml' ;;
    *.json) type='application/json' ;;
    *) echo "embed.sh: $file: of no known type" >&2 && exit 1 ;;
    esac
    printf '    {"%s", "%s", file_%d, sizeof(file_%d)},\n' "${file##*/}" "$type" "$n" "$n"
    n=$((n + 1))
done
echo '    {0},'
echo '};'
