# SPDX-License-Identifier: ISC
#
# fish completion for waitd(8), by means of waitctl's beside it.

set -l __waitd_helpers_only
source (status dirname)/waitctl.fish
complete -c waitd -f
__waitd_define waitd true
