/* SPDX-License-Identifier: ISC */

/*
 * The rules of a profile, their filters and the expressions in them.
 */

#include "compat.h"

#include <string.h>

#include "seatbelt_make.h"

static void
quote(struct maker *m, const char *s)
{
	text_quote(m->out, s, strlen(s));
}

void
make_filter(struct maker *m, const char *name, const char *text)
{
	text_format(m->out, " (%s ", name);
	quote(m, text);
	text_add(m->out, ")");
}

struct seatbelt_text *
make_regex(struct maker *m)
{
	m->re.len = 0;
	return &m->re;
}

void
make_regex_end(struct maker *m, const char *name)
{
	if (m->re.failed)
		return;
	text_format(m->out, " (%s ", name);
	text_quote(m->out, m->re.buf, m->re.len);
	text_add(m->out, ")");
}

void
make_pattern(struct maker *m, const char *name, const char *text,
    int beneath)
{
	struct seatbelt_text	*re = make_regex(m);
	int			 empty = regex_pattern_empty(text);

	text_add(re, "^");
	regex_pattern(re, text, 0);
	if (regex_pattern_length(text) != 1 || !beneath)
		text_add(re, beneath ? "(/|$)" : "$");
	else
		empty = 0;
	/* "/" has no name that asterisks could stand for. */
	if (empty)
		text_add(m->out, " (require-all");
	make_regex_end(m, name);
	if (empty)
		text_add(m->out, " (require-not (literal \"/\")))");
}

void
make_allow(struct maker *m, const char *ops)
{
	text_format(m->out, "(allow %s", ops);
}

void
make_allow_end(struct maker *m)
{
	text_add(m->out, ")\n");
}

void
make_deny(struct maker *m, const char *ops)
{
	text_format(m->out, "(deny %s", ops);
}

void
make_deny_end(struct maker *m)
{
	text_add(m->out, " (with message ");
	quote(m, m->sb->tag);
	text_add(m->out, "))\n");
}

void
make_list(struct maker *m, const struct seatbelt_item *items, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		text_add(m->out, "\n   ");
		make_filter(m, items[i].filter, items[i].text);
	}
	make_allow_end(m);
}

void
make_allowed(struct maker *m, const char *ops, const char *name,
    const char *text)
{
	make_allow(m, ops);
	make_filter(m, name, text);
	make_allow_end(m);
}

void
make_denied(struct maker *m, const char *ops, const char *name,
    const char *text)
{
	make_deny(m, ops);
	make_filter(m, name, text);
	make_deny_end(m);
}

void
make_regex_denied(struct maker *m, const char *ops)
{
	make_deny(m, ops);
	make_regex_end(m, "regex");
	make_deny_end(m);
}

size_t
make_count(const struct maker *m, enum guard_kind one, enum guard_kind other)
{
	size_t	 i, n = 0;

	for (i = 0; i < m->sb->nguards; i++)
		n += m->sb->guards[i].kind == one ||
		    m->sb->guards[i].kind == other;
	return n;
}
