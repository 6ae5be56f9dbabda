# SPDX-License-Identifier: ISC
# shellcheck shell=sh disable=SC2034
#
# For the end-to-end tests: "rig" runs the rest of a test on a workstation of
# its own, an unprivileged user, mount, process and network namespace, with
# its own /etc/hosts and, after "rig net", with an internet of one server.
# Nothing of it is left when the test ends, however it ends.
#
#	203.0.113.10, 2001:db8::10	allowed.test sub.allowed.test both.test
#	203.0.113.11			other.test
#	203.0.113.12			git.test
#	203.0.113.1			the workstation itself, own.test
#	203.0.113.99			silent.test, which nobody has
#	198.51.100.1			lost.test, the way to which ends somewhere
#
# A test sees in $T its temporary folder, in $W the folder that srt lets the
# command write, in $SRT the program.  It speaks TAP.

set -u

E2E=$(cd "$(dirname "$0")" && pwd)
TOP=$(cd "$E2E/../.." && pwd)
: "${O:=build}"
case $O in /*) ;; *) O=$TOP/$O ;; esac
: "${SRT:=$O/bin/srt}"
PATH=$PATH:/usr/sbin:/sbin
export PATH O SRT

# --- TAP

tap_n=0
tap_failed=0
tap_todo=

ok() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $*$tap_todo"
}

not_ok() {
	tap_n=$((tap_n + 1))
	tap_failed=$((tap_failed + 1))
	echo "not ok $tap_n - $*$tap_todo"
}

diag() {
	[ -z "$*" ] || printf '%s\n' "$*" | sed 's/^/# /'
}

skip() {
	tap_n=$((tap_n + 1))
	echo "ok $tap_n - $1 # SKIP $2"
}

# todo WHY TEST ...: the test may fail: that is known, and said.
todo() {
	tap_todo=" # TODO $1"
	_failed=$tap_failed
	shift
	"$@"
	tap_failed=$_failed
	tap_todo=
}

skip_all() {
	echo "1..0 # SKIP $*"
	exit 0
}

done_testing() {
	echo "1..$tap_n"
	[ "$tap_failed" -eq 0 ]
	exit
}

# check NAME COMMAND ...: passes if the command succeeds.
check() {
	_name=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		ok "$_name"
	else
		not_ok "$_name"
		diag "failed: $*"
		diag "$(head -n 20 "$T/check.out")"
	fi
}

# refuse NAME COMMAND ...: passes if the command fails.
refuse() {
	_name=$1
	shift
	if "$@" >"$T/check.out" 2>&1; then
		not_ok "$_name"
		diag "succeeded: $*"
		diag "$(head -n 20 "$T/check.out")"
	else
		ok "$_name"
	fi
}

is() {
	if [ "$1" = "$2" ]; then
		ok "$3"
	else
		not_ok "$3"
		diag "got:  $(printf '%s' "$1" | head -c 2000)"
		diag "want: $(printf '%s' "$2" | head -c 2000)"
		run_show
	fi
}

# like TEXT REGEX NAME
like() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		ok "$3"
	else
		not_ok "$3"
		diag "got:   $(printf '%s' "$1" | head -c 2000)"
		diag "match: $2"
		run_show
	fi
}

unlike() {
	if printf '%s\n' "$1" | grep -Eq -e "$2"; then
		not_ok "$3"
		diag "got:      $(printf '%s' "$1" | head -c 2000)"
		diag "no match: $2"
	else
		ok "$3"
	fi
}

# run COMMAND ...: its output in $out and $err, its exit status in $st.  A
# command that hangs is ended after 90 seconds with status 124.
out=
err=
st=
ran=
run() {
	ran=$*
	timeout -k 5 90 "$@" >"$T/run.out" 2>"$T/run.err" </dev/null
	st=$?
	out=$(tr -d '\0' <"$T/run.out")
	err=$(tr -d '\0' <"$T/run.err")
}

run_show() {
	[ -n "$ran" ] || return 0
	diag "ran:    $(printf '%s' "$ran" | head -c 400)"
	diag "status: $st"
	diag "stderr: $(printf '%s' "$err" | head -c 2000)"
}

# srt COMMAND ...: runs it under the test's settings, as run does.
srt() {
	run "$SRT" -s "$T/settings.json" "$@"
}

# wait_for SECONDS COMMAND ...: polls until it succeeds.
wait_for() {
	_tries=$(($1 * 50))
	shift
	while ! "$@" >/dev/null 2>&1; do
		_tries=$((_tries - 1))
		[ "$_tries" -gt 0 ] || return 1
		sleep 0.02
	done
}

have() {
	command -v "$1" >/dev/null 2>&1
}

# pids_of START: of the processes whose command line, a space after every
# word, starts so.
pids_of() {
	for _p in /proc/[0-9]*; do
		case $(tr '\0' ' ' 2>/dev/null <"$_p/cmdline") in
		"$1"*)	echo "${_p#/proc/}" ;;
		esac
	done
}

# settings [VARIABLE=VALUE ...]: writes $T/settings.json from these variables
# (lists as they stand between brackets in JSON).
settings() {
	net_allow='"allowed.test"' net_deny='' net_more=''
	deny_read='' allow_read='' allow_write="\"$W\"" deny_write=''
	fs_more='' more=''
	for _set in "$@"; do
		eval "${_set%%=*}=\${_set#*=}"
	done
	cat >"$T/settings.json" <<EOT
{
  "network": {
    "allowedDomains": [$net_allow],
    "deniedDomains": [$net_deny]${net_more:+, $net_more}
  },
  "filesystem": {
    "denyRead": [$deny_read],
    "allowRead": [$allow_read],
    "allowWrite": [$allow_write],
    "denyWrite": [$deny_write]${fs_more:+, $fs_more}
  }${more:+, $more}
}
EOT
}

# --- the rig

rig() {
	case ${RIG_LEVEL:-0} in
	0)	rig_outside ;;
	1)	rig_workstation "$@" ;;
	2)	rig_inside ;;
	esac
}

# Level 0: the caller's machine.  Only a temporary folder is made here.
rig_outside() {
	[ -x "$SRT" ] || { echo "Bail out! $SRT is not built"; exit 1; }
	for _tool in unshare nsenter ip mount timeout; do
		have "$_tool" || skip_all "no $_tool"
	done
	[ "$(id -u)" -ne 0 ] || [ "${RIG_ROOT:-no}" = yes ] || rig_not_root
	_why=$(unshare -U -r -n -m -p -f --mount-proc true 2>&1) ||
	    skip_all "no namespaces for the tests: $_why"

	T=$(mktemp -d "${TMPDIR:-/tmp}/srt-e2e.XXXXXX") || exit 1
	T=$(cd "$T" && pwd -P)
	RIG_UID=$(id -u)
	RIG_GID=$(id -g)
	# With RIG_ROOT a user's number still stands for root.
	[ "$RIG_UID" -ne 0 ] || RIG_UID=1000 RIG_GID=1000
	trap 'rig_remove; exit 143' HUP INT TERM
	env -i PATH="$PATH" TERM="${TERM:-dumb}" LANG=C.UTF-8 \
	    O="$O" SRT="$SRT" T="$T" W="$T/work" HOME="$T/home" \
	    SRT_HELPERS="${SRT_HELPERS:-}" BENCH_ARGS="${BENCH_ARGS:-}" \
	    RIG_LEVEL=1 RIG_UID="$RIG_UID" RIG_GID="$RIG_GID" \
	    unshare -U -r -n -m -p -f --kill-child --mount-proc \
	    sh "$0" <&0 &
	rig_pid=$!
	wait "$rig_pid"
	_st=$?
	rig_pid=
	rig_remove
	exit "$_st"
}

# The files of the machine are root's in every namespace: a sandbox that does
# not hold must not cost more than a failed test.
rig_not_root() {
	have setpriv || skip_all "root, and no setpriv to change that"
	set -- setpriv --reuid 65534 --regid 65534 --clear-groups \
	    --inh-caps=-all --
	"$@" test -x "$SRT" -a -r "$E2E/$(basename "$0")" ||
	    skip_all "root, and no other user can read this tree"
	unset TMPDIR
	exec "$@" sh "$E2E/$(basename "$0")"
}

rig_remove() {
	if [ -n "${rig_pid:-}" ]; then
		kill -KILL "$rig_pid" 2>/dev/null
		wait "$rig_pid" 2>/dev/null
	fi
	chmod -R u+rwx "$T" 2>/dev/null
	rm -rf "$T"
}

# Level 1: root of the namespaces, to set them up.
rig_workstation() {
	mkdir -p "$T/home" "$T/work" "$T/etc"
	cat >"$T/etc/hosts" <<EOT
127.0.0.1 localhost
::1 localhost
203.0.113.10 allowed.test sub.allowed.test secret.allowed.test both.test
2001:db8::10 v6.test both.test
203.0.113.11 other.test
203.0.113.12 git.test
203.0.113.1 own.test
127.0.0.1 internal.test
127.0.0.1 mixed.test
203.0.113.10 mixed.test
::ffff:127.0.0.1 mapped.test
169.254.169.254 meta.test
203.0.113.99 silent.test
198.51.100.1 lost.test
EOT
	printf 'nameserver 127.0.0.1\noptions timeout:1 attempts:1\n' \
	    >"$T/etc/resolv.conf"
	printf 'passwd: files\ngroup: files\nhosts: files dns\n' \
	    >"$T/etc/nsswitch.conf"
	printf 'multi on\n' >"$T/etc/host.conf"
	[ -e /etc/hosts ] || skip_all "no /etc/hosts to lay the tests' over"
	for _file in hosts resolv.conf nsswitch.conf host.conf; do
		[ ! -e "/etc/$_file" ] ||
		    mount -n --bind "$T/etc/$_file" "/etc/$_file" || exit 1
	done
	rig_tmp || exit 1
	ip link set lo up || exit 1
	if [ "${1-}" = net ]; then
		rig_internet || exit 1
	fi
	cd "$T/work" || exit 1
	RIG_LEVEL=2 rig_user sh "$E2E/$(basename "$0")"
	exit
}

# A /tmp and a /dev/shm that no other program uses; in it stays what the tests
# need of the old one.
rig_tmp() {
	mkdir "$T/newtmp"
	mount -n -t tmpfs -o mode=1777,nosuid,nodev tmp "$T/newtmp" || return 1
	for _dir in "$T" "$TOP" "$O" "$(dirname "$(dirname "$SRT")")" \
	    "${SRT_HELPERS:-/}"; do
		case $_dir in
		/tmp/*)	;;
		*)	continue ;;
		esac
		[ -d "$_dir" ] || continue
		mkdir -p "$T/newtmp${_dir#/tmp}" &&
		    mount -n --bind "$_dir" "$T/newtmp${_dir#/tmp}" || return 1
	done
	mount -n --move "$T/newtmp" /tmp || return 1
	rmdir "$T/newtmp"
	[ ! -d /dev/shm ] ||
	    mount -n -t tmpfs -o mode=1777,nosuid,nodev shm /dev/shm
}

# As an ordinary user, without capabilities.
rig_user() {
	unshare -U --map-user="$RIG_UID" --map-group="$RIG_GID" "$@"
}

# For rig_more: a /dev whose log leads to where a test can have a daemon.
rig_dev() {
	mkdir "$T/dev" "$T/syslog" &&
	    mount -n -t tmpfs -o mode=755,nosuid,noexec dev "$T/dev" || return 1
	for _node in null zero full random urandom tty; do
		: >"$T/dev/$_node" &&
		    mount -n --bind "/dev/$_node" "$T/dev/$_node" || return 1
	done
	mkdir "$T/dev/pts" "$T/dev/shm" &&
	    mount -n -t devpts -o newinstance,ptmxmode=666,mode=600 pts \
	    "$T/dev/pts" &&
	    ln -s pts/ptmx "$T/dev/ptmx" &&
	    mount -n -t tmpfs -o mode=1777,nosuid,nodev shm "$T/dev/shm" &&
	    ln -s /proc/self/fd "$T/dev/fd" &&
	    ln -s "$T/syslog/log" "$T/dev/log" &&
	    mount -n --move "$T/dev" /dev
}

rig_same_net() {
	[ "$(readlink "/proc/$1/ns/net")" = "$(readlink /proc/self/ns/net)" ]
}

rig_other_net() {
	! rig_same_net "$1"
}

# Another network namespace with the servers, joined by a cable.
rig_internet() {
	have nginx || skip_all "no nginx"
	have curl || skip_all "no curl"
	have openssl || skip_all "no openssl"
	unshare -n sleep 100000 &
	inet=$!
	wait_for 5 rig_other_net "$inet" || return 1
	ip link add ws type veth peer name inet netns "$inet" ||
	    skip_all "no veth interfaces in this kernel"
	ip addr add 203.0.113.1/24 dev ws &&
	    ip -6 addr add 2001:db8::1/64 dev ws nodad &&
	    ip link set ws up || return 1
	nsenter -t "$inet" -n sh -e -c '
		ip link set lo up
		for n in 10 11 12; do
			ip addr add "203.0.113.$n/24" dev inet
		done
		ip -6 addr add 2001:db8::10/64 dev inet nodad
		ip link set inet up
		echo 0 >/proc/sys/net/ipv4/ip_unprivileged_port_start
		echo 0 >/proc/sys/net/ipv4/ip_forward
	' || return 1
	rig_patience || return 1
	rig_certificate || return 1
	rig_nginx || return 1
	wait_for 10 curl -sf -o /dev/null http://203.0.113.10/ || {
		diag "nginx does not answer: $(cat "$T/nginx/error.log")"
		return 1
	}
	wait_for 10 curl -sf -o /dev/null 'http://[2001:db8::10]/' || return 1
	rig_more
}

# A test may have servers of its own: it redefines this.
rig_more() {
	:
}

# What is sent to lost.test is dropped; that takes seconds, not minutes.
rig_patience() {
	ip route add 198.51.100.0/24 via 203.0.113.10 &&
	    echo 2 >/proc/sys/net/ipv4/tcp_syn_retries || return 1
	[ ! -e /proc/sys/net/ipv4/tcp_syn_linear_timeouts ] ||
	    echo 0 >/proc/sys/net/ipv4/tcp_syn_linear_timeouts
}

rig_internet_user() {
	nsenter -t "$inet" -n \
	    unshare -U --map-user="$RIG_UID" --map-group="$RIG_GID" "$@"
}

# A CA that only the tests know, and the server's certificate.
rig_certificate() {
	(
	cd "$T/etc" &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -days 2 -subj '/CN=srt test CA' -keyout ca.key -out ca.pem \
	    -addext basicConstraints=critical,CA:TRUE &&
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes \
	    -subj /CN=allowed.test -keyout key.pem -out req.pem &&
	printf 'subjectAltName=%s%s%s\n' \
	    DNS:allowed.test,DNS:*.allowed.test,DNS:other.test,DNS:v6.test, \
	    DNS:both.test,DNS:mixed.test,DNS:own.test,DNS:internal.test, \
	    IP:203.0.113.10,IP:2001:db8::10 >san &&
	openssl x509 -req -in req.pem -CA ca.pem -CAkey ca.key \
	    -CAcreateserial -days 2 -extfile san -out cert.pem
	) >"$T/etc/openssl.log" 2>&1 || { diag "$(cat "$T/etc/openssl.log")"; return 1; }
}

rig_nginx() {
	mkdir -p "$T/nginx/put" "$T/nginx/www"
	head -c 5000000 /dev/urandom >"$T/nginx/www/big"
	cat >"$T/nginx/conf" <<EOT
daemon off;
worker_processes 1;
pid $T/nginx/pid;
error_log $T/nginx/error.log;
worker_rlimit_nofile 8192;
events { worker_connections 4096; }
http {
	access_log $T/nginx/access.log;
	client_body_temp_path $T/nginx/tmp1;
	proxy_temp_path $T/nginx/tmp2;
	fastcgi_temp_path $T/nginx/tmp3;
	uwsgi_temp_path $T/nginx/tmp4;
	scgi_temp_path $T/nginx/tmp5;
	client_max_body_size 0;
	server {
		listen 203.0.113.10:80 backlog=4096;
		listen 203.0.113.10:8080;
		listen 203.0.113.11:80;
		listen [2001:db8::10]:80;
		listen 203.0.113.10:443 ssl;
		listen 203.0.113.11:443 ssl;
		listen [2001:db8::10]:443 ssl;
		ssl_certificate $T/etc/cert.pem;
		ssl_certificate_key $T/etc/key.pem;
		root $T/nginx/www;
		default_type text/plain;
		location = / { return 200 "hello from \$host\n"; }
		location = /status/404 { return 404 "none\n"; }
		location = /away { return 302 http://other.test/; }
		location = /headers {
			return 200 "\$request_method|\$http_host|\$http_x_a|\$http_proxy_connection|\$http_proxy_authorization|\n";
		}
		location /big { }
		location /put/ {
			root $T/nginx;
			dav_methods PUT;
		}
	}
}
EOT
	rig_internet_user nginx -p "$T/nginx" -c "$T/nginx/conf" \
	    >"$T/nginx/out" 2>&1 &
}

# rig_sshd ADDRESS PORT: an OpenSSH server for the rig's user, in whose
# password file that user is "tester", has a home and a shell; for rig_more.
# $T/ssh/config is what clients need.
rig_sshd() {
	[ -x /usr/sbin/sshd ] || return 0
	mkdir -p "$T/ssh"
	awk -F: -v uid="$RIG_UID" '$3 != uid' /etc/passwd >"$T/etc/passwd"
	echo "tester:x:$RIG_UID:$RIG_GID::$HOME:/bin/sh" >>"$T/etc/passwd"
	mount -n --bind "$T/etc/passwd" /etc/passwd || return 1
	ssh-keygen -q -t ed25519 -N '' -C host -f "$T/ssh/host" &&
	    ssh-keygen -q -t ed25519 -N '' -C tester -f "$T/ssh/id" || return 1
	cp "$T/ssh/id.pub" "$T/ssh/authorized_keys"
	cat >"$T/ssh/sshd_config" <<EOT
ListenAddress $1:$2
HostKey $T/ssh/host
AuthorizedKeysFile $T/ssh/authorized_keys
PidFile none
StrictModes no
UsePAM no
PasswordAuthentication no
Subsystem sftp internal-sftp
EOT
	cat >"$T/ssh/config" <<EOT
Host *
	User tester
	Port $2
	IdentityFile $T/ssh/id
	IdentitiesOnly yes
	BatchMode yes
	LogLevel ERROR
	StrictHostKeyChecking no
	UserKnownHostsFile /dev/null
EOT
	rig_internet_user /usr/sbin/sshd -D -e -f "$T/ssh/sshd_config" \
	    >"$T/ssh/log" 2>&1 &
}

# Does the server let us in?
rig_ssh() {
	ssh -F "$T/ssh/config" "$@" </dev/null
}

# Level 2: the ordinary user at the workstation; here the tests run.
rig_inside() {
	umask 022
	CA=$T/etc/ca.pem
	settings
}
