# SPDX-License-Identifier: ISC
"""Sockets of a program that knows of no proxy: direct.py WHAT [PORT].

Prints a line for each thing that was tried: what came of it.
"""

import asyncio
import base64
import ctypes
import errno
import hashlib
import os
import resource
import select
import socket
import struct
import sys
import threading
import time

ASK = b"GET / HTTP/1.0\r\nHost: direct.test\r\n\r\n"
ANSWER = b"hello from direct.test\n"


def say(name, result):
    print("%s: %s" % (name, result), flush=True)


def name_of(error):
    if isinstance(error, socket.gaierror):
        return "EAI_NONAME" if error.errno == socket.EAI_NONAME else str(error)
    if isinstance(error, OSError) and error.errno:
        return errno.errorcode.get(error.errno, str(error.errno))
    return repr(error)


def attempt(name, call, *args):
    try:
        result = call(*args)
    except Exception as error:
        result = name_of(error)
    say(name, result)


def talk(sock):
    """Asks over a connection that is there; "ok" is the right answer."""
    with sock:
        sock.sendall(ASK)
        got = b""
        while data := sock.recv(65536):
            got += data
    return "ok" if got.endswith(ANSWER) else repr(got)


def stream(family=socket.AF_INET):
    sock = socket.socket(family, socket.SOCK_STREAM)
    sock.settimeout(None)
    return sock


def connect(where, family=socket.AF_INET):
    sock = stream(family)
    sock.connect(where)
    return talk(sock)


def address(name, family=socket.AF_INET):
    return socket.getaddrinfo(name, 80, family, socket.SOCK_STREAM)[0][4]


def mapped(name):
    return connect(("::ffff:" + address(name)[0], 80), socket.AF_INET6)


def addresses_agree():
    where = address("allowed.test")
    with stream() as sock:
        sock.connect(where)
        if sock.getpeername() != where:
            return sock.getpeername()
        if not sock.getsockname()[1]:
            return sock.getsockname()
        try:
            sock.connect(where)
        except OSError as error:
            return name_of(error)
    return "connected twice"


def nonblocking(where):
    """Registered with epoll before it is connected, edge-triggered."""
    sock = stream()
    sock.setblocking(False)
    poll = select.epoll()
    poll.register(sock, select.EPOLLIN | select.EPOLLOUT | select.EPOLLET |
                  select.EPOLLRDHUP)
    first = sock.connect_ex(where)
    if first not in (0, errno.EINPROGRESS):
        return errno.errorcode[first]
    got, asked, until = b"", False, time.monotonic() + 10
    while time.monotonic() < until:
        for _, events in poll.poll(1):
            error = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
            if error:
                return errno.errorcode[error]
            if events & select.EPOLLOUT and not asked:
                sock.send(ASK)
                asked = True
            if not events & (select.EPOLLIN | select.EPOLLHUP):
                continue
            try:
                while data := sock.recv(65536):
                    got += data
            except BlockingIOError:
                continue
            sock.close()
            return "ok" if got.endswith(ANSWER) else repr(got)
    return "nothing happened"


