/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt/srt.h"

#define FILESYSTEM \
	"\"filesystem\":{\"denyRead\":[],\"allowWrite\":[],\"denyWrite\":[]}"
#define NETWORK \
	"\"network\":{\"allowedDomains\":[],\"deniedDomains\":[]}"

static struct settings *
load(const char *text)
{
	struct settings	*settings;
	struct errors	 errs;

	errors_init(&errs);
	if (settings_parse("test", text, strlen(text), &settings,
	    &errs) == -1) {
		print_error("%s\n", TAILQ_FIRST(&errs.list)->text);
		fail();
	}
	errors_free(&errs);
	return settings;
}

/* The text is refused; the errors are for the caller to look at and free. */
static void
refuse(const char *text, size_t len, struct errors *errs)
{
	struct settings	*settings = NULL;

	errors_init(errs);
	assert_int_equal(settings_parse("test", text, len, &settings, errs),
	    -1);
	assert_null(settings);
	assert_true(errors_fatal(errs));
}

/* As the last one, with a JSON error at this place. */
static void
refuse_json(const char *text, size_t len, unsigned int line,
    unsigned int col)
{
	struct errors	 errs;
	struct fault	*f;

	refuse(text, len, &errs);
	assert_int_equal(errs.count[FAULT_JSON], 1);
	f = TAILQ_FIRST(&errs.list);
	assert_int_equal(f->kind, FAULT_JSON);
	assert_int_equal(f->line, line);
	assert_int_equal(f->col, col);
	errors_free(&errs);
}

static struct json *
parse(const char *text)
{
	struct errors	 errs;
	struct json	*root;

	errors_init(&errs);
	root = json_parse(text, strlen(text), &errs);
	assert_non_null(root);
	errors_free(&errs);
	return root;
}

static void
at(const struct json *node, unsigned int line, unsigned int col)
{
	assert_non_null(node);
	assert_int_equal(node->line, line);
	assert_int_equal(node->col, col);
}

static void
test_positions(void **state)
{
	struct json	*root, *list, *node;

	(void)state;
	root = parse("\n {\"a\" :\t[1 , -2.5e1,\r\n true],\n\n"
	    "  \"\xc3\xa9\\u00e9\\n\":{ \"x\":null} , \"b\": \"\xe2\x82\xac\","
	    "\"c\":{}}\n");
	at(root, 2, 2);
	list = json_get(root, "a");
	at(list, 2, 9);
	assert_int_equal(list->keyline, 2);
	assert_int_equal(list->keycol, 3);
	assert_int_equal(list->nlist, 3);
	node = TAILQ_FIRST(&list->list);
	at(node, 2, 10);
	node = TAILQ_NEXT(node, entry);
	at(node, 2, 14);
	assert_true(node->number == -25);
	node = TAILQ_NEXT(node, entry);
	at(node, 3, 2);
	assert_int_equal(node->boolean, 1);

	/* Columns count characters, not bytes. */
	node = json_get(root, "\xc3\xa9\xc3\xa9\n");
	at(node, 5, 15);
	assert_int_equal(node->keycol, 3);
	at(json_get(node, "x"), 5, 21);
	node = json_get(root, "b");
	at(node, 5, 34);
	assert_string_equal(node->string, "\xe2\x82\xac");
	at(json_get(root, "c"), 5, 42);
	json_free(root);
}

static void
test_find(void **state)
{
	struct json	*root;

	(void)state;
	root = parse("{\"a\":{\"b\":{\"c\":7}},\"s\":\"x\"}");
	assert_true(json_find(root, "a.b.c")->number == 7);
	assert_ptr_equal(json_find(root, "a"), json_get(root, "a"));
	assert_null(json_find(root, "a.b.d"));
	assert_null(json_find(root, "a.x.c"));
	assert_null(json_find(root, "s.x"));
	assert_null(json_get(NULL, "x"));
	json_free(root);
}

static void
test_depth(void **state)
{
	char	 text[2 * (JSON_DEPTH_MAX + 1) + 1];
	size_t	 n;

	(void)state;
	n = JSON_DEPTH_MAX;
	memset(text, '[', n);
	memset(text + n, ']', n);
	text[2 * n] = '\0';
	json_free(parse(text));

	n++;
	memset(text, '[', n);
	memset(text + n, ']', n);
	refuse_json(text, 2 * n, 1, JSON_DEPTH_MAX + 1);
}

