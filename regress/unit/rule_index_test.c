/* SPDX-License-Identifier: ISC */

/*
 * Decisions by the index are those of a walk over the lists, rule for rule:
 * random sets, made so that many entries share a host and many hosts match.
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

#define SETS	300
#define HOSTS	400

static uint64_t	 seed = 0x5eed;

/* xorshift64*: the same numbers on every machine. */
static unsigned int
any(unsigned int below)
{
	seed ^= seed >> 12;
	seed ^= seed << 25;
	seed ^= seed >> 27;
	return (unsigned int)((seed * 2685821657736338717ULL) >> 33) % below;
}

static void
random_name(char *buf, size_t size, unsigned int labels)
{
	static const char *const	 words[] = {
		"a", "b", "com", "x-y"
	};
	size_t				 len = 0;

	buf[0] = '\0';
	while (labels-- > 0)
		len += (size_t)snprintf(buf + len, size - len, "%s%s",
		    words[any(nitems(words))], labels > 0 ? "." : "");
}

static unsigned int
octet(void)
{
	static const unsigned int	 few[] = { 0, 10, 127 };

	return few[any(nitems(few))];
}

/* An address whose bits beyond the prefix are 0. */
static void
random_net(char *buf, size_t size, int inet6, unsigned int prefix)
{
	unsigned char	 a[16] = { 0 };
	unsigned int	 i, bits = inet6 ? 128 : 32;
	size_t		 len = 0;

	for (i = 0; i < bits / 8; i++)
		a[i] = (unsigned char)octet();
	/* Some in the forms that carry an IPv4 address. */
	if (inet6 && any(3) == 0) {
		memset(a, 0, 12);
		if (any(2) == 0)
			a[10] = a[11] = 0xff;
	}
	for (i = prefix; i < bits; i++)
		a[i / 8] &= (unsigned char)~(0x80U >> i % 8);
	if (!inet6) {
		(void)snprintf(buf, size, "%u.%u.%u.%u", a[0], a[1], a[2],
		    a[3]);
		return;
	}
	for (i = 0; i < 16; i += 2)
		len += (size_t)snprintf(buf + len, size - len, "%s%x",
		    i > 0 ? ":" : "", (unsigned int)a[i] << 8 | a[i + 1]);
}

static void
random_ports(char *buf, size_t size)
{
	unsigned int	 lo = 1 + any(8), hi = lo + any(6);

	buf[0] = '\0';
	switch (any(3)) {
	case 0:
		(void)snprintf(buf, size, ":%u", lo);
		break;
	case 1:
		(void)snprintf(buf, size, ":%u-%u", lo, hi);
		break;
	}
}

static void
random_entry(char *buf, size_t size, enum rule_list list)
{
	char		 name[128], ports[32] = "";
	unsigned int	 prefix;
	int		 inet6 = any(2) == 0;

	if (list != RULE_HOSTS)
		random_ports(ports, sizeof(ports));
	switch (any(list == RULE_HOSTS ? 3 : 6)) {
	case 0:
	case 1:
		random_name(name, sizeof(name), 2 + any(3));
		(void)snprintf(buf, size, "%s%s", name, ports);
		return;
	case 2:
		random_name(name, sizeof(name), 2 + any(3));
		(void)snprintf(buf, size, "*.%s%s", name, ports);
		return;
	case 3:
		random_net(name, sizeof(name), inet6, 128);
		(void)snprintf(buf, size, inet6 ? "[%s]%s" : "%s%s", name,
		    ports);
		return;
	case 4:
		if (any(60) == 0) {
			(void)snprintf(buf, size, "*%s", ports);
			return;
		}
		/* FALLTHROUGH */
	default:
		prefix = any(inet6 ? 129 : 33);
		random_net(name, sizeof(name), inet6, prefix);
		(void)snprintf(buf, size, inet6 ? "[%s]/%u%s" : "%s/%u%s",
		    name, prefix, ports);
		return;
	}
}

/* The entry to both sets, if it is one. */
static void
add(struct ruleset *sets[2], enum rule_list list, const char *text,
    uint32_t index)
{
	struct rule	*r;
	const char	*why;
	size_t		 i;

	for (i = 0; i < 2; i++) {
		if ((r = rule_parse(text, list, &why)) == NULL)
			return;
		r->index = index;
		TAILQ_INSERT_TAIL(ruleset_list(sets[i], list), r, entry);
	}
}

static void
add_range(struct ruleset *sets[2])
{
	struct addr_range	*r;
	const char		*why;
	char			 net[128], text[160];
	unsigned int		 prefix;
	size_t			 i;
	int			 inet6 = any(2) == 0;

	prefix = any(inet6 ? 129 : 33);
	random_net(net, sizeof(net), inet6, prefix);
	(void)snprintf(text, sizeof(text), "%s/%u", net, prefix);
	for (i = 0; i < 2; i++) {
		if ((r = addr_range_parse(text, &why)) == NULL)
			return;
		TAILQ_INSERT_TAIL(&sets[i]->denyaddr, r, entry);
	}
}

static void
random_host(struct host *h)
{
	char	 text[128];

	switch (any(4)) {
	case 0:
		random_net(text, sizeof(text), 0, 32);
		break;
	case 1:
		random_net(text, sizeof(text), 1, 128);
		break;
	default:
		random_name(text, sizeof(text), 2 + any(4));
		break;
	}
	if (host_parse(text, strlen(text), h) == -1)
		assert_int_equal(host_parse("a.com", 5, h), 0);
}

