/* SPDX-License-Identifier: ISC */

/*
 * Heads of requests that are accepted, with what they mean, and those that
 * are refused, with the status.  Every one of them is parsed whole, byte by
 * byte, cut in two at each place, and followed by more bytes: the result is
 * the same.
 */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_check.h"

#define TEXT(s)		s, sizeof(s) - 1
#define H		"Host: a.test\r\n"
#define GET(f)		"GET http://a.test/ HTTP/1.1\r\n" H f "\r\n"
#define POST(f)		"POST http://a.test/ HTTP/1.1\r\n" H f "\r\n"
#define LINE(l)		l "\r\n" H "\r\n"
#define TARGET(t)	LINE("GET " t " HTTP/1.1")
#define CONNECT(t)	LINE("CONNECT " t " HTTP/1.1")

#define NONE		HTTP_BODY_NONE
#define LENGTH		HTTP_BODY_LENGTH
#define CHUNKED		HTTP_BODY_CHUNKED
#define KA		HTTP_KEEPALIVE

struct good {
	const char	*text;
	size_t		 len;
	enum http_form	 form;
	const char	*host;
	unsigned int	 port;
	const char	*path;
	enum http_body	 body;
	uint64_t	 length;
	unsigned int	 flags;
};

#define ORIGIN		HTTP_FORM_ORIGIN
#define ABSOLUTE	HTTP_FORM_ABSOLUTE
#define AUTHORITY	HTTP_FORM_AUTHORITY
#define ASTERISK	HTTP_FORM_ASTERISK

