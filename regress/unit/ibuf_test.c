/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "imsg-api.h"

static void
test_open(void **state)
{
	struct ibuf	*buf;

	(void)state;
	errno = 0;
	assert_null(ibuf_open(0));
	assert_int_equal(errno, EINVAL);
	assert_non_null(buf = ibuf_open(4));
	assert_int_equal(ibuf_size(buf), 0);
	assert_int_equal(ibuf_left(buf), 4);
	assert_int_equal(ibuf_add(buf, "abcd", 4), 0);
	assert_int_equal(ibuf_left(buf), 0);
	errno = 0;
	assert_int_equal(ibuf_add(buf, "e", 1), -1);
	assert_int_equal(errno, ERANGE);
	/* What does not fit leaves the rest alone. */
	assert_int_equal(ibuf_size(buf), 4);
	assert_memory_equal(ibuf_data(buf), "abcd", 4);
	assert_int_equal(ibuf_add(buf, NULL, 0), 0);
	ibuf_free(buf);
	ibuf_free(NULL);
}

static void
test_dynamic(void **state)
{
	struct ibuf	*buf;
	unsigned char	 c;
	int		 i;

	(void)state;
	assert_null(ibuf_dynamic(0, 0));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(ibuf_dynamic(8, 7));
	assert_int_equal(errno, EINVAL);

	/* Grows byte by byte to its limit, no further. */
	assert_non_null(buf = ibuf_dynamic(0, 1000));
	for (i = 0; i < 1000; i++) {
		c = (unsigned char)i;
		assert_int_equal(ibuf_add(buf, &c, 1), 0);
		assert_int_equal(ibuf_left(buf), 1000 - i - 1);
	}
	assert_int_equal(ibuf_add_zero(buf, 1), -1);
	assert_int_equal(errno, ERANGE);
	for (i = 0; i < 1000; i++) {
		assert_int_equal(ibuf_get_n8(buf, &c), 0);
		assert_int_equal(c, i & 0xff);
	}
	assert_int_equal(ibuf_get_n8(buf, &c), -1);
	assert_int_equal(errno, EBADMSG);
	ibuf_free(buf);

	/* No length wraps around. */
	assert_non_null(buf = ibuf_dynamic(1, SIZE_MAX));
	assert_int_equal(ibuf_add_zero(buf, 1), 0);
	errno = 0;
	assert_null(ibuf_reserve(buf, SIZE_MAX));
	assert_int_equal(errno, ERANGE);
	assert_null(ibuf_seek(buf, 1, SIZE_MAX));
	assert_null(ibuf_seek(buf, SIZE_MAX, 1));
	assert_int_equal(ibuf_skip(buf, SIZE_MAX), -1);
	ibuf_free(buf);
}

static void
test_maxsize(void **state)
{
	struct ibuf	*buf, view;

	(void)state;
	assert_non_null(buf = ibuf_dynamic(0, 100));
	assert_int_equal(ibuf_add_zero(buf, 10), 0);
	errno = 0;
	assert_int_equal(ibuf_set_maxsize(buf, 101), -1);
	assert_int_equal(errno, ERANGE);
	assert_int_equal(ibuf_set_maxsize(buf, 9), -1);
	assert_int_equal(ibuf_set_maxsize(buf, 12), 0);
	assert_int_equal(ibuf_left(buf), 2);
	assert_int_equal(ibuf_add_zero(buf, 3), -1);
	assert_int_equal(ibuf_add_zero(buf, 2), 0);
	ibuf_from_ibuf(&view, buf);
	errno = 0;
	assert_int_equal(ibuf_set_maxsize(&view, 1), -1);
	assert_int_equal(errno, EINVAL);
	ibuf_free(buf);
}

