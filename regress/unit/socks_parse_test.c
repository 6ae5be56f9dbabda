/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/socks_parse.h"

/* Each prefix must ask for more, the whole must give its own length. */
#define WHOLE(call, msg)						\
	do {								\
		size_t	 n_;						\
									\
		for (n_ = 0; n_ < sizeof(msg) - 1; n_++) {		\
			unsigned char *p_ = copy(msg, n_);		\
			const void *data = p_;				\
			size_t len = n_;				\
			assert_int_equal(call, 0);			\
			free(p_);					\
		}							\
		{							\
			const void *data = msg;				\
			size_t len = sizeof(msg) - 1 + 1;		\
			assert_int_equal(call, sizeof(msg) - 1);	\
		}							\
	} while (0)

/* Of exact size, so that a sanitizer sees a read beyond it. */
static unsigned char *
copy(const void *data, size_t len)
{
	unsigned char	*p = malloc(len == 0 ? 1 : len);

	assert_non_null(p);
	memcpy(p, data, len);
	return p;
}

static void
greeting(void **state)
{
	enum socks_method	 m;

	(void)state;
	WHOLE(socks_parse_greeting(data, len, 0, &m), "\5\1\0");
	assert_int_equal(m, SOCKS_METHOD_NONE);
	WHOLE(socks_parse_greeting(data, len, 0, &m), "\5\1\2");
	assert_int_equal(m, SOCKS_METHOD_PASSWORD);
	WHOLE(socks_parse_greeting(data, len, 0, &m), "\5\3\1\2\0");
	assert_int_equal(m, SOCKS_METHOD_NONE);
	WHOLE(socks_parse_greeting(data, len, 0, &m), "\5\1\1");
	assert_int_equal(m, SOCKS_METHOD_NO);
	WHOLE(socks_parse_greeting(data, len, 0, &m), "\5\0");
	assert_int_equal(m, SOCKS_METHOD_NO);
	/* Where there is a password it is not done without. */
	WHOLE(socks_parse_greeting(data, len, 1, &m), "\5\3\1\2\0");
	assert_int_equal(m, SOCKS_METHOD_PASSWORD);
	WHOLE(socks_parse_greeting(data, len, 1, &m), "\5\1\0");
	assert_int_equal(m, SOCKS_METHOD_NO);
	/* Version 4 and HTTP are told at the first byte. */
	assert_int_equal(socks_parse_greeting("\4", 1, 0, &m), -1);
	assert_int_equal(socks_parse_greeting("GET / HTTP", 10, 0, &m), -1);
}

static void
password(void **state)
{
	const unsigned char	*p;
	size_t			 n;

	(void)state;
	WHOLE(socks_parse_password(data, len, &p, &n), "\1\4user\4pass");
	assert_int_equal(n, 4);
	assert_memory_equal(p, "pass", 4);
	WHOLE(socks_parse_password(data, len, &p, &n), "\1\0\0");
	assert_int_equal(n, 0);
	WHOLE(socks_parse_password(data, len, &p, &n), "\1\1a\0");
	assert_int_equal(n, 0);
	WHOLE(socks_parse_password(data, len, &p, &n), "\1\0\3b\0c");
	assert_int_equal(n, 3);
	assert_memory_equal(p, "b\0c", 3);
	assert_int_equal(socks_parse_password("\5\1\0", 3, &p, &n), -1);
}

static void
request(void **state)
{
	struct socks_request	 r;
	enum socks_reply	 reply;

	(void)state;
	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\1\177\0\0\1\0\120");
	assert_string_equal(r.host, "127.0.0.1");
	assert_int_equal(r.port, 80);
	assert_int_equal(r.command, SOCKS_CONNECT);

	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\4\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\1\1\273");
	assert_string_equal(r.host, "::1");
	assert_int_equal(r.hostlen, 3);
	assert_int_equal(r.port, 443);

	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\3\13example.com\1\273");
	assert_string_equal(r.host, "example.com");
	assert_int_equal(r.hostlen, 11);

	/* Lengths of names that are lengths of addresses. */
	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\3\3a.b\0\1");
	assert_string_equal(r.host, "a.b");
	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\3\17abcdefghijklm.n\0\1");
	assert_string_equal(r.host, "abcdefghijklm.n");

	/* A NUL in a name is for host_parse() to refuse. */
	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\1\0\3\3a\0b\0\1");
	assert_int_equal(r.hostlen, 3);
	assert_memory_equal(r.host, "a\0b", 3);

	WHOLE(socks_parse_request(data, len, &r, &reply),
	    "\5\3\0\1\0\0\0\0\0\0");
	assert_int_equal(r.command, SOCKS_UDP);
}

static void
request_longest(void **state)
{
	unsigned char		 msg[4 + 1 + 255 + 2];
	struct socks_request	 r;
	enum socks_reply	 reply;

	(void)state;
	memset(msg, 'a', sizeof(msg));
	memcpy(msg, "\5\1\0\3\377", 5);
	assert_int_equal(socks_parse_request(msg, sizeof(msg), &r, &reply),
	    sizeof(msg));
	assert_int_equal(r.hostlen, SOCKS_HOST_MAX);
	assert_int_equal(strlen(r.host), SOCKS_HOST_MAX);
}

static void
request_bad(void **state)
{
	struct socks_request	 r;
	enum socks_reply	 reply;

	(void)state;
	assert_int_equal(socks_parse_request("\4", 1, &r, &reply), -1);
	assert_int_equal(reply, SOCKS_FAILURE);
	assert_int_equal(socks_parse_request("\5\1\0\2\0", 5, &r, &reply),
	    -1);
	assert_int_equal(reply, SOCKS_BADADDRESS);
	assert_int_equal(socks_parse_request("\5\1\0\3\0\0\120", 7, &r,
	    &reply), -1);
	assert_int_equal(reply, SOCKS_FAILURE);
}

static void
reply(void **state)
{
	unsigned char	 buf[SOCKS_REPLY_SIZE];

	(void)state;
	socks_write_reply(buf, SOCKS_REFUSED);
	assert_memory_equal(buf, "\5\5\0\1\0\0\0\0\0\0", sizeof(buf));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(greeting),
		cmocka_unit_test(password),
		cmocka_unit_test(request),
		cmocka_unit_test(request_longest),
		cmocka_unit_test(request_bad),
		cmocka_unit_test(reply)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
