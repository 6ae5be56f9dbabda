# SPDX-License-Identifier: ISC
"""TLS as clients should not speak it: sni.py HOW HOST [NAME].

HOW is direct, connect or socks; what follows, in any order, is NAME=x for
the server name ("-" for none), pieces=N for writes of that many bytes,
records=N for records of that many, plain=1 for a connection without TLS,
then=1 for a pause in the middle of the hello; second=x for the server name in
the hello after a HelloRetryRequest, as long as the first ("-": none), with
cut=N that in records and in writes of so many bytes; eager=1 to send both
without waiting for that request, coalesced=1 as one record; major=N for that
version in the first record, before=HEX for what is sent ahead of the hello.

sni.py lax ADDRESS PORT TO is a server in front of that at port TO which is as
many are: it looks at no version, and skips a warning and an empty record.
"""

import os
import socket
import ssl
import struct
import sys
import threading
import time


def dial(how, host, port):
    if how == "direct":
        return socket.create_connection((host, port), 10)
    if how == "connect":
        sock = socket.create_connection(("127.0.0.1", 3128), 10)
        sock.sendall(b"CONNECT %s:%d HTTP/1.1\r\nHost: x\r\n\r\n" %
                     (host.encode(), port))
        answer = b""
        while b"\r\n\r\n" not in answer:
            data = sock.recv(1)
            if not data:
                break
            answer += data
        if b" 200 " not in answer.split(b"\r\n")[0]:
            raise SystemExit("refused")
        return sock
    sock = socket.create_connection(("127.0.0.1", 1080), 10)
    sock.sendall(b"\5\1\0")
    sock.recv(2)
    sock.sendall(b"\5\1\0\3" + bytes([len(host)]) + host.encode() +
                 struct.pack("!H", port))
    if sock.recv(10)[1:2] != b"\0":
        raise SystemExit("refused")
    return sock


def client(name):
    context = ssl.create_default_context(cafile=os.environ["CA"])
    context.check_hostname = False
    inside, outside = ssl.MemoryBIO(), ssl.MemoryBIO()
    return (context.wrap_bio(inside, outside, server_hostname=name),
            inside, outside)


def in_records(data, size):
    """The same hello in records of that size."""
    body, at = b"", 0
    while at < len(data):
        length = struct.unpack_from("!H", data, at + 3)[0]
        body += data[at + 5:at + 5 + length]
        at += 5 + length
    return b"".join(data[:3] + struct.pack("!H", len(part)) + part
                    for part in (body[i:i + size]
                                 for i in range(0, len(body), size)))


def hello(sock, data, options):
    """Sends it as the options say."""
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if "records" in options:
        data = in_records(data, int(options["records"]))
    data = bytes.fromhex(options.get("before", "")) + data
    if "major" in options:
        data = data[:1] + bytes([int(options["major"])]) + data[2:]
    size = int(options.get("pieces", len(data)))
    for i in range(0, len(data), size):
        sock.sendall(data[i:i + size])
        if "then" in options and i <= len(data) // 2 < i + size:
            time.sleep(0.1)


def other_name(data, name, options):
    """The second flight with another name: its hello follows a record of 6."""
    new = options["second"]
    if new == "-":
        # An extension of another type, which no server knows.
        at = data.index(name.encode()) - 9
        data = data[:at] + b"\xfa\xfa" + data[at + 2:]
    else:
        data = data.replace(name.encode(), new.encode())
    if "cut" in options:
        data = data[:6] + in_records(data[6:], int(options["cut"]))
    return data


def eager(sock, first, second, options):
    """Both hellos of another connection, the second one too early."""
    if "coalesced" in options:
        body = first[5:] + second[11:]
        sock.sendall(first[:3] + struct.pack("!H", len(body)) + body)
    else:
        sock.sendall(first + second)
    got = b""
    try:
        while data := sock.recv(65536):
            got += data
    except socket.timeout:
        pass
    # HelloRetryRequest, change_cipher_spec, and more than an alert?
    return "served" if len(got) > 300 else "cut"


def talk(sock, name, options):
    tls, inside, outside = client(name)
    first = True
    flights = []
    while True:
        try:
            tls.do_handshake()
            break
        except ssl.SSLError as e:
            if not isinstance(e, ssl.SSLWantReadError):
                # The server has taken what is not the client's own hello.
                return "served"
            data = outside.read()
            flights.append(data)
            if first:
                hello(sock, data, options)
                first = False
            elif data and len(flights) == 2 and "second" in options:
                data = other_name(data, name, options)
                if "eager" in options:
                    sock.close()
                    with dial(sys.argv[1], sys.argv[2],
                              int(options["port"])) as again:
                        again.settimeout(3)
                        return eager(again, flights[0], data, options)
                size = int(options.get("cut", len(data)))
                for i in range(0, len(data), size):
                    sock.sendall(data[i:i + size])
            elif data:
                sock.sendall(data)
            data = sock.recv(65536)
            if not data:
                return "cut"
            inside.write(data)
    tls.write(b"GET / HTTP/1.0\r\nHost: sni.test\r\n\r\n")
    got = b""
    sock.sendall(outside.read())
    while data := sock.recv(65536):
        inside.write(data)
        try:
            while text := tls.read():
                got += text
        except ssl.SSLWantReadError:
            continue
        except ssl.SSLZeroReturnError:
            pass
        break
    return got.decode().strip().split("\n")[-1]


def exactly(sock, size):
    data = b""
    while len(data) < size:
        more = sock.recv(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data


def move(source, sink):
    try:
        while data := source.recv(65536):
            sink.sendall(data)
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def lax_one(sock, server):
    try:
        while True:
            head = exactly(sock, 5)
            body = exactly(sock, struct.unpack("!H", head[3:])[0])
            if head[0] == 22 and body:
                break
        print("taken:", body[:1].hex(), flush=True)
        server.sendall(head[:1] + b"\3" + head[2:] + body)
    except (EOFError, OSError):
        sock.close()
        server.close()
        return
    threading.Thread(target=move, args=(server, sock), daemon=True).start()
    move(sock, server)


def lax(address, port, to):
    with socket.create_server((address, port)) as listener:
        print("ACCEPT", flush=True)
        while True:
            sock = listener.accept()[0]
            server = socket.create_connection((address, to), 10)
            threading.Thread(target=lax_one, args=(sock, server),
                             daemon=True).start()


def main():
    how, host = sys.argv[1:3]
    options = dict(word.split("=") for word in sys.argv[3:])
    name = options.get("name", host)
    try:
        with dial(how, host, int(options.get("port", 443))) as sock:
            sock.settimeout(10)
            if "plain" in options:
                sock.sendall(b"GET / HTTP/1.0\r\nHost: sni.test\r\n\r\n")
                got = b""
                while data := sock.recv(65536):
                    got += data
                print(got.decode().strip().split("\n")[-1])
            else:
                print(talk(sock, None if name == "-" else name, options))
    except ConnectionError:
        print("cut")


if sys.argv[1] == "lax":
    lax(sys.argv[2], int(sys.argv[3]), int(sys.argv[4]))
else:
    main()
