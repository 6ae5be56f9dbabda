#!/bin/sh
# SPDX-License-Identifier: ISC
#
# limits: each of the six, by rlimits.  What a cgroup does is in cgroup.t.

. "$(dirname "$0")/lib.sh"

have python3 || skip_all "no python3"

rig

limits() {
	settings more="\"limits\": {$1}"
}

# No cgroup is delegated to the user of the tests.
by_itself='limits.memory holds for each process by itself'

settings
srt sh -c 'ulimit -n -t -f -v -u'
before=$out

# --- openFiles

limits '"openFiles": 40'
srt sh -c 'ulimit -Hn; ulimit -Sn'
is "$out" "40
40" "openFiles: hard and soft"
srt python3 -c 'import os
n = 3
try:
	while True: os.dup(0); n += 1
except OSError as e: print(n, e.errno)'
is "$out" "40 24" "no more than that can be open"
srt python3 -c 'import os
n = 3
try:
	while True: os.open("x%d" % n, os.O_CREAT | os.O_WRONLY); n += 1
except OSError as e: print(n, e.errno)'
is "$out" "40 24" "nor by way of the broker"
srt sh -c 'ulimit -n 41'
like "$st" '^[12]$' "it cannot be raised"

# --- fileSize

limits '"fileSize": "64K"'
srt sh -c 'trap "" XFSZ; head -c 100000 /dev/zero >file'
is "$(stat -c %s "$W/file")" 65536 "fileSize: a file ends there"
srt python3 -c 'import os, signal
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
open("cut", "w").close()
try: os.truncate("cut", 65537)
except OSError as e: print(e.errno)
os.truncate("cut", 65536)'
is "$out" 27 "nor does truncate make one longer"
is "$(stat -c %s "$W/cut")" 65536 "one that fits is made"
srt sh -c 'head -c 100000 /dev/zero | wc -c'
is "$out" 100000 "a pipe is no file"

# --- cpuSeconds

limits '"cpuSeconds": 1'
srt python3 -c 'while True: pass'
is "$st" 152 "cpuSeconds: SIGXCPU"
srt python3 -c 'import signal
signal.signal(signal.SIGXCPU, signal.SIG_IGN)
while True: pass'
is "$st" 137 "who ignores that is killed a second later"

# --- memory

limits '"memory": "300M"'
srt python3 -c 'x = bytearray(400 << 20)'
like "$err" MemoryError "memory: what is too much is not to be had"
is "$(printf '%s\n' "$err" | grep -c "$by_itself")" 1 \
    "that it holds for each process is said once"
srt python3 -c 'x = bytearray(100 << 20); print(len(x))'
is "$out" 104857600 "what is less is"

# --- pids

limits '"pids": 20'
srt python3 -c 'import os, time
n = 1
try:
	while True:
		if os.fork() == 0: time.sleep(60)
		n += 1
except OSError as e: print(n, e.errno)'
n=${out% *}
is "${out#* }" 11 "pids: there is an end of it"
check "not before the number" test "$n" -ge 20
check "and, with the broker's threads, soon after" test "$n" -le 54
srt python3 -c 'import threading, time
n = 1
try:
	while True:
		threading.Thread(target=time.sleep, args=(60,),
		    daemon=True).start()
		n += 1
except RuntimeError: print(n)'
check "threads count as well" test "${out:-999}" -le 54

# --- wallSeconds

limits '"wallSeconds": 1'
srt sleep 60
is "$st" 124 "wallSeconds: status 124"
is "$err" \
    "srt: limits.wallSeconds: the command has run for 1 second and is ended" \
    "and a line that says why"
limits '"wallSeconds": 3'
srt sh -c 'trap "echo term; exit 3" TERM; sleep 60 & wait'
is "$st:$out" "124:term" "SIGTERM comes first"
limits '"wallSeconds": 1'
srt sh -c 'trap "" TERM; while :; do sleep 60; done'
is "$st" 124 "who ignores it is killed"
srt python3 -c 'import os, signal, time
if os.fork() == 0:
	while True:
		open("alive", "w").write(str(time.time())); time.sleep(0.02)
os.kill(os.getpid(), signal.SIGSTOP)'
is "$st" 124 "nor does it help to stop"
a=$(cat "$W/alive")
sleep 0.2
is "$(cat "$W/alive")" "$a" "what it had started is gone as well"
limits '"wallSeconds": 20'
srt true
is "$st:$err" "0:" "who is done in time hears nothing of it"
srt sh -c 'exit 7'
is "$st" 7 "and keeps the status"

# --- none

settings
srt sh -c 'ulimit -n -t -f -v -u'
is "$out" "$before" "without limits nothing changes"

# --- what is no limit

for bad in '"memory": 0' '"memory": "200X"' '"memory": "M"' '"pids": 0' \
    '"pids": "20K"' '"wallSeconds": -1' '"cpuSeconds": 1.5' \
    '"openFiles": true' '"fileSize": "9999999999T"' '"cores": 1'; do
	limits "$bad"
	srt touch "$W/ran"
	like "$st:$err" '^125:.*limits' "refused: $bad"
done
refuse "nothing ran" test -e "$W/ran"

done_testing