static void
same_rule(const struct rule *a, const struct rule *b)
{
	assert_int_equal(a == NULL, b == NULL);
	if (a == NULL || b == NULL)
		return;
	assert_int_equal(a->index, b->index);
	assert_string_equal(a->text, b->text);
}

static void
same_decision(const struct decision *a, const struct decision *b)
{
	assert_int_equal(a->verdict, b->verdict);
	assert_int_equal(a->list, b->list);
	same_rule(a->rule, b->rule);
	assert_int_equal(a->reason == NULL, b->reason == NULL);
	if (a->reason != NULL)
		assert_string_equal(a->reason, b->reason);
}

static void
same_address(struct ruleset *sets[2], const struct host *name,
    const struct host *h, uint16_t port)
{
	struct sockaddr_in	 in = { .sin_family = AF_INET };
	struct sockaddr_in6	 in6 = { .sin6_family = AF_INET6 };
	const void		*sa;

	memcpy(&in.sin_addr, h->addr, 4);
	memcpy(&in6.sin6_addr, h->addr, 16);
	sa = h->kind == HOST_INET ? (void *)&in : (void *)&in6;
	assert_int_equal(addr_check(sets[0], name, port, sa, NULL),
	    addr_check(sets[1], name, port, sa, NULL));
}

static unsigned int
compare(struct ruleset *sets[2], const struct host *name)
{
	struct decision	 a, b;
	struct host	 h;
	uint16_t	 port = (uint16_t)any(10);
	unsigned int	 list;

	random_host(&h);
	rule_decide(sets[0], &h, port, &a);
	rule_decide(sets[1], &h, port, &b);
	same_decision(&a, &b);
	assert_int_equal(rule_could_allow(sets[0], &h, &a),
	    rule_could_allow(sets[1], &h, &b));
	same_decision(&a, &b);
	assert_int_equal(rule_below_ceiling(sets[0], &h, port),
	    rule_below_ceiling(sets[1], &h, port));
	for (list = 0; list < RULE_LIST_MAX; list++) {
		same_rule(ruleset_find(sets[0], list, &h, port),
		    ruleset_find(sets[1], list, &h, port));
		same_rule(ruleset_find_named(sets[0], list, &h, port),
		    ruleset_find_named(sets[1], list, &h, port));
	}
	if (h.kind != HOST_NAME)
		same_address(sets, name, &h, port);
	return ruleset_find(sets[1], RULE_ALLOW, &h, port) != NULL;
}

static void
test_random(void **state)
{
	struct ruleset	*sets[2];
	struct host	 name;
	char		 text[256];
	unsigned int	 i, j, n, matched = 0;
	enum rule_list	 list;

	(void)state;
	assert_int_equal(host_parse("zz.test", 7, &name), 0);
	for (i = 0; i < SETS; i++) {
		assert_non_null(sets[0] = ruleset_new());
		assert_non_null(sets[1] = ruleset_new());
		n = any(i % 10 == 0 ? 2000 : 60);
		for (j = 0; j < n; j++) {
			list = (enum rule_list)any(RULE_LIST_MAX);
			random_entry(text, sizeof(text), list);
			add(sets, list, text, j);
			if (any(8) == 0)
				add_range(sets);
		}
		sets[0]->flags = sets[1]->flags =
		    any(2) == 0 ? RULESET_CEILING : 0;
		(void)ruleset_index(sets[1]);
		for (j = 0; j < HOSTS; j++)
			matched += compare(sets, &name);
		ruleset_free(sets[0]);
		ruleset_free(sets[1]);
	}
	/* Else nothing has been shown. */
	assert_in_range(matched, SETS * HOSTS / 20, SETS * HOSTS / 20 * 19);
}

/* One host with every port on its own, from the last to the first. */
static void
test_ports(void **state)
{
	struct ruleset	*sets[2];
	struct host	 h;
	char		 text[64];
	unsigned int	 port;
	size_t		 bytes;

	(void)state;
	assert_non_null(sets[0] = ruleset_new());
	assert_non_null(sets[1] = ruleset_new());
	for (port = 4000; port > 0; port--) {
		(void)snprintf(text, sizeof(text), "a.com:%u", port);
		add(sets, RULE_ALLOW, text, port);
	}
	add(sets, RULE_ALLOW, "a.com:3000-65535", 0);
	add(sets, RULE_ALLOW, "a.com", 4001);
	bytes = ruleset_index(sets[1]);
	assert_in_range(bytes, 4000, 4002 * 200);
	assert_int_equal(host_parse("a.com", 5, &h), 0);
	for (port = 0; port <= 4100; port++)
		same_rule(ruleset_find(sets[0], RULE_ALLOW, &h,
		    (uint16_t)port), ruleset_find(sets[1], RULE_ALLOW, &h,
		    (uint16_t)port));
	same_rule(ruleset_find(sets[0], RULE_ALLOW, &h, 65535),
	    ruleset_find(sets[1], RULE_ALLOW, &h, 65535));
	assert_int_equal(ruleset_find(sets[1], RULE_ALLOW, &h, 65535)->index,
	    0);
	assert_int_equal(ruleset_find(sets[1], RULE_ALLOW, &h, 0)->index,
	    4001);
	ruleset_free(sets[0]);
	ruleset_free(sets[1]);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_random),
		cmocka_unit_test(test_ports)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
