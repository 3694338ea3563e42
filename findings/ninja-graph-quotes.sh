#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# ninja 1.11.1 (Debian 12): what `ninja -t graph` prints of a path with a quote is no graph.
#
# Guess: a tool that writes Graphviz's language escapes a double quote in a label, since its labels stand in
# double quotes; backslashes perhaps not.
# Seen: the path is printed as it is, so the label ends at the quote, and what follows is no attribute: a
# reader that looks for the closing quote takes half a name. ninja builds the file without
# complaint.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ninja-build=1.11.1-2~deb12u1 >/dev/null 2>&1
dpkg -x ninja-build_*.deb .
ninja=usr/bin/ninja

cat >build.ninja <<'NINJA'
rule touch
  command = touch 'a"b'
build a"b: touch
NINJA
"$ninja" >/dev/null
got="built: $(ls a*)
label: $("$ninja" -t graph | sed -n 's/.*\(label="a.*\)/\1/p')"
printf '%s\n' "$got"
[ "$got" = 'built: a"b
label: label="a"b"]' ]
