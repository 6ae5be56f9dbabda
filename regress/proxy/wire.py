# SPDX-License-Identifier: ISC
#
# Raw clients and servers on both sides of one srt-proxy, which proxyd runs
# over its real pipes.  Usage: wire.py proxyd srt-proxy [test ...]

import fcntl
import hashlib
import os
import re
import select
import socket
import struct
import subprocess
import sys
import termios
import threading
import time
import traceback

PROXYD, PROXY = sys.argv[1:3]
TIMEOUT = 20
with open(PROXY, 'rb') as program:
    # Sanitizers keep what was freed: then memory is not measured.
    SANITIZED = b'__asan_init' in program.read()
NOTLISTED = 'host is not on the allow list'


class Failed(Exception):
    pass


def same(got, want, what=''):
    if got != want:
        raise Failed('%s: got %.1500r, want %.1500r' % (what, got, want))


def true(value, what):
    if not value:
        raise Failed(what)


class Proxy:
    def __init__(self, *commands, args=()):
        self.lines = []
        self.cond = threading.Condition()
        base = ['rules 0', 'allow 127.0.0.1', 'allow localhost',
                'allow internal.test', 'allow mapped.test',
                'allow meta.test', 'allow mixed.test', 'allow a.test',
                'allow allowed.test',
                'allow nowhere.test', 'allow *.nowhere.test',
                'deny denied.test no \u00e4pples <here>',
                'end', 'listen http', 'listen socks']
        self.p = subprocess.Popen(
            [PROXYD, *args, PROXY, *(commands or base)],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            universal_newlines=True, encoding='utf-8')
        threading.Thread(target=self.read, daemon=True).start()

    def read(self):
        for line in self.p.stdout:
            with self.cond:
                self.lines.append(line.rstrip('\n'))
                self.cond.notify_all()
        with self.cond:
            self.lines.append('closed')
            self.cond.notify_all()

    def find(self, regex):
        return [m for m in (re.match(regex, x) for x in self.lines) if m]

    def wait(self, regex, count=1):
        end = time.monotonic() + TIMEOUT
        with self.cond:
            while len(self.find(regex)) < count:
                left = end - time.monotonic()
                if left <= 0 or (self.lines and self.lines[-1] == 'closed'):
                    raise Failed('no %s in %s' % (regex, self.lines))
                self.cond.wait(left)
            return self.find(regex)[-1]

    def cmd(self, *lines):
        for line in lines:
            self.p.stdin.write(line + '\n')
        self.p.stdin.flush()

    def port(self, kind):
        return int(self.wait(kind + ' ([0-9]+)$').group(1))

    def pid(self):
        return int(self.wait('ready ([0-9]+)$').group(1))

    def violations(self):
        n = len(self.find('flushed'))
        self.cmd('flush')
        self.wait('flushed', n + 1)
        return [x for x in self.lines if x.startswith('violation ')]

    def rss(self):
        if SANITIZED:
            return 0
        with open('/proc/%d/status' % self.pid()) as f:
            return int(re.search(r'VmRSS:\s+([0-9]+)', f.read()).group(1))

    def cpu(self):
        with open('/proc/%d/stat' % self.pid()) as f:
            fields = f.read().rsplit(')', 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')

    def close(self):
        if self.p.poll() is None:
            self.p.stdin.close()
            self.p.wait(TIMEOUT)


class Conn:
    """A socket with a buffer and a deadline."""

    def __init__(self, sock):
        self.s = sock
        self.s.settimeout(TIMEOUT)
        self.buf = bytearray()

    def send(self, data):
        self.s.sendall(data)

    def more(self):
        data = self.s.recv(65536)
        self.buf += data
        return data

    def take(self, n):
        while len(self.buf) < n:
            if not self.more():
                raise Failed('end after %r' % bytes(self.buf[:500]))
        data = bytes(self.buf[:n])
        del self.buf[:n]
        return data

    def until(self, mark):
        while mark not in self.buf:
            if not self.more():
                raise Failed('end after %r' % bytes(self.buf[:500]))
        i = self.buf.index(mark) + len(mark)
        return self.take(i)

    def head(self):
        return self.until(b'\r\n\r\n')

    def rest(self):
        while self.more():
            pass
        data = bytes(self.buf)
        self.buf.clear()
        return data

    def quiet(self, seconds=0.2):
        """Nothing must come.  A pause cannot be polled for."""
        true(not self.buf, 'bytes left: %r' % self.buf[:500])
        if select.select([self.s], [], [], seconds)[0]:
            raise Failed('unexpected: %r' % self.s.recv(500))

    def finish(self):
        self.s.shutdown(socket.SHUT_WR)

    def reset(self):
        self.s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                          struct.pack('ii', 1, 0))
        self.s.close()

    def close(self):
        self.s.close()


class Server:
    def __init__(self, backlog=128):
        self.s = socket.socket()
        self.s.bind(('127.0.0.1', 0))
        self.s.listen(backlog)
        self.s.settimeout(TIMEOUT)
        self.port = self.s.getsockname()[1]
        self.name = b'127.0.0.1:%d' % self.port

    def accept(self):
        return Conn(self.s.accept()[0])

    def nobody(self):
        if select.select([self.s], [], [], 0.2)[0]:
            raise Failed('an unexpected connection')


def client(kind='http', proxy=None):
    proxy = proxy or PX
    return Conn(socket.create_connection(('127.0.0.1', proxy.port(kind)),
                                         TIMEOUT))


def get(srv, path=b'/', method=b'GET', version=b'1.1', more=b''):
    return b'%s http://%s%s HTTP/%s\r\nHost: x\r\n%s\r\n' % (
        method, srv.name, path, version, more)


def tunnel(srv, proxy=None):
    c = client(proxy=proxy)
    c.send(b'CONNECT %s HTTP/1.1\r\n\r\n' % srv.name)
    u = srv.accept()
    same(c.head(), b'HTTP/1.1 200 Connection Established\r\n\r\n', 'CONNECT')
    return c, u


OK = b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'


# Answers

def test_denied_connect():
    c = client()
    c.send(b'CONNECT other.example:443 HTTP/1.1\r\n'
           b'Host: other.example:443\r\n\r\n')
    same(c.rest(), b'HTTP/1.1 403 host is not on the allow list\r\n'
         b'Content-Type: text/plain\r\n'
         b'X-Proxy-Error: blocked-by-allowlist\r\n'
         b'Content-Length: 39\r\nConnection: close\r\n\r\n'
         b'Connection blocked by network allowlist')
    line = PX.violations()[-1]
    same(line, 'violation network-outbound other.example:443 (%s) '
         'rule=network.allowedDomains cure="network": '
         '{"allowedDomains": ["other.example:443"]} count=1 lost=0' % NOTLISTED)


def test_denied_connect_reason():
    c = client()
    c.send(b'CONNECT Denied.test:1 HTTP/1.1\r\n\r\n')
    same(c.until(b'\r\n'), b'HTTP/1.1 403 no ?pples here\r\n')
    same(PX.violations()[-1],
         'violation network-outbound Denied.test:1 (no \u00e4pples here) '
         'rule=network.deniedDomains[0] "denied.test" cure=remove '
         '"denied.test" from network.deniedDomains count=1 lost=0')


def test_denied_plain_keeps_connection():
    want = (b'HTTP/1.1 403 Forbidden\r\nContent-Type: text/plain\r\n'
            b'X-Proxy-Error: blocked-by-allowlist\r\nContent-Length: 40\r\n'
            b'\r\nConnection blocked by network allowlist\n')
    c = client()
    for _ in range(3):
        c.send(b'GET http://other.example/ HTTP/1.1\r\nHost: x\r\n\r\n')
        same(c.take(len(want)), want)
    srv = Server()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.until(b"ok"), OK)


