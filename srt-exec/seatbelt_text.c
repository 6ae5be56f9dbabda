/* SPDX-License-Identifier: ISC */

/*
 * The text of a profile, and the strings in it.
 */

#include "compat.h"

#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "seatbelt.h"

/* Begins every string that goes on in another one. */
#define APPEND	"(string-append "

void
text_free(struct seatbelt_text *t)
{
	free(t->buf);
	memset(t, 0, sizeof(*t));
}

void
text_fail(struct seatbelt_text *t, const char *fmt, ...)
{
	va_list	 ap;

	if (t->failed)
		return;
	t->failed = 1;
	va_start(ap, fmt);
	(void)vsnprintf(t->error, sizeof(t->error), fmt, ap);
	va_end(ap);
}

void
text_bytes(struct seatbelt_text *t, const char *s, size_t len)
{
	size_t	 size = t->size == 0 ? 4096 : t->size;
	char	*p;

	if (t->failed)
		return;
	if (len >= SEATBELT_MAX - t->len) {
		text_fail(t, "the profile would be longer than %d bytes",
		    SEATBELT_MAX);
		return;
	}
	while (size <= t->len + len)
		size *= 2;
	if (size != t->size) {
		if ((p = realloc(t->buf, size)) == NULL) {
			text_fail(t, "out of memory");
			return;
		}
		t->buf = p;
		t->size = size;
	}
	if (len != 0)
		memcpy(t->buf + t->len, s, len);
	t->len += len;
	t->buf[t->len] = '\0';
}

void
text_add(struct seatbelt_text *t, const char *s)
{
	text_bytes(t, s, strlen(s));
}

void
text_format(struct seatbelt_text *t, const char *fmt, ...)
{
	char	 buf[256];
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(buf))
		text_fail(t, "a line is too long");
	else
		text_bytes(t, buf, (size_t)n);
}

/* How a byte is written in a string; itself, if it is not special there. */
static const char *
escape_of(const char *s)
{
	switch (*s) {
	case '"':
		return "\\\"";
	case '\\':
		return "\\\\";
	case '\n':
		return "\\n";
	case '\r':
		return "\\r";
	case '\t':
		return "\\t";
	default:
		return NULL;
	}
}

void
text_quote(struct seatbelt_text *t, const char *s, size_t len)
{
	const char	*escape;
	size_t		 i, n, room = SEATBELT_STRING_MAX, total = 0;

	for (i = 0; i < len; i++)
		total += escape_of(s + i) == NULL ? 1 : 2;
	if (total > room)
		text_add(t, APPEND);
	text_add(t, "\"");
	for (i = 0; i < len && !t->failed; i++) {
		escape = escape_of(s + i);
		n = escape == NULL ? 1 : strlen(escape);
		if (n > room) {
			text_add(t, "\" \"");
			room = SEATBELT_STRING_MAX;
		}
		text_bytes(t, escape == NULL ? s + i : escape, n);
		room -= n;
	}
	text_add(t, total > SEATBELT_STRING_MAX ? "\")" : "\"");
}

int
text_check(struct seatbelt_text *t, const char *what, const char *text)
{
	const char	*s = text, *end = text + strlen(text);
	char		 cut[48], shown[4 * sizeof(cut) + 1];

	/* With room for all of it: strnvis(3) of libbsd writes past less. */
	(void)strlcpy(cut, text, sizeof(cut));
	(void)strnvis(shown, cut, sizeof(shown), VIS_CSTYLE | VIS_NL |
	    VIS_TAB);
	if (end - s > PATTERN_MAX) {
		text_fail(t, "%s \"%s...\": it is longer than any path", what,
		    shown);
		return 0;
	}
	while (s < end) {
		if (pattern_char(&s, end) < PATTERN_BYTE)
			continue;
		text_fail(t, "%s \"%s\": it is not UTF-8", what, shown);
		return 0;
	}
	return 1;
}
