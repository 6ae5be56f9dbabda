/* SPDX-License-Identifier: ISC */

/*
 * What --explain says, against the functions that decide: for hosts over
 * rules and questions by chance, for paths in a tree of its own.  That these
 * functions are what a run goes by is for the end-to-end test.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt/explain.h"

#define POLICIES	150
#define QUESTIONS	40

static char		 top[PATH_MAX];
static struct settings	*set;
static struct policy	 policy;
static struct explain	*ex;
static struct answer	 answer;
static int		 profile;	/* as on macOS */

static void
log_nothing(enum log_level level, const char *text)
{
	(void)level;
	(void)text;
}

static void
drop(void)
{
	answer_free(&answer);
	if (ex == NULL)
		return;
	explain_free(ex);
	ex = NULL;
	paths_free(&policy.paths);
	guards_free(&policy.guards);
	settings_free(set);
}

/* The settings are two objects without their braces. */
static void
load(const char *network, const char *filesystem)
{
	struct errors	 errs;
	char		*text;

	drop();
	(void)xasprintf(&text, "{ \"network\": { %s },\n\"filesystem\": { %s "
	    "} }\n", network, filesystem);
	errors_init(&errs);
	if (settings_parse("test.json", text, strlen(text), &set, &errs) == -1)
		fail_msg("%s: %s", text, TAILQ_FIRST(&errs.list)->text);
	errors_free(&errs);
	free(text);
	set->profile = profile;
	memset(&policy, 0, sizeof(policy));
	TAILQ_INIT(&policy.paths);
	guards_init(&policy.guards);
	policy.settings = set;
	policy.cwd = top;
	if (set->git_config)
		policy.flags |= EXEC_GIT_CONFIG;
	if (set->strict_reads)
		policy.flags |= EXEC_STRICT_READS;
	assert_int_equal(paths_resolve(set, top, NULL, 0, &policy.paths,
	    &policy.guards), 0);
	ex = explain_new(&policy);
}

#define NETWORK	"\"allowedDomains\": [], \"deniedDomains\": []"
#define FILES	"\"denyRead\": [], \"allowWrite\": [], \"denyWrite\": []"

/* "allow network.allowedDomains[0] "x" test.json:1", or what is wrong. */
static const char *
ask(const char *query)
{
	static char	 text[4096];
	const char	*why;

	answer_free(&answer);
	if ((why = explain_ask(ex, query, &answer)) != NULL)
		return why;
	(void)snprintf(text, sizeof(text), "%s %s %s:%u",
	    answer.allowed ? "allow" : "deny", answer.rule,
	    answer.file == NULL ? "-" : answer.file, answer.line);
	return text;
}

static int
allows(const char *query)
{
	const char	*text = ask(query);

	if (strncmp(text, "allow ", 6) != 0 && strncmp(text, "deny ", 5) != 0)
		fail_msg("%s: %s", query, text);
	return answer.allowed;
}

static void
test_hosts(void **state)
{
	(void)state;
	load("\"allowedDomains\": [\"a.test:443\",\n\"*.b.test\"], "
	    "\"deniedDomains\": [\"x.b.test:80\"],\n"
	    "\"deniedDomainReasons\": {\"x.b.test:80\": \"because\"}", FILES);
	assert_string_equal(ask("a.test:443"),
	    "allow network.allowedDomains[0] \"a.test:443\" test.json:1");
	assert_string_equal(answer.cure,
	    "\"network\": {\"deniedDomains\": [\"a.test:443\"]}");
	assert_string_equal(ask("a.test:80"),
	    "deny network.allowedDomains test.json:1");
	assert_string_equal(answer.cure,
	    "\"network\": {\"allowedDomains\": [\"a.test:80\"]}");
	assert_string_equal(ask("X.B.test.:80"),
	    "deny network.deniedDomains[0] \"x.b.test:80\" test.json:2");
	assert_string_equal(answer.cure,
	    "remove \"x.b.test:80\" from network.deniedDomains");
	assert_string_equal(answer.note, "because");
	assert_string_equal(ask("y.b.test"),
	    "allow network.allowedDomains[1] \"*.b.test\" test.json:2");
	assert_null(strstr(answer.note, "ports"));
	assert_true(allows("x.b.test"));
	assert_non_null(strstr(answer.note, "1-79, 81-65535"));
	assert_false(allows("2001:db8::1"));
	assert_string_equal(answer.cure, "\"network\": {\"allowedDomains\": "
	    "[\"[2001:db8::1]\"]}");
	assert_false(allows("single:80"));
	assert_null(answer.cure);
	assert_string_equal(ask("a b:80"), "deny malformed host -:0");
}

