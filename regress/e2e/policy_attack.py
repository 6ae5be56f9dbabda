# SPDX-License-Identifier: ISC
"""What policy_attack.t attacks with: policy_attack.py WHAT ...

    parent FILE     a parent proxy that tells what it got, and sends the
                    request back in answer to TRACE; its port goes to FILE
    pair FILE       listens on a Unix socket as such a proxy
    get PORT LINE.. says the lines to a port and prints what comes
    hoard PORT N FOLDER  holds N connections to a port until FOLDER/stop
    ask HOW LOG SRT WORD ...  answers --ask-fd: see answer()
    tty KEYS LOG SRT WORD ...  a person who types KEYS blindly, at once
    descriptors     of this process, and what other processes show
    steal           takes the terminal while a question is put, and reads
    lock N          stops itself, ignores SIGTERM
    serve PORT      a server inside
    endless FILE ADDRESS  a server whose answers never end
    unending FILE   a proxy on a Unix socket likewise
    held HOST PORT OTHER FOLDER  connections that never end, told when cut
"""

import fcntl
import json
import os
import pty
import select
import signal
import socket
import sys
import termios
import threading
import time


def listener(path, address="127.0.0.1"):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 0))
    s.listen(64)
    with open(path + ".new", "w") as f:
        f.write("%d\n" % s.getsockname()[1])
    os.rename(path + ".new", path)
    return s


def head(c):
    data = b""
    while b"\r\n\r\n" not in data:
        more = c.recv(4096)
        if not more:
            break
        data += more
    return data


def proxy(s):
    while True:
        c, _ = s.accept()
        data = head(c)
        print(data.decode("latin-1").replace("\r\n", "|"), flush=True)
        body = data if data.startswith(b"TRACE") else b"seen\n"
        c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n"
                  b"Connection: close\r\n\r\n%s" % (len(body), body))
        c.close()


def parent(path):
    proxy(listener(path))


