#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Kernels that lack something, as "Kernels" in PRIVSEP.md has it: srt refuses
# to start, or does without, and --check says so.  What is missing is made so
# by oldkernel.

. "$(dirname "$0")/lib.sh"

rig

OLD=${SRT_HELPERS:-}/oldkernel
MODE='"mode": "landlock"'

[ -x "$OLD" ] || skip_all "oldkernel is not built"

# old FEATURE COMMAND ...: as srt, without that feature.
old() {
	_feature=$1
	shift
	run "$OLD" "$_feature" -- "$SRT" -s "$T/settings.json" "$@"
}

# refused FEATURE MODE TEXT LINE: nothing runs, that is what is said, and the
# line of --check tells that it is missing.
refused() {
	rm -f "$W/ran"
	old "$1" sh -c ': >ran'
	is "$st" 125 "$1, $2: status 125"
	like "$err" "$3" "$1, $2: and why"
	check "$1, $2: nothing ran" test ! -e "$W/ran"
	old "$1" --check
	is "$st" 1 "$1, $2: --check has status 1"
	like "$out" "^missing  $4  " "$1, $2: --check names $4"
	like "$out" '^missing  run  ' "$1, $2: and the run"
}

# runs FEATURE MODE: it runs, and holds.
runs() {
	rm -f "$W/ran" "$T/no"
	old "$1" sh -c ": >ran; echo x >$T/no; echo x >.bashrc; ls -A"
	check "$1, $2: it runs" test -e "$W/ran"
	check "$1, $2: and holds paths" test ! -e "$T/no"
	check "$1, $2: and names" test ! -e "$W/.bashrc"
}

# calls FEATURE WORD ...: what comes of each, in $out; FEATURE may be none.
cat >"$T/calls.py" <<'EOT'
import ctypes, errno, os, socket, sys, urllib.parse

libc = ctypes.CDLL(None, use_errno=True)
AT_FDCWD, CLONE3, OPENAT2 = -100, 435, 437

def raw(*args):
    if libc.syscall(*[ctypes.c_long(a) if isinstance(a, int) else a
                      for a in args]) == -1:
        raise OSError(ctypes.get_errno(), args[0])

def connect():
    proxy = urllib.parse.urlsplit(os.environ["http_proxy"])
    socket.create_connection((proxy.hostname, proxy.port)).close()

def openat2():
    how = (ctypes.c_uint64 * 3)(os.O_WRONLY | os.O_CREAT, 0o600, 0)
    raw(OPENAT2, AT_FDCWD, b"new", how, ctypes.sizeof(how))
    os.unlink("new")

def openat():
    os.close(os.open("new", os.O_WRONLY | os.O_CREAT, 0o600, dir_fd=here))
    os.unlink("new")

here = os.open(".", os.O_RDONLY)
kinds = {
    "connect": connect,
    "bind": lambda: socket.socket().bind(("127.0.0.1", 0)),
    "fchmod": lambda: os.fchmod(here, 0o755),
    "openat": openat,
    "openat2": openat2,
    # Nothing that a clone3(2) that is there would take: EINVAL.
    "clone3": lambda: raw(CLONE3, None, 0),
}
for name in sys.argv[1:]:
    try:
        kinds[name]()
        print(name, "done")
    except OSError as e:
        print(name, errno.errorcode[e.errno])
EOT
calls() {
	_feature=$1
	shift
	if [ "$_feature" = none ]; then
		srt python3 "$T/calls.py" "$@"
	else
		old "$_feature" python3 "$T/calls.py" "$@"
	fi
	out=$(echo "$out" | paste -sd ' ' -)
}

