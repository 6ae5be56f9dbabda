#!/bin/sh
# SPDX-License-Identifier: ISC
#
# /dev, /proc and /sys of the command; for root, too.

. "$(dirname "$0")/lib.sh"

x -- sh -c 'for f in null zero full random urandom tty; do
	test -c /dev/$f || echo $f is missing; done
	test -c /dev/ptmx && test -d /dev/pts && test -d /dev/shm &&
	test -L /dev/fd && test -L /dev/stdin && head -c 4 /dev/urandom |
	wc -c; ls /dev | wc -l; echo x >/dev/null'
is 0 'the usual nodes'
yes 'that give what they should' grep -qx 4 "$T/out"
no 'all of them' grep -q missing "$T/out"
x -- sh -c 'ls /dev; find /dev -type b'
is 0 '(the rest of them)' null
no 'no disk, no memory' grep -Eq '^(sd|vd|nvme|dm-|loop|mem|kmem|port|kmsg|/)' \
    "$T/out"
x -- sh -c 'echo x >/dev/new'
no '/dev cannot be written' test "$status" -eq 0
x -- chmod 777 /dev
no 'nor its mode be changed' test "$status" -eq 0
x -- sh -c 'echo shm >/dev/shm/x && cat /dev/shm/x && stat -c %a /dev/shm'
says 0 '/dev/shm can be written' "shm
1777"
no 'and is private' test -e /dev/shm/x
x -- stat -c '%a %u' /dev/shm/tmp
says 0 'the private temporary directory' "700 $(id -u)"
x -- sh -c 'echo x >/dev/shm/tmp/x && sh /dev/shm/tmp/x; echo "true" \
	>/dev/shm/tmp/p; chmod +x /dev/shm/tmp/p; /dev/shm/tmp/p'
is 0 'programs in it can be executed'
x -- sh -c 'ls /dev/pts'
says 0 'devpts of its own' ptmx
if command -v script >/dev/null 2>&1; then
	x -w "$W" -- script -qec 'tty' typescript
	is 0 'a terminal can be made' /dev/pts/0
	script -qec "$SRT_HELPERS/execd -- tty" /dev/null >"$T/out" 2>&1 \
	    </dev/null
	status=$?
	is 0 'the caller'\''s terminal has a name' /dev/console
	script -qec "$SRT_HELPERS/execd -- sh -c 'echo by tty >/dev/tty
	    echo by stderr >/dev/stderr'" /dev/null >"$T/out" 2>&1 </dev/null
	status=$?
	is 0 '/dev/tty is it' 'by tty'
	is 0 '/dev/stderr can be opened' 'by stderr'
	script -qec "$SRT_HELPERS/execd -- sh -c 'ls /dev/pts | grep -c .'" \
	    /dev/null >"$T/out" 2>&1 </dev/null
	status=$?
	yes 'other terminals of the caller are not there' \
	    sh -c "tr -d '\r' <'$T/out' | grep -qx 1"
else
	skip 'terminals' 'no script(1)'
fi

x -- sh -c 'echo $$; for p in /proc/[0-9]*; do echo $p; done'
says 0 'a pid namespace of its own' "2
/proc/1
/proc/2"
x -- sh -c 'cat /proc/1/comm; readlink /proc/1/exe'
is 1 'pid 1 does not show its program'
# Each by itself; where reading begins, at 0, there is never any memory.
x -- sh -c 'for f in environ mem maps; do
	(: </proc/1/$f) 2>/dev/null && echo $f; done; echo end'
says 0 'nor its memory' end
x -- sh -c 'kill -9 1; kill -STOP 1; sleep 0; echo alive'
is 0 'pid 1 cannot be killed' alive
x -w / -- sh -c 'exec 2>&1; rc=0
    for f in /proc/sys/kernel/core_pattern /proc/sys/kernel/hostname \
	/proc/sysrq-trigger /proc/irq/default_smp_affinity /proc/mtrr \
	/proc/sys/vm/drop_caches /proc/sys/net/ipv4/ip_forward \
	/sys/kernel/profiling /sys/kernel/mm/transparent_hugepage/enabled \
	/sys/power/state /sys/kernel/uevent_helper /dev/mem /dev/kmem \
	/dev/port; do
	if (: >>$f) 2>/dev/null; then echo "can open $f"; rc=1; fi
    done; exit $rc'
is 0 'no knob of the host can be opened for writing'
x -f 1 -- sh -c 'rc=0; for f in /proc/sys/kernel/core_pattern \
	/proc/sysrq-trigger /sys/kernel/profiling \
	/sys/kernel/mm/transparent_hugepage/enabled; do
	if (: >>$f) 2>/dev/null; then echo "can open $f"; rc=1; fi
    done; exit $rc'
is 0 'nor with filesystem.disabled'
x -- sh -c 'rc=0; for f in kcore kmsg keys timer_list sysrq-trigger; do
	if [ -e /proc/$f ] && (: </proc/$f) 2>/dev/null; then
	echo "can read $f"; rc=1; fi; done; exit $rc'
is 0 'nothing that tells of the host'\''s memory can be read'
# What is made in spite of all is taken away again.
cat >"$T/groups" <<'EOT'
for procs in $(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs \
    2>/dev/null); do
	(: >>"$procs") 2>/dev/null && echo "opened $procs"
	new=${procs%/*}/srt-test.$$
	mkdir "$new" 2>/dev/null && rmdir "$new" && echo "made $new"
done
echo end
EOT
group=$(find /sys/fs/cgroup -maxdepth 2 -name cgroup.procs 2>/dev/null |
    head -n 1)
if [ "$(id -u)" -eq 0 ] && [ -n "$group" ]; then
	yes '(outside one can)' sh -c ": >>'$group'"
fi
x -- sh "$T/groups"
says 0 'no control group can be changed' end
x -- sh -c 'echo 500 >/proc/self/oom_score_adj && cat /proc/self/oom_score_adj'
says 0 'what belongs to the command itself can be written' 500
x -d /proc/cpuinfo -- cat /proc/cpuinfo
is 1 'denyRead reaches into /proc' 'Permission denied'
x -- sh -c 'grep -E "^(CapInh|CapPrm|CapEff|CapBnd|CapAmb):" /proc/self/status |
    grep -v 0000000000000000; grep NoNewPrivs /proc/self/status'
is 0 'no capability' 'NoNewPrivs:	1'
no '(in any set)' grep -q Cap "$T/out"
x -- sh -c 'grep -E "^Seccomp:" /proc/self/status /proc/1/status'
is 0 'the command is filtered, and pid 1' '/proc/1/status:Seccomp:	2'
yes '(both)' grep -q '/proc/self/status:Seccomp:	2' "$T/out"
x -- sh -c 'id -u; id -g; stat -c %u "$0"' "$T"
says 0 'ids are what they were' "$(id -u)
$(id -g)
$(stat -c %u "$T")"
if [ "$(id -u)" -eq 0 ]; then
	touch mine other
	chown 12345:12345 other
	x -w "$W" -- stat -c '%u:%g' mine other
	is 0 'files keep their owners under root' 12345:12345
	x -w "$W" -- chown 0:0 other
	is 1 'but root is root no more' 'Operation not permitted'
	chmod 600 other
	x -w "$W" -- cat other
	is 1 'not for reading either' 'Permission denied'
else
	skip 'files keep their owners under root' 'not root'
fi
x -- hostname
says 0 'the host'\''s name' "$(hostname)"

finish
