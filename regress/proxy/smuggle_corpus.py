# SPDX-License-Identifier: ISC
#
# Requests and responses that two readers may take for different ones.  The
# same seed gives the same bytes.  A request of a case N has a target that
# holds "cN-", a response of it answers "/hN-1".

import random

EVIL = b'evil.test'


class Unit:
    """One request, or response: a start line, lines, a body as it stands."""

    def __init__(self, start, lines, body=b''):
        self.start = start
        self.lines = lines
        self.body = body
        self.eol = b'\r\n'
        self.lead = b''
        self.blank = b'\r\n'

    def bytes(self):
        return (self.lead + self.start + self.eol +
                b''.join(x + self.eol for x in self.lines) + self.blank +
                self.body)


def chunked(rng, data, tail=b'0\r\n\r\n'):
    out = b''
    while data:
        n = rng.randint(1, len(data))
        out += b'%x\r\n%s\r\n' % (n, data[:n])
        data = data[n:]
    return out + tail


def drop(u, name):
    u.lines = [x for x in u.lines if not x.lower().startswith(name + b':')]


def length(u, value=None):
    drop(u, b'content-length')
    u.lines.append(b'Content-Length: ' +
                   (b'%d' % len(u.body) if value is None else value))


# Spellings of a length L of a body that is also there as chunks.
LENGTHS = (b'+%d', b'-%d', b'0x%x', b'00%d', b'%d ', b'\t%d', b'%d,',
           b'%d, %d', b'%d,%d', b'%d;', b'%d.0', b'%d %d', b'"%d"', b'%de0',
           b'%d\x0b', b'\x0c%d', b'%d\x00', b'18446744073709551616',
           b'9223372036854775808', b'99999999999999999999999', b'',
           b'%d\r\n ', b'%d\r\n\t%d', b'_%d', b'1_%d', b'%d\xa0', b'\xc2\xb2')
NAMES = (b'Content-Length :', b' Content-Length:', b'Content_Length:',
         b'Content-Length\t:', b'content-length:', b'CONTENT-LENGTH:',
         b'Content-Length\x00:', b'\x00Content-Length:',
         b'Content-Length\x0b:',
         b'Content-Length;', b'"Content-Length":', b'Content Length:',
         b'Content-Length\xc2\xa0:', b':Content-Length:',
         b'X:y\nContent-Length:',
         b'X:y\rContent-Length:')
CODINGS = (b'chunked', b'Chunked', b'CHUNKED', b'chunked, identity',
           b'identity, chunked', b'xchunked', b'chunked, chunked',
           b'chunked;q=1', b'chunked ; x', b'"chunked"', b'gzip, chunked',
           b', chunked', b'chunked,', b',,chunked,,', b'chu\x00nked',
           b'\x0bchunked', b'chunked\x0b', b'identity', b'', b'chunked\xa0',
           b'cow', b'chunked, cow', b'chunked\r\n ', b'\r\n chunked',
           b'\r\n\tchunked', b'chunked\r\n x', b"'chunked'", b'\tchunked\t',
           b'trailers, chunked', b'deflate', b'chunked\x00', b'chunke',
           b'chunked-x', b'x chunked', b'\xc4\xb7hunked')
CODING_NAMES = (b'Transfer-Encoding:', b'transfer-encoding:',
                b'Transfer-Encoding :', b' Transfer-Encoding:',
                b'Transfer_Encoding:', b'Transfer-Encoding\t:',
                b'Transfer-Encoding\x00:', b'X:y\nTransfer-Encoding:',
                b'X:y\rTransfer-Encoding:', b'Transfer-Encoding;',
                b'Transfer\xadEncoding:', b'Transfer Encoding:',
                b'TE:', b'X-Transfer-Encoding:', b'Transfer-Encoding\x0b:')
