#!/bin/sh
# SPDX-License-Identifier: ISC
#
# Mode "landlock": no namespaces.  Real programs under it, what it refuses,
# and that nothing is left behind.

. "$(dirname "$0")/lib.sh"

rig

# With denyRead no process is shown what LeakSanitizer needs of /proc.
ASAN_OPTIONS=detect_leaks=0
export ASAN_OPTIONS

MODE='"mode": "landlock"'
OLD=${SRT_HELPERS:-}/oldkernel

srt_probe() {
	settings more="$MODE"
	srt true
	case $err in
	*'needs a kernel with Landlock'*|*'needs Landlock ABI'*|*PROC_CHILDREN*)
		skip_all "$err" ;;
	esac
}

srt_probe
is "$st" 0 "true runs"

# --- there are no namespaces

for ns in user mnt net pid ipc uts cgroup; do
	readlink "/proc/self/ns/$ns"
done >"$T/ns"
srt sh -c 'for ns in user mnt net pid ipc uts cgroup; do
	readlink /proc/self/ns/$ns; done'
is "$out" "$(cat "$T/ns")" "the namespaces are the caller's"
srt sh -c 'grep -E "^(NoNewPrivs|CapEff|Seccomp):" /proc/self/status'
is "$(printf '%s' "$out" | tr -d '\t' | tr '\n' ' ')" \
    "CapEff:0000000000000000 NoNewPrivs:1 Seccomp:2" \
    "no capability, no new ones, filters"
srt sh -c 'exit 7'
is "$st" 7 "the status is the command's"
srt sh -c 'kill -9 $$'
is "$st" 137 "and its signal"
srt no-such-command
is "$st" 127 "not found"

# --- writes

srt sh -c 'echo one >a && mkdir d && mv a d/b && ln d/b c && cat c &&
    rm -r d && chmod 600 c && : >/dev/null && echo two >>/dev/null'
is "$st $out" "0 one" "in the write root names are made, moved and removed"
srt sh -c "echo x >$T/out; echo x >>$T/settings.json; mkdir $T/dir
    rm $T/ns; mv $W/c $T/c; chmod 777 $T/ns; touch $T/ns; ln $T/ns l
    ls -d $T/out $T/dir $T/c"
is "$out" "" "outside of it nothing is"
is "$(stat -c %a "$T/ns")" 644 "nor changed"
like "$err" "deny file-write-create $T/out " "and that is reported"
if have python3; then
	mkdir "$T/other"
	srt python3 -c 'import os, sys
for d in sys.argv[1:]:
    try:
        os.write(os.open(d, os.O_TMPFILE | os.O_RDWR), b"x")
        print("made")
    except OSError as e:
        print(e.errno)' "$W" "$T/other" "$W/../other"
	is "$(printf '%s' "$out" | tr '\n' ' ')" "made 1 1" \
	    "nor a file without a name"
fi
srt sh -c 'for f in .bashrc .gitmodules .mcp.json .vscode; do
    echo x >$f || mkdir $f; done; ls -A'
unlike "$out" '\.bashrc|\.gitmodules|\.mcp\.json|\.vscode' \
    "mandatory names are held"
srt sh -c "mv $W $W.moved; rmdir $W; ls -d $W"
is "$out" "$W" "a write root stays where it is"
settings more="$MODE" allow_write='"/"'
srt sh -c 'echo x >/proc/self/comm; echo x >/dev/shm/x; echo x >/sys/x
    echo x >/dev/ptmx; chmod 777 /proc/self; cat /proc/self/comm; ls /dev/shm/x'
is "$out" cat "nothing in /dev, /proc and /sys is, whatever is allowed"
settings more="$MODE" deny_write="\"$W/keep\", \"*.pem\""
echo kept >"$W/keep"
srt sh -c 'echo x >keep; rm keep; mv keep k; echo x >a.pem; cat keep; ls'
is "$(printf '%s' "$out" | tr '\n' ' ')" "kept c keep" "denyWrite holds"
mkdir "$T/links"
ln -s "$W/through" "$T/links/in"
ln -s "$T/through" "$W/out"
srt sh -c "echo in >$T/links/in; echo out >out"
is "$(cat "$W/through" 2>&1)" in "a link may lead into the write root"
check "but not out of it" test ! -e "$T/through"
rm -f "$W/out" "$W/through"