def test_denied_with_body_closes():
    c = client()
    c.send(b'POST http://other.example/ HTTP/1.1\r\nHost: x\r\n'
           b'Content-Length: 100000\r\n\r\n' + b'x' * 100000)
    got = c.rest()
    true(got.startswith(b'HTTP/1.1 403 Forbidden\r\n'), got[:100])
    true(b'\r\nConnection: close\r\n' in got, got[:300])
    true(got.endswith(b'\n'), 'the whole answer arrives')


def test_denied_head():
    c = client()
    c.send(b'HEAD http://other.example/ HTTP/1.1\r\nHost: x\r\n\r\n')
    true(b'Content-Length: 40\r\n' in c.head(), 'length')
    c.quiet()


def test_malformed_host():
    c = client()
    c.send(b'CONNECT a%2eb.test:443 HTTP/1.1\r\n\r\n')
    got = c.rest()
    true(got.startswith((b'HTTP/1.1 403 malformed host\r\n',
                         b'HTTP/1.1 400 ')), got[:100])


def check_status(request, status):
    c = client()
    c.send(request)
    got = c.rest()
    true(got.startswith(b'HTTP/1.1 %d ' % status), '%r: %r' %
         (request[:80], got[:200]))
    head, body = got.split(b'\r\n\r\n', 1)
    length = re.search(rb'Content-Length: ([0-9]+)', head)
    true(length and int(length.group(1)) == len(body), got)
    true(b'Connection: close' in head, got)


def test_bad_requests():
    check_status(b'\x16\x03\x01\x02\x00\x01\x00\r\n\r\n', 400)
    check_status(b'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n'
                 b'Content-Length: 1\r\n'
                 b'Transfer-Encoding: chunked\r\n\r\n', 400)
    check_status(b'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n'
                 b'A: b\r\n  c\r\n\r\n', 400)
    check_status(b'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n'
                 b'A : b\r\n\r\n', 400)
    check_status(b'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n'
                 b'A: b\rc\r\n\r\n', 400)
    check_status(b'CONNECT a.test HTTP/1.1\r\n\r\n', 400)
    check_status(b'GET http://a.test/ HTTP/1.1\r\nHost: x\r\n'
                 b'A: ' + b'b' * 20000, 431)


def test_bad_request_after_good():
    srv = Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)
    c.send(b'GET http://a.test/ HTTP/1.1\r\nA : b\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 400 '), 'no answer')


def test_origin_form():
    c = client()
    c.send(b'GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 400 '), 'origin-form')


def test_https_absolute():
    c = client()
    c.send(b'GET https://a.test/ HTTP/1.1\r\nHost: x\r\n'
           b'Connection: close\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 501 '), 'https allowed')
    c = client()
    c.send(b'GET https://no.example/ HTTP/1.1\r\nHost: x\r\n'
           b'Connection: close\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 403 '), 'https denied')


def test_refused_upstream():
    srv = Server()
    srv.s.close()
    c = client()
    c.send(get(srv))
    why = srv.name.split(b':')[0] + b': connection refused'
    body = b'Bad Gateway: ' + why + b'\n'
    same(c.until(body), b'HTTP/1.1 502 Bad Gateway\r\n'
         b'Content-Type: text/plain\r\nContent-Length: %d\r\n\r\n%s' % (
             len(body), body))
    c = client()
    c.send(b'CONNECT %s HTTP/1.1\r\n\r\n' % srv.name)
    same(c.rest(), b'HTTP/1.1 502 %s\r\nContent-Type: text/plain\r\n'
         b'Content-Length: %d\r\nConnection: close\r\n\r\n%s' % (
             why, len(body), body))


def test_no_such_name():
    c = client()
    c.send(b'CONNECT nowhere.test:80 HTTP/1.1\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 502 nowhere.test: no such name\r\n'),
         'CONNECT')


def test_resolved_denied():
    # 127.0.0.1 is not listed here: a listed address may be resolved to.
    proxy = Proxy('rules 0', 'allow internal.test', 'allow mapped.test',
                  'allow meta.test', 'end', 'listen http', 'listen socks')
    why = b'resolved to a loopback address'
    c = client(proxy=proxy)
    c.send(b'CONNECT Internal.test:80 HTTP/1.1\r\n\r\n')
    body = b'Connection to Internal.test blocked: ' + why
    same(c.rest(), b'HTTP/1.1 403 %s\r\nContent-Type: text/plain\r\n'
         b'X-Proxy-Error: blocked-by-sandbox-runtime\r\n'
         b'Content-Length: %d\r\nConnection: close\r\n\r\n%s' % (
             why, len(body), body))
    true('violation network-outbound Internal.test:80 (%s) ' % why.decode()
         in proxy.violations()[-1], proxy.lines[-3:])
    for name, words in ((b'mapped.test', b'a loopback address'),
                        (b'meta.test', b'a link-local address')):
        c.close()
        c = client(proxy=proxy)
        c.send(b'GET http://%s/ HTTP/1.1\r\nHost: x\r\n\r\n' % name)
        true(c.head().startswith(b'HTTP/1.1 403 Forbidden\r\n'), name)
        true(c.until(b'\n').endswith(b'resolved to %s\n' % words), name)
    c = client('socks', proxy)
    c.send(b'\5\1\0' + by_name(b'internal.test', 80))
    same(c.rest(), b'\5\0' + reply(2))
    conns = []
    for _ in range(200):
        c = client(proxy=proxy)
        c.send(b'CONNECT internal.test:80 HTTP/1.1\r\n\r\n')
        conns.append(c)
    for c in conns:
        true(c.rest().startswith(b'HTTP/1.1 403 '), 'many at once')
    proxy.close()


def test_resolved_listed():
    """An address that is listed itself may be what a name stands for."""
    srv = Server()
    c = client()
    c.send(b'CONNECT internal.test:%d HTTP/1.1\r\n\r\n' % srv.port)
    srv.accept()
    true(c.head().startswith(b'HTTP/1.1 200 '), 'listed')
    # The other address cannot be reached from here.
    c = client()
    c.send(b'CONNECT mixed.test:80 HTTP/1.1\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 502 mixed.test: '), 'mixed')


def deaf(port):
    """A listener on [::1] that answers no more: its queue is full."""
    s = socket.socket(socket.AF_INET6)
    s.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    s.bind(('::1', port))
    s.listen(0)
    keep = [s]
    while True:
        c = socket.socket(socket.AF_INET6)
        c.setblocking(False)
        keep.append(c)
        try:
            c.connect(('::1', port))
        except BlockingIOError:
            if not select.select([], [c], [], 0.1)[1]:
                return keep


def test_race():
    """RFC 8305: an address that does not answer delays by 250 ms."""
    with open('/etc/hosts', 'a') as f:
        f.write('::1 slow.test\n127.0.0.1 slow.test\n')
    srv = Server()
    proxy = Proxy('rules 0', 'allow [::1]', 'allow 127.0.0.1',
                  'allow slow.test', 'end', 'listen http')
    keep = deaf(srv.port)
    c = client(proxy=proxy)
    start = time.monotonic()
    c.send(b'CONNECT slow.test:%d HTTP/1.1\r\n\r\n' % srv.port)
    true(c.head().startswith(b'HTTP/1.1 200 '), 'connected')
    true(0.2 < time.monotonic() - start < 15, 'after %f s' %
         (time.monotonic() - start))
    for s in keep:
        s.close()
    # One that refuses does not delay; a busy machine may, but not each time.
    took = []
    while len(took) < 10 and (not took or min(took) >= 0.2):
        c = client(proxy=proxy)
        start = time.monotonic()
        c.send(b'CONNECT slow.test:%d HTTP/1.1\r\n\r\n' % srv.port)
        true(c.head().startswith(b'HTTP/1.1 200 '), 'connected')
        took.append(time.monotonic() - start)
    true(min(took) < 0.2, 'after %s s' % took)
    proxy.close()


