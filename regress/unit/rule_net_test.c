/* SPDX-License-Identifier: ISC */

/*
 * What srt adds to COMPAT section 5: networks and ranges of ports; and the
 * administrator's ceiling, and proxies that decide in srt's place.
 */

#include "compat.h"

#include <sys/socket.h>

#include <netinet/in.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "policy.h"
#include "rule.h"

static const enum rule_list	 lists[] = {
	RULE_ALLOW, RULE_DENY, RULE_CEILING
};

static void
add(struct ruleset *set, enum rule_list list, const char *text)
{
	struct rule	*r;
	const char	*why = "unset";

	if ((r = rule_parse(text, list, &why)) == NULL)
		fail_msg("%s: %s", text, why);
	TAILQ_INSERT_TAIL(ruleset_list(set, list), r, entry);
}

static void
host(const char *text, struct host *h)
{
	if (host_parse(text, strlen(text), h) == -1)
		fail_msg("%s: no host", text);
}

static void
test_accept(void **state)
{
	static const struct {
		const char	*text;
		enum rule_kind	 kind;
		const char	*name;
		unsigned int	 prefix;
		uint16_t	 lo, hi;
	} t[] = {
		{ "10.0.0.0/8", RULE_NET, "10.0.0.0", 8, 0, 65535 },
		{ "10.0.0.0/8:443", RULE_NET, "10.0.0.0", 8, 443, 443 },
		{ "10.0.0.0/8:1-1023", RULE_NET, "10.0.0.0", 8, 1, 1023 },
		{ "192.0.2.1/32", RULE_NET, "192.0.2.1", 32, 0, 65535 },
		{ "192.0.2.128/25", RULE_NET, "192.0.2.128", 25, 0, 65535 },
		{ "[fd00::]/8", RULE_NET, "fd00::", 8, 0, 65535 },
		{ "[fc00::]/7:80", RULE_NET, "fc00::", 7, 80, 80 },
		{ "[2001:DB8::]/32:8000-8100", RULE_NET, "2001:db8::", 32,
		    8000, 8100 },
		{ "[::1]/128", RULE_NET, "::1", 128, 0, 65535 },
		{ "[::ffff:10.0.0.0]/104", RULE_NET, "10.0.0.0", 8, 0,
		    65535 },
		{ "a.com:8000-8100", RULE_EXACT, "a.com", 0, 8000, 8100 },
		{ "*.a.com:8000-8100", RULE_SUFFIX, "a.com", 0, 8000, 8100 },
		{ "a.com:80-80", RULE_EXACT, "a.com", 0, 80, 80 },
		{ "a.com:1-65534", RULE_EXACT, "a.com", 0, 1, 65534 },
		{ "a.com:1-65535", RULE_EXACT, "a.com", 0, 0, 65535 },
		{ "localhost:3000-3999", RULE_EXACT, "localhost", 0, 3000,
		    3999 },
		{ "[::1]:1-2", RULE_EXACT, "::1", 0, 1, 2 },
		{ "1.2.3.4:1-2", RULE_EXACT, "1.2.3.4", 0, 1, 2 },
	};
	struct rule	*r;
	const char	*why;
	size_t		 i, k;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		for (k = 0; k < nitems(lists); k++) {
			r = rule_parse(t[i].text, lists[k], &why);
			if (r == NULL)
				fail_msg("%s: %s", t[i].text, why);
			assert_int_equal(r->kind, t[i].kind);
			assert_string_equal(r->host.name, t[i].name);
			assert_int_equal(r->prefix, t[i].prefix);
			assert_int_equal(r->port_lo, t[i].lo);
			assert_int_equal(r->port_hi, t[i].hi);
			assert_string_equal(r->text, t[i].text);
			rule_free(r);
		}
		/* No list without ports, and none of names alone, has them. */
		assert_null(rule_parse(t[i].text, RULE_HOSTS, &why));
		assert_int_equal(strncmp(why, "Invalid domain pattern. ",
		    24), 0);
	}
}