mkdir "$W/lands"
srt "$SRT_HELPERS/cwdcheck" 40 "$W/lands"
is "$st $(printf '%s\n' "$out" | grep -v ': 0 of ')" "0 " \
    "relative names land where the caller is"
rm -rf "$W/lands"

# --- reads

mkdir "$T/secret" "$W/hidden"
echo secret >"$T/secret/key"
echo secret >"$W/hidden/key"
ln -s "$T/secret/key" "$W/way"
settings more="$MODE" deny_read="\"$T/secret\", \"$W/hidden\""
srt sh -c "cat $T/secret/key $W/hidden/key way; ls $T/secret
    cat $T/links/../secret/key; cd $T/secret && cat key; cd $W
    exec 9<$T/secret/key; cat <&9; ln $T/secret/key k; cat k
    mv hidden h; cat h/key; tac $T/secret/key"
is "$out" "" "denied files are not read, by no name"
check "and stay where they are" test -f "$W/hidden/key"
srt sh -c "ls $T | grep -c secret; ls / | grep -c usr; echo new >n; cat n"
is "$(printf '%s' "$out" | tr '\n' ' ')" "1 1 new" \
    "what lies beside them is, as before"
settings more="$MODE" deny_read="\"$T\"" allow_read="\"$T/links\""
srt sh -c "cat $T/ns; readlink $T/links/in; ls $T/links; cat $W/c"
is "$(printf '%s' "$out" | tr '\n' ' ')" "$W/through in one" \
    "allowRead and allowWrite open what lies within"
settings more="$MODE" deny_read="\"$W/*.key\"" \
    fs_more='"strictReadGlobs": true'
srt sh -c 'echo x >new.key; cat new.key; cat c'
is "$out" one "patterns hold for later files"
rm -rf "$W/hidden" "$W/way" "$W/n"

# --- devices

if have python3; then
	cat >"$T/devices.py" <<'EOT'
"""ioctl of devices and terminals, by each way to open them for reading."""
import errno
import fcntl
import os
import pty
import sys
import termios


def tell(name, path, request, arg):
    for way in "name", "link", "openat2":
        try:
            if way == "name":
                fd = os.open(path, os.O_RDONLY | os.O_NOCTTY)
            elif way == "link":
                held = os.open(path, os.O_PATH)
                fd = os.open("/proc/self/fd/%d" % held,
                             os.O_RDONLY | os.O_NOCTTY)
            else:
                os.symlink(path, "link")
                try:
                    fd = os.open("link", os.O_RDONLY | os.O_NOCTTY)
                finally:
                    os.unlink("link")
            fcntl.ioctl(fd, request, arg)
            print(name, "set")
        except OSError as e:
            print(name, errno.errorcode[e.errno])


def spawn(words):
    """Runs them at a terminal, beside another one that is nobody's."""
    other = pty.openpty()
    pid, fd = pty.fork()
    if pid == 0:
        os.execvp(words[0], words + [os.ttyname(other[1])])
    try:
        while True:
            sys.stdout.write(os.read(fd, 4096).decode())
            sys.stdout.flush()
    except OSError:
        sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))


if sys.argv[1] == "spawn":
    spawn(sys.argv[2:])
modes = termios.tcgetattr(0)
arg = bytes(64)
arg = fcntl.ioctl(0, termios.TCGETS, arg)
tell("ptmx", "/dev/ptmx", 0x80045430, bytes(4))  # TIOCGPTN
tell("other", sys.argv[2], termios.TCSETS, arg)
tell("null", "/dev/null", termios.TCGETS, arg)
for path in "/dev/tty", "/dev/stdin", os.ttyname(0):
    tell("own", path, termios.TCSETS, arg)
EOT
	cat >"$T/terminals" <<'EOT'
