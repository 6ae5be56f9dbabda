/* SPDX-License-Identifier: ISC */

/*
 * What goes out: requests and responses written anew, byte for byte, our own
 * answers, and reasons made fit to be shown.
 */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http_check.h"

#define H		"Host: spelled.test\r\n"
#define CRLF		"\r\n"

static const struct http_target plain = { "a.test", 80, 0, NULL };
static const struct http_target odd = { "a.test", 8080, 0, NULL };
static const struct http_target tls = { "a.test", 443, 1, NULL };
static const struct http_target tls80 = { "a.test", 80, 1, NULL };
static const struct http_target v6 = { "2001:db8::1", 80, 0, NULL };
static const struct http_target v6odd = { "2001:db8::1", 81, 0, NULL };

static const struct request_case {
	const char			*in;
	const struct http_target	*to;
	unsigned int			 flags;
	const char			*out;
} requests[] = {
	/* target and Host */
	{ "GET http://A.test./x?y HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "GET /x?y HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "GET http://a.test HTTP/1.1" CRLF H CRLF, &odd, 0,
	    "GET / HTTP/1.1" CRLF "Host: a.test:8080" CRLF CRLF },
	{ "GET http://a.test?q HTTP/1.1" CRLF H CRLF, &tls, 0,
	    "GET /?q HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "GET http://a.test/ HTTP/1.0" CRLF CRLF, &tls80, 0,
	    "GET / HTTP/1.1" CRLF "Host: a.test:80" CRLF CRLF },
	{ "GET http://a.test/ HTTP/1.1" CRLF H CRLF, &v6, 0,
	    "GET / HTTP/1.1" CRLF "Host: [2001:db8::1]" CRLF CRLF },
	{ "GET http://a.test/ HTTP/1.1" CRLF H CRLF, &v6odd, 0,
	    "GET / HTTP/1.1" CRLF "Host: [2001:db8::1]:81" CRLF CRLF },
	{ "OPTIONS http://a.test HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "OPTIONS * HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "OPTIONS http://a.test/ HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "OPTIONS / HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "OPTIONS http://a.test?x HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "OPTIONS /?x HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "GET http://a.test/\xc3\xbc?\xff HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "GET /%C3%BC?%FF HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "GET /x HTTP/1.1" CRLF H CRLF, &plain, 0,
	    "GET /x HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	/* absolute-form */
	{ "GET http://x/y HTTP/1.1" CRLF H CRLF, &odd, HTTP_W_ABSOLUTE,
	    "GET http://a.test:8080/y HTTP/1.1" CRLF "Host: a.test:8080"
	    CRLF CRLF },
	{ "GET http://x?y HTTP/1.1" CRLF H CRLF, &v6odd, HTTP_W_ABSOLUTE,
	    "GET http://[2001:db8::1]:81/?y HTTP/1.1" CRLF
	    "Host: [2001:db8::1]:81" CRLF CRLF },
	{ "GET http://x HTTP/1.1" CRLF H CRLF, &tls, HTTP_W_ABSOLUTE,
	    "GET https://a.test/ HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "OPTIONS http://x HTTP/1.1" CRLF H CRLF, &plain, HTTP_W_ABSOLUTE,
	    "OPTIONS http://a.test HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	{ "OPTIONS * HTTP/1.1" CRLF H CRLF, &plain, HTTP_W_ABSOLUTE,
	    "OPTIONS http://a.test HTTP/1.1" CRLF "Host: a.test" CRLF CRLF },
	/* order stays, hop-by-hop goes */
	{ "GET http://a.test/ HTTP/1.1" CRLF "B:  2 " CRLF H "A:1" CRLF
	    "Proxy-Authorization: Basic c3J0OnM=" CRLF "TE: trailers" CRLF
	    "Connection: close, X-Hop" CRLF "x-hop: 1" CRLF "b: 3" CRLF
	    "Keep-Alive: 5" CRLF "Proxy-Connection: keep-alive" CRLF
	    "Trailer: X" CRLF "Upgrade: websocket" CRLF "C:" CRLF CRLF,
	    &plain, 0,
	    "GET / HTTP/1.1" CRLF "Host: a.test" CRLF "B: 2" CRLF "A: 1" CRLF
	    "b: 3" CRLF "C: " CRLF CRLF },
	/* Connection cannot take framing or Host away */
	{ "POST http://a.test/ HTTP/1.1" CRLF H "Content-Length: 3" CRLF
	    "Connection: content-length, host" CRLF CRLF, &plain, 0,
	    "POST / HTTP/1.1" CRLF "Host: a.test" CRLF "Content-Length: 3"
	    CRLF CRLF },
	{ "POST http://a.test/ HTTP/1.1" CRLF H "Transfer-Encoding: chunked"
	    CRLF "Connection: transfer-encoding" CRLF CRLF, &plain, 0,
	    "POST / HTTP/1.1" CRLF "Host: a.test" CRLF
	    "Transfer-Encoding: chunked" CRLF CRLF },
	/* framing */
	{ "POST http://a.test/ HTTP/1.1" CRLF H "Content-Length: 007" CRLF
	    "X: y" CRLF CRLF, &plain, HTTP_W_CLOSE,
	    "POST / HTTP/1.1" CRLF "Host: a.test" CRLF "X: y" CRLF
	    "Content-Length: 7" CRLF "Connection: close" CRLF CRLF },
	{ "POST http://a.test/ HTTP/1.1" CRLF H "Content-Length: 0" CRLF CRLF,
	    &plain, HTTP_W_KEEPALIVE,
	    "POST / HTTP/1.1" CRLF "Host: a.test" CRLF "Content-Length: 0"
	    CRLF "Connection: keep-alive" CRLF CRLF },
	/* Expect */
	{ "PUT http://a.test/ HTTP/1.1" CRLF H "Content-Length: 1" CRLF
	    "Expect: 100-continue" CRLF CRLF, &plain, 0,
	    "PUT / HTTP/1.1" CRLF "Host: a.test" CRLF "Expect: 100-continue"
	    CRLF "Content-Length: 1" CRLF CRLF },
	{ "PUT http://a.test/ HTTP/1.0" CRLF "Content-Length: 1" CRLF
	    "Expect: 100-continue" CRLF CRLF, &plain, 0,
	    "PUT / HTTP/1.1" CRLF "Host: a.test" CRLF "Content-Length: 1"
	    CRLF CRLF },
	/* Upgrade */
	{ "GET http://a.test/ HTTP/1.1" CRLF H "Connection: keep-alive, "
	    "Upgrade" CRLF "Upgrade: websocket" CRLF "Sec-WebSocket-Key: x"
	    CRLF CRLF, &plain, HTTP_W_UPGRADE,
	    "GET / HTTP/1.1" CRLF "Host: a.test" CRLF "Upgrade: websocket"
	    CRLF "Sec-WebSocket-Key: x" CRLF "Connection: Upgrade" CRLF
	    CRLF },
	{ "GET http://a.test/ HTTP/1.1" CRLF H "Connection: Upgrade, "
	    "HTTP2-Settings" CRLF "Upgrade: h2c" CRLF "HTTP2-Settings: x"
	    CRLF CRLF, &plain, HTTP_W_UPGRADE | HTTP_W_CLOSE,
	    "GET / HTTP/1.1" CRLF "Host: a.test" CRLF "Connection: close"
	    CRLF CRLF },
};

static void
assert_buf(struct http_buf *b, const char *text)
{
	http_buf_put(b, "", 1);
	assert_int_equal(http_buf_failed(b), 0);
	assert_string_equal(b->data, text);
	http_buf_free(b);
}

static void
parse(const char *text, struct http_request *r)
{
	struct http_scan scan = { 0, 0 };

	if (http_parse_request(text, strlen(text), &scan, r) != HTTP_DONE)
		fail_msg("refused (%s): %s", r->why, text);
}

static void
writes_requests(void **state)
{
	static struct http_request r;
	struct http_buf b;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(requests); i++) {
		parse(requests[i].in, &r);
		http_buf_init(&b, HTTP_OUT_MAX);
		assert_int_equal(http_write_request(&b, &r, requests[i].to,
		    requests[i].flags), 0);
		assert_buf(&b, requests[i].out);
	}
}