SIZES = (b'%x', b'%X', b'0%x', b'00000000%x', b'0000000000000000%x', b'0x%x',
         b'+%x', b'-%x', b' %x', b'\t%x', b'%x ', b'%x\t', b'%x;a', b'%x ;a',
         b'%x;a=b', b'%x;a="b"', b'%x;a="\r\n"', b'%x;a=b\n', b'%x;\n',
         b'%x\r', b'%x\n', b'%x;a\rb', b'%x;\x00', b'%x\x00', b'%xg', b'%x,',
         b'1000000000000000%x', b'fffffffffffffffff%x', b'', b'%x.', b'%x h',
         b'%x;' + b'a' * 300, b'%x;' + b'a' * 200, b'\xef\xbb\xbf%x',
         b'%x\x0b', b'%x_', b'%x:x', b'"%x"', b'%x;a=b;c=d')
LASTS = (b'0\r\n\r\n', b'00\r\n\r\n', b'0;a\r\n\r\n', b'0 \r\n\r\n',
         b'0\n\n', b'0\r\n\n', b'0\n\r\n', b'0\r\r\n\r\n', b'-0\r\n\r\n',
         b'0x0\r\n\r\n', b'0\r\nX: y\r\n\r\n', b'\r\n0\r\n\r\n',
         b'0\r\nContent-Length: 50\r\n\r\n', b'0\r\nHost: evil.test\r\n\r\n',
         b'0\r\nTransfer-Encoding: chunked\r\n\r\n', b'0\r\n X: y\r\n\r\n',
         b'0\r\nX: y\n\r\n', b'0\r\nX\r\n\r\n', b'0\r\nX : y\r\n\r\n',
         b'0\r\nX: y\r\n z\r\n\r\n', b'0\r\n', b'0', b'0\r\n\r',
         b'0\r\nX: ' + b'y' * 5000 + b'\r\n\r\n', b'0\r\n\x00\r\n\r\n',
         b'0\r\nConnection: close\r\nX-Seen: z\r\n\r\n')
CHARS = (b'\x00', b'\r', b'\n', b'\x0b', b'\x0c', b'\x7f', b'\x80', b'\xa0',
         b'\xff', b'\x85', b'\x1b', b'\x08')


def sized(form, n):
    count = form.count(b'%d') + form.count(b'%x') + form.count(b'%X')
    return form % ((n,) * count) if count else form


# --- what both directions share; each takes (rng, unit, hidden bytes)

def cl_odd(rng, u, hid):
    u.body = rng.choice((u.body, b'abcde', b''))
    length(u, sized(rng.choice(LENGTHS), len(u.body)))
    u.body += rng.choice((b'', hid))


def cl_name(rng, u, hid):
    length(u)
    value = u.lines.pop().split(b': ')[1]
    u.lines.insert(rng.randint(0, len(u.lines)),
                   rng.choice(NAMES) + b' ' + value)
    u.body += rng.choice((b'', hid))


def cl_twice(rng, u, hid):
    n = len(u.body)
    length(u)
    u.lines.insert(rng.randint(0, len(u.lines)), b'Content-Length: %d' %
                   rng.choice((n, 0, n + len(hid), max(0, n - 1))))
    u.body += rng.choice((b'', hid))


def cl_wrong(rng, u, hid):
    length(u, b'%d' % rng.choice((0, 1, len(u.body) + len(hid),
                                  len(u.body) + 7, max(0, len(u.body) - 1))))
    u.body += rng.choice((b'', hid))


def te_cl(rng, u, hid):
    chunks = chunked(rng, u.body)
    u.body = rng.choice((chunks + hid, b'0\r\n\r\n' + hid,
                         b'%x\r\n%s\r\n0\r\n\r\n' % (len(hid), hid)))
    length(u, b'%d' % rng.choice((len(u.body), len(chunks), 4, 5, 0)))
    u.lines.insert(rng.randint(0, len(u.lines)),
                   rng.choice(CODING_NAMES) + b' ' + rng.choice(CODINGS))


def te_odd(rng, u, hid):
    drop(u, b'content-length')
    u.lines.append(rng.choice(CODING_NAMES) + rng.choice((b' ', b'', b'\t')) +
                   rng.choice(CODINGS))
    if rng.random() < .3:
        u.lines.append(b'Transfer-Encoding: ' + rng.choice(CODINGS))
    u.body = chunked(rng, u.body) + rng.choice((b'', hid))


