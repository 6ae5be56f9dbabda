# SPDX-License-Identifier: ISC
"""What audit.t needs.

serve SOCKET FILE       a syslog daemon: appends every datagram as a line
records FILE EXPRESSION prints what it makes of r, the records of the last run
raw FILE EXPRESSION     likewise, of the lines
odd                     things with names that are meant to break records
flood N                 N different refusals
connections N           N connections that nobody takes
unanswered FILE         waits in vain for an answer, five times; the questions
                        come into the file
reach SOCKET FILE       whether the record can be reached from here
unix PATH               connects to a socket
"""

import json
import os
import re
import socket
import sys
import time

LINE = re.compile(rb'<(\d+)>[A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d '
                  rb'srt\[(\d+)\]: (\{.*\})')
TIME = re.compile(r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{9}Z')


def serve(path, out):
    if os.path.lexists(path):
        os.unlink(path)
    s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    s.bind(path)
    fd = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o644)
    while True:
        data = s.recv(1 << 17)
        os.write(fd, data.replace(b'\n', b'<LF>') + b'\n')


def pairs(items):
    keys = [k for k, _ in items]
    if len(set(keys)) != len(keys):
        sys.exit('a member twice: %s' % keys)
    return dict(items)


def record(line):
    """One line, as strictly as can be."""
    m = LINE.fullmatch(line)
    if m is not None:
        if int(m[1]) not in (84, 86):
            sys.exit('priority %s' % m[1])
        line = m[3]
    if len(line) > 8192 or min(line) < 0x20 or 0x7f in line:
        sys.exit('a malformed line: %r' % line)
    r = json.loads(line.decode('utf-8'), object_pairs_hook=pairs)
    if r['schema'] != 1 or not TIME.fullmatch(r['time']):
        sys.exit('a malformed record: %r' % line)
    return r


def lines(path):
    with open(path, 'rb') as f:
        return f.read().split(b'\n')[:-1]


def show(value):
    print(value if isinstance(value, str) else ascii(value))


def all_records(path):
    """The daemon may be behind: a run's last record is "end"."""
    end = time.monotonic() + 20
    while True:
        every = [record(x) for x in lines(path)]
        if every and every[-1]['event'] == 'end' or time.monotonic() > end:
            return every
        time.sleep(0.02)


def records(path, expression):
    every = all_records(path)
    run = every[-1]['run'] if every else None
    r = [x for x in every if x['run'] == run]
    seq = [x['seq'] for x in r]
    gapless = seq == list(range(1, len(r) + 1))

    def event(name):
        return [x for x in r if x['event'] == name]

    show(eval(expression.replace('\n', ' '), dict(globals(), **locals())))


def raw(path, expression):
    show(eval(expression, dict(globals(), r=lines(path))))


def attempt(call, *args):
    try:
        call(*args)
    except OSError:
        pass


def odd():
    """Each refused attempt has a target or program that could forge more."""
    names = [b'a\nb', b'"},{"x":"', b'\\', b'\x1b]0;x\x07', b'\xff\xfe\xc0',
             b'\xe2\x80\xae', b'<86>Jan  1 00:00:00 srt[1]: {"schema":1}',
             b'\n<86>Jan  1 00:00:00 srt[1]: {"schema":1,"run":"x"}', b'x' * 255]
    for name in names:
        attempt(os.open, b'/etc/' + name, os.O_WRONLY | os.O_CREAT)
    for host in (b'a"b.test', b'a\\u000a.test', b'x' * 300, b'\xff.test',
                 b'a\x01b.test'):
        s = socket.create_connection(('127.0.0.1', 3128), 10)
        s.sendall(b'CONNECT ' + host + b':443 HTTP/1.1\r\nHost: x\r\n\r\n')
        s.recv(100)
        s.close()
        s = socket.create_connection(('127.0.0.1', 1080), 10)
        s.sendall(b'\x05\x01\x00')
        s.recv(2)
        name = (host + b'\n"}')[-255:]
        s.sendall(b'\x05\x01\x00\x03' + bytes([len(name)]) + name + b'\x01\xbb')
        s.recv(10)
        s.close()
    with open('/proc/self/comm', 'wb') as f:
        f.write(b'e"\n\xff{}')
    attempt(os.open, b'/etc/program', os.O_WRONLY | os.O_CREAT)


def flood(n):
    for i in range(n):
        attempt(os.open, '/etc/flood%d' % i, os.O_WRONLY | os.O_CREAT)
    print('done')


def connections(n):
    for _ in range(n):
        with socket.socket() as s:
            attempt(s.connect, (socket.gethostbyname('allowed.test'), 81))
    print('done')


def unanswered(asked):
    """Asks for what nobody has an answer to, and gives up, or does not."""
    said = 0

    def wait():
        nonlocal said
        said += 1
        end = time.monotonic() + 20
        while time.monotonic() < end:
            with open(asked) as f:
                if len(f.readlines()) == said:
                    return
            time.sleep(0.01)
        sys.exit('question %d was not asked' % said)

    http = socket.create_connection(('127.0.0.1', 3128), 10)
    http.sendall(b'GET http://allowed.test/ HTTP/1.1\r\nHost: x\r\n\r\n')
    data = b''
    while b'hello from allowed.test' not in data:
        data += http.recv(4096)
    http.sendall(b'GET http://other.test:1/ HTTP/1.1\r\nHost: x\r\n\r\n')
    wait()
    http.close()
    with socket.create_connection(('127.0.0.1', 3128), 10) as s:
        s.sendall(b'CONNECT other.test:2 HTTP/1.1\r\n\r\n')
        wait()
    with socket.create_connection(('127.0.0.1', 1080), 10) as s:
        s.sendall(b'\5\1\0')
        s.recv(2)
        s.sendall(b'\5\1\0\3\012other.test\0\3')
        wait()
    with socket.socket() as s:
        s.setblocking(False)
        attempt(s.connect, (socket.gethostbyname('other.test'), 4))
        wait()
    # This one stands when the run ends.
    s = socket.create_connection(('127.0.0.1', 3128), 10)
    s.sendall(b'CONNECT other.test:5 HTTP/1.1\r\n\r\n')
    wait()
    print('done')


def reach(path, out):
    for name in ('/dev/log', path):
        for kind in ('SOCK_DGRAM', 'SOCK_STREAM', 'SOCK_SEQPACKET'):
            try:
                with socket.socket(socket.AF_UNIX,
                                   getattr(socket, kind)) as s:
                    s.connect(name)
                    s.send(b'<86>srt: forged')
                print('reached', name, kind)
            except OSError:
                pass
    for fd in range(3, 64):
        try:
            os.fstat(fd)
            print('open', fd)
        except OSError:
            pass
    try:
        os.close(os.open(out, os.O_WRONLY | os.O_APPEND))
        print('opened', out)
    except OSError:
        pass
    print('done')


def unix(path):
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
    with socket.socket(socket.AF_UNIX) as a:
        a.bind('own')
        a.listen()
        with socket.socket(socket.AF_UNIX) as s:
            s.connect('own')


args = sys.argv[2:]
if sys.argv[1] in ('flood', 'connections'):
    args = [int(args[0])]
globals()[sys.argv[1]](*args)