static void
test_refuse(void **state)
{
	static const struct {
		const char	*text;
		const char	*why;		/* its start */
		const char	*cure;		/* or NULL */
	} t[] = {
		{ "10.0.0.1/8", "is no network: its address has bits beyond "
		    "the prefix; write \"10.0.0.0/8\"", "10.0.0.0/8" },
		{ "10.1.2.3/16:80-90", "is no network: its address has bits "
		    "beyond the prefix; write \"10.1.0.0/16:80-90\"",
		    "10.1.0.0/16:80-90" },
		{ "[2001:db8::1]/32:443", "is no network: its address has "
		    "bits beyond the prefix; write \"[2001:db8::]/32:443\"",
		    "[2001:db8::]/32:443" },
		{ "fd00::/8", "is no network: an IPv6 address stands in "
		    "brackets, its prefix behind them; write \"[fd00::]/8\"",
		    "[fd00::]/8" },
		{ "[fd00::/8]:443", "is no network: an IPv6 address stands "
		    "in brackets, its prefix behind them; write "
		    "\"[fd00::]/8:443\"", "[fd00::]/8:443" },
		{ "[10.0.0.0]/8", "is no network: an IPv4 address stands "
		    "without brackets; write \"10.0.0.0/8\"", "10.0.0.0/8" },
		{ "10.0.0.0/33", "is no network: an IPv4 prefix has at most "
		    "32 bits", NULL },
		{ "[fd00::]/129", "is no network: an IPv4 prefix", NULL },
		{ "10.0.0.0/0008", "is no network: an IPv4 prefix", NULL },
		{ "10.1/16", "is no network: its address must be whole, as "
		    "in \"10.0.0.0/8\"", NULL },
		{ "10.0.0.0/", "Invalid domain pattern. ", NULL },
		{ "10.0.0.0/8/9", "Invalid domain pattern. ", NULL },
		{ "10.0.0.0/+8", "Invalid domain pattern. ", NULL },
		{ "10.0.0.0/8:0", "Invalid domain pattern. ", NULL },
		{ "10.0.0.0/8 ", "Invalid domain pattern. ", NULL },
		{ "/8", "Invalid domain pattern. ", NULL },
		{ "a.com/8", "Invalid domain pattern. ", NULL },
		{ "*.a.com/8", "Invalid domain pattern. ", NULL },
		{ "[a.com]/8", "Invalid domain pattern. ", NULL },
		{ "[fd00::]/8junk", "Invalid domain pattern. ", NULL },
		{ "a.com:90-80", "its range of ports runs backwards; write "
		    "\"a.com:80-90\"", "a.com:80-90" },
		{ "[::1]:9-8", "its range of ports runs backwards; write "
		    "\"[::1]:8-9\"", "[::1]:8-9" },
		{ "a.com:-80", "Invalid domain pattern. ", NULL },
		{ "a.com:80-", "Invalid domain pattern. ", NULL },
		{ "a.com:80-90-95", "Invalid domain pattern. ", NULL },
		{ "a.com:80-65536", "Invalid domain pattern. ", NULL },
		{ "a.com:0-80", "Invalid domain pattern. ", NULL },
		{ "a.com:80-090", "Invalid domain pattern. ", NULL },
		{ "a.com:80,90", "Invalid domain pattern. ", NULL },
	};
	struct rule	*r;
	const char	*why;
	size_t		 i, k;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		for (k = 0; k < nitems(lists); k++) {
			r = rule_parse(t[i].text, lists[k], &why);
			if (r != NULL)
				fail_msg("%s: accepted", t[i].text);
			if (strncmp(why, t[i].why, strlen(t[i].why)) != 0)
				fail_msg("%s: %s", t[i].text, why);
			if (t[i].cure == NULL)
				continue;
			r = rule_parse(t[i].cure, lists[k], &why);
			assert_non_null(r);
			rule_free(r);
		}
	}
}

/* Whole families of addresses can be denied, and not allowed. */
static void
test_too_large(void **state)
{
	static const char *const	 t[] = {
		"0.0.0.0/0", "0.0.0.0/7", "10.0.0.0/7", "[::]/0",
		"[fc00::]/6", "[::ffff:0.0.0.0]/96"
	};
	struct rule	*r;
	const char	*why;
	size_t		 i;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		assert_null(rule_parse(t[i], RULE_ALLOW, &why));
		assert_non_null(strstr(why, "too large a network"));
		assert_null(rule_parse(t[i], RULE_CEILING, &why));
		r = rule_parse(t[i], RULE_DENY, &why);
		assert_non_null(r);
		rule_free(r);
	}
}

