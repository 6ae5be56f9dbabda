# SPDX-License-Identifier: ISC
"""What attack_host.t attacks the host with: attack_host.py WHAT ..."""

import ctypes
import errno
import fcntl
import os
import pty
import select
import signal
import socket
import sys
import termios
import time

RT = ctypes.CDLL(None, use_errno=True)


def serve(ready, paths):
    """Sockets of services that start programs; says who has come."""
    servers = []
    for path in paths:
        s = socket.socket(socket.AF_UNIX)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        s.bind(path)
        s.listen(5)
        servers.append(s)
    open(ready, "w").close()
    while True:
        for s in select.select(servers, [], [])[0]:
            c, _ = s.accept()
            print("connection", s.getsockname(), flush=True)
            c.close()


def reach(paths):
    for path in paths:
        for kind in (socket.SOCK_STREAM, socket.SOCK_SEQPACKET):
            try:
                s = socket.socket(socket.AF_UNIX, kind)
                s.connect(path)
                print("REACHED", path)
            except OSError:
                pass
    print("done")


def queue(name, flags):
    """A message queue of that name: what is in it, and one more."""
    mq_open = RT.mq_open
    mq = mq_open(name.encode(), flags, 0o600, None)
    if mq == -1:
        print(errno.errorcode[ctypes.get_errno()])
        return
    buf = ctypes.create_string_buffer(65536)
    if flags & os.O_CREAT:
        RT.mq_send(mq, b"secret", 6, 0)
        print("made")
    else:
        n = RT.mq_receive(mq, buf, 65536, None)
        print("REACHED", buf.raw[:n].decode() if n > 0 else "")


def keyring():
    """Is there any keyring, of the session, the user or the process?"""
    number = 250 if os.uname().machine == "x86_64" else 219
    for ring in (-1, -2, -3, -4, -5):
        for call in ((0, ring, 0), (0, ring, 1), (6, ring, 0), (1, b"x")):
            if RT.syscall(number, *call) != -1:
                print("REACHED", ring)
                break
    print("done")


def lock(path, held):
    """A lock on a file that can be read, until there is a file "enough"."""
    try:
        fd = os.open(path, os.O_RDONLY)
        fcntl.flock(fd, fcntl.LOCK_EX | fcntl.LOCK_NB)
        print("locked", flush=True)
    except OSError as error:
        print(errno.errorcode[error.errno], flush=True)
        return
    if held:
        open("locked", "w").close()
        while not os.path.exists("enough"):
            time.sleep(0.02)


def space(path):
    """How much can be put there?"""
    st = os.statvfs(path)
    total = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    size = st.f_blocks * st.f_frsize
    print("bounded" if 0 < size <= total else "unbounded size")
    print("bounded" if 0 < st.f_files < 1000000 else "unbounded inodes")
    with open(os.path.join(path, "big"), "wb") as f:
        try:
            os.posix_fallocate(f.fileno(), 0, max(size, 10 << 30) + 4096)
            print("GOT it")
        except OSError as error:
            print(errno.errorcode[error.errno])
    os.unlink(os.path.join(path, "big"))


def inodes(path):
    """Names without end; what is left of them is counted at the end."""
    n = 0
    try:
        while n < 1000000:
            os.mknod(os.path.join(path, "i%d" % n))
            n += 1
        print("GOT it")
    except OSError as error:
        print(errno.errorcode[error.errno])
    print(n)


def steal(own):
    """The terminal, for a session of its own; it is the descriptor 0."""
    pid = os.fork()
    if pid == 0:
        os.setsid()
        for how in (0, 1):
            try:
                fcntl.ioctl(0, termios.TIOCSCTTY, how)
                print("GOT TIOCSCTTY", how, flush=True)
            except OSError:
                pass
        if own:
            os._exit(0)
        try:
            os.tcsetpgrp(0, os.getpgrp())
            print("GOT TIOCSPGRP")
        except OSError:
            pass
        for name, request in (("TIOCVHANGUP", 0x5437), ("TIOCCONS", 0x541D),
                              ("TIOCSTI", 0x5412), ("KDSKBMODE", 0x4B45),
                              ("TIOCSERCONFIG", 0x5453),
                              ("TIOCSSERIAL", 0x541F),
                              ("TIOCGPTPEER", 0x5441),
                              ("KDSKBSENT", 0x4B49), ("VT_ACTIVATE", 0x5606)):
            try:
                fcntl.ioctl(0, request, b"x" * 512 if name not in
                            ("KDSKBMODE", "VT_ACTIVATE", "TIOCGPTPEER")
                            else 2)
                print("GOT", name)
            except OSError:
                pass
        for name in ("/dev/tty", "/dev/console", "/dev/pts/0"):
            try:
                fd = os.open(name, os.O_RDWR | os.O_NOCTTY)
                fcntl.ioctl(fd, termios.TIOCSCTTY, 1)
                print("GOT", name)
            except OSError:
                pass
        print("tried", flush=True)
        os._exit(0)
    os.waitpid(pid, 0)


