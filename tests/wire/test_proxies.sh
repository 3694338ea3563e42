#!/usr/bin/env bash
# SPDX-License-Identifier: ISC
#
# What README says of programs between a client and waitd, with the real ones: what is
# lost through each when the client half-closes, and what mends that.  A program that is
# not installed is skipped by name; tests/README.md says the packages.
#
# A batch that is to come back whole has a silence of a second in it.  In one that is to be lost the silence
# does not end before whoever loses it has closed: how busy the machine is does not matter.
# shellcheck source=tests/wire/lib.sh
. "$(dirname "$0")/lib.sh"

have jq || bail "jq is not installed"
have nc.openbsd || bail "nc.openbsd is not installed"
PATH=$PATH:/usr/sbin:/usr/lib/systemd:/lib/systemd

# ---- what is sent, and what has to come back -----------------------------------------

printf '[{"name":"soon","wait":0.2},{"name":"late","wait":1.2}]\n' >"$tmp/batch.json"
printf '[{"name":"soon","wait":0.2},{"name":"late","wait":3600}]\n' >"$tmp/endless.json"
for batch in batch endless; do
    { cat "$tmp/$batch.json" && echo '{"op":"quit"}'; } >"$tmp/$batch.quit.json"
done
batch=$tmp/batch

# Both half-close at the end of their input, or neither does.
half_closing()
{
    timeout 60 nc.openbsd -N 127.0.0.1 "$1" <"$batch.json"
}
quitting()
{
    timeout 60 nc.openbsd 127.0.0.1 "$1" <"$batch.quit.json"
}

# events: what came, by kind and name.
events()
{
    jq -r '.event + (if .name then " " + .name else "" end)' | paste -sd , -
}
all='accepted,done soon,done late,finished'

# passes_all WHICH PORT NAME: all comes back.
passes_all()
{
    is "$($1 "$2" 2>"$tmp/client" | events)" "$all" "$3"
}

# passes_all_in_time WHICH PORT NAME: likewise, if nobody takes as long as the time-outs that there are.
passes_all_in_time()
{
    for _ in $(seq 20); do
        got=$($1 "$2" 2>"$tmp/client" | events)
        [ "$got" != "$all" ] || break
    done
    is "$got" "$all" "$3"
}

# loses WHICH PORT NAME: the end comes while the batch runs on.
loses()
{
    batch=$tmp/endless
    $1 "$2" >"$tmp/lost" 2>"$tmp/client"
    ended=$?
    batch=$tmp/batch
    if [ "$ended" -eq 124 ] || grep -q '"finished"' "$tmp/lost"; then
        not_ok "$3"
        note "nothing was lost: README is to say so"
        note "$(cat "$tmp/lost")"
    else
        ok "$3"
    fi
}

# ---- the programs ----------------------------------------------------------------------