static void
test_size(void **state)
{
	static const char	 small[] = "{" NETWORK "," FILESYSTEM "}";
	struct settings		*settings;
	struct errors		 errs;
	char			*text;

	(void)state;
	text = malloc(JSON_SIZE_MAX + 1);
	assert_non_null(text);
	memset(text, ' ', JSON_SIZE_MAX + 1);
	memcpy(text, small, sizeof(small) - 1);
	errors_init(&errs);
	assert_int_equal(settings_parse("test", text, JSON_SIZE_MAX,
	    &settings, &errs), 0);
	settings_free(settings);
	errors_free(&errs);
	refuse_json(text, JSON_SIZE_MAX + 1, 1, 1);
	free(text);
}

static void
test_nodes(void **state)
{
	struct errors	 errs;
	struct json	*root;
	char		*text;
	size_t		 i, n = JSON_NODES_MAX;

	(void)state;
	text = malloc(2 * n + 2);
	assert_non_null(text);
	text[0] = '[';
	for (i = 0; i < n; i++)
		memcpy(text + 1 + 2 * i, "1,", 2);

	/* The list itself is one, too. */
	text[2 * (n - 1)] = ']';
	errors_init(&errs);
	root = json_parse(text, 2 * (n - 1) + 1, &errs);
	assert_non_null(root);
	assert_int_equal(root->nlist, n - 1);
	json_free(root);

	text[2 * (n - 1)] = ',';
	text[2 * n] = ']';
	assert_null(json_parse(text, 2 * n + 1, &errs));
	assert_int_equal(errs.count[FAULT_JSON], 1);
	errors_free(&errs);
	free(text);
}

/* Not only sound UTF-8: also what yajl lets pass or changes. */
static void
test_text(void **state)
{
	static const struct {
		const char	*text;
		unsigned int	 col;
	} bad[] = {
		{ "[\"\xc0\x80\"]", 3 },		/* overlong */
		{ "[\"\xe0\x80\xaf\"]", 3 },
		{ "[\"\xed\xa0\x80\"]", 3 },		/* surrogate */
		{ "[\"\xf4\x90\x80\x80\"]", 3 },	/* over U+10FFFF */
		{ "[\"\xff\"]", 3 },
		{ "[\"\xc3", 3 },			/* cut short */
		{ "[\"\\ud800\"]", 2 },
		{ "[\"\\udc00\"]", 2 },
		{ "[\"\\ud83d\\u0041\"]", 2 },
		{ "[\"\\ud83d\\\\ude00\"]", 2 },
		{ "[\"a\\u0000b\"]", 2 },
		{ "{\"\\u0000\":1}", 2 },
		{ "[\"\\x\"]", 2 },
		{ "[\"\t\"]", 2 },
		{ "[01]", 3 },
		{ "[1] 2", 5 },
		{ "[NaN]", 2 },
		{ "['a']", 2 },
		{ "\xef\xbb\xbf[]", 1 },
	};
	struct json	*root;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(bad); i++)
		refuse_json(bad[i].text, strlen(bad[i].text), 1, bad[i].col);
	refuse_json("[\0]", 3, 1, 2);

	root = parse("[\"\\ud83d\\ude00\\\\ud800\\\\u0000\"]");
	assert_string_equal(TAILQ_FIRST(&root->list)->string,
	    "\xf0\x9f\x98\x80\\ud800\\u0000");
	json_free(root);
}

static void
test_empty(void **state)
{
	static const char *const	 texts[] = {
		"", " ", "\n\t\r\n", "\xef\xbb\xbf", "\xef\xbb\xbf \n"
	};
	struct errors			 errs;
	size_t				 i;

	(void)state;
	for (i = 0; i < nitems(texts); i++) {
		refuse(texts[i], strlen(texts[i]), &errs);
		assert_int_equal(errs.count[FAULT_EMPTY], 1);
		assert_int_equal(errs.count[FAULT_JSON], 0);
		errors_free(&errs);
	}
}

static void
test_duplicates(void **state)
{
	struct errors	 errs;
	struct json	*root;
	struct fault	*f;

	(void)state;
	errors_init(&errs);
	root = json_parse("{\"a\":1,\"b\":2,\n\"a\":3,\"a\":4}", 26, &errs);
	assert_non_null(root);
	assert_true(json_get(root, "a")->number == 4);
	assert_int_equal(root->nlist, 2);
	assert_int_equal(errs.count[FAULT_WARNING], 2);
	assert_false(errors_fatal(&errs));
	f = TAILQ_FIRST(&errs.list);
	assert_int_equal(f->line, 2);
	assert_int_equal(f->col, 1);
	json_free(root);
	errors_free(&errs);
}

