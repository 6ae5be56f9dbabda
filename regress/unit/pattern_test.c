/* SPDX-License-Identifier: ISC */

/*
 * Patterns (COMPAT 16.4).  Each row says what a pattern is to make of a path:
 * '=' it matches, '>' only a directory above it does, '-' neither.
 */

#include "compat.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"

static const struct {
	const char	*pattern;
	char		 result;
	const char	*path;
} cases[] = {
	/* text */
	{ "/a/b", '=', "/a/b" },
	{ "/a/b", '>', "/a/b/c/d" },
	{ "/a/b", '-', "/a/bc" },
	{ "/a/b", '-', "/a" },
	{ "/a/b", '-', "/" },
	{ "/a.b", '-', "/axb" },
	{ "/a+(b){c}|^$\\", '=', "/a+(b){c}|^$\\" },
	{ "/a/b/", '=', "/a/b" },

	/* a run within a name */
	{ "/a/*", '=', "/a/b" },
	{ "/a/*", '=', "/a/.b" },
	{ "/a/*", '>', "/a/b/c" },
	{ "/a/*", '-', "/a" },
	{ "/a/*", '-', "/b/a" },
	{ "/a/*.pem", '=', "/a/x.pem" },
	{ "/a/*.pem", '=', "/a/.pem" },
	{ "/a/*.pem", '-', "/a/x.pemx" },
	{ "/a/*.pem", '-', "/a/b/x.pem" },
	{ "/a/*.pem", '>', "/a/x.pem/y" },
	{ "/a/*/c", '=', "/a/b/c" },
	{ "/a/*/c", '-', "/a/c" },
	{ "/a/*/c", '-', "/a/b/b/c" },
	{ "/a/b*d*f", '=', "/a/bddff" },
	{ "/a/b*d*f", '-', "/a/bff" },
	{ "/*", '=', "/a" },
	{ "/*", '>', "/a/b" },
	{ "/*", '-', "/" },

	/* any run */
	{ "/a/**.c", '=', "/a/x.c" },
	{ "/a/**.c", '=', "/a/b/x.c" },
	{ "/a**c", '=', "/ac" },
	{ "/a**c", '=', "/ab/c" },
	{ "/a/**", '=', "/a" },
	{ "/a/**", '>', "/a/b" },
	{ "/a/**", '>', "/a/b/c" },
	{ "/a/**", '-', "/ab" },
	{ "/a/**/**/", '=', "/a" },
	{ "/**", '=', "/" },
	{ "/**", '>', "/a" },
	{ "/a/***", '=', "/a/b/c" },
	{ "/a/***", '-', "/a" },

	/* directories */
	{ "/**/*.pem", '=', "/x.pem" },
	{ "/**/*.pem", '=', "/a/b/x.pem" },
	{ "/**/*.pem", '>', "/a/x.pem/b" },
	{ "/**/*.pem", '-', "/a/b/x.PEM" },
	{ "/**/*.pem", '-', "/a/pem" },
	{ "/**/x", '=', "/x" },
	{ "/**/x", '=', "/a/x" },
	{ "/**/x", '>', "/a/x/y" },
	{ "/**/x", '-', "/a/xx" },
	{ "/**/x", '-', "/a/yx" },
	{ "/a/**/b", '=', "/a/b" },
	{ "/a/**/b", '=', "/a/x/y/b" },
	{ "/a/**/b", '-', "/a/xb" },
	{ "/a/**/b", '-', "/ab" },
	{ "/a/**/b/**/c", '=', "/a/b/c" },
	{ "/a/**/b/**/c", '=', "/a/c/b/b/x/c" },
	{ "/a/**/b/**/c", '-', "/a/c/x/c" },
	{ "/a/**/b/*/c", '=', "/a/b/b/x/c" },
	{ "/a/**/b/*/c", '>', "/a/b/b/c/x" },
	{ "/a/**/b/*/c", '-', "/a/b/c/x" },
	{ "/a**/b", '=', "/ab" },
	{ "/a**/b", '=', "/axx/b" },
	{ "/a**/b", '-', "/axxb" },
	{ "/a/***/b", '=', "/a/xb" },
	{ "/a/***/b", '=', "/a/x/b" },
	{ "/a/**/.git/config", '=', "/a/b/.git/config" },
	{ "/a/**/.git/config", '-', "/a/b/x.git/config" },
	{ "/w/**/.env*", '=', "/w/.env" },
	{ "/w/**/.env*", '=', "/w/sub/.env.local" },
	{ "/w/**/.env*", '-', "/w/sub/x.env" },

	/* one character */
	{ "/a/?", '=', "/a/b" },
	{ "/a/?", '=', "/a/\303\251" },
	{ "/a/?", '=', "/a/\360\237\230\200" },
	{ "/a/?", '=', "/a/\377" },
	{ "/a/?", '-', "/a/bc" },
	{ "/a/?", '-', "/a" },
	{ "/a?b", '-', "/a/b" },
	{ "/a/??", '=', "/a/\303x" },
	{ "/a/??", '-', "/a/\303\251" },

	/* sets */
	{ "/[abc]", '=', "/b" },
	{ "/[abc]", '-', "/d" },
	{ "/[abc]", '>', "/b/d" },
	{ "/[a-c]x", '=', "/bx" },
	{ "/[a-c]x", '-', "/Bx" },
	{ "/[a-c]x", '-', "/-x" },
	{ "/[a-c-e]", '=', "/-" },
	{ "/[a-c-e]", '-', "/d" },
	{ "/[-a]", '=', "/-" },
	{ "/[a-]", '=', "/-" },
	{ "/[^a]", '=', "/^" },
	{ "/[^a]", '=', "/a" },
	{ "/[^a]", '-', "/b" },
	{ "/[!a]", '=', "/!" },
	{ "/[!a]", '-', "/b" },
	{ "/[*?]", '=', "/*" },
	{ "/[*?]", '-', "/x" },
	{ "/[\\]", '=', "/\\" },
	{ "/a[/]b", '=', "/a/b" },
	{ "/a[/x]b", '=', "/axb" },
	{ "/a[+-0]b", '=', "/a/b" },
	{ "/a[/]b", '>', "/a/b/c" },
	{ "/[\303\240-\303\274]", '=', "/\303\251" },
	{ "/[\303\240-\303\274]", '-', "/\303\237" },

	/* brackets that spell no set */
	{ "/a[]", '=', "/a[]" },
	{ "/a[]", '-', "/a" },
	{ "/a[]b]", '=', "/a[]b]" },
	{ "/a[]b]", '-', "/ab" },
	{ "/[z-a]", '=', "/[z-a]" },
	{ "/[z-a]", '-', "/z" },
	{ "/[ab", '=', "/[ab" },
	{ "/[ab", '-', "/a" },
	{ "/[a*", '=', "/[axx" },
	{ "/a]", '=', "/a]" },
	{ "/[[]", '=', "/[" },

	/* neither braces nor an exclamation mark mean anything */
	{ "/{a,b}*", '=', "/{a,b}c" },
	{ "/{a,b}*", '-', "/a" },
	{ "/!a*", '=', "/!ab" },
	{ "/!a*", '-', "/b" }
};

