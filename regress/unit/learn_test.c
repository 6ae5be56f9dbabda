/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt/learn.h"
#include "suffix.h"

static char	 *own[] = { "/home/me/conf/s.json", "/usr/bin/srt" };

/*
 * From lines such as "make /p/a.o", "first /p/a" (made in an empty directory),
 * "write /p/x", "connect a.test:80", "unix /run/s" to lines of key and entry;
 * "odd" is what no entry can be written for.
 */
static void
check(const struct settings *set, const char *events, const char *want)
{
	static const struct {
		const char	*word;
		enum learn_kind	 kind;
		int		 empty;
	} words[] = {
		{ "make", LEARN_MAKE, 0 },
		{ "first", LEARN_MAKE, 1 },
		{ "write", LEARN_WRITE, 0 },
		{ "connect", LEARN_CONNECT, 0 },
		{ "unix", LEARN_UNIX, 0 }
	};
	struct learn_events	 evs = { NULL, 0 };
	struct learn_limits	 lim = { set, "/home/me", own, nitems(own) };
	struct learn_result	 res;
	char			*text = strdup(events), *line, *arg, *rest;
	char			*got;
	size_t			 i, len;
	FILE			*fp;

	for (rest = text; (line = strsep(&rest, "\n")) != NULL; ) {
		if (*line == '\0')
			continue;
		arg = strchr(line, ' ');
		assert_non_null(arg);
		*arg++ = '\0';
		for (i = 0; i < nitems(words); i++)
			if (strcmp(words[i].word, line) == 0)
				break;
		if (i == nitems(words))
			fail_msg("%s: no such event", line);
		else
			learn_event_add(&evs, words[i].kind, arg,
			    words[i].empty);
	}
	learn_additions(&evs, &lim, &res);
	fp = open_memstream(&got, &len);
	for (i = 0; i < res.n; i++)
		fprintf(fp, "%s %s\n", strchr(res.v[i].key, '.') + 1,
		    res.v[i].entry);
	for (i = 0; i < res.nodd; i++)
		fprintf(fp, "odd %s\n", res.odd[i]);
	fclose(fp);
	assert_string_equal(got, want);
	free(got);
	learn_result_free(&res);
	learn_events_free(&evs);
	free(text);
}

static void
test_nothing(void **state)
{
	(void)state;
	check(NULL, "", "");
}

static void
test_hosts(void **state)
{
	(void)state;
	check(NULL, "connect b.test:443\nconnect a.test:80\n"
	    "connect a.test:443\nconnect a.test:80\n",
	    "allowedDomains a.test:443\nallowedDomains a.test:80\n"
	    "allowedDomains b.test:443\n");
	check(NULL, "connect 192.0.2.1:22\nconnect [2001:db8::1]:22\n"
	    "connect localhost:5432\n",
	    "allowedDomains 192.0.2.1:22\nallowedDomains [2001:db8::1]:22\n"
	    "allowedDomains localhost:5432\n");
}

/* Roles that speak with strangers report it: one host, one port, or nothing. */
static void
test_host_patterns(void **state)
{
	(void)state;
	check(NULL, "connect *.x.test:443\nconnect 10.0.0.0/8:443\n"
	    "connect a.test:1-65535\nconnect b.test\nconnect c.test:1\n",
	    "allowedDomains c.test:1\nodd *.x.test:443\n"
	    "odd 10.0.0.0/8:443\nodd a.test:1-65535\nodd b.test\n");
}

static void
test_host_siblings(void **state)
{
	(void)state;
	check(NULL, "connect a.x.test:443\nconnect b.x.test:443\n"
	    "connect c.x.test:443\n", "allowedDomains a.x.test:443\n"
	    "allowedDomains b.x.test:443\nallowedDomains c.x.test:443\n");
	check(NULL, "connect a.x.test:443\nconnect b.x.test:443\n"
	    "connect c.x.test:443\nconnect d.x.test:443\n"
	    "connect a.x.test:80\n", "allowedDomains *.x.test:443\n"
	    "allowedDomains a.x.test:80\n");
	/* All of a top-level domain is never one. */
	check(NULL, "connect a.test:443\nconnect b.test:443\n"
	    "connect c.test:443\nconnect d.test:443\n",
	    "allowedDomains a.test:443\nallowedDomains b.test:443\n"
	    "allowedDomains c.test:443\nallowedDomains d.test:443\n");
	/* Nor are addresses. */
	check(NULL, "connect 10.0.0.1:1\nconnect 10.0.0.2:1\n"
	    "connect 10.0.0.3:1\nconnect 10.0.0.4:1\n",
	    "allowedDomains 10.0.0.1:1\nallowedDomains 10.0.0.2:1\n"
	    "allowedDomains 10.0.0.3:1\nallowedDomains 10.0.0.4:1\n");
}