static void
test_values(void **state)
{
	struct settings	*s;

	(void)state;
	s = load("{\"network\":{\"allowedDomains\":[\"a.com\",\n"
	    "\"*.b.com:443\"],\"deniedDomains\":[\"c.com\",\"*\"],"
	    "\"deniedDomainReasons\":{\"c.com\":\"why\"},"
	    "\"strictAllowlist\":true,\"allowAllUnixSockets\":true,"
	    "\"deniedResolvedAddresses\":[\"10.0.0.0/8\"]},"
	    "\"filesystem\":{\"denyRead\":[\"~/.ssh/**\",\"/**\"],"
	    "\"allowRead\":[\"/a/**/**\"],"
	    "\"allowWrite\":[{\"literal\":true,\"path\":\"x/**\"}],"
	    "\"denyWrite\":[\"b\"]},"
	    "\"ignoreViolations\":{\"*\":[\"x\",\"y\"]},"
	    "\"enableWeakerNestedSandbox\":true}");
	assert_string_equal(s->name, "test");
	assert_int_equal(s->allowed_domains.n, 2);
	assert_string_equal(s->allowed_domains.v[1].text, "*.b.com:443");
	assert_int_equal(s->allowed_domains.v[1].line, 2);
	assert_int_equal(s->allowed_domains.v[1].col, 1);
	assert_int_equal(s->denied_domains.n, 2);
	assert_string_equal(settings_reason(s, "c.com"), "why");
	assert_null(settings_reason(s, "*"));
	assert_int_equal(s->strict_allowlist, 1);
	assert_int_equal(s->all_unix_sockets, 1);
	assert_int_equal(s->denied_addresses.n, 1);
	assert_int_equal(s->fs_disabled, 0);

	/* The tail goes, unless the entry is literal. */
	assert_string_equal(s->deny_read.v[0].text, "~/.ssh");
	assert_string_equal(s->deny_read.v[1].text, "/");
	assert_string_equal(s->allow_read.v[0].text, "/a");
	assert_string_equal(s->allow_write.v[0].text, "x/**");
	assert_int_equal(s->allow_write.v[0].literal, 1);
	assert_int_equal(s->deny_write.v[0].literal, 0);
	assert_int_equal(s->ignore_violations.n, 1);
	assert_string_equal(s->ignore_violations.v[0].key, "*");
	assert_int_equal(s->ignore_violations.v[0].values.n, 2);
	assert_int_equal(s->weaker_nested, 1);
	settings_free(s);

	s = settings_default();
	assert_int_equal(s->allowed_domains.n, 0);
	assert_int_equal(s->allow_write.n, 0);
	settings_free(s);
	settings_free(NULL);
}

static char *
dump(const struct settings *settings)
{
	FILE	*fp;
	char	*text;
	size_t	 len;

	assert_non_null(fp = open_memstream(&text, &len));
	assert_int_equal(settings_dump(fp, settings), 0);
	assert_int_equal(fclose(fp), 0);
	return text;
}

static void
test_dump_default(void **state)
{
	struct settings	*s;
	char		*text;

	(void)state;
	s = settings_default();
	text = dump(s);
	settings_free(s);
	s = load(text);
	free(text);
	text = dump(s);
	assert_string_equal(text, "{\n"
	    "  \"network\": {\n"
	    "    \"allowedDomains\": [],\n"
	    "    \"deniedDomains\": []\n"
	    "  },\n"
	    "  \"filesystem\": {\n"
	    "    \"denyRead\": [],\n"
	    "    \"allowWrite\": [],\n"
	    "    \"denyWrite\": []\n"
	    "  }\n"
	    "}\n");
	free(text);
	settings_free(s);
}

/* A dump that cannot be written is no success. */
static void
test_dump_full(void **state)
{
	struct settings	*s;
	FILE		*fp;

	(void)state;
	if ((fp = fopen("/dev/full", "w")) == NULL)
		skip();
	s = settings_default();
	assert_int_equal(settings_dump(fp, s), -1);
	(void)fclose(fp);
	settings_free(s);
}