/* The largest head that is accepted can also be written. */
static void
largest_request(void **state)
{
	static struct http_request r;
	static char text[HTTP_HEAD_MAX + 1];
	static const char start[] = "GET http://a.test/";
	static const char end[] = " HTTP/1.1" CRLF H CRLF;
	struct http_buf b;

	(void)state;
	memset(text, 0xff, HTTP_HEAD_MAX);
	memcpy(text, start, sizeof(start) - 1);
	memcpy(text + HTTP_HEAD_MAX + 1 - sizeof(end), end, sizeof(end));
	parse(text, &r);
	assert_int_equal(r.consumed, HTTP_HEAD_MAX);
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_write_request(&b, &r, &plain, 0), 0);
	assert_true(b.len > 2 * HTTP_HEAD_MAX);
	http_buf_free(&b);
	http_buf_init(&b, HTTP_HEAD_MAX);
	assert_int_equal(http_write_request(&b, &r, &plain, 0), -1);
	assert_int_equal(errno, EMSGSIZE);
	http_buf_free(&b);
}

static const struct response_case {
	const char	*in;
	unsigned int	 minor;		/* of the client */
	unsigned int	 to;
	unsigned int	 flags;
	enum http_body	 body;
	const char	*out;
} responses[] = {
	{ "HTTP/1.1 200 OK" CRLF "B: 1" CRLF "Content-Length: 05" CRLF "A: 2"
	    CRLF "Connection: keep-alive, b" CRLF "Keep-Alive: 5" CRLF CRLF,
	    1, 0, 0, HTTP_BODY_LENGTH,
	    "HTTP/1.1 200 OK" CRLF "A: 2" CRLF "Content-Length: 5" CRLF
	    CRLF },
	{ "HTTP/1.1 200" CRLF "Content-Length: 0" CRLF CRLF, 1, 0,
	    HTTP_W_CLOSE, HTTP_BODY_LENGTH,
	    "HTTP/1.1 200 " CRLF "Content-Length: 0" CRLF "Connection: close"
	    CRLF CRLF },
	{ "HTTP/1.0 099x" CRLF CRLF, 1, 0, 0, HTTP_BODY_NONE, NULL },
	{ "HTTP/1.0 404 Not Found" CRLF CRLF, 1, 0, 0, HTTP_BODY_CHUNKED,
	    "HTTP/1.1 404 Not Found" CRLF "Transfer-Encoding: chunked" CRLF
	    CRLF },
	{ "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF, 1, 0,
	    HTTP_W_KEEPALIVE, HTTP_BODY_CHUNKED,
	    "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF
	    "Connection: keep-alive" CRLF CRLF },
	{ "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF, 0, 0,
	    HTTP_W_KEEPALIVE, HTTP_BODY_CLOSE,
	    "HTTP/1.1 200 OK" CRLF "Connection: close" CRLF CRLF },
	{ "HTTP/1.1 200 OK" CRLF CRLF, 0, 0, 0, HTTP_BODY_CLOSE,
	    "HTTP/1.1 200 OK" CRLF "Connection: close" CRLF CRLF },
	{ "HTTP/1.1 200 OK" CRLF "Content-Length: 1" CRLF CRLF, 0, 0,
	    HTTP_W_KEEPALIVE, HTTP_BODY_LENGTH,
	    "HTTP/1.1 200 OK" CRLF "Content-Length: 1" CRLF
	    "Connection: keep-alive" CRLF CRLF },
	/* without body */
	{ "HTTP/1.1 200 OK" CRLF "Content-Length: 9" CRLF CRLF, 1, HTTP_HEAD,
	    0, HTTP_BODY_NONE,
	    "HTTP/1.1 200 OK" CRLF "Content-Length: 9" CRLF CRLF },
	{ "HTTP/1.1 200 OK" CRLF "Transfer-Encoding: chunked" CRLF CRLF, 1,
	    HTTP_HEAD, 0, HTTP_BODY_NONE, "HTTP/1.1 200 OK" CRLF CRLF },
	{ "HTTP/1.1 304 Not Modified" CRLF "Content-Length: 9" CRLF CRLF, 1,
	    0, 0, HTTP_BODY_NONE,
	    "HTTP/1.1 304 Not Modified" CRLF "Content-Length: 9" CRLF CRLF },
	{ "HTTP/1.1 204 No Content" CRLF "Content-Length: 0" CRLF CRLF, 1, 0,
	    0, HTTP_BODY_NONE, "HTTP/1.1 204 No Content" CRLF CRLF },
	{ "HTTP/1.1 100 Continue" CRLF "Connection: close" CRLF CRLF, 1, 0,
	    HTTP_W_CLOSE, HTTP_BODY_NONE, "HTTP/1.1 100 Continue" CRLF CRLF },
	/* switching, and not */
	{ "HTTP/1.1 101 Switching Protocols" CRLF "Upgrade: websocket" CRLF
	    "Connection: Upgrade" CRLF "Sec-WebSocket-Accept: x" CRLF CRLF, 1,
	    HTTP_UPGRADE, HTTP_W_CLOSE, HTTP_BODY_NONE,
	    "HTTP/1.1 101 Switching Protocols" CRLF "Upgrade: websocket" CRLF
	    "Sec-WebSocket-Accept: x" CRLF "Connection: Upgrade" CRLF CRLF },
	{ "HTTP/1.1 426 Upgrade Required" CRLF "Upgrade: h2c" CRLF
	    "Connection: Upgrade" CRLF "Content-Length: 0" CRLF CRLF, 1, 0,
	    HTTP_W_UPGRADE, HTTP_BODY_LENGTH,
	    "HTTP/1.1 426 Upgrade Required" CRLF "Content-Length: 0" CRLF
	    CRLF },
	{ "HTTP/1.1 407 No" CRLF "Proxy-Authenticate: Basic" CRLF
	    "Content-Length: 0" CRLF CRLF, 1, 0, 0, HTTP_BODY_LENGTH,
	    "HTTP/1.1 407 No" CRLF "Content-Length: 0" CRLF CRLF },
};