def silent_port(addrs=('0.0.0.0',), port=0):
    """A port there that does not answer: its queue is full."""
    keep = []
    for addr in addrs:
        s = socket.socket()
        s.bind((addr, port))
        s.listen(0)
        port = s.getsockname()[1]
        keep.append(s)
        full = False
        while not full:
            c = socket.socket()
            c.setblocking(False)
            keep.append(c)
            try:
                c.connect((addr, port))
            except BlockingIOError:
                full = not select.select([], [c], [], 0.1)[1]
    return keep, port


def calling(port):
    """Connections to it that have had no answer."""
    def look():
        with open('/proc/net/tcp') as f:
            # What changes while it is read may be there twice.
            return set(re.findall(r': (\S+ \S+:%04X 02) ' % port, f.read()))
    # One that makes way for another meanwhile is in one of them alone.
    return len(look() & look())


def test_many_silent():
    """Names of 40 addresses that do not answer use up no descriptors."""
    hosts = ['127.0.1.%d' % i for i in range(1, 41)]
    with open('/etc/hosts', 'a') as f:
        f.write(''.join('%s many.test\n' % x for x in hosts))
    conns, rounds = [], []
    for limit, want in ('160', 20 * 2), ('2100', 20 * 2 + 128):
        keep, port = silent_port()
        proxy = Proxy('rules 0', *('allow ' + x for x in hosts),
                      'allow 127.0.0.1', 'allow many.test', 'end',
                      'listen http', 'listen socks', args=('-n', limit))
        rounds.append([proxy, port, want, calling(port), 0])
        conns += keep
        for _ in range(20):
            c = client(proxy=proxy)
            c.send(b'CONNECT many.test:%d HTTP/1.1\r\n\r\n' % port)
            conns.append(c)
    # A dozen attempts of each, were there room.
    end = time.monotonic() + TIMEOUT
    while time.monotonic() < end:
        for r in rounds:
            r[4] = max(r[4], calling(r[1]) - r[3])
        if rounds[1][4] >= rounds[1][2]:
            end = min(end, time.monotonic() + 1)
        time.sleep(0.05)
    for proxy, _, want, _, most in rounds:
        same(most, want, 'attempts')
        for c, u in tunnel(Server(), proxy), transparent(Server(), proxy):
            c.send(b'x')
            same(u.take(1), b'x')
        proxy.close()
    for c in conns:
        c.close()


def test_third_answers():
    """With room for two attempts those that are silent make way."""
    hosts = ['127.0.2.%d' % i for i in (1, 2, 3)]
    with open('/etc/hosts', 'a') as f:
        f.write(''.join('%s third.test\n' % x for x in hosts))
    s = socket.socket()
    s.bind((hosts[2], 0))
    s.listen(5)
    keep, port = silent_port(hosts[:2], s.getsockname()[1])
    proxy = Proxy('rules 0', *('allow ' + x for x in hosts),
                  'allow third.test', 'end', 'listen http',
                  args=('-n', '160'))
    c = client(proxy=proxy)
    c.send(b'CONNECT third.test:%d HTTP/1.1\r\n\r\n' % port)
    true(c.head().startswith(b'HTTP/1.1 200 '), 'not connected')
    proxy.close()
    for x in keep:
        x.close()


def test_localhost_allowed():
    srv = Server()
    c = client()
    c.send(b'CONNECT localhost:%d HTTP/1.1\r\n\r\n' % srv.port)
    u = srv.accept()
    c.head()
    u.send(b'hi')
    same(c.take(2), b'hi')


# Requests and responses

def test_request_rewritten():
    srv = Server()
    c = client()
    c.send(b'GET http://%s/a?b HTTP/1.1\r\nHost: evil.test\r\nA: 1\r\n'
           b'Connection: X-Hop\r\nX-Hop: 1\r\nProxy-Connection: x\r\n'
           b'Proxy-Authorization: Basic eA==\r\nTE: trailers\r\n\r\n'
           % srv.name)
    u = srv.accept()
    head = u.head()
    true(head.startswith(b'GET /a?b HTTP/1.1\r\n'), head)
    true(b'\r\nHost: %s\r\n' % srv.name in head, head)
    true(b'\r\nA: 1\r\n' in head, head)
    for word in (b'evil', b'X-Hop', b'Proxy-', b'TE:'):
        true(word not in head, head)
    u.send(OK)
    same(c.until(b'ok'), OK)


def test_keepalive_reuse():
    srv, other = Server(), Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    for i in range(200):
        u.head()
        u.send(OK)
        same(c.until(b'ok'), OK)
        if i < 199:
            c.send(get(srv, b'/%d' % i))
    # Another server: the first connection is kept for a while.
    c.send(get(other))
    u2 = other.accept()
    u2.head()
    u2.send(OK)
    same(c.until(b'ok'), OK)
    c.send(get(srv))
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)
    srv.nobody()


def ask(srv, u, answer=OK, proxy=None, **kw):
    """A request from a client of its own, over the connection if given."""
    c = client(proxy=proxy)
    c.send(get(srv, **kw))
    u = u or srv.accept()
    u.head()
    u.send(answer)
    same(c.take(len(answer)), answer)
    return c, u


def left(c):
    """The client has closed, and the proxy knows."""
    c.finish()
    same(c.rest(), b'')
    c.close()


def test_not_shared_while_in_use():
    srv = Server()
    a, ua = ask(srv, None)
    b, ub = ask(srv, None)
    true(ua is not ub, 'a connection that another client still has')


def test_spare_taken_up():
    srv = Server()
    u = None
    for more in (b'', b'Connection: close\r\n', b''):
        c = client()
        c.send(get(srv, more=more))
        u = u or srv.accept()
        u.head()
        u.send(OK)
        c.until(b'ok')
        left(c)
    srv.nobody()
    # For the same host as it is spelled, and the same port.
    other = Server()
    _, u2 = ask(other, None)
    srv.name = b'localhost:%d' % srv.port
    _, u3 = ask(srv, None)
    u.quiet()


def test_spare_not_for_post():
    srv = Server()
    c, u = ask(srv, None)
    left(c)
    c, u2 = ask(srv, None, method=b'POST')
    left(c)
    u.quiet()
    # But what the POST leaves is as good as any.
    c, _ = ask(srv, u2)
    left(c)
    srv.nobody()


def test_spare_not_after_login():
    """Some servers log a connection in, not a request."""
    srv = Server()
    c, u = ask(srv, None, more=b'Authorization: NTLM abc\r\n')
    c.send(get(srv))
    u.head()
    u.send(OK)
    c.until(b'ok')
    left(c)
    same(u.rest(), b'', 'closed with its client')
    c, u = ask(srv, None)


def test_spare_stale():
    """Closed by the server meanwhile, or just as the request comes."""
    srv = Server()
    c, u = ask(srv, None)
    left(c)
    u.close()
    c, u = ask(srv, None)
    left(c)
    c = client()
    c.send(get(srv))
    u.head()
    u.reset()
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)