static void
test_match(void **state)
{
	struct pattern	*p;
	size_t		 i;
	int		 match, covers;

	(void)state;
	for (i = 0; i < nitems(cases); i++) {
		p = pattern_new(cases[i].pattern);
		assert_non_null(p);
		match = pattern_match(p, cases[i].path);
		covers = pattern_covers(p, cases[i].path);
		if (match != (cases[i].result == '=') ||
		    covers != (cases[i].result != '-'))
			fail_msg("%s, %s: match %d, covers %d",
			    cases[i].pattern, cases[i].path, match, covers);
		assert_string_equal(pattern_text(p), cases[i].pattern);
		pattern_free(p);
	}
}

static void
test_is(void **state)
{
	(void)state;
	assert_false(pattern_is("/a/b.c"));
	assert_false(pattern_is("/{a}!^\\"));
	assert_true(pattern_is("/*"));
	assert_true(pattern_is("/a?"));
	assert_true(pattern_is("/a[b"));
	assert_true(pattern_is("/a]"));
}

static void
test_prefix(void **state)
{
	static const struct {
		const char	*pattern, *prefix;
	} rows[] = {
		{ "/", "/" },
		{ "/**", "/" },
		{ "/*", "/" },
		{ "/**/*.pem", "/" },
		{ "/a*", "/" },
		{ "/a/b", "/a/b" },
		{ "/a/b/", "/a/b" },
		{ "/a/b/**", "/a/b" },
		{ "/a/b/*", "/a/b" },
		{ "/a/b*/c", "/a" },
		{ "/a/b/**/c", "/a/b" },
		{ "/a/b[/]c", "/a" },
		{ "/a/[]/c", "/a/[]/c" },
		{ "/a/[]/?", "/a/[]" }
	};
	struct pattern	*p;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		p = pattern_new(rows[i].pattern);
		assert_non_null(p);
		assert_string_equal(pattern_prefix(p), rows[i].prefix);
		pattern_free(p);
	}
}

