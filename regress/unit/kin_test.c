/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>

#include <cmocka.h>

#include "../../srt-exec/kin.h"

static const struct kin_proc	 command = { 50, 40, 7, 1000 };

static void
descent(void **state)
{
	/* As a system lists them: children first, others between. */
	static const struct kin_proc	 list[] = {
		{ 70, 60, 7, 1200 }, { 1, 0, 7, 1 }, { 60, 55, 7, 1100 },
		{ 40, 1, 7, 500 }, { 55, 50, 7, 1050 }, { 90, 1, 7, 1300 },
		{ 50, 40, 7, 1000 }, { 80, 40, 7, 1300 }
	};
	struct kin			 kin = { 0 };
	size_t				 i;

	(void)state;
	assert_int_equal(kin_add(&kin, &command), 1);
	assert_int_equal(kin_add(&kin, &command), 0);
	assert_int_equal(kin_spread(&kin, list, nitems(list)), 3);
	assert_int_equal(kin_spread(&kin, list, nitems(list)), 0);
	for (i = 0; i < nitems(list); i++)
		assert_int_equal(kin_has(&kin, &list[i]),
		    list[i].pid >= 50 && list[i].pid <= 70);
	assert_int_equal(kin.n, 4);
	kin_free(&kin);
	assert_int_equal(kin.n, 0);
}

/* Who lost his parent stays what he is; a pid that is used again does not. */
static void
orphans(void **state)
{
	static const struct kin_proc	 child = { 51, 50, 7, 1100 };
	static const struct kin_proc	 orphan = { 51, 1, 7, 1100 };
	static const struct kin_proc	 other = { 51, 1, 7, 2000 };
	static const struct kin_proc	 grandchild = { 52, 51, 7, 1200 };
	static const struct kin_proc	 older = { 53, 51, 7, 1099 };
	static const struct kin_proc	 reused = { 50, 1, 7, 3000 };
	static const struct kin_proc	 stranger = { 54, 50, 7, 3100 };
	struct kin			 kin = { 0 };

	(void)state;
	assert_int_equal(kin_add(&kin, &command), 1);
	assert_int_equal(kin_spread(&kin, &child, 1), 1);
	kin_gone(&kin, command.pid);
	kin_gone(&kin, command.pid);
	assert_true(kin_has(&kin, &orphan));
	assert_false(kin_has(&kin, &other));
	assert_false(kin_has(&kin, &command));
	assert_int_equal(kin_spread(&kin, &grandchild, 1), 1);
	assert_int_equal(kin_spread(&kin, &older, 1), 0);
	assert_int_equal(kin_spread(&kin, &reused, 1), 0);
	assert_int_equal(kin_spread(&kin, &stranger, 1), 0);
	kin_free(&kin);
}

/* Init and the kernel are nobody's children, and nobody's parents here. */
static void
init(void **state)
{
	static const struct kin_proc	 one = { 1, 0, 7, 1 };
	static const struct kin_proc	 list[] = {
		{ 7, 1, 7, 10 }, { 8, 0, 7, 10 }, { 9, -1, 7, 10 }
	};
	struct kin			 kin = { 0 };

	(void)state;
	assert_int_equal(kin_spread(&kin, list, nitems(list)), 0);
	assert_int_equal(kin_add(&kin, &one), 1);
	assert_int_equal(kin_spread(&kin, list, nitems(list)), 0);
	kin_free(&kin);
}

/* Who lost his parent unseen is known by his group and his age. */
static void
adopted(void **state)
{
	static const struct kin_proc	 list[] = {
		{ 62, 61, 8, 1300 }, { 61, 1, 7, 1000 }, { 63, 1, 8, 1300 },
		{ 64, 1, 7, 999 }, { 65, 40, 7, 1300 }, { 1, 0, 7, 2000 },
		{ 66, 0, 7, 2000 }
	};
	struct kin			 kin = { .group = 7, .born = 1000 };

	(void)state;
	assert_int_equal(kin_add(&kin, &command), 1);
	assert_int_equal(kin_spread(&kin, list, nitems(list)), 2);
	assert_true(kin_has(&kin, &list[0]) && kin_has(&kin, &list[1]));
	kin_free(&kin);
}

static void
many(void **state)
{
	struct kin_proc	 p = { 0, 1, 7, 5 };
	struct kin	 kin = { 0 };
	size_t		 i;

	(void)state;
	/* In a strange order, each once. */
	for (i = 0; i < KIN_MAX; i++) {
		p.pid = (pid_t)(i * 40503 % KIN_MAX) + 2;
		assert_int_equal(kin_add(&kin, &p), 1);
	}
	for (i = 1; i < kin.n; i++)
		assert_true(kin.v[i - 1].pid < kin.v[i].pid);
	p.pid = KIN_MAX + 2;
	assert_int_equal(kin_add(&kin, &p), -1);
	assert_int_equal(errno, E2BIG);
	p.pid = 2;
	assert_true(kin_has(&kin, &p));
	kin_free(&kin);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(descent),
		cmocka_unit_test(orphans),
		cmocka_unit_test(init),
		cmocka_unit_test(adopted),
		cmocka_unit_test(many)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