static void
writes_responses(void **state)
{
	static struct http_response r;
	struct http_meta req = { HTTP_BODY_NONE, 0, 1, 0 };
	struct http_scan scan;
	struct http_buf b;
	const struct response_case *c;
	enum http_result res;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(responses); i++) {
		c = &responses[i];
		req.minor = c->minor;
		req.flags = c->to;
		memset(&scan, 0, sizeof(scan));
		res = http_parse_response(c->in, strlen(c->in), &scan, &req,
		    &r);
		if (c->out == NULL) {
			assert_int_equal(res, HTTP_ERROR);
			continue;
		}
		assert_int_equal(res, HTTP_DONE);
		assert_int_equal(http_response_body(&r, &req), c->body);
		http_buf_init(&b, HTTP_OUT_MAX);
		assert_int_equal(http_write_response(&b, &r, &req, c->flags),
		    0);
		assert_buf(&b, c->out);
	}
}

static void
interim_is_for_new_clients(void **state)
{
	static const char text[] = "HTTP/1.1 100 Continue" CRLF CRLF;
	static struct http_response r;
	struct http_meta req = { HTTP_BODY_NONE, 0, 1, 0 };
	struct http_scan scan = { 0, 0 };

	(void)state;
	assert_int_equal(http_parse_response(text, sizeof(text) - 1, &scan,
	    &req, &r), HTTP_DONE);
	assert_int_equal(http_response_wanted(&r, &req), 1);
	req.minor = 0;
	assert_int_equal(http_response_wanted(&r, &req), 0);
	r.meta.flags = 0;
	assert_int_equal(http_response_wanted(&r, &req), 1);
}

