/* SPDX-License-Identifier: ISC */

/*
 * Patterns and names as expressions, against pattern.c and guard_fold.c: by
 * the C library's regexec(3), which takes bytes for characters here.  And
 * what a profile cannot say.  The rest is in regress/seatbelt.
 */

#include "compat.h"

#include <regex.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "pattern.h"
#include "../../srt-exec/guard.h"
#include "../../srt-exec/guard_list.h"
#include "../../srt-exec/seatbelt.h"

#define PATTERNS	3000
#define PATHS		12

static unsigned int	 seed = 1;

/* A text of few pieces, so that patterns and paths meet. */
static void
random_text(char *buf, size_t size, const char *const *pieces, size_t n)
{
	int	 i, len = rand_r(&seed) % 7;

	(void)strlcpy(buf, "/", size);
	for (i = 0; i < len; i++)
		(void)strlcat(buf, pieces[(size_t)rand_r(&seed) % n], size);
}

/* Nothing empty between slashes, and none at the end. */
static void
make_canonical(char *s)
{
	char	*to = s;

	for (; *s != '\0'; s++)
		if (*s != '/' || (s[1] != '/' && s[1] != '\0'))
			*to++ = *s;
	*to = '\0';
}

static int
matches(const regex_t *re, const char *s)
{
	return regexec(re, s, 0, NULL, 0) == 0;
}

static void
compile(regex_t *re, const struct seatbelt_text *t)
{
	assert_int_equal(t->failed, 0);
	if (regcomp(re, t->buf, REG_EXTENDED | REG_NOSUB) != 0)
		fail_msg("%s", t->buf);
}

static void
check_pattern(const char *text, const char *const *pieces, size_t n)
{
	struct seatbelt_text	 t;
	struct pattern		*p = pattern_new(text);
	regex_t			 whole, beneath;
	char			 path[128];
	int			 i;

	assert_non_null(p);
	memset(&t, 0, sizeof(t));
	text_add(&t, "^");
	regex_pattern(&t, text, 0);
	text_add(&t, "$");
	compile(&whole, &t);
	t.len--;
	text_add(&t, "(/|$)");
	compile(&beneath, &t);
	for (i = 0; i < PATHS; i++) {
		random_text(path, sizeof(path), pieces, n);
		make_canonical(path);
		/* "/" is for the filter to see to. */
		if (path[0] == '\0' || path[1] == '\0')
			continue;
		if (matches(&whole, path) != pattern_match(p, path))
			fail_msg("%s: %s", text, path);
		if (regex_pattern_length(text) != 1 &&
		    matches(&beneath, path) != pattern_covers(p, path))
			fail_msg("%s: beneath %s", text, path);
	}
	regfree(&whole);
	regfree(&beneath);
	text_free(&t);
	pattern_free(p);
}

static void
test_patterns(void **state)
{
	static const char *const	 pieces[] = {
		"a", "b", "/", "/", "*", "**", "**/", "?", "[ab]", "[a-c]",
		"[^a]", "[]", "[b-a]", "[/]", "[\xc3\xa9]", "[a-\xc3\xbf]",
		"\xc3\xa9", ".", "$", "(", "|", "{2}", "+", "\\", "[", "]",
		"[\xe0\xa4\x80-\xf0\x9f\x98\x80]", "^", "***/"
	};
	static const char *const	 names[] = {
		"a", "b", "c", "/", "/", "\xc3\xa9", "\xe2\x82\xac",
		"\xf0\x9f\x98\x80", ".", "$", "(", "|", "\\", "]", "[",
		"{2}", "a", "b", "^", "-", "\n"
	};
	char	 text[128];
	int	 i;

	(void)state;
	for (i = 0; i < PATTERNS; i++) {
		random_text(text, sizeof(text), pieces, nitems(pieces));
		check_pattern(text, names, nitems(names));
	}
}

/* The text after a directory, against the pattern as a whole. */
static void
test_after(void **state)
{
	static const char *const	 pieces[] = {
		"a", "b", "/", "/", "*", "**", "**/", "?", "[a/]", "***/"
	};
	static const char *const	 names[] = { "a", "b", "/", "/" };
	struct seatbelt_text		 t;
	struct pattern			*p;
	regex_t				 re;
	size_t				 at[PATTERN_MAX], i, k, n;
	char				 text[128], dir[64], path[192];

	(void)state;
	for (i = 0; i < PATTERNS; i++) {
		random_text(text, sizeof(text), pieces, nitems(pieces));
		random_text(dir, sizeof(dir), names, nitems(names));
		make_canonical(dir);
		if (dir[0] == '\0' || (p = pattern_new(text)) == NULL)
			continue;
		memset(&t, 0, sizeof(t));
		n = pattern_after(p, dir, at);
		text_add(&t, "^(");
		for (k = 0; k < n; k++) {
			text_add(&t, k == 0 ? "" : "|");
			regex_pattern(&t, text, at[k]);
		}
		text_add(&t, n == 0 ? "$.)" : ")$");
		compile(&re, &t);
		random_text(path, sizeof(path), names, nitems(names));
		make_canonical(path);
		if (path[0] != '\0') {
			memmove(path + strlen(dir), path, strlen(path) + 1);
			memcpy(path, dir, strlen(dir));
			if (matches(&re, path + strlen(dir) + 1) !=
			    pattern_match(p, path))
				fail_msg("%s in %s: %s", text, dir, path);
		}
		regfree(&re);
		text_free(&t);
		pattern_free(p);
	}
}

static int
is_ascii(const char *s)
{
	for (; *s != '\0'; s++)
		if (*s == 0x7f || (*s & 0x80) != 0)
			return 0;
	return 1;
}