def test_spare_says_something():
    """What comes unasked is no answer to the next request."""
    srv = Server()
    c, u = ask(srv, None)
    left(c)
    u.send(b'HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nbad')
    # It is there before the next request: the loopback is in order.
    c, u2 = ask(srv, None)
    left(c)
    # The same in one piece with the answer.
    c = client()
    c.send(get(srv))
    u2.head()
    u2.send(OK + OK)
    same(c.until(b'ok'), OK)
    left(c)
    ask(srv, None)


def test_spare_new_rules():
    """Whatever was dialled under other rules is not used under these."""
    srv = Server()
    proxy = Proxy('rules 0', 'allow 127.0.0.1', 'end', 'listen http')
    c, u = ask(srv, None, proxy=proxy)
    left(c)
    proxy.cmd('rules 0', 'allow 127.0.0.1', 'end', 'flush')
    proxy.wait('flushed')
    same(u.rest(), b'')
    c, u = ask(srv, None, proxy=proxy)
    left(c)
    proxy.cmd('rules 0', 'deny 127.0.0.1', 'end', 'flush')
    proxy.wait('flushed', 2)
    same(u.rest(), b'')
    c = client(proxy=proxy)
    c.send(get(srv))
    true(c.head().startswith(b'HTTP/1.1 403 '), 'decided for itself')
    srv.nobody()
    proxy.close()


def test_spare_verdict():
    """Another name for the same server is another verdict."""
    srv = Server()
    c, u = ask(srv, None)
    left(c)
    c = client()
    c.send(b'GET http://other.example:%d/ HTTP/1.1\r\nHost: x\r\n\r\n' %
           srv.port)
    true(c.head().startswith(b'HTTP/1.1 403 '), 'decided by its name')
    u.quiet()


def test_spares_bounded():
    """64 of them, and none for longer than some seconds."""
    srv = Server()
    pairs = [ask(srv, None) for _ in range(70)]
    for c, u in pairs:
        left(c)
    gone = select.select([u.s for c, u in pairs], [], [], 0)[0]
    same(len(gone), 6, 'closed as there are too many')
    start = time.monotonic()
    for c, u in pairs:
        same(u.rest(), b'')
    true(3 < time.monotonic() - start < 15, 'after some seconds')


def test_pipelining():
    srv = Server()
    c = client()
    c.send(get(srv, b'/1') + get(srv, b'/2', b'HEAD') + get(srv, b'/3'))
    u = srv.accept()
    for i in (1, 2, 3):
        true(b' /%d ' % i in u.head(), i)
        u.quiet(0.05)
        u.send(b'HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\n' +
               (b'%d' % i if i != 2 else b''))
    for i in (1, 2, 3):
        c.head()
        if i != 2:
            same(c.take(1), b'%d' % i)
    c.quiet(0.05)


def test_pipelining_flood():
    """Unread answers stop the reading of further requests."""
    c = client()
    one = b'GET http://other.example/ HTTP/1.1\r\nHost: x\r\n\r\n'
    before = PX.rss()
    sent = 0
    c.s.setblocking(False)
    end = time.monotonic() + 3
    while sent < 64 << 20 and time.monotonic() < end:
        try:
            sent += c.s.send(one * 1000)
        except BlockingIOError:
            if not select.select([], [c.s], [], 0.5)[1]:
                break
    true(sent < 64 << 20, 'the proxy read %d bytes' % sent)
    true(PX.rss() - before < 4096, 'grew by %d KB' % (PX.rss() - before))
    c.close()
    PX.violations()


def test_chunked_both_ways():
    srv = Server()
    c = client()
    c.send(get(srv, method=b'POST', more=b'Transfer-Encoding: chunked\r\n'))
    u = srv.accept()
    true(b'Transfer-Encoding: chunked\r\n' in u.head(), 'chunked request')
    c.send(b'5;ext=1\r\nhello\r\n')
    same(u.take(10), b'5\r\nhello\r\n')
    c.send(b'3\r\nab')
    c.send(b'c\r\n0\r\nX-Sum: 1\r\n\r\n')
    body = b''
    while True:
        n = int(u.until(b'\r\n'), 16)
        if n == 0:
            break
        body += u.take(n)
        same(u.take(2), b'\r\n')
    same(body, b'abc')
    same(u.head(), b'X-Sum: 1\r\n\r\n')
    u.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
           b'a\r\n0123456789\r\n0\r\nX-T: 2\r\n\r\n')
    true(b'Transfer-Encoding: chunked\r\n' in c.head(), 'chunked response')
    same(c.until(b'X-T: 2\r\n\r\n'),
         b'a\r\n0123456789\r\n0\r\nX-T: 2\r\n\r\n')
    c.send(get(srv))
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)


def test_bad_chunk():
    srv = Server()
    c = client()
    c.send(get(srv, method=b'POST', more=b'Transfer-Encoding: chunked\r\n'))
    u = srv.accept()
    u.head()
    c.send(b'zz\r\n')
    true(c.rest().startswith(b'HTTP/1.1 400 '), 'request')
    u.rest()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n'
           b'zz\r\n')
    c.head()
    same(c.rest(), b'1\r\na\r\n', 'cut short, without an end')


def test_continue():
    srv = Server()
    c = client()
    c.send(get(srv, method=b'PUT', more=b'Expect: 100-continue\r\n'
               b'Content-Length: 4\r\n'))
    u = srv.accept()
    true(b'Expect: 100-continue\r\n' in u.head(), 'Expect')
    u.send(b'HTTP/1.1 100 Continue\r\n\r\n')
    true(c.head().startswith(b'HTTP/1.1 100 '), '100')
    c.send(b'body')
    same(u.take(4), b'body')
    u.send(b'HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n' + OK)
    true(c.head().startswith(b'HTTP/1.1 103 '), '103')
    same(c.until(b'ok'), OK)


def test_early_answer():
    """The server answers before it has the body, and closes."""
    srv = Server()
    c = client()
    c.send(get(srv, method=b'POST', more=b'Content-Length: 10000000\r\n') +
           b'x' * 10000)
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig')
    head = c.head()
    true(head.startswith(b'HTTP/1.1 413 '), head)
    true(b'Connection: close' in head, head)
    same(c.take(3), b'big')
    same(c.rest(), b'')


def test_no_body_statuses():
    srv = Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 304 Not Modified\r\nContent-Length: 99\r\n\r\n')
    true(b' 304 ' in c.head(), '304')
    for status in (204,):
        c.send(get(srv))
        u.head()
        u.send(b'HTTP/1.1 %d X\r\n\r\n' % status)
        true(b' %d ' % status in c.head(), status)
    c.send(get(srv, method=b'HEAD'))
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n')
    true(b'Content-Length: 5\r\n' in c.head(), 'HEAD')
    c.send(get(srv))
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)


def test_close_delimited():
    srv = Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.0 200 OK\r\n\r\nuntil the end')
    u.close()
    true(b'Transfer-Encoding: chunked\r\n' in c.head(), 'HTTP/1.1')
    same(c.until(b'0\r\n\r\n'), b'd\r\nuntil the end\r\n0\r\n\r\n')
    # The client's connection goes on, with another to the server.
    c.send(get(srv, version=b'1.0'))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n'
           b'2\r\nab\r\n0\r\n\r\n')
    head, body = c.rest().split(b'\r\n\r\n')
    true(b'chunked' not in head and b'Connection: close' in head, head)
    same(body, b'ab')


def test_truncated():
    srv = Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc')
    u.close()
    c.head()
    same(c.rest(), b'abc')