static void
test_files(void **state)
{
	(void)state;
	check(NULL, "write /p/x\nwrite /p/x\n", "allowWrite /p/x\n");
	check(NULL, "make /p/x\n", "allowWrite /p\n");
	/* What lies beneath adds nothing. */
	check(NULL, "write /p/q/x\nmake /p/q/r/s\nmake /p/y\nwrite /px\n",
	    "allowWrite /p\nallowWrite /px\n");
}

static void
test_patterns(void **state)
{
	(void)state;
	check(NULL, "make /p/a.o\nmake /p/b.o\nmake /p/c.o\n",
	    "allowWrite /p\n");
	check(NULL, "make /p/a.o\nmake /p/b.o\nmake /p/c.o\nmake /p/d.o\n"
	    "write /p/a.o\nwrite /p/old\n",
	    "allowWrite /p/*.o\nallowWrite /p/old\n");
	/* Nothing else is in it. */
	check(NULL, "first /p/a.o\nmake /p/b.o\nmake /p/c.o\nmake /p/d.o\n",
	    "allowWrite /p\n");
	/* They are not alike. */
	check(NULL, "make /p/a.o\nmake /p/b.o\nmake /p/c.o\nmake /p/d\n",
	    "allowWrite /p\n");
	/* The same name again is not another. */
	check(NULL, "make /p/a.o\nmake /p/a.o\nmake /p/a.o\nmake /p/a.o\n",
	    "allowWrite /p\n");
	check(NULL, "write /p/a.log\nwrite /p/b.log\nwrite /p/c.log\n"
	    "write /p/d.log\n", "allowWrite /p/*.log\n");
	check(NULL, "write /p/a.log\nwrite /p/b.log\nwrite /p/c.log\n"
	    "write /p/d\n", "allowWrite /p/a.log\nallowWrite /p/b.log\n"
	    "allowWrite /p/c.log\nallowWrite /p/d\n");
}

/* The home directory, what holds srt or its settings, and "/". */
static void
test_shut(void **state)
{
	(void)state;
	check(NULL, "make /home/me/out.txt\n",
	    "allowWrite /home/me/out.tx[t]\n");
	check(NULL, "make /home/other\n", "allowWrite /home/othe[r]\n");
	check(NULL, "make /usr/bin/x\nmake /usr/lib/x\n",
	    "allowWrite /usr/bin/[x]\nallowWrite /usr/lib\n");
	check(NULL, "make /home/me/conf/a-\nmake /home/me/conf/--\n",
	    "allowWrite /home/me/conf/[a]-\nodd /home/me/conf/--\n");
	check(NULL, "make /home/me/a.x\nmake /home/me/b.x\n"
	    "first /home/me/c.x\nmake /home/me/d.x\n",
	    "allowWrite /home/me/*.x\n");
	check(NULL, "make /x\nwrite /\nwrite /home/me\nwrite /usr/bin\n",
	    "odd /x\nodd /\nodd /home/me\nodd /usr/bin\n");
	check(NULL, "make /home/me/.\n", "odd /home/me/.\n");
	check(NULL, "make /home/me/conf/x/y\n",
	    "allowWrite /home/me/conf/x\n");
	/* Beneath one that is named so. */
	check(NULL, "make /home/me/new\nmake /home/me/new/x\n",
	    "allowWrite /home/me/ne[w]\n");
}

/* Characters of patterns stand for themselves. */
static void
test_special(void **state)
{
	(void)state;
	check(NULL, "write /p/*\nwrite /p/[id]\nmake /q?/x\n",
	    "allowWrite /p/[*]\nallowWrite /p/[[]id]\nallowWrite /q[?]\n");
	check(NULL, "make /home/me/a*b\nmake /home/me/a]b\n",
	    "allowWrite /home/me/a[*]b\nallowWrite /home/me/a][b]\n");
	/* What was no UTF-8 cannot be written. */
	check(NULL, "write /p/\xef\xbf\xbd\n", "odd /p/\xef\xbf\xbd\n");
}

