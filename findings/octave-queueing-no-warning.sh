#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# queueing 1.2.7 for Octave (Debian 12's octave-queueing): five servers are busy at 298 %, without the warning.
#
# Guess: mean value analysis of a closed network whose stations have several servers is known to be unstable, and qncsmva() warns "if numerical
# problems are detected", says its help: what comes without a warning is right. Throughput never exceeds the number of servers.
# Seen: it warns where a result is below zero, and only there. For two stations of five servers with a service time of 1 it is right to the fourth
# digit with 75 customers, wrong in the third with 90, and with 100 and 110 it gives 8.1 and 14.9 a second of the 5 that are possible,
# silently; at 120 it is negative and the warning comes.
# What helps: qncsconv(), the convolution, which has no such fault here, or a look at whether throughput rises with each customer and ends.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q octave-queueing=1.2.7-5 >/dev/null 2>&1
dpkg -x octave-queueing_*.deb .
cat >probe.m <<'M'
addpath('usr/share/octave/packages/queueing-1.2.7');
for customers = [75 90 100 110 120]
  lastwarn('');
  [U, R, Q, X] = qncsmva(customers, [1 1], [1 1], [5 5]);
  warned = 'no warning';
  if (! isempty(lastwarn())) warned = 'a warning'; end
  [Uc, Rc, Qc, Xc] = qncsconv(customers, [1 1], [1 1], [5 5]);
  printf('%d customers: %.4f a second, busy %.4f, %s; by convolution %.4f\n', customers, X(1), U(1), warned, Xc(1));
end
M
got=$(octave --no-gui --norc --quiet probe.m 2>/dev/null)
printf '%s\n' "$got"
[ "$got" = '75 customers: 4.9296 a second, busy 0.9859, no warning; by convolution 4.9296
90 customers: 4.9146 a second, busy 0.9829, no warning; by convolution 4.9419
100 customers: 8.1119 a second, busy 1.6224, no warning; by convolution 4.9479
110 customers: 14.9221 a second, busy 2.9844, no warning; by convolution 4.9528
120 customers: -1.9197 a second, busy -0.3839, a warning; by convolution 4.9569' ]