struct ask {
	const char	*host;
	uint16_t	 port;
	const char	*rule;		/* that decides; NULL: none */
	int		 allow;
};

static void
check(const struct ruleset *set, const struct ask *ask, size_t n)
{
	struct decision	 d;
	struct host	 h;

	for (; n > 0; n--, ask++) {
		host(ask->host, &h);
		rule_decide(set, &h, ask->port, &d);
		if ((d.verdict == VERDICT_ALLOW) != ask->allow ||
		    (d.rule == NULL) != (ask->rule == NULL) ||
		    (ask->rule != NULL && strcmp(d.rule->text,
		    ask->rule) != 0))
			fail_msg("%s:%u: %s by %s", ask->host, ask->port,
			    d.verdict == VERDICT_ALLOW ? "allowed" :
			    d.reason, d.rule == NULL ? "none" : d.rule->text);
		assert_int_equal(d.reason == NULL, ask->allow);
	}
}

static void
test_decide(void **state)
{
	static const struct ask	 t[] = {
		{ "10.0.0.0", 80, "10.0.0.0/8", 1 },
		{ "10.255.255.255", 80, "10.0.0.0/8", 1 },
		{ "9.255.255.255", 80, NULL, 0 },
		{ "11.0.0.0", 80, NULL, 0 },
		{ "0x0a000001", 80, "10.0.0.0/8", 1 },
		{ "::ffff:10.0.0.1", 80, "10.0.0.0/8", 1 },
		/* no IPv4 address by another spelling is allowed */
		{ "64:ff9b::10.0.0.1", 80, NULL, 0 },
		{ "::10.0.0.1", 80, NULL, 0 },
		{ "10.9.0.1", 80, "10.9.0.0/16", 0 },
		{ "64:ff9b::10.9.0.1", 80, "10.9.0.0/16", 0 },
		{ "10.8.0.1", 25, "10.8.0.0/16:1-1023", 0 },
		{ "10.8.0.1", 1024, "10.0.0.0/8", 1 },
		{ "fd12:3456::1", 443, "[fd00::]/8:443", 1 },
		{ "fd12:3456::1", 80, NULL, 0 },
		{ "fe00::1", 443, NULL, 0 },
		{ "a.test", 7999, NULL, 0 },
		{ "a.test", 8000, "a.test:8000-8100", 1 },
		{ "a.test", 8100, "a.test:8000-8100", 1 },
		{ "a.test", 8101, NULL, 0 },
		/* a name is no address, whatever it looks like */
		{ "10.0.0.1.test", 80, NULL, 0 },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(set, RULE_ALLOW, "10.0.0.0/8");
	add(set, RULE_ALLOW, "[fd00::]/8:443");
	add(set, RULE_ALLOW, "a.test:8000-8100");
	add(set, RULE_DENY, "10.9.0.0/16");
	add(set, RULE_DENY, "10.8.0.0/16:1-1023");
	check(set, t, nitems(t));

	host("a.test", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 1);
	host("fd12::1", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 1);
	host("10.9.0.1", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 0);
	ruleset_free(set);
}

/* [::]/0 denies every address, in whichever form; and no name. */
static void
test_deny_all_addresses(void **state)
{
	static const struct ask	 t[] = {
		{ "1.2.3.4", 80, "[::]/0", 0 },
		{ "2001:db8::1", 80, "[::]/0", 0 },
		{ "a.test", 80, "a.test", 1 },
	};
	struct ruleset	*set;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(set, RULE_ALLOW, "1.2.3.4");
	add(set, RULE_ALLOW, "[2001:db8::1]");
	add(set, RULE_ALLOW, "a.test");
	add(set, RULE_DENY, "[::]/0");
	check(set, t, nitems(t));
	ruleset_free(set);
}

static void
test_ceiling(void **state)
{
	static const struct ask	 t[] = {
		{ "a.test", 443, "a.test", 1 },
		{ "a.test", 80, NULL, 0 },
		{ "b.test", 443, NULL, 0 },
		{ "c.test", 443, NULL, 0 },
		{ "10.1.0.1", 80, "10.0.0.0/8", 1 },
		{ "10.2.0.1", 80, NULL, 0 },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(set, RULE_ALLOW, "a.test");
	add(set, RULE_ALLOW, "b.test");
	add(set, RULE_ALLOW, "10.0.0.0/8");
	add(set, RULE_CEILING, "a.test:443");
	add(set, RULE_CEILING, "c.test");
	add(set, RULE_CEILING, "10.1.0.0/16");
	host("b.test", &h);
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_ALLOW);
	assert_int_equal(rule_below_ceiling(set, &h, 443), 1);

	set->flags = RULESET_CEILING;
	check(set, t, nitems(t));
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.list, RULE_CEILING);
	assert_string_equal(d.reason,
	    "the administrator's policy does not allow this host");
	assert_int_equal(rule_below_ceiling(set, &h, 443), 0);
	assert_int_equal(rule_could_allow(set, &h, &d), 0);
	host("a.test", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 1);
	/* A deny entry is told in the first place. */
	add(set, RULE_DENY, "b.test");
	host("b.test", &h);
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.list, RULE_DENY);
	ruleset_free(set);

	/* An empty ceiling lets nothing be allowed. */
	assert_non_null(set = ruleset_new());
	set->flags = RULESET_CEILING;
	add(set, RULE_ALLOW, "a.test");
	host("a.test", &h);
	rule_decide(set, &h, 443, &d);
	assert_int_equal(d.verdict, VERDICT_DENY);
	ruleset_free(set);
}

