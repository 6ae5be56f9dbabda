#!/bin/sh
# SPDX-License-Identifier: ISC
#
# --check: what this machine and these settings can enforce, and what it says
# where calls fail as they would on another machine (failcall), or where the
# rig takes something away.

. "$(dirname "$0")/lib.sh"

rig

FAIL=${SRT_HELPERS:-}/failcall
S=$T/settings.json

# says NAME STATUS FEATURE: that line's status is what --check has said of it.
says() {
	like "$out" "^$2  $3  " "$1: $2 $3"
}

# without NAME CALLS FEATURE [TEXT]: where these calls fail that feature is
# missing, the status is 1, and the run fails as well.
without() {
	_without=$1
	_calls=$2
	_feature=$3
	# shellcheck disable=SC2086
	run "$FAIL" $_calls -- "$SRT" -s "$S" --check
	is "$st" 1 "$_without: status 1"
	says "$_without" missing "$_feature"
	case $_feature in
	pidfd_getfd|process_vm_readv)	;;	# true(1) can do without
	*)	says "$_without" missing run ;;
	esac
	[ -z "${4:-}" ] ||
	    like "$(printf '%s\n' "$out" | grep "^missing  $_feature  ")" \
		"$4" "$_without: the cure"
}

# --- namespaces that are for srt-exec alone

