# SPDX-License-Identifier: ISC
#
# What programs get that know of no proxy: DNS, connect(2) with proxyd in the
# place of the broker, and who may be asked for in TLS.
# Usage: names.py proxyd srt-proxy folder-of-certificates [test ...]

import errno
import re
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
import traceback

from wire import Conn, Failed, Proxy, Server, TIMEOUT, by_name, same, true
import wire

ETC = sys.argv[3]
A, PTR, MX, TXT, AAAA, HTTPS, AXFR, ANY = 1, 12, 15, 16, 28, 65, 252, 255
NOERROR, FORMERR, NXDOMAIN, NOTIMP, REFUSED, BADVERS = 0, 1, 3, 4, 5, 16
WAIT, QUIET = 1, 2
RULES = ('rules 0', 'allow internal.test', 'allow localhost',
         'allow 127.0.0.1', 'allow 127.0.0.2:9', 'allow nowhere.test',
         'allow *.wild.test:443', 'allow half.test', 'deny half.test:80',
         'allow mapped.test:81', 'deny bad.wild.test', 'end', 'listen http',
         'listen socks', 'listen dns-tcp', 'listen dns-udp',
         'listen dns-udp6')


def start(*rules):
    return Proxy(*(rules or RULES))


# DNS

def wire_name(name):
    return b''.join(bytes([len(x)]) + x for x in name.split(b'.') if x) + b'\0'


def query(name, qtype=A, qclass=1, ident=0x1234, flags=0x0100, opt=b''):
    return struct.pack('>6H', ident, flags, 1, 0, 0, 1 if opt else 0) + \
        wire_name(name) + struct.pack('>2H', qtype, qclass) + opt


def opt(payload=1232, version=0, flags=0, options=b''):
    return b'\0' + struct.pack('>HHBBHH', 41, payload, 0, version, flags,
                               len(options)) + options


class Answer:
    def __init__(self, data, question=None):
        self.id, self.flags, qd, an, ns, ar = struct.unpack('>6H', data[:12])
        self.rcode = self.flags & 15
        self.records = []
        self.opt = None
        at = 12
        if qd:
            end = data.index(b'\0', at) + 5
            if question:
                same(data[at:end], question[12:][:end - at], 'the question')
            at = end
        for _ in range(an):
            same(data[at:at + 2], b'\xc0\x0c', 'the name of a record')
            rtype, rclass, ttl, n = struct.unpack('>HHIH', data[at + 2:at + 12])
            same(rclass, 1)
            true(0 < ttl <= 10, 'TTL %d' % ttl)
            self.records.append((rtype, data[at + 12:at + 12 + n]))
            at += 12 + n
        if ar:
            same(data[at], 0)
            rtype, size, high, version, flags, n = struct.unpack(
                '>HHBBHH', data[at + 1:at + 11])
            same((rtype, n), (41, 0))
            self.opt = (size, version, flags)
            self.rcode |= high << 4
            at += 11
        same((at, ns), (len(data), 0), 'the length')
        true(self.flags & 0x8000, 'it is an answer')


def udp(data, proxy=None, addr='127.0.0.1', silent=False):
    proxy = proxy or PX
    six = ':' in addr
    with socket.socket(socket.AF_INET6 if six else socket.AF_INET,
                       socket.SOCK_DGRAM) as s:
        s.settimeout(TIMEOUT)
        # Connected: an answer from elsewhere would not be seen.
        s.connect((addr, proxy.port('dns-udp6' if six else 'dns-udp')))
        s.send(data)
        if silent:
            # The next one is answered, so this one will not be.
            s.send(query(b'localhost', ident=99))
            same(s.recv(4096)[:2], struct.pack('>H', 99))
            return None
        return s.recv(4096)


def ask(name, qtype=A, proxy=None, **more):
    data = query(name, qtype, **more)
    return Answer(udp(data, proxy), data)


def address(name, qtype=A, proxy=None):
    answer = ask(name, qtype, proxy)
    same((answer.rcode, len(answer.records)), (NOERROR, 1), name)
    same(answer.records[0][0], qtype)
    return socket.inet_ntop(socket.AF_INET if qtype == A else
                            socket.AF_INET6, answer.records[0][1])


def count(lines, text):
    return sum(int(re.search(' count=([0-9]+)', x).group(1))
               for x in lines if text in x)


