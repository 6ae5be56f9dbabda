/* SPDX-License-Identifier: ISC */

/*
 * The chunked decoder: bodies with what they hold, bodies that are refused,
 * each cut at every place; and random data through the encoder and back.
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
#define REST		"GET / HTTP/1.1\r\n"	/* of the next message */

struct body {
	const char	*text;
	size_t		 len;
	const char	*data;
	size_t		 rest;		/* bytes that are not the body's */
	size_t		 trailers;
};

static const struct body good[] = {
	{ TEXT("0\r\n\r\n"), "", 0, 0 },
	{ TEXT("0\r\n\r\n" REST), "", sizeof(REST) - 1, 0 },
	{ TEXT("000\r\n\r\n"), "", 0, 0 },
	{ TEXT("0000000000000000\r\n\r\n"), "", 0, 0 },
	{ TEXT("5\r\nhello\r\n0\r\n\r\n"), "hello", 0, 0 },
	{ TEXT("0000000000000005\r\nhello\r\n0\r\n\r\n"), "hello", 0, 0 },
	{ TEXT("1\r\na\r\n2\r\nbc\r\n0\r\n\r\n" REST), "abc",
	    sizeof(REST) - 1, 0 },
	{ TEXT("a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n"),
	    "01234567890123456789", 0, 0 },
	{ TEXT("4\r\n\r\n\r\n\r\n0\r\n\r\n"), "\r\n\r\n", 0, 0 },
	{ TEXT("5\r\n0\r\n\r\n\r\n0\r\n\r\n"), "0\r\n\r\n", 0, 0 },
	/* extensions are dropped */
	{ TEXT("1;x\r\na\r\n0\r\n\r\n"), "a", 0, 0 },
	{ TEXT("1;x=y;z=\"q;\xc3\xa9\"\r\na\r\n0;last\r\n\r\n"), "a", 0, 0 },
	{ TEXT("1 \t; x = y\r\na\r\n0\r\n\r\n"), "a", 0, 0 },
	{ TEXT("1;\r\na\r\n0\r\n\r\n"), "a", 0, 0 },
	/* trailers */
	{ TEXT("0\r\nX: y\r\n\r\n"), "", 0, 1 },
	{ TEXT("1\r\na\r\n0\r\nX: y\r\nContent-Length: 5\r\n\r\n" REST), "a",
	    sizeof(REST) - 1, 2 },
};

static const struct {
	const char	*text;
	size_t		 len;
} bad[] = {
	/* sizes */
	{ TEXT("\r\n") },
	{ TEXT("\n") },
	{ TEXT("g\r\n") },
	{ TEXT(" 5\r\nhello\r\n") },
	{ TEXT("\t5\r\nhello\r\n") },
	{ TEXT("+5\r\nhello\r\n") },
	{ TEXT("-5\r\nhello\r\n") },
	{ TEXT("-0\r\n\r\n") },
	{ TEXT("0x5\r\nhello\r\n") },
	{ TEXT("5h\r\nhello\r\n") },
	{ TEXT("5 \r\nhello\r\n") },
	{ TEXT("5 5;\r\nhello\r\n") },
	{ TEXT("5,\r\nhello\r\n") },
	{ TEXT("5.0\r\nhello\r\n") },
	{ TEXT("5_\r\nhello\r\n") },
	{ TEXT("\xd9\xa5\r\nhello\r\n") },
	{ TEXT("5\0\r\nhello\r\n") },
	{ TEXT(";\r\n") },
	{ TEXT("00000000000000005\r\nhello\r\n") },
	{ TEXT("00000000000000000\r\n\r\n") },
	{ TEXT("8000000000000000\r\n") },
	{ TEXT("ffffffffffffffff\r\n") },
	{ TEXT("10000000000000005\r\nhello\r\n") },
	/* line ends */
	{ TEXT("5\nhello\r\n0\r\n\r\n") },
	{ TEXT("5\rhello\r\n0\r\n\r\n") },
	{ TEXT("5\r\rhello\r\n0\r\n\r\n") },
	{ TEXT("5\n\rhello\r\n0\r\n\r\n") },
	{ TEXT("5;x\nhello\r\n0\r\n\r\n") },
	{ TEXT("5;x\rhello\r\n0\r\n\r\n") },
	{ TEXT("5;x\ny\r\nhello\r\n0\r\n\r\n") },
	{ TEXT("5;x\0\r\nhello\r\n") },
	{ TEXT("5;\x7f\r\nhello\r\n") },
	/* what follows the data */
	{ TEXT("5\r\nhello0\r\n\r\n") },
	{ TEXT("5\r\nhello\n0\r\n\r\n") },
	{ TEXT("5\r\nhello\r0\r\n\r\n") },
	{ TEXT("5\r\nhello!\r\n0\r\n\r\n") },
	{ TEXT("4\r\nhello\r\n0\r\n\r\n") },
	{ TEXT("6\r\nhello\r\n0\r\n\r\n") },
	{ TEXT("5\r\nhello\r\n\r\n0\r\n\r\n") },
	/* the end */
	{ TEXT("0\n\n") },
	{ TEXT("0\r\n\n") },
	{ TEXT("0\r\n\r\r") },
	{ TEXT("0\r\nX: y\n\r\n") },
	{ TEXT("0\r\nX\r\n\r\n") },
	{ TEXT("0\r\nX : y\r\n\r\n") },
	{ TEXT("0\r\n X: y\r\n\r\n") },
	{ TEXT("0\r\nX: y\r\n z\r\n\r\n") },
	{ TEXT("0\r\nX: \0\r\n\r\n") },
	{ TEXT("0\r\n" REST "\r\n") },
};

