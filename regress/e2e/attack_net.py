# SPDX-License-Identifier: ISC
"""What attack_net.t attacks the network with: attack_net.py WHAT ...

Each prints a line for what it got; nothing, or "held", is a defence.
"""

import os
import socket
import ssl
import struct
import sys
import threading
import time

PROXY = ("127.0.0.1", 3128)
SOCKS = ("127.0.0.1", 1080)


def is_refusal(got):
    """Then a proxy may wait for another request."""
    line = got.split(b"\r\n")[0]
    return line.startswith(b"HTTP/1.1 ") and b" 200 " not in line or \
        got[:2] == b"\5\xff" or len(got) > 3 and got[:2] == b"\5\0" and \
        got[3] != 0


def ask(text, address=PROXY, more=b"", end=True):
    """The first line of the answer, and what came behind it."""
    got = b""
    try:
        with socket.create_connection(address, 10) as s:
            s.sendall(text + more)
            if end:
                s.shutdown(socket.SHUT_WR)
            while data := s.recv(65536):
                got += data
                if not end and is_refusal(got):
                    break
    except OSError:
        return b"", b""
    return got.split(b"\r\n")[0], got


def relay(port):
    """Passes whatever it is told on to the proxy."""
    server = socket.socket()
    server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    server.bind(("127.0.0.1", port))
    server.listen(50)
    open("relaying", "w").close()

    def copy(a, b):
        try:
            while data := a.recv(65536):
                b.sendall(data)
            b.shutdown(socket.SHUT_WR)
        except OSError:
            pass
    while True:
        c, _ = server.accept()
        up = socket.create_connection(PROXY)
        threading.Thread(target=copy, args=(c, up), daemon=True).start()
        threading.Thread(target=copy, args=(up, c), daemon=True).start()


def storm(n):
    """CONNECTs by n threads, until there is a file "enough"."""
    counts = {"secret.allowed.test": {}, "sub.allowed.test": {}}
    lock = threading.Lock()

    def one(i):
        while not os.path.exists("enough"):
            for host in counts:
                try:
                    with socket.create_connection(PROXY, 20) as s:
                        s.sendall(b"CONNECT %s:80 HTTP/1.1\r\n\r\n" %
                                  host.encode())
                        code = s.recv(100).split(b" ")[1].decode()
                except (OSError, IndexError):
                    code = "none"
                with lock:
                    counts[host][code] = counts[host].get(code, 0) + 1
    threads = [threading.Thread(target=one, args=(i,)) for i in range(n)]
    for t in threads:
        t.start()
    open("storming", "w").close()
    for t in threads:
        t.join()
    for host, codes in counts.items():
        print(host, sorted(codes), sum(codes.values()))


def spellings(port):
    """This machine, and whoever is at the port, in other words."""
    hosts = ["127.0.0.1", "localhost", "localhost.", "LOCALHOST", "0.0.0.0",
             "[::]", "[::1]", "[::ffff:127.0.0.1]", "[::ffff:7f00:1]",
             "[::127.0.0.1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]",
             "2130706433", "0x7f000001", "0x7f.1", "0177.0.0.1", "127.1",
             "127.0.1", "127.0.0.1.", "127.0.0.2", "%31%32%37.0.0.1",
             "\uff11\uff12\uff17.0.0.1", "127\u30020\u30020\u30021",
             "\u24db\u24de\u24d2\u24d0\u24db\u24d7\u24de\u24e2\u24e3",
             "l\u043ecalhost", "xn--lcalhost-2fg", "127.0.0.1%lo",
             "[fe80::1%lo]", "allowed.test@127.0.0.1",
             "127.0.0.1#.allowed.test", "127.0.0.1\\.allowed.test",
             "127.0.0.1 .allowed.test", "127.0.0.1%00.allowed.test",
             "localhost.localdomain", "ip6-localhost", "own.test"]
    for host in hosts:
        name = host.encode()
        texts = {
            "CONNECT": b"CONNECT %s:%d HTTP/1.1\r\n\r\n"
                       b"GET / HTTP/1.0\r\n\r\n" % (name, port),
            "GET": b"GET http://%s:%d/ HTTP/1.1\r\nHost: %s:%d\r\n"
                   b"Connection: close\r\n\r\n" % (name, port, name, port),
            "SOCKS": b"\5\1\0\5\1\0\3%c%s%sGET / HTTP/1.0\r\n\r\n" %
                     (len(name), name, struct.pack("!H", port))}
        for how, text in texts.items():
            line, got = ask(text, SOCKS if how == "SOCKS" else PROXY,
                            end=False)
            if b"REACHED" in got:
                print("REACHED", how, ascii(host))
    print("done")