def test_dns_addresses():
    v4 = address(b'internal.test')
    true(re.match(r'198\.1[89]\.', v4) and
         not v4.startswith('198.18.0.'), v4)
    v6 = address(b'internal.test', AAAA)
    same(v6, socket.inet_ntop(socket.AF_INET6, b'\xfdsrtne' + b'\0' * 6 +
                              socket.inet_aton(v4)))
    same(address(b'InterNAL.test'), v4, 'letters have no case')
    true(address(b'nowhere.test') != v4, 'each name has its own')
    # Allowed on some port is enough.
    for name in (b'a.wild.test', b'a.b.wild.test', b'half.test',
                 b'mapped.test'):
        address(name)
    same(address(b'localhost'), '127.0.0.1')
    same(address(b'x.LocalHost', AAAA), '::1')
    before = len(PX.lines)
    PX.violations()
    true(not [x for x in PX.lines[before:] if x.startswith('violation')],
         'nothing was refused')


def test_dns_refused():
    for name in (b'other.test', b'wild.test', b'bad.wild.test', b'single',
                 b'internal.test.search.test', b'10.0.0.1', b'a b.test',
                 b'internal\\.test', b'x.' * 120 + b'test'):
        answer = ask(name)
        same((answer.rcode, answer.records), (NXDOMAIN, []), name)
    # A dot within a label is none between two.
    data = struct.pack('>6H', 1, 0x100, 1, 0, 0, 0) + b'\x0dinternal.test' + \
        b'\0' + struct.pack('>2H', A, 1)
    same(Answer(udp(data)).rcode, NXDOMAIN)
    lines = PX.violations()
    true('violation dns-lookup other.test (host is not on the allow list) '
         'rule=network.allowedDomains cure="network": {"allowedDomains": '
         '["other.test"]} count=1 lost=0' in lines, lines)
    true([x for x in lines if x.startswith(
        'violation dns-lookup bad.wild.test (host is on the deny list) '
        'rule=network.deniedDomains[1] "bad.wild.test" cure=remove ')], lines)
    true([x for x in lines if x.startswith('violation dns-lookup 10.0.0.1 ')
          and ' cure="network": {"allowedDomains": ["10.0.0.1"]} ' in x],
         lines)
    true([x for x in lines if x.startswith(
        'violation dns-lookup internal\\046test (malformed host) ')], lines)


def test_dns_one_violation():
    for _ in range(3):
        ask(b'twice.other.test', A)
        ask(b'twice.other.test', AAAA)
    same(count(PX.violations(), ' twice.other.test '), 3)


def test_dns_flood():
    """Too many to be told one by one are told as a number."""
    proxy = start()
    n = 1000
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.settimeout(TIMEOUT)
        s.connect(('127.0.0.1', proxy.port('dns-udp')))
        for i in range(n):
            s.send(query(b'n%d.flood.test' % i))
            same(Answer(s.recv(4096)).rcode, NXDOMAIN)
        s.send(query(b'internal.test'))
        same(Answer(s.recv(4096)).rcode, NOERROR)
    lines = proxy.violations()
    true(len(lines) < n * 0.9, '%d lines' % len(lines))
    same(count(lines, ' dns-lookup '), n)
    proxy.close()


def test_dns_types():
    for qtype in (HTTPS, 64, MX, TXT, PTR, 33, 257):
        for name in (b'internal.test', b'localhost'):
            answer = ask(name, qtype)
            same((answer.rcode, answer.records), (NOERROR, []), qtype)
        same(ask(b'types.other.test', qtype).rcode, NXDOMAIN)
    for qtype in (ANY, AXFR, 251):
        same(ask(b'internal.test', qtype).rcode, NOTIMP, qtype)
    for qclass in (3, 4, 255, 0):
        same(ask(b'internal.test', qclass=qclass).rcode, REFUSED, qclass)
    same(ask(b'', 2).rcode, NOERROR, 'the root')


def test_dns_reverse():
    v4 = address(b'internal.test')
    v6 = socket.inet_pton(socket.AF_INET6, address(b'internal.test', AAAA))
    want = [(PTR, wire_name(b'internal.test'))]
    name = '.'.join(reversed(v4.split('.'))) + '.in-addr.arpa'
    same(ask(name.encode(), PTR).records, want)
    same(ask(name.upper().encode(), PTR).records, want)
    name6 = '.'.join(reversed(v6.hex())) + '.ip6.arpa'
    same(ask(name6.encode(), PTR).records, want)
    same(ask(name6.encode(), A).records, [])
    for name in (b'1.0.0.127.in-addr.arpa', b'1.255.19.198.in-addr.arpa',
                 b'10.113.0.203.in-addr.arpa', b'256.1.1.1.in-addr.arpa',
                 b'1.in-addr.arpa', b'0.' * 31 + b'1.ip6.arpa'):
        same(ask(name, PTR).rcode, NXDOMAIN, name)


