# SPDX-License-Identifier: ISC
"""Unix sockets: unixsock.py WHAT [ARGUMENT].

Prints a line for each thing that was tried: what came of it.
"""

import array
import errno
import multiprocessing
import multiprocessing.connection
import os
import socket
import struct
import sys
import threading

UNIX = socket.AF_UNIX
STREAM, SEQPACKET = socket.SOCK_STREAM, socket.SOCK_SEQPACKET
DGRAM = socket.SOCK_DGRAM


def say(name, result):
    print("%s: %s" % (name, result), flush=True)


def attempt(name, call, *args):
    try:
        result = call(*args)
    except OSError as error:
        result = errno.errorcode.get(error.errno, str(error))
    except Exception as error:
        result = repr(error)
    say(name, result)


def talk(where, kind=STREAM, bind=None):
    """A server and a client there; a child serves, as others would."""
    with socket.socket(UNIX, kind) as server:
        server.bind(bind if bind is not None else where)
        server.listen(5)
        name = server.getsockname()
        child = os.fork()
        if child == 0:
            peer, _ = server.accept()
            peer.send(peer.recv(100)[::-1])
            os._exit(0)
        with socket.socket(UNIX, kind) as client:
            client.connect(where if where is not None else name)
            client.send(b"abc")
            got = client.recv(100)
            same = client.getpeername() == name
        os.waitpid(child, 0)
    if got != b"cba":
        return repr(got)
    return "ok" if same else "another name"


def descriptors():
    """A file's descriptor from one process to another."""
    with open("passed", "w+", encoding="ascii") as file, \
            socket.socket(UNIX, STREAM) as server:
        server.bind("rights")
        server.listen(1)
        if os.fork() == 0:
            with socket.socket(UNIX, STREAM) as client:
                client.connect("rights")
                client.sendmsg([b"x"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS,
                                         array.array("i", [file.fileno()]))])
            os._exit(0)
        peer, _ = server.accept()
        _, more, _, _ = peer.recvmsg(1, socket.CMSG_SPACE(4))
        os.wait()
        fd = array.array("i", more[0][2])[0]
        os.write(fd, b"by descriptor")
        file.seek(0)
        return file.read()


def credentials():
    left, right = socket.socketpair()
    with left, right:
        pid, uid, _ = struct.unpack("3i", left.getsockopt(
            socket.SOL_SOCKET, socket.SO_PEERCRED, 12))
        return "ok" if (pid, uid) == (os.getpid(), os.getuid()) else pid


def mode(umask):
    old = os.umask(umask)
    with socket.socket(UNIX, STREAM) as server:
        server.bind("mode%o" % umask)
    os.umask(old)
    return "%o" % (os.stat("mode%o" % umask).st_mode & 0o777)


def twice():
    with socket.socket(UNIX, STREAM) as server:
        server.bind("twice")
    with socket.socket(UNIX, STREAM) as server:
        server.bind("twice")


def again():
    os.unlink("twice")
    return talk("twice")


def connect(where, kind=STREAM):
    with socket.socket(UNIX, kind) as client:
        client.connect(where)
        return client.recv(100).decode().strip() or "connected"


def gone():
    with socket.socket(UNIX, STREAM) as server:
        server.bind("gone")
        server.listen(1)
    connect("gone")


def link():
    os.symlink("cwd", "link")
    os.unlink("cwd")
    return talk("link", bind="cwd")


def nonblocking():
    with socket.socket(UNIX, STREAM) as server:
        server.bind("slow")
        server.listen(0)
        clients, results = [], []
        for _ in range(4):
            client = socket.socket(UNIX, STREAM)
            client.setblocking(False)
            results.append(client.connect_ex("slow"))
            clients.append(client)
        for client in clients:
            client.close()
        return " ".join(errno.errorcode.get(r, "0") for r in results[:1] +
                        results[-1:])