static const struct {
	const char	*text;
	size_t		 len;
} unfinished[] = {
	{ TEXT("") },
	{ TEXT("5") },
	{ TEXT("5\r") },
	{ TEXT("5\r\n") },
	{ TEXT("5\r\nhell") },
	{ TEXT("5\r\nhello") },
	{ TEXT("5\r\nhello\r\n") },
	{ TEXT("0\r\n") },
	{ TEXT("0\r\n\r") },
	{ TEXT("0\r\nX: y\r\n") },
	{ TEXT("7fffffffffffffff\r\nx") },
};

static void
check_steps(const char *text, size_t len, const struct chunk_result *whole)
{
	static struct chunk_result cut;
	size_t step;
	char *copy;

	copy = exact_copy(text, len);
	for (step = 1; step <= len; step++) {
		chunk_in_steps(copy, len, step, &cut);
		if (!same_chunks(whole, &cut))
			fail_msg("steps of %zu: %s", step, text);
		http_buf_free(&cut.data);
	}
	free(copy);
}

static void
accepts(void **state)
{
	static struct chunk_result r;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(good); i++) {
		chunk_in_steps(good[i].text, good[i].len, good[i].len, &r);
		if (r.end != HTTP_CHUNK_END)
			fail_msg("%d (%s): %s", r.end, r.why, good[i].text);
		assert_int_equal(r.data.len, strlen(good[i].data));
		if (r.data.len > 0)
			assert_memory_equal(r.data.data, good[i].data,
			    r.data.len);
		assert_int_equal(r.consumed, good[i].len - good[i].rest);
		assert_int_equal(r.trailers.count, good[i].trailers);
		check_steps(good[i].text, good[i].len, &r);
		http_buf_free(&r.data);
	}
}

static void
refuses(void **state)
{
	static struct chunk_result r;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(bad); i++) {
		chunk_in_steps(bad[i].text, bad[i].len, bad[i].len, &r);
		if (r.end != HTTP_CHUNK_ERROR || r.why == NULL)
			fail_msg("%d: %zu: %s", r.end, i, bad[i].text);
		check_steps(bad[i].text, bad[i].len, &r);
		http_buf_free(&r.data);
	}
}

static void
waits(void **state)
{
	static struct chunk_result r;
	size_t i;

	(void)state;
	for (i = 0; i < nitems(unfinished); i++) {
		chunk_in_steps(unfinished[i].text, unfinished[i].len,
		    unfinished[i].len + 1, &r);
		if (r.end != HTTP_CHUNK_MORE)
			fail_msg("%d: %s", r.end, unfinished[i].text);
		http_buf_free(&r.data);
	}
}