def test_dns_edns():
    data = query(b'internal.test', opt=opt(4096, flags=0x8000, options=(
        struct.pack('>HH', 10, 8) + b'cookie..')))
    answer = Answer(udp(data), data)
    same(answer.opt, (1232, 0, 0x8000))
    same(len(answer.records), 1)
    data = query(b'no.other.test', opt=opt(512))
    same(Answer(udp(data), data).opt, (1232, 0, 0))
    data = query(b'internal.test', opt=opt(version=1))
    same(Answer(udp(data), data).rcode, BADVERS)
    same(ask(b'internal.test').opt, None)


def test_dns_malformed():
    good = query(b'internal.test')
    for data in (query(b'internal.test', flags=0x8100), good[:11], b''):
        udp(data, silent=True)
    same(Answer(udp(query(b'x.test', flags=0x2900))).rcode, NOTIMP)
    for data in (good[:-1], good[:12], good + b'x', good[:20],
                 good[:4] + b'\0\2' + good[6:], good[:6] + b'\0\1' + good[8:],
                 good[:8] + b'\0\1' + good[10:],
                 good[:10] + b'\0\1' + good[12:],
                 good[:12] + b'\xc0\x0c' + b'\0\1\0\1',
                 query(b'internal.test', opt=opt() + b'x'),
                 query(b'internal.test', opt=opt(options=b'\0\1\0\2x')),
                 query(b'internal.test', opt=opt()[1:]),
                 query(b'internal.test', 41),
                 query(b'internal.test', flags=0x0300),
                 good[:12] + b'\x40' + b'a' * 64 + b'\0\0\1\0\1',
                 query(b'.'.join([b'a' * 63] * 4))):
        same(Answer(udp(data)).rcode, FORMERR, data)


def test_dns_any_address():
    """The answer comes from the address that was asked."""
    data = query(b'internal.test')
    for addr in ('127.0.0.53', '192.0.2.53', '::1', '2001:db8:1::53'):
        same(Answer(udp(data, addr=addr), data).rcode, NOERROR, addr)


def test_dns_tcp():
    c = Conn(socket.create_connection(('127.0.0.1', PX.port('dns-tcp')),
                                      TIMEOUT))

    def take():
        return c.take(struct.unpack('>H', c.take(2))[0])

    data = query(b'internal.test', AAAA)
    message = struct.pack('>H', len(data)) + data
    for i in range(len(message)):
        c.send(message[i:i + 1])
    same(Answer(take(), data).rcode, NOERROR)
    c.send(message * 500)
    for _ in range(500):
        same(Answer(take(), data).records[0][0], AAAA)
    c.send(message + message[:-1])
    c.finish()
    same(len(Answer(take(), data).records), 1)
    same(c.rest(), b'')
    for bad in (b'\0\0', b'\xff\xff', b'\0\5hello', message[:2] +
                struct.pack('>HH', 1, 0x8180) + message[6:]):
        c = Conn(socket.create_connection(('127.0.0.1', PX.port('dns-tcp')),
                                          TIMEOUT))
        c.send(bad)
        same(c.rest(), b'', bad)


def test_dns_tcp_unread():
    """Who asks and never reads is not read from for ever."""
    s = socket.create_connection(('127.0.0.1', PX.port('dns-tcp')), TIMEOUT)
    s.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    data = query(b'internal.test')
    message = (struct.pack('>H', len(data)) + data) * 1000
    s.setblocking(False)
    sent, end = 0, time.monotonic() + 1
    while time.monotonic() < end:
        try:
            sent += s.send(message)
        except BlockingIOError:
            time.sleep(0.01)
    true(sent < 20000000, 'it took %d bytes' % sent)
    s.close()
    address(b'internal.test')


def slow_dns_idle():
    proxy = start()
    since = time.monotonic()
    c = Conn(socket.create_connection(('127.0.0.1', proxy.port('dns-tcp')),
                                      30))
    c.s.settimeout(30)
    c.send(b'\0')
    same(c.rest(), b'')
    true(9 < time.monotonic() - since < 20, 'not after 10 seconds')
    proxy.close()


