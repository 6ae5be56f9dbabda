/* SPDX-License-Identifier: ISC */

/* The writer of audit records: bounded, and JSON whatever it is given. */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <yajl/yajl_parse.h>
#include <yajl/yajl_tree.h>

#include "../../srt-monitor/monitor.h"

#define NSEC	UINT64_C(1000000000)

static struct record	 r;

static yajl_val
parse(void)
{
	yajl_val	 v;
	char		 err[256];

	assert_int_equal(strlen(r.buf), r.len);
	assert_true(r.len <= RECORD_MAX);
	assert_null(strpbrk(r.buf, "\n\r\033"));
	v = yajl_tree_parse(r.buf, err, sizeof(err));
	if (v == NULL)
		fail_msg("%s: %s", err, r.buf);
	return v;
}

static yajl_val
member(yajl_val v, const char *name)
{
	const char	*path[] = { name, NULL };

	return yajl_tree_get(v, path, yajl_t_any);
}

static void
test_whole(void **state)
{
	(void)state;
	record_begin(&r, "run", 7, 1767225600 * NSEC + 7, "test");
	record_string(&r, "s", "a\"\\\n\x1b\xff", 100);
	record_number(&r, "n", UINT64_MAX);
	record_bool(&r, "b", 1);
	record_null(&r, "z");
	record_end(&r, 3);
	assert_string_equal(r.buf, "{\"schema\":1,\"run\":\"run\",\"seq\":7,"
	    "\"time\":\"2026-01-01T00:00:00.000000007Z\",\"event\":\"test\","
	    "\"s\":\"a\\\"\\\\\\u000a\\u001b\xef\xbf\xbd\","
	    "\"n\":18446744073709551615,\"b\":true,\"z\":null,\"lost\":3}");
	yajl_tree_free(parse());
}

static void
test_time(void **state)
{
	static const struct {
		uint64_t	 ns;
		const char	*text;
	} t[] = {
		{ 0, "1970-01-01T00:00:00.000000000Z" },
		{ 951782399 * NSEC + 999999999,
		    "2000-02-28T23:59:59.999999999Z" },
		{ 951782400 * NSEC, "2000-02-29T00:00:00.000000000Z" },
		{ 4107542400 * NSEC + 120000,
		    "2100-03-01T00:00:00.000120000Z" },
		{ UINT64_MAX, "2554-07-21T23:34:33.709551615Z" }
	};
	yajl_val	 v;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		record_begin(&r, "", 1, t[i].ns, "x");
		record_end(&r, 0);
		v = parse();
		assert_string_equal(YAJL_GET_STRING(member(v, "time")),
		    t[i].text);
		yajl_tree_free(v);
	}
}

/* Cut between characters and never within an escape, at every length. */
static void
test_cut(void **state)
{
	static const char *const	 odd[] = {
		"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx",
		"\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n\n",
		"\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\\"\\",
		"\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff",
		"\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f\x90\xa7\xf0\x9f",
		"\xf3\xa0\x81\x81\xf3\xa0\x81\x81\xf3\xa0\x81\x81\xf3\xa0"
	};
	const char	*s;
	yajl_val	 v;
	size_t		 i, max, before;

	(void)state;
	for (i = 0; i < nitems(odd); i++) {
		for (max = 6; max < 80; max++) {
			record_begin(&r, "", 1, 0, "x");
			before = r.len;
			record_string(&r, "s", odd[i], max);
			assert_true(r.len - before <= max + strlen(",\"s\":"));
			record_end(&r, 0);
			v = parse();
			s = YAJL_GET_STRING(member(v, "s"));
			assert_int_equal(member(v, "cut") != NULL,
			    strlen(s) >= 3 &&
			    strcmp(s + strlen(s) - 3, "...") == 0);
			yajl_tree_free(v);
		}
	}
	/* What fits is whole. */
	record_begin(&r, "", 1, 0, "x");
	record_string(&r, "s", "0123456789", 15);
	record_end(&r, 0);
	assert_non_null(strstr(r.buf, "\"0123456789\""));
	assert_null(strstr(r.buf, "cut"));
	record_begin(&r, "", 1, 0, "x");
	record_string(&r, "s", "0123456789", 14);
	record_end(&r, 0);
	assert_non_null(strstr(r.buf, "\"012345678...\",\"cut\":true,"));
}

/* However much comes, the record ends, and stays within its length. */
static void
test_full(void **state)
{
	static char	 longer[3 * RECORD_MAX];
	yajl_val	 v;
	size_t		 i;

	(void)state;
	memset(longer, '\n', sizeof(longer) - 1);
	record_begin(&r, longer, UINT64_MAX, UINT64_MAX, longer);
	for (i = 0; i < 64; i++) {
		record_string(&r, "string", longer, 600);
		record_number(&r, "number", UINT64_MAX);
		record_bool(&r, "bool", 0);
		record_null(&r, "null");
	}
	record_end(&r, UINT64_MAX);
	v = parse();
	assert_true(YAJL_IS_TRUE(member(v, "cut")));
	assert_non_null(member(v, "lost"));
	yajl_tree_free(v);
}

static void
test_list(void **state)
{
	static char	 a[] = "a", quoted[] = "b \"c\"\n", nothing[] = "";
	static char	 longer[2 * RECORD_MAX];
	char		*words[] = { a, quoted, nothing };
	char		*many[1000];
	yajl_val	 v, list;
	size_t		 i, max;

	(void)state;
	record_begin(&r, "", 1, 0, "x");
	record_list(&r, "w", words, nitems(words), 100, 0);
	record_list(&r, "none", words, 0, 100, 0);
	record_end(&r, 0);
	assert_non_null(strstr(r.buf, ",\"w\":[\"a\","
	    "\"b \\\"c\\\"\\u000a\",\"\"],\"none\":[],\"lost\":0}"));
	yajl_tree_free(parse());

	/* There were more than the caller has. */
	record_begin(&r, "", 1, 0, "x");
	record_list(&r, "w", words, 1, 100, 1);
	record_end(&r, 0);
	assert_non_null(strstr(r.buf, ",\"w\":[\"a\"],\"cut\":true,"));

	memset(longer, '"', sizeof(longer) - 1);
	for (i = 0; i < nitems(many); i++)
		many[i] = i % 7 == 6 ? longer : a;
	for (max = 0; max < 400; max++) {
		record_begin(&r, "", 1, 0, "x");
		i = r.len;
		record_list(&r, "w", many, nitems(many), max, 0);
		assert_true(r.len - i <= max + strlen(",\"w\":[]"));
		record_end(&r, 0);
		v = parse();
		list = member(v, "w");
		assert_true(YAJL_IS_ARRAY(list));
		assert_non_null(member(v, "cut"));
		yajl_tree_free(v);
	}
	/* All that the record has room for. */
	record_begin(&r, "", 1, 0, "x");
	record_list(&r, "w", many, nitems(many), SIZE_MAX / 2, 0);
	record_list(&r, "v", many, nitems(many), SIZE_MAX / 2, 0);
	record_string(&r, "s", longer, 100);
	record_end(&r, UINT64_MAX);
	yajl_tree_free(parse());
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_cut),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_list),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