def test_truncated_for_old_client():
    """HTTP/1.0 knows the end of a body by the close: a reset, then."""
    srv = Server()
    for body in (b'3\r\nabc\r\n', b'3\r\nabc\r\n5', b'3\r\nabc\r\nx',
                 b'3\r\nabc\r\n0\r\nA: b'):
        c = client()
        c.send(get(srv, version=b'1.0'))
        u = srv.accept()
        u.head()
        u.send(b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n')
        c.head()
        u.send(body)
        u.close()
        try:
            raise Failed('taken for whole: %r' % c.rest())
        except ConnectionResetError:
            pass


def test_garbage_response():
    srv = Server()
    for junk in (b'SSH-2.0-x\r\n\r\n', b'HTTP/1.1 200 OK\r\nContent-Length: '
                 b'1\r\nContent-Length: 2\r\n\r\nabc', b''):
        c = client()
        c.send(get(srv))
        u = srv.accept()
        u.head()
        u.send(junk)
        u.close()
        true(c.head().startswith(b'HTTP/1.1 502 '), junk)


def test_no_response_splitting():
    """Bytes after a response are not the answer to the next request."""
    srv = Server()
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(OK + b'HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil')
    same(c.until(b'ok'), OK)
    same(u.rest(), b'')
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)


def test_stale_connection():
    srv = Server()
    for method, again in ((b'GET', True), (b'POST', False)):
        c = client()
        c.send(get(srv))
        u = srv.accept()
        u.head()
        u.send(OK)
        c.until(b'ok')
        c.send(get(srv, method=method))
        u.head()
        u.close()
        if again:
            u = srv.accept()
            u.head()
            u.send(OK)
            same(c.until(b'ok'), OK)
            u.close()
        else:
            true(c.head().startswith(b'HTTP/1.1 502 '), 'not sent twice')
            srv.nobody()


def test_client_half_close():
    srv = Server()
    c = client()
    c.send(get(srv))
    c.finish()
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.rest(), OK)


def test_client_leaves_upload():
    srv = Server()
    c = client()
    c.send(get(srv, method=b'POST', more=b'Content-Length: 100\r\n') + b'abc')
    u = srv.accept()
    u.head()
    same(u.take(3), b'abc')
    c.close()
    try:
        same(u.rest(), b'')
    except ConnectionResetError:
        pass


def test_upgrade():
    srv = Server()
    c = client()
    c.send(get(srv, more=b'Connection: Upgrade\r\nUpgrade: websocket\r\n'
               b'Sec-WebSocket-Key: x\r\n'))
    u = srv.accept()
    head = u.head()
    true(b'Upgrade: websocket\r\n' in head and
         re.search(rb'Connection: [Uu]pgrade\r\n', head), head)
    u.send(b'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\n'
           b'Upgrade: websocket\r\n\r\nfirst')
    head = c.head()
    true(head.startswith(b'HTTP/1.1 101 '), head)
    true(b'Upgrade: websocket\r\n' in head, head)
    same(c.take(5), b'first')
    c.send(b'\x81\x00')
    same(u.take(2), b'\x81\x00')
    u.finish()
    same(c.rest(), b'')
    c.send(b'last')
    c.close()
    same(u.rest(), b'last')


def test_upgrade_refused():
    srv = Server()
    c = client()
    c.send(get(srv, more=b'Connection: Upgrade\r\nUpgrade: websocket\r\n'))
    u = srv.accept()
    u.head()
    u.send(OK)
    same(c.until(b'ok'), OK)
    c.send(get(srv))
    u.head()


def test_slow_client():
    srv = Server()
    c = client()
    for byte in get(srv):
        c.send(bytes([byte]))
    u = srv.accept()
    u.head()
    for byte in OK:
        u.send(bytes([byte]))
    same(c.until(b'ok'), OK)


def pump(src, data):
    def run():
        src.send(data)
        src.finish()
    t = threading.Thread(target=run)
    t.start()
    return t


def test_big_bodies():
    srv = Server()
    data = os.urandom(1 << 20) * 100
    digest = hashlib.sha256(data).digest()
    c = client()
    threading.Thread(target=c.send, args=(
        get(srv, method=b'POST', more=b'Content-Length: %d\r\n' % len(data)) +
        data,)).start()
    u = srv.accept()
    u.head()
    same(hashlib.sha256(u.take(len(data))).digest(), digest, 'up')
    threading.Thread(target=u.send, args=(
        b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(data) + data,
    )).start()
    c.head()
    same(hashlib.sha256(c.take(len(data))).digest(), digest, 'down')


def test_long_bodies_end():
    """A body that goes on unseen ends where it ends, not a byte later."""
    srv = Server()
    data = os.urandom(1 << 20) * 3
    c, u = ask(srv, None)
    for n in (65536, 65537, 131071, 131072, 131073, 1 << 20, len(data)):
        want = data[:n]
        # In pieces of any size, with the next request behind it.
        up = threading.Thread(target=c.send, args=(
            get(srv, method=b'POST', more=b'Content-Length: %d\r\n' % n) +
            want + get(srv, b'/next'),))
        up.start()
        u.head()
        true(u.take(n) == want, 'up, %d' % n)
        u.quiet(0.02)
        down = threading.Thread(target=u.send, args=(
            b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % n + want,))
        down.start()
        c.head()
        true(c.take(n) == want, 'down, %d' % n)
        true(b' /next ' in u.head(), 'the next request')
        u.send(OK)
        same(c.take(len(OK)), OK)
        up.join()
        down.join()
    srv.nobody()


def test_long_bodies_cut():
    """Cut off in the middle of what goes on unseen."""
    srv = Server()
    data = os.urandom(1 << 20) * 3
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' %
           (len(data) + 1))
    c.head()
    up = threading.Thread(target=lambda: (u.send(data), u.close()))
    up.start()
    true(c.rest() == data, 'by the server')
    up.join()

    c = client()
    c.send(get(srv, version=b'1.0'))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.0 200 OK\r\n\r\n')
    c.head()
    up = threading.Thread(target=lambda: (u.send(data), u.close()))
    up.start()
    true(c.rest() == data, 'or ended so, for HTTP/1.0')
    up.join()

    c = client()
    up = threading.Thread(target=lambda: (c.send(
        get(srv, method=b'PUT', more=b'Content-Length: %d\r\n' %
            (len(data) + 1)) + data), c.reset()))
    up.start()
    u = srv.accept()
    u.head()
    try:
        while u.more():
            pass
        raise Failed('the server takes it for whole')
    except ConnectionResetError:
        pass
    true(bytes(u.buf) == data[:len(u.buf)], 'by the client')
    up.join()


def test_long_body_early_answer():
    """The server does not want the rest of what goes on unseen."""
    srv = Server()
    c = client()
    size = 1 << 26
    answer = b'HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig'

    def up():
        try:
            c.send(get(srv, method=b'POST',
                       more=b'Content-Length: %d\r\n' % size) + b'x' * size)
        except OSError:
            pass
    t = threading.Thread(target=up)
    t.start()
    u = srv.accept()
    u.head()
    u.take(1 << 20)
    u.send(answer)
    head = c.head()
    true(head.startswith(b'HTTP/1.1 413 '), head)
    same(c.take(3), b'big')
    c.reset()
    t.join()


def backpressure(c, u, data):
    """u sends, c does not read: the proxy must not either."""
    before = PX.rss()
    sent = 0
    u.s.setblocking(False)
    while sent < len(data):
        try:
            sent += u.s.send(data[sent:sent + 65536])
        except BlockingIOError:
            if not select.select([], [u.s], [], 0.5)[1]:
                break
    true(sent < len(data), 'all of it was taken')
    true(PX.rss() - before < 2048, 'grew by %d KB' % (PX.rss() - before))
    u.s.settimeout(TIMEOUT)
    threading.Thread(target=u.send, args=(data[sent:],)).start()
    same(hashlib.sha256(c.take(len(data))).digest(),
         hashlib.sha256(data).digest())


