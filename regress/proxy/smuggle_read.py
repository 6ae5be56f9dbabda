# SPDX-License-Identifier: ISC
#
# Readers of HTTP: srt-proxy's own parser (httpread), a plain one for what it
# sends, python's, node's.

import http.client
import io
import json
import os
import re
import subprocess
import sys

HELPERS = sys.argv[1]
HERE = os.path.dirname(os.path.abspath(__file__))


def parsed(records):
    """records: ('Q', data) or ('R', head, minor, data)."""
    data = b''.join(
        (b'Q %d\n' % len(r[1]) + r[1]) if r[0] == 'Q' else
        (b'R %d %d %d\n' % (r[1], r[2], len(r[3])) + r[3]) for r in records)
    out = subprocess.run([HELPERS + '/httpread'], input=data, check=True,
                         stdout=subprocess.PIPE).stdout
    result = [json.loads(x) for x in out.splitlines()]
    assert len(result) == len(records)
    for messages in result:
        for m in messages:
            for k in ('method', 'host', 'path', 'out', 'body'):
                if k in m:
                    m[k] = bytes.fromhex(m[k])
    return result


def canonical(hosts):
    hosts = sorted(hosts)
    text = b''.join(h + b'\n' for h in hosts)
    out = subprocess.run([HELPERS + '/hostform', 'host'], input=text,
                         check=True, stdout=subprocess.PIPE).stdout
    return dict(zip(hosts, out.splitlines()))


def chunks(data):
    """(body, what follows), or None if it is not whole."""
    body = b''
    while True:
        size, mark, data = data.partition(b'\r\n')
        if not mark:
            return None
        n = int(size, 16)
        if n == 0:
            break
        if len(data) < n + 2:
            return None
        body += data[:n]
        data = data[n + 2:]
    while True:
        line, mark, data = data.partition(b'\r\n')
        if not mark:
            return None
        if not line:
            return body, data


def answers(data, heads):
    """
    The responses that srt-proxy sent, as (code, fields, body), and whether
    the last is "whole", "cut" or may go on to the end of the connection
    ("open"): to requests of which heads says, one by one, whether it was
    HEAD.  A body that is not whole is None.
    """
    out, heads = [], list(heads)
    while data:
        head, mark, rest = data.partition(b'\r\n\r\n')
        if not mark:
            return out, 'cut'
        lines = head.split(b'\r\n')
        fields = dict((k.lower(), v.strip()) for k, _, v in
                      (x.partition(b':') for x in lines[1:]))
        code = int(lines[0].split(b' ')[1])
        if 100 <= code < 200 and code != 101:
            out.append((code, fields, b''))
            data = rest
            continue
        is_head = heads.pop(0) if heads else False
        if is_head or code in (101, 204, 304):
            body, data = b'', rest
        elif b'transfer-encoding' in fields:
            body, data = chunks(rest) or (None, b'')
        elif b'content-length' in fields:
            n = int(fields[b'content-length'])
            body, data = rest[:n], rest[n:]
            if len(body) < n:
                body = None
        else:
            out.append((code, fields, rest))
            return out, 'open'
        out.append((code, fields, body))
        if body is None:
            return out, 'cut'
    return out, 'whole' if out and out[-1][0] >= 200 else 'cut'


class FakeSocket:
    def __init__(self, data):
        self.data = data

    def makefile(self, *_):
        return io.BytesIO(self.data)


def python_reads(data, head):
    # Of the interim ones it knows 100 alone and takes others for the last:
    # so it does with any server.
    data = re.sub(rb'^(?:HTTP/1.1 1(?!01)[0-9][0-9] (?:.|\r\n(?!\r\n))*'
                  rb'\r\n\r\n)+', b'', data)
    resp = http.client.HTTPResponse(FakeSocket(data), method='HEAD' if head
                                    else 'GET')
    try:
        resp.begin()
        return resp.status, resp.read()
    except (http.client.HTTPException, OverflowError, ValueError):
        return None     # more than 100 fields, a size too large


def node_messages(records):
    """Of [(bytes, 'Q' or 'R', head)]: lists of messages, and if it refused."""
    text = ''.join(json.dumps([d.hex(), kind, head]) + '\n'
                   for d, kind, head in records)
    out = subprocess.run(['node', '--no-deprecation', HERE +
                          '/smuggle_read.js'], input=text, text=True,
                         check=True, stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        yield decoded(json.loads(line))


def ref_messages(records):
    """The same of libhttp-parser."""
    data = b''.join((b'Q %d\n' % len(d) if kind == 'Q' else
                     b'R %d 1 %d\n' % (head, len(d))) + d
                    for d, kind, head in records)
    out = subprocess.run([HELPERS + '/httpref'], input=data, check=True,
                         stdout=subprocess.PIPE).stdout
    for line in out.splitlines():
        r = json.loads(line)
        r['error'] = r['error'] != 'HPE_OK'
        yield decoded(r)


def decoded(r):
    for m in r['messages']:
        m['method'] = m['method'].encode()
        m['url'] = bytes.fromhex(m['url'])
        m['body'] = bytes.fromhex(m['body'])
        f = [bytes.fromhex(x) for x in m['fields']]
        m['fields'] = list(zip(f[::2], f[1::2]))
    return r['messages'], r['error']


def node_reads(records):
    """What node makes of the last response, None where it fails."""
    for messages, error in node_messages([(d, 'R', h) for d, h in records]):
        last = messages[-1] if messages else None
        yield None if error or not last or not last['end'] else (
            last['code'], last['body'])