def test_dns_without_broker():
    proxy = start()
    address(b'internal.test', proxy=proxy)
    port = proxy.port('dns-udp')
    proxy.cmd('drop broker')
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as s:
        s.connect(('127.0.0.1', port))
        end = time.monotonic() + TIMEOUT
        while True:
            true(time.monotonic() < end, 'it still answers')
            s.settimeout(0.1)
            try:
                s.send(query(b'internal.test'))
                s.recv(4096)
            except ConnectionRefusedError:
                break
            except socket.timeout:
                pass
    proxy.close()


# connect(2)

IDS = iter(range(1, 1 << 30))


def connect(addr, port, flags=WAIT, proxy=None, who='4711 a.out'):
    """Asks as the broker does; the id and the errno of the verdict."""
    proxy = proxy or PX
    ident = next(IDS)
    proxy.cmd('connect %d %d %s %d %s' % (ident, flags, addr, port, who))
    return ident, int(proxy.wait('verdict %d ([0-9]+)$' % ident).group(1))


def connected(ident, proxy=None):
    proxy = proxy or PX
    c = Conn(socket.create_connection(('127.0.0.1', proxy.port('pair')),
                                      TIMEOUT))
    proxy.cmd('connected %d' % ident)
    return c


def through(addr, port, flags=WAIT, proxy=None):
    ident, error = connect(addr, port, flags, proxy)
    same(error, 0, '%s port %d' % (addr, port))
    return connected(ident, proxy)


def was_reset(c):
    try:
        return not c.rest() and False
    except ConnectionResetError:
        return True


def speak(c, u, text=b'ping'):
    c.send(text)
    same(u.take(len(text)), text)
    u.send(b'pong')
    same(c.take(4), b'pong')


def answer(c, u):
    """What is no HelloRetryRequest."""
    u.send(b'a server')
    same(c.take(8), b'a server')


def test_connect():
    srv = Server()
    names = [address(b'internal.test'), address(b'internal.test', AAAA),
             address(b'localhost')]
    for addr in names + ['127.0.0.1', '::1', '::ffff:127.0.0.1']:
        for flags in (0, WAIT):
            c = through(addr, srv.port, flags)
            u = srv.accept()
            speak(c, u)
            # Half-closed in one direction, then in the other.
            c.finish()
            same(u.rest(), b'')
            u.send(b'last')
            u.close()
            same(c.rest(), b'last')


def test_connect_server_first():
    srv = Server()
    for flags in (0, WAIT):
        c = through(address(b'internal.test'), srv.port, flags)
        u = srv.accept()
        u.send(b'SSH-2.0-server\r\n')
        same(c.until(b'\n'), b'SSH-2.0-server\r\n')
        speak(c, u, b'SSH-2.0-client\r\n')


def test_connect_many():
    srv = Server(1024)
    addr = address(b'internal.test')
    conns = [through(addr, srv.port, i % 2) for i in range(300)]
    peers = {}
    for i, c in enumerate(conns):
        c.send(b'%08d' % i)
    for _ in conns:
        u = srv.accept()
        peers[int(u.take(8))] = u
    for i, c in enumerate(conns):
        peers[i].send(b'%08d' % i)
        same(int(c.take(8)), i)


def test_connect_denied():
    before = len(PX.violations())
    for addr, port in (('203.0.113.10', 80), ('10.0.0.1', 81),
                       ('2001:db8::1', 443),
                       (address(b'half.test'), 80)):
        for flags in (0, WAIT):
            same(connect(addr, port, flags)[1], errno.EACCES, addr)
    lines = PX.violations()[before:]
    true('violation network-outbound 203.0.113.10:80 (host is not on the '
         'allow list) rule=network.allowedDomains cure="network": '
         '{"allowedDomains": ["203.0.113.10:80"]} count=1 lost=0 pid=4711 '
         'program=a.out' in lines, lines)
    true([x for x in lines if 'half.test:80 (host is on the deny list) '
          'rule=network.deniedDomains[0]' in x], lines)


def test_connect_quiet():
    proxy = start('rules 0', 'allow [::1]:7', 'allow localhost:8',
                  'allow 127.0.0.9', 'deny 127.0.0.5', 'end')
    for addr, port in (('127.0.0.1', 7), ('::1', 9), ('127.0.0.5', 8)):
        same(connect(addr, port, WAIT | QUIET, proxy)[1], errno.EACCES, addr)
    same(proxy.violations(), [])
    for addr, port in (('127.0.0.1', 8), ('::1', 8), ('127.0.0.2', 8),
                       ('::1', 7)):
        same(connect(addr, port, WAIT | QUIET, proxy)[1],
             errno.ECONNREFUSED, addr)
    same(proxy.violations(), [])
    # Not quiet: as any other.
    same(connect('127.0.0.5', 8, WAIT, proxy)[1], errno.EACCES)
    same(len(proxy.violations()), 1)
    proxy.close()