def te_good(rng, u, hid):
    drop(u, b'content-length')
    u.lines.append(b'Transfer-Encoding: chunked')
    u.body = chunked(rng, u.body or b'x')


def chunk_size(rng, u, hid):
    drop(u, b'content-length')
    u.lines.append(b'Transfer-Encoding: chunked')
    data = u.body or b'chunk'
    form = rng.choice(SIZES)
    n = rng.choice((len(data),) * 4 + (len(data) + 1, len(data) - 1, 0))
    u.body = (sized(form, n) + rng.choice((b'\r\n', b'\r\n', b'\r\n', b'\n',
                                           b'\r', b'\r\r\n')) +
              data + rng.choice((b'\r\n', b'\r\n', b'\r\n', b'\n', b'', b'\r',
                                 b'XX')) +
              b'0\r\n\r\n' + rng.choice((b'', hid)))


def chunk_last(rng, u, hid):
    drop(u, b'content-length')
    u.lines.append(b'Transfer-Encoding: chunked')
    u.body = chunked(rng, u.body, rng.choice(LASTS)) + rng.choice((b'', hid))


def line_end(rng, u, hid):
    how = rng.randint(0, 4)
    if how == 0:
        u.eol = u.blank = b'\n'
    elif how == 1:
        u.blank = rng.choice((b'\n', b'\r', b'\r\r\n', b' \r\n', b'\t\r\n',
                              b'\x00\r\n'))
    elif how == 2:
        u.eol = rng.choice((b'\r', b'\r\r\n', b'\n\r\n'))
    else:
        u.lines = u.lines or [b'X: y']
        i = rng.randint(0, len(u.lines) - 1)
        u.lines[i] += rng.choice((b'\nX: y', b'\rX: y', b'\r', b'\r\n y',
                                  b'\r\n\ty', b'\n y', b'\n\nGET / HTTP/1.1',
                                  b'\r\rX: y'))


def odd_byte(rng, u, hid):
    c = rng.choice(CHARS)
    if rng.random() < .2:
        i = rng.randint(0, len(u.start))
        u.start = u.start[:i] + c + u.start[i:]
        return
    u.lines = u.lines or [b'X: y']
    n = rng.randint(0, len(u.lines) - 1)
    i = rng.randint(0, len(u.lines[n]))
    u.lines[n] = u.lines[n][:i] + c + u.lines[n][i:]


def odd_line(rng, u, hid):
    u.lines.insert(rng.randint(0, len(u.lines)), rng.choice((
        b'no colon', b': no name', b'a b: c', b' folded: x', b'\tfolded',
        b'X' * 9000 + b': y', b'X: ' + b'y' * 9000, b'X: ' + b'y' * 20000,
        b'X:', b'X:\t', b'X: \xff\xfe', b'X(y): z', b'X\\: y', b'{X}: y',
        b'X: y:z', b'Trailer: Content-Length', b'TE: trailers', b'Via: 1.0 x',
        b'Keep-Alive: timeout=1', b'Content-Type: multipart/byteranges',
        b'X-HTTP-Method-Override: DELETE', b'Proxy-Connection: close',
        b'Proxy-Authorization: Basic QTpC', b'Cookie: a="b\\"; c=d"',
        b'X: ' + b'%0d%0aContent-Length: 5')))


def many_lines(rng, u, hid):
    u.lines += [b'X-%d: y' % i for i in
                range(rng.choice((40, 90, 120, 127, 128, 200)))]


def connection(rng, u, hid):
    u.lines.append(b'Connection: ' + rng.choice((
        b'close', b'keep-alive', b'close, keep-alive', b'Content-Length',
        b'Transfer-Encoding', b'Host', b'close, Content-Length', b'X-A',
        b'Host, Content-Length, Transfer-Encoding', b'clo se', b'', b',',
        b'upgrade', b'keep-alive, Transfer-Encoding', b'Connection',
        b'Cookie, Authorization', b'"close"', b'close\x00', b'Content-Type')))
    if rng.random() < .3:
        u.lines.append(b'Connection: keep-alive')


BOTH = (cl_odd, cl_name, cl_twice, cl_wrong, te_cl, te_odd, te_good,
        chunk_size, chunk_last, line_end, odd_byte, odd_line, many_lines,
        connection)


