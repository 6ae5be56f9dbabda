# SPDX-License-Identifier: ISC
#
# The servers of smuggle.py: each has .port, and .read() ends it and gives what
# it has read; and srt-proxy.

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import time

HELPERS, PROXY, FOLDER = sys.argv[1:4]
HERE = os.path.dirname(os.path.abspath(__file__))
PATIENCE = 30


def free_port():
    with socket.socket() as s:
        s.bind(('127.0.0.1', 0))
        return s.getsockname()[1]


class Proxy:
    def __init__(self, *first):
        self.p = subprocess.Popen(
            [HELPERS + '/proxyd', PROXY, *first, 'rules 0', 'allow 127.0.0.1',
             'allow localhost', 'end', 'listen http'],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        port = None
        for line in self.p.stdout:
            if line.startswith('http '):
                port = int(line.split()[1])
                break
        self.port = port

    def close(self):
        """How it ended; .requests are those that it has recorded."""
        self.p.stdin.write('flush\n')
        self.p.stdin.flush()
        rest = ''
        for line in self.p.stdout:
            rest += line
            if line == 'flushed\n':
                break
        self.p.stdin.close()
        rest += self.p.stdout.read()
        self.requests = sum(int(n) for n in re.findall(
            r'(?m)^access \S+ [0-9]+ ([0-9]+) lost=0$', rest))
        self.p.wait(PATIENCE)
        return re.search('gone (.*)', rest).group(1)


class Lines:
    """A program that appends lines of JSON to a file."""

    def __init__(self, name, command):
        self.name = name
        self.file = os.path.join(FOLDER, name + '.log')
        self.p = subprocess.Popen(command + [self.file],
                                  stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.port = int(self.p.stdout.readline())

    def read(self):
        self.p.stdin.close()
        self.p.wait(PATIENCE)
        with open(self.file) as f:
            for line in f:
                e = json.loads(line)
                for k in 'mthb':
                    e[k] = bytes.fromhex(e[k])
                yield e


class Daemon:
    def start(self, command, env=None):
        self.p = subprocess.Popen(command, env=env)
        end = time.monotonic() + PATIENCE
        while True:
            try:
                socket.create_connection(('127.0.0.1', self.port)).close()
                return
            except OSError:
                if self.p.poll() is not None or time.monotonic() > end:
                    raise RuntimeError(self.name + ' does not start')
                time.sleep(0.05)

    def stop(self):
        self.p.terminate()
        self.p.wait(PATIENCE)


class Nginx(Daemon):
    name = 'nginx'

    def __init__(self):
        self.port = free_port()
        top = os.path.join(FOLDER, 'nginx-smuggle')
        os.mkdir(top)
        with open(top + '/conf', 'w') as f:
            f.write('''
daemon off; worker_processes 1; pid %(top)s/pid;
error_log %(top)s/error.log crit;
events { worker_connections 1024; }
http {
	log_format seen escape=json '{"m":"$request_method",'
	    '"t":"$request_uri","h":"$http_host","b":"$request_body",'
	    '"s":"$status","ok":"$request_completion"}';
	access_log off;
	client_body_temp_path %(top)s/body; proxy_temp_path %(top)s/proxy;
	fastcgi_temp_path %(top)s/f; uwsgi_temp_path %(top)s/u;
	scgi_temp_path %(top)s/s;
	client_body_buffer_size 64k;
	large_client_header_buffers 8 32k;
	keepalive_timeout 60; keepalive_requests 100000;
	server {
		listen 127.0.0.1:%(port)d backlog=511;
		access_log %(top)s/seen.log seen;
		location / {
			proxy_pass http://unix:%(top)s/end;
			add_header X-Seen $seen;
		}
	}
	map $request_uri $seen { default none; ~(?<x>[ch][0-9]+-[0-9x]+) $x; }
	server {
		listen unix:%(top)s/end;
		return 200 "ok";
	}
}
''' % {'top': top, 'port': self.port})
        self.file = top + '/seen.log'
        self.start(['nginx', '-e', top + '/early.log', '-c', top + '/conf'])

    def read(self):
        self.stop()
        with open(self.file, encoding='latin1') as f:
            for line in f:
                e = json.loads(line)
                # What it refused it has not taken for a request.
                if not e['s'].startswith('2'):
                    continue
                for k in 'mthb':
                    e[k] = e[k].encode('latin1')
                e['ok'] = e['ok'] == 'OK'
                yield e


def apache_modules():
    """Where they are, if the one that is needed is among them."""
    for m in ('/usr/lib/apache2/modules', '/usr/lib64/httpd/modules',
              '/usr/lib/httpd/modules', '/usr/lib/apache2'):
        if os.path.exists(m + '/mod_lua.so'):
            return m
    return None


class Apache(Daemon):
    name = 'apache'

    def __init__(self):
        self.port = free_port()
        top = os.path.join(FOLDER, 'apache')
        os.mkdir(top)
        with open(top + '/conf', 'w') as f:
            for m in ('mpm_event', 'authz_core', 'lua'):
                f.write('LoadModule %s_module %s/mod_%s.so\n' %
                        (m, apache_modules(), m))
            f.write('''
ServerRoot %(top)s
ServerName localhost
PidFile %(top)s/pid
DefaultRuntimeDir %(top)s
Mutex file:%(top)s default
ErrorLog %(top)s/error.log
LogLevel crit
Listen 127.0.0.1:%(port)d
KeepAliveTimeout 60
MaxKeepAliveRequests 0
ThreadsPerChild 48
StartServers 1
ServerLimit 2
MaxRequestWorkers 96
LimitRequestLine 32768
LimitRequestFieldSize 32768
AllowEncodedSlashes On
LuaMapHandler .* %(here)s/smuggle_apache.lua handle
''' % {'top': top, 'port': self.port, 'here': HERE})
        self.file = top + '/seen.log'
        env = dict(os.environ, SMUGGLE_LOG=self.file)
        self.start([shutil.which('apache2') or shutil.which('httpd'), '-f',
                    top + '/conf', '-DFOREGROUND'], env)

    def read(self):
        self.stop()
        with open(self.file) as f:
            for line in f:
                e = json.loads(line)
                for k in 'mthb':
                    e[k] = bytes.fromhex(e[k])
                yield e


def servers():
    yield Lines('python', ['python3', HERE + '/smuggle_server.py'])
    if shutil.which('node'):
        yield Lines('node', ['node', HERE + '/smuggle_server.js'])
    if shutil.which('nginx'):
        yield Nginx()
    if apache_modules() and (shutil.which('apache2') or
                             shutil.which('httpd')):
        yield Apache()