def test_connect_local_ports():
    def told(*rules):
        n = len(proxy.find('local( |$)'))
        proxy.cmd('rules 0', *rules, 'end')
        proxy.wait('local( |$)', n + 1)
        return proxy.find('local(.*)$')[-1].group(1).split()
    proxy = start('rules 0', 'allow a.test', 'allow localhost:3',
                  'allow localhost:3', 'allow 127.0.0.1:2', 'allow [::1]:1',
                  'allow 127.9.9.9:4', 'allow 10.0.0.1:5', 'end')
    proxy.wait('local')
    same(proxy.find('local(.*)$')[-1].group(1).split(), ['3', '2', '1', '4'])
    same(told('allow a.test'), [])
    same(told('allow localhost:3', 'allow localhost'), ['0'])
    same(told(*('allow localhost:%d' % i for i in range(1, 6000))), ['0'])
    proxy.close()


def test_connect_errors():
    closed = Server()
    closed.s.close()
    for addr, port, error in (
            ('127.0.0.1', closed.port, errno.ECONNREFUSED),
            (address(b'internal.test'), closed.port, errno.ECONNREFUSED),
            (address(b'nowhere.test'), 80, errno.EHOSTUNREACH),
            # An address that stands for no name now.
            ('198.19.255.254', 80, errno.EHOSTUNREACH),
            ('fd73:7274:6e65::c613:fffe', 80, errno.EHOSTUNREACH)):
        same(connect(addr, port)[1], error, addr)
    # Those which do not wait learn it by a reset.
    for name in (b'internal.test', b'nowhere.test'):
        c = through(address(name), closed.port, 0)
        true(was_reset(c), name)


def test_connect_resolved_denied():
    proxy = start('rules 0', 'allow internal.test', 'end', 'listen dns-udp')
    addr = address(b'internal.test', proxy=proxy)
    same(connect(addr, 80, WAIT, proxy)[1], errno.EACCES)
    line = proxy.violations()[-1]
    true(line.startswith('violation network-outbound internal.test:80 '
                         '(resolved to a loopback address)'), line)
    true(line.endswith(' pid=4711 program=a.out'), line)
    c = through(addr, 80, 0, proxy)
    true(was_reset(c), 'reset')
    proxy.close()


def test_connect_cancel():
    srv = Server()
    ident, error = connect('127.0.0.1', srv.port)
    same(error, 0)
    u = srv.accept()
    PX.cmd('cancel %d' % ident)
    same(u.rest(), b'', 'the server is let go')
    PX.cmd('cancel %d' % ident, 'cancel 99999')
    # Whoever comes after that finds nothing.
    true(was_reset(connected(ident)), 'too late')
    true(was_reset(connected(123456)), 'never asked for')


def slow_connect_not_paired():
    proxy = start()
    srv = Server()
    since = time.monotonic()
    ident, error = connect('127.0.0.1', srv.port, WAIT, proxy)
    same(error, 0)
    u = srv.accept()
    same(u.rest(), b'')
    true(9 < time.monotonic() - since < 19, 'not after 10 seconds')
    true(was_reset(connected(ident, proxy)), 'too late')
    proxy.close()


def test_connect_broker_gone():
    proxy = start('rules 0', 'allow 127.0.0.1', 'end')
    srv = Server()
    same(connect('127.0.0.1', srv.port, WAIT, proxy)[1], 0)
    u = srv.accept()
    c = through('127.0.0.1', srv.port, WAIT, proxy)
    cu = srv.accept()
    speak(c, cu)
    proxy.cmd('drop broker')
    same(u.rest(), b'')
    speak(c, cu)
    proxy.close()


def test_connect_limit():
    """What waits counts as a session."""
    srv = Server(1024)
    proxy = Proxy('rules 0', 'allow 127.0.0.1', 'end', 'listen http',
                  args=('-n', '200'))
    errors = [connect('127.0.0.1', srv.port, WAIT, proxy)[1]
              for _ in range(100)]
    true(set(errors) == {0, errno.ENOBUFS}, errors)
    ident = proxy.find('verdict ([0-9]+) 0$')[0].group(1)
    proxy.cmd('cancel ' + ident)
    end = time.monotonic() + TIMEOUT
    while connect('127.0.0.1', srv.port, WAIT, proxy)[1] != 0:
        true(time.monotonic() < end, 'no room again')
    proxy.close()