static void
test_mistakes(void **state)
{
	static const char *const	 wrong[] = {
		"", "a.test:", "a.test:0", "a.test:65536", "a.test:+1",
		"a.test: 1", "[::1", "[::1]1", "read:", "write:", "unix:"
	};
	size_t	 i;

	(void)state;
	load(NETWORK, FILES);
	for (i = 0; i < nitems(wrong); i++) {
		assert_non_null(explain_ask(ex, wrong[i], &answer));
		assert_null(answer.rule);
	}
}

static void
test_loopback(void **state)
{
	(void)state;
	load("\"allowedDomains\": [\"localhost:5432\"], "
	    "\"deniedDomains\": [\"127.0.0.2\"]", FILES);
	assert_true(allows("localhost:5432"));
	assert_true(allows("127.0.0.1:5432"));
	assert_non_null(strstr(answer.note, "connect(2)"));
	assert_true(allows("[::1]:5432"));
	assert_false(allows("127.0.0.1:5433"));
	assert_false(allows("127.0.0.2:5432"));
	/* Which leads there. */
	assert_true(allows("0.0.0.0:5432"));
	assert_non_null(strstr(answer.note, "connect(2)"));
	assert_false(allows("[::]:5433"));

	load("\"allowedDomains\": [\"a.localhost:80-81\", \"b.localhost:81-82\", "
	    "\"*.c.localhost\"], \"deniedDomains\": [\"a.localhost:81\", "
	    "\"b.localhost:82\"]", FILES);
	assert_true(allows("127.0.0.1:80"));
	assert_true(allows("localhost:80"));
	assert_true(allows("a.localhost:80"));
	assert_true(allows("[::1]:81"));
	assert_string_equal(answer.rule,
	    "network.allowedDomains[1] \"b.localhost:81-82\"");
	assert_false(allows("127.0.0.1:82"));
	assert_false(allows("127.0.0.1:83"));
	/* No name that an address could be. */
	assert_true(allows("x.c.localhost:83"));
	assert_non_null(strstr(answer.note, "proxies alone"));
}

static const char *const	 hosts[] = {
	"a.test", "b.a.test", "c.b.a.test", "d.test", "10.1.2.3", "10.1.9.9",
	"192.0.2.1", "2001:db8::1", "2001:db8:1::9"
};

static char *
random_rules(unsigned int *seed, size_t most)
{
	static const char *const	 names[] = {
		"a.test", "*.a.test", "b.a.test", "*.b.a.test", "d.test",
		"10.1.2.3", "10.1.0.0/16", "10.0.0.0/8", "[2001:db8::]/32",
		"[2001:db8::1]", "192.0.2.1"
	};
	static const char *const	 ports[] = {
		"", "", ":80", ":443", ":80-90", ":1-1023", ":8000-65535"
	};
	char	*text = xstrdup(""), *more;
	size_t	 i, n = (size_t)rand_r(seed) % (most + 1);

	for (i = 0; i < n; i++) {
		(void)xasprintf(&more, "%s%s\"%s%s\"", text, i == 0 ? "" :
		    ", ", names[(size_t)rand_r(seed) % nitems(names)],
		    ports[(size_t)rand_r(seed) % nitems(ports)]);
		free(text);
		text = more;
	}
	return text;
}

static int
decided(const char *name, uint16_t port)
{
	struct decision	 d;
	struct host	 host;

	assert_int_equal(host_parse(name, strlen(name), &host), 0);
	rule_decide(ex->rules, &host, port, &d);
	return d.verdict == VERDICT_ALLOW;
}