started=()
end_programs()
{
    [ ${#started[@]} -eq 0 ] || kill "${started[@]}" 2>/dev/null
    clean_up
}
trap end_programs EXIT

# free_port: one that nobody has, for a program that cannot pick one.
free_port()
{
    PYTHONPATH=$wire_dir python3 -c 'import daemons; print(daemons.free_port())'
}

# launch PORT COMMAND...: in the background, until somebody listens on the port.
launch()
{
    listens_on=$1
    shift
    "$@" >"$tmp/program.log" 2>&1 </dev/null &
    started+=($!)
    wait_until is_listened_on "$listens_on" && return
    note "$(cat "$tmp/program.log")"
    return 1
}

# By the kernel's own table: a connection would be one of the program's.
is_listened_on()
{
    grep -qiE "^ *[0-9]+: [0-9A-F]+:$(printf '%04X' "$1") [0-9A-F]+:0000 0A" /proc/net/tcp /proc/net/tcp6
}

# between PROGRAM COMMAND...: whether that program is there and the command has it listen.
between()
{
    program=$1
    shift
    if ! have "$program"; then
        skip "$program" "it is not installed"
        return 1
    fi
    through=$(free_port)
    "$@" "$through" && return
    not_ok "$program listens"
    return 1
}

start_daemon --listen 127.0.0.1:0

# ---- nginx -------------------------------------------------------------------------------

nginx_with()
{
    mkdir -p "$tmp/nginx"
    module=/usr/lib/nginx/modules/ngx_stream_module.so
    cat >"$tmp/nginx/conf" <<CONF
$([ ! -e "$module" ] || echo "load_module $module;")
daemon off; master_process off; pid $tmp/nginx/pid; error_log stderr;
events { worker_connections 32; }
stream { server { listen 127.0.0.1:$2; proxy_pass 127.0.0.1:$port; $1 } }
CONF
    launch "$2" nginx -p "$tmp/nginx" -c "$tmp/nginx/conf"
}
if between nginx nginx_with ''; then
    loses half_closing "$through" "nginx loses the answer to a client that half-closes"
    passes_all quitting "$through" "and passes all for one that says quit"
    through=$(free_port)
    nginx_with 'proxy_half_close on;' "$through"
    passes_all half_closing "$through" "with proxy_half_close on it passes all for both"
fi

# ---- HAProxy -----------------------------------------------------------------------------

haproxy_with()
{
    cat >"$tmp/haproxy" <<CONF
defaults
    mode tcp
    timeout connect 60s
    $1
listen waitd
    bind 127.0.0.1:$2
    server waitd 127.0.0.1:$port
CONF
    launch "$2" haproxy -db -f "$tmp/haproxy"
}
cuts=$'timeout client 500ms\n timeout server 500ms'
if between haproxy haproxy_with $'timeout client 60s\n timeout server 60s'; then
    passes_all half_closing "$through" "HAProxy passes all where its time-outs are longer than the silence"
    passes_all quitting "$through" "for both"
    through=$(free_port)
    haproxy_with "$cuts" "$through"
    loses half_closing "$through" "where they are shorter it cuts the silence"
    loses quitting "$through" "and quit does not help"
    through=$(free_port)
    haproxy_with "$cuts"$'\n timeout client-fin 60s' "$through"
    loses half_closing "$through" "timeout client-fin changes nothing"
    for timeout in server-fin tunnel; do
        through=$(free_port)
        haproxy_with "$cuts"$'\n timeout '"$timeout 60s" "$through"
        passes_all_in_time half_closing "$through" "timeout $timeout lets one through that half-closes"
    done
fi

# ---- systemd-socket-proxyd, socat ---------------------------------------------------------

socket_proxyd()
{
    launch "$1" systemd-socket-activate -l "127.0.0.1:$1" "$(command -v systemd-socket-proxyd)" "127.0.0.1:$port"
}
if between systemd-socket-proxyd socket_proxyd; then
    loses half_closing "$through" "systemd-socket-proxyd loses the answer to a client that half-closes"
    through=$(free_port)
    socket_proxyd "$through"
    passes_all quitting "$through" "and passes all for one that says quit"
fi

# socat_with FLAG... PORT
socat_with()
{
    launch "${!#}" socat "${@:1:$#-1}" "TCP-LISTEN:${!#},bind=127.0.0.1,fork,reuseaddr" "TCP:127.0.0.1:$port"
}
if between socat socat_with; then
    loses half_closing "$through" "socat leaves half a second after a client has half-closed"
    passes_all quitting "$through" "and passes all for one that says quit"
    through=$(free_port)
    socat_with -t 3600 "$through"
    passes_all half_closing "$through" "with -t 3600 it passes all for both"
fi

# ---- TLS -------------------------------------------------------------------------------------

certificate()
{
    openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost \
        -keyout "$tmp/key.pem" -out "$tmp/cert.pem" >/dev/null 2>&1 &&
        cat "$tmp/key.pem" "$tmp/cert.pem" >"$tmp/both.pem" && chmod 0600 "$tmp/both.pem"
}
stunnel_to()
{
    certificate || return
    cat >"$tmp/stunnel" <<CONF
foreground = yes
pid =
[waitd]
accept = 127.0.0.1:$1
connect = 127.0.0.1:$port
cert = $tmp/both.pem
CONF
    launch "$1" stunnel4 "$tmp/stunnel"
}
socat_by_tls()
{
    timeout 60 socat -t 60 - "OPENSSL:127.0.0.1:$1,verify=0" <"$batch.json"
}
# Without --no-shutdown it half-closes after quit as well: stunnel then loses lines or does
# not, by a race, which is no test.
ncat_quitting()
{
    timeout 60 ncat --ssl --no-shutdown 127.0.0.1 "$1" <"$batch.quit.json"
}
if between stunnel4 stunnel_to; then
    passes_all socat_by_tls "$through" "stunnel passes half-closes on"
    if have ncat; then
        passes_all ncat_quitting "$through" "ncat --ssl --no-shutdown has all by quit"
    else
        skip "ncat --ssl --no-shutdown has all by quit" "no ncat"
    fi
fi

# ---- ssh -L ----------------------------------------------------------------------------------

ssh_forwarding()
{
    login=$(free_port)
    mkdir -p "$tmp/ssh"
    ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh/host" && ssh-keygen -q -t ed25519 -N '' -f "$tmp/ssh/user" || return
    cat >"$tmp/ssh/conf" <<CONF
ListenAddress 127.0.0.1
Port $login
HostKey $tmp/ssh/host
AuthorizedKeysFile $tmp/ssh/user.pub
StrictModes no
UsePAM no
PasswordAuthentication no
PermitRootLogin yes
PidFile none
CONF
    [ "$(id -u)" -ne 0 ] || mkdir -p /run/sshd
    launch "$login" "$(command -v sshd)" -D -e -f "$tmp/ssh/conf" || return
    launch "$1" ssh -F none -N -p "$login" -i "$tmp/ssh/user" -o BatchMode=yes -o StrictHostKeyChecking=no \
        -o UserKnownHostsFile=/dev/null -L "127.0.0.1:$1:127.0.0.1:$port" 127.0.0.1
}
if ! have ssh; then
    skip "ssh -L" "no ssh"
elif between sshd ssh_forwarding; then
    passes_all half_closing "$through" "ssh -L passes half-closes on"
fi

# ---- waitd --stdio behind inetd ------------------------------------------------------------------

inetd_to_stdio()
{
    printf '127.0.0.1:%s stream tcp nowait %s %s waitd --stdio\n' "$1" "$(id -un)" "$waitd" >"$tmp/inetd"
    launch "$1" inetd -i "$tmp/inetd"
}
# Some are written otherwise: this one is openbsd-inetd.
if between inetd inetd_to_stdio; then
    passes_all half_closing "$through" "waitd --stdio behind inetd serves a client that half-closes"
    passes_all quitting "$through" "and one that says quit"
fi

# ---- waitd --stdio behind a unit with Accept=yes ----------------------------------------------

# As the example has it, but for what only a manager does.  What is wrong with a configuration
# is reported on standard error, which such a unit's socket is unless it says otherwise.
unit=$top_dir/systemd/examples/waitd-stdio@.service.in
accepting()
{
    launch "$1" systemd-socket-activate --accept --inetd -l "127.0.0.1:$1" "$waitd" --stdio
}
is "$(grep -E '^Standard(Input|Output|Error)=' "$unit" | paste -sd ' ' -)" \
    "StandardInput=socket StandardOutput=socket StandardError=journal" \
    "the example's stream is the socket, and diagnostics are not in it"
if between systemd-socket-activate accepting; then
    passes_all half_closing "$through" "waitd --stdio behind Accept=yes serves a client that half-closes"
    through=$(free_port)
    accepting "$through"
    passes_all quitting "$through" "and one that says quit"
fi

# ---- README ------------------------------------------------------------------------------------------

# Each row is of a program that was tested above.
# shellcheck disable=SC2016 # the backquotes are README's
while IFS= read -r program; do
    grep -q -- "$program" <(sed '/^# ---- README/,$d' "$0") || echo "$program"
done < <(sed -n '/<!-- proxies -->/,/^$/p' "$top_dir/README.md" | sed -n 's/^| `\([^`]*\)`.*/\1/p') >"$tmp/untested"
none "$(cat "$tmp/untested")" "each row of README's table is tested"
# shellcheck disable=SC2016
is "$(sed -n '/<!-- proxies -->/,/^$/p' "$top_dir/README.md" | grep -c '^| `')" 9 "and there are nine"

stop_daemon TERM
is $? 0 "the daemon ends in good order"
done_testing
