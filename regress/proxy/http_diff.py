# SPDX-License-Identifier: ISC
#
# What srt-proxy's parsers accept is read the same by others: node's, the one
# that node had before (libhttp-parser), python's.  Usage: http_diff.py
# helpers corpus-folder [cases [seed]]
#
# Three things are compared: requests as a client spelled them, the same as
# srt-proxy sends them on, responses as a server spelled them.  Where another
# parser refuses what srt-proxy accepts, or reads it otherwise, the case has to
# be one of those below, each with its reason; what is sent on knows none.

import glob
import http.client
import http.server
import io
import os
import re
import shutil
import sys
from collections import Counter

sys.dont_write_bytecode = True

import smuggle_corpus as corpus
import smuggle_read as reading

FOLDER = sys.argv[2]
CASES = int(sys.argv[3]) if len(sys.argv) > 3 else 4000
SEED = int(sys.argv[4]) if len(sys.argv) > 4 else 1
HOST = b'127.0.0.1:8080'
number = 0
failed = 0


def ok(good, what, *why):
    global number, failed
    number += 1
    failed += not good
    print('%s %d - %s' % ('ok' if good else 'not ok', number, what))
    if not good:
        for w in why[:10]:
            print('#', w[:1800])
    sys.stdout.flush()


def files(*names):
    for name in names:
        for path in sorted(glob.glob('%s/%s/*' % (FOLDER, name))):
            with open(path, 'rb') as f:
                yield f.read()


# --- disagreements that are known, as (who, name, why, test of a message)

def field(m, name):
    return b', '.join(v for n, v in fields(m) if n.lower() == name)


def fields(m):
    return [(bytes.fromhex(f['name']), bytes.fromhex(f['value']))
            for f in m.get('fields', []) + m.get('trailers', [])]


# A parser that refuses more than srt-proxy does no harm: what it would be sent
# was written anew, and it may refuse that.
STRICTER = (
    ('any', 'method', 'they know a list of methods; a proxy passes others',
     lambda m, raw: m.get('method', b'GET') not in KNOWN),
    ('any', 'target', 'some accept no byte over 0x7f or no such mark in a '
     'target; srt-proxy encodes the bytes when it sends them on',
     lambda m, raw: re.search(rb'[^!$-;=?-Z_a-z~%&\[\]@]',
                              m.get('path', b'')) is not None),
    ('any', 'authority', 'a host of sub-delims, an empty port',
     lambda m, raw: re.search(rb'^[^ ]+ +[a-zA-Z]+://[^/ ?]*'
                              rb'([^a-zA-Z0-9.:\[\]/ -]|:[/? ]|:$)',
                              raw) is not None),
    ('any', 'size', 'heads, values or extensions longer than they take',
     lambda m, raw: len(raw) > 8000 or len(fields(m)) > 90),
    ('node', 'after-close', 'bytes after a message that ends the '
     'connection; srt-proxy reads no more of them either',
     lambda m, raw: not m['keep']),
    ('ref', 'after-close', 'the same', lambda m, raw: not m['keep']),
    ('any', 'token', 'a mark of RFC 9110 5.6.2 in a name',
     lambda m, raw: any(re.search(rb"[^a-zA-Z0-9-]", n)
                        for n, _ in fields(m))),
    ('any', 'bytes', 'obs-text (RFC 9110 5.5) in a value',
     lambda m, raw: any(re.search(rb'[\x80-\xff]', v)
                        for _, v in fields(m))),
    ('any', 'chunk-ext', 'white space before an extension, or one whose '
     'value is no token; srt-proxy drops them all',
     lambda m, raw: m['framing'] == 'chunked'),
    ('any', 'upgrade', 'they stop at what may be another protocol; srt-proxy '
     'goes on until the server has agreed',
     lambda m, raw: field(m, b'upgrade') != b''),
    ('any', 'connect', 'a tunnel follows',
     lambda m, raw: m.get('method') == b'CONNECT'),
    ('node', 'trailer', 'trailers that state a framing, which srt-proxy drops',
     lambda m, raw: m['trailers'] != []),
    ('any', 'status', 'no reason phrase, or a code that they do not know',
     lambda m, raw: m.get('phrase') == ''),
)
# What others read otherwise.  Whoever gets it from srt-proxy gets what it was
# taken for, but for the last two, where srt-proxy says what the RFC says.
OTHERWISE = (
    ('any', 'coding', 'they take a tab behind "chunked", and the empty '
     'elements of a list (RFC 9110 5.6.1.2), for part of the name of a coding',
     lambda m, raw: m['framing'] == 'chunked' and
     CODING.search(raw_field(m, raw)) is not None),
    ('any', 'upgrade', 'they stop at what may be another protocol, body or '
     'not; srt-proxy takes the field out where there is a body',
     lambda m, raw: field(m, b'upgrade') != b'' and
     b'upgrade' in field(m, b'connection').lower()),
    ('python', 'interim', 'it knows no interim responses but 100, and takes '
     'another for the last one',
     lambda m, raw: re.match(rb'HTTP/1.. 1', raw) is not None),
    ('python', '304', 'it reads a body of chunks that a 304 cannot have; the '
     'field that says so is not sent on',
     lambda m, raw: m.get('code') == 304 and
     field(m, b'transfer-encoding') != b''),
    ('ref', '304', 'node before version 12 waits for the body of a 304 that '
     'states a length, which RFC 9110 15.4.5 says has none',
     lambda m, raw: m.get('code') == 304),
)
CODING = re.compile(rb'(?i)\ntransfer-encoding:[^\r]*(,|chunked *\t)')


