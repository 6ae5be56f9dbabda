/* SPDX-License-Identifier: ISC */

/*
 * Paths and the names of programs in the log are the command's, and so are
 * line breaks in them: what a line says is believed of the command alone, and
 * decides nothing.
 */

#include "compat.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "seatbelt_log.h"

#define MARK	"Sandbox: "
#define AGAIN	" duplicate report"
#define COUNT_MAX	1000000

/* What every program of macOS asks for, and does without (COMPAT 19). */
static const char *const	 noise_services[] = {
	"com.apple.diagnosticd", "com.apple.analyticsd"
};
#define NOISE_RESOLVER	"mDNSResponder"

int
seatbelt_log_init(struct seatbelt_log *l, const char *tag)
{
	static const char	 allowed[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/=_";

	memset(l, 0, sizeof(*l));
	if (*tag == '\0' || tag[strspn(tag, allowed)] != '\0' ||
	    strlcpy(l->tag, tag, sizeof(l->tag)) >= sizeof(l->tag))
		return -1;
	return 0;
}

const char *
seatbelt_log_suffix(const struct seatbelt_log *l)
{
	const char	*end = strstr(l->tag, "_END_");

	return end == NULL ? l->tag : end + sizeof("_END_") - 1;
}

/* "2026-11-21 22:10:11.123": every message begins so. */
static int
is_header(const char *s)
{
	static const char	 shape[] = "dddd-dd-dd dd:dd:dd.ddd";
	size_t			 i;

	for (i = 0; shape[i] != '\0'; i++)
		if (shape[i] == 'd' ? !isdigit((unsigned char)s[i]) :
		    s[i] != shape[i])
			return 0;
	return 1;
}

/* Decimal digits that are followed by that text.  Where it ends, or NULL. */
static char *
number(char *s, const char *end, uint64_t *value)
{
	size_t	 n;

	*value = 0;
	for (n = 0; isdigit((unsigned char)s[n]); n++) {
		if (n >= 18)
			return NULL;
		*value = *value * 10 + (uint64_t)(s[n] - '0');
	}
	if (n == 0 || strncmp(s + n, end, strlen(end)) != 0)
		return NULL;
	return s + n + strlen(end);
}

static int
is_noise(const struct violation *v)
{
	size_t	 i, len;

	if (strcmp(v->program, NOISE_RESOLVER) == 0)
		return 1;
	if (strcmp(v->operation, "mach-lookup") == 0) {
		for (i = 0; i < nitems(noise_services); i++) {
			len = strlen(noise_services[i]);
			if (strncmp(v->target, noise_services[i], len) == 0 &&
			    (v->target[len] == '\0' || v->target[len] == '.'))
				return 1;
		}
		return strstr(v->target, NOISE_RESOLVER) != NULL;
	}
	len = strlen(v->target);
	return strncmp(v->operation, "network-", 8) == 0 &&
	    len >= sizeof(NOISE_RESOLVER) && strcmp(v->target + len -
	    sizeof(NOISE_RESOLVER), "/" NOISE_RESOLVER) == 0;
}

/* 0: it is none, or one that means something else among us. */
static size_t
operation_length(const char *s)
{
	static const char *const	 ours[] = {
		VIOLATION_CHANGE, VIOLATION_CONNECTED
	};
	size_t				 i, len;

	len = strspn(s, "abcdefghijklmnopqrstuvwxyz0123456789-*");
	if (s[len] != ' ' && s[len] != '\0')
		return 0;
	for (i = 0; i < nitems(ours); i++)
		if (len == strlen(ours[i]) && strncmp(s, ours[i], len) == 0)
			return 0;
	if (strncmp(s, VIOLATION_LEARN, sizeof(VIOLATION_LEARN) - 1) == 0)
		return 0;
	return len;
}

/*
 * "bash(71) deny(1) file-write-create /private/tmp/x".  The name of a program
 * may hold parentheses; it ends where the rest can be read.  Returns -1 if
 * it is nothing of the kind.
 */
static int
parse_refusal(char *s, struct violation *v)
{
	char		*paren, *rest = NULL;
	uint64_t	 times;
	size_t		 len = 0;

	for (paren = s; (paren = strchr(paren, '(')) != NULL; paren++)
		if (paren != s &&
		    (rest = number(paren + 1, ") deny(", &v->pid)) != NULL &&
		    (rest = number(rest, ") ", &times)) != NULL &&
		    (len = operation_length(rest)) != 0)
			break;
	if (paren == NULL)
		return -1;
	*paren = '\0';
	v->program = s;
	v->operation = rest;
	v->target = rest + len;
	if (rest[len] == ' ')
		*v->target++ = '\0';
	return 0;
}

/* "3 duplicate reports for " may stand before the mark. */
static uint64_t
parse_count(const char *head, const char *mark)
{
	const char	*again = NULL, *s;
	uint64_t	 count = 0;

	for (s = head; (s = strstr(s, AGAIN)) != NULL && s < mark; s++)
		again = s;
	if (again == NULL)
		return 1;
	for (s = again; s > head && isdigit((unsigned char)s[-1]); s--)
		continue;
	for (; s < again && count < COUNT_MAX; s++)
		count = count * 10 + (uint64_t)(*s - '0');
	return count == 0 ? 1 : count > COUNT_MAX ? COUNT_MAX : count;
}

static void
message_end(struct seatbelt_log *l, seatbelt_log_fn fn, void *arg)
{
	struct violation	 v;
	char			 none[] = "", *mark;

	if ((mark = strstr(l->text, MARK)) == NULL)
		return;
	memset(&v, 0, sizeof(v));
	v.reason = v.rule = v.cure = none;
	v.count = parse_count(l->text, mark);
	if (parse_refusal(mark + sizeof(MARK) - 1, &v) == 0 && !is_noise(&v))
		fn(arg, &v);
}

static void
message_add(struct seatbelt_log *l, const char *s)
{
	int	 n;

	/* What does not fit is left out; the tag is never among it. */
	n = snprintf(l->text + l->textlen, sizeof(l->text) - l->textlen,
	    "%s%s", l->textlen == 0 ? "" : "\n", s);
	if (n > 0)
		l->textlen += strlen(l->text + l->textlen);
}

static void
line_end(struct seatbelt_log *l, seatbelt_log_fn fn, void *arg)
{
	if (is_header(l->line)) {
		/* What came before was not for us, or never ended. */
		l->textlen = 0;
		message_add(l, l->line);
	} else if (l->textlen != 0 && strcmp(l->line, l->tag) == 0) {
		message_end(l, fn, arg);
		l->textlen = 0;
	} else if (l->textlen != 0)
		message_add(l, l->line);
}

/* A NUL would end the line for us alone: it becomes a blank. */
void
seatbelt_log_feed(struct seatbelt_log *l, const char *data, size_t len,
    seatbelt_log_fn fn, void *arg)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (data[i] == '\n') {
			l->line[l->len] = '\0';
			line_end(l, fn, arg);
			l->len = 0;
		} else if (l->len < sizeof(l->line) - 1)
			l->line[l->len++] = (char)(data[i] == '\0' ? ' ' :
			    data[i]);
	}
}
