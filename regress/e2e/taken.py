# SPDX-License-Identifier: ISC
#
# Drives the programs of regress/helper/taken.h, for taken.t, rave.t and
# death.t: a copy of them in $T, the file that commands them, and what is to
# be left of a run, which is nothing.

import atexit
import fcntl
import os
import pty
import random
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import time

T = os.environ["T"]
W = os.environ["W"]
HOME = os.environ["HOME"]
TREE = T + "/taken"
SRT = TREE + "/bin/srt"
CONTROL = TREE + "/control"
SETTINGS = T + "/settings.json"
# Not on the rig's own /tmp: that is taken off the tree from which the sandbox
# was made, and could not be reached by it.
PLACE = tempfile.mkdtemp(prefix="srt-taken.", dir="/var/tmp")
atexit.register(shutil.rmtree, PLACE, True)
SECRET = PLACE + "/secret"
DENIED = SECRET + ".denied"
OUTSIDE = PLACE + "/outside"

NOTHING, TRY, TRY_FREE, RAVE, TRACE, FAULT, FORGE = range(7)
WHO = {"srt": 0, "proxy": 1, "exec": 2, "monitor": 3, "resolver": 4,
       "broker": 5, "keeper": 6, "tls": 7, "init": 16, "command": 17,
       "role": 18, "cgroup": 19}

HEAD = struct.Struct("<IIIiIIiI256s256s256s104s104s32sIiII")
SIZE = HEAD.size + 60000

# --- TAP

tap_n = tap_failed = 0


def ok(good, name, why=""):
    global tap_n, tap_failed
    tap_n += 1
    tap_failed += not good
    print("%s %d - %s" % ("ok" if good else "not ok", tap_n, name))
    if not good:
        for line in str(why).splitlines()[:40]:
            print("# " + line)
    sys.stdout.flush()
    return good


def seed_of(args):
    """The first of them; where there is none, or 0, it is the time."""
    given = args[0] if args else ""
    return int(given) if given.isdigit() and int(given) else int(time.time())


def done():
    print("1..%d" % tap_n)
    sys.exit(tap_failed != 0)


# --- the programs

def install():
    """Puts the programs where their file can be beside them."""
    shutil.copytree(os.environ["SRT_HELPERS"] + "/taken", TREE)
    for path in SECRET, DENIED:
        with open(path, "w") as f:
            f.write("secret\n")


class World:
    """What a taken role finds outside: a listener, sockets, a process."""

    def __init__(self):
        self.tcp = socket.socket()
        self.tcp.bind(("127.0.0.1", 0))
        self.tcp.listen(64)
        self.port = self.tcp.getsockname()[1]
        self.unix = T + "/host.sock"
        self.datagram = T + "/host.dgram"
        self.stream = socket.socket(socket.AF_UNIX)
        self.stream.bind(self.unix)
        self.stream.listen(64)
        self.dgram = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.dgram.bind(self.datagram)
        self.dgram.setblocking(False)
        self.host = subprocess.Popen(
            ["sh", "-c", "trap '' XFSZ; exec sleep 100000"],
            stdin=subprocess.DEVNULL)
        # It has to have set its trap.
        while not name_of(self.host.pid).startswith("sleep"):
            time.sleep(0.01)

    def drain(self):
        """So that there is room for more."""
        try:
            while True:
                self.dgram.recv(64)
        except BlockingIOError:
            pass

    def close(self):
        self.host.kill()
        self.host.wait()


def parent_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return int(f.read().rpartition(")")[2].split()[1])
    except OSError:
        return None


def command(mode, who="srt", nth=0, action=0, sticky=0, seed=0, call="",
            world=None, say=b""):
    """Writes the file that the programs obey."""
    def text(s):
        return s.encode()
    head = HEAD.pack(mode, WHO[who], nth, action, sticky, seed,
                     world.host.pid if world else 0,
                     world.port if world else 0,
                     text(SECRET), text(SETTINGS), text(W),
                     text(world.unix if world else ""),
                     text(world.datagram if world else ""), text(call),
                     0, 0, 0, len(say))
    fresh = CONTROL + ".new"
    with open(fresh, "wb") as f:
        f.write(head + say + bytes(SIZE - HEAD.size - len(say)))
    os.rename(fresh, CONTROL)


