/* SPDX-License-Identifier: ISC */

/*
 * What a decision costs with ever longer lists: by the index, and by a walk
 * over the same lists in turns with it.
 *
 *	bench_rules [ROUNDS]
 *
 * Each line: rules, nanoseconds by the index (median of the rounds, the
 * slowest), by the walk (the same), bytes of the index.
 */

#include "compat.h"

#include <err.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "rule.h"

#define HOSTS		512
#define ROUNDS_MAX	101
#define WALKED		2000000	/* rules looked at in a round of the walk */

static struct host	 hosts[HOSTS];
static unsigned int	 allowed;	/* so that nothing is left out */

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000000 + (uint64_t)ts.tv_nsec;
}

static void
add(struct ruleset *set, enum rule_list list, const char *text)
{
	struct rule	*r;
	const char	*why;

	if ((r = rule_parse(text, list, &why)) == NULL)
		errx(1, "%s: %s", text, why);
	TAILQ_INSERT_TAIL(ruleset_list(set, list), r, entry);
}

/* Of every kind, one in four a denial. */
static void
entry(char *buf, size_t size, unsigned int i)
{
	switch (i % 5) {
	case 0:
		(void)snprintf(buf, size, "*.zone%u.example.com", i);
		break;
	case 1:
		(void)snprintf(buf, size, "host%u.example.net:443", i);
		break;
	case 2:
		(void)snprintf(buf, size, "host%u.example.net", i);
		break;
	case 3:
		(void)snprintf(buf, size, "10.%u.%u.0/%u", i / 256 % 256,
		    i % 256, 24 + i % 3);
		break;
	default:
		(void)snprintf(buf, size, "[2001:db8:%x::]/%u:80-443",
		    i % 65536, 48 + i % 8);
		break;
	}
}

static struct ruleset *
make(unsigned int n)
{
	struct ruleset	*set;
	char		 text[128];
	unsigned int	 i;

	if ((set = ruleset_new()) == NULL)
		err(1, "ruleset_new");
	for (i = 0; i < n; i++) {
		entry(text, sizeof(text), i);
		add(set, i % 4 == 0 ? RULE_DENY : RULE_ALLOW, text);
	}
	return set;
}

/* Half of them match something, spread over the whole list. */
static void
ask(unsigned int n)
{
	char		 text[128];
	unsigned int	 i, rule;

	for (i = 0; i < HOSTS; i++) {
		rule = (unsigned int)((uint64_t)i * n / HOSTS);
		switch (i % 4) {
		case 0:
			(void)snprintf(text, sizeof(text),
			    "a.b.c.zone%u.example.com", rule / 5 * 5);
			break;
		case 1:
			(void)snprintf(text, sizeof(text),
			    "host%u.example.net", rule);
			break;
		case 2:
			(void)snprintf(text, sizeof(text), "10.%u.%u.7",
			    rule / 256 % 256, rule % 256);
			break;
		default:
			(void)snprintf(text, sizeof(text),
			    "www%u.some.longer.name.of.another.org", i);
			break;
		}
		if (host_parse(text, strlen(text), &hosts[i]) == -1)
			errx(1, "%s: no host", text);
	}
}

static uint64_t
round_ns(const struct ruleset *set, unsigned int times)
{
	struct decision	 d;
	uint64_t	 start = now();
	unsigned int	 i;

	for (i = 0; i < times; i++) {
		rule_decide(set, &hosts[i % HOSTS], 443, &d);
		allowed += d.verdict == VERDICT_ALLOW;
	}
	return (now() - start) / times;
}

static int
by_size(const void *a, const void *b)
{
	const uint64_t	*x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

static void
bench(unsigned int n, unsigned int rounds)
{
	struct ruleset	*walk = make(n), *indexed = make(n);
	uint64_t	 w[ROUNDS_MAX] = { 0 }, x[ROUNDS_MAX] = { 0 };
	size_t		 bytes = ruleset_index(indexed);
	unsigned int	 i;

	ask(n);
	for (i = 0; i < rounds; i++) {
		x[i] = round_ns(indexed, 20 * HOSTS);
		w[i] = round_ns(walk, WALKED / n + 1);
	}
	qsort(x, rounds, sizeof(x[0]), by_size);
	qsort(w, rounds, sizeof(w[0]), by_size);
	printf("%u %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %zu\n", n,
	    x[rounds / 2], x[rounds - 1], w[rounds / 2], w[rounds - 1],
	    bytes);
	ruleset_free(walk);
	ruleset_free(indexed);
}

int
main(int argc, char *argv[])
{
	static const unsigned int	 sizes[] = { 2, 4, 10, 100, 1000, 10000,
					    100000 };
	const char			*errstr = NULL;
	unsigned int			 rounds = 11;
	size_t				 i;

	if (argc > 1)
		rounds = (unsigned int)strtonum(argv[1], 1, ROUNDS_MAX,
		    &errstr);
	if (errstr != NULL)
		errx(1, "%s: %s", argv[1], errstr);
	for (i = 0; i < nitems(sizes); i++)
		bench(sizes[i], rounds);
	return allowed == 0;
}