def pair(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    proxy(s)


def get(port, *lines):
    s = socket.create_connection(("127.0.0.1", int(port)))
    s.settimeout(10)
    s.sendall("".join(line + "\r\n" for line in lines).encode() + b"\r\n")
    data = b""
    try:
        while True:
            more = s.recv(65536)
            if not more:
                break
            data += more
    except OSError:
        pass
    print(data.decode("latin-1"))


def hoard(port, n, folder):
    held = []
    for _ in range(int(n)):
        s = socket.socket()
        s.settimeout(10)
        try:
            s.connect(("127.0.0.1", int(port)))
        except OSError:
            break
        held.append(s)
    open(os.path.join(folder, "held"), "w").close()
    while not os.path.exists(os.path.join(folder, "stop")):
        time.sleep(0.05)


def serve(port):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind(("127.0.0.1", int(port)))
    s.listen(4096)
    open("serving", "w").close()
    held = []
    while True:
        c, _ = s.accept()
        held.append(c)


def never_ends(c):
    text = head(c)
    try:
        if b"upgrade:" in text.lower():
            c.sendall(b"HTTP/1.1 101 Switching Protocols\r\n"
                      b"Upgrade: websocket\r\nConnection: upgrade\r\n\r\n")
        elif text.startswith(b"CONNECT"):
            c.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        else:
            c.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        while True:
            c.sendall(b"x")
            time.sleep(0.02)
    except OSError:
        pass
    c.close()


def each(s):
    while True:
        threading.Thread(target=never_ends, args=(s.accept()[0],),
                         daemon=True).start()


def endless(path, address):
    each(listener(path, address))


def unending(path):
    s = socket.socket(socket.AF_UNIX)
    s.bind(path)
    s.listen(64)
    each(s)


def held(host, port, other, folder):
    where = "%s:%s" % (host, port)
    get = "GET http://%s/ HTTP/1.1\r\nHost: x\r\n"
    said = {
        "plain": get % where + "\r\n",
        "upgrade": get % where + "Upgrade: websocket\r\n"
        "Connection: upgrade\r\n\r\n",
        "upload": "PUT http://%s/ HTTP/1.1\r\nHost: x\r\n"
        "Content-Length: 1000000\r\n\r\n" % where,
        "mitm-plain": get % other + "\r\n",
        "mitm-upgrade": get % other + "Upgrade: websocket\r\n"
        "Connection: upgrade\r\n\r\n",
        "mitm-tunnel": "CONNECT %s:443 HTTP/1.1\r\n\r\n" % other,
        "half": "CONNECT %s HTTP/1.1\r\n\r\n" % where +
        "GET / HTTP/1.1\r\n\r\n",
    }
    ready = []

    def one(name):
        s = socket.create_connection(("127.0.0.1", 3128))
        s.sendall(said[name].encode())
        text = b""
        while not text.endswith(b"xxx"):
            text += s.recv(1)
        if name == "half":
            s.shutdown(socket.SHUT_WR)
        ready.append(name)
        try:
            while s.recv(4096):
                if name == "upload":
                    s.sendall(b"y")
        except OSError:
            pass
        open(os.path.join(folder, "cut." + name), "w").close()

    threads = [threading.Thread(target=one, args=(n,)) for n in said]
    for t in threads:
        t.start()
    while len(ready) < len(said):
        time.sleep(0.02)
    open(os.path.join(folder, "ready"), "w").close()
    for t in threads:
        t.join()


# Answers to --ask-fd.

def answer(how, q):
    line = {"id": q["id"], "answer": "allow"}
    if how == "other":
        line["id"] = q["id"] + 1
    elif how == "fraction":
        line["id"] = q["id"] + 0.5
    elif how == "text":
        line["id"] = str(q["id"])
    elif how == "case":
        line["answer"] = "Allow"
    elif how == "scope":
        line["scope"] = "always"
    elif how == "nul":
        return b'{"id":%d,"answer":"allow\\u0000deny"}\n' % q["id"]
    elif how == "long":
        return b'{"id":%d,"answer":"allow","reason":"%s"}\n' % (
            q["id"], b"x" * 200000)
    elif how in ("early", "silent"):
        return None
    return (json.dumps(line) + "\n").encode()


def ask(how, log, *words):
    ours, theirs = socket.socketpair()
    if how == "early":
        # Before any question: for what may come.
        ours.sendall(b"".join(b'{"id":%d,"answer":"allow","scope":"run"}\n' %
                              i for i in range(1, 20)))
    pid = os.fork()
    if pid == 0:
        ours.close()
        os.dup2(theirs.fileno(), 6)
        os.execv(words[0], words)
    theirs.close()
    with open(log, "wb") as out:
        for line in ours.makefile("rb"):
            out.write(line)
            out.flush()
            what = answer(how, json.loads(line.decode("utf-8", "strict")))
            if what is not None:
                ours.sendall(what)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def tty(keys, log, *words):
    """Types all the time, and never sees what is asked."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execv(words[0], words)
    seen = b""
    done = 0
    end = time.monotonic() + 25
    typed = 0.0
    looked = None
    now = time.monotonic()
    while now < end:
        before, now = now, time.monotonic()
        if select.select([fd], [], [], 0.02)[0]:
            try:
                data = os.read(fd, 65536)
            except OSError:
                break
            if not data:
                break
            seen += data
        # The person looks up a moment after there is something to read,
        # which there was not at the turn before.
        asked = seen.count(b"[n] ")
        if b"wants to reach" in seen and looked is None:
            looked = before + 0.2
        if keys.startswith("answer:"):
            if asked > done:
                done = asked
                os.write(fd, keys[7:].encode().decode("unicode_escape")
                         .encode("latin-1"))
        elif ((looked is None or time.monotonic() < looked) and
              time.monotonic() - typed > 0.03):
            typed = time.monotonic()
            os.write(fd, keys.encode().decode("unicode_escape").encode())
    with open(log, "wb") as out:
        out.write(seen.replace(b"\r", b""))
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def steal():
    """In the background with the signals ignored that would stop it."""
    for sig in (signal.SIGTTOU, signal.SIGTTIN, signal.SIGTSTP):
        signal.signal(sig, signal.SIG_IGN)
    fd = os.open("/dev/tty", os.O_RDWR)
    end = time.monotonic() + 4
    got = b""
    while time.monotonic() < end:
        for what in ("write", "inject", "mode", "front", "read"):
            try:
                if what == "write":
                    os.write(fd, b"\x1b[2J\x1b[8m")
                elif what == "inject":
                    for c in b"y\n":
                        fcntl.ioctl(fd, termios.TIOCSTI, bytes([c]))
                elif what == "mode":
                    attr = termios.tcgetattr(fd)
                    attr[3] &= ~(termios.ICANON | termios.ECHO)
                    termios.tcsetattr(fd, termios.TCSANOW, attr)
                elif what == "front":
                    os.tcsetpgrp(fd, os.getpgrp())
                elif select.select([fd], [], [], 0)[0]:
                    got += os.read(fd, 64)
            except OSError:
                pass
        time.sleep(0.01)
        if os.path.exists("answered"):
            break


def descriptors():
    seen = []
    for name in sorted(os.listdir("/proc/self/fd"), key=int):
        try:
            what = os.readlink("/proc/self/fd/" + name)
        except OSError:
            continue
        if int(name) > 2 and not what.startswith("/proc/"):
            seen.append(name + " " + what)
    for pid in os.listdir("/proc"):
        if pid.isdigit() and int(pid) not in (os.getpid(), os.getppid()):
            try:
                for name in os.listdir("/proc/%s/fd" % pid):
                    seen.append("%s/%s %s" % (pid, name, os.readlink(
                        "/proc/%s/fd/%s" % (pid, name))))
            except OSError:
                pass
    print("\n".join(seen))


def lock(n):
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if os.fork() == 0:
        os.setsid()
        if os.fork() == 0:
            while True:
                open("alive", "w").close()
                time.sleep(0.1)
        os._exit(0)
    os.kill(os.getpid(), signal.SIGSTOP)
    time.sleep(int(n))


sys.exit({"parent": parent, "pair": pair, "get": get, "hoard": hoard,
          "ask": ask, "tty": tty, "steal": steal, "lock": lock,
          "serve": serve, "descriptors": descriptors, "endless": endless,
          "unending": unending, "held": held}[sys.argv[1]](
              *sys.argv[2:]))