/* All are counted, so many are kept. */
static void
test_many_faults(void **state)
{
	struct errors	 errs;
	struct fault	*f;
	char		*text;
	size_t		 i, len, n = 0;
	FILE		*fp;

	(void)state;
	assert_non_null(fp = open_memstream(&text, &len));
	fputs("{" NETWORK "," FILESYSTEM, fp);
	for (i = 0; i < 3 * FAULTS_MAX; i++)
		fprintf(fp, ",\"k%zu\":1", i);
	fputs("}", fp);
	assert_int_equal(fclose(fp), 0);
	refuse(text, len, &errs);
	assert_int_equal(errs.count[FAULT_VALUE], 3 * FAULTS_MAX);
	TAILQ_FOREACH(f, &errs.list, entry)
		n++;
	assert_int_equal(n, FAULTS_MAX);
	errors_free(&errs);
	free(text);
}

/*
 * What is not enforced is said only when the rest is right, and a wrong
 * shape keeps the rules between keys from looking at it.
 */
static void
test_order(void **state)
{
	static const char	 unbuilt[] = "{" NETWORK "," FILESYSTEM
				    ",\"git\":{\"safeDirectories\":[\"/\"]}}";
	static const char	 both[] = "{" NETWORK "," FILESYSTEM
				    ",\"git\":{\"safeDirectories\":[\"/\"]},"
				    "\"allowPty\":1}";
	static const char	 cross[] = "{" NETWORK "," FILESYSTEM
				    ",\"seccomp\":{\"argv0\":\"x\"},"
				    "\"allowPty\":1}";
	struct errors		 errs;

	(void)state;
	refuse(unbuilt, strlen(unbuilt), &errs);
	assert_int_equal(errs.count[FAULT_UNBUILT], 1);
	errors_free(&errs);
	refuse(both, strlen(both), &errs);
	assert_int_equal(errs.count[FAULT_UNBUILT], 0);
	assert_int_equal(errs.count[FAULT_SHAPE], 1);
	errors_free(&errs);
	refuse(cross, strlen(cross), &errs);
	assert_int_equal(errs.count[FAULT_VALUE], 0);
	assert_int_equal(errs.count[FAULT_SHAPE], 1);
	errors_free(&errs);
}

static void
test_default_path(void **state)
{
	char	 home[5000];

	(void)state;
	assert_int_equal(setenv("HOME", "/home/of/mine", 1), 0);
	assert_string_equal(settings_default_path(),
	    "/home/of/mine/.srt-settings.json");
	assert_int_equal(setenv("HOME", "/", 1), 0);
	assert_string_equal(settings_default_path(), "/.srt-settings.json");

	/* What is no absolute path is not taken from the environment. */
	assert_int_equal(setenv("HOME", "here", 1), 0);
	if (settings_default_path() != NULL)
		assert_int_equal(settings_default_path()[0], '/');
	assert_int_equal(setenv("HOME", "", 1), 0);
	if (settings_default_path() != NULL)
		assert_int_equal(settings_default_path()[0], '/');

	memset(home, 'x', sizeof(home));
	home[0] = '/';
	home[sizeof(home) - 1] = '\0';
	assert_int_equal(setenv("HOME", home, 1), 0);
	assert_null(settings_default_path());
}

/* Rows that the rest relies on. */
static void
test_table(void **state)
{
	const struct setting	*other, *row;
	char			*up, *dot;

	(void)state;
	for (row = settings_table; row->name != NULL; row++) {
		/* Once each, and beneath an object that is there. */
		for (other = row + 1; other->name != NULL; other++)
			assert_string_not_equal(row->name, other->name);
		assert_non_null(row->text);
		assert_int_equal(row->text[strlen(row->text) - 1], '.');
		if ((dot = strrchr(row->name, '.')) != NULL) {
			up = strndup(row->name, (size_t)(dot - row->name));
			assert_non_null(up);
			other = setting_find(up);
			assert_non_null(other);
			assert_true(other->type == SETTING_OBJECT ||
			    other->type == SETTING_OBJECTS);
			free(up);
		}

		/* What is enforced must be kept; a range must be one. */
		if (row->type == SETTING_PATHS)
			assert_int_not_equal(row->field, 0);
		if (row->type == SETTING_INT)
			assert_true(row->min < row->max);
		if (row->type == SETTING_ENUM)
			assert_non_null(row->choices);
	}
	assert_null(setting_find("nothing"));
	assert_string_equal(setting_leaf(setting_find("git.safeDirectories"),
	    "git"), "safeDirectories");
	assert_null(setting_leaf(setting_find("git.safeDirectories"), ""));
	assert_null(setting_leaf(setting_find("git"), "git"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_positions),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_depth),
		cmocka_unit_test(test_size),
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_duplicates),
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_dump_default),
		cmocka_unit_test(test_dump_full),
		cmocka_unit_test(test_many_faults),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_default_path),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