# --- requests alone

def upgrade(rng, u, hid):
    u.lines.append(b'Upgrade: ' + rng.choice((
        b'h2c', b'websocket', b'TLS/1.0', b'HTTP/2.0', b'h2c, websocket',
        b'websocket, h2', b'x y')))
    u.lines.append(b'Connection: ' + rng.choice((
        b'Upgrade', b'upgrade, HTTP2-Settings', b'close, upgrade')))
    u.lines.append(b'HTTP2-Settings: AAMAAABkAARAAAAAAAIAAAAA')


def expect(rng, u, hid):
    u.lines.append(b'Expect: ' + rng.choice((
        b'100-continue', b'100-Continue', b'100-continue, x', b'200-ok', b'',
        b'100', b'100-continue\r\nExpect: 100-continue')))


def host_line(rng, u, hid):
    def has(line):
        return line.lower().startswith(b'host')
    own = next((x for x in u.lines if has(x)), b'Host: x')
    evil = rng.choice((EVIL, EVIL + b':80', b'127.0.0.1', b'', b'a b', b'a@b',
                       b'[::1', b'x/y', b'a,b', b'x:99999', b'x:080', b'*',
                       b'http://x', b'x\x00y', b'\xc3\xa9.test'))
    how = rng.randint(0, 6)
    if how == 0:
        u.lines = [x for x in u.lines if not has(x)]
    elif how <= 2:
        u.lines = [b'Host: ' + evil if has(x) else x for x in u.lines]
    elif how == 3:
        u.lines.append(b'Host: ' + evil)
    elif how == 4:
        u.lines.insert(0, b'Host : ' + evil)
    elif how == 5:
        u.lines = [b'Host:' + own[5:] + b'\r\n ' + evil if has(x) else x
                   for x in u.lines]
    else:
        u.lines.append(rng.choice((b'X-Forwarded-Host: ', b'Forwarded: host=',
                                   b'X-Host: ', b'Host;', b'hOsT: ')) + evil)


def start_line(rng, u, hid):
    method, target, version = u.start.split(b' ')
    words = target.split(b'/', 3)
    if len(words) < 4 or b':' not in words[2]:
        return
    how = rng.randint(0, 9)
    if how == 0:
        version = rng.choice((b'HTTP/1.0', b'HTTP/1.2', b'HTTP/2.0',
                              b'HTTP/0.9', b'http/1.1', b'HTTP/1.10',
                              b'HTTP/01.1', b'HTTP/1.1 ', b'HTTP/ 1.1',
                              b'HTTP/1,1', b'HTTP/1', b'', b'HTTPS/1.1'))
    elif how == 1:
        method = rng.choice((b'get', b'HEAD', b'head', b'OPTIONS', b'DELETE',
                             b'PATCH', b'TRACE', b'G\x00ET', b'G,ET', b'(GET)',
                             b'X' * 31, b'X' * 33, b'', b'PROPFIND', b'PUT',
                             b'\xffGET', b' GET', b'GET ', b'LOCK', b'QUERY'))
    elif how == 2:
        target += rng.choice((b'#frag', b'?a b', b'?a\tb', b'?%0d%0aX:y',
                              b'?\xc3\xa9', b'\\x', b'/../x', b'//x', b'/%00',
                              b'?' + b'q' * 9000, b'?"<>^`{|}', b';x', b'/./',
                              b'/%2e%2e/', b'?\xff', b' HTTP/1.1', b'%'))
    elif how == 3:
        target = target.replace(b'http://', rng.choice((
            b'HTTP://', b'hTTp://', b'https://', b'http:/', b'http:///',
            b'http:', b'//', b'ftp://', b'http://u@', b'http://u:p@',
            b'http://evil.test@', b'http://evil.test\\@', b' http://',
            b'http://evil.test#@', b'ws://')), 1)
    elif how == 4:
        port = words[2].split(b':')[1]
        target = target.replace(b':' + port, rng.choice((
            b':0' + port, b':', b':+' + port, b':' + port + b' ', b'.:' + port,
            b':' + port + b':80', b':%' + port, b':65537', b':' + port + b'@x',
            b'%2e:' + port, b':' + port + b'#')), 1)
    elif how == 5:
        target = b'/' + words[3]
    elif how == 6:
        target = target.replace(b'127.0.0.1', rng.choice((
            b'0x7f.0.0.1', b'127.1', b'2130706433', b'[::ffff:127.0.0.1]',
            b'localhost', b'LOCALHOST', b'localhost.', b'127.0.0.1.',
            b'evil.test')), 1)
    elif how == 7:
        u.lead = rng.choice((b'\r\n', b'\n', b'\r\n\r\n', b' ', b'\r', b'\x00',
                             b'\r\n \r\n', b'\x16\x03\x01'))
    elif how == 8:
        sep = rng.choice((b'  ', b'\t', b' \t', b'\x0b', b'\x0c', b'\xa0'))
        u.start = sep.join((method, target, version))
        return
    else:
        u.start = rng.choice((method + b' ' + target, target, b'',
                              u.start + b' x', b'PRI * HTTP/2.0'))
        return
    u.start = b' '.join((method, target, version))