def raw_field(m, raw):
    """The head of the message; that of a later one is not at hand."""
    return raw.split(b'\r\n\r\n')[0] if raw else \
        b'\nTransfer-Encoding:' + field(m, b'transfer-encoding')


KNOWN = {b'GET', b'POST', b'PUT', b'HEAD', b'DELETE', b'OPTIONS', b'PATCH',
         b'TRACE', b'PROPFIND', b'LOCK', b'CONNECT'}


def reason(table, who, m, raw):
    for owner, name, _, test in table:
        if owner in (who, 'any') and test(m, raw):
            return name
    return None


def same(m, other, target):
    """Is it the same message?  What differs, or None."""
    if not other['end']:
        return 'refused'
    if 'method' in m and m['method'] != other['method']:
        return 'method'
    if 'code' in m and m['code'] != other['code']:
        return 'code'
    if target is not None and other['url'] != target:
        return 'target'
    if 'fields' in other and fields(m) != [
            (n, v.strip(b' \t')) for n, v in other['fields']]:
        return 'fields'
    return None if m['body'] == other['body'] else 'body'


def compare(who, read, records, judged, strict):
    bad, known, agreed = [], Counter(), 0
    for (data, kind, head), mine, (theirs, error) in zip(
            records, judged, read(records)):
        for i, m in enumerate(mine):
            # What is not whole, or goes wrong on its way, is cut off.
            if m['status'] != 0 or not m['end']:
                break
            raw = data if i == 0 or kind == 'R' else b''
            target = None
            if kind == 'Q' and i == 0:
                target = data.lstrip(b'\r\n').split(b' ')[1]
            if i < len(theirs):
                what = same(m, theirs[i], target)
            else:
                what = 'refused'
            if what is None:
                agreed += 1
                continue
            if not strict:
                why = reason(OTHERWISE, who, m, raw)
                if what == 'refused' and not why:
                    why = reason(STRICTER, who, m, raw) or (
                        i > 0 and reason(STRICTER, who, mine[i - 1], raw))
                if why:
                    known[why] += 1
                    break
            bad.append('%s: %s of message %d of %.600r: %.400r, not %.400r' %
                       (who, what, i, data, theirs[i:i + 1], m))
            break
    return bad, known, agreed


def report(what, bad, known, agreed, least):
    text = ', '.join('%d %s' % (n, k) for k, n in sorted(known.items()))
    ok(not bad and agreed >= least, '%s: %d the same%s' % (
        what, agreed, text and '; not by it: ' + text), *bad)


