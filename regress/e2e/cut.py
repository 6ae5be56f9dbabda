# SPDX-License-Identifier: ISC
#
# The command of cut.t: holds connections to an echo server, one by CONNECT,
# one by SOCKS and one without a proxy, says bytes on each all the time, and
# writes down which are cut.  Usage: cut.py HOST PORT FOLDER

import os
import socket
import struct
import sys
import time

HOST, PORT, DIR = sys.argv[1], int(sys.argv[2]), sys.argv[3]


def mark(name):
    with open(os.path.join(DIR, name + '.new'), 'w'):
        pass
    os.rename(os.path.join(DIR, name + '.new'), os.path.join(DIR, name))


def connect():
    s = socket.create_connection(('127.0.0.1', 3128))
    s.sendall(b'CONNECT %s:%d HTTP/1.1\r\nHost: x\r\n\r\n' %
              (HOST.encode(), PORT))
    head = b''
    while not head.endswith(b'\r\n\r\n'):
        head += s.recv(1)
    assert b' 200 ' in head.split(b'\r\n')[0], head
    return s


def socks():
    s = socket.create_connection(('127.0.0.1', 1080))
    name = HOST.encode()
    s.sendall(b'\5\1\0')
    assert s.recv(2) == b'\5\0'
    s.sendall(b'\5\1\0\3%c%s%s' % (len(name), name, struct.pack('>H', PORT)))
    answer = b''
    while len(answer) < 10:
        answer += s.recv(10 - len(answer))
    assert answer[1] == 0, answer
    return s


def plain():
    return socket.create_connection((HOST, PORT))


def alive(s):
    try:
        s.sendall(b'x')
        return s.recv(1) == b'x'
    except OSError:
        return False


open_now = {'connect': connect(), 'socks': socks(), 'plain': plain()}
for s in open_now.values():
    s.settimeout(10)
    assert alive(s)
mark('ready')
end = time.monotonic() + 60
while open_now and time.monotonic() < end:
    for name in list(open_now):
        if not alive(open_now[name]):
            mark('cut.' + name)
            del open_now[name]
    if os.path.exists(os.path.join(DIR, 'stop')):
        break
    time.sleep(0.02)
mark('end')
