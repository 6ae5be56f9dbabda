# SPDX-License-Identifier: ISC
#
# Ambiguous HTTP through srt-proxy to real servers, and from a hostile one.
# Usage: smuggle.py helpers srt-proxy folder [cases [seed]]
#
# What a server has read has to be a request that srt-proxy's own parser found
# in the client's bytes (httpread says which those are): the same method,
# target, host and body.  What a client is answered has to be the response to
# its own request, as that parser understands it, whatever other readers may
# make of what the server sent.

import asyncio
import re
import shutil
import sys
import time

sys.dont_write_bytecode = True

import smuggle_corpus as corpus
import smuggle_read as reading
from smuggle_servers import HERE, PATIENCE, Lines, Proxy, servers

CASES = int(sys.argv[4]) if len(sys.argv) > 4 else 1200
SEED = int(sys.argv[5]) if len(sys.argv) > 5 else 1
AT_ONCE = 32
number = 0
failed = 0


def ok(good, what, *why):
    global number, failed
    number += 1
    failed += not good
    print('%s %d - %s' % ('ok' if good else 'not ok', number, what))
    if not good:
        for w in why[:12]:
            print('#', w if isinstance(w, str) else repr(w)[:1500])
    sys.stdout.flush()


def case_of(target):
    m = re.search(rb'[ch]([0-9]+)-', target)
    return int(m.group(1)) if m else None


# --- requests

async def say(port, pieces):
    """All that comes back."""
    r, w = await asyncio.open_connection('127.0.0.1', port)
    try:
        for p in pieces:
            w.write(p)
            await w.drain()
            if len(pieces) > 1:
                await asyncio.sleep(0)
        w.write_eof()
        return await asyncio.wait_for(r.read(), PATIENCE)
    except ConnectionError:
        return b''
    finally:
        w.close()


async def say_all(port, cases):
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(pieces):
        async with gate:
            return await say(port, pieces)
    return await asyncio.gather(*(one(p) for p in cases))


def expected(judged, hosts):
    """What may be read of these, as (method, target, host, body, whole)."""
    for m in judged:
        if m['status'] != 0 or 'out' not in m or m['https']:
            continue
        line = m['out'].split(b'\r\n', 1)[0].split(b' ')
        host = hosts[m['host']]
        if host not in (b'127.0.0.1', b'localhost'):
            continue
        if m['port'] != 80:
            host += b':%d' % m['port']
        yield line[0], line[1], host, m['body'], m['end']


def hosts_of(judged):
    return reading.canonical({m['host'] for j in judged for m in j
                              if 'host' in m})


def unexpected(read, judged, hosts):
    """What a server has read that nobody has judged, of one case."""
    left = list(expected(judged, hosts))
    for e in read:
        for x in left:
            # Of what was cut short less may have arrived.
            if (e['m'], e['t'], e['h']) == x[:3] and (
                    e['b'] == x[3] and x[4] if e['ok'] else
                    x[3].startswith(e['b'])):
                left.remove(x)
                break
        else:
            yield e, left


def misdelivered(data, judged):
    """Answers of a server to another request than the next."""
    asked = [m for m in judged if m['status'] == 0]
    got, _ = reading.answers(data, [m['method'] == b'HEAD' for m in asked])
    final = [g for g in got if g[0] >= 200]
    for g, m in zip(final, asked):
        seen = g[1].get(b'x-seen')
        if seen not in (None, b'none') and seen not in m['path']:
            yield seen, m['path']