static void
test_hosts_by_chance(void **state)
{
	static const uint16_t	 ports[] = {
		1, 80, 85, 443, 1024, 8000, 65535
	};
	const char		*name;
	char			*allow, *deny, *text, query[128];
	unsigned int		 seed = 11, i, k, yes = 0, p, any;
	uint16_t		 port;

	(void)state;
	for (i = 0; i < POLICIES; i++) {
		allow = random_rules(&seed, 6);
		deny = random_rules(&seed, 3);
		(void)xasprintf(&text, "\"allowedDomains\": [%s], "
		    "\"deniedDomains\": [%s]", allow, deny);
		load(text, FILES);
		for (k = 0; k < QUESTIONS; k++) {
			name = hosts[(size_t)rand_r(&seed) % nitems(hosts)];
			port = ports[(size_t)rand_r(&seed) % nitems(ports)];
			(void)snprintf(query, sizeof(query), strchr(name,
			    ':') != NULL ? "[%s]:%u" : "%s:%u", name, port);
			if (allows(query) != decided(name, port))
				fail_msg("%s: %s", text, query);
			yes += (unsigned int)answer.allowed;
		}
		name = hosts[i % nitems(hosts)];
		for (p = 1, any = 0; p <= UINT16_MAX && !any; p++)
			any = (unsigned int)decided(name, (uint16_t)p);
		if (allows(name) != (int)any)
			fail_msg("%s: %s on any port", text, name);
		free(text);
		free(allow);
		free(deny);
	}
	assert_in_range(yes, POLICIES, POLICIES * (QUESTIONS - 1));
}

static void
make_file(const char *name)
{
	char	 path[2 * PATH_MAX];
	int	 fd;

	(void)snprintf(path, sizeof(path), "%s/%s", top, name);
	if ((fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644)) == -1)
		fail_msg("%s: %s", path, strerror(errno));
	(void)close(fd);
}

static void
test_paths(void **state)
{
	(void)state;
	load(NETWORK, "\"denyRead\": [\"shut\",\n\"**/*.key\"], "
	    "\"allowRead\": [\"shut/open\"],\n\"allowWrite\": [\".\"], "
	    "\"denyWrite\": [\"*.lock\", \"gone\"]");
	assert_true(allows("./f"));
	assert_string_equal(ask("shut/f"),
	    "deny filesystem.denyRead[0] \"shut\" test.json:2");
	assert_string_equal(ask("./a.key"),
	    "deny filesystem.denyRead[1] \"**/*.key\" test.json:3");
	assert_string_equal(ask("shut/open/f"),
	    "allow filesystem.allowRead[0] \"shut/open\" test.json:3");
	assert_string_equal(ask("write:f"),
	    "allow filesystem.allowWrite[0] \".\" test.json:4");
	assert_string_equal(ask("write:x.lock"),
	    "deny filesystem.denyWrite[0] \"*.lock\" test.json:4");
	assert_string_equal(ask("write:gone/x"),
	    "deny filesystem.denyWrite[1] \"gone\" test.json:4");
	assert_string_equal(ask("write:.bashrc"), "deny mandatory -:0");
	assert_null(answer.cure);
	assert_string_equal(ask("write:/usr/x"),
	    "deny filesystem.allowWrite test.json:4");
	assert_string_equal(answer.cure,
	    "\"filesystem\": {\"allowWrite\": [\"/usr\"]}");
	/* By a link, and by the name that has been shut. */
	assert_string_equal(ask("./away"),
	    "deny filesystem.denyRead[0] \"shut\" test.json:2");
	assert_false(allows("write:away"));
	assert_true(allows("write:new"));
	assert_false(allows("write:shut/new"));
}

static void
test_later_files(void **state)
{
	(void)state;
	load(NETWORK, "\"denyRead\": [\"*.pem\"], \"allowWrite\": [\".\"], "
	    "\"denyWrite\": []");
	assert_true(allows("./later.pem"));
	assert_non_null(strstr(answer.note, "not there now"));
	load(NETWORK, "\"denyRead\": [\"*.pem\"], \"allowWrite\": [\".\"], "
	    "\"denyWrite\": [], \"strictReadGlobs\": true");
	assert_string_equal(ask("./later.pem"),
	    "deny filesystem.denyRead[0] \"*.pem\" test.json:2");
	assert_false(allows("write:later.pem"));
}

