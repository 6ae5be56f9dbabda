# SPDX-License-Identifier: ISC
#
# Servers and clients for publish.t.

import socket
import sys
import threading


def port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        print(s.getsockname()[1])


def listening(address, number):
    with socket.socket() as s:
        s.settimeout(5)
        s.connect((address, int(number)))


def hold(name):
    s = socket.socket()
    s.bind(("127.0.0.1", 0))
    s.listen()
    with open(name, "w") as f:
        f.write(str(s.getsockname()[1]))
    threading.Event().wait()


def answer(c):
    n = 0
    while True:
        data = c.recv(65536)
        if not data:
            break
        n += len(data)
    c.sendall(b"%d bytes" % n)
    c.close()


def count(number):
    """A server that says how much came, after all of it."""
    s = socket.create_server(("127.0.0.1", int(number)), backlog=128)
    while True:
        c, _ = s.accept()
        threading.Thread(target=answer, args=(c,), daemon=True).start()


def ask(number, size):
    with socket.create_connection(("127.0.0.1", int(number)), 20) as s:
        s.sendall(b"x" * size)
        s.shutdown(socket.SHUT_WR)
        out = b""
        while True:
            data = s.recv(65536)
            if not data:
                return out.decode()
            out += data


def half(number, size):
    out = ask(number, int(size))
    print(out)
    if out != size + " bytes":
        sys.exit(1)


def many(number, n):
    right = []

    def one(i):
        if ask(number, 1000 + i) == "%d bytes" % (1000 + i):
            right.append(i)

    threads = [threading.Thread(target=one, args=(i,))
               for i in range(int(n))]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print("%d answers" % len(right))


globals()[sys.argv[1]](*sys.argv[2:])