static void
test_beneath(void **state)
{
	static const struct {
		const char	*pattern;
		int		 result;
		const char	*dir;
	} rows[] = {
		{ "/a/b", 1, "/" },
		{ "/a/b", 1, "/a" },
		{ "/a/b", 0, "/a/b" },
		{ "/a/b", 0, "/b" },
		{ "/a/b/**", 0, "/a/b" },
		{ "/a/*", 1, "/a" },
		{ "/a/*", 0, "/a/b" },
		{ "/*", 1, "/" },
		{ "/*", 0, "/a" },
		{ "/a*/b", 1, "/ax" },
		{ "/a*/b", 0, "/x" },
		{ "/a/**/x", 1, "/a/b/c/d" },
		{ "/a/**/x", 1, "/" },
		{ "/a/**/x", 0, "/b" },
		{ "/**/*.pem", 1, "/a/b" },
		{ "/a/***", 1, "/a/b" },
		{ "/a/**.c", 1, "/a/b" },
		{ "/a[/]b", 1, "/a" },
		{ "/a[/]b", 0, "/ab" },
		{ "/**", 0, "/a" }
	};
	struct pattern	*p;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		p = pattern_new(rows[i].pattern);
		assert_non_null(p);
		if (pattern_beneath(p, rows[i].dir) != rows[i].result)
			fail_msg("%s beneath %s", rows[i].pattern,
			    rows[i].dir);
		pattern_free(p);
	}
}

static void
test_deepest(void **state)
{
	static const struct {
		const char	*pattern;
		int		 result;
		const char	*path;
	} rows[] = {
		{ "/**", 0, "/" },
		{ "/**", 0, "/a/b" },
		{ "/a", 1, "/a/b/a" },
		{ "/**/a", 3, "/a/b/a" },
		{ "/**/a", 3, "/a/b/a/c" },
		{ "/**/a*", 3, "/ab/b/ac/c" },
		{ "/*", 1, "/a/b" },
		{ "/*", -1, "/" },
		{ "/a/**/b?/*", 5, "/a/bx/c/by/d/e" },
		{ "/b", -1, "/a/b" }
	};
	struct pattern	*p;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(rows); i++) {
		p = pattern_new(rows[i].pattern);
		assert_non_null(p);
		if (pattern_deepest(p, rows[i].path) != rows[i].result)
			fail_msg("%s deepest %s: %d", rows[i].pattern,
			    rows[i].path, pattern_deepest(p, rows[i].path));
		pattern_free(p);
	}
}

static void
test_errors(void **state)
{
	char		 text[PATTERN_MAX + 2];
	struct pattern	*p;

	(void)state;
	errno = 0;
	assert_null(pattern_new(""));
	assert_int_equal(errno, EINVAL);
	errno = 0;
	assert_null(pattern_new("*.pem"));
	assert_int_equal(errno, EINVAL);
	memset(text, '?', sizeof(text) - 1);
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	errno = 0;
	assert_null(pattern_new(text));
	assert_int_equal(errno, ENAMETOOLONG);
	/* One less is a pattern that works. */
	text[PATTERN_MAX] = '\0';
	p = pattern_new(text);
	assert_non_null(p);
	memset(text + 1, 'x', PATTERN_MAX - 1);
	assert_int_equal(pattern_match(p, text), 1);
	text[PATTERN_MAX - 1] = '\0';
	assert_int_equal(pattern_match(p, text), 0);
	pattern_free(p);
	pattern_free(NULL);
}

/*
 * What would take a matcher that backtracks longer than the world has been
 * there: this test ends, or it has failed.
 */
static void
test_bounded(void **state)
{
	char		 text[201], path[PATTERN_MAX + 1];
	struct pattern	*p;
	size_t		 i;

	(void)state;
	memset(path, 'a', sizeof(path) - 1);
	path[0] = '/';
	path[sizeof(path) - 1] = '\0';
	for (i = 0; i < sizeof(text) - 1; i += 2) {
		text[i] = '*';
		text[i + 1] = 'a';
	}
	text[0] = '/';
	text[sizeof(text) - 1] = '\0';
	text[sizeof(text) - 2] = '?';
	p = pattern_new(text);
	assert_non_null(p);
	assert_int_equal(pattern_match(p, path), 1);
	path[sizeof(path) - 3] = 'b';
	path[sizeof(path) - 2] = '/';
	assert_int_equal(pattern_match(p, path), 0);
	pattern_free(p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_match),
		cmocka_unit_test(test_is),
		cmocka_unit_test(test_prefix),
		cmocka_unit_test(test_beneath),
		cmocka_unit_test(test_deepest),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_bounded)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