static const struct good good_requests[] = {
	{ TEXT(GET("")), ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	{ TEXT("\r\n" GET("")), ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	/* targets */
	{ TEXT(TARGET("http://a.test")), ABSOLUTE, "a.test", 80, "", NONE, 0,
	    KA },
	{ TEXT(TARGET("http://a.test?q=1/2")), ABSOLUTE, "a.test", 80,
	    "?q=1/2", NONE, 0, KA },
	{ TEXT(TARGET("http://a.test/?q=http://b.test/")), ABSOLUTE, "a.test",
	    80, "/?q=http://b.test/", NONE, 0, KA },
	{ TEXT(TARGET("http://a.test/x@b.test/")), ABSOLUTE, "a.test", 80,
	    "/x@b.test/", NONE, 0, KA },
	{ TEXT(TARGET("http://a.test?x@b.test")), ABSOLUTE, "a.test", 80,
	    "?x@b.test", NONE, 0, KA },
	{ TEXT(TARGET("HTTP://A.Test/B")), ABSOLUTE, "A.Test", 80, "/B", NONE,
	    0, KA },
	{ TEXT(TARGET("https://a.test/")), ABSOLUTE, "a.test", 443, "/", NONE,
	    0, KA },
	{ TEXT(TARGET("hTTpS://a.test:8443/")), ABSOLUTE, "a.test", 8443, "/",
	    NONE, 0, KA },
	{ TEXT(TARGET("http://a.test:/")), ABSOLUTE, "a.test", 80, "/", NONE,
	    0, KA },
	{ TEXT(TARGET("http://a.test:1/")), ABSOLUTE, "a.test", 1, "/", NONE,
	    0, KA },
	{ TEXT(TARGET("http://a.test:65535/")), ABSOLUTE, "a.test", 65535,
	    "/", NONE, 0, KA },
	{ TEXT(TARGET("http://[::1]/")), ABSOLUTE, "[::1]", 80, "/", NONE, 0,
	    KA },
	{ TEXT(TARGET("http://[::ffff:1.2.3.4]:81/")), ABSOLUTE,
	    "[::ffff:1.2.3.4]", 81, "/", NONE, 0, KA },
	{ TEXT(TARGET("http://_x.a-b.test/")), ABSOLUTE, "_x.a-b.test", 80,
	    "/", NONE, 0, KA },
	{ TEXT(TARGET("http://2130706433/")), ABSOLUTE, "2130706433", 80, "/",
	    NONE, 0, KA },
	{ TEXT(TARGET("http://a.test/../%2e%2e/%zz|{}\"")), ABSOLUTE,
	    "a.test", 80, "/../%2e%2e/%zz|{}\"", NONE, 0, KA },
	{ TEXT(TARGET("http://a.test/\xc3\xbc")), ABSOLUTE, "a.test", 80,
	    "/\xc3\xbc", NONE, 0, KA },
	{ TEXT(TARGET("/x?y")), ORIGIN, "", 0, "/x?y", NONE, 0, KA },
	{ TEXT(TARGET("//b.test/")), ORIGIN, "", 0, "//b.test/", NONE, 0,
	    KA },
	{ TEXT(LINE("OPTIONS * HTTP/1.1")), ASTERISK, "", 0, "*", NONE, 0,
	    KA },
	{ TEXT(LINE("OPTIONS http://a.test HTTP/1.1")), ABSOLUTE, "a.test",
	    80, "", NONE, 0, KA },
	/* CONNECT */
	{ TEXT(CONNECT("a.test:443")), AUTHORITY, "a.test", 443, "", NONE, 0,
	    HTTP_CONNECT },
	{ TEXT(CONNECT("[2001:db8::1]:22")), AUTHORITY, "[2001:db8::1]", 22,
	    "", NONE, 0, HTTP_CONNECT },
	{ TEXT("CONNECT a.test:443 HTTP/1.0\r\n\r\n"), AUTHORITY, "a.test",
	    443, "", NONE, 0, HTTP_CONNECT },
	{ TEXT("CONNECT a.test:443 HTTP/1.1\r\n\r\n"), AUTHORITY, "a.test",
	    443, "", NONE, 0, HTTP_CONNECT },
	{ TEXT("CONNECT a.test:443 HTTP/1.1\r\n" H
	    "Content-Length: 0\r\nProxy-Connection: keep-alive\r\n\r\n"),
	    AUTHORITY, "a.test", 443, "", NONE, 0, HTTP_CONNECT },
	/* Host decides nothing */
	{ TEXT("GET http://a.test/ HTTP/1.1\r\nHost: b.test:81\r\n\r\n"),
	    ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	{ TEXT("GET http://a.test/ HTTP/1.1\r\nhost:\r\n\r\n"), ABSOLUTE,
	    "a.test", 80, "/", NONE, 0, KA },
	/* versions and persistence */
	{ TEXT("GET http://a.test/ HTTP/1.0\r\n\r\n"), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, 0 },
	{ TEXT("GET http://a.test/ HTTP/1.0\r\nConnection: Keep-Alive\r\n"
	    "\r\n"), ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	{ TEXT(GET("Connection: close\r\n")), ABSOLUTE, "a.test", 80, "/",
	    NONE, 0, 0 },
	{ TEXT(GET("Connection: keep-alive, CLOSE\r\n")), ABSOLUTE, "a.test",
	    80, "/", NONE, 0, 0 },
	{ TEXT(GET("Connection: a\r\nConnection: , close ,\r\n")), ABSOLUTE,
	    "a.test", 80, "/", NONE, 0, 0 },
	{ TEXT(GET("Proxy-Connection: close\r\n")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, 0 },
	{ TEXT(GET("Proxy-Connection: Keep-Alive\r\n")), ABSOLUTE, "a.test",
	    80, "/", NONE, 0, KA },
	{ TEXT(GET("X-Close: close\r\n")), ABSOLUTE, "a.test", 80, "/", NONE,
	    0, KA },
	/* methods are case-sensitive tokens */
	{ TEXT(LINE("HEAD http://a.test/ HTTP/1.1")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, KA | HTTP_HEAD },
	{ TEXT(LINE("get http://a.test/ HTTP/1.1")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, KA },
	{ TEXT(LINE("M-SEARCH!#$%&'*+.^_`|~ http://a.test/ HTTP/1.1")),
	    ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	/* bodies */
	{ TEXT(POST("Content-Length: 0\r\n")), ABSOLUTE, "a.test", 80, "/",
	    LENGTH, 0, KA },
	{ TEXT(POST("content-length:42\r\n")), ABSOLUTE, "a.test", 80, "/",
	    LENGTH, 42, KA },
	{ TEXT(POST("Content-Length: \t 0042 \t\r\n")), ABSOLUTE, "a.test",
	    80, "/", LENGTH, 42, KA },
	{ TEXT(POST("Content-Length: 9223372036854775807\r\n")), ABSOLUTE,
	    "a.test", 80, "/", LENGTH, INT64_MAX, KA },
	{ TEXT(POST("Transfer-Encoding: chunked\r\n")), ABSOLUTE, "a.test",
	    80, "/", CHUNKED, 0, KA },
	{ TEXT(POST("transfer-ENCODING:CHUNKED\r\n")), ABSOLUTE, "a.test", 80,
	    "/", CHUNKED, 0, KA },
	{ TEXT(POST("Transfer-Encoding: ,chunked,,\r\n")), ABSOLUTE, "a.test",
	    80, "/", CHUNKED, 0, KA },
	{ TEXT(POST("Content-Length: 5\r\nExpect: 100-continue\r\n")),
	    ABSOLUTE, "a.test", 80, "/", LENGTH, 5, KA | HTTP_EXPECT },
	{ TEXT(GET("Expect: 100-continue\r\n")), ABSOLUTE, "a.test", 80, "/",
	    NONE, 0, KA },
	{ TEXT("POST http://a.test/ HTTP/1.0\r\nContent-Length: 5\r\n"
	    "Expect: 100-continue\r\n\r\n"), ABSOLUTE, "a.test", 80, "/",
	    LENGTH, 5, 0 },
	/* upgrades */
	{ TEXT(GET("Connection: Upgrade\r\nUpgrade: websocket\r\n")),
	    ABSOLUTE, "a.test", 80, "/", NONE, 0, KA | HTTP_UPGRADE },
	{ TEXT(GET("Connection: keep-alive, upgrade\r\n"
	    "Upgrade: SPDY/3.1, tcp\r\n")), ABSOLUTE, "a.test", 80, "/", NONE,
	    0, KA | HTTP_UPGRADE },
	{ TEXT(GET("Upgrade: websocket\r\n")), ABSOLUTE, "a.test", 80, "/",
	    NONE, 0, KA },
	{ TEXT(GET("Connection: upgrade\r\n")), ABSOLUTE, "a.test", 80, "/",
	    NONE, 0, KA },
	{ TEXT(GET("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\n"
	    "HTTP2-Settings: AAMAAABk\r\n")), ABSOLUTE, "a.test", 80, "/",
	    NONE, 0, KA },
	{ TEXT(GET("Connection: Upgrade\r\nUpgrade: TLS/1.2\r\n")), ABSOLUTE,
	    "a.test", 80, "/", NONE, 0, KA },
	{ TEXT(GET("Connection: Upgrade\r\nUpgrade: websocket, HTTP/2.0\r\n")),
	    ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
	{ TEXT(POST("Connection: Upgrade\r\nUpgrade: websocket\r\n"
	    "Content-Length: 5\r\n")), ABSOLUTE, "a.test", 80, "/", LENGTH, 5,
	    KA },
	/* values */
	{ TEXT(GET("X:\r\nY: \t \r\nZ: a\tb c\r\n")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, KA },
	{ TEXT(GET("X: caf\xe9 \xc3\xa9:,;\"\r\n")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, KA },
	{ TEXT(GET("!#$%&'*+-.^_`|~09azAZ: x\r\n")), ABSOLUTE, "a.test", 80,
	    "/", NONE, 0, KA },
	/* names that only look like framing */
	{ TEXT(GET("X-Content-Length: 5\r\nContent-Lengths: 6\r\n")),
	    ABSOLUTE, "a.test", 80, "/", NONE, 0, KA },
};

struct bad {
	const char	*text;
	size_t		 len;
	int		 status;
};

static const struct bad bad_requests[] = {
	/* request line */
	{ TEXT(LINE("")), 400 },
	{ TEXT("\r\n\r\n" GET("")), 400 },
	{ TEXT("\r\n\r\n"), 400 },
	{ TEXT("\n" GET("")), 400 },
	{ TEXT("\r" GET("")), 400 },
	{ TEXT(" " GET("")), 400 },
	{ TEXT(LINE("GET")), 400 },
	{ TEXT(LINE("GET ")), 400 },
	{ TEXT(LINE("GET http://a.test/")), 400 },
	{ TEXT(LINE("GET http://a.test/ ")), 400 },
	{ TEXT(LINE("GET  http://a.test/ HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/  HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP/1.1 ")), 400 },
	{ TEXT(LINE("GET\thttp://a.test/\tHTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/\t HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/ x HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/\x0bx HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/\0x HTTP/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/\x7f HTTP/1.1")), 400 },
	{ TEXT(LINE("G@T http://a.test/ HTTP/1.1")), 400 },
	{ TEXT(LINE("G\xc3\x89T http://a.test/ HTTP/1.1")), 400 },
	{ TEXT(LINE("GET: http://a.test/ HTTP/1.1")), 400 },
	{ TEXT(LINE(" http://a.test/ HTTP/1.1")), 400 },
	{ TEXT(LINE("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA http://a.test/ "
	    "HTTP/1.1")), 501 },
	{ TEXT(LINE("head http://a.test/ HTTP/1.1")), 501 },
	{ TEXT(LINE("Head http://a.test/ HTTP/1.1")), 501 },
	{ TEXT(LINE("connect a.test:443 HTTP/1.1")), 501 },
	{ TEXT("\x16\x03\x01\x02\x00"), 400 },
	{ TEXT("\x05\x01\x00"), 400 },
	/* version */
	{ TEXT(LINE("GET http://a.test/ HTTP/0.9")), 505 },
	{ TEXT(LINE("GET http://a.test/ HTTP/1.2")), 505 },
	{ TEXT(LINE("GET http://a.test/ HTTP/2.0")), 505 },
	{ TEXT("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), 505 },
	{ TEXT(LINE("GET http://a.test/ HTTP/2")), 400 },
	{ TEXT(LINE("GET http://a.test/ http/1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP/1.10")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP/1.")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP/01.1")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP/1,1")), 400 },
	{ TEXT(LINE("GET http://a.test/ HTTP /1.1")), 400 },
	{ TEXT(LINE("GET http://a.test/ XTTP/1.1")), 400 },
	/* targets */
	{ TEXT(TARGET("a.test")), 400 },
	{ TEXT(TARGET("a.test:80")), 400 },
	{ TEXT(TARGET("*")), 400 },
	{ TEXT(LINE("OPTIONS ** HTTP/1.1")), 400 },
	{ TEXT(TARGET("ftp://a.test/")), 400 },
	{ TEXT(TARGET("ws://a.test/")), 400 },
	{ TEXT(TARGET("http:/a.test/")), 400 },
	{ TEXT(TARGET("http:a.test/")), 400 },
	{ TEXT(TARGET("http:\\\\a.test/")), 400 },
	{ TEXT(TARGET("://a.test/")), 400 },
	{ TEXT(TARGET("http://")), 400 },
	{ TEXT(TARGET("http:///x")), 400 },
	{ TEXT(TARGET("http://:80/")), 400 },
	{ TEXT(TARGET("http://?x")), 400 },
	{ TEXT(TARGET("http://u@a.test/")), 400 },
	{ TEXT(TARGET("http://u:p@a.test/")), 400 },
	{ TEXT(TARGET("http://@a.test/")), 400 },
	{ TEXT(TARGET("http://b.test@a.test:80/")), 400 },
	{ TEXT(TARGET("http://a.test\\@b.test/")), 400 },
	{ TEXT(TARGET("http://a.test\\.b.test/")), 400 },
	{ TEXT(TARGET("http://a.test#@b.test/")), 400 },
	{ TEXT(TARGET("http://a.test/#x")), 400 },
	{ TEXT(TARGET("/#x")), 400 },
	{ TEXT(TARGET("http://a.test:0/")), 400 },
	{ TEXT(TARGET("http://a.test:080/")), 400 },
	{ TEXT(TARGET("http://a.test:65536/")), 400 },
	{ TEXT(TARGET("http://a.test:99999/")), 400 },
	{ TEXT(TARGET("http://a.test:123456/")), 400 },
	{ TEXT(TARGET("http://a.test:18446744073709551696/")), 400 },
	{ TEXT(TARGET("http://a.test:-80/")), 400 },
	{ TEXT(TARGET("http://a.test:+80/")), 400 },
	{ TEXT(TARGET("http://a.test:80a/")), 400 },
	{ TEXT(TARGET("http://a.test:0x50/")), 400 },
	{ TEXT(TARGET("http://a.test:80:80/")), 400 },
	{ TEXT(TARGET("http://::1/")), 400 },
	{ TEXT(TARGET("http://[::1/")), 400 },
	{ TEXT(TARGET("http://::1]/")), 400 },
	{ TEXT(TARGET("http://[::1]x/")), 400 },
	{ TEXT(TARGET("http://[::1]80/")), 400 },
	{ TEXT(TARGET("http://[a.test]/")), 400 },
	{ TEXT(TARGET("http://[1.2.3.4]/")), 400 },
	{ TEXT(TARGET("http://[]/")), 400 },
	{ TEXT(TARGET("http://[fe80::1%25eth0]/")), 400 },
	{ TEXT(TARGET("http://[::1%.a.test]/")), 400 },
	{ TEXT(TARGET("http://a\xe3\x80\x82test/")), 400 },
	{ TEXT(TARGET("http://m\xc3\xbcnchen.test/")), 400 },
	{ TEXT(TARGET("http://a|b.test/")), 400 },
	{ TEXT(TARGET("http://a^b.test/")), 400 },
	{ TEXT(TARGET("http://{a}.test/")), 400 },
	{ TEXT(TARGET("http://<a>/")), 400 },
	{ TEXT(TARGET("http://a\"/")), 400 },
	/* CONNECT */
	{ TEXT(CONNECT("a.test")), 400 },
	{ TEXT(CONNECT("a.test:")), 400 },
	{ TEXT(CONNECT("a.test:0")), 400 },
	{ TEXT(CONNECT("a.test:00443")), 400 },
	{ TEXT(CONNECT("a.test:0443")), 400 },
	{ TEXT(CONNECT("a.test:65536")), 400 },
	{ TEXT(CONNECT("a.test:443abc")), 400 },
	{ TEXT(CONNECT("a.test:443/")), 400 },
	{ TEXT(CONNECT("a.test:443:443")), 400 },
	{ TEXT(CONNECT(":443")), 400 },
	{ TEXT(CONNECT("u@a.test:443")), 400 },
	{ TEXT(CONNECT("http://a.test:443")), 400 },
	{ TEXT(CONNECT("http://a.test:443/")), 400 },
	{ TEXT(CONNECT("/")), 400 },
	{ TEXT(CONNECT("*")), 400 },
	{ TEXT(CONNECT("::1:443")), 400 },
	{ TEXT(CONNECT("[::1]")), 400 },
	{ TEXT(CONNECT("[::1]443")), 400 },
	{ TEXT(CONNECT("[::1]:0")), 400 },
	{ TEXT(CONNECT("[::1]:443]")), 400 },
	{ TEXT(CONNECT("[[::1]]:443")), 400 },
	{ TEXT(CONNECT("[a.test]:443")), 400 },
	{ TEXT(CONNECT("a.test\\:443")), 400 },
	{ TEXT(CONNECT("a.test?:443")), 400 },
	{ TEXT("CONNECT a.test:443 HTTP/1.1\r\n" H "Content-Length: 5\r\n"
	    "\r\n"), 400 },
	{ TEXT("CONNECT a.test:443 HTTP/1.1\r\n" H
	    "Transfer-Encoding: chunked\r\n\r\n"), 400 },
	{ TEXT("CONNECT a.test:443 HTTP/1.1\r\n" H H "\r\n"), 400 },
	/* Host */
	{ TEXT("GET http://a.test/ HTTP/1.1\r\n\r\n"), 400 },
	{ TEXT(GET(H)), 400 },
	{ TEXT(GET("HOST: b.test\r\n")), 400 },
	{ TEXT(GET("X: y\r\nhost:\r\n")), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.0\r\n" H H "\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a.test, b.test\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a.test b.test\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a.test/b\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: u@a.test\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: a.test:x\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: :80\r\n\r\n"), 400 },
	{ TEXT("GET / HTTP/1.1\r\nHost: http://a.test\r\n\r\n"), 400 },
	/* lines: only CRLF ends one, none is folded */
	{ TEXT("GET http://a.test/ HTTP/1.1\nHost: a.test\n\n"), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.1\r\nHost: a.test\n\r\n"), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.1\r\nHost: a.test\r\n\n"), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.1\rHost: a.test\r\r"), 400 },
	{ TEXT(GET("X: a\rb\r\n")), 400 },
	{ TEXT(GET("X: a\nY: b\r\n")), 400 },
	{ TEXT(GET("X: a\r\r\n")), 400 },
	{ TEXT(GET("X: a\n\r\n")), 400 },
	{ TEXT(GET("X: a\r\n\tb\r\n")), 400 },
	{ TEXT(GET("X: a\r\n b\r\n")), 400 },
	{ TEXT(GET("X: a\r\n \r\n")), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.1\r\n Host: a.test\r\n\r\n"), 400 },
	{ TEXT("GET http://a.test/ HTTP/1.1\r\n\tX: y\r\n" H "\r\n"), 400 },
	{ TEXT(GET(" X: y\r\n")), 400 },
	/* names */
	{ TEXT(GET("X\r\n")), 400 },
	{ TEXT(GET(":\r\n")), 400 },
	{ TEXT(GET(": x\r\n")), 400 },
	{ TEXT(GET("X : y\r\n")), 400 },
	{ TEXT(GET("X\t: y\r\n")), 400 },
	{ TEXT(GET("X Y: z\r\n")), 400 },
	{ TEXT(GET("X(: z\r\n")), 400 },
	{ TEXT(GET("X@Y: z\r\n")), 400 },
	{ TEXT(GET("\"X\": z\r\n")), 400 },
	{ TEXT(GET("X\xe9: z\r\n")), 400 },
	{ TEXT(GET("GET / HTTP/1.1\r\n")), 400 },
	{ TEXT(GET("X\0: z\r\n")), 400 },
	{ TEXT(GET("X\x01: z\r\n")), 400 },
	{ TEXT(GET("X\x7f: z\r\n")), 400 },
	/* values */
	{ TEXT(GET("X: a\0b\r\n")), 400 },
	{ TEXT(GET("X: \x1b[2J\r\n")), 400 },
	{ TEXT(GET("X: \x7f\r\n")), 400 },
	{ TEXT(GET("X: \x0b\r\n")), 400 },
	{ TEXT(GET("X: \x0c\r\n")), 400 },
	{ TEXT(GET("X: \x08\r\n")), 400 },
	/* Content-Length */
	{ TEXT(POST("Content-Length:\r\n")), 400 },
	{ TEXT(POST("Content-Length: +5\r\n")), 400 },
	{ TEXT(POST("Content-Length: -5\r\n")), 400 },
	{ TEXT(POST("Content-Length: -0\r\n")), 400 },
	{ TEXT(POST("Content-Length: 0x5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5a\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5.0\r\n")), 400 },
	{ TEXT(POST("Content-Length: 1e3\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5 5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5, 5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5,6\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5;\r\n")), 400 },
	{ TEXT(POST("Content-Length: \"5\"\r\n")), 400 },
	{ TEXT(POST("Content-Length: \xd9\xa5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 9223372036854775808\r\n")), 400 },
	{ TEXT(POST("Content-Length: 9999999999999999999\r\n")), 400 },
	{ TEXT(POST("Content-Length: 18446744073709551616\r\n")), 400 },
	{ TEXT(POST("Content-Length: 18446744073709551621\r\n")), 400 },
	{ TEXT(POST("Content-Length: 00000000000000000005\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5\r\nContent-Length: 5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5\r\ncontent-length: 6\r\n")), 400 },
	{ TEXT(POST("Content-Length: 0\r\nX: y\r\nCONTENT-LENGTH: 5\r\n")),
	    400 },
	{ TEXT(POST("Content-Length : 5\r\n")), 400 },
	{ TEXT(POST("Content_Length: 5\r\n")), 400 },
	{ TEXT(POST(" Content-Length: 5\r\n")), 400 },
	{ TEXT(POST("Content-Length: 5\r\n 0\r\n")), 400 },
	{ TEXT(POST("Content-Length:\r\n 5\r\n")), 400 },
	/* CL.TE and TE.CL */
	{ TEXT(POST("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
	    400 },
	{ TEXT(POST("Transfer-Encoding: chunked\r\nContent-Length: 5\r\n")),
	    400 },
	{ TEXT(POST("Content-Length: 0\r\nTransfer-Encoding: chunked\r\n")),
	    400 },
	{ TEXT(POST("Transfer-Encoding: chunked\r\nContent-Length: x\r\n")),
	    400 },
	{ TEXT(POST("Transfer-Encoding: identity\r\nContent-Length: 5\r\n")),
	    400 },
	{ TEXT(POST("Transfer-Encoding:\r\nContent-Length: 5\r\n")), 400 },
	/* TE.TE */
	{ TEXT(POST("Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked\r\n"
	    "Transfer-Encoding: identity\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: x\r\n"
	    "Transfer-encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: xchunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunkedx\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked, chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked, identity\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked, gzip\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: identity\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: gzip\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding:\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: ,\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: \"chunked\"\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: 'chunked'\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked;q=1\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked; x\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: \x0b" "chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: \x0c" "chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked\x0c\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: \x00" "chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked\0\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: \xff" "chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked\xa0\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chun\xc3\xadked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding : chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding\t: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding\x0b: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding\0: chunked\r\n")), 400 },
	{ TEXT(POST(" Transfer-Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer_Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding\r\n: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding:\r\n chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: chunked\r\n , identity\r\n")), 400 },
	{ TEXT(POST("X: y\nTransfer-Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("X: y\rTransfer-Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Foo\r\nTransfer-Encoding: chunked\r\n")), 400 },
	{ TEXT(POST("Transfer-Encoding: gzip, chunked\r\n")), 501 },
	{ TEXT(POST("Transfer-Encoding: identity, chunked\r\n")), 501 },
	{ TEXT(POST("Transfer-Encoding: x,gzip,chunked\r\n")), 501 },
	{ TEXT("POST http://a.test/ HTTP/1.0\r\n"
	    "Transfer-Encoding: chunked\r\n\r\n"), 400 },
	/* Connection */
	{ TEXT(GET("Connection: a b\r\n")), 400 },
	{ TEXT(GET("Connection: close;x\r\n")), 400 },
	{ TEXT(GET("Connection: \"close\"\r\n")), 400 },
	{ TEXT(GET("Connection: "
	    "a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s,t,u,v,w,x,y,z,"
	    "0,1,2,3,4,5,6\r\n")), 400 },
};

static void
assert_span(struct http_span s, const char *text)
{
	assert_int_equal(s.len, strlen(text));
	if (s.len > 0)
		assert_memory_equal(s.p, text, s.len);
}

static void
check_good(const struct http_request *r, const struct good *g)
{
	if (r->why != NULL)
		fail_msg("refused (%s): %s", r->why, g->text);
	assert_int_equal(r->form, g->form);
	assert_span(r->host, g->host);
	assert_int_equal(r->port, g->port);
	assert_span(r->path, g->path);
	assert_int_equal(r->meta.body, g->body);
	assert_true(r->meta.length == g->length);
	if (r->meta.flags != g->flags)
		fail_msg("flags %u, not %u: %s", r->meta.flags, g->flags,
		    g->text);
	assert_int_equal(r->consumed, g->len);
}

static void
accepts(void **state)
{
	static struct http_request r;
	struct http_scan scan;
	const struct good *g;
	enum http_result res;
	size_t i;
	char *copy;

	(void)state;
	for (i = 0; i < nitems(good_requests); i++) {
		g = &good_requests[i];
		copy = exact_copy(g->text, g->len);
		memset(&scan, 0, sizeof(scan));
		res = http_parse_request(copy, g->len, &scan, &r);
		if (res != HTTP_DONE)
			fail_msg("not done: %s", g->text);
		check_good(&r, g);
		free(copy);
	}
}

static void
refuses(void **state)
{
	static struct http_request r;
	struct http_scan scan;
	const struct bad *b;
	enum http_result res;
	size_t i;
	char *copy;

	(void)state;
	for (i = 0; i < nitems(bad_requests); i++) {
		b = &bad_requests[i];
		copy = exact_copy(b->text, b->len);
		memset(&scan, 0, sizeof(scan));
		res = http_parse_request(copy, b->len, &scan, &r);
		if (res != HTTP_ERROR || r.status != b->status ||
		    r.why == NULL)
			fail_msg("%zu: result %d, status %d, not %d: %s", i,
			    res, r.status, b->status, b->text);
		free(copy);
	}
}

/* The same outcome however the bytes come, and whatever comes after them. */
static void
check_cuts(const char *text, size_t len)
{
	static struct http_request whole, cut;
	struct http_scan scan = { 0, 0 };
	enum http_result res, again;
	char *copy, *more;
	size_t i;

	copy = exact_copy(text, len);
	res = http_parse_request(copy, len, &scan, &whole);
	assert_int_equal(request_in_steps(copy, len, 1, &cut), res);
	assert_true(same_request(&whole, &cut));
	for (i = 0; i < len; i++) {
		memset(&scan, 0, sizeof(scan));
		again = http_parse_request(copy, i, &scan, &cut);
		if (res == HTTP_DONE)
			assert_int_equal(again, HTTP_MORE);
		if (again == HTTP_MORE)
			again = http_parse_request(copy, len, &scan, &cut);
		assert_int_equal(again, res);
		assert_true(same_request(&whole, &cut));
	}
	more = exact_copy(text, len + 1);
	more[len] = '\n';
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(more, len + 1, &scan, &cut), res);
	assert_true(same_request(&whole, &cut));
	free(more);
	free(copy);
}

static void
cuts_do_not_matter(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < nitems(good_requests); i++)
		check_cuts(good_requests[i].text, good_requests[i].len);
	for (i = 0; i < nitems(bad_requests); i++)
		check_cuts(bad_requests[i].text, bad_requests[i].len);
}

/* Pipelined requests come out one by one. */
static void
pipeline(void **state)
{
	static const char text[] = POST("Content-Length: 3\r\n") "abc"
	    GET("") "\r\n" GET("Connection: close\r\n");
	static struct http_request r;
	struct http_scan scan = { 0, 0 };
	const char *p = text;
	size_t left = sizeof(text) - 1;

	(void)state;
	assert_int_equal(http_parse_request(p, left, &scan, &r), HTTP_DONE);
	p += r.consumed + r.meta.length;
	left -= r.consumed + (size_t)r.meta.length;
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(p, left, &scan, &r), HTTP_DONE);
	assert_int_equal(r.meta.flags, KA);
	p += r.consumed;
	left -= r.consumed;
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(p, left, &scan, &r), HTTP_DONE);
	assert_int_equal(r.meta.flags, 0);
	assert_int_equal(r.consumed, left);
}

/* A head of exactly the given length. */
static char *
sized_head(size_t len)
{
	static const char start[] = "GET http://a.test/ HTTP/1.1\r\n" H "X: ";
	char *p;

	p = malloc(len);
	assert_non_null(p);
	memset(p, 'x', len);
	memcpy(p, start, sizeof(start) - 1);
	memcpy(p + len - 4, "\r\n\r\n", 4);
	return p;
}

static void
head_limit(void **state)
{
	static struct http_request r;
	struct http_scan scan = { 0, 0 };
	char *p;

	(void)state;
	p = sized_head(HTTP_HEAD_MAX);
	assert_int_equal(http_parse_request(p, HTTP_HEAD_MAX, &scan, &r),
	    HTTP_DONE);
	assert_int_equal(r.consumed, HTTP_HEAD_MAX);
	free(p);
	p = sized_head(HTTP_HEAD_MAX + 1);
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(p, HTTP_HEAD_MAX - 1, &scan, &r),
	    HTTP_MORE);
	assert_int_equal(http_parse_request(p, HTTP_HEAD_MAX, &scan, &r),
	    HTTP_ERROR);
	assert_int_equal(r.status, 431);
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(p, HTTP_HEAD_MAX + 1, &scan, &r),
	    HTTP_ERROR);
	assert_int_equal(r.status, 431);
	free(p);
	/* No line at all, and a megabyte of it. */
	p = calloc(1, 1 << 20);
	assert_non_null(p);
	memset(p, 'A', 1 << 20);
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_parse_request(p, 1 << 20, &scan, &r),
	    HTTP_ERROR);
	assert_int_equal(r.status, 431);
	free(p);
}

static void
field_limit(void **state)
{
	static struct http_request r;
	struct http_scan scan;
	struct http_buf b;
	int extra, i;

	(void)state;
	for (extra = 0; extra < 2; extra++) {
		http_buf_init(&b, HTTP_HEAD_MAX);
		http_buf_puts(&b, "GET http://a.test/ HTTP/1.1\r\n" H);
		for (i = 1; i < HTTP_FIELDS_MAX + extra; i++)
			http_buf_puts(&b, "X: y\r\n");
		http_buf_puts(&b, "\r\n");
		assert_int_equal(http_buf_failed(&b), 0);
		memset(&scan, 0, sizeof(scan));
		assert_int_equal(http_parse_request(b.data, b.len, &scan, &r),
		    extra ? HTTP_ERROR : HTTP_DONE);
		assert_int_equal(r.status, extra ? 431 : 0);
		http_buf_free(&b);
	}
}

static struct http_span
span(const char *text)
{
	struct http_span s = { text, strlen(text) };

	return s;
}

static void
lists(void **state)
{
	struct http_span list = span(" , a ,,\tb c\t, "), elem;

	(void)state;
	assert_int_equal(http_list_next(&list, &elem), 1);
	assert_span(elem, "a");
	assert_int_equal(http_list_next(&list, &elem), 1);
	assert_span(elem, "b c");
	assert_int_equal(http_list_next(&list, &elem), 0);
	assert_int_equal(http_list_next(&list, &elem), 0);
}

static void
hop_by_hop(void **state)
{
	static const char text[] = GET("Connection: X-One , close\r\n"
	    "Connection: x-two\r\nX-One: 1\r\nX-Two: 2\r\nX-Three: 3\r\n");
	static struct http_request r;
	struct http_scan scan = { 0, 0 };
	static const char *const hop[] = { "connection", "Keep-Alive",
	    "Proxy-Authenticate", "Proxy-Authorization", "proxy-connection",
	    "TE", "Trailer", "Transfer-Encoding", "Upgrade", "X-ONE",
	    "X-Two", "close" };
	static const char *const end[] = { "Host", "X-Three", "X", "Tea",
	    "Cookie", "Content-Length", "Expect" };
	size_t i;

	(void)state;
	assert_int_equal(http_parse_request(text, sizeof(text) - 1, &scan,
	    &r), HTTP_DONE);
	for (i = 0; i < nitems(hop); i++)
		assert_true(http_field_hop(&r.fields, span(hop[i])));
	for (i = 0; i < nitems(end); i++)
		assert_false(http_field_hop(&r.fields, span(end[i])));
	assert_true(http_field_has(&r.fields, "connection", "X-TWO"));
	assert_false(http_field_has(&r.fields, "connection", "x-t"));
	assert_span(http_field_find(&r.fields, "x-three")->value, "3");
	assert_null(http_field_find(&r.fields, "x-four"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(cuts_do_not_matter),
		cmocka_unit_test(pipeline),
		cmocka_unit_test(head_limit),
		cmocka_unit_test(field_limit),
		cmocka_unit_test(lists),
		cmocka_unit_test(hop_by_hop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