settings
mkdir -p "$T/prefix/bin" "$T/prefix/libexec/srt"
cp "$SRT_HELPERS/adminsrt" "$T/prefix/bin/srt"
cp "$(dirname "$(dirname "$SRT")")"/libexec/srt/* "$T/prefix/libexec/srt"
run env SRT_TEST_NO_USERNS=1 "$T/prefix/bin/srt" -s "$S" --check
is "$st" 0 "for srt-exec alone: status 0"
for f in user-namespaces mount-api network pidfd_getfd run; do
	says "for srt-exec alone" ok "$f"
done
like "$out" '^ok  user-namespaces .*uid_map.*; for srt-exec alone$' \
    "for srt-exec alone: said"
rm "$T/prefix/libexec/srt/srt-exec"
cp /bin/false "$T/prefix/libexec/srt/srt-exec"
run env SRT_TEST_NO_USERNS=1 "$T/prefix/bin/srt" -s "$S" --check
is "$st" 1 "for nobody: status 1"
says "for nobody" missing user-namespaces
says "for nobody" ok pidfd_getfd
rm -r "$T/prefix"

# --- this machine

settings
srt --check
is "$st" 0 "this machine: status 0"
is "$(printf '%s\n' "$out" | grep -v -e '^ok  ' -e '^missing  cgroup  ')" "" \
    "and a line for everything"
for f in srt-proxy srt-exec srt-monitor user-namespaces apparmor \
    mount_setattr own-proc openat2 network landlock seccomp pidfd_getfd \
    process_vm_readv run; do
	says "this machine" ok "$f"
done
is "$err" "" "nothing on standard error"
is "$(pids_of "$(dirname "$(dirname "$SRT")")/libexec/srt/")" "" \
    "and nothing left behind"
srt --check --check
is "$st" 0 "twice is once"
srt -n --check
is "$st" 125 "one thing at a time"
settings net_allow='"x.test", "oops oops"'
srt --check
is "$st" 125 "settings with a mistake: 125"
like "$err" 'network\.allowedDomains\.1' "which is shown"
is "$out" "" "and no line"
settings

if have python3; then
	cat >"$T/objects.py" <<'EOT'
import json, sys
seen = [json.loads(line) for line in sys.stdin]
assert all(o["status"] in ("ok", "missing") for o in seen)
assert all({"feature", "needs", "detail", "required"} <= set(o) for o in seen)
print(seen[-1]["feature"], seen[-1]["status"], len(seen))
EOT
	n=$("$SRT" -s "$S" --check | wc -l)
	"$SRT" -s "$S" --check --json >"$T/json"
	is "$?" 0 "JSON: status 0"
	is "$(python3 "$T/objects.py" <"$T/json")" "run ok $n" \
	    "an object a line"
fi

# --- other machines

if [ -x "$FAIL" ]; then
	run "$FAIL" swapon:EPERM -- "$SRT" -s "$S" --check
	is "$st" 0 "a call that srt does not need"
	without "no user namespaces" clone:EPERM:0:0x10000000 user-namespaces \
	    'namespaces are refused here'
	without "too many namespaces" clone:ENOSPC:0:0x10000000 \
	    user-namespaces 'max_user_namespaces'
	without "no network namespaces" clone:EINVAL:0:0x40000000 \
	    network-namespaces 'lacks a kind of namespace'
	without "no mount namespaces" clone:EINVAL:0:0x00020000 \
	    mount-namespaces
	without "no pid namespaces" clone:EINVAL:0:0x20000000 pid-namespaces
	without "no ipc namespaces" clone:EINVAL:0:0x08000000 ipc-namespaces
	without "no uts namespaces" clone:EINVAL:0:0x04000000 uts-namespaces
	without "no cgroup namespaces" clone:EINVAL:0:0x02000000 \
	    cgroup-namespaces
	without "no Landlock" landlock_create_ruleset:ENOSYS landlock \
	    'lsm=landlock'
	without "Landlock shut" landlock_restrict_self:EPERM landlock
	without "no mount_setattr" mount_setattr:ENOSYS mount_setattr
	without "no mount API" fsopen:ENOSYS mount-api
	without "no open_tree" open_tree:EPERM mount-api
	without "no openat2" openat2:ENOSYS openat2
	without "no pidfd_getfd" pidfd_getfd:EPERM pidfd_getfd 'container'
	without "no process_vm_readv" process_vm_readv:ENOSYS process_vm_readv
	without "no netlink" socket:EACCES:0:0x10 network
	without "a kernel before 5.19" seccomp:EINVAL:1:0x20 seccomp 'older'
	without "within a sandbox that listens" seccomp:EBUSY:1:0x8 seccomp \
	    'srt does not run within srt'
	settings more='"enableWeakerNestedSandbox": true'
	run "$FAIL" landlock_create_ruleset:ENOSYS -- "$SRT" -s "$S" --check
	is "$st" 1 "what the settings allow to be weaker is not enforced"
	says "enableWeakerNestedSandbox without Landlock" missing landlock
	says "enableWeakerNestedSandbox without Landlock" ok run
	settings
else
	skip "other machines" "no failcall"
fi

# --- what the rig takes away

run unshare -U -r sh -c 'echo 0 >/proc/sys/user/max_user_namespaces &&
    exec "$1" -s "$2" --check' sh "$SRT" "$S"
is "$st" 1 "user.max_user_namespaces 0: status 1"
says "user.max_user_namespaces 0" missing user-namespaces
like "$out" 'set sysctl user\.max_user_namespaces to' "and the cure"

cat >"$T/masked" <<'EOT'
mount -n -t tmpfs none /proc/tty && exec unshare -U --map-user=1000 \
    --map-group=1000 "$1" -s "$2" --check
EOT
run unshare -U -r -m sh "$T/masked" "$SRT" "$S"
is "$st" 1 "a masked /proc, as in containers: status 1"
says "a masked /proc" missing own-proc
like "$out" 'systempaths=unconfined' "and the cure"
settings more='"enableWeakerNestedSandbox": true'
run unshare -U -r -m sh "$T/masked" "$SRT" "$S"
is "$st" 1 "with enableWeakerNestedSandbox not less"
says "a masked /proc with enableWeakerNestedSandbox" ok run
settings

# --- the programs

mkdir -p "$T/prefix/bin"
cp "$SRT" "$T/prefix/bin/srt"
cp -R "$(dirname "$(dirname "$SRT")")/libexec" "$T/prefix/"
P=$T/prefix/bin/srt
run "$P" -s "$S" --check
is "$st" 0 "another prefix"
chmod o+w "$T/prefix/libexec/srt/srt-exec"
run "$P" -s "$S" --check
is "$st" 1 "a program that everybody can write: status 1"
says "a program that everybody can write" missing srt-exec
says "a program that everybody can write" ok srt-proxy
chmod o-w "$T/prefix/libexec/srt/srt-exec"
chmod o+w "$T/prefix/libexec"
run "$P" -s "$S" --check
is "$st" 1 "a directory above that everybody can write"
says "a directory above" missing srt-monitor
chmod o-w "$T/prefix/libexec"
rm "$T/prefix/libexec/srt/srt-monitor"
run "$P" -s "$S" --check
is "$st" 1 "a program that is not there: status 1"
like "$out" '^missing  srt-monitor  .*install srt completely' "and the cure"
says "a program that is not there" missing run

# --- the settings

settings more='"limits": { "memory": "1G" }'
srt --check
case $out in
*"ok  cgroup  "*)	is "$st" 0 "limits.memory, with a cgroup" ;;
*)			is "$st" 1 "limits.memory, without a cgroup: status 1"
			says "limits.memory" missing cgroup ;;
esac
if have python3; then
	cat >"$T/hold.py" <<'EOT'
import socket, subprocess, sys
s = socket.create_server(("127.0.0.1", 0))
port = s.getsockname()[1]
conf = open(sys.argv[2]).read().replace("PORT", str(port))
open(sys.argv[2], "w").write(conf)
sys.exit(subprocess.call([sys.argv[1], "-s", sys.argv[2], "--check"]))
EOT
	settings net_more='"publishPorts": [PORT]'
	run python3 "$T/hold.py" "$SRT" "$S"
	is "$st" 1 "a port that is taken: status 1"
	like "$out" '^missing  run  .*publishPorts' "and what is wrong"
fi
settings deny_read='"/"' allow_read="\"$W\""
cd "$W" || exit 1
srt --check
is "$st" 0 "settings that hide every program: the sandbox stands"

done_testing