stty -echo </dev/tty && stty echo </dev/stdin && echo terminal
EOT
	for denied in "" "\"$T/secret\""; do
		settings more="$MODE" deny_read="$denied"
		run python3 "$T/devices.py" spawn "$SRT" -q \
		    -s "$T/settings.json" python3 "$T/devices.py" inside
		is "$(printf '%s\n' "$out" | grep -E '^(ptmx|other)' |
		    grep -c EACCES)" 6 \
		    "no ioctl of a device or another terminal (denied: $denied)"
		[ -z "$denied" ] || {
			is "$(printf '%s\n' "$out" | grep -c '^own set')" 9 \
			    "its own terminal is its own"
			is "$(printf '%s\n' "$out" | grep -c '^null ENOTTY')" 3 \
			    "the usual devices are opened"
		}
		run python3 "$T/devices.py" spawn "$SRT" -q \
		    -s "$T/settings.json" sh "$T/terminals"
		like "$out" '^terminal' "and so are stty's (denied: $denied)"
	done
	run python3 "$T/devices.py" spawn python3 "$T/devices.py" outside
	is "$(printf '%s\n' "$out" | grep -cE '^(ptmx|other|own) set')" 15 \
	    "outside all of them can be set"
	cat >"$T/capture.py" <<'EOT'
"""Makes a terminal that is nobody's its own, and uses it as /dev/tty."""
import fcntl
import os
import pty
import subprocess
import sys
import termios


def by_name(name):
    os.open(name, os.O_RDONLY)


def by_link(name):
    os.open("/proc/self/fd/%d" % os.open(name, os.O_PATH), os.O_RDONLY)


def by_openat2(name):
    os.symlink(name, "link")
    try:
        os.open("link", os.O_RDONLY)
    finally:
        os.unlink("link")


def by_stdin(name):
    os.open("/dev/stdin", os.O_RDONLY)


def by_ioctl(name):
    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def write():
    os.write(os.open("/dev/tty", os.O_RDWR), b"written")


def change():
    tty = os.open("/dev/tty", os.O_RDONLY)
    termios.tcsetattr(tty, termios.TCSANOW, termios.tcgetattr(tty))


def lead(how):
    """In a session of its own."""
    os.setsid()
    for what, act in (("taken", lambda: how(name)), ("written", write),
                      ("changed", change)):
        try:
            act()
            print(how.__name__, what, flush=True)
        except (OSError, termios.error):
            print(how.__name__, "held", flush=True)
    os._exit(0)


if sys.argv[1] == "spawn":
    other = pty.openpty()
    lent = os.open(os.ttyname(other[1]), os.O_RDONLY | os.O_NOCTTY)
    subprocess.run(sys.argv[3:] + [os.ttyname(other[1])], timeout=30,
                   start_new_session=True,
                   stdin=lent if sys.argv[2] == "lent" else
                   subprocess.DEVNULL)
    sys.exit(0)
name = sys.argv[2]
ways = (by_stdin, by_ioctl) if sys.argv[1] == "lent" else \
    (by_name, by_link, by_openat2)
for how in ways:
    if os.fork() == 0:
        lead(how)
    os.wait()
EOT
	capture() {
		run python3 "$T/capture.py" spawn "$@"
	}
	capture other python3 "$T/capture.py" other
	is "$(printf '%s\n' "$out" | grep -Ec 'taken|written|changed')" 9 \
	    "K34: outside a terminal that is nobody's can be taken"
	capture lent python3 "$T/capture.py" lent
	is "$(printf '%s\n' "$out" | grep -c written)" 2 \
	    "K34: one that was given for reading as well"
	for denied in "" "\"$T/secret\""; do
		settings more="$MODE" deny_read="$denied"
		capture other "$SRT" -q -s "$T/settings.json" \
		    python3 "$T/capture.py" other
		is "$(printf '%s\n' "$out" | grep -c held)" 9 \
		    "K34: inside it cannot (denied: $denied)"
		is "$(printf '%s\n' "$out" | grep -Ec 'taken|written|changed')" \
		    0 "K34: in no way (denied: $denied)"
		capture lent "$SRT" -q -s "$T/settings.json" \
		    python3 "$T/capture.py" lent
		is "$(printf '%s\n' "$out" | grep -c held) $(printf '%s\n' \
		    "$out" | grep -c written)" "$([ -z "$denied" ] &&
		    echo 4 0 || echo 3 0)" \
		    "K34: what is given for reading is not written ($denied)"
	done