#define CLOSE_IT	"Connection: close" CRLF CRLF
#define PLAIN_TEXT	"Content-Type: text/plain" CRLF

static const struct {
	int		 status;
	unsigned int	 flags;
	const char	*out;
} answers[] = {
	{ 200, HTTP_W_CONNECT,
	    "HTTP/1.1 200 Connection Established" CRLF CRLF },
	{ 400, HTTP_W_CLOSE, "HTTP/1.1 400 Bad Request" CRLF
	    "Content-Length: 0" CRLF CLOSE_IT },
	{ 407, HTTP_W_CLOSE, "HTTP/1.1 407 Proxy Authentication Required" CRLF
	    "Proxy-Authenticate: Basic realm=\"srt\"" CRLF
	    "Content-Length: 0" CRLF CLOSE_IT },
	{ 431, HTTP_W_CLOSE, "HTTP/1.1 431 Request Header Fields Too Large"
	    CRLF "Content-Length: 0" CRLF CLOSE_IT },
	{ 500, HTTP_W_CLOSE, "HTTP/1.1 500 Internal Server Error" CRLF
	    PLAIN_TEXT "Content-Length: 21" CRLF CLOSE_IT
	    "Internal Server Error" },
	{ 500, HTTP_W_CLOSE | HTTP_W_CONNECT,
	    "HTTP/1.1 500 Internal Server Error" CRLF "Content-Length: 0" CRLF
	    CLOSE_IT },
	{ 502, 0, "HTTP/1.1 502 Bad Gateway" CRLF PLAIN_TEXT
	    "Content-Length: 11" CRLF CRLF "Bad Gateway" },
	{ 502, HTTP_W_KEEPALIVE | HTTP_W_HEAD, "HTTP/1.1 502 Bad Gateway" CRLF
	    PLAIN_TEXT "Content-Length: 11" CRLF "Connection: keep-alive" CRLF
	    CRLF },
	{ 502, HTTP_W_CLOSE | HTTP_W_CONNECT, "HTTP/1.1 502 Bad Gateway" CRLF
	    "Content-Length: 0" CRLF CLOSE_IT },
	{ 501, HTTP_W_CLOSE, "HTTP/1.1 501 Not Implemented" CRLF
	    "Content-Length: 0" CRLF CLOSE_IT },
	{ 505, HTTP_W_CLOSE, "HTTP/1.1 505 HTTP Version Not Supported" CRLF
	    "Content-Length: 0" CRLF CLOSE_IT },
	{ 200, HTTP_W_CLOSE | HTTP_W_CONNECT,
	    "HTTP/1.1 200 Connection Established" CRLF CRLF },
	/* what we have no words for */
	{ 299, HTTP_W_CLOSE | HTTP_W_CONNECT,
	    "HTTP/1.1 500 Internal Server Error" CRLF "Content-Length: 0" CRLF
	    CLOSE_IT },
	{ 200, HTTP_W_CLOSE, "HTTP/1.1 500 Internal Server Error" CRLF
	    PLAIN_TEXT "Content-Length: 21" CRLF CLOSE_IT
	    "Internal Server Error" },
};

