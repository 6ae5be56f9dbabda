# SPDX-License-Identifier: ISC
#
# Proxies for routes.t and cut.t that do what no real one would.  Each prints
# its port, if it has one, into the file that is named, and what it sees to
# standard output.
#
#	routes.py mitm SOCKET	an HTTP proxy on a Unix socket
#	routes.py socks FILE	a SOCKS 5 proxy
#	routes.py bad FILE HOW	an HTTP proxy that is broken
#	routes.py silent FILE	one that says nothing
#	routes.py patient FILE CERT KEY	one by HTTPS that never ends a tunnel
#	routes.py echo FILE ADDRESS	sends back what it gets

import os
import socket
import ssl
import sys
import threading


def say(*what):
    print(*what, flush=True)


def listen(path, address='127.0.0.1'):
    s = socket.socket()
    s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    s.bind((address, 0))
    s.listen(64)
    with open(path + '.new', 'w') as f:
        f.write('%d\n' % s.getsockname()[1])
    os.rename(path + '.new', path)
    return s


def pump(a, b):
    try:
        while True:
            data = a.recv(65536)
            if not data:
                break
            b.sendall(data)
        b.shutdown(socket.SHUT_WR)
    except OSError:
        a.close()
        b.close()


def join(a, b):
    t = threading.Thread(target=pump, args=(a, b), daemon=True)
    t.start()
    pump(b, a)
    t.join()
    a.close()
    b.close()


def head(c):
    data = b''
    while b'\r\n\r\n' not in data:
        more = c.recv(4096)
        if not more:
            return None, b''
        data += more
    text, rest = data.split(b'\r\n\r\n', 1)
    return text.decode('latin-1'), rest


def mitm(c):
    text, rest = head(c)
    if text is None:
        return
    line = text.split('\r\n')[0]
    say(line)
    method, target, _ = line.split(' ')
    if method == 'CONNECT':
        host, port = target.rsplit(':', 1)
        s = socket.create_connection((host, int(port)))
        # The first bytes of the tunnel come with the answer.
        c.sendall(b'HTTP/1.1 200 mine\r\nX-Mitm: yes\r\n\r\n')
        s.sendall(rest)
        join(c, s)
    else:
        body = ('seen %s\n' % target).encode()
        c.sendall(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s' %
                  (len(body), body))
        c.close()


def exact(c, n):
    data = b''
    while len(data) < n:
        more = c.recv(n - len(data))
        if not more:
            raise OSError('short')
        data += more
    return data


def socks(c):
    n = exact(c, 2)[1]
    exact(c, n)
    c.sendall(b'\5\0')
    kind = exact(c, 4)[3]
    if kind == 1:
        host = socket.inet_ntop(socket.AF_INET, exact(c, 4))
    elif kind == 4:
        host = socket.inet_ntop(socket.AF_INET6, exact(c, 16))
    else:
        host = exact(c, exact(c, 1)[0]).decode()
    port = int.from_bytes(exact(c, 2), 'big')
    say('SOCKS %d %s:%d' % (kind, host, port))
    try:
        s = socket.create_connection((host, port))
    except OSError:
        c.sendall(b'\5\4\0\1' + bytes(6))
        c.close()
        return
    # A bound address by name is of another length, and unknown to curl.
    c.sendall(b'\5\0\0\1' + bytes(6) if kind == 3 else
              b'\5\0\0\3\1a\0\0')
    join(c, s)


BAD = {
    'garbage': b'SSH-2.0-none\r\n\r\n',
    'huge': b'HTTP/1.1 200 OK\r\n' + b'X-A: 0123456789abcdef\r\n' * 4000,
    'closed': b'',
    'refused': b'HTTP/1.1 403 no <such> way\r\n'
               b'Content-Length: 0\r\n\r\n',
    'http2': b'HTTP/2 200 OK\r\n\r\n',
    'early': b'HTTP/1.1 200 OK\r\n\r\nfirst words of the server\n',
}


def patient(tls):
    """Within TLS, or before it: never closes before the other side has."""
    def serve(c):
        say('open')
        if tls is not None:
            c = tls.wrap_socket(c, server_side=True)
            head(c)
            c.sendall(b'HTTP/1.1 200 OK\r\n\r\n')
            c = c.detach()
            c = socket.socket(fileno=c)
        while c.recv(65536):
            pass
        c.close()
    return serve


def bad(how):
    def serve(c):
        text, _ = head(c)
        say(text.split('\r\n')[0] if text else '-')
        try:
            c.sendall(BAD[how])
        except OSError:
            pass
        if how == 'huge':
            # Closing would be another fault.
            pump(c, socket.socketpair()[0])
        c.close()
    return serve


def echo(c):
    say('open')
    pump(c, c)
    say('closed')


def serve(s, fn):
    def one(c):
        try:
            fn(c)
        except OSError as e:
            say('error', e)
    while True:
        c = s.accept()[0]
        threading.Thread(target=one, args=(c,), daemon=True).start()


what, where = sys.argv[1:3]
if what == 'mitm':
    s = socket.socket(socket.AF_UNIX)
    s.bind(where + '.new')
    s.listen(64)
    os.rename(where + '.new', where)
    serve(s, mitm)
elif what == 'socks':
    serve(listen(where), socks)
elif what == 'bad':
    serve(listen(where), bad(sys.argv[3]))
elif what in ('silent', 'patient'):
    tls = None
    if what == 'patient':
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        tls.load_cert_chain(sys.argv[3], sys.argv[4])
    serve(listen(where), patient(tls))
elif what == 'echo':
    serve(listen(where, sys.argv[3]), echo)