fi
settings more="$MODE"
echo file >"$T/file"
srt sh -c "cat /dev/stdin <$T/file; echo pipe | cat /dev/stdin
    cat /dev/fd/3 3<$T/file; head -c 1 /dev/zero | wc -c; cat /dev/null
    head -c 1 /dev/urandom | wc -c; ls /dev | grep -x null"
is "$(printf '%s' "$out" | tr '\n' ' ')" "file pipe file 1 1 null" \
    "what else is in /dev is read"
shm=/dev/shm/srt-test.$$
(wait_for 20 test -e "$W/up" && echo later >"$shm"; : >"$W/go") 2>/dev/null &
srt sh -c ': >up; while [ ! -e go ]; do sleep 0.02; done; cat "$0"' "$shm"
wait "$!"
is "$out" later "and in its directories, made later"
rm -f "$shm" "$W/up" "$W/go"

# --- what loses its name

# losing MODE: the host removes what a command holds without having opened it.
losing() {
	rm -rf "$T/lose" "$W/held" "$W/within" "$W/elsewhere"
	mkdir "$T/lose" "$W/within"
	for f in "$T/lose/gone" "$W/gone" "$W/within/gone"; do
		echo secret >"$f"
	done
	chmod 644 "$T/lose/gone"
	ln "$T/lose/gone" "$T/lose/left"
	mkfifo "$T/lose/gone.fifo"
	exec 3<>"$T/lose/gone.fifo"
	(wait_for 20 test -e "$W/held" &&
	    rm "$T/lose/gone" "$T/lose/gone.fifo") &
	srt "$SRT_HELPERS/fd_attack" "$1" "$T/lose"
	wait "$!"
	exec 3>&-
}
for denied in "" "\"$T/secret\""; do
	settings more="$MODE" deny_read="$denied"
	losing lost
	is "$st $(printf '%s\n' "$out" | grep -c '^held F29')" "0 18" \
	    "F29: what the host removes is not written (denied: $denied)"
	unlike "$out" ^GOT "F29: nor changed (denied: $denied)"
	is "$(stat -c '%a %s' "$T/lose/left")" "644 7" \
	    "F29: so it stays as it is (denied: $denied)"
done
like "$err" 'deny file-write-data .*/lose/gone ' "F29: which is reported"
settings more="$MODE" \
    deny_read="\"$T/lose/gone\", \"$W/gone\", \"$W/within\""
losing unread
is "$st $(printf '%s\n' "$out" | grep -c '^held F29')" "0 4" \
    "F29: what is denied is not read, whoever removes it"
unlike "$out" ^GOT "F29: in any way"
srt sh -c 'echo own >t; exec 3<t; rm t; cat /dev/fd/3; exec 4<>u; rm u
    echo two >/dev/fd/4; chmod 640 /dev/fd/4; cat /dev/fd/4 /proc/self/fd/4
    exec 4>&-; mkfifo f; exec 4<>f; rm f; echo three >/dev/fd/4; read -r l <&4
    echo $l; mkdir d; cd d; rmdir ../d; ls; cat <<-EOT
	four
	EOT'
is "$(printf '%s' "$out" | tr '\n' ' ')" "own two two three four" \
    "temporary files of its own go on to work"
rm -rf "$T/lose" "$W/held" "$W/within" "$W/elsewhere" "$W/gone"

# --- other processes

settings more="$MODE"
sleep 1000 &
other=$!
wait_for 10 grep -qx sleep "/proc/$other/comm"
# This shell itself asks: at its children it may look on every machine.
{
	tr '\0' '\n' <"/proc/$other/environ" | grep -c '^SRT='
	readlink "/proc/$other/cwd"
	true <"/proc/$other/mem" && echo opened
} >"$T/looked" 2>/dev/null
is "$(tr '\n' ' ' <"$T/looked")" "1 $W opened " "outside a process is looked into"
# Where reading begins, at 0, there is never any memory.
srt sh -c "kill $other && echo killed; kill -9 $other && echo killed
    cat /proc/$other/environ; readlink /proc/$other/cwd
    (: </proc/$other/mem) && echo opened; renice 5 -p $other
    kill -0 \$PPID && echo reached"
