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

static void
test_new_values(void **state)
{
	struct settings	*s;
	const char	*text;

	(void)state;
	text = "{\"network\":{\"allowedDomains\":[],\"deniedDomains\":[],"
	    "\"httpProxyPort\":8080,\"socksProxyPort\":65535,"
	    "\"mitmProxy\":{\"socketPath\":\"/s\",\"domains\":[\"a.com\"]},"
	    "\"parentProxy\":{\"http\":\"http://p:1\",\"noProxy\":\"x\"},\n"
	    "\"cutWithdrawn\":false,\"publishPorts\":[3000,\"80:80\"],"
	    "\"askTimeoutSeconds\":7}," FILESYSTEM ","
	    "\"allowNestedUserNamespaces\":true,"
	    "\"git\":{\"safeDirectories\":[\"/g\"]},"
	    "\"env\":{\"clear\":true,\"keep\":[\"A*\"],\"unset\":[\"B\"],"
	    "\"set\":{\"C\":\"d\"}},"
	    "\"limits\":{\"memory\":\"5M\",\"pids\":3,\"cpuSeconds\":4,"
	    "\"wallSeconds\":5,\"fileSize\":6,\"openFiles\":7},"
	    "\"audit\":{\"to\":\"syslog\"},\"requireAudit\":true}";
	s = load(text);
	assert_int_equal(s->http_port, 8080);
	assert_int_equal(s->socks_port, 65535);
	assert_string_equal(s->mitm_socket, "/s");
	assert_int_equal(s->mitm_domains.n, 1);
	assert_int_equal(s->parent_proxy, 1);
	assert_int_equal(s->parent_from_env, 0);
	assert_string_equal(s->parent_http, "http://p:1");
	assert_null(s->parent_https);
	assert_string_equal(s->parent_no, "x");
	assert_int_equal(s->cut_withdrawn, 0);
	assert_int_equal(s->publish_ports.n, 2);
	assert_string_equal(s->publish_ports.v[0].text, "3000");
	assert_string_equal(s->publish_ports.v[1].text, "80:80");
	assert_string_equal(s->publish_ports.v[1].file, "test");
	assert_int_equal(s->publish_ports.v[1].line, 2);
	assert_int_equal(s->ask_timeout, 7);
	assert_int_equal(s->nested_userns, 1);
	assert_int_equal(s->git_safe.n, 1);
	assert_int_equal(s->env_clear, 1);
	assert_int_equal(s->env_keep.n, 1);
	assert_int_equal(s->env_unset.n, 1);
	assert_string_equal(s->env_set.v[0].key, "C");
	assert_string_equal(s->env_set.v[0].values.v[0].text, "d");
	assert_int_equal(s->limit_memory, 5 << 20);
	assert_int_equal(s->limit_pids, 3);
	assert_int_equal(s->limit_cpu, 4);
	assert_int_equal(s->limit_wall, 5);
	assert_int_equal(s->limit_fsize, 6);
	assert_int_equal(s->limit_files, 7);
	assert_string_equal(s->audit, "syslog");
	assert_null(s->audit_file);
	assert_int_equal(s->require_audit, 1);
	assert_true(settings_names(s, "network.cutWithdrawn"));
	assert_false(settings_names(s, "network.strictAllowlist"));
	assert_false(settings_names(s, "no.such"));
	assert_null(s->ceiling);
	settings_free(s);

	s = settings_default();
	assert_int_equal(s->cut_withdrawn, 1);
	assert_int_equal(s->ask_timeout, 30);
	assert_false(settings_names(s, "network.cutWithdrawn"));
	settings_free(s);
}

static void
test_sizes(void **state)
{
	static const struct {
		const char	*text;
		int64_t		 n;
	} sizes[] = {
		{ "0", 0 }, { "7", 7 }, { "1K", 1024 }, { "1M", 1 << 20 },
		{ "3G", 3LL << 30 }, { "2T", 2LL << 40 }, { "", -1 },
		{ "K", -1 }, { "1k", -1 }, { "1KB", -1 }, { "-1", -1 },
		{ " 1", -1 }, { "1 K", -1 }, { "0x10", -1 }, { "1P", -1 },
		{ "99999999999999999999", -1 }, { "9999999999T", -1 }
	};
	size_t	 i;

	(void)state;
	for (i = 0; i < nitems(sizes); i++)
		assert_true(setting_size(sizes[i].text) == sizes[i].n);
}