def test_requests(server):
    host = b'127.0.0.1:%d' % server.port
    cases = [corpus.request(SEED, n, host) for n in range(CASES)]
    proxy = Proxy()
    got = asyncio.run(say_all(proxy.port, [c[0] for c in cases]))
    ok(proxy.close() == '0', '%s: srt-proxy lives on' % server.name)

    judged = reading.parsed([('Q', b''.join(c[0])) for c in cases])
    hosts = hosts_of(judged)
    read, strange = {}, []
    for e in server.read():
        n = case_of(e['t'])
        if n is None or n >= CASES:
            strange.append(e)
        else:
            read.setdefault(n, []).append(e)
    # What names no case may be of any.
    strange = [e for e, _ in unexpected(strange, sum(judged, []), hosts)]
    bad = []
    for n, entries in read.items():
        for e, left in unexpected(entries, judged[n], hosts):
            bad.append('case %d (%s): read %r, left %r; sent %.600r' % (
                n, ' '.join(cases[n][1]), e, left, b''.join(cases[n][0])))
    count = sum(len(x) for x in read.values())
    ok(not bad and not strange, '%s: %d requests read, each one judged' % (
        server.name, count), *bad, *strange)
    wrong = ['case %d: %r' % (n, x) for n in range(CASES)
             for x in misdelivered(got[n], judged[n])]
    ok(not wrong, '%s: each answered to its own' % server.name, *wrong)

    may = sum(len(list(expected(j, hosts))) for j in judged)
    plain = sum(1 for n, c in enumerate(cases) if not c[1])
    none = [n for n, c in enumerate(cases) if not c[1] and n not in read]
    ok(plain > 0 and not none and count > may / 2, '%s: what is in order '
       'arrives (%d of %d; %d cases refused)' %
       (server.name, count, may, CASES - len(read)), *none)


def test_audit():
    """
    No more than the audit record says; fewer where a body goes wrong before
    the server has its head, or where the server refuses.
    """
    server = Lines('audited', ['python3', HERE + '/smuggle_server.py'])
    host = b'127.0.0.1:%d' % server.port
    cases = [corpus.request(SEED, n, host) for n in range(CASES)]
    proxy = Proxy('audit')
    asyncio.run(say_all(proxy.port, [c[0] for c in cases]))
    ok(proxy.close() == '0', 'audit: srt-proxy lives on')
    read = len(list(server.read()))
    judged = reading.parsed([('Q', b''.join(c[0])) for c in cases])
    most = len(list(expected(sum(judged, []), hosts_of(judged))))
    ok(0 < proxy.requests * 0.8 <= read <= proxy.requests <= most,
       'audit: %d requests in the record, %d read' % (proxy.requests, read),
       'at most %d' % most)


# --- a proxy that is no good, to see that a difference is noticed

async def naive(server_port, reader, writer):
    """Believes Content-Length, passes bytes on."""
    r, w = await asyncio.open_connection('127.0.0.1', server_port)

    async def back():
        while True:
            data = await r.read(65536)
            if not data:
                break
            writer.write(data)
        writer.close()
    task = asyncio.ensure_future(back())
    try:
        while True:
            head = await reader.readuntil(b'\r\n\r\n')
            m = re.search(rb'content-length: *([0-9]+)', head, re.I)
            body = await reader.readexactly(int(m.group(1)) if m else 0)
            w.write(re.sub(rb' http://[^/]*', b' ', head) + body)
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    # The server answers what it has, and closes.
    w.write_eof()
    await task
    w.close()


async def through_naive(server_port, cases):
    srv = await asyncio.start_server(
        lambda r, w: naive(server_port, r, w), '127.0.0.1', 0)
    port = srv.sockets[0].getsockname()[1]
    result = await say_all(port, cases)
    srv.close()
    return result


def test_noticed():
    """By the servers that take Transfer-Encoding for what counts."""
    server = Lines('noticed', ['python3', HERE + '/smuggle_server.py'])
    host = b'127.0.0.1:%d' % server.port
    cases = list(corpus.naive_cases(host))
    asyncio.run(through_naive(server.port, [[c[1]] for c in cases]))
    read = list(server.read())
    hidden = [e for e in read if e['t'].endswith(b'-x')]
    judged = reading.parsed([('Q', c[1]) for c in cases])
    hosts = hosts_of(judged)
    found = 0
    for i, (n, _) in enumerate(cases):
        mine = [e for e in read if case_of(e['t']) == n]
        found += len(list(unexpected(mine, judged[i], hosts)))
    ok(len(hidden) == len(cases) and found >= len(hidden), 'a proxy that '
       'passes bytes on lets %d requests slip through, and that is noticed' %
       len(hidden), read)