static void
test_external(void **state)
{
	static const struct ask	 t[] = {
		{ "any.test", 80, NULL, 1 },
		{ "203.0.113.1", 80, NULL, 1 },
		{ "no.test", 80, "no.test", 0 },
		{ "10.1.1.1", 80, "10.0.0.0/8", 0 },
		{ "127.0.0.1", 80, NULL, 0 },
		{ "127.0.0.1", 5432, "127.0.0.1:5432", 1 },
		{ "::1", 80, NULL, 0 },
		{ "0.0.0.0", 80, NULL, 0 },
		{ "::", 80, NULL, 0 },
		{ "localhost", 80, NULL, 0 },
		{ "x.localhost", 80, NULL, 0 },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;

	(void)state;
	assert_non_null(set = ruleset_new());
	set->flags = RULESET_EXTERNAL;
	add(set, RULE_ALLOW, "127.0.0.1:5432");
	add(set, RULE_DENY, "no.test");
	add(set, RULE_DENY, "10.0.0.0/8");
	check(set, t, nitems(t));
	host("any.test", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 1);
	host("no.test", &h);
	assert_int_equal(rule_could_allow(set, &h, &d), 0);
	ruleset_free(set);
}

static enum addr_class
resolved(const struct ruleset *set, const char *addr, uint16_t port)
{
	struct sockaddr_in6	 sin6;
	struct sockaddr_in	 sin;
	struct host		 h, name;

	host(addr, &h);
	host("name.test", &name);
	if (h.kind == HOST_INET) {
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		memcpy(&sin.sin_addr, h.addr, 4);
		return addr_check(set, &name, port, (struct sockaddr *)&sin,
		    NULL);
	}
	memset(&sin6, 0, sizeof(sin6));
	sin6.sin6_family = AF_INET6;
	memcpy(&sin6.sin6_addr, h.addr, 16);
	return addr_check(set, &name, port, (struct sockaddr *)&sin6, NULL);
}

/* What leads to this machine's loopback is denied where that is. */
static void
test_loopback_N21(void **state)
{
	static const struct {
		const char	*deny;
		const char	*host;		/* allowed, but for that */
		int		 allow;
	} t[] = {
		{ "localhost", "0.0.0.0", 0 },
		{ "localhost", "0", 0 },
		{ "localhost", "[::]", 0 },
		{ "localhost", "::ffff:0:0", 0 },
		{ "localhost", "::1", 0 },
		{ "localhost", "127.1.2.3", 0 },
		{ "localhost", "0.0.0.1", 1 },
		{ "localhost", "::2", 1 },
		{ "localhost:81", "0.0.0.0", 1 },
		{ "127.0.0.1", "0.0.0.0", 0 },
		{ "127.0.0.0/8", "0.0.0.0", 0 },
		{ "127.0.0.2", "0.0.0.0", 1 },
		{ "127.0.0.1", "::ffff:0:0", 0 },
		{ "127.0.0.1", "::", 1 },
		{ "[::ffff:127.0.0.1]", "0.0.0.0", 0 },
		{ "[::1]", "::", 0 },
		{ "[::1]:80", "::", 0 },
		{ "[::1]:81", "::", 1 },
		{ "[::1]", "0.0.0.0", 1 },
		{ "0.0.0.0", "127.0.0.1", 1 },
	};
	struct ruleset	*set;
	struct decision	 d;
	struct host	 h;
	char		 entry[64];
	size_t		 i, more;

	(void)state;
	for (i = 0; i < 2 * nitems(t); i++) {
		host(t[i / 2].host, &h);
		(void)snprintf(entry, sizeof(entry), h.kind == HOST_INET6 ?
		    "[%s]" : "%s", h.name);
		assert_non_null(set = ruleset_new());
		add(set, RULE_ALLOW, entry);
		add(set, RULE_DENY, t[i / 2].deny);
		/* So many have an index. */
		for (more = 0; more < i % 2 * 17; more++)
			add(set, RULE_DENY, "n.test");
		(void)ruleset_index(set);
		rule_decide(set, &h, 80, &d);
		if (d.verdict != (t[i / 2].allow ? VERDICT_ALLOW :
		    VERDICT_DENY))
			fail_msg("%s against %s", entry, t[i / 2].deny);
		/* A name may lead there likewise, or with more doubt not. */
		if (h.kind == HOST_INET || !t[i / 2].allow)
			assert_int_equal(resolved(set, t[i / 2].host, 80),
			    t[i / 2].allow ? ADDR_OK : ADDR_DENY_LISTED);
		ruleset_free(set);
	}
}

/* Networks hold for the addresses of names, too (COMPAT section 7). */
static void
test_resolved(void **state)
{
	struct ruleset	*set;

	(void)state;
	assert_non_null(set = ruleset_new());
	add(set, RULE_DENY, "10.0.0.0/8");
	add(set, RULE_DENY, "[fd00::]/8:443");
	add(set, RULE_ALLOW, "127.0.0.0/8:80-90");
	add(set, RULE_ALLOW, "169.254.0.0/16");
	assert_int_equal(resolved(set, "10.1.2.3", 80), ADDR_DENY_LISTED);
	assert_int_equal(resolved(set, "11.1.2.3", 80), ADDR_OK);
	assert_int_equal(resolved(set, "64:ff9b::10.1.2.3", 80),
	    ADDR_DENY_LISTED);
	assert_int_equal(resolved(set, "fd00::1", 443), ADDR_DENY_LISTED);
	assert_int_equal(resolved(set, "fd00::1", 80), ADDR_OK);
	assert_int_equal(resolved(set, "127.0.0.1", 85), ADDR_OK);
	assert_int_equal(resolved(set, "127.0.0.1", 91), ADDR_LOOPBACK);
	assert_int_equal(resolved(set, "169.254.169.254", 80), ADDR_OK);

	/* What a user lists is no exemption that the ceiling does not name. */
	set->flags = RULESET_CEILING;
	assert_int_equal(resolved(set, "169.254.169.254", 80),
	    ADDR_LINK_LOCAL);
	add(set, RULE_CEILING, "169.254.169.0/24");
	assert_int_equal(resolved(set, "169.254.169.254", 80), ADDR_OK);
	assert_int_equal(resolved(set, "169.254.1.1", 80), ADDR_LINK_LOCAL);

	add(set, RULE_DENY, "[::]/0");
	assert_int_equal(resolved(set, "203.0.113.1", 80), ADDR_DENY_LISTED);
	ruleset_free(set);
}

int
main(void)
{
	const struct CMUnitTest	tests[] = {
		cmocka_unit_test(test_accept),
		cmocka_unit_test(test_refuse),
		cmocka_unit_test(test_too_large),
		cmocka_unit_test(test_decide),
		cmocka_unit_test(test_deny_all_addresses),
		cmocka_unit_test(test_ceiling),
		cmocka_unit_test(test_external),
		cmocka_unit_test(test_resolved),
		cmocka_unit_test(test_loopback_N21),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