is "$out" "" "another process is not looked into"
if have python3; then
	cat >"$T/numbers.py" <<'EOT'
"""Sets what belongs to a process: its own by number, or that of another."""
import os
import resource
import sys
import threading

SETS = (
    lambda pid: os.sched_setaffinity(pid, os.sched_getaffinity(0)),
    lambda pid: os.sched_setscheduler(pid, os.SCHED_OTHER,
                                      os.sched_param(0)),
    lambda pid: os.sched_setparam(pid, os.sched_param(0)),
    lambda pid: os.setpriority(os.PRIO_PROCESS, pid, 1),
    lambda pid: resource.prlimit(pid, resource.RLIMIT_CORE, (0, 0)))


def tell(what, pid):
    done = []
    for i, change in enumerate(SETS):
        try:
            change(pid)
            done.append(i)
        except OSError:
            pass
    print(what, *done)


def thread():
    ready.set()
    end.wait()


ready, end = threading.Event(), threading.Event()
other = threading.Thread(target=thread)
other.start()
ready.wait()
tell("zero", 0)
tell("own", os.getpid())
tell("thread", other.native_id)
end.set()
tell("shell", os.getppid())
tell("host", int(sys.argv[1]))
EOT
	srt sh -c "python3 $T/numbers.py $$; true"
	is "$out" "zero 0 1 2 3 4
own 0 1 2 3 4
thread 0 1 2 3
shell
host" "priority, scheduling, limits: a program's own and its threads' alone"
fi
check "nor ended" kill -0 "$other"
kill "$other"
srt sh -c 'sleep 100 & kill $! && wait $!; echo $?'
is "$out" 143 "its own it can end"

# --- network

if have python3; then
	cat >"$T/server.py" <<'EOT'
import http.server, socket, sys, threading
class H(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "3")
        self.end_headers()
        self.wfile.write(b"hi\n")
    def log_message(self, *a):
        open(sys.argv[1] + ".log", "a").write("asked\n")
s = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), H) for i in (0, 1)]
for x in s:
    threading.Thread(target=x.serve_forever, daemon=True).start()
u = socket.socket(socket.AF_UNIX)
u.bind(sys.argv[2])
u.listen()
a = socket.socket(socket.AF_UNIX)
a.bind("\0srt-landlock-mode")
a.listen()
open(sys.argv[1] + ".tmp", "w").write(
    "%d %d\n" % tuple(x.server_port for x in s))
import os
os.rename(sys.argv[1] + ".tmp", sys.argv[1])
while True:
    u.accept()[0].sendall(b"unix\n")
EOT
	python3 "$T/server.py" "$T/ports" "$T/host.sock" &
	server=$!
	wait_for 10 test -f "$T/ports" || not_ok "the server starts"
	read -r yes no <"$T/ports"
	cat >"$T/net.py" <<'EOT'
import errno, os, socket, sys
yes, no, sock = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
def tell(name, fn):
    try:
        print(name, fn())
    except OSError as e:
        print(name, errno.errorcode.get(e.errno, e.errno))
def get(port, family=socket.AF_INET, host="127.0.0.1"):
    s = socket.socket(family)
    s.settimeout(10)
    s.connect((host, port))
    s.sendall(b"GET / HTTP/1.0\r\n\r\n")
    data = b""
    while (part := s.recv(4096)):
        data += part
    return data[-3:-1].decode()
def unix(name):
    s = socket.socket(socket.AF_UNIX)
    s.connect(name)
    return s.recv(10).decode().strip()
def own():
    s = socket.socket(socket.AF_UNIX)
    s.bind("own.sock")
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect("own.sock")
    os.unlink("own.sock")
    return "own"
def fastopen():
    s = socket.socket()
    return s.sendto(b"GET / HTTP/1.0\r\n\r\n", 0x20000000, ("127.0.0.1", no))
def bind():
    socket.socket().bind(("127.0.0.1", 0))
def listen():
    socket.socket().listen()