# Server names

def hello(name):
    """A real hello."""
    ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    ctx.check_hostname = False
    ctx.verify_mode = ssl.CERT_NONE
    out = ssl.MemoryBIO()
    tls = ctx.wrap_bio(ssl.MemoryBIO(), out, server_hostname=name)
    try:
        tls.do_handshake()
    except ssl.SSLWantReadError:
        pass
    return out.read()


def records(data, size):
    """The same messages in records of that size."""
    message = data[5:]
    same(len(message), struct.unpack('>H', data[3:5])[0])
    return b''.join(data[:3] + struct.pack('>H', len(message[i:i + size])) +
                    message[i:i + size]
                    for i in range(0, len(message), size))


def ways(srv, proxy=None):
    """A tunnel to internal.test in each way there is."""
    proxy = proxy or PX
    c = wire.client('http', proxy)
    c.send(b'CONNECT Internal.test:%d HTTP/1.1\r\n\r\n' % srv.port)
    u = srv.accept()
    c.head()
    yield c, u
    c = wire.client('socks', proxy)
    c.send(b'\5\1\0' + by_name(b'internal.test', srv.port))
    u = srv.accept()
    c.take(12)
    yield c, u
    for flags in (0, WAIT):
        c = through(address(b'internal.test', proxy=proxy), srv.port, flags,
                    proxy)
        yield c, srv.accept()


def cut(c, u, what, reason, port, proxy=None):
    true(was_reset(c), 'the client: %s' % (what,))
    try:
        same(u.rest(), b'', 'the server got nothing: %s' % (what,))
    except ConnectionResetError:
        pass
    same(len(u.buf), 0, what)
    lines = [x for x in (proxy or PX).violations() if ':%d ' % port in x]
    true([x for x in lines if x.lower().startswith(
        'violation network-outbound internal.test:%d (%s) '
        'rule=network.allowsnimismatch cure="network": '
        '{"allowsnimismatch": true} count=' % (port, reason.lower()))],
        '%s: %s' % (what, lines))


def test_name_right():
    srv = Server()
    for name in ('internal.test', 'INTERNAL.test'):
        data = hello(name)
        for c, u in ways(srv):
            c.send(data)
            same(u.take(len(data)), data)
            answer(c, u)
            speak(c, u)
    # In pieces, in many records, and with more behind it: that goes on when
    # the server has not asked for another hello.
    data = hello('internal.test')
    for text, more in ((records(data, 1), b''), (records(data, 7), b''),
                       (data, b'more')):
        for c, u in ways(srv):
            c.send(text[:1])
            c.send(text[1:20])
            u.quiet(0.05)
            for i in range(20, len(text), 100):
                c.send(text[i:i + 100])
            same(u.take(len(text)), text)
            c.send(more)
            if more:
                u.quiet(0.05)
            answer(c, u)
            same(u.take(len(more)), more)
            speak(c, u)


def test_name_wrong():
    for name, reason in (('other.test', 'TLS server name is other.test'),
                         ('x.internal.test',
                          'TLS server name is x.internal.test'),
                         (None, 'TLS without a server name')):
        srv = Server()
        for c, u in ways(srv):
            c.send(hello(name))
            cut(c, u, name, reason, srv.port)
        srv = Server()
        for c, u in ways(srv):
            c.send(records(hello(name), 3))
            cut(c, u, name, reason, srv.port)


def test_name_early():
    """With the request, before the tunnel is there."""
    for name in (b'internal.test', b'other.test'):
        srv = Server()
        data = hello(name.decode())
        c = wire.client('http', PX)
        c.send(b'CONNECT internal.test:%d HTTP/1.1\r\n\r\n' % srv.port + data)
        u = srv.accept()
        if name == b'internal.test':
            c.head()
            same(u.take(len(data)), data)
        else:
            cut(c, u, name, 'TLS server name is other.test', srv.port)