static void
test_many(void **state)
{
	char	*events = NULL, *more;
	int	 i;

	(void)state;
	/* Different files that were there. */
	for (i = 0; i < LEARN_LISTED + 1; i++) {
		assert_true(asprintf(&more, "%swrite /p/f%d\n",
		    events == NULL ? "" : events, i) != -1);
		free(events);
		events = more;
	}
	check(NULL, events, "allowWrite /p\n");
	free(events);
	events = NULL;
	/* More names in the home directory than one would list. */
	for (i = 0; i < LEARN_NAMED + 1; i++) {
		assert_true(asprintf(&more, "%smake /home/me/f%d\n",
		    events == NULL ? "" : events, i) != -1);
		free(events);
		events = more;
	}
	check(NULL, events, "odd /home/me\n");
	free(events);
}

static void
test_sockets(void **state)
{
	(void)state;
	check(NULL, "unix /run/b\nunix /run/a\nunix /run/a\nunix /run/[x]\n",
	    "allowUnixSockets /run/[[]x]\nallowUnixSockets /run/a\n"
	    "allowUnixSockets /run/b\n");
}

/* What the settings have is not repeated. */
static void
test_known(void **state)
{
	static char		 known[] = "{ \"network\": {"
	    "\"allowedDomains\": [\"*.x.test\", \"y.test:80\"],"
	    "\"deniedDomains\": [], \"allowUnixSockets\": [\"/run/a\"] },"
	    "\"filesystem\": { \"denyRead\": [], \"denyWrite\": [],"
	    "\"allowWrite\": [\"/p\", \"/q/*.o\", \"~/tmp\"] } }";
	struct settings		*set;
	struct errors		 errors;

	(void)state;
	errors_init(&errors);
	assert_int_equal(settings_parse("test", known, strlen(known), &set,
	    &errors), 0);
	check(set, "connect a.x.test:443\nconnect y.test:80\n"
	    "connect y.test:81\nunix /run/a\nwrite /p/x\nmake /p/q/y\n"
	    "write /q/a.o\nwrite /q/a\nmake /home/me/tmp/x\n",
	    "allowedDomains y.test:81\nallowWrite /q/a\n");
	settings_free(set);
	errors_free(&errors);
}

static void
test_suffix(void **state)
{
	(void)state;
	assert_string_equal(name_suffix("a.o"), ".o");
	assert_string_equal(name_suffix("a.tar.gz"), ".gz");
	assert_null(name_suffix("a"));
	assert_null(name_suffix("a."));
	assert_null(name_suffix(".o"));
	assert_null(name_suffix("a.[x]"));
	assert_null(name_suffix("a.0123456789abcdef"));
}

/*
 * As many as the broker tells of.  Where there are too many of them no entry
 * is written for the rest; it must come to an end in any case.
 */
static void
test_flood(void **state)
{
	struct learn_events	 evs = { NULL, 0 };
	struct learn_limits	 lim = { NULL, "/home/me", own, nitems(own) };
	struct learn_result	 res;
	char			 path[64];
	unsigned int		 i;

	(void)state;
	for (i = 0; i < 65536; i++) {
		(void)snprintf(path, sizeof(path), "/p/%u/%u/f%u", i / 640,
		    i / 10, i);
		learn_event_add(&evs, LEARN_WRITE, path, 0);
	}
	learn_additions(&evs, &lim, &res);
	assert_int_not_equal(res.n, 0);
	assert_in_range(res.n, 1, LEARN_ENTRIES);
	assert_int_not_equal(res.nodd, 0);
	learn_result_free(&res);
	learn_events_free(&evs);

	/* In one directory they are one entry, however many. */
	for (i = 0; i < 2 * LEARN_ENTRIES * LEARN_MANY; i++) {
		(void)snprintf(path, sizeof(path), "/p/%u", i);
		learn_event_add(&evs, LEARN_WRITE, path, 0);
	}
	learn_additions(&evs, &lim, &res);
	assert_int_equal(res.n, 1);
	assert_string_equal(res.v[0].entry, "/p");
	assert_int_equal(res.nodd, 0);
	learn_result_free(&res);
	learn_events_free(&evs);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_hosts),
		cmocka_unit_test(test_host_patterns),
		cmocka_unit_test(test_host_siblings),
		cmocka_unit_test(test_files),
		cmocka_unit_test(test_patterns),
		cmocka_unit_test(test_shut),
		cmocka_unit_test(test_special),
		cmocka_unit_test(test_many),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_known),
		cmocka_unit_test(test_suffix),
		cmocka_unit_test(test_flood)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