/* All that folds to a name matches; what is ASCII, and no more of it. */
static void
test_fold(void **state)
{
	static const char *const	 letters[] = {
		"f", "F", "i", "I", "s", "S", "t", "k", "K", "l", ".", ".",
		" ", "\xef\xac\x81", "\xef\xac\x80", "\xef\xac\x83",
		"\xef\xac\x86", "\xc3\x9f", "\xe1\xba\x9e", "\xc5\xbf",
		"\xe2\x84\xaa", "\xc2\xad", "\xe2\x80\x8c", "\xf3\xa0\x84\x80"
	};
	struct seatbelt_text	 t;
	regex_t			 re;
	char			 name[64], folded[64], other[64], back[64];
	size_t			 len, n;
	int			 i, same, seen = 0;

	(void)state;
	for (i = 0; i < 5 * PATTERNS; i++) {
		random_text(name, sizeof(name), letters, nitems(letters));
		random_text(other, sizeof(other), letters, nitems(letters));
		if ((len = fold_name(name + 1, strlen(name + 1),
		    folded)) == 0)
			continue;
		memset(&t, 0, sizeof(t));
		text_add(&t, "^");
		regex_fold_name(&t, folded, len);
		text_add(&t, "$");
		compile(&re, &t);
		if (!matches(&re, name + 1))
			fail_msg("%s is not %s", name + 1, t.buf);
		n = fold_name(other + 1, strlen(other + 1), back);
		same = n == len && memcmp(back, folded, len) == 0;
		seen += same;
		if (same ? !matches(&re, other + 1) : is_ascii(other) &&
		    matches(&re, other + 1))
			fail_msg("%s and %s", other + 1, t.buf);
		regfree(&re);
		text_free(&t);
	}
	assert_true(seen > 20);
}

/* What is said of a policy that is one path of that kind. */
static const char *
refusal(const char *path, enum guard_kind kind, uint32_t flags)
{
	static struct seatbelt_text	 out;
	struct fs_paths			 paths;
	struct seatbelt_guard		 guard = { kind, path };
	struct seatbelt			 sb = { .flags = flags,
					    .paths = &paths, .guards = &guard,
					    .nguards = 1, .tag = "t" };

	TAILQ_INIT(&paths);
	text_free(&out);
	return seatbelt_profile(&sb, &out) == 0 ? NULL : out.error;
}

static void
test_refusals(void **state)
{
	static char	 path[PATTERN_MAX + 2];

	(void)state;
	assert_null(refusal("/a", GUARD_NOWRITE, 0));
	assert_string_equal(refusal("/a\xff", GUARD_NOWRITE, 0),
	    "the path or pattern \"/a\\M^?\": it is not UTF-8");
	assert_non_null(refusal("/\xc3/b", GUARD_NOWRITE_GLOB, 0));
	assert_non_null(refusal("a", GUARD_NOWRITE, 0));
	assert_non_null(refusal("/a/../b", GUARD_NOWRITE, 0));
	assert_non_null(strstr(refusal("/a", GUARD_NOWRITE, EXEC_LEARN),
	    "--learn"));
	assert_non_null(strstr(refusal("/a", GUARD_NOWRITE, EXEC_LANDLOCK),
	    "landlock"));
	memset(path, 'a', PATTERN_MAX + 1);
	path[0] = '/';
	assert_non_null(strstr(refusal(path, GUARD_NOWRITE, 0), "longer"));
}

/* As many as srt takes of them are too much for an argument. */
static void
test_too_long(void **state)
{
	static struct seatbelt_guard	 list[POLICY_GUARDS_MAX];
	struct seatbelt_text		 out;
	struct fs_paths			 paths;
	struct seatbelt			 sb = { .paths = &paths, .tag = "t",
					    .guards = list };
	size_t				 i;

	(void)state;
	TAILQ_INIT(&paths);
	for (i = 0; i < nitems(list); i++) {
		list[i].kind = GUARD_NOWRITE_GLOB;
		list[i].text = "/some/directory/of/a/name/*.that/is/long";
	}
	sb.nguards = nitems(list);
	assert_int_equal(seatbelt_profile(&sb, &out), -1);
	assert_non_null(strstr(out.error, "longer than"));
	assert_true(out.len < SEATBELT_MAX);
	text_free(&out);
}

/* What libsandbox makes of a text that is no UTF-8 is not known. */
static void
test_ascii(void **state)
{
	struct seatbelt_guard	 guards[] = {
		{ GUARD_NOWRITE, "/a" }, { GUARD_NOWRITE_FOLD, "/a/Files.d" },
		{ GUARD_NOWRITE_GLOB, "/a/**/*.[ko]" },
		{ GUARD_NOREAD_GLOB, "/a/*.pem" }, { GUARD_READ, "/a/b" },
		{ GUARD_WRITE_GLOB, "/w/*" }
	};
	struct seatbelt_text	 out;
	struct fs_paths		 paths;
	struct seatbelt		 sb = { .paths = &paths, .tag = "t",
				    .guards = guards };

	(void)state;
	TAILQ_INIT(&paths);
	for (;; sb.nguards = nitems(guards)) {
		assert_int_equal(seatbelt_profile(&sb, &out), 0);
		assert_non_null(strstr(out.buf, "[Gg]"));
		assert_true(is_ascii(out.buf));
		text_free(&out);
		if (sb.nguards != 0)
			break;
	}
	/* That would be seen. */
	guards[0].kind = GUARD_NOWRITE_GLOB;
	guards[0].text = "/a/?";
	assert_int_equal(seatbelt_profile(&sb, &out), 0);
	assert_false(is_ascii(out.buf));
	text_free(&out);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_after),
		cmocka_unit_test(test_fold),
		cmocka_unit_test(test_ascii),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_too_long)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