REQUEST = BOTH + (upgrade, expect, host_line, start_line)
METHODS = (b'GET', b'POST', b'POST', b'PUT', b'HEAD', b'DELETE', b'OPTIONS',
           b'GET')


def plain(rng, host, path, method=None):
    method = method or rng.choice(METHODS)
    u = Unit(b'%s http://%s/%s HTTP/1.%d' % (
        method, host, path, rng.random() < .93), [b'Host: ' + host])
    if method in (b'POST', b'PUT') or rng.random() < .1:
        u.body = bytes(rng.choice(b'abc\r\n0:;') for _ in
                       range(rng.randint(0, 60)))
        length(u)
    if rng.random() < .1:
        u.lines.append(b'Connection: keep-alive')
    return u


def request(seed, n, host):
    """What a client sends in case n, as pieces; names of what was done."""
    rng = random.Random('%d request %d' % (seed, n))
    names, data = [], b''
    for i in range(1, rng.choice((1, 2, 2, 3, 4)) + 1):
        path = b'c%d-%d' % (n, i)
        if rng.random() < .08:
            path += b'?early'
        u = plain(rng, host, path)
        hidden = rng.choice((
            b'GET http://%s/c%d-x HTTP/1.1\r\nHost: %s\r\n\r\n' %
            (host, n, host),
            b'GET /c%d-x HTTP/1.1\r\nHost: %s\r\n\r\n' % (n, EVIL),
            b'POST /c%d-x HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\nx='
            % n))
        for _ in range(rng.choice((0, 0, 1, 1, 1, 1, 2, 3))):
            f = rng.choice(REQUEST)
            if f is start_line and u.start.count(b' ') != 2:
                continue
            f(rng, u, hidden)
            names.append(f.__name__)
        data += u.bytes()
    return cut(rng, data), names


def cut(rng, data):
    """Into pieces, most often one."""
    if rng.random() < .7:
        return [data]
    at = sorted(rng.randint(0, len(data)) for _ in range(rng.randint(1, 6)))
    return [data[a:b] for a, b in zip([0] + at, at + [len(data)]) if a < b]


# --- responses alone

def status_line(rng, u, hid):
    u.start = rng.choice((
        b'HTTP/1.1 200', b'HTTP/1.1 200 ', b'HTTP/1.1  200 OK',
        b'HTTP/1.1 0200 OK', b'HTTP/1.1 20 OK', b'HTTP/1.1 2000 OK',
        b'HTTP/1.1 099 x', b'HTTP/1.1 999 x', b'HTTP/1.1 600 x',
        b'HTTP/2 200', b'HTTP/2.0 200 OK', b'HTTP/1.2 200 OK', b'ICY 200 OK',
        b'HTTP/1.0 200 OK', b'HTTP/0.9 200 OK', b'http/1.1 200 OK',
        b'HTTP/1.1 -20 x', b'HTTP/1.1 +20 x', b'HTTP/1.1 2 00', b'hello', b'',
        b'HTTP/1.1\t200\tOK', b'HTTP/1.1 200OK', b'HTTP/1.1 407 x',
        b'HTTP/1.1 200 \xff\x80', b'HTTP/1.1 200 O\x00K', b'HTTP/1.1 101 x',
        b'HTTP/1.1 205 Reset', b'HTTP/1.1 206 Partial', b'HTTP/1.1 301 x',
        b'HTTP/1.1 200 O\rK', b'HTTP/1.1 2\xd9\xa00 OK'))


