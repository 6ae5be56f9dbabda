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
runs no-clone3 namespaces

# Nothing that needs the caller's descriptors works; all else does.
runs no-pidfd_getfd namespaces
old no-pidfd_getfd --check
is "$st" 1 "no-pidfd_getfd: --check has status 1"
like "$out" '^missing  pidfd_getfd  ' "and names it"
if have python3; then
	old no-pidfd_getfd python3 -c 'import socket
socket.socket().connect(("127.0.0.1", 3128))'
	like "$err" 'not implemented' "no-pidfd_getfd: no connection"
fi

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
for f in no-userns userns-limit userns-useless no-mount_setattr no-clone3; do
	runs $f landlock
	old $f --check
	is "$st" 0 "$f, landlock: --check has status 0"
done
settings more="$MODE, \"enableWeakerNestedSandbox\": true"
refused no-landlock landlock 'needs a kernel with Landlock' landlock

done_testing