tell("allowed", lambda: get(yes))
tell("denied", lambda: get(no))
tell("outside", lambda: get(80, host="192.0.2.1"))
tell("port-0", lambda: get(0))
tell("udp", lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
tell("udp6", lambda: socket.socket(socket.AF_INET6, socket.SOCK_DGRAM))
tell("raw", lambda: socket.socket(socket.AF_INET, socket.SOCK_RAW, 1))
tell("fastopen", fastopen)
tell("bind", bind)
tell("listen", listen)
tell("unix", lambda: unix(sock))
tell("abstract", lambda: unix("\0srt-landlock-mode"))
tell("abstract-bind", lambda: socket.socket(socket.AF_UNIX).bind("\0mine"))
tell("autobind", lambda: socket.socket(socket.AF_UNIX).bind(""))
tell("own", own)
EOT
	settings more="$MODE" net_allow="\"127.0.0.1:$yes\""
	srt python3 "$T/net.py" "$yes" "$no" "$T/host.sock"
	is "$out" "allowed hi
denied EACCES
outside EACCES
port-0 ECONNREFUSED
udp EACCES
udp6 EACCES
raw EPERM
fastopen ENOTSUP
bind EACCES
listen EACCES
unix EACCES
abstract EACCES
abstract-bind EACCES
autobind EACCES
own own" "connections, as the policy has them"
	is "$(grep -c asked "$T/ports.log")" 1 "one of them has arrived"
	like "$err" "deny network-outbound 127.0.0.1:$no " "which is reported"
	like "$err" "deny network-outbound unix:$T/host.sock " "a socket, too"
	settings more="$MODE" net_allow="\"127.0.0.1:$yes\"" \
	    net_more="\"allowUnixSockets\": [\"$T/host.sock\"],
	    \"allowLocalBinding\": true"
	srt python3 "$T/net.py" "$yes" "$no" "$T/host.sock"
	like "$out" '^unix unix$' "a listed socket is reached"
	like "$out" '^bind None$' "allowLocalBinding: bind"
	like "$out" '^listen None$' "and listen"
	if have curl; then
		srt curl -sS -m 10 --noproxy '*' "http://127.0.0.1:$yes/"
		is "$out" hi "curl, direct"
		srt curl -sS -m 10 --noproxy '' "http://127.0.0.1:$yes/"
		is "$out" hi "curl, by the proxy variables"
		srt curl -sS -m 10 --noproxy '' -x "" --socks5-hostname \
		    localhost:1080 "http://127.0.0.1:$yes/"
		is "$out" hi "curl, by SOCKS"
		srt curl -sS -m 10 --noproxy '' "http://127.0.0.1:$no/"
		unlike "$out" '^hi$' "and to no other port"
		srt curl -sS -m 10 --noproxy '*' "http://127.0.0.1:$no/"
		is "$st" 7 "in neither way"
	else
		skip "curl" "no curl"
	fi
	srt python3 -c 'import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
for r in (libc.shmget(0, 100, 0o1600), libc.semget(0, 1, 0o1600),
    libc.msgget(0, 0o1600)):
	print(r, errno.errorcode[ctypes.get_errno()])'
	is "$out" "-1 ENOSYS
-1 ENOSYS
-1 ENOSYS" "no System V objects"
	kill "$server"
	cat >"$T/options.py" <<'EOT'
"""What would have a socket's packets go elsewhere, or carry words."""
import errno
import socket
import struct

IP, IP6 = socket.IPPROTO_IP, socket.IPPROTO_IPV6


def group(family, text):
    return (struct.pack("=HH", family, 0) + bytes(
        4 if family == socket.AF_INET6 else 0) +
        socket.inet_pton(family, text)).ljust(128, b"\0")


def join(family, text, source):
    return struct.pack("=II", 1, 0) + group(family, text) + \
        group(family, source)


old = b"".join(socket.inet_aton(a) for a in
               ("232.1.2.3", "127.0.0.1", "10.1.2.3"))
device = struct.pack("!I", 1)
route = bytes((0, 2, 4, 0, 0, 0, 0, 0)) + bytes(16)
label = socket.inet_pton(socket.AF_INET6, "::1") + \
    struct.pack("!I", 0x12345) + struct.pack("=BBHHHI", 0, 255, 1, 10, 10, 0)
HELD = (
    ("device", socket.AF_INET, socket.SOL_SOCKET, 25, b"lo"),
    ("index", socket.AF_INET, socket.SOL_SOCKET, 62, struct.pack("i", 1)),
    ("options", socket.AF_INET, IP, 4, b"\1\1\1\1"),
    ("source", socket.AF_INET, IP, 39, old),
    ("source6-of-4", socket.AF_INET6, IP, 39, old),
    ("group", socket.AF_INET, IP, 42, join(2, "232.1.2.4", "10.1.2.3")[:136]),
    ("join", socket.AF_INET, IP, 46, join(2, "232.1.2.4", "10.1.2.3")),
    ("interface", socket.AF_INET, IP, 50, device),
    ("pktoptions", socket.AF_INET6, IP6, 6, b""),
    ("label", socket.AF_INET6, IP6, 32, label),
    ("join6", socket.AF_INET6, IP6, 46, join(10, "ff35::1", "fd00::7")),
    ("pktinfo", socket.AF_INET6, IP6, 50, bytes(15) + b"\1\1\0\0\0"),
    ("route", socket.AF_INET6, IP6, 57, route),
    ("interface6", socket.AF_INET6, IP6, 76, device))
FREE = (
    ("tos", socket.AF_INET, IP, socket.IP_TOS, struct.pack("i", 16)),
    ("class", socket.AF_INET6, IP6, socket.IPV6_TCLASS, struct.pack("i", 16)),
    ("v6only", socket.AF_INET6, IP6, socket.IPV6_V6ONLY, struct.pack("i", 1)))
for name, family, level, number, value in HELD + FREE:
    s = socket.socket(family)
    try:
        s.setsockopt(level, number, value)
        print(name, "set")
    except OSError as e:
        print(name, errno.errorcode.get(e.errno, e.errno))
EOT
	run python3 "$T/options.py"
	is "$(printf '%s\n' "$out" | grep -vc ' set$')" 0 \
	    "N30: outside a socket's packets can be led anywhere"
	srt python3 "$T/options.py"
	is "$(printf '%s\n' "$out" | grep -c ' EPERM$')" 14 \
	    "N30: inside they cannot"
	is "$(printf '%s\n' "$out" | grep ' set$' | tr '\n' ' ')" \
	    "tos set class set v6only set " "N30: what stays inside can be set"
else
	skip "network" "no python3"
fi

# --- git

settings more="$MODE"
if have git; then
	srt sh -c 'export GIT_CONFIG_GLOBAL=/dev/null
	git init -q r && cd r && git config user.name n &&
	git config user.email a@b && echo x >f && git add f &&
	git commit -q -m one && git clone -q . ../r2 && git -C ../r2 log --format=%s'
	is "$out" one "git init, commit, clone"
	srt sh -c 'cd r; echo x >.git/hooks/pre-commit; git config a.b c
	    mv .git g; ls .git/hooks/pre-commit g'
	is "$out" "" "and an old repository stays as it is"
	rm -rf "$W/r" "$W/r2"
else
	skip "git" "no git"
fi

# --- the end

# Marks by which the test finds what is left of it.
mark="4$$"
srt sh -c "(setsid sleep $mark.1 &) ; (setsid sh -c 'trap \"\" HUP TERM
    sleep $mark.2; :' &); sleep $mark.3 & exit 3"
is "$st" 3 "the command ends with others behind it"
is "$(pids_of "sleep $mark")" "" "which are gone"
if have python3; then
	cat >"$T/chains.py" <<'EOT'
import os, time
for i in range(8):
    if os.fork() == 0:
        os.setsid()
        while True:
            try:
                if os.fork():
                    os._exit(0)
            except OSError:
                time.sleep(0.001)
time.sleep(0.2)
EOT
	srt python3 "$T/chains.py"
	is "$st" 0 "so are those that never stand still"
	is "$(pids_of "python3 $T/chains.py")" "" "none is left"
fi

# role NAME: the pid of one of srt's processes, in $role; $run is the first.
role() {
	ex=$(pids_child "$run" srt-exec)
	case $1 in
	srt)	role=$run ;;
	exec)	role=$ex ;;
	broker)	role=$(pids_child "$ex" .) ;;
	init)	role=$(pids_child "$(pids_child "$ex" .)" .) ;;
	proxy)	wait_for 10 proxy_there ;;
	esac
}