/* An error and an end stay what they are. */
static void
final_states(void **state)
{
	static struct http_fields fields;
	struct http_chunk c;
	struct http_span data;
	size_t used;

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_int_equal(http_chunk_next(&c, "x", 1, &used, &data, &fields),
	    HTTP_CHUNK_ERROR);
	assert_int_equal(http_chunk_next(&c, "0\r\n\r\n", 5, &used, &data,
	    &fields), HTTP_CHUNK_ERROR);
	memset(&c, 0, sizeof(c));
	assert_int_equal(http_chunk_next(&c, "0\r\n\r\n", 5, &used, &data,
	    &fields), HTTP_CHUNK_END);
	assert_int_equal(http_chunk_next(&c, "0\r\n\r\n", 5, &used, &data,
	    &fields), HTTP_CHUNK_END);
	assert_int_equal(used, 0);
}

/* One chunk whose extension makes a line of n bytes between size and CR. */
static enum http_chunk_event
feed_extension(struct http_chunk *c, size_t n)
{
	static struct http_fields fields;
	static char text[HTTP_CHUNK_EXT_MAX + 16];
	struct http_span data;
	size_t used;

	assert_true(n > 0 && n + 6 < sizeof(text));
	memset(text, 'x', sizeof(text));
	memcpy(text, "1;", 2);
	memcpy(text + n + 1, "\r\na\r\n", 5);
	if (http_chunk_next(c, text, n + 6, &used, &data, &fields) !=
	    HTTP_CHUNK_DATA)
		return HTTP_CHUNK_ERROR;
	assert_int_equal(data.len, 1);
	return http_chunk_next(c, text + used, n + 6 - used, &used, &data,
	    &fields);
}

static void
extension_limits(void **state)
{
	struct http_chunk c;
	size_t n;

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_int_equal(feed_extension(&c, HTTP_CHUNK_EXT_MAX),
	    HTTP_CHUNK_MORE);
	assert_int_equal(feed_extension(&c, HTTP_CHUNK_EXT_MAX + 1),
	    HTTP_CHUNK_ERROR);
	memset(&c, 0, sizeof(c));
	for (n = 0; n < HTTP_CHUNK_EXT_TOTAL; n += HTTP_CHUNK_EXT_MAX)
		assert_int_equal(feed_extension(&c, HTTP_CHUNK_EXT_MAX),
		    HTTP_CHUNK_MORE);
	assert_int_equal(feed_extension(&c, 1), HTTP_CHUNK_ERROR);
}

static void
trailer_limit(void **state)
{
	static struct http_fields fields;
	struct http_chunk c;
	struct http_span data;
	size_t used;
	char text[HTTP_TRAILER_MAX + 1];

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_int_equal(http_chunk_next(&c, "0\r\n", 3, &used, &data,
	    &fields), HTTP_CHUNK_MORE);
	assert_int_equal(used, 3);
	memset(text, 'x', sizeof(text));
	text[1] = ':';
	assert_int_equal(http_chunk_next(&c, text, HTTP_TRAILER_MAX - 1,
	    &used, &data, &fields), HTTP_CHUNK_MORE);
	assert_int_equal(used, 0);
	assert_int_equal(http_chunk_next(&c, text, HTTP_TRAILER_MAX, &used,
	    &data, &fields), HTTP_CHUNK_ERROR);
	assert_string_equal(c.why, "header too large");
}

/* Data that goes by without being looked at. */
static void
skipping(void **state)
{
	static struct http_fields fields;
	struct http_chunk c;
	struct http_span data;
	size_t used;

	(void)state;
	memset(&c, 0, sizeof(c));
	assert_true(http_chunk_left(&c) == 0);
	assert_int_equal(http_chunk_next(&c, "a\r\n", 3, &used, &data,
	    &fields), HTTP_CHUNK_MORE);
	assert_true(http_chunk_left(&c) == 10);
	http_chunk_skip(&c, 4);
	assert_true(http_chunk_left(&c) == 6);
	assert_int_equal(http_chunk_next(&c, "xy", 2, &used, &data, &fields),
	    HTTP_CHUNK_DATA);
	assert_true(http_chunk_left(&c) == 4);
	http_chunk_skip(&c, 5);
	assert_true(http_chunk_left(&c) == 0);
	assert_int_equal(http_chunk_next(&c, "\r\n0\r\n\r\n", 7, &used, &data,
	    &fields), HTTP_CHUNK_END);
}