def test_backpressure_plain():
    srv = Server()
    data = os.urandom(1 << 20) * 64
    c = client()
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n' % len(data))
    c.head()
    backpressure(c, u, data)


def test_backpressure_tunnel():
    c, u = tunnel(Server())
    backpressure(c, u, os.urandom(1 << 20) * 64)
    backpressure(u, c, os.urandom(1 << 20) * 64)


# Tunnels

def test_tunnel_early_data():
    srv = Server()
    c = client()
    c.send(b'CONNECT %s HTTP/1.1\r\n\r\nearly' % srv.name)
    u = srv.accept()
    same(u.take(5), b'early')


def test_tunnel_half_close():
    c, u = tunnel(Server())
    c.send(b'question')
    c.finish()
    same(u.rest(), b'question')
    u.send(b'answer')
    u.close()
    same(c.rest(), b'answer')
    c, u = tunnel(Server())
    u.send(b'greeting')
    u.finish()
    same(c.rest(), b'greeting')
    c.send(b'more')
    c.finish()
    same(u.rest(), b'more')


def test_tunnel_reset():
    for side in (0, 1):
        pair = tunnel(Server())
        pair[side].reset()
        try:
            pair[1 - side].rest()
        except ConnectionResetError:
            continue
        raise Failed('the reset became an orderly end')


def transparent(srv, proxy=None):
    """A program that knows of no proxy."""
    proxy = proxy or PX
    ident = next(IDS)
    proxy.cmd('connect %d 0 127.0.0.1 %d' % (ident, srv.port))
    u = srv.accept()
    proxy.wait('verdict %d 0$' % ident)
    c = Conn(socket.create_connection(('127.0.0.1', proxy.port('pair')),
                                      TIMEOUT))
    proxy.cmd('connected %d' % ident)
    return c, u


def by_socks(srv):
    c = socks(b'\5\1\0\1\x7f\0\0\1' + srv.port.to_bytes(2, 'big'))
    u = srv.accept()
    same(c.take(10), reply(0), 'SOCKS')
    return c, u


IDS = iter(range(1, 1 << 30))


POST = b'POST / HTTP/1.1\r\n\r\n'


def early(u, answer):
    """Answers to a head, does not read what follows, and closes."""
    same(u.s.recv(len(POST), socket.MSG_WAITALL), POST, 'the head')
    true(select.select([u.s], [], [], TIMEOUT)[0], 'nothing follows')
    u.send(answer)
    # What has arrived at the proxy a reset does not take back.
    end = time.monotonic() + TIMEOUT
    while unsent(u) > 0:
        true(time.monotonic() < end, 'the proxy does not take the answer')
        time.sleep(0.001)
    u.close()


def unsent(c):
    left = bytearray(4)
    fcntl.ioctl(c.s, termios.TIOCOUTQ, left)
    return int.from_bytes(left, sys.byteorder)


def shout(c):
    """Sends until that fails."""
    data = b'x' * 65536
    try:
        while True:
            c.send(data)
    except (BrokenPipeError, ConnectionResetError):
        pass


def was_reset(c):
    try:
        return not c.rest() and False
    except ConnectionResetError:
        return True


def test_tunnel_early_answer():
    """What a server says that does not listen any more is heard."""
    srv = Server()
    for join in (tunnel, by_socks, transparent):
        for i in range(40):
            answer = b'HTTP/1.1 413 Too Large\r\n\r\n' + b'b' * (i * 500)
            c, u = join(srv)
            t = threading.Thread(target=early, args=(u, answer))
            t.start()
            c.send(POST)
            shout(c)
            same(c.rest(), answer, '%s, %d' % (join.__name__, i))
            t.join()
            c.close()


def test_tunnel_early_answer_slow():
    """The same where the client takes its time, and does not send."""
    srv = Server()
    for join in (tunnel, by_socks, transparent):
        answer = os.urandom(300000)
        c, u = join(srv)
        c.send(POST + b'x' * 1000)
        early(u, answer)
        same(c.take(len(answer)), answer, join.__name__)
        true(was_reset(c), 'the reset became an orderly end')


def test_tunnel_last_words():
    """Likewise the other way round."""
    srv = Server()
    for join in (tunnel, by_socks, transparent):
        for i in range(10):
            c, u = join(srv)
            t = threading.Thread(target=early, args=(c, b'last words'))
            t.start()
            u.send(POST)
            shout(u)
            same(u.rest(), b'last words', '%s, %d' % (join.__name__, i))
            t.join()
            u.close()


def test_tunnel_both_directions():
    c, u = tunnel(Server())
    up, down = os.urandom(1 << 20) * 100, os.urandom(1 << 20) * 100
    threads = [pump(c, up), pump(u, down)]
    got = {}
    t = threading.Thread(target=lambda: got.update(
        up=hashlib.sha256(u.rest()).digest()))
    t.start()
    same(hashlib.sha256(c.rest()).digest(), hashlib.sha256(down).digest(),
         'down')
    for x in threads + [t]:
        x.join(TIMEOUT)
    same(got['up'], hashlib.sha256(up).digest(), 'up')


def test_tunnel_mixed_sizes():
    """Copying and splicing alternate; the order of bytes must hold."""
    c, u = tunnel(Server())
    sent = b''
    seed = os.urandom(300000)

    def run():
        for i in range(300):
            u.send(seed[:1 + (i * 7919) % 300000])
            if i % 10 == 0:
                time.sleep(0.002)
        u.finish()
    for i in range(300):
        sent += seed[:1 + (i * 7919) % 300000]
    threading.Thread(target=run).start()
    same(hashlib.sha256(c.rest()).digest(), hashlib.sha256(sent).digest())


def test_idle_tunnels():
    srv = Server(1024)
    pairs = [tunnel(srv) for _ in range(20)]
    before = PX.rss()
    more = [tunnel(srv) for _ in range(1000)]
    each = (PX.rss() - before) * 1024 // len(more)
    print('# %d bytes for an idle tunnel' % each)
    true(each <= 4096, '%d bytes for an idle tunnel' % each)
    for i, (c, u) in enumerate(pairs + more):
        c.send(b'%04d' % (i % 10000))
    for i, (c, u) in enumerate(pairs + more):
        same(u.take(4), b'%04d' % (i % 10000))
        u.send(b'back')
    for c, u in pairs + more:
        same(c.take(4), b'back')
        c.close()
    for c, u in pairs + more:
        same(u.rest(), b'')
        u.close()


# SOCKS

def socks(request, methods=b'\0', kind='socks'):
    c = client(kind)
    c.send(b'\5' + bytes([len(methods)]) + methods)
    same(c.take(2), b'\5\0')
    c.send(request)
    return c


def reply(code):
    return bytes([5, code, 0, 1, 0, 0, 0, 0, 0, 0])


def by_name(name, port):
    return b'\5\1\0\3' + bytes([len(name)]) + name + struct.pack('>H', port)


def test_socks_connect():
    srv = Server()
    port = struct.pack('>H', srv.port)
    for request in (b'\5\1\0\1\x7f\0\0\1' + port,
                    by_name(b'127.0.0.1', srv.port),
                    by_name(b'localhost', srv.port),
                    by_name(b'0x7f.1', srv.port),
                    b'\5\1\0\4' + b'\0' * 10 + b'\xff\xff\x7f\0\0\1' + port):
        c = socks(request)
        same(c.take(10), reply(0), request)
        u = srv.accept()
        c.send(b'ping')
        same(u.take(4), b'ping')
        u.close()
        same(c.rest(), b'')


