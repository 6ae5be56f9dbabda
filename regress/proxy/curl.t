#!/bin/sh
# SPDX-License-Identifier: ISC
#
# srt-proxy between real programs: curl on one side, nginx on the other, over
# http, CONNECT and SOCKS.

. "$(dirname "$0")/../e2e/lib.sh"
for tool in nginx curl openssl mkfifo; do
	have "$tool" || skip_all "no $tool"
done
rig

mkdir "$T/www" "$T/put"
head -c 104857600 /dev/urandom >"$T/www/big"
head -c 1000 /dev/urandom >"$T/www/small"
big=$(sha256sum <"$T/www/big")
rig_certificate || exit 1

# A network namespace of our own: these ports are free.
cat >"$T/nginx.conf" <<EOT
daemon off;
worker_processes 1;
pid $T/nginx.pid;
error_log $T/error.log;
events { worker_connections 512; }
http {
	access_log $T/access.log;
	client_body_temp_path $T/tmp1;
	proxy_temp_path $T/tmp2;
	fastcgi_temp_path $T/tmp3;
	uwsgi_temp_path $T/tmp4;
	scgi_temp_path $T/tmp5;
	client_max_body_size 0;
	server {
		listen 127.0.0.1:8080;
		listen [::1]:8080;
		listen 127.0.0.1:8443 ssl;
		ssl_certificate $T/etc/cert.pem;
		ssl_certificate_key $T/etc/key.pem;
		root $T/www;
		location = / { return 200 "hello from \$host\n"; }
		location = /connection {
			return 200 "\$connection \$connection_requests\n";
		}
		location /put/ {
			root $T;
			dav_methods PUT;
		}
	}
}
EOT
nginx -p "$T" -c "$T/nginx.conf" >"$T/nginx.out" 2>&1 &
nginx=$!
wait_for 10 curl -sf -o /dev/null http://127.0.0.1:8080/ || {
	diag "$(cat "$T/nginx.out" "$T/error.log")"
	exit 1
}

mkfifo "$T/cmd"
"${SRT_HELPERS:-$O/regress}/proxyd" "$O/libexec/srt/srt-proxy" \
    'rules 0' 'allow localhost:8080' 'allow [::1]:8080' \
    'allow 127.0.0.1:8080' 'allow internal.test:8443' \
    'allow 127.0.0.1:8443' 'deny internal.test:1 closed' end \
    'listen http' 'listen socks' <"$T/cmd" >"$T/proxyd.out" &
proxyd=$!
exec 9>"$T/cmd"
wait_for 10 grep -q '^ready' "$T/proxyd.out" || exit 1
http=$(sed -n 's/^http //p' "$T/proxyd.out")
socks=$(sed -n 's/^socks //p' "$T/proxyd.out")

via() {
	_px=$1
	shift
	case $_px in
	http)	_px=http://127.0.0.1:$http ;;
	tunnel)	_px=http://127.0.0.1:$http
		set -- --proxytunnel "$@" ;;
	*)	_px=$_px://127.0.0.1:$socks ;;
	esac
	run curl -sS --noproxy '' --max-time 25 -x "$_px" "$@"
}

url=http://127.0.0.1:8080
for kind in http tunnel socks5 socks5h; do
	via "$kind" "$url/"
	is "$out:$st" "hello from 127.0.0.1:0" "$kind: an address"
	via "$kind" http://localhost:8080/
	is "$out:$st" "hello from localhost:0" "$kind: a name"
	via "$kind" 'http://[::1]:8080/'
	is "$out:$st" "hello from [::1]:0" "$kind: an IPv6 address"
	via "$kind" -o "$T/got" "$url/big"
	is "$st:$(sha256sum <"$T/got")" "0:$big" "$kind: 100 MB down"
	via "$kind" -T "$T/www/big" "$url/put/$kind"
	is "$st:$(sha256sum <"$T/put/$kind")" "0:$big" "$kind: 100 MB up"
	via "$kind" -H 'Transfer-Encoding: chunked' -T - "$url/put/c.$kind"
	is "$st:$(wc -c <"$T/put/c.$kind")" "0:0" "$kind: an empty chunked body"
	via "$kind" -I "$url/small"
	like "$out" '^Content-Length: 1000' "$kind: HEAD"
	rm -f "$T/got" "$T/put/$kind"
done

via http -H 'Transfer-Encoding: chunked' -T "$T/www/big" "$url/put/chunked"
is "$st:$(sha256sum <"$T/put/chunked")" "0:$big" "100 MB up, chunked"
via http -H 'Expect: 100-continue' -T "$T/www/small" "$url/put/expect"
is "$st:$(sha256sum <"$T/put/expect")" "0:$(sha256sum <"$T/www/small")" \
    "Expect: 100-continue"

# The same connections, on either side, for many requests.
set --
for i in 1 2 3 4 5 6 7 8 9 10; do
	set -- "$@" "$url/connection"
done
via http -w '%{num_connects}\n' "$@"
is "$(printf '%s\n' "$out" | awk 'NF == 1 { n += $1 } END { print n }')" 1 \
    "ten requests over one connection to the proxy"
is "$(printf '%s\n' "$out" | awk 'NF == 2 { print $1 }' | sort -u | wc -l)" 1 \
    "and one to the server"
# It may have had some of the tests before.
is "$(printf '%s\n' "$out" | awk 'NF == 2 { if (!f) f = $2; n = $2 - f }
    END { print n + 1 }')" 10 "which counts ten"

for kind in http socks5h; do
	via "$kind" --cacert "$CA" https://internal.test:8443/
	is "$out:$st" "hello from internal.test:0" "$kind: TLS from end to end"
done
via http https://internal.test:8443/
is "$st" 60 "the certificate is the server's own"

via http -w '%{http_code}\n' http://internal.test:1/
is "$out" 'Connection blocked by network allowlist
403' "denied: plain"
via http https://internal.test:1/
is "$st" 56 "denied: CONNECT"
like "$err" '403' "curl says why"
via socks5h http://internal.test:1/
is "$st" 97 "denied: SOCKS"
via http -w '%{http_code}\n' -o /dev/null http://localhost:8081/
is "$out" 403 "the port counts"
via http -w '%{http_code}\n' -o /dev/null --max-time 5 \
    --header 'Connection: close' "$url/small"
is "$out" 200 "Connection: close"

echo flush >&9
wait_for 10 grep -q '^flushed' "$T/proxyd.out"
is "$(grep '^violation network-outbound internal.test:1 (closed)' \
    "$T/proxyd.out" | sed 's/.* count=\([0-9]*\).*/\1/' |
    awk '{ n += $1 } END { print n }')" 3 \
    "each refusal was recorded"
unlike "$(cat "$T/proxyd.out")" '^log [01]' "no warning was logged"

exec 9>&-
wait "$proxyd"
is "$(tail -n 1 "$T/proxyd.out")" "gone 0" "the proxy ends with its parent"
kill "$nginx"
wait "$nginx"
done_testing