# shellcheck disable=SC2317
proxy_there() {
	role=$(pids_child "$run" srt-proxy)
	[ -n "$role" ]
}

pids_child() {
	tr " " "\n" <"/proc/$1/task/$1/children" | while read -r _c; do
		grep -q "$2" "/proc/$_c/comm" && echo "$_c"
	done
}

# shellcheck disable=SC2317
gone() {
	[ -z "$(pids_of "sleep $mark")" ]
}

# The second time none of them can be there first: they are stopped.
for who in srt stopped exec broker init proxy; do
	rm -f "$W/up"
	mark=4${mark}
	"$SRT" -q -s "$T/settings.json" sh -c "(setsid sleep $mark.4 &)
	    (setsid sh -c 'sleep $mark.5; :' &); : >up; exec sleep $mark.6" \
	    2>/dev/null &
	run=$!
	wait_for 10 test -e "$W/up"
	if [ "$who" = stopped ]; then
		for r in init broker exec; do
			role "$r"
			kill -STOP "$role"
		done
		role srt
	else
		role "$who"
	fi
	kill -9 "$role"
	wait "$run"
	st=$?
	[ "$role" = "$run" ] || is "$st" 125 "$who killed: status 125"
	check "$who killed: nothing lives on" wait_for 10 gone
done