static void
own_answers(void **state)
{
	struct http_buf b;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(answers); i++) {
		http_buf_init(&b, HTTP_OUT_MAX);
		assert_int_equal(http_answer(&b, answers[i].status,
		    answers[i].flags), 0);
		assert_buf(&b, answers[i].out);
	}
}

static void
refusals(void **state)
{
	struct http_buf b;

	(void)state;
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_denied(&b, "host is not on the <b>\r\n"
	    "X: allow\xc3\xa9 list", HTTP_W_CLOSE | HTTP_W_CONNECT), 0);
	assert_buf(&b, "HTTP/1.1 403 host is not on the b X: allow? list" CRLF
	    PLAIN_TEXT "X-Proxy-Error: blocked-by-allowlist" CRLF
	    "Content-Length: 39" CRLF CLOSE_IT
	    "Connection blocked by network allowlist");
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_denied(&b, "whatever", 0), 0);
	assert_buf(&b, "HTTP/1.1 403 Forbidden" CRLF
	    PLAIN_TEXT "X-Proxy-Error: blocked-by-allowlist" CRLF
	    "Content-Length: 40" CRLF CRLF
	    "Connection blocked by network allowlist\n");
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_denied(&b, " \r\n<> ", HTTP_W_CONNECT |
	    HTTP_W_HEAD), 0);
	assert_buf(&b, "HTTP/1.1 403 Forbidden" CRLF
	    PLAIN_TEXT "X-Proxy-Error: blocked-by-allowlist" CRLF
	    "Content-Length: 39" CRLF CRLF);
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_blocked(&b, "a.test",
	    "resolved to a loopback address", HTTP_W_CLOSE | HTTP_W_CONNECT),
	    0);
	assert_buf(&b, "HTTP/1.1 403 resolved to a loopback address" CRLF
	    PLAIN_TEXT "X-Proxy-Error: blocked-by-sandbox-runtime" CRLF
	    "Content-Length: 60" CRLF CLOSE_IT
	    "Connection to a.test blocked: resolved to a loopback address");
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_blocked(&b, "a.test", "x", 0), 0);
	assert_buf(&b, "HTTP/1.1 403 Forbidden" CRLF
	    PLAIN_TEXT "X-Proxy-Error: blocked-by-sandbox-runtime" CRLF
	    "Content-Length: 32" CRLF CRLF
	    "Connection to a.test blocked: x\n");
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_unreached(&b, "a.test", "no such name",
	    HTTP_W_CLOSE | HTTP_W_CONNECT), 0);
	assert_buf(&b, "HTTP/1.1 502 a.test: no such name" CRLF
	    PLAIN_TEXT "Content-Length: 34" CRLF CLOSE_IT
	    "Bad Gateway: a.test: no such name\n");
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_answer_unreached(&b, "a.test\r\nX: y", "z", 0),
	    0);
	assert_buf(&b, "HTTP/1.1 502 Bad Gateway" CRLF
	    PLAIN_TEXT "Content-Length: 28" CRLF CRLF
	    "Bad Gateway: a.test X: y: z\n");
}

