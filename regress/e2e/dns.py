# SPDX-License-Identifier: ISC
"""A resolver's two ends by hand.

dns.py ask            asks the sandbox's resolver, a line for each answer
dns.py many COUNT     looks up as many names, and goes back from each address
dns.py bound COUNT    the same, until the first of them is forgotten
dns.py flood COUNT    looks up as many names that nobody allows
dns.py serve LOG      answers for the workstation, and notes what was asked
"""

import socket
import struct
import sys
import time

TYPES = {"A": 1, "NS": 2, "CNAME": 5, "SOA": 6, "PTR": 12, "MX": 15,
         "TXT": 16, "AAAA": 28, "SRV": 33, "OPT": 41, "SVCB": 64,
         "HTTPS": 65, "AXFR": 252, "ANY": 255}
CODES = {0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN",
         4: "NOTIMP", 5: "REFUSED", 16: "BADVERS"}
V4, V6 = socket.AF_INET, socket.AF_INET6
TIMEOUT = 20


def pack(name):
    out = b""
    for label in name.split("."):
        if label:
            out += bytes([len(label)]) + label.encode("latin-1")
    return out + b"\0"


def query(name, kind, edns=None, number=7, questions=1, cls=1, flags=0x0100):
    out = struct.pack("!6H", number, flags, questions, 0, 0,
                      0 if edns is None else 1)
    out += (pack(name) + struct.pack("!2H", TYPES.get(kind, kind), cls)) * \
        questions
    if edns is not None:
        out += b"\0" + struct.pack("!2H2BHH", 41, edns, 0, 0, 0, 0)
    return out


def unpack_name(data, at):
    """The name there, and where the message goes on."""
    labels, after = [], None
    while data[at]:
        if data[at] >= 192:
            after = after or at + 2
            at = struct.unpack_from("!H", data, at)[0] & 0x3fff
            continue
        labels.append(data[at + 1:at + 1 + data[at]].decode("latin-1"))
        at += 1 + data[at]
    return ".".join(labels), after or at + 1


def unpack(data, number=7):
    got, flags, questions, answers, others, more = \
        struct.unpack_from("!6H", data)
    assert got == number, "another query's answer"
    assert flags & 0x8000, "no answer"
    text = [CODES.get(flags & 15, str(flags & 15))]
    if flags & 0x0200:
        text.append("TC")
    at = 12
    for _ in range(questions):
        asked, at = unpack_name(data, at)
        text.append(asked)
        at += 4
    for _ in range(answers + others + more):
        _, at = unpack_name(data, at)
        kind, _, ttl, length = struct.unpack_from("!2HIH", data, at)
        at += 10
        record = data[at:at + length]
        if kind == 1:
            text.append(socket.inet_ntop(V4, record))
        elif kind == 28:
            text.append(socket.inet_ntop(V6, record))
        elif kind == 12:
            text.append(unpack_name(data, at)[0])
        elif kind == 41:
            text.append("EDNS")
        else:
            text.append("type %d" % kind)
        if kind != 41 and not 0 < ttl <= 60:
            text.append("for %d seconds" % ttl)
        at += length
    assert at == len(data), "bytes left over"
    return " ".join(text)


def udp(message, server="127.0.0.1"):
    family = V6 if ":" in server else V4
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        sock.settimeout(TIMEOUT)
        sock.connect((server, 53))
        sock.send(message)
        return sock.recv(65536)


def tcp_read(sock):
    size = b""
    while len(size) < 2:
        data = sock.recv(2 - len(size))
        if not data:
            return None
        size += data
    want, = struct.unpack("!H", size)
    got = b""
    while len(got) < want:
        got += sock.recv(want - len(got))
    return got


def tcp(messages, server="127.0.0.1", pieces=False):
    with socket.create_connection((server, 53), TIMEOUT) as sock:
        stream = b"".join(struct.pack("!H", len(m)) + m for m in messages)
        if pieces:
            for byte in stream:
                sock.send(bytes([byte]))
        else:
            sock.sendall(stream)
        return [tcp_read(sock) for _ in messages]


def say(name, call):
    try:
        print("%s: %s" % (name, call()), flush=True)
    except (OSError, AssertionError, struct.error, IndexError) as error:
        print("%s: %r" % (name, error), flush=True)


def silence(message):
    try:
        udp_short(message)
    except socket.timeout:
        return "silence"
    return "an answer"


def udp_short(message):
    with socket.socket(V4, socket.SOCK_DGRAM) as sock:
        sock.settimeout(0.2)
        sock.connect(("127.0.0.1", 53))
        sock.send(message)
        return sock.recv(65536)


def reverse4(addr):
    return ".".join(reversed(addr.split("."))) + ".in-addr.arpa"


def reverse6(addr):
    digits = socket.inet_pton(V6, addr).hex()
    return ".".join(reversed(digits)) + ".ip6.arpa"