def test_socks_password():
    srv = Server()
    c = client('socks')
    c.send(b'\5\1\2')
    same(c.take(2), b'\5\2')
    # All at once, with early data.
    c.send(b'\1\4user\6secret' + by_name(b'localhost', srv.port) + b'early')
    same(c.take(12), b'\1\0' + reply(0))
    same(srv.accept().take(5), b'early')


def test_socks_refusals():
    closed = Server()
    closed.s.close()
    for request, code in (
            (by_name(b'other.example', 80), 2),
            (by_name(b'a%b.test', 80), 2),
            (by_name(b'a\0b.test', 80), 2),
            (by_name(b'nowhere.test', 80), 4),
            (by_name(b'localhost', closed.port), 5),
            (by_name(b'allowed.test', 80), 3),
            (b'\5\2\0\1\x7f\0\0\1\0\x50', 7),
            (b'\5\3\0\1\x7f\0\0\1\0\x50', 7),
            (b'\5\1\0\2\x7f\0\0\1\0\x50', 8),
            (b'\5\1\0\3\0\0\x50', 1)):
        same(socks(request).rest(), reply(code), request)
    line = [x for x in PX.violations() if 'other.example:80' in x]
    true(line, 'no violation')


def test_socks_methods():
    c = client('socks')
    c.send(b'\5\1\1')
    same(c.rest(), b'\5\xff')


def dropped(data, kind='socks'):
    c = client(kind)
    c.send(data)
    try:
        same(c.rest(), b'')
    except ConnectionResetError:
        pass


TOKEN = '00112233445566778899aabbccddeeff'
BASIC = b'Proxy-Authorization: Basic c3J0OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiY' \
        b'mNjZGRlZWZm\r\n'
# Of the same length, and one digit off.
WRONG = BASIC.replace(b'ZWZm', b'ZWVm')


def token_proxy():
    return Proxy('token ' + TOKEN, 'local http', 'local socks', 'rules 0',
                 'allow 127.0.0.1', 'end')


def unauthorized(c, close):
    head = c.head()
    true(head.startswith(b'HTTP/1.1 407 Proxy Authentication Required\r\n'
                         b'Proxy-Authenticate: Basic realm="srt"\r\n'), head)
    same(b'Connection: close' in head, close, head)
    if close:
        same(c.rest(), b'', 'after the answer')


def test_token_http():
    proxy = token_proxy()
    proxy.wait('ready')
    srv = Server()
    other = BASIC.replace(b'Basic', b'Bearer')
    for lines in (b'', WRONG, other, BASIC + BASIC, BASIC + WRONG,
                  WRONG + BASIC):
        c = client('http', proxy)
        c.send(b'CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: a\r\n%s\r\n'
               % (srv.port, lines))
        unauthorized(c, True)
        c.s.close()
    # On one connection, as clients do that are asked first.
    c = client('http', proxy)
    for lines in (b'', WRONG):
        c.send(get(srv, more=lines))
        unauthorized(c, False)
    # What cannot be forwarded is not told to strangers either.
    c.send(b'GET / HTTP/1.1\r\nHost: a\r\n\r\n')
    unauthorized(c, False)
    srv.nobody()
    c.send(get(srv, more=BASIC))
    s = srv.accept()
    head = s.head()
    true(b'roxy-' not in head and TOKEN.encode() not in head and
         b'c3J0' not in head, head)
    s.send(b'HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi')
    c.until(b'hi')
    # Each request is asked for it.
    c.send(get(srv))
    unauthorized(c, False)
    c.s.close()
    c = client('http', proxy)
    c.send(b'CONNECT 127.0.0.1:%d HTTP/1.1\r\nHost: a\r\n%s\r\n'
           % (srv.port, BASIC))
    true(c.head().startswith(b'HTTP/1.1 200 '), 'the tunnel')
    c.s.close()
    same(proxy.violations(), [], 'of the policy')
    proxy.close()
    true(not proxy.find('.*' + TOKEN), 'it is in the log')


def test_token_socks():
    proxy = token_proxy()
    proxy.wait('ready')
    srv = Server()
    # It is not to be had without.
    for methods in (b'\5\1\0', b'\5\0', b'\5\2\0\1'):
        c = client('socks', proxy)
        c.send(methods)
        same(c.rest(), b'\5\xff', methods)
    for word in (b'', TOKEN[:-1].encode(), TOKEN.encode() + b'0',
                 TOKEN[:-1].encode() + b'e', b'\0' * 32):
        c = client('socks', proxy)
        c.send(b'\5\2\0\2' + b'\1\3srt%c' % len(word) + word +
               by_name(b'127.0.0.1', srv.port))
        same(c.rest(), b'\5\2\1\1', word)
    srv.nobody()
    c = client('socks', proxy)
    c.send(b'\5\2\0\2')
    same(c.take(2), b'\5\2', 'the method')
    c.send(b'\1\3srt\x20' + TOKEN.encode())
    same(c.take(2), b'\1\0', 'the token')
    c.send(by_name(b'127.0.0.1', srv.port))
    same(c.take(10), reply(0), 'the connection')
    c.s.close()
    proxy.close()


def test_token_required():
    # Ports of the host without a token, or with a malformed one.
    for lines in (('local http',), ('token 0011', 'local http'),
                  ('token ' + TOKEN.upper(), 'local socks'),
                  ('token ' + TOKEN, 'token ' + TOKEN),
                  ('token ' + TOKEN, 'local dns-tcp'),
                  ('token ' + TOKEN,) + 3 * ('local http',)):
        p = Proxy(*lines, 'rules 0', 'end')
        true(p.wait('gone ([0-9]+)$').group(1) != '0', lines)
        true(not p.find('ready'), lines)


def test_socks4_dropped():
    dropped(b'\4\1\0\x50\x7f\0\0\1\0')
    dropped(b'GET / HTTP/1.1\r\n\r\n')


# Rules, limits, peers

def test_live_rules():
    srv = Server()
    proxy = Proxy('rules 0', 'allow 127.0.0.1', 'end', 'listen http')
    c = client(proxy=proxy)
    c.send(get(srv))
    u = srv.accept()
    u.head()
    u.send(OK)
    c.until(b'ok')
    t, tu = tunnel(srv, proxy)
    # Half a set changes nothing.
    proxy.cmd('rules 0', 'deny 127.0.0.1 closed for today', 'flush')
    proxy.wait('flushed')
    c.send(get(srv))
    u.head()
    u.send(OK)
    c.until(b'ok')
    proxy.cmd('end', 'flush')
    proxy.wait('flushed', 2)
    c.send(get(srv))
    true(c.head().startswith(b'HTTP/1.1 403 '), 'the next request')
    t.send(b'x')
    same(tu.take(1), b'x', 'the tunnel')
    proxy.close()


def test_empty_rules():
    proxy = Proxy('rules 1', 'end', 'listen http')
    c = client(proxy=proxy)
    c.send(b'CONNECT 127.0.0.1:80 HTTP/1.1\r\n\r\n')
    true(c.rest().startswith(b'HTTP/1.1 403 '), 'denied')
    proxy.close()


def test_merged_refusals():
    before = len(PX.violations())
    c = client()
    for _ in range(500):
        c.send(b'GET http://many.example/ HTTP/1.1\r\nHost: x\r\n\r\n')
        c.head()
        c.until(b'\n')
    lines = [x for x in PX.violations()[before:] if 'many.example' in x]
    same(sum(int(re.search('count=([0-9]+)', x).group(1)) for x in lines),
         500)


