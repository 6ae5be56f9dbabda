/* SPDX-License-Identifier: ISC */

/* Entries that are added to lists of a settings file's text. */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#include "../../srt/srt.h"

#define KEY	"network.allowedDomains"

/* What becomes of a text; NULL: nothing. */
static void
edits(const char *text, const char *key, const char *entry, const char *want)
{
	size_t	 len = 0;
	char	*got;

	got = settings_edit(text, text == NULL ? 0 : strlen(text), key, entry,
	    &len);
	if (want == NULL) {
		assert_null(got);
		return;
	}
	assert_non_null(got);
	assert_string_equal(got, want);
	assert_int_equal(len, strlen(want));
	free(got);
}

static void
test_list(void **state)
{
	(void)state;
	edits("{\"network\":{\"allowedDomains\":[]}}", KEY, "a.test",
	    "{\"network\":{\"allowedDomains\":[\"a.test\"]}}");
	edits("{\"network\":{\"allowedDomains\":[ \n ]}}", KEY, "a.test",
	    "{\"network\":{\"allowedDomains\":[\"a.test\"]}}");
	edits("{\"network\":{\"allowedDomains\":[\"b.test\"]}}", KEY,
	    "a.test", "{\"network\":{\"allowedDomains\":[\"a.test\", "
	    "\"b.test\"]}}");
	edits("{\"network\":{\"allowedDomains\":[\n\t\"b.test\"\n]}}", KEY,
	    "a.test", "{\"network\":{\"allowedDomains\":[\n\t\"a.test\","
	    "\n\t\"b.test\"\n]}}");
	edits("{\"network\":{\"allowedDomains\":[\r\n  \"b.test\"]}}\r\n",
	    KEY, "a.test", "{\"network\":{\"allowedDomains\":[\r\n  "
	    "\"a.test\",\r\n  \"b.test\"]}}\r\n");
}

static void
test_present(void **state)
{
	(void)state;
	edits("{\"network\":{\"allowedDomains\":[\"a.test\"]}}", KEY, "a.test",
	    "{\"network\":{\"allowedDomains\":[\"a.test\"]}}");
	/* Written otherwise it is the same. */
	edits("{\"network\":{\"allowedDomains\":[\"\\u0061.test\"]}}", KEY,
	    "a.test", "{\"network\":{\"allowedDomains\":[\"\\u0061.test\"]}}");
}

static void
test_missing(void **state)
{
	(void)state;
	edits("{\"network\":{}}", KEY, "a.test",
	    "{\"network\":{\"allowedDomains\": [\"a.test\"]}}");
	edits("{\"network\":{\n  \"x\": 1\n}}", KEY, "a.test",
	    "{\"network\":{\n  \"allowedDomains\": [\"a.test\"],"
	    "\n  \"x\": 1\n}}");
	edits("{}", KEY, "a.test", NULL);
	edits("{\"network\":7}", KEY, "a.test", NULL);
	edits("{\"network\":{\"allowedDomains\":7}}", KEY, "a.test", NULL);
	edits("no json", KEY, "a.test", NULL);
	edits("", KEY, "a.test", NULL);
}

static void
test_where(void **state)
{
	(void)state;
	/* Columns count characters, not bytes, and a list may stand twice. */
	edits("{\"\xc3\xa4\":\"\xf0\x9f\x98\x80\",\"network\":"
	    "{\"allowedDomains\":[1],\"deniedDomains\":[2]}}",
	    "network.deniedDomains", "a.test",
	    "{\"\xc3\xa4\":\"\xf0\x9f\x98\x80\",\"network\":"
	    "{\"allowedDomains\":[1],\"deniedDomains\":[\"a.test\", 2]}}");
	/* Of two keys of one name the last one counts. */
	edits("{\"network\":{\"allowedDomains\":[1],\"allowedDomains\":[2]}}",
	    KEY, "a.test", "{\"network\":{\"allowedDomains\":[1],"
	    "\"allowedDomains\":[\"a.test\", 2]}}");
}

static void
test_quoting(void **state)
{
	(void)state;
	edits("{\"filesystem\":{\"allowWrite\":[]}}",
	    "filesystem.allowWrite", "/a\"b\\c\n",
	    "{\"filesystem\":{\"allowWrite\":[\"/a\\\"b\\\\c\\u000a\"]}}");
}

static void
test_new(void **state)
{
	struct settings	*set;
	struct errors	 errors;
	size_t		 len = 0;
	char		*text;

	(void)state;
	text = settings_edit(NULL, 0, KEY, "a.test", &len);
	assert_non_null(text);
	errors_init(&errors);
	assert_int_equal(settings_parse("new", text, len, &set, &errors), 0);
	assert_int_equal(set->allowed_domains.n, 1);
	assert_string_equal(set->allowed_domains.v[0].text, "a.test");
	settings_free(set);
	errors_free(&errors);
	free(text);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_present),
		cmocka_unit_test(test_missing),
		cmocka_unit_test(test_where),
		cmocka_unit_test(test_quoting),
		cmocka_unit_test(test_new)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