def sent_on(judged):
    """Requests as they go to a server, bodies as they were."""
    for messages in judged:
        for m in messages:
            if m['status'] != 0 or 'out' not in m or not m['end']:
                continue
            body = m['body']
            if m['framing'] == 'chunked':
                body = b''.join(b'%x\r\n%s\r\n' % (1, body[i:i + 1])
                                for i in range(len(body))) + b'0\r\n\r\n'
            yield m['out'] + body, 'Q', 0


def readers():
    if shutil.which('node'):
        yield 'node', reading.node_messages
    if os.path.exists(reading.HELPERS + '/httpref'):
        yield 'ref', reading.ref_messages


class PythonRequest(http.server.BaseHTTPRequestHandler):
    def __init__(self, data):
        self.rfile = io.BytesIO(data)
        self.wfile = io.BytesIO()
        self.client_address = ('', 0)
        self.raw_requestline = self.rfile.readline(65537)
        self.good = self.parse_request()

    def send_error(self, *_):
        pass


def python_responses(records):
    """Code and body of the last."""
    for data, _, head in records:
        r = reading.python_reads(data, head)
        yield [] if r is None else [
            {'code': r[0], 'body': r[1], 'end': True}], r is None


def python_messages(records):
    """The first request alone; its body as the fields say."""
    for data, _, _ in records:
        p = PythonRequest(data)
        if not p.good:
            yield [], True
            continue
        n = int(p.headers.get('Content-Length') or 0)
        rest = p.rfile.read()
        if 'chunked' in p.headers.get('Transfer-Encoding', ''):
            body, left = reading.chunks(rest) or (None, b'')
        else:
            body, left = rest[:n], rest[n:]
        url = p.requestline.split(' ')[1].encode('latin1')
        yield [{'method': p.command.encode('latin1'), 'url': url,
                'fields': [(k.encode('latin1'), v.encode('latin1'))
                           for k, v in p.headers.items()],
                'body': body, 'end': left == b''}], False


def test_requests():
    streams = [b''.join(corpus.request(SEED, n, HOST)[0])
               for n in range(CASES)]
    streams += files('http_request')
    judged = reading.parsed([('Q', s) for s in streams])
    refused = sum(1 for j in judged if j and j[-1]['status'] != 0)
    ok(refused > len(streams) / 4, 'of %d streams of requests %d are refused '
       'at some point' % (len(streams), refused))
    records = [(s, 'Q', 0) for s in streams]
    for name, read in readers():
        report('requests as spelled, ' + name,
               *compare(name, read, records, judged, False), CASES / 8)

    again = list(sent_on(judged))
    judged = reading.parsed([('Q', r[0]) for r in again])
    known = [i for i, r in enumerate(again) if simple(r[0])]
    for name, read in readers():
        report('requests as sent on, ' + name,
               *compare(name, read, [again[i] for i in known],
                        [judged[i][:1] for i in known], True), CASES / 8)
    report('requests as sent on, python',
           *compare('python', python_messages, [again[i] for i in known],
                    [judged[i][:1] for i in known], True), CASES / 8)


def simple(data):
    """Not of a method or a byte that others never take."""
    head = data.split(b'\r\n\r\n')[0]
    return data.split(b' ')[0] in KNOWN and len(head) < 8000 and \
        head.count(b'\r\n') < 90 and not re.search(
            rb'[\x80-\xff]|\nUpgrade:', head) and not re.search(
                rb'[^!$-;=?-Z_a-z~%&\[\]@]', data.split(b' ')[1])


def test_responses():
    cases = [corpus.Response(SEED, n) for n in range(CASES)]
    records = [(c.data, 'R', int(c.head)) for c in cases]
    records += [(d[1:], 'R', 0) for d in files('http_response')]
    judged = reading.parsed([('R', h, 1, d) for d, _, h in records])
    refused = sum(1 for j in judged if not j or j[-1]['status'] != 0)
    ok(refused > len(records) / 4, 'of %d responses %d are refused' % (
        len(records), refused))
    for name, read in readers():
        report('responses, ' + name,
               *compare(name, read, records, judged, False), CASES / 8)
    # It reads the last one alone.
    report('responses, python', *compare(
        'python', python_responses, records, [j[-1:] for j in judged],
        False), CASES / 8)


def main():
    test_requests()
    test_responses()
    print('1..%d' % number)
    return failed != 0


sys.exit(main())
