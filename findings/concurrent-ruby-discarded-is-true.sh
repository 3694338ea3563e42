#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# concurrent-ruby 1.1.6 (Debian 12's ruby-concurrent): post() of a job that is thrown away returns true.
#
# Guess: with `fallback_policy: :discard` a full pool drops the job and post() returns false, as its documentation says.
# Seen: of six jobs for one thread and a queue of two three are run, and post() is true six times. Only a pool that has been shut
# down returns false. No counter has the dropped ones: scheduled_task_count and completed_task_count are both 3. With :abort, the
# default, there is an exception.
# What helps: :abort and a rescue, or a look at remaining_capacity before.
set -euo pipefail
scratch=$(mktemp -d)
trap 'rm -rf -- "$scratch"' EXIT
cd -- "$scratch"

apt-get download -q ruby-concurrent=1.1.6+dfsg-5 >/dev/null 2>&1
dpkg -x ruby-concurrent_*.deb .
cat >probe.rb <<'RUBY'
require 'concurrent'

[:discard, :abort].each do |policy|
  pool = Concurrent::FixedThreadPool.new(1, max_queue: 2, fallback_policy: policy)
  gate = Concurrent::Event.new
  begun = Concurrent::Event.new
  answers = Array.new(6) do |i|
    answer = begin
      pool.post { begun.set; gate.wait(10) }
    rescue Concurrent::RejectedExecutionError
      'refused'
    end
    begun.wait(10) if i.zero?
    answer
  end
  gate.set
  pool.shutdown
  pool.wait_for_termination(10)
  puts "#{policy}: #{answers.join(' ')}, scheduled #{pool.scheduled_task_count}, completed #{pool.completed_task_count}"
end
RUBY
lib=$(echo usr/share/rubygems-integration/all/gems/concurrent-ruby-*/lib/concurrent-ruby)
got=$(ruby -I "$lib" probe.rb)
printf '%s\n' "$got"
[ "$got" = 'discard: true true true true true true, scheduled 3, completed 3
abort: true true true refused refused refused, scheduled 3, completed 3' ]