static void
heads(void **state)
{
	char head[HTTP_CHUNK_HEAD_SIZE];

	(void)state;
	assert_int_equal(http_chunk_head(head, 1), 3);
	assert_string_equal(head, "1\r\n");
	assert_int_equal(http_chunk_head(head, 0x1aF), 5);
	assert_string_equal(head, "1af\r\n");
	assert_int_equal(http_chunk_head(head, UINT64_MAX), 18);
	assert_string_equal(head, "ffffffffffffffff\r\n");
}

/* xorshift: the same sequence in every run */
static uint32_t
pseudo_random(uint32_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed;
}

static void
there_and_back(void **state)
{
	static const char trailer[] = "X: y\r\n\r\n";
	static struct http_fields fields;
	static struct chunk_result r;
	struct http_scan scan;
	struct http_buf plain, coded;
	const char *why;
	char data[300], head[HTTP_CHUNK_HEAD_SIZE];
	uint32_t seed = 20240229;
	size_t i, n;
	int round, chunks, status;

	(void)state;
	memset(&scan, 0, sizeof(scan));
	assert_int_equal(http_scan(trailer, sizeof(trailer) - 1, &scan,
	    HTTP_SECTION_TRAILER, HTTP_TRAILER_MAX, &why, &status), HTTP_DONE);
	assert_int_equal(http_parse_fields(trailer, scan.off, &fields, &why,
	    &status), 0);
	for (round = 0; round < 200; round++) {
		http_buf_init(&plain, 1 << 20);
		http_buf_init(&coded, 1 << 20);
		chunks = (int)(pseudo_random(&seed) % 6);
		while (chunks-- > 0) {
			n = pseudo_random(&seed) % sizeof(data) + 1;
			for (i = 0; i < n; i++)
				data[i] = (char)pseudo_random(&seed);
			http_buf_put(&plain, data, n);
			http_buf_put(&coded, head, http_chunk_head(head, n));
			http_buf_put(&coded, data, n);
			http_buf_puts(&coded, HTTP_CHUNK_TAIL);
		}
		assert_int_equal(http_write_last_chunk(&coded,
		    round % 2 ? &fields : NULL), 0);
		chunk_in_steps(coded.data, coded.len,
		    pseudo_random(&seed) % 50 + 1, &r);
		assert_int_equal(r.end, HTTP_CHUNK_END);
		assert_int_equal(r.consumed, coded.len);
		assert_int_equal(r.trailers.count, round % 2);
		assert_int_equal(r.data.len, plain.len);
		if (plain.len > 0)
			assert_memory_equal(r.data.data, plain.data,
			    plain.len);
		http_buf_free(&r.data);
		http_buf_free(&plain);
		http_buf_free(&coded);
	}
}

/* Trailers that would change the message are left out. */
static void
forbidden_trailers(void **state)
{
	static const char text[] = "0\r\nX-Sum: 1\r\nContent-Length: 5\r\n"
	    "transfer-encoding: chunked\r\nHOST: b.test\r\nTrailer: x\r\n"
	    "Connection: X-Sum\r\nAuthorization: x\r\nSet-Cookie: a\r\n"
	    "Proxy-Authorization: x\r\nY: 2\r\n\r\n";
	static struct chunk_result r;
	struct http_buf b;

	(void)state;
	chunk_in_steps(text, sizeof(text) - 1, 7, &r);
	assert_int_equal(r.end, HTTP_CHUNK_END);
	assert_int_equal(r.trailers.count, 10);
	http_buf_init(&b, HTTP_OUT_MAX);
	assert_int_equal(http_write_last_chunk(&b, &r.trailers), 0);
	http_buf_put(&b, "", 1);
	assert_string_equal(b.data, "0\r\nX-Sum: 1\r\nY: 2\r\n\r\n");
	http_buf_free(&b);
	http_buf_free(&r.data);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(accepts),
		cmocka_unit_test(refuses),
		cmocka_unit_test(waits),
		cmocka_unit_test(final_states),
		cmocka_unit_test(extension_limits),
		cmocka_unit_test(trailer_limit),
		cmocka_unit_test(skipping),
		cmocka_unit_test(heads),
		cmocka_unit_test(there_and_back),
		cmocka_unit_test(forbidden_trailers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