# --- responses

class Hostile:
    """Answers the first request of a case with its bytes, others properly."""

    def __init__(self, cases):
        self.cases = cases
        self.heads = []
        self.tasks = {}

    async def stop(self):
        for w in self.tasks.values():
            w.close()
        while self.tasks:
            await asyncio.wait(list(self.tasks))

    async def serve(self, reader, writer):
        self.tasks[asyncio.current_task()] = writer
        case = None
        try:
            while True:
                head = await reader.readuntil(b'\r\n\r\n')
                self.heads.append(head)
                seen = re.search(rb'h([0-9]+)-([123])', head)
                n, i = int(seen.group(1)), int(seen.group(2))
                if i != 1:
                    body = b'clean h%d-%d' % (n, i)
                    writer.write(b'HTTP/1.1 200 OK\r\nX-Seen: h%d-%d\r\n'
                                 b'Content-Length: %d\r\n\r\n' %
                                 (n, i, len(body)) +
                                 (b'' if head.startswith(b'HEAD') else body))
                    await writer.drain()
                    continue
                case = self.cases[n]
                for p in case.pieces:
                    writer.write(p)
                    await writer.drain()
                    if len(case.pieces) > 1:
                        await asyncio.sleep(0)
                if case.late:
                    await case.over.wait()
                    writer.write(case.late)
                    await writer.drain()
                    case.sent.set()
                if case.close:
                    break
        except (asyncio.IncompleteReadError, ConnectionError,
                asyncio.LimitOverrunError):
            pass
        if case is not None and case.late:
            case.sent.set()
        writer.close()
        del self.tasks[asyncio.current_task()]


async def ask(r, w, host, n, i, head=False, minor=1):
    """One response: (raw bytes, reading.parsed, whole)."""
    w.write(b'%s http://%s/h%d-%d HTTP/1.%d\r\nHost: %s\r\n%s\r\n' % (
        b'HEAD' if head else b'GET', host, n, i, minor, host,
        b'Connection: keep-alive\r\n' if minor == 0 else b''))
    data = b''
    end = time.monotonic() + 0.7
    while True:
        try:
            more = await asyncio.wait_for(r.read(65536),
                                          max(0.01, end - time.monotonic()))
        except (asyncio.TimeoutError, ConnectionError) as e:
            how = 'reset' if isinstance(e, ConnectionError) else 'hangs'
            return data, None, how
        data += more
        got, how = reading.answers(data, [head])
        if how == 'whole' or (how == 'open' and not more):
            return data, got[-1], how
        if not more:
            return data, None, 'end'


async def exchange(port, host, n, case):
    result = []
    try:
        r, w = await asyncio.open_connection('127.0.0.1', port)
        result.append(await ask(r, w, host, n, 1, case.head, case.minor))
        if case.late:
            # Before the next request, else it could be an answer to that.
            case.over.set()
            await asyncio.wait_for(case.sent.wait(), PATIENCE)
        if result[0][2] == 'whole':
            result.append(await ask(r, w, host, n, 2))
        w.close()
        r, w = await asyncio.open_connection('127.0.0.1', port)
        result.append(await ask(r, w, host, n, 3))
        w.close()
    except ConnectionError:
        pass
    return result


async def exchange_all(proxy_port, hostile, cases):
    async def listen():
        srv = await asyncio.start_server(hostile.serve, '127.0.0.1', 0,
                                         backlog=512)
        return srv, b'127.0.0.1:%d' % srv.sockets[0].getsockname()[1]
    shared, host = await listen()
    gate = asyncio.Semaphore(AT_ONCE)

    async def one(n, case):
        async with gate:
            if not case.late:
                return await exchange(proxy_port, host, n, case)
            # Nobody else may get its connection before the bytes come.
            case.over, case.sent = asyncio.Event(), asyncio.Event()
            srv, own = await listen()
            result = await exchange(proxy_port, own, n, case)
            srv.close()
            return result
    result = await asyncio.gather(*(one(n, c) for n, c in enumerate(cases)))
    shared.close()
    await hostile.stop()
    return result