def stall():
    """The terminal, descriptor 0, for nobody else and for nothing."""
    for name, call in (("TIOCEXCL", lambda: fcntl.ioctl(0, termios.TIOCEXCL)),
                       ("TCOOFF", lambda: termios.tcflow(0, termios.TCOOFF))):
        try:
            call()
        except (OSError, termios.error):
            continue
        # Not to the terminal: that may stand still by now.
        open("stalled." + name, "w").close()


def can_be_opened():
    try:
        os.close(os.open("/dev/tty", os.O_RDWR))
    except OSError:
        return False
    return True


def on_terminal(words):
    """Runs it with a terminal; who controls that terminal afterwards?"""
    pid, fd = pty.fork()
    if pid == 0:
        mine = os.getsid(0)
        child = os.spawnvp(os.P_WAIT, words[0], words)
        try:
            same = termios.tcgetattr(0) and os.tcgetpgrp(0) == os.getpgrp()
        except OSError:
            same = False
        flows = select.select([], [1], [], 0.2)[1]
        termios.tcflow(0, termios.TCOON)
        print("flows" if flows else "STOPPED",
              "opens" if can_be_opened() else "LOCKED")
        print("kept" if same and os.getsid(0) == mine else "LOST", child,
              flush=True)
        os._exit(0)
    seen = b""
    end = time.monotonic() + 25
    while time.monotonic() < end:
        if not select.select([fd], [], [], 1)[0]:
            continue
        try:
            data = os.read(fd, 65536)
        except OSError:
            break
        if not data:
            break
        seen += data
    os.kill(pid, signal.SIGKILL)
    os.waitpid(pid, 0)
    sys.stdout.write(seen.decode().replace("\r", ""))


def peer(names, seconds):
    """Looks for processes of these names, and into what it finds."""
    end = time.monotonic() + seconds
    seen, read, round_ = set(), set(), 0
    mine = str(os.getpid())
    open("looking", "w").close()
    while time.monotonic() < end and not os.path.exists("enough"):
        round_ += 1
        for p in os.listdir("/proc"):
            # Within, 1 is srt's, and nobody looks into it.
            if not p.isdigit() or p in (mine, "1"):
                continue
            try:
                with open("/proc/%s/comm" % p) as f:
                    name = f.read().strip()
            except OSError:
                continue
            if name not in names:
                continue
            seen.add(name)
            try:
                os.close(os.open("/proc/%s/mem" % p, os.O_RDWR))
                read.add(name)
            except OSError:
                pass
    print("rounds", "many" if round_ > 20 else round_)
    print("seen", *sorted(seen))
    print("memory", *sorted(read))


def priorities(user):
    """Whatever the caller's group goes by, and its user."""
    libc = ctypes.CDLL(None, use_errno=True)
    ioprio = 251 if os.uname().machine == "x86_64" else 30
    uid = os.getuid()
    for what, who in ((os.PRIO_PGRP, 0), (os.PRIO_PGRP, os.getpgrp()),
                      (os.PRIO_USER, uid), (os.PRIO_USER, 0)):
        if what == os.PRIO_USER and not user:
            continue
        try:
            os.setpriority(what, who, 7)
        except OSError:
            pass
    for which, who in ((2, 0), (2, os.getpgrp()), (3, uid), (3, 0)):
        if which != 3 or user:
            libc.syscall(ioprio, which, who, 3 << 13)
    try:
        os.kill(0, signal.SIGTERM)
    except OSError:
        pass


def bystander(words):
    """In the command's process group, by which the command might reach us."""
    os.setsid()
    hit = []
    signal.signal(signal.SIGTERM, lambda *_: hit.append("signal"))
    child = os.posix_spawnp(words[0], words, os.environ,
                            setsigdef=[signal.SIGTERM])
    while True:
        try:
            os.waitpid(child, 0)
            break
        except InterruptedError:
            continue
    libc = ctypes.CDLL(None)
    ioprio = 252 if os.uname().machine == "x86_64" else 31
    print("nice", os.getpriority(os.PRIO_PROCESS, 0), "io",
          libc.syscall(ioprio, 1, 0) >> 13, *hit)


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "serve":
        serve(args[0], args[1:])
    elif what == "reach":
        reach(args)
    elif what == "queue":
        queue(args[0], os.O_RDWR | (os.O_CREAT if len(args) > 1 else 0))
    elif what == "unqueue":
        RT.mq_unlink(args[0].encode())
    elif what == "keyring":
        keyring()
    elif what == "lock":
        lock(args[0], len(args) > 1)
    elif what == "space":
        space(args[0])
    elif what == "inodes":
        inodes(args[0])
    elif what == "steal":
        steal(len(args) > 0)
    elif what == "stall":
        stall()
    elif what == "terminal":
        on_terminal(args)
    elif what == "priorities":
        priorities(len(args) > 0)
    elif what == "bystander":
        bystander(args)
    elif what == "peer":
        peer(args, 20)


main()