def bodiless(rng, u, hid):
    u.start = rng.choice((b'HTTP/1.1 204 No Content', b'HTTP/1.1 205 Reset',
                          b'HTTP/1.1 304 Not Modified', b'HTTP/1.1 102 x',
                          b'HTTP/1.1 100 Continue', b'HTTP/1.1 103 Hints'))
    how = rng.randint(0, 3)
    if how == 0:
        u.body = b''
        drop(u, b'content-length')
    elif how == 1:
        u.body = hid
    elif how == 2:
        drop(u, b'content-length')


def interim(rng, u, hid):
    one = rng.choice((
        b'HTTP/1.1 100 Continue\r\n\r\n', b'HTTP/1.1 103 Early\r\nLink: x\r\n'
        b'\r\n', b'HTTP/1.1 102 x\r\nContent-Length: 0\r\n\r\n',
        b'HTTP/1.1 100 x\r\nContent-Length: 3\r\n\r\nabc',
        b'HTTP/1.1 100 x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
        b'HTTP/1.1 101 Switching\r\nUpgrade: h2c\r\nConnection: upgrade\r\n'
        b'\r\n', b'HTTP/1.1 199 x\r\n\r\n', b'HTTP/1.0 100 x\r\n\r\n'))
    u.lead = one * rng.choice((1, 1, 2, 20))


def until_close(rng, u, hid):
    drop(u, b'content-length')
    if rng.random() < .5:
        u.lines.append(b'Connection: ' + rng.choice((b'close', b'keep-alive')))


def lead(rng, u, hid):
    u.lead = rng.choice((b'\r\n', b'\n', b' ', b'\x00', b'\r', b'x\r\n', hid))


def beyond(rng, u, hid):
    u.body += hid


RESPONSE = BOTH + (status_line, bodiless, interim, until_close, lead, beyond,
                   beyond, beyond)


class Response:
    def __init__(self, seed, n):
        rng = random.Random('%d response %d' % (seed, n))
        body = bytes(rng.choice(b'abc\r\n0:;') for _ in
                     range(rng.randint(0, 60)))
        # Whoever gets this was answered by what was meant for nobody.
        poison = (b'HTTP/1.1 200 OK\r\nX-Seen: poison\r\nContent-Length: 6'
                  b'\r\n\r\npoison')
        u = Unit(b'HTTP/1.1 200 OK', [b'X-Seen: h%d-1' % n], body)
        length(u)
        self.names = []
        for _ in range(rng.choice((0, 1, 1, 1, 2, 3))):
            f = rng.choice(RESPONSE)
            f(rng, u, poison)
            self.names.append(f.__name__)
        self.head = rng.random() < .15
        self.minor = 0 if rng.random() < .1 else 1
        if self.head and rng.random() < .5:
            u.body = b''
        self.data = u.bytes()
        self.pieces = cut(rng, self.data)
        # Comes when the exchange is over.
        self.late = poison if rng.random() < .1 else b''
        self.close = rng.random() < .4


def naive_cases(host):
    """
    What a proxy that reads lengths and passes bytes on lets through: these
    show that a difference is noticed.
    """
    hidden = b'GET /c9000001-x HTTP/1.1\r\nHost: evil.test\r\n\r\n'
    body = b'0\r\n\r\n' + hidden
    for n in (1, 2, 3, 4):
        more = (b'', b'X: y\r\n', b'X: z\r\n', b'X:\r\n')[n - 1]
        yield 9000000 + n, (
            b'POST /c%d-1 HTTP/1.1\r\nHost: %s\r\n%sContent-Length: %d\r\n'
            b'Transfer-Encoding: chunked\r\n\r\n%s' % (
                9000000 + n, host, more, len(body),
                body.replace(b'9000001', b'%d' % (9000000 + n))))