static const struct {
	const char	*in;
	const char	*clean;
	const char	*phrase;
} reasons[] = {
	{ "", "", "" },
	{ "host is on the deny list", "host is on the deny list",
	    "host is on the deny list" },
	{ "  a  b \t", "a  b", "a  b" },
	{ "\r\n\t", "", "" },
	{ "a\r\nb\x01\x02\x7f" "c", "a b c", "a b c" },
	{ "<script>", "script", "script" },
	{ "a<\n>b", "a b", "a b" },
	{ "caf\xc3\xa9", "caf\xc3\xa9", "caf?" },
	{ "\xf0\x9f\x98\x80", "\xf0\x9f\x98\x80", "??" },
	{ "a\xe2\x80\xae" "b", "a b", "a b" },		/* bidi override */
	{ "a\xe2\x81\xa6\xe2\x80\x8b" "b", "a b", "a b" }, /* isolate, ZWSP */
	{ "a\xc2\x9b" "31mb", "a 31mb", "a 31mb" },	/* C1 CSI */
	{ "a\xc2\x85" "b", "a b", "a b" },
	{ "a\xf3\xa0\x81\x81" "b", "a b", "a b" },	/* tag */
	{ "\xef\xbb\xbf" "a\xc2\xad", "a", "a" },	/* BOM, soft hyphen */
	{ "\xc2\xa0" "a\xe3\x80\x80", "a", "a" },	/* wide spaces */
	{ "a\xff" "b", "a?b", "a?b" },
	{ "a\xc0\x8a" "b", "a??b", "a??b" },		/* overlong LF */
	{ "a\xed\xa0\x80" "b", "a???b", "a???b" },	/* surrogate */
	{ "a\xf4\x90\x80\x80", "a????", "a????" },	/* beyond Unicode */
	{ "a\xe2\x82", "a??", "a??" },			/* cut short */
	{ "\xe2\x80", "??", "??" },
};

