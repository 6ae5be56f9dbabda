/* SPDX-License-Identifier: ISC */

/*
 * What the patterns of denyRead deny, with what allowRead opens in it.
 */

#include "compat.h"

#include <stdint.h>
#include <string.h>

#include "pattern.h"
#include "seatbelt_make.h"

/* What can be left of a deny's text, beneath what another pattern matches. */
static int
may_go_on(const char *text, size_t at, int ncomponents)
{
	int	 n = regex_components(text, at);

	if (n == -1 || ncomponents == -1)
		return 1;
	/* It begins with the slash before its first component. */
	return n == ncomponents + 1 ||
	    (n <= ncomponents + 1 && strncmp(text + at, "**", 2) == 0);
}

/*
 * What a pattern denies beneath what a pattern of allowRead matches: the
 * deeper match decides.  Which of the components has been reached there
 * cannot be told in every case; then all of them deny.
 */
static void
put_noread_beneath(struct maker *m, const char *text, const char *allowed)
{
	struct seatbelt_text	*re = make_regex(m);
	size_t			 i, len = regex_pattern_length(text);
	int			 n, any = 0;

	n = regex_components(allowed, regex_pattern_length(allowed));
	text_add(re, "^");
	regex_pattern(re, allowed, 0);
	text_add(re, "/(");
	for (i = 1; i < len; i++) {
		if (text[i - 1] != '/' && strncmp(text + i, "**", 2) != 0)
			continue;
		if (!may_go_on(text, i, n))
			continue;
		if (any)
			text_add(re, "|");
		any = 1;
		regex_pattern(re, text, i);
	}
	if (!any)
		return;
	text_add(re, ")(/|$)");
	make_deny(m, READ_WRITE " (require-all");
	make_regex_end(m, "regex");
	for (i = 0; i < m->sb->nguards; i++) {
		if (m->sb->guards[i].kind != GUARD_READ_GLOB)
			continue;
		text_add(m->out, " (require-not");
		make_pattern(m, "regex", m->sb->guards[i].text, 0);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	make_deny_end(m);
}

/* Is this one of allowRead's paths that the pattern has to do with? */
static int
is_near(const struct seatbelt_guard *g, const struct pattern *p)
{
	return g->kind == GUARD_READ && (pattern_covers(p, g->text) ||
	    pattern_beneath(p, g->text));
}

static void
put_not_read(struct maker *m, const struct pattern *p, const char *above)
{
	const struct seatbelt_guard	*g;
	size_t				 i;

	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (g->kind != GUARD_READ_GLOB && (!is_near(g, p) ||
		    (above != NULL && (strcmp(g->text, above) == 0 ||
		    !plan_covers(above, g->text)))))
			continue;
		text_add(m->out, "\n    (require-not");
		if (g->kind == GUARD_READ)
			make_filter(m, "subpath", g->text);
		else
			make_pattern(m, "regex", g->text, 1);
		text_add(m->out, ")");
	}
	text_add(m->out, ")");
	make_deny_end(m);
}

/* What is denied again within a path of allowRead. */
static void
put_noread_within(struct maker *m, const struct pattern *p, const char *dir)
{
	struct seatbelt_text	*re = make_regex(m);
	size_t			 at[PATTERN_MAX], i, n;

	if ((n = pattern_after(p, dir, at)) == 0)
		return;
	text_add(re, "^");
	if (dir[1] != '\0')
		regex_literal(re, dir, strlen(dir));
	text_add(re, "/(");
	for (i = 0; i < n; i++) {
		if (i != 0)
			text_add(re, "|");
		regex_pattern(re, pattern_text(p), at[i]);
	}
	text_add(re, ")(/|$)");
	make_deny(m, READ_WRITE " (require-all (require-not");
	make_filter(m, "literal", dir);
	text_add(m->out, ")");
	make_regex_end(m, "regex");
	put_not_read(m, p, dir);
}

static void
put_noread(struct maker *m, const char *text)
{
	const struct seatbelt_guard	*g;
	struct pattern			*p;
	size_t				 i;

	if ((p = pattern_new(text)) == NULL) {
		text_fail(m->out, "out of memory");
		return;
	}
	make_deny(m, READ_WRITE " (require-all");
	make_pattern(m, "regex", text, 1);
	put_not_read(m, p, NULL);
	for (i = 0; i < m->sb->nguards; i++) {
		g = &m->sb->guards[i];
		if (is_near(g, p))
			put_noread_within(m, p, g->text);
		else if (g->kind == GUARD_READ_GLOB)
			put_noread_beneath(m, text, g->text);
	}
	pattern_free(p);
}

void
put_noreads(struct maker *m)
{
	size_t	 i;

	for (i = 0; i < m->sb->nguards; i++)
		if (m->sb->guards[i].kind == GUARD_NOREAD_GLOB)
			put_noread(m, m->sb->guards[i].text);
}