def hang_up(srv, count):
    """Ends each connection once the other side has."""
    def wait(u):
        u.s.settimeout(None)
        u.rest()
        u.close()
    for _ in range(count):
        threading.Thread(target=wait, args=(srv.accept(),),
                         daemon=True).start()


def test_descriptor_limit():
    srv = Server(1024)
    proxy = Proxy('rules 0', 'allow 127.0.0.1', 'end', 'listen http',
                  args=('-n', '160'))
    conns = []
    threading.Thread(target=hang_up, args=(srv, 100), daemon=True).start()
    for _ in range(100):
        c = client(proxy=proxy)
        c.send(b'CONNECT %s HTTP/1.1\r\n\r\n' % srv.name)
        conns.append(c)
    served = []
    end = time.monotonic() + TIMEOUT
    while len(served) < 32 and time.monotonic() < end:
        for c in select.select([c.s for c in conns], [], [], 1)[0]:
            c.recv(1000)
            conn = [x for x in conns if x.s is c][0]
            conns.remove(conn)
            served.append(conn)
    same(len(served), 32)
    # The others wait, and cost nothing.
    cpu = proxy.cpu()
    true(not select.select([c.s for c in conns], [], [], 1.5)[0], 'more')
    true(proxy.cpu() - cpu < 0.2, 'it spins: %f s' % (proxy.cpu() - cpu))
    # Those that have ended make room.
    while conns:
        for c in served:
            c.close()
        served = []
        for c in select.select([c.s for c in conns], [], [], TIMEOUT)[0]:
            true(c.recv(1000).startswith(b'HTTP/1.1 200 '), 'answer')
            conn = [x for x in conns if x.s is c][0]
            conns.remove(conn)
            served.append(conn)
        true(served, 'nobody is let in')
    proxy.close()


def test_peers():
    for line in ('drop monitor', 'quit'):
        proxy = Proxy('rules 0', 'end')
        proxy.pid()
        proxy.cmd(line)
        same(proxy.wait('gone (.*)$').group(1), '0', line)
    # The sandbox has ended: nobody is let in, what was refused is told.
    proxy = Proxy('rules 0', 'end', 'listen http')
    c = client(proxy=proxy)
    c.send(b'CONNECT a.test:1 HTTP/1.1\r\n\r\n')
    c.head()
    proxy.cmd('drop broker')
    end = time.monotonic() + TIMEOUT
    while True:
        try:
            client(proxy=proxy).close()
        except (ConnectionRefusedError, ConnectionResetError):
            break
        true(time.monotonic() < end, 'it still listens')
    same(len(proxy.violations()), 1)
    proxy.close()


def test_resolver_dies():
    proxy = Proxy('rules 0', 'end')
    pid = proxy.pid()
    with open('/proc/%d/task/%d/children' % (pid, pid)) as f:
        child = int(f.read())
    os.kill(child, 9)
    same(proxy.wait('gone (.*)$').group(1), '125')


def test_malformed_configuration():
    for bad in (('rules 0', 'allow *.com', 'end'), ('allow a.test',),
                ('rules 1024', 'end'), ('end',),
                ('rules 0', 'denyaddr nonsense', 'end')):
        proxy = Proxy(*bad)
        same(proxy.wait('gone (.*)$').group(1), '125', bad)


def test_concurrent_lookups():
    conns = []
    for i in range(300):
        c = client()
        c.send(b'CONNECT n%d.nowhere.test:80 HTTP/1.1\r\n\r\n' % i)
        conns.append(c)
    for i, c in enumerate(conns):
        true(c.rest().startswith(b'HTTP/1.1 502 '), i)


def test_leaves_nothing():
    """With few descriptors, a leak soon means that nobody is let in."""
    srv = Server()
    proxy = Proxy('rules 0', 'allow 127.0.0.1', 'allow nowhere.test', 'end',
                  'listen http', 'listen socks', args=('-n', '160'))
    for i in range(200):
        c, u = tunnel(srv, proxy)
        if i % 2:
            c.reset()
        else:
            c.close()
        u.close()
        c = client(proxy=proxy)
        c.send(get(srv))
        u = srv.accept()
        u.head()
        if i % 2:
            u.send(OK)
            c.until(b'ok')
        u.close()
        c.close()
        for request in (b'CONNECT other.example:1 HTTP/1.1\r\n\r\n',
                        b'CONNECT nowhere.test:1 HTTP/1.1\r\n\r\n',
                        b'junk\r\n\r\n'):
            c = client(proxy=proxy)
            c.send(request)
            c.head()
            c.close()
        c = client('socks', proxy)
        c.send(b'\5\1\0' + by_name(b'other.example', 1))
        same(c.rest(), b'\5\0' + reply(2))
        c.close()
    # A client that leaves while we dial or look up.
    srv = Server(1024)
    for _ in range(200):
        c = client(proxy=proxy)
        c.send(b'CONNECT nowhere.test:1 HTTP/1.1\r\n\r\n')
        c.close()
        c = client(proxy=proxy)
        c.send(get(srv))
        c.reset()
    tunnel(Server(), proxy)
    true(not proxy.find('log [01] '), proxy.find('log [01] '))
    proxy.close()


class Silent(threading.Thread):
    """Says nothing, or not enough; what comes, and after how long."""

    def __init__(self, kind='http', said=b''):
        super().__init__(daemon=True)
        self.c = client(kind)
        self.c.s.settimeout(90)
        if said:
            self.c.send(said)
        self.since = time.monotonic()
        self.start()

    def run(self):
        try:
            self.got = self.c.rest()
        except Exception as e:
            self.got = repr(e).encode()
        self.took = time.monotonic() - self.since


def silent():
    return [Silent(), Silent(said=b'GET http://a.test/ HTTP/1.1\r\n'),
            Silent('socks'), Silent('socks', b'\5')]


def test_timeouts():
    want = (b'', b'HTTP/1.1 408 ', b'', b'')
    for c, start in zip(SILENT, want):
        c.join()
        true(c.got.startswith(start) and (start or not c.got), c.got[:200])
        true(29 < c.took < 45, 'not after 30 seconds: %.1f' % c.took)


# The attacks, as SECURITY.md numbers them.
ATTACKS = {
    'bad_requests': 'N11: ', 'bad_chunk': 'N11: ',
    'no_response_splitting': 'N11: ', 'bad_request_after_good': 'N11: ',
    'descriptor_limit': 'N24: ', 'many_silent': 'N24: ', 'idle_tunnels': 'N24: ',
    'slow_client': 'N24: ', 'spares_bounded': 'N24: ',
    'backpressure_plain': 'N24: ', 'timeouts': 'N24: ',
}


def main():
    global PX, SILENT
    tests = [(n[5:], f) for n, f in globals().items()
             if n.startswith('test_')]
    if len(sys.argv) > 3:
        tests = [(n, f) for n, f in tests if n in sys.argv[3:]]
    print('1..%d' % len(tests))
    PX = Proxy()
    SILENT = silent()
    failed = 0
    for i, (name, f) in enumerate(tests, 1):
        try:
            f()
            print('ok %d - %s' % (i, ATTACKS.get(name, '') + name))
        except Exception as e:
            failed += 1
            print('not ok %d - %s' % (i, ATTACKS.get(name, '') + name))
            for line in traceback.format_exc().splitlines()[-12:]:
                print('# ' + line)
            if PX.p.poll() is not None or PX.find('gone'):
                print('# the proxy is gone: %s' % PX.lines[-3:])
                PX = Proxy()
                PX.pid()
    PX.close()
    if PX.find('gone (signal|[1-9])|log [01] '):
        print('Bail out! %s' % PX.lines[-3:])
        failed += 1
    sys.exit(failed != 0)


if __name__ == '__main__':
    main()