static void
reasons_are_sanitised(void **state)
{
	char text[REASON_MAX];
	size_t i;

	(void)state;
	for (i = 0; i < nitems(reasons); i++) {
		reason_sanitise(text, sizeof(text), reasons[i].in);
		assert_string_equal(text, reasons[i].clean);
		reason_phrase(text, sizeof(text), reasons[i].in);
		assert_string_equal(text, reasons[i].phrase);
	}
}

static void
reasons_are_bounded(void **state)
{
	char in[4 * REASON_MAX_UNITS + 1], text[REASON_MAX], small[4];
	size_t i;

	(void)state;
	memset(in, 'x', sizeof(in));
	in[sizeof(in) - 1] = '\0';
	reason_sanitise(text, sizeof(text), in);
	assert_int_equal(strlen(text), REASON_MAX_UNITS);
	reason_phrase(text, sizeof(text), in);
	assert_int_equal(strlen(text), REASON_MAX_UNITS);
	for (i = 0; i < REASON_MAX_UNITS; i++)
		memcpy(in + 4 * i, "\xf0\x9f\x98\x80", 4);
	reason_sanitise(text, sizeof(text), in);
	assert_int_equal(strlen(text), 2 * REASON_MAX_UNITS);
	reason_phrase(text, sizeof(text), in);
	assert_int_equal(strlen(text), REASON_MAX_UNITS);
	/* No character is cut in two. */
	reason_sanitise(small, sizeof(small), in);
	assert_string_equal(small, "");
	reason_sanitise(small, sizeof(small), "a b c");
	assert_string_equal(small, "a b");
	reason_sanitise(small, sizeof(small), "ab cd");
	assert_string_equal(small, "ab");
	reason_phrase(small, sizeof(small), "abcde");
	assert_string_equal(small, "abc");
}

static void
buffers_stop_at_their_limit(void **state)
{
	struct http_buf b;

	(void)state;
	http_buf_init(&b, 8);
	http_buf_puts(&b, "1234");
	http_buf_puts(&b, "5678");
	assert_int_equal(http_buf_failed(&b), 0);
	assert_int_equal(b.len, 8);
	http_buf_puts(&b, "");
	assert_int_equal(http_buf_failed(&b), 0);
	http_buf_puts(&b, "9");
	assert_int_equal(http_buf_failed(&b), -1);
	assert_int_equal(errno, EMSGSIZE);
	http_buf_free(&b);
	http_buf_init(&b, 8);
	http_buf_puts(&b, "123456789");
	http_buf_puts(&b, "1");
	assert_int_equal(http_buf_failed(&b), -1);
	assert_int_equal(b.len, 0);
	http_buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(writes_requests),
		cmocka_unit_test(largest_request),
		cmocka_unit_test(writes_responses),
		cmocka_unit_test(interim_is_for_new_clients),
		cmocka_unit_test(own_answers),
		cmocka_unit_test(refusals),
		cmocka_unit_test(reasons_are_sanitised),
		cmocka_unit_test(reasons_are_bounded),
		cmocka_unit_test(buffers_stop_at_their_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
