#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# concurrent-ruby 1.1.6 (Debian 12's ruby-concurrent): a task of every 0.4 s that takes 0.4 s runs every 0.8 s, and its errors vanish.
#
# Guess: TimerTask.new(execution_interval: 0.4) begins a run every 0.4 s, one behind another if one takes as long; an exception ends the task
# or is written to standard error, as with a thread.
# Seen: the interval is the pause between the end of a run and the next one's begin, so what should be done 60 times in a minute is done 30
# times if it takes as long as the interval. A run that raises is dropped without a word, and the next one comes: a task that fails each time
# looks like one that works.
# What helps: the time of the next run computed in the task; add_observer(), whose update() is given the exception.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ruby-concurrent=1.1.6+dfsg-5 >/dev/null 2>&1
dpkg -x ruby-concurrent_*.deb .
cat >probe.rb <<'RB'
require 'concurrent'
now = -> { Process.clock_gettime(Process::CLOCK_MONOTONIC) }
times = []
task = Concurrent::TimerTask.new(execution_interval: 0.4) { times << now.call; sleep 0.4 }
task.execute
sleep 0.05 until times.size == 4
task.shutdown
puts "0.4 s, a run takes 0.4 s: #{times.each_cons(2).all? { |one, other| other - one >= 0.79 } ? '0.8 s or more' : 'less'} from begin to begin"
runs = 0
task = Concurrent::TimerTask.new(execution_interval: 0.05) { runs += 1; raise 'no' }
task.execute
sleep 0.05 until runs == 3
task.shutdown
puts "raises each time: #{runs} runs"
RB
library=$(dirname "$(find "$scratch" -path '*/concurrent-ruby-1*' -name concurrent.rb)")
got=$(timeout 60 /usr/bin/ruby -I "$library" probe.rb 2>&1)
printf '%s\n' "$got"
[ "$got" = '0.4 s, a run takes 0.4 s: 0.8 s or more from begin to begin
raises each time: 3 runs' ]