def test_responses():
    cases = [corpus.Response(SEED, n) for n in range(CASES)]
    hostile = Hostile(cases)
    proxy = Proxy()
    got = asyncio.run(exchange_all(proxy.port, hostile, cases))
    ok(proxy.close() == '0', 'responses: srt-proxy lives on')

    others, clean = [], 0
    for n, results in enumerate(got):
        for data, last, _ in results[1:]:
            if b'poison' in data:
                others.append('case %d (%s): %.900r for %.600r' % (
                    n, ' '.join(cases[n].names), data, cases[n].data))
            elif last is not None and last[1].get(b'x-seen') is not None:
                mine = last[1][b'x-seen']
                clean += 1
                if mine not in (b'h%d-2' % n, b'h%d-3' % n):
                    others.append('case %d: %r' % (n, data))
    ok(not others, 'no request is answered by what was sent to another',
       *others)
    ok(clean > CASES, '%d requests after a strange response are answered' %
       clean)

    believed = reading.parsed([('R', c.head, c.minor, c.data) for c in cases])
    wrong, whole, readers = [], 0, []
    for n, (results, says) in enumerate(zip(got, believed)):
        if not results:
            wrong.append('case %d: no answer' % n)
            continue
        data, last, how = results[0]
        final = says[-1] if says and says[-1].get('code', 0) >= 200 or \
            says and says[-1].get('code') == 101 else None
        text = 'case %d (%s): %s %.700r for %.600r' % (
            n, ' '.join(cases[n].names), how, data, cases[n].data)
        if data.endswith(b'\r\n\r\npoison') and b'poison' not in (
                final['body'] if final else b''):
            wrong.append(text)
        if last is None:
            continue
        whole += 1
        if last[0] == 502 and b'x-seen' not in last[1]:
            if final and final['status'] == 0 and final['end'] and \
                    final['framing'] != 'close' and final['code'] != 407:
                wrong.append('refused: ' + text)
            continue
        if final is None or not final['end'] or final['code'] != last[0]:
            wrong.append(text)
            continue
        body = last[2]
        if body != final['body']:
            wrong.append(text)
        readers.append((n, data, cases[n].head, last[0], body))
    ok(not wrong and whole > CASES / 2, '%d responses arrive as srt-proxy '
       'reads them, %d of them refused' % (whole, whole - len(readers)),
       *wrong)

    for name, read in (('python', None), ('node', reading.node_reads)):
        if read is not None and not shutil.which(name):
            continue
        bad, none = [], 0
        each = (read([(d, h) for _, d, h, _, _ in readers]) if read else
                (reading.python_reads(d, h) for _, d, h, _, _ in readers))
        for r, (n, d, h, code, body) in zip(each, readers):
            if r is None:
                none += 1
            elif r != (code, body):
                bad.append('case %d: %r, not %r' % (n, r, (code, body)))
        ok(readers and not bad and none < len(readers) / 50,
           'what srt-proxy sends is to %s what it is '
           'to srt-proxy (%d refused by it)' % (name, none), *bad)
    odd = [h for h in hostile.heads
           if not re.match(rb'(GET|HEAD) /h[0-9]+-[123] HTTP/1.1\r\nHost: '
                           rb'127\.0\.0\.1:[0-9]+\r\n\r\n$', h)]
    ok(not odd, 'the server was sent nothing else', *odd)


def main():
    test_noticed()
    for server in servers():
        test_requests(server)
    test_audit()
    test_responses()
    print('1..%d' % number)
    return failed != 0


sys.exit(main())
