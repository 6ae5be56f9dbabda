/* SPDX-License-Identifier: ISC */

/*
 * Decides what the lines of standard input ask, words separated by tabs:
 *
 *	entry allow|deny ENTRY			"ok" or "no"
 *	host HOST PORT ALLOWS DENIES		"allow", "deny" or "malformed",
 *						with ALLOWS and DENIES separated
 *						by spaces, all good entries
 *	path PATTERN PATH			1 or 0: does it match, does it
 *						cover; or "none"
 */

#include "compat.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "policy.h"
#include "rule.h"

#define WORDS	5

static enum rule_list
list_of(const char *name)
{
	return strcmp(name, "allow") == 0 ? RULE_ALLOW : RULE_DENY;
}

static void
entry(char **w)
{
	struct rule	*r;
	const char	*why;

	r = rule_parse(w[2], list_of(w[1]), &why);
	puts(r == NULL ? "no" : "ok");
	rule_free(r);
}

static void
add(struct rules *rules, enum rule_list list, char *entries)
{
	struct rule	*r;
	const char	*why;
	char		*one;

	while ((one = strsep(&entries, " ")) != NULL) {
		if (*one == '\0')
			continue;
		if ((r = rule_parse(one, list, &why)) == NULL)
			errx(1, "%s: %s", one, why);
		TAILQ_INSERT_TAIL(rules, r, entry);
	}
}

/* By the index and by the list: they must agree. */
static void
host(char **w)
{
	struct ruleset	*set;
	struct decision	 d, again;
	struct host	 h;
	uint16_t	 port = (uint16_t)strtoul(w[2], NULL, 10);

	if (host_parse(w[1], strlen(w[1]), &h) == -1) {
		puts("malformed");
		return;
	}
	if ((set = ruleset_new()) == NULL)
		err(1, NULL);
	add(&set->allow, RULE_ALLOW, w[3]);
	add(&set->deny, RULE_DENY, w[4]);
	rule_decide(set, &h, port, &d);
	(void)ruleset_index(set);
	rule_decide(set, &h, port, &again);
	if (d.verdict != again.verdict || d.rule != again.rule)
		errx(1, "the index decides otherwise");
	puts(d.verdict == VERDICT_ALLOW ? "allow" : "deny");
	ruleset_free(set);
}

static void
path(char **w)
{
	struct pattern	*p;

	if ((p = pattern_new(w[1])) == NULL) {
		puts("none");
		return;
	}
	printf("%d %d\n", pattern_match(p, w[2]), pattern_covers(p, w[2]));
	pattern_free(p);
}

int
main(void)
{
	char	*line = NULL, *rest, *w[WORDS];
	size_t	 size = 0;
	ssize_t	 len;
	int	 i;

	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[len - 1] = '\0';
		rest = line;
		for (i = 0; i < WORDS; i++)
			if ((w[i] = strsep(&rest, "\t")) == NULL)
				w[i] = line + strlen(line);
		if (strcmp(w[0], "entry") == 0)
			entry(w);
		else if (strcmp(w[0], "host") == 0)
			host(w);
		else if (strcmp(w[0], "path") == 0)
			path(w);
		else
			errx(2, "unknown question: %s", w[0]);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) == EOF;
}