def answer():
    """fired, pid, calls, text"""
    with open(CONTROL, "rb") as f:
        data = f.read()
    fired, pid, calls, length = HEAD.unpack(data[:HEAD.size])[14:]
    text = data[HEAD.size:HEAD.size + length]
    return fired, pid, calls, text.decode("latin-1")


def settings(more="", net="", allow='"allowed.test"'):
    with open(SETTINGS, "w") as f:
        f.write("""{
  "network": {
    "allowedDomains": [%s], "deniedDomains": []%s },
  "filesystem": { "denyRead": ["%s"], "allowWrite": ["%s"],
    "denyWrite": [] }%s
}""" % (allow, net, DENIED, W, more))


# --- what is left

def pids():
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]


def state_of(pid):
    try:
        with open("/proc/%d/stat" % pid) as f:
            return f.read().rpartition(")")[2].split()[0]
    except OSError:
        return None


def name_of(pid):
    try:
        with open("/proc/%d/cmdline" % pid, "rb") as f:
            return f.read().replace(b"\0", b" ").decode("latin-1")
    except OSError:
        return "?"


class Baseline:
    def __init__(self):
        self.pids = set(pids())
        self.rest = self.look()

    @staticmethod
    def look():
        with open("/proc/self/mountinfo") as f:
            mounts = sorted(f)
        ports = []
        for name in ("tcp", "tcp6", "udp", "udp6"):
            with open("/proc/net/" + name) as f:
                for line in list(f)[1:]:
                    words = line.split()
                    if words[3] in ("0A", "07"):
                        ports.append((name, words[1]))
        with open("/proc/net/unix") as f:
            names = sorted(line.split()[7] for line in list(f)[1:]
                           if len(line.split()) > 7)
        files = []
        for top in ("/tmp", "/dev/shm", "/run/user/%d" % os.getuid(), HOME):
            try:
                files += [top + "/" + n for n in os.listdir(top)]
            except OSError:
                pass
        return mounts, sorted(ports), sorted(files), names

    def processes(self):
        return [p for p in pids() if p not in self.pids and
                state_of(p) not in (None, "Z", "X")]

    def left(self, seconds):
        """What is still there after so many seconds, as text."""
        end = time.monotonic() + seconds
        while True:
            procs = self.processes()
            if not procs:
                break
            if time.monotonic() > end:
                text = "".join("process %d (%s) %s\n" %
                               (p, state_of(p), name_of(p)) for p in procs)
                for p in procs:
                    try:
                        os.kill(p, signal.SIGKILL)
                    except OSError:
                        pass
                return text
            time.sleep(0.002)
        now = self.look()
        text = ""
        for what, old, new in zip(("mounts", "ports", "files", "sockets"),
                                  self.rest, now):
            # What somebody else takes off meanwhile is gone here as well.
            if what == "mounts" and set(new) <= set(old):
                continue
            if old != new:
                text += "%s: %s\n" % (what, sorted(set(map(str, new)) ^
                                                   set(map(str, old))))
        return text


# --- a run

def on_terminal():
    """For preexec_fn, and the two ends of it."""
    master, slave = pty.openpty()

    def first():
        os.setsid()
        fcntl.ioctl(slave, termios.TIOCSCTTY, 0)
    return first, master, slave


# A name is asked for: before that the resolver is not what it will be.
ASK = """python3 -c 'import socket
s = socket.create_connection(("127.0.0.1", 3128))
s.sendall(b"CONNECT allowed.test:80 HTTP/1.1\\r\\n" +
          b"Host: allowed.test:80\\r\\n\\r\\n")
s.recv(100)'"""


class Run:
    def __init__(self, args, srt=SRT, options=(), fds=(), env=None,
                 first=os.setpgrp):
        self.err = open(T + "/run.err", "w+b")
        self.tty = None
        self.started = time.monotonic()
        self.p = subprocess.Popen(
            [srt, "-s", SETTINGS, *options, *args], cwd=W,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=self.err, preexec_fn=first, pass_fds=fds,
            env={**os.environ, **(env or {})})

    def wait(self, seconds):
        """The exit status; None if it takes longer."""
        try:
            return self.p.wait(seconds)
        except subprocess.TimeoutExpired:
            return None

    def kill(self):
        self.p.kill()
        self.p.wait()

    def said(self):
        # With the last of its ends a terminal hangs up.
        if self.tty is not None:
            os.close(self.tty)
        self.err.seek(0)
        text = self.err.read().decode("latin-1")
        self.err.close()
        return text
