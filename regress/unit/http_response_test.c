/* SPDX-License-Identifier: ISC */

/*
 * Heads of responses: what they mean for the request that they answer, and
 * which are refused.  Every one of them comes in pieces of each size, too.
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
#define REPLY(f)	"HTTP/1.1 200 OK\r\n" f "\r\n"

#define NONE		HTTP_BODY_NONE
#define LENGTH		HTTP_BODY_LENGTH
#define CHUNKED		HTTP_BODY_CHUNKED
#define CLOSED		HTTP_BODY_CLOSE
#define KA		HTTP_KEEPALIVE

struct reply {
	const char	*text;
	size_t		 len;
	unsigned int	 to;		/* flags of the request */
	int		 status;	/* 0: refused */
	enum http_body	 body;
	uint64_t	 length;
	unsigned int	 flags;
};

#define WS		"Connection: upgrade\r\nUpgrade: websocket\r\n"

static const struct reply replies[] = {
	{ TEXT(REPLY("")), 0, 200, CLOSED, 0, 0 },
	{ TEXT(REPLY("Content-Length: 5\r\n")), 0, 200, LENGTH, 5, KA },
	{ TEXT(REPLY("Transfer-Encoding: chunked\r\n")), 0, 200, CHUNKED, 0,
	    KA },
	{ TEXT(REPLY("Content-Length: 0\r\nConnection: close\r\n")), 0, 200,
	    LENGTH, 0, 0 },
	{ TEXT("HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n"), 0, 200, LENGTH,
	    0, KA },
	{ TEXT("HTTP/1.1 200 \r\nContent-Length: 0\r\n\r\n"), 0, 200, LENGTH,
	    0, KA },
	{ TEXT("HTTP/1.1 999 \xc3\xa9 a\tb\r\nContent-Length: 0\r\n\r\n"), 0,
	    999, LENGTH, 0, KA },
	{ TEXT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n\r\n"), 0, 200,
	    LENGTH, 5, 0 },
	{ TEXT("HTTP/1.0 200 OK\r\nContent-Length: 5\r\n"
	    "Connection: keep-alive\r\n\r\n"), 0, 200, LENGTH, 5, KA },
	{ TEXT("HTTP/1.0 200 OK\r\nConnection: keep-alive\r\n\r\n"), 0, 200,
	    CLOSED, 0, 0 },
	/* no body, whatever is stated */
	{ TEXT(REPLY("")), HTTP_HEAD, 200, NONE, 0, KA },
	{ TEXT(REPLY("Content-Length: 5\r\n")), HTTP_HEAD, 200, NONE, 5,
	    KA | HTTP_LENGTH },
	{ TEXT(REPLY("Transfer-Encoding: chunked\r\n")), HTTP_HEAD, 200, NONE,
	    0, KA },
	{ TEXT("HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"), 0,
	    304, NONE, 5, KA | HTTP_LENGTH },
	{ TEXT("HTTP/1.1 204 No Content\r\n\r\n"), 0, 204, NONE, 0, KA },
	{ TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 0\r\n\r\n"), 0,
	    204, NONE, 0, KA },
	{ TEXT("HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n"), 0, 0,
	    NONE, 0, 0 },
	{ TEXT("HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n"
	    "\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 205 Reset\r\nContent-Length: 0\r\n\r\n"), 0, 205,
	    LENGTH, 0, KA },
	/* interim */
	{ TEXT("HTTP/1.1 100 Continue\r\n\r\n"), 0, 100, NONE, 0,
	    KA | HTTP_INTERIM },
	{ TEXT("HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n"), 0, 103,
	    NONE, 0, KA | HTTP_INTERIM },
	{ TEXT("HTTP/1.1 100 Continue\r\nContent-Length: 5\r\n\r\n"), 0, 0,
	    NONE, 0, 0 },
	/* switching */
	{ TEXT("HTTP/1.1 101 Switching Protocols\r\n" WS "\r\n"),
	    HTTP_UPGRADE, 101, NONE, 0, HTTP_UPGRADE },
	{ TEXT("HTTP/1.1 101 Switching Protocols\r\n" WS "\r\n"), 0, 0, NONE,
	    0, 0 },
	{ TEXT("HTTP/1.1 101 Switching Protocols\r\n\r\n"), HTTP_UPGRADE, 0,
	    NONE, 0, 0 },
	{ TEXT("HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\n"
	    "Upgrade: h2c\r\n\r\n"), HTTP_UPGRADE, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 101 Switching Protocols\r\n" WS
	    "Content-Length: 5\r\n\r\n"), HTTP_UPGRADE, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.0 101 Switching Protocols\r\n" WS "\r\n"),
	    HTTP_UPGRADE, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200 OK\r\n" WS "Content-Length: 1\r\n\r\n"),
	    HTTP_UPGRADE, 200, LENGTH, 1, KA },
	/* tunnels */
	{ TEXT(REPLY("")), HTTP_CONNECT, 200, NONE, 0, HTTP_CONNECT },
	{ TEXT(REPLY("Content-Length: 5\r\nTransfer-Encoding: x\r\n")),
	    HTTP_CONNECT, 200, NONE, 0, HTTP_CONNECT },
	{ TEXT("HTTP/1.1 407 No\r\nContent-Length: 5\r\n\r\n"), HTTP_CONNECT,
	    407, LENGTH, 5, KA },
	/* framing faults */
	{ TEXT(REPLY("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
	    0, 0, NONE, 0, 0 },
	{ TEXT(REPLY("Content-Length: 5\r\nTransfer-Encoding: chunked\r\n")),
	    HTTP_HEAD, 0, NONE, 0, 0 },
	{ TEXT(REPLY("Content-Length: 5\r\nContent-Length: 5\r\n")), 0, 0,
	    NONE, 0, 0 },
	{ TEXT(REPLY("Content-Length: 5, 5\r\n")), 0, 0, NONE, 0, 0 },
	{ TEXT(REPLY("Content-Length: -1\r\n")), 0, 0, NONE, 0, 0 },
	{ TEXT(REPLY("Transfer-Encoding: gzip\r\n")), 0, 0, NONE, 0, 0 },
	{ TEXT(REPLY("Transfer-Encoding: gzip, chunked\r\n")), 0, 0, NONE, 0,
	    0 },
	{ TEXT(REPLY("Transfer-Encoding : chunked\r\n")), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"), 0, 0,
	    NONE, 0, 0 },
	/* status lines */
	{ TEXT("\r\n" REPLY("")), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200 OK\n\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200 OK\r\nX: a\r\n b\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1  200 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1\t200 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 20 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 2000 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 +20 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 000 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 099 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 \r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/2.0 200 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/2 200\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("http/1.1 200 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("ICY 200 OK\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("SSH-2.0-OpenSSH_9.2\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200 O\0K\r\n\r\n"), 0, 0, NONE, 0, 0 },
	{ TEXT("HTTP/1.1 200 \x1b[2J\r\n\r\n"), 0, 0, NONE, 0, 0 },
};

static void
check_reply(const struct reply *x)
{
	static struct http_response r, cut;
	struct http_meta req = { HTTP_BODY_NONE, 0, 1, x->to };
	struct http_scan scan = { 0, 0 };
	enum http_result res;
	size_t step;
	char *copy;

	copy = exact_copy(x->text, x->len);
	res = http_parse_response(copy, x->len, &scan, &req, &r);
	if (res != (x->status == 0 ? HTTP_ERROR : HTTP_DONE))
		fail_msg("result %d (%s): %s", res, r.why, x->text);
	assert_int_equal(x->status == 0, r.why != NULL);
	if (x->status != 0) {
		assert_int_equal(r.status, x->status);
		assert_int_equal(r.meta.body, x->body);
		assert_true(r.meta.length == x->length);
		if (r.meta.flags != x->flags)
			fail_msg("flags %u: %s", r.meta.flags, x->text);
		assert_int_equal(r.consumed, x->len);
	}
	for (step = 1; step < x->len; step++) {
		assert_int_equal(response_in_steps(copy, x->len, step, &req,
		    &cut), res);
		assert_true(same_response(&r, &cut));
	}
	free(copy);
}

static void
responses(void **state)
{
	size_t i;

	(void)state;
	for (i = 0; i < nitems(replies); i++)
		check_reply(&replies[i]);
}

static void
response_limit(void **state)
{
	static struct http_response r;
	struct http_meta req = { HTTP_BODY_NONE, 0, 1, 0 };
	struct http_scan scan = { 0, 0 };
	char *p;

	(void)state;
	p = calloc(1, HTTP_HEAD_MAX + 1);
	assert_non_null(p);
	memset(p, 'x', HTTP_HEAD_MAX + 1);
	assert_int_equal(http_parse_response(p, HTTP_HEAD_MAX + 1, &scan,
	    &req, &r), HTTP_ERROR);
	assert_string_equal(r.why, "header too large");
	free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(responses),
		cmocka_unit_test(response_limit),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
