/* SPDX-License-Identifier: ISC */

/*
 * Reads lines and prints what becomes of each: with "host" the canonical form
 * of a destination or "malformed", with "rule" "ok" or why an entry of
 * deniedDomains is refused.
 */

#include "compat.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule.h"

static void
print_host(const char *line, size_t len)
{
	struct host	h;

	puts(host_parse(line, len, &h) == -1 ? "malformed" : h.name);
}

static void
print_rule(const char *line)
{
	struct rule	*r;
	const char	*why;

	r = rule_parse(line, RULE_DENY, &why);
	puts(r == NULL ? why : "ok");
	rule_free(r);
}

int
main(int argc, char *argv[])
{
	char	*line = NULL;
	size_t	 size = 0;
	ssize_t	 len;
	int	 hosts;

	if (argc != 2 ||
	    (strcmp(argv[1], "host") != 0 && strcmp(argv[1], "rule") != 0))
		errx(2, "usage: hostform host | rule");
	hosts = argv[1][0] == 'h';
	while ((len = getline(&line, &size, stdin)) > 0) {
		if (line[len - 1] == '\n')
			line[--len] = '\0';
		if (hosts)
			print_host(line, (size_t)len);
		else
			print_rule(line);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) == EOF;
}