static void
test_publish(void **state)
{
	static const char *const bad[] = {
		"", ":", "0", "x", "1:2:3", "1:", ":1", "65536", "-1", "+1",
		" 1", "1 ", "01", "1.2.3.4:1", "1.2.3.4:1:", "1.2.3.4::1",
		"1.2.3:1:2", "a:1:2", "::1:1:2", "[::1]:1", "[::1:1:2",
		"[1.2.3.4]:1:2", "[::1]x:1:2", "[]:1:2"
	};
	static const struct {
		const char	*text, *address;
		int		 port, inner;
	} good[] = {
		{ "1", "127.0.0.1", 1, 1 }, { "80:8080", "127.0.0.1", 80, 8080 },
		{ "0.0.0.0:65535:1", "0.0.0.0", 65535, 1 },
		{ "[::]:5:6", "::", 5, 6 }
	};
	struct publish	 pub;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(bad); i++)
		assert_non_null(setting_publish(bad[i], &pub));
	for (i = 0; i < nitems(good); i++) {
		assert_null(setting_publish(good[i].text, &pub));
		assert_string_equal(pub.address, good[i].address);
		assert_int_equal(pub.port, good[i].port);
		assert_int_equal(pub.inner, good[i].inner);
		free(pub.address);
	}
}

/* Each member of "commands" whose words begin the command, shorter first. */
static void
test_commands(void **state)
{
	static const char	 text[] = "{" NETWORK "," FILESYSTEM ","
				    "\"commands\":{"
				    "\"a b\":{\"network\":{\"deniedDomains\":"
				    "[\"2.com\"]}},"
				    "\"a\":{\"network\":{\"deniedDomains\":"
				    "[\"1.com\"]}},"
				    "\"a b c\":{\"network\":{\"deniedDomains\":"
				    "[\"3.com\"]}}}}";
	static const struct {
		const char	*words[4];
		size_t		 n;
	} cases[] = {
		{ { NULL }, 0 }, { { "a", NULL }, 1 },
		{ { "a", "b", NULL }, 2 }, { { "a", "b", "c", NULL }, 3 },
		{ { "a", "x", NULL }, 1 }, { { "b", "a", NULL }, 0 },
		{ { "a b", NULL }, 0 }, { { "/bin/a", "b", NULL }, 0 },
		{ { "ab", NULL }, 0 }, { { "", NULL }, 0 }
	};
	struct settings	*s;
	char		 one[] = "0.com";
	size_t		 i, k;

	(void)state;
	for (i = 0; i < nitems(cases); i++) {
		settings_command((char *const *)(uintptr_t)cases[i].words);
		s = load(text);
		assert_int_equal(s->denied_domains.n, cases[i].n);
		for (k = 0; k < cases[i].n; k++) {
			one[0] = (char)('1' + k);
			assert_string_equal(s->denied_domains.v[k].text, one);
		}
		settings_free(s);
	}
	settings_command(NULL);
	s = load(text);
	assert_int_equal(s->denied_domains.n, 0);
	settings_free(s);
}

/* The policy holds for every text that is read, as of --control-fd. */
static void
test_policy(void **state)
{
	static const char	 policy[] = "{\"network\":{\"deniedDomains\":"
				    "[\"bad.com\"],\"allowedDomains\":"
				    "[\"a.com\"]},\"locked\":"
				    "[\"network.allowSniMismatch\"]}";
	static const char	 locked[] = "{\"network\":{\"allowedDomains\":"
				    "[],\"deniedDomains\":[],"
				    "\"allowSniMismatch\":true},"
				    FILESYSTEM "}";
	struct settings	*s;
	struct errors	 errs;
	int		 i;

	(void)state;
	assert_int_equal(admin_add("/policy", policy, strlen(policy)), 0);
	for (i = 0; i < 2; i++) {
		s = load("{" NETWORK "," FILESYSTEM "}");
		assert_int_equal(s->denied_domains.n, 1);
		assert_string_equal(s->denied_domains.v[0].text, "bad.com");
		assert_true(admin_is_file(s->denied_domains.v[0].file));
		assert_non_null(s->ceiling);
		assert_true(settings_names(s->ceiling,
		    "network.allowedDomains"));
		assert_false(settings_names(s->ceiling,
		    "filesystem.allowWrite"));
		settings_free(s);
		refuse(locked, strlen(locked), &errs);
		assert_string_equal(TAILQ_FIRST(&errs.list)->path,
		    "network.allowSniMismatch");
		errors_free(&errs);
	}
	admin_forget();
	s = load("{" NETWORK "," FILESYSTEM "}");
	assert_int_equal(s->denied_domains.n, 0);
	assert_null(s->ceiling);
	settings_free(s);
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
				    ",\"credentials\":{\"envVars\":["
				    "{\"name\":\"A\",\"mode\":\"deny\"}]}}";
	static const char	 both[] = "{" NETWORK "," FILESYSTEM
				    ",\"credentials\":{\"envVars\":["
				    "{\"name\":\"A\",\"mode\":\"deny\"}]},"
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
		cmocka_unit_test(test_new_values),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_publish),
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_default_path),
		cmocka_unit_test(test_table),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