def itself():
    """The proxy as its own server: what it asks itself it has asked."""
    for host in ("127.0.0.1", "localhost", "[::1]", "0.0.0.0"):
        for port in (3128, 1080, 53):
            line, got = ask(b"CONNECT %s:%d HTTP/1.1\r\n\r\n" %
                            (host.encode(), port),
                            more=b"CONNECT other.test:80 HTTP/1.1\r\n\r\n")
            if b" 200 " in line:
                print("REACHED", host, port)
            line, got = ask(b"GET http://%s:%d/ HTTP/1.1\r\nHost: x\r\n"
                            b"Connection: close\r\n\r\n" %
                            (host.encode(), port))
            if got.count(b"HTTP/1.1 ") > 1 or b" 200 " in line:
                print("REACHED", host, port, "GET")
    for target in (b"/", b"*", b"http:///", b"http://:3128/",
                   b"//127.0.0.1:3128/", b"http:127.0.0.1:3128"):
        line, got = ask(b"GET " + target + b" HTTP/1.1\r\nHost: "
                        b"127.0.0.1:3128\r\nConnection: close\r\n\r\n")
        if b" 200 " in line:
            print("REACHED", target)
    print("done")


def upgraded():
    """A second request behind one that asks for another protocol."""
    for name in (b"websocket", b"h2c", b"TLS/1.2", b"connect-udp"):
        line, got = ask(
            b"GET http://allowed.test/ HTTP/1.1\r\nHost: allowed.test\r\n"
            b"Connection: Upgrade, HTTP2-Settings\r\nUpgrade: " + name +
            b"\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\n\r\n",
            more=b"GET http://other.test/ HTTP/1.1\r\nHost: other.test\r\n"
                 b"Connection: close\r\n\r\n")
        print(name.decode(), "REACHED" if b"hello from other" in got else
              "held", "first" if b"hello from allowed" in got else "none")


def socks_commands():
    """What is not CONNECT, and methods nobody has agreed on."""
    allowed = b"\3\x0callowed.test\0\x50"
    for what, text in (("BIND", b"\5\1\0\5\2\0" + allowed),
                       ("UDP ASSOCIATE", b"\5\1\0\5\3\0" + allowed),
                       ("RESOLVE of tor", b"\5\1\0\5\xf0\0" + allowed),
                       ("SOCKS4", b"\4\1\0\x50\xcb\0\x71\x0a\0"),
                       ("SOCKS4a", b"\4\1\0\x50\0\0\0\1\0allowed.test\0"),
                       ("GSSAPI", b"\5\1\1"), ("no method", b"\5\0")):
        _, got = ask(text, SOCKS)
        good = got[:2] == b"\5\0" and got[2:4] == b"\5\0" or \
            got[:2] == b"\0\x5a" or got[:2] == b"\5\1"
        print(what, "GOT" if good else "held")