# without_fds MODE: where pidfd_getfd is missing or forbidden nothing works
# that needs the caller's descriptors; all else does.
without_fds() {
	if have python3; then
		calls none connect bind fchmod openat
		is "$out" "connect done bind done fchmod done openat done" \
		    "calls on descriptors, $1: with it they work"
	else
		skip "calls on descriptors, $1" "no python3"
	fi
	for _f in no-pidfd_getfd:ENOSYS pidfd_getfd-denied:EPERM; do
		_e=${_f#*:} _f=${_f%:*}
		runs "$_f" "$1"
		old "$_f" --check
		is "$st" 1 "$_f, $1: --check has status 1"
		like "$out" '^missing  pidfd_getfd  ' "$_f, $1: and names it"
		have python3 || continue
		calls "$_f" connect bind fchmod openat
		is "$out" "connect $_e bind $_e fchmod $_e openat $_e" \
		    "$_f, $1: no connect, no bind, no call on a descriptor"
	done
}

# without_clone3 MODE: nor has the command the one that is there.
without_clone3() {
	runs no-clone3 "$1"
	have python3 || return 0
	calls no-clone3 clone3
	is "$out" "clone3 ENOSYS" "no-clone3, $1: ENOSYS"
	calls none clone3
	is "$out" "clone3 ENOSYS" "clone3, $1: ENOSYS in any case"
}

# --- with namespaces

settings
refused no-notify-flags namespaces 'srt needs Linux 5\.19' seccomp
refused no-landlock namespaces 'this kernel has no Landlock' landlock
refused landlock-off namespaces 'this kernel has no Landlock' landlock
refused no-mount_setattr namespaces 'lacks mount_setattr' mount_setattr
refused no-openat2 namespaces 'lacks openat2' openat2
refused no-pidfd_open namespaces 'lacks pidfd_open' pidfd_getfd
for f in no-userns userns-limit; do
	refused $f namespaces 'or set "mode": "landlock"' user-namespaces
done
refused userns-useless namespaces 'or set "mode": "landlock"' mount-api
without_clone3 namespaces

BINDS='"allowLocalBinding": true'
settings net_more="$BINDS"
without_fds namespaces

settings more='"enableWeakerNestedSandbox": true'
runs no-landlock weaker
like "$err" 'without Landlock the mounts alone' "weaker: which is said"

# --- Landlock's ABIs

if [ "$(uname -m)" = x86_64 ]; then
	settings
	srt --check
	has=$(echo "$out" | sed -n 's/^ok  landlock .*ABI \([0-9]*\).*/\1/p')
	for abi in 1 2 3 4 5 6; do
		# Nobody can pretend to have more.
		[ "$abi" -le "${has:-0}" ] || continue
		runs "landlock-abi=$abi" namespaces
		old "landlock-abi=$abi" --check
		is "$st" 0 "landlock-abi=$abi: --check has status 0"
		like "$out" "^ok  landlock .*ABI $abi" "and tells the ABI"
		old "landlock-abi=$abi" sh -c 'kill -0 0'
		if [ "$abi" -lt 6 ]; then
			is "$st" 1 "no signal to the process group"
			old "landlock-abi=$abi" --check
			like "$out" 'ABI [0-9]: seccomp keeps signals' \
			    "and --check says by what"
		else
			is "$st" 0 "signals stay in the domain"
		fi
		have python3 || continue
		# Below 3 truncation is no right that a domain could lack.
		want="done"
		[ "$abi" -ge 3 ] || want=ENOSYS
		calls "landlock-abi=$abi" openat2
		is "$out" "openat2 $want" "landlock-abi=$abi: openat2: $want"
	done
	settings more="$MODE"
	for abi in 1 2 3 4 5; do
		[ "$abi" -le "${has:-0}" ] || continue
		refused "landlock-abi=$abi" landlock \
		    "needs Landlock ABI 6 .*has ABI $abi" landlock
	done
	[ "${has:-0}" -lt 6 ] || runs landlock-abi=6 landlock
else
	skip "Landlock's ABIs" "oldkernel knows x86-64 alone"
fi

# --- without namespaces

settings more="$MODE"
srt true
if [ "$st" -ne 0 ]; then
	skip "mode landlock" "$err"
	done_testing
fi
refused no-notify-flags landlock 'srt needs Linux 5\.19' seccomp
refused no-landlock landlock 'needs a kernel with Landlock' landlock
refused no-openat2 landlock 'lacks openat2' openat2
refused no-pidfd_open landlock 'lacks pidfd_open' pidfd_getfd
if [ "$(uname -m)" = x86_64 ]; then
	refused no-children landlock 'needs a kernel with CONFIG_PROC_CHILDREN' \
	    proc-children
	settings
	runs no-children namespaces
	settings more="$MODE"
else
	skip "no-children" "oldkernel knows x86-64 alone"
fi
without_clone3 landlock
for f in no-userns userns-limit userns-useless no-mount_setattr no-clone3; do
	runs $f landlock
	old $f --check
	is "$st" 0 "$f, landlock: --check has status 0"
done
settings more="$MODE, \"enableWeakerNestedSandbox\": true"
refused no-landlock landlock 'needs a kernel with Landlock' landlock
settings net_more="$BINDS" more="$MODE"
without_fds landlock

done_testing
