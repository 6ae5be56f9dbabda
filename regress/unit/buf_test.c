/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/buf.h"

static void
order(void **state)
{
	struct buf	 b;
	unsigned char	 c, next_in = 0, next_out = 0;
	char		 piece[97];
	size_t		 i, j, n;

	(void)state;
	memset(&b, 0, sizeof(b));
	for (i = 0; i < 5000; i++) {
		n = i * 31 % sizeof(piece);
		for (j = 0; j < n; j++)
			piece[j] = (char)next_in++;
		assert_int_equal(buf_add(&b, piece, n), 0);
		/* Sometimes behind, sometimes caught up. */
		n = i % 100 == 99 ? b.len : b.len / 3;
		for (j = 0; j < n; j++) {
			c = (unsigned char)buf_data(&b)[j];
			assert_int_equal(c, next_out++);
		}
		buf_drain(&b, n);
	}
	buf_clear(&b);
	assert_int_equal(buf_total(), 0);
}

static void
empty_is_free(void **state)
{
	struct buf	 b;

	(void)state;
	memset(&b, 0, sizeof(b));
	assert_null(buf_data(&b));
	assert_int_equal(buf_add(&b, "", 0), 0);
	assert_null(b.data);
	assert_int_equal(buf_add(&b, "abc", 3), 0);
	assert_true(buf_total() >= 3);
	buf_drain(&b, 3);
	assert_null(b.data);
	assert_int_equal(buf_total(), 0);
}

static void
limit(void **state)
{
	struct buf	 a, b;
	char		 piece[4096];

	(void)state;
	memset(&a, 0, sizeof(a));
	memset(&b, 0, sizeof(b));
	memset(piece, 'x', sizeof(piece));
	buf_limit(2 * sizeof(piece));
	assert_int_equal(buf_add(&a, piece, sizeof(piece)), 0);
	assert_int_equal(buf_add(&b, piece, sizeof(piece)), 0);
	errno = 0;
	assert_int_equal(buf_add(&b, piece, 1), -1);
	assert_int_equal(errno, ENOMEM);
	/* What was there still is. */
	assert_int_equal(b.len, sizeof(piece));
	buf_clear(&a);
	assert_int_equal(buf_add(&b, piece, 1), 0);
	buf_clear(&b);
	buf_limit(0);
	assert_int_equal(buf_total(), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(order),
		cmocka_unit_test(empty_is_free),
		cmocka_unit_test(limit)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