def in_threads(count):
    results = []

    def one():
        try:
            results.append(connect(("allowed.test", 80)))
        except Exception as error:
            results.append(name_of(error))
    threads = [threading.Thread(target=one) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return "%d of %d" % (results.count("ok"), count)


async def one_stream(where, all_there=None):
    """Asks when all the others have their connections as well."""
    reader, writer = await asyncio.open_connection(*where)
    if all_there:
        await all_there()
    writer.write(ASK)
    got = await reader.read()
    writer.close()
    return "ok" if got.endswith(ANSWER) else repr(got)


def room_for(count):
    """As many of that as there can be, with what else is open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return min(count, (most - 200) // 4)


async def in_parallel(count):
    there, everybody = 0, asyncio.Event()

    async def all_there():
        nonlocal there
        there += 1
        if there == count:
            everybody.set()
        await asyncio.wait_for(everybody.wait(), 20)
    where = address("allowed.test")
    results = await asyncio.gather(*(one_stream(where, all_there)
                                     for _ in range(count)),
                                   return_exceptions=True)
    bad = [repr(r) for r in results if r != "ok"]
    return "%d of %d fail%s" % (len(bad), count,
                                ": " + bad[0] if bad else "")


async def one_stream_by_name(name):
    return await one_stream((name, 80))


def timed_out():
    sock = stream()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDTIMEO,
                    struct.pack("ll", 0, 200000))
    sock.connect(address("silent.test"))
    return "connected"


def in_time(limit, call, *args):
    """The error that ends the call; it is late if it is so five times."""
    for _ in range(5):
        begun = time.monotonic()
        try:
            return call(*args)
        except OSError as error:
            said = name_of(error)
        if time.monotonic() - begun < limit:
            return said
    return said + " late"


def work():
    """What an ordinary program does."""
    attempt("blocking", connect, ("allowed.test", 80))
    attempt("inet6", connect, ("v6.test", 80, 0, 0), socket.AF_INET6)
    attempt("inet6 of a name with IPv4",
            lambda: connect(address("allowed.test", socket.AF_INET6),
                            socket.AF_INET6))
    attempt("mapped", mapped, "allowed.test")
    attempt("addresses", addresses_agree)
    attempt("epoll", lambda: nonblocking(address("allowed.test")))
    attempt("asyncio", lambda: asyncio.run(one_stream_by_name("allowed.test")))
    attempt("threads", in_threads, 16)
    attempt("parallel", lambda: asyncio.run(in_parallel(room_for(2000))))
    attempt("other port", lambda: connect(
        (address("allowed.test")[0], 8080)))


def refused():
    """What is not allowed, or not there."""
    lost = threading.Thread(target=attempt, args=(
        "lost", lambda: connect(address("lost.test"))))
    lost.start()
    attempt("name", in_time, 1, socket.getaddrinfo, "other.test", 80)
    attempt("address", connect, ("203.0.113.11", 80))
    attempt("address nonblocking", nonblocking, ("203.0.113.11", 80))
    attempt("address of an allowed name", connect, ("203.0.113.10", 80))
    attempt("inet6 address", connect, ("2001:db8::10", 80, 0, 0),
            socket.AF_INET6)
    attempt("mapped address", connect, ("::ffff:203.0.113.11", 80, 0, 0),
            socket.AF_INET6)
    attempt("address for no name", connect, ("198.18.200.200", 80))
    attempt("closed", lambda: connect((address("allowed.test")[0], 9)))
    attempt("closed nonblocking",
            lambda: nonblocking((address("allowed.test")[0], 9)))
    attempt("closed inside", connect, ("127.0.0.1", 9))
    attempt("closed inside inet6", connect, ("::1", 9, 0, 0),
            socket.AF_INET6)
    attempt("timeout", in_time, 2, timed_out)
    attempt("unreachable", lambda: connect(address("silent.test")))
    lost.join()


def fast_open():
    ask = b"GET /escaped HTTP/1.0\r\n\r\n"
    where = ("203.0.113.10", 80)
    flag = 0x20000000
    attempt("fast open sendto", lambda: stream().sendto(ask, flag, where))
    attempt("fast open sendmsg",
            lambda: stream().sendmsg([ask], [], flag, where))
    attempt("fast open connect", lambda: stream().setsockopt(
        socket.IPPROTO_TCP, 30, 1))


def route(kind, attributes):
    """A change of the network, asked for by netlink."""
    sock = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
    body = attributes
    sock.send(struct.pack("=IHHII", 16 + len(body), kind, 0x605, 1, 0) + body)
    answer = sock.recv(65536)
    code = struct.unpack_from("=i", answer, 16)[0]
    return errno.errorcode.get(-code, code)


def ways():
    """Other ways out."""
    def make(*args):
        socket.socket(*args).close()
        return "made"
    inet, inet6 = socket.AF_INET, socket.AF_INET6
    dgram, raw = socket.SOCK_DGRAM, socket.SOCK_RAW
    fast_open()
    attempt("mptcp", make, inet, socket.SOCK_STREAM, 262)
    attempt("sctp", make, inet, socket.SOCK_STREAM, 132)
    attempt("sctp seqpacket", make, inet, socket.SOCK_SEQPACKET, 132)
    attempt("udplite", make, inet, dgram, 136)
    attempt("dccp", make, inet, 6, 33)
    attempt("icmp", make, inet, dgram, 1)
    attempt("icmp6", make, inet6, dgram, 58)
    attempt("raw", make, inet, raw, 1)
    attempt("raw6", make, inet6, raw, 58)
    attempt("packet", make, 17, raw, 0)
    attempt("vsock", make, 40, socket.SOCK_STREAM, 0)
    attempt("bluetooth", make, 31, socket.SOCK_STREAM, 3)
    attempt("alg", make, 38, socket.SOCK_SEQPACKET, 0)
    attempt("xdp", make, 44, raw, 0)
    attempt("netlink of netfilter", make, 16, raw, 12)
    # RTM_NEWROUTE: a default route by lo; RTM_SETLINK: lo down.
    attempt("route", route, 24,
            struct.pack("=BBBBBBBBI", 2, 0, 0, 0, 254, 4, 0, 1, 0) +
            struct.pack("=HHI", 8, 4, 1))
    attempt("link", route, 19, struct.pack("=BBHiII", 0, 0, 0, 1, 0, 1))
    libc = ctypes.CDLL(None, use_errno=True)
    libc.syscall(425, 8, ctypes.create_string_buffer(256))
    say("iouring", errno.errorcode.get(ctypes.get_errno(), "made"))
    with socket.socket(inet, dgram) as sock:
        for host in "203.0.113.10", "203.0.113.11", "203.0.113.1":
            try:
                sock.sendto(b"escaped", (host, 5353))
            except OSError:
                pass
    with socket.socket(inet6, dgram) as sock:
        try:
            sock.sendto(b"escaped", ("2001:db8::10", 5353))
        except OSError:
            pass
    say("udp", "sent")


def local(port):
    """A service of the host's loopback, and what it is without a rule."""
    attempt("by name", lambda: connect(("localhost", port)))
    attempt("by address", lambda: connect(("127.0.0.1", port)))
    attempt("by mapped address",
            lambda: connect(("::ffff:127.0.0.1", port, 0, 0),
                            socket.AF_INET6))
    attempt("by no address", connect, ("0.0.0.0", port))
    attempt("other port", connect, ("127.0.0.1", 1))
    with socket.socket() as own:
        own.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        own.bind(("127.0.0.1", port))
        own.listen(5)
        with socket.create_connection(("127.0.0.1", port)) as sock:
            peer, where = own.accept()
            say("own", "ok" if where == sock.getsockname() else "another")
            peer.close()


def serve(host, port):
    """The host's service: answers, and says where it listens."""
    sock = socket.socket()
    sock.bind((host, port))
    sock.listen(64)
    print(sock.getsockname()[1], flush=True)
    while True:
        peer, _ = sock.accept()
        peer.recv(65536)
        peer.sendall(ANSWER)
        peer.close()


def upgrade(host, port):
    """A web socket's server, which sends each message back, reversed."""
    listener = socket.socket()
    listener.bind((host, port))
    listener.listen(5)
    while True:
        sock, _ = listener.accept()
        with sock, sock.makefile("rb") as file:
            key = ""
            while line := file.readline().decode().strip():
                name, _, value = line.partition(": ")
                if name.lower() == "sec-websocket-key":
                    key = value
            digest = hashlib.sha1(
                (key + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11").encode())
            sock.sendall(b"HTTP/1.1 101 Switching Protocols\r\n"
                         b"Upgrade: websocket\r\nConnection: Upgrade\r\n"
                         b"Sec-WebSocket-Accept: %s\r\n\r\n" %
                         base64.b64encode(digest.digest()))
            head = file.read(6)
            text = bytes(byte ^ head[2 + i % 4] for i, byte in
                         enumerate(file.read(head[1] & 127)))
            sock.sendall(b"\x81" + bytes([len(text)]) + text[::-1] +
                         b"\x88\0")
            file.read()


def count(host, port, file):
    """Writes what arrives as datagrams."""
    sock = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
    sock.bind((host, port))
    with open(file, "wb", buffering=0) as out:
        out.write(b"ready\n")
        while True:
            out.write(sock.recv(65536) + b"\n")


def main():
    what = sys.argv[1]
    if what == "local":
        local(int(sys.argv[2]))
    elif what == "serve":
        serve(sys.argv[2], int(sys.argv[3]))
    elif what == "upgrade":
        upgrade(sys.argv[2], int(sys.argv[3]))
    elif what == "count":
        count(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        {"work": work, "refused": refused, "ways": ways}[what]()
    os._exit(0)


main()
