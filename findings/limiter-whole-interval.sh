#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# limiter 4.1.0 (npm): a RateLimiter has tokens that it does not give.
#
# Guess: a RateLimiter of 10 in 2 s is a token bucket that starts full: a second after all were
# taken there are five again, and one can be taken.
# Seen: getTokensRemaining() says 5 and tryRemoveTokens(1) says no, until the interval in which the first were
# taken is over. The limiter counts the tokens of the interval besides, so a client that has used its ten waits
# for the rest of the interval and then has all ten at once: bursts at the edges, where a bucket gives one
# every 200 ms. The TokenBucket of the same package does.
# What helps: TokenBucket, for a steady rate; and no decision by getTokensRemaining().
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

npm install --silent --no-audit --no-fund --before=2026-11-30 limiter@4.1.0 >/dev/null
cat >probe.mjs <<'JS'
import { RateLimiter, TokenBucket } from 'limiter';
const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
const limiter = new RateLimiter({ tokensPerInterval: 10, interval: 2000 });
const bucket = new TokenBucket({ bucketSize: 10, tokensPerInterval: 10, interval: 2000 });
bucket.content = 10;
limiter.tryRemoveTokens(10);
bucket.tryRemoveTokens(10);
await sleep(1000);
console.log('half of the interval: limiter has some', limiter.getTokensRemaining() >= 4, 'and gives one', limiter.tryRemoveTokens(1),
  '- bucket gives one', bucket.tryRemoveTokens(1));
await sleep(1100);
console.log('after it: limiter gives ten', limiter.tryRemoveTokens(10), '- bucket gives ten', bucket.tryRemoveTokens(10));
JS
got=$(node probe.mjs)
printf '%s\n' "$got"
[ "$got" = 'half of the interval: limiter has some true and gives one false - bucket gives one true
after it: limiter gives ten true - bucket gives ten false' ]