# What a shell had in the background before "exec srt" is nobody's to end.
rm -f "$W/up"
mark=4$mark
sh -c 'sleep "$1.7" & exec "$2" -q -s "$3" sh -c \
    "(setsid sleep $1.8 &); : >up; exec sleep $1.9"' sh "$mark" "$SRT" \
    "$T/settings.json" 2>/dev/null &
run=$!
wait_for 10 test -e "$W/up"
role exec
kill -9 "$role"
wait "$run"
is "$? $(pids_of "sleep $mark.8")" "125 " "exec killed: nothing lives on"
callers=$(pids_of "sleep $mark.7")
check "but what was the caller's" kill "$callers"

# --- what it says of itself

srt --check
is "$st" 0 "--check"
like "$out" '^less  mode  ' "lists what is not enforced"
is "$(printf '%s\n' "$out" | grep -v -e '^ok  ' -e '^less  ' \
    -e '^missing  cgroup ')" "" "and nothing else is amiss"
run "$SRT" -s "$T/settings.json" --explain "write:$T/x"
is "$st" 1 "--explain"
like "$err" 'mode "landlock": ' "does so, too"
run "$SRT" -s "$T/settings.json" --explain write:/dev/null
is "$st" 0 "--explain knows the devices"
run "$SRT" -s "$T/settings.json" -nn
like "$out" '"mode": "landlock"' "-nn shows it"
for key in '"allowNestedUserNamespaces": true' '"limits": {"pids": 50}'; do
	settings more="$MODE, $key"
	srt sh -c ': >up2'
	is "$st" 125 "refused: $key"
	check "and nothing ran: $key" test ! -e "$W/up2"
done
settings more="$MODE" net_more='"publishPorts": [8080]'
srt true
is "$st" 125 "refused: publishPorts"

# --- where there are no user namespaces

if [ -x "$OLD" ]; then
	settings
	run "$OLD" no-userns -- "$SRT" -s "$T/settings.json" sh -c ': >up3'
	is "$st" 125 "no user namespaces: the start is refused"
	like "$err" 'or set "mode": "landlock"' "with the name of the cure"
	check "nothing ran" test ! -e "$W/up3"
	settings more="$MODE"
	run "$OLD" no-userns -- "$SRT" -s "$T/settings.json" sh -c \
	    ": >up3; echo x >$T/out"
	check "by name it runs" test -e "$W/up3"
	check "and holds" test ! -e "$T/out"
fi

done_testing