def queue():
    """A client that has to wait for its place in the queue."""
    with socket.socket(UNIX, STREAM) as server:
        server.bind("queue")
        server.listen(0)
        results = []

        def client():
            with socket.socket(UNIX, STREAM) as sock:
                sock.connect("queue")
                results.append(sock.recv(10))
        threads = [threading.Thread(target=client) for _ in range(20)]
        for thread in threads:
            thread.start()
        for _ in threads:
            peer, _ = server.accept()
            peer.send(b"served")
            peer.close()
        for thread in threads:
            thread.join()
        return "%d served" % results.count(b"served")


def inside():
    attempt("cwd", talk, "cwd")
    attempt("dot", talk, "./dot")
    attempt("absolute", talk, os.path.join(os.getcwd(), "absolute"))
    attempt("long", talk, "l" * 107)
    attempt("tmpdir", talk, os.path.join(os.environ["TMPDIR"], "s"))
    attempt("shm", talk, "/dev/shm/s")
    attempt("seqpacket", talk, "seqpacket", SEQPACKET)
    attempt("abstract", talk, "\0abstract")
    attempt("abstract seqpacket", talk, "\0seq", SEQPACKET)
    attempt("autobind", talk, None, STREAM, "")
    attempt("rights", descriptors)
    attempt("credentials", credentials)
    attempt("mode", mode, 0o027)
    attempt("twice", twice)
    attempt("again", again)
    attempt("link", link)
    attempt("none", connect, "none")
    attempt("file", connect, "passed")
    attempt("gone", gone)
    attempt("nonblocking", nonblocking)
    attempt("queue", queue)
    attempt("outside", talk, "/usr/s")
    attempt("datagram", lambda: socket.socket(UNIX, DGRAM))
    attempt("datagram pair", lambda: socket.socketpair(UNIX, DGRAM))
    attempt("raw", lambda: socket.socket(UNIX, socket.SOCK_RAW))


def square(x):
    return x * x


def many():
    """python's multiprocessing."""
    for start in "fork", "spawn", "forkserver":
        context = multiprocessing.get_context(start)
        with context.Pool(2) as pool:
            say("pool " + start, sum(pool.map(square, range(10))))
    with multiprocessing.Manager() as manager:
        shared = manager.dict()
        worker = multiprocessing.Process(target=shared.update,
                                         args=({"a": 1},))
        worker.start()
        worker.join()
        say("manager", dict(shared))
    with multiprocessing.connection.Listener(None, "AF_UNIX") as listener:
        if os.fork() == 0:
            with multiprocessing.connection.Client(listener.address) as conn:
                conn.send("hello")
            os._exit(0)
        with listener.accept() as conn:
            say("listener", conn.recv())
        os.wait()


def serve(paths):
    """Sockets of the host, each of which says its name."""
    servers = []
    for path in paths:
        server = socket.socket(UNIX, STREAM)
        server.bind(path)
        server.listen(64)
        servers.append(server)
        threading.Thread(target=answer, args=(server, path),
                         daemon=True).start()
    print("ready", flush=True)
    threading.Event().wait()


def answer(server, path):
    while True:
        peer, _ = server.accept()
        peer.send(os.path.basename(path).lstrip("\0").encode())
        peer.close()


def log(path, file):
    """A service of the host that takes datagrams."""
    with socket.socket(UNIX, DGRAM) as server, \
            open(file, "w", encoding="ascii") as out:
        server.bind(path)
        print("ready", file=out, flush=True)
        while True:
            print(server.recv(100).decode(), file=out, flush=True)


def send(path):
    with socket.socket(UNIX, DGRAM) as client:
        client.sendto(b"sent", path)
    return "sent"


def pair(path):
    """By a socket that came to be without a name."""
    left, right = socket.socketpair(UNIX, DGRAM)
    with left, right:
        left.sendto(b"by a pair", path)
    return "sent"


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "inside":
        inside()
    elif what == "many":
        many()
    elif what == "serve":
        serve([arg.replace("@", "\0") for arg in args])
    elif what == "log":
        log(*args)
    elif what == "send":
        attempt("send", send, args[0])
        attempt("pair", pair, args[0])
    else:
        for path in args:
            attempt(path, connect, path.replace("@", "\0"))


if __name__ == "__main__":
    main()
