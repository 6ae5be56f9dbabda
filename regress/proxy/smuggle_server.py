# SPDX-License-Identifier: ISC
#
# Appends to a file what it reads: smuggle_server.py FILE.  Prints its port.

import http.server
import json
import re
import sys
import threading

LOG = open(sys.argv[1], 'a')
LOCK = threading.Lock()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = 'HTTP/1.1'

    def chunks(self):
        body = b''
        while True:
            line = self.rfile.readline(65536)
            size = int(line.split(b';')[0], 16)
            if size == 0:
                break
            data = self.rfile.read(size)
            if len(data) < size:
                raise ValueError
            body += data
            self.rfile.readline(65536)
        while True:
            line = self.rfile.readline(65536)
            if line in (b'\r\n', b'\n'):
                return body
            if not line:
                raise ValueError

    def body(self):
        if 'chunked' in self.headers.get('Transfer-Encoding', '').lower():
            return self.chunks(), True
        n = int(self.headers.get('Content-Length', '0'))
        data = self.rfile.read(n)
        return data, len(data) == n

    def answer(self):
        seen = re.search('[ch][0-9]+-[0-9x]+', self.path)
        self.send_response(200)
        self.send_header('X-Seen', seen.group(0) if seen else 'none')
        self.send_header('Content-Length', '2')
        self.end_headers()
        if self.command != 'HEAD':
            self.wfile.write(b'ok')

    def serve(self):
        words = self.requestline.split(' ')
        if 'early' in self.path:
            self.answer()
        try:
            body, ok = self.body()
        except (ValueError, OSError):
            body, ok = b'', False
        with LOCK:
            LOG.write(json.dumps({
                'm': words[0].encode('latin1').hex(),
                't': words[1].encode('latin1').hex(),
                'h': self.headers.get('Host', '').encode('latin1').hex(),
                'b': body.hex(), 'ok': ok}) + '\n')
            LOG.flush()
        if not ok:
            self.close_connection = True
        elif 'early' not in self.path:
            self.answer()

    def __getattr__(self, name):
        if name.startswith('do_'):
            return self.serve
        raise AttributeError(name)

    def log_message(self, *args):
        pass


class Server(http.server.ThreadingHTTPServer):
    request_queue_size = 512
    daemon_threads = False

    def handle_error(self, request, client_address):
        pass


server = Server(('127.0.0.1', 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
server.shutdown()
# Waits for those who still read.
server.server_close()
