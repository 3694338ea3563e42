#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# OpenSSL 3.0.22 (Debian 12): a file without a private key is "unsupported".
#
# Guess: SSL_CTX_use_PrivateKey_file() of a file that has no key says "no start line", as it does for certificates and as OpenSSL 1.1.1 did; of one
# whose end is missing "bad end line"; "unsupported" is for kinds of keys or ciphers that OpenSSL does not know.
# Seen: with an empty file, the certificate given in the key's place, a text or a key that is cut off, the reason is "unsupported" each time: its
# decoders were all asked, and none took it. Whoever reads that in a server's log looks for an old cipher or a provider, not for the wrong path.
# The same files as certificates are told right.
# What helps: to look for a line `-----BEGIN ... PRIVATE KEY-----` oneself before, and to say so.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q libssl3=3.0.22-1~deb12u2 libssl-dev=3.0.22-1~deb12u2 openssl=3.0.22-1~deb12u2 >/dev/null 2>&1
for package in *.deb; do dpkg -x "$package" .; done
library=$scratch/usr/lib/x86_64-linux-gnu
export LD_LIBRARY_PATH=$library
cat >probe.c <<'C'
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <stdio.h>

int main(int count, char *words[])
{
    SSL_CTX *context = SSL_CTX_new(TLS_server_method());

    for (int i = 1; i < count; i++) {
        ERR_clear_error();
        int key = SSL_CTX_use_PrivateKey_file(context, words[i], SSL_FILETYPE_PEM);
        const char *reason = ERR_reason_error_string(ERR_get_error());
        printf("%s: as a key %s", words[i], key == 1 ? "taken" : reason);
        ERR_clear_error();
        int chain = SSL_CTX_use_certificate_chain_file(context, words[i]);
        reason = ERR_reason_error_string(ERR_get_error());
        printf(", as a certificate %s\n", chain == 1 ? "taken" : reason);
    }
    return 0;
}
C
cc -I usr/include -I usr/include/x86_64-linux-gnu -o probe probe.c "$library/libssl.so.3" "$library/libcrypto.so.3"
printf '%s\n' '[req]' 'distinguished_name=name' '[name]' >request.conf
usr/bin/openssl req -x509 -newkey rsa:2048 -nodes -keyout key.pem -out certificate.pem -subj /CN=test -days 2 -config request.conf 2>/dev/null
: >empty.pem
echo text >text.pem
head -c 900 key.pem >cut.pem
got=$(./probe key.pem certificate.pem empty.pem text.pem cut.pem)
printf '%s\n' "$got"
[ "$got" = 'key.pem: as a key taken, as a certificate no start line
certificate.pem: as a key unsupported, as a certificate taken
empty.pem: as a key unsupported, as a certificate no start line
text.pem: as a key unsupported, as a certificate no start line
cut.pem: as a key unsupported, as a certificate bad end line' ]