def test_name_bad():
    good = hello('internal.test')
    message = good[5:]
    sslv2 = struct.pack('>HBHHHH', 0x8000 | 9 + 3 + 16, 1, 0x0303, 3, 0, 16)
    for data, reason in (
            (sslv2 + b'\0\0\x35' + b'c' * 16, 'TLS without a server name'),
            # An alert that some servers skip, then another name.
            (b'\x15\3\1\0\2\1\x5a' + hello('other.test'),
             'malformed TLS hello'),
            (b'\x16\3\1\0\0' + good, 'malformed TLS hello'),
            # Versions that a server may leave alone.
            (b'\x16\4' + good[2:], 'malformed TLS hello'),
            (b'\x15\2\1\0\2\1\x70' + good, 'malformed TLS hello'),
            (b'\x16\3\1\0\4\2\0\0\0' + good, 'malformed TLS hello'),
            (good[:3] + struct.pack('>H', 10) + message[:10] +
             b'\x17\3\3\0\1x', 'malformed TLS hello'),
            (b'\x16\3\1\x40\1\1' + b'\0' * 30, 'malformed TLS hello'),
            (b'\x16\3\1\x40\0\1\1\0\0' + b'\0' * 16380,
             'malformed TLS hello')):
        srv = Server()
        for c, u in ways(srv):
            c.send(data)
            cut(c, u, data[:20], reason, srv.port)


def test_name_cut_off():
    srv = Server()
    for c, u in ways(srv):
        c.send(hello('internal.test')[:-1])
        c.finish()
        cut(c, u, 'half a hello', 'TLS hello cut off', srv.port)


def test_name_not_tls():
    """Whatever else passes, and at once."""
    srv = Server()
    for text in (b'G', b'\x16GET / HTTP', b'\x13', b'\x19\3', b'\0',
                 b'\x80\1\2', b'\xff\xff\xff', b'\x16\2\1\0\5\2',
                 b'\x16\1\0\0\x2a\0\0\0', b'\x15\1\0\0\1\0\0\0\0\0\0',
                 b'\x80\x2e\1\1\0\0\0\0\0\0\0'):
        for c, u in ways(srv):
            speak(c, u, text)
    # It may be TLS, until it ends.
    for text in (b'\x16', b'\x80', b'\x80\x1c\1\3\3', b'\x80\x2e\1\1',
                 b'\x16G', b'\x15\2\1\0\2\1\x70'):
        for c, u in ways(srv):
            c.send(text)
            c.finish()
            same(u.rest(), text)


def test_name_server_first():
    srv = Server()
    data = hello('internal.test')
    for c, u in ways(srv):
        u.send(b'220 ready\r\n')
        same(c.until(b'\n'), b'220 ready\r\n')
        # TLS that begins later is not looked at.
        c.send(b'STARTTLS\r\n')
        same(u.until(b'\n'), b'STARTTLS\r\n')
        c.send(data)
        same(u.take(len(data)), data)
    for c, u in ways(srv):
        c.send(data[:50])
        u.send(b'220 ready\r\n')
        same(c.until(b'\n'), b'220 ready\r\n')
        u.finish()
        same(c.rest(), b'')
        c.send(data[50:])
        same(u.take(len(data)), data)


def test_name_of_addresses():
    """An address has no name to be compared with."""
    srv = Server()
    data = hello('other.test')
    for addr in ('127.0.0.1', '::1'):
        for flags in (0, WAIT):
            c = through(addr, srv.port, flags)
            u = srv.accept()
            c.send(data)
            same(u.take(len(data)), data)
    c, u = wire.tunnel(srv, PX)
    c.send(data)
    same(u.take(len(data)), data)


def test_name_mismatch_allowed():
    proxy = start('rules 2', *RULES[1:])
    srv = Server()
    data = hello('other.test')
    for c, u in ways(srv, proxy):
        c.send(data)
        same(u.take(len(data)), data)
        speak(c, u)
    same(proxy.violations(), [])
    proxy.close()


def slow_name_timeout():
    proxy = start()
    srv = Server()
    pairs = list(ways(srv, proxy))
    since = time.monotonic()
    for c, u in pairs:
        c.s.settimeout(45)
        c.send(hello('internal.test')[:-1])
    for c, u in pairs:
        true(was_reset(c), 'reset')
        same(u.buf, b'')
    true(29 < time.monotonic() - since < 45, 'not after 30 seconds')
    true([x for x in proxy.violations() if 'TLS hello not complete in time'
          in x], 'no violation')
    proxy.close()


def test_name_memory():
    """Nobody can have more than a hello kept."""
    srv = Server()
    for c, u in ways(srv):
        try:
            c.send(b''.join(b'\x16\3\1\0\1' + x for x in
                            [b'\1', b'\0', b'\xff', b'\xff'] +
                            [b'\0'] * 60000))
        except (ConnectionResetError, BrokenPipeError):
            pass
        cut(c, u, 'a long one', 'malformed TLS hello', srv.port)