def ask():
    name = "allowed.test"

    def one(kind, host=name, **more):
        return lambda: unpack(udp(query(host, kind, **more)))
    for kind in "A", "AAAA", "TXT", "MX", "HTTPS", "SVCB", "SRV", "ANY", \
            "AXFR", 65280:
        say(kind, one(kind))
    say("case", one("A", "AlLoWeD.tEsT"))
    say("edns", one("A", edns=1232))
    say("edns small", one("A", edns=0))
    say("class", one("A", cls=3))
    say("two questions", one("A", questions=2))
    say("status query", one("A", flags=0x1000))
    say("an answer", lambda: silence(query(name, "A", flags=0x8100)))
    say("nothing", lambda: silence(b"x"))
    say("half", lambda: unpack(udp(query(name, "A")[:20]))[:7])
    for server in "8.8.8.8", "203.0.113.10", "::1", "2001:db8::53":
        say("at " + server, lambda: unpack(udp(query(name, "A"), server)))
        say("tcp at " + server,
            lambda: unpack(tcp([query(name, "A")], server)[0]))
    say("tcp", lambda: unpack(tcp([query(name, "A")])[0]))
    say("tcp in bytes",
        lambda: unpack(tcp([query(name, "A")], pieces=True)[0]))
    say("tcp three", lambda: " ".join(unpack(m).split()[0] for m in tcp(
        [query(name, "A"), query("other.test", "A"), query(name, "TXT")])))
    addr = socket.getaddrinfo(name, 1, V4)[0][4][0]
    addr6 = socket.getaddrinfo(name, 1, V6)[0][4][0]
    say("back", one("PTR", reverse4(addr)))
    say("back inet6", one("PTR", reverse6(addr6)))
    say("back other", one("PTR", reverse4("203.0.113.10")))
    say("back none", one("PTR", reverse4("198.18.250.250")))
    say("below", one("A", "sub.wild.test"))
    say("base", one("A", "wild.test"))
    say("denied", one("A", "secret.wild.test"))
    say("port", one("A", "port.test"))
    say("localhost", one("A", "localhost"))
    say("localhost inet6", one("AAAA", "x.localhost"))
    say("other", one("A", "other.test"))
    say("secret", one("TXT", "c2VjcmV0.other.test"))
    say("long", one("A", ".".join(["a" * 63] * 3 + ["b" * 50, "test"])))
    say("bad", one("A", "a\0b.allowed.test"))
    took = []
    while len(took) < 5 and (not took or min(took) >= 1):
        begun = time.monotonic()
        one("A", "a\0b.allowed.test")
        one("A", "other.test")
        took.append(time.monotonic() - begun)
    print("at once: %s" % (min(took) < 1))


def many(count):
    seen, wrong = set(), 0
    for i in range(count):
        name = "n%d.wild.test" % i
        addr = socket.getaddrinfo(name, 1, V4)[0][4][0]
        seen.add(addr)
        if i % 10 == 0 and socket.gethostbyaddr(addr)[0] != name:
            wrong += 1
    again = socket.getaddrinfo("n0.wild.test", 1, V4)[0][4][0]
    print(len(seen), wrong, again in seen)


def bound(count):
    def ask_one(name, kind="A"):
        return unpack(udp(query(name, kind))).split()
    addrs = [ask_one("n%d.wild.test" % i)[2] for i in range(count)]
    print("different:", len(set(addrs)) == count)
    print("forgotten:", ask_one(reverse4(addrs[0]), "PTR")[0])
    print("kept:", ask_one(reverse4(addrs[-1]), "PTR")[2])
    again = ask_one("n0.wild.test")[2]
    print("again:", again not in addrs[1:])


def flood(count):
    for i in range(count):
        answer = unpack(udp(query("n%d.other.test" % i, "A")))
        assert answer.startswith("NXDOMAIN"), answer
    print("asked")


def serve(log):
    """One name, dial.test; all else does not exist."""
    sock = socket.socket(V4, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 53))
    with open(log, "w", encoding="latin-1") as out:
        print("ready", file=out, flush=True)
        while True:
            data, peer = sock.recvfrom(65536)
            name, at = unpack_name(data, 12)
            kind = struct.unpack_from("!H", data, at)[0]
            print(name, kind, file=out, flush=True)
            found = name.lower() == "dial.test"
            answer = found and kind == 1
            reply = data[:2] + struct.pack(
                "!5H", 0x8180 if found else 0x8183, 1, answer, 0, 0) + \
                data[12:at + 4]
            if answer:
                reply += b"\xc0\x0c" + struct.pack("!2HIH", 1, 1, 60, 4) + \
                    socket.inet_aton("203.0.113.10")
            sock.sendto(reply, peer)


def main():
    what = sys.argv[1]
    if what == "ask":
        ask()
    elif what == "serve":
        serve(sys.argv[2])
    else:
        {"many": many, "bound": bound, "flood": flood}[what](int(sys.argv[2]))


main()