def hello(name, ech):
    """A ClientHello, with what looks like an encrypted one within it."""
    context = ssl.create_default_context()
    context.check_hostname = False
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    tls = context.wrap_bio(inside, outside, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    data = outside.read()
    if not ech:
        return data
    body = bytearray(data[9:])
    at = 34
    at += 1 + body[at]
    at += 2 + struct.unpack_from("!H", body, at)[0]
    at += 1 + body[at]
    old = struct.unpack_from("!H", body, at)[0]
    # Outer; HKDF-SHA256, AES-128-GCM; a configuration, a key, a payload.
    inner = b"\0\0\1\0\1\x2a" + struct.pack("!H", 32) + os.urandom(32) + \
        struct.pack("!H", 176) + os.urandom(176)
    new = struct.pack("!HH", 0xfe0d, len(inner)) + inner
    if ech == "last":
        # pre_shared_key, if any, would have to be: there is none.
        body = body[:at] + struct.pack("!H", old + len(new)) + \
            body[at + 2:] + new
    else:
        body = body[:at] + struct.pack("!H", old + len(new)) + new + \
            body[at + 2:]
    body = b"\1" + struct.pack("!I", len(body))[1:] + bytes(body)
    return b"\x16\3\1" + struct.pack("!H", len(body)) + body


def ech(host, name, where):
    """Does the server answer such a hello, or is the connection cut?"""
    with socket.create_connection(PROXY, 10) as s:
        s.sendall(b"CONNECT %s:443 HTTP/1.1\r\n\r\n" % host.encode())
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = s.recv(1)
            if not data:
                break
            answer += data
        if b" 200 " not in answer:
            print("refused")
            return
        s.sendall(hello(name, where if where != "no" else None))
        try:
            print("answered" if s.recv(5)[:1] == b"\x16" else "cut")
        except OSError:
            print("cut")


def local(host, tcp, udp):
    """Binding, which is allowed, and sending, which it does not allow."""
    for family, kind, address in (
            (socket.AF_INET, socket.SOCK_STREAM, "127.0.0.1"),
            (socket.AF_INET, socket.SOCK_STREAM, "0.0.0.0"),
            (socket.AF_INET6, socket.SOCK_STREAM, "::"),
            (socket.AF_INET, socket.SOCK_DGRAM, "0.0.0.0")):
        s = socket.socket(family, kind)
        try:
            s.bind((address, 0))
            print("bound", address)
        except OSError as error:
            print("not bound", address, error)
        if kind == socket.SOCK_DGRAM:
            for to in ((host, udp), ("127.0.0.1", udp), ("8.8.8.8", 53),
                       ("255.255.255.255", udp)):
                try:
                    s.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
                    s.sendto(b"out", to)
                except OSError:
                    pass
        elif family == socket.AF_INET:
            for to in ((host, tcp), ("127.0.0.1", tcp)):
                c = socket.socket()
                c.settimeout(5)
                try:
                    c.bind((address, 0))
                    c.connect(to)
                    print("REACHED", c.recv(7).decode())
                except OSError:
                    pass


def hear(path, address, port):
    """A server at the host: says at the end who has come."""
    t, u = socket.socket(), socket.socket(type=socket.SOCK_DGRAM)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    t.bind((address, port))
    t.listen(50)
    u.bind((address, port))
    with open(path + ".new", "w", encoding="ascii") as f:
        f.write("%d %d\n" % (t.getsockname()[1], u.getsockname()[1]))
    os.rename(path + ".new", path)

    def datagrams():
        while True:
            u.recv(100)
            print("datagram", flush=True)
    threading.Thread(target=datagrams, daemon=True).start()
    while True:
        c, _ = t.accept()
        print("connection", flush=True)
        # What was not read would have the answer thrown away.
        c.settimeout(1)
        try:
            c.recv(1000)
        except OSError:
            pass
        try:
            c.sendall(b"HTTP/1.0 200 OK\r\n\r\nREACHED\n")
            c.shutdown(socket.SHUT_WR)
        except OSError:
            pass
        c.close()


def main():
    what, args = sys.argv[1], sys.argv[2:]
    if what == "relay":
        relay(int(args[0]))
    elif what == "storm":
        storm(int(args[0]))
    elif what == "spellings":
        spellings(int(args[0]))
    elif what == "itself":
        itself()
    elif what == "upgraded":
        upgraded()
    elif what == "socks":
        socks_commands()
    elif what == "ech":
        ech(args[0], None if args[1] == "-" else args[1], args[2])
    elif what == "local":
        local(args[0], int(args[1]), int(args[2]))
    elif what == "hear":
        hear(args[0], args[1], int(args[2]) if len(args) > 2 else 0)
    elif what == "port":
        for host in args:
            for port in (3128, 1080):
                line, got = ask(b"GET / HTTP/1.0\r\n\r\n", (host, port))
                if b"REACHED" in got:
                    print("REACHED", host, port)
        print("done")
    elif what == "lines":
        # The first settings, the second, the first ...: a line each 5 ms,
        # for three seconds, and until they were some; then "enough".
        both = [open(p, encoding="utf-8").read().replace("\n", "") + "\n"
                for p in args[:2]]
        n, start = 0, time.monotonic()
        while (time.monotonic() - start < 3 or n < 30) and \
                time.monotonic() - start < 60:
            n += 1
            data = both[n % 2].encode()
            while data:
                data = data[os.write(1, data):]
            time.sleep(0.005)
        open(args[2], "w").close()
        sys.stderr.write("%d\n" % n)


main()