class TlsServer:
    def __init__(self):
        ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        ctx.load_cert_chain(ETC + '/cert.pem', ETC + '/key.pem')
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(16)
        self.port = self.s.getsockname()[1]
        self.ctx = ctx
        threading.Thread(target=self.serve, daemon=True).start()

    def serve(self):
        while True:
            s = self.s.accept()[0]
            try:
                with self.ctx.wrap_socket(s, server_side=True) as tls:
                    tls.sendall(b'hello ' + tls.recv(100))
            except (OSError, ssl.SSLError):
                s.close()


def test_name_openssl():
    srv = TlsServer()

    def client(*args):
        return subprocess.run(
            ['openssl', 's_client', '-quiet', '-ign_eof', '-CAfile',
             ETC + '/ca.pem', '-verify_return_error', '-proxy',
             '127.0.0.1:%d' % PX.port('http'), '-connect',
             'internal.test:%d' % srv.port, *args], input=b'openssl',
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=TIMEOUT)
    for args in ((), ('-servername', 'internal.test'),
                 ('-tls1_2', '-servername', 'internal.test')):
        same(client(*args).stdout, b'hello openssl', args)
    for args in (('-servername', 'other.test'), ('-noservername',),
                 ('-tls1_2', '-servername', 'own.test')):
        p = client(*args)
        true(p.returncode != 0 and p.stdout == b'', args)
    # From end to end, by the address that stands for the name.
    ctx = ssl.create_default_context(cafile=ETC + '/ca.pem')
    c = through(address(b'internal.test', AAAA), srv.port)
    with ctx.wrap_socket(c.s, server_hostname='internal.test') as tls:
        tls.sendall(b'python')
        same(tls.recv(100), b'hello python')


def test_leaves_nothing():
    srv = Server()
    proxy = Proxy(*RULES, args=('-n', '160'))
    addr = address(b'internal.test', proxy=proxy)
    refused = Server()
    refused.s.close()
    for i in range(150):
        c = through(addr, srv.port, i % 2, proxy)
        u = srv.accept()
        c.send(hello('other.test') if i % 3 else b'x')
        u.close()
        c.close()
        ident = connect(addr, srv.port, WAIT, proxy)[0]
        srv.accept().close()
        proxy.cmd('cancel %d' % ident)
        same(connect(addr, refused.port, WAIT, proxy)[1], errno.ECONNREFUSED)
        ident = connect(addr, refused.port, 0, proxy)[0]
        proxy.cmd('cancel %d' % ident)
        c = connected(ident, proxy)
        true(was_reset(c), 'cancelled')
        c.close()
    c = through(addr, srv.port, WAIT, proxy)
    speak(c, srv.accept())
    true(not proxy.find('log [01] '), proxy.find('log [01] '))
    proxy.close()


class Slow(threading.Thread):
    """Meanwhile, with a proxy of its own."""

    def __init__(self, test):
        super().__init__(daemon=True)
        self.test = test
        self.error = None
        self.start()

    def run(self):
        try:
            self.test()
        except Exception as e:
            self.error = e

    def __call__(self):
        self.join()
        if self.error:
            raise self.error


def chosen(prefix):
    return [(n[5:], f) for n, f in globals().items() if n.startswith(prefix)
            and (len(sys.argv) <= 4 or n[5:] in sys.argv[4:])]


def main():
    global PX
    tests = chosen('test_')
    slow = [(n, Slow(f)) for n, f in chosen('slow_')]
    PX = wire.PX = start()
    print('1..%d' % (len(tests) + len(slow)))
    failed = 0
    for i, (name, f) in enumerate(tests + slow, 1):
        try:
            f()
            print('ok %d - %s' % (i, name))
        except Exception:
            failed += 1
            print('not ok %d - %s' % (i, name))
            for line in traceback.format_exc().splitlines()[-12:]:
                print('# ' + line)
            if PX.p.poll() is not None or PX.find('gone'):
                print('# the proxy is gone: %s' % PX.lines[-3:])
                PX = wire.PX = start()
                PX.pid()
    PX.close()
    if PX.find('gone (signal|[1-9])|log [01] '):
        print('Bail out! %s' % PX.lines[-3:])
        failed += 1
    sys.exit(failed != 0)


main()