static void
test_ceiling(void **state)
{
	static const char	 text[] = "{\"network\": {\"allowedDomains\":\n"
				    "[\"a.test\"], \"deniedDomains\": "
				    "[\"b.a.test\"]}, \"filesystem\": {\n"
				    "\"allowWrite\": [\"/nowhere\"]}}";

	(void)state;
	drop();
	assert_int_equal(admin_add("admin.json", text, strlen(text)), 0);
	load("\"allowedDomains\": [\"a.test\", \"d.test\"], "
	    "\"deniedDomains\": []", "\"denyRead\": [], \"allowWrite\": "
	    "[\".\"], \"denyWrite\": []");
	assert_true(allows("a.test:443"));
	assert_string_equal(ask("d.test:443"), "deny the administrator's "
	    "network.allowedDomains admin.json:2");
	assert_string_equal(ask("b.a.test:443"),
	    "deny network.deniedDomains[0] \"b.a.test\" admin.json:2");
	assert_non_null(strstr(answer.cure, "the administrator can"));
	assert_false(allows("write:f"));
	drop();
	admin_forget();
}

static int
setup(void **state)
{
	char	 dir[] = "/tmp/explain_test.XXXXXX", path[2 * PATH_MAX];

	(void)state;
	log_setsink(log_nothing);
	if (mkdtemp(dir) == NULL || realpath(dir, top) == NULL)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/shut", top);
	if (mkdir(path, 0755) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/shut/open", top);
	if (mkdir(path, 0755) == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "%s/away", top);
	if (symlink("shut/f", path) == -1)
		return -1;
	make_file("f");
	make_file("a.key");
	make_file("shut/f");
	make_file("shut/open/f");
	return 0;
}

static int
teardown(void **state)
{
	static const char *const	 names[] = {
		"shut/open/f", "shut/open", "shut/f", "shut", "a.key", "f",
		"away", ""
	};
	char	 path[2 * PATH_MAX];
	size_t	 i;

	(void)state;
	drop();
	for (i = 0; i < nitems(names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", top, names[i]);
		if (remove(path) == -1)
			return -1;
	}
	return 0;
}

/* What is different on macOS, where a profile holds the command. */
static void
test_profile(void **state)
{
	(void)state;
	profile = 1;
	load("\"allowedDomains\": [], \"deniedDomains\": [],\n"
	    "\"allowLocalBinding\": true", "\"denyRead\": [\"/\"], "
	    "\"allowWrite\": [], \"denyWrite\": []");
	assert_true(allows("read:/"));
	assert_non_null(strstr(answer.note, "listed"));
	assert_false(allows("write:/"));
	assert_false(allows("read:/etc"));
	assert_true(allows("write:/dev/null"));
	assert_false(allows("read:/dev/full"));
	assert_string_equal(ask("127.0.0.1:80"),
	    "allow network.allowLocalBinding test.json:2");
	assert_false(allows("192.0.2.1:80"));
	load(NETWORK, "\"denyRead\": [\"/dev/null\"], \"allowWrite\": "
	    "[\"/\"], \"denyWrite\": [\"/dev/zero\", \"/dev/none1\"]");
	assert_false(allows("write:/dev/none1"));
	assert_false(allows("read:/dev/null"));
	assert_false(allows("write:/dev/zero"));
	assert_true(allows("read:/dev/zero"));
	assert_true(allows("write:/proc/x"));
	assert_false(allows("127.0.0.1:80"));
	profile = 0;
	load(NETWORK, "\"denyRead\": [\"/\"], \"allowWrite\": [], "
	    "\"denyWrite\": []");
	assert_false(allows("read:/"));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_mistakes),
		cmocka_unit_test(test_loopback),
		cmocka_unit_test(test_hosts_by_chance),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_later_files),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_profile)
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