static void
test_integers(void **state)
{
	static const unsigned char net[] = {
		0x12,
		0x12, 0x34,
		0x12, 0x34, 0x56, 0x78,
		0x12, 0x34, 0x56, 0x78, 0x9a, 0xbc, 0xde, 0xf0
	};
	struct ibuf	*buf;
	uint64_t	 v64;
	uint32_t	 v32;
	uint16_t	 v16;
	uint8_t		 v8;

	(void)state;
	assert_non_null(buf = ibuf_dynamic(0, 64));
	assert_int_equal(ibuf_add_n8(buf, 0x12), 0);
	assert_int_equal(ibuf_add_n16(buf, 0x1234), 0);
	assert_int_equal(ibuf_add_n32(buf, 0x12345678), 0);
	assert_int_equal(ibuf_add_n64(buf, 0x123456789abcdef0), 0);
	assert_int_equal(ibuf_size(buf), sizeof(net));
	assert_memory_equal(ibuf_data(buf), net, sizeof(net));
	assert_int_equal(ibuf_add_h16(buf, 0x1234), 0);
	assert_int_equal(ibuf_add_h32(buf, 0x12345678), 0);
	assert_int_equal(ibuf_add_h64(buf, 0x123456789abcdef0), 0);
	v32 = 0x12345678;
	assert_memory_equal((char *)ibuf_data(buf) + sizeof(net) + 2, &v32, 4);

	assert_int_equal(ibuf_get_n8(buf, &v8), 0);
	assert_int_equal(v8, 0x12);
	assert_int_equal(ibuf_get_n16(buf, &v16), 0);
	assert_int_equal(v16, 0x1234);
	assert_int_equal(ibuf_get_n32(buf, &v32), 0);
	assert_int_equal(v32, 0x12345678);
	assert_int_equal(ibuf_get_n64(buf, &v64), 0);
	assert_true(v64 == 0x123456789abcdef0);
	assert_int_equal(ibuf_get_h16(buf, &v16), 0);
	assert_int_equal(v16, 0x1234);
	assert_int_equal(ibuf_get_h32(buf, &v32), 0);
	assert_int_equal(v32, 0x12345678);

	/* Too short for the type: nothing is consumed, nothing written. */
	assert_int_equal(ibuf_skip(buf, 1), 0);
	v64 = 42;
	errno = 0;
	assert_int_equal(ibuf_get_h64(buf, &v64), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(v64, 42);
	assert_int_equal(ibuf_size(buf), 7);
	ibuf_free(buf);
}

static void
test_integer_range(void **state)
{
	struct ibuf	*buf;

	(void)state;
	assert_non_null(buf = ibuf_dynamic(0, 64));
	errno = 0;
	assert_int_equal(ibuf_add_n8(buf, UINT8_MAX + 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ibuf_add_n16(buf, UINT16_MAX + 1), -1);
	assert_int_equal(ibuf_add_h16(buf, UINT16_MAX + 1), -1);
	assert_int_equal(ibuf_add_n32(buf, UINT32_MAX + 1ULL), -1);
	assert_int_equal(ibuf_add_h32(buf, UINT32_MAX + 1ULL), -1);
	assert_int_equal(ibuf_size(buf), 0);
	assert_int_equal(ibuf_add_n8(buf, UINT8_MAX), 0);
	assert_int_equal(ibuf_add_n16(buf, UINT16_MAX), 0);
	assert_int_equal(ibuf_add_n32(buf, UINT32_MAX), 0);
	assert_int_equal(ibuf_add_n64(buf, UINT64_MAX), 0);
	errno = 0;
	assert_int_equal(ibuf_set_n8(buf, 0, UINT8_MAX + 1), -1);
	assert_int_equal(errno, EINVAL);
	ibuf_free(buf);
}

static void
test_set(void **state)
{
	struct ibuf	*buf;
	uint16_t	 v16;

	(void)state;
	assert_non_null(buf = ibuf_open(8));
	assert_int_equal(ibuf_add(buf, "abcdef", 6), 0);
	assert_int_equal(ibuf_set(buf, 1, "XY", 2), 0);
	assert_memory_equal(ibuf_data(buf), "aXYdef", 6);
	errno = 0;
	assert_int_equal(ibuf_set(buf, 5, "XY", 2), -1);
	assert_int_equal(errno, ERANGE);
	/* Positions count from what is not read yet. */
	assert_int_equal(ibuf_skip(buf, 2), 0);
	assert_int_equal(ibuf_set_n16(buf, 0, 0x3132), 0);
	assert_memory_equal(ibuf_data(buf), "12ef", 4);
	assert_int_equal(ibuf_set_n32(buf, 1, 0), -1);
	assert_int_equal(ibuf_set_n64(buf, 0, 0), -1);
	assert_int_equal(ibuf_set_h16(buf, 2, 0x1234), 0);
	assert_int_equal(ibuf_skip(buf, 2), 0);
	assert_int_equal(ibuf_get_h16(buf, &v16), 0);
	assert_int_equal(v16, 0x1234);
	ibuf_rewind(buf);
	assert_int_equal(ibuf_size(buf), 6);
	assert_int_equal(ibuf_set_h32(buf, 2, 0), 0);
	assert_memory_equal(ibuf_data(buf), "aX\0\0\0\0", 6);
	assert_int_equal(ibuf_set_h64(buf, 0, 0), -1);
	ibuf_free(buf);
}

static void
test_truncate(void **state)
{
	struct ibuf	*buf, view;
	char		 text[] = "abc";

	(void)state;
	assert_non_null(buf = ibuf_open(6));
	assert_int_equal(ibuf_add(buf, "abcdef", 6), 0);
	assert_int_equal(ibuf_truncate(buf, 2), 0);
	assert_int_equal(ibuf_size(buf), 2);
	/* Growing again shows zeros, not what was there. */
	assert_int_equal(ibuf_truncate(buf, 5), 0);
	assert_memory_equal(ibuf_data(buf), "ab\0\0\0", 5);
	assert_int_equal(ibuf_truncate(buf, 7), -1);
	assert_int_equal(errno, ERANGE);
	ibuf_free(buf);

	ibuf_from_buffer(&view, text, 3);
	assert_int_equal(ibuf_truncate(&view, 1), 0);
	assert_int_equal(ibuf_size(&view), 1);
	assert_int_equal(ibuf_truncate(&view, 2), -1);
}

static void
test_strings(void **state)
{
	struct ibuf	*buf;
	char		 field[4], *s;

	(void)state;
	assert_non_null(buf = ibuf_dynamic(0, 64));
	assert_int_equal(ibuf_add_strbuf(buf, "abc", 4), 0);
	errno = 0;
	assert_int_equal(ibuf_add_strbuf(buf, "abcd", 4), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_int_equal(ibuf_add_strbuf(buf, "x", 4), 0);
	assert_memory_equal(ibuf_data(buf), "abc\0x\0\0\0", 8);
	assert_int_equal(ibuf_get_strbuf(buf, field, sizeof(field)), 0);
	assert_string_equal(field, "abc");
	errno = 0;
	assert_int_equal(ibuf_get_strbuf(buf, field, 0), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(ibuf_get_strbuf(buf, field, sizeof(field)), 0);
	assert_string_equal(field, "x");

	/* A field without NUL is cut off and is an error. */
	assert_int_equal(ibuf_add(buf, "wxyz", 4), 0);
	errno = 0;
	assert_int_equal(ibuf_get_strbuf(buf, field, sizeof(field)), -1);
	assert_int_equal(errno, EOVERFLOW);
	assert_string_equal(field, "wxy");

	assert_int_equal(ibuf_add(buf, "hello", 5), 0);
	assert_null(ibuf_get_string(buf, 6));
	assert_int_equal(errno, EBADMSG);
	assert_non_null(s = ibuf_get_string(buf, 5));
	assert_string_equal(s, "hello");
	free(s);
	assert_non_null(s = ibuf_get_string(buf, 0));
	assert_string_equal(s, "");
	free(s);
	ibuf_free(buf);
}

static void
test_views(void **state)
{
	struct ibuf	*buf, view, peek;
	uint16_t	 v16;
	char		 c;

	(void)state;
	assert_non_null(buf = ibuf_open(8));
	assert_int_equal(ibuf_add(buf, "\0\1abcdef", 8), 0);

	/* Peeking consumes nothing. */
	ibuf_from_ibuf(&peek, buf);
	assert_int_equal(ibuf_get_n16(&peek, &v16), 0);
	assert_int_equal(v16, 1);
	assert_int_equal(ibuf_size(buf), 8);

	assert_int_equal(ibuf_skip(buf, 2), 0);
	assert_int_equal(ibuf_get_ibuf(buf, 7, &view), -1);
	assert_int_equal(errno, EBADMSG);
	assert_int_equal(ibuf_get_ibuf(buf, 2, &view), 0);
	assert_int_equal(ibuf_size(buf), 4);
	assert_int_equal(ibuf_size(&view), 2);
	assert_int_equal(ibuf_left(&view), 0);
	assert_int_equal(ibuf_get(&view, &c, 1), 0);
	assert_int_equal(c, 'a');
	assert_int_equal(ibuf_get(&view, &c, 1), 0);
	assert_int_equal(c, 'b');
	/* It ends where it ends, though the memory goes on. */
	assert_int_equal(ibuf_get(&view, &c, 1), -1);

	/* A view cannot be added to and has no descriptor. */
	assert_int_equal(ibuf_add(&view, "x", 1), -1);
	assert_int_equal(errno, EINVAL);
	assert_false(ibuf_fd_avail(&view));
	assert_int_equal(ibuf_fd_get(&view), -1);

	/* An empty buffer without memory is a valid source. */
	ibuf_free(buf);
	assert_non_null(buf = ibuf_dynamic(0, 4));
	ibuf_from_ibuf(&view, buf);
	assert_int_equal(ibuf_size(&view), 0);
	assert_int_equal(ibuf_add_ibuf(buf, &view), 0);
	ibuf_free(buf);
}

static void
test_descriptors(void **state)
{
	struct ibuf	*buf;
	int		 a, b;

	(void)state;
	assert_return_code(a = open("/dev/null", O_RDONLY | O_CLOEXEC), errno);
	assert_return_code(b = open("/dev/null", O_RDONLY | O_CLOEXEC), errno);
	assert_non_null(buf = ibuf_open(1));
	assert_false(ibuf_fd_avail(buf));
	assert_int_equal(ibuf_fd_get(buf), -1);
	ibuf_fd_set(buf, a);
	assert_true(ibuf_fd_avail(buf));
	/* The first is closed when the second is set. */
	ibuf_fd_set(buf, b);
	assert_int_equal(fcntl(a, F_GETFD), -1);
	/* Given back, it outlives the buffer. */
	assert_int_equal(ibuf_fd_get(buf), b);
	assert_false(ibuf_fd_avail(buf));
	ibuf_free(buf);
	assert_return_code(fcntl(b, F_GETFD), errno);

	assert_non_null(buf = ibuf_open(1));
	ibuf_fd_set(buf, b);
	errno = E2BIG;
	ibuf_free(buf);
	assert_int_equal(errno, E2BIG);
	assert_int_equal(fcntl(b, F_GETFD), -1);
}

static void
test_queue(void **state)
{
	struct ibufqueue *q, *r;
	struct ibuf	 *buf;
	char		  c;

	(void)state;
	assert_non_null(q = ibufq_new());
	assert_non_null(r = ibufq_new());
	assert_null(ibufq_pop(q));
	for (c = 'a'; c <= 'f'; c++) {
		assert_non_null(buf = ibuf_open(1));
		assert_int_equal(ibuf_add(buf, &c, 1), 0);
		ibufq_push(c < 'd' ? q : r, buf);
	}
	assert_int_equal(ibufq_queuelen(q), 3);
	ibufq_concat(q, r);
	assert_int_equal(ibufq_queuelen(q), 6);
	assert_int_equal(ibufq_queuelen(r), 0);
	assert_null(ibufq_pop(r));
	for (c = 'a'; c <= 'd'; c++) {
		assert_non_null(buf = ibufq_pop(q));
		assert_int_equal(*(char *)ibuf_data(buf), c);
		ibuf_free(buf);
	}
	assert_int_equal(ibufq_queuelen(q), 2);
	ibufq_flush(q);
	assert_int_equal(ibufq_queuelen(q), 0);
	ibufq_push(r, ibuf_open(1));
	ibufq_free(q);
	ibufq_free(r);
	ibufq_free(NULL);
}

static void
test_write(void **state)
{
	struct msgbuf	*msgbuf;
	struct ibuf	*buf;
	char		 text[512], want[512];
	ssize_t		 n;
	int		 i, p[2];

	(void)state;
	assert_return_code(pipe(p), errno);
	assert_non_null(msgbuf = msgbuf_new());
	assert_int_equal(ibuf_write(p[1], msgbuf), 0);
	/* More buffers than go in one call, some of them empty. */
	for (i = 0; i < 300; i++) {
		assert_non_null(buf = ibuf_open(1));
		want[i] = (char)('a' + i % 26);
		assert_int_equal(ibuf_add(buf, &want[i], 1), 0);
		ibuf_close(msgbuf, buf);
		if (i % 50 == 0)
			ibuf_close(msgbuf, ibuf_open(1));
	}
	while (msgbuf_queuelen(msgbuf) > 0)
		assert_int_equal(ibuf_write(p[1], msgbuf), 0);
	assert_int_equal(n = read(p[0], text, sizeof(text)), 300);
	assert_memory_equal(text, want, 300);

	/* A msgbuf that is not a reader cannot read. */
	errno = 0;
	assert_int_equal(ibuf_read(p[0], msgbuf), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(msgbuf_read(p[0], msgbuf), -1);

	(void)close(p[0]);
	ibuf_close(msgbuf, buf = ibuf_open(1));
	assert_int_equal(ibuf_add(buf, "x", 1), 0);
	errno = 0;
	assert_int_equal(ibuf_write(p[1], msgbuf), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(msgbuf_queuelen(msgbuf), 1);
	msgbuf_clear(msgbuf);
	assert_int_equal(msgbuf_queuelen(msgbuf), 0);
	msgbuf_free(msgbuf);
	msgbuf_free(NULL);
	(void)close(p[1]);
}

/* A reader of lines of two bytes, to see that readers take any header. */
static struct ibuf *
two_bytes(struct ibuf *hdr, void *arg, int *fd)
{
	int	*calls = arg;

	(*calls)++;
	assert_int_equal(ibuf_size(hdr), 1);
	assert_int_equal(*fd, -1);
	return ibuf_open(2);
}

static void
test_reader(void **state)
{
	struct msgbuf	*msgbuf;
	struct ibuf	*buf;
	int		 calls = 0, p[2];

	(void)state;
	errno = 0;
	assert_null(msgbuf_new_reader(0, two_bytes, &calls));
	assert_int_equal(errno, EINVAL);
	assert_null(msgbuf_new_reader(IBUF_READ_SIZE, two_bytes, &calls));
	assert_return_code(pipe(p), errno);
	assert_non_null(msgbuf = msgbuf_new_reader(1, two_bytes, &calls));
	assert_int_equal(write(p[1], "abcde", 5), 5);
	assert_int_equal(ibuf_read(p[0], msgbuf), 1);
	assert_int_equal(calls, 3);
	assert_non_null(buf = msgbuf_get(msgbuf));
	assert_memory_equal(ibuf_data(buf), "ab", 2);
	ibuf_free(buf);
	assert_non_null(buf = msgbuf_get(msgbuf));
	assert_memory_equal(ibuf_data(buf), "cd", 2);
	ibuf_free(buf);
	assert_null(msgbuf_get(msgbuf));
	(void)close(p[1]);
	assert_int_equal(ibuf_read(p[0], msgbuf), 0);
	assert_null(msgbuf_get(msgbuf));
	msgbuf_free(msgbuf);
	(void)close(p[0]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_open),
		cmocka_unit_test(test_dynamic),
		cmocka_unit_test(test_maxsize),
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integer_range),
		cmocka_unit_test(test_set),
		cmocka_unit_test(test_truncate),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_views),
		cmocka_unit_test(test_descriptors),
		cmocka_unit_test(test_queue),
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_reader)
	};

	(void)signal(SIGPIPE, SIG_IGN);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
