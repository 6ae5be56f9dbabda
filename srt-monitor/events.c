/* SPDX-License-Identifier: ISC */

/*
 * How a violation reads.  Its strings come from the command and from the
 * network, so nothing here trusts a byte of them.
 */

#include "compat.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "monitor.h"

#define UTF8_BAD	0xfffdU

/* Longest growth of a byte of input: a control becomes \u001f. */
#define JSON_GROWTH	6
/* Room for everything in an object but its strings. */
#define JSON_FIXED	512

#define NSEC_PER_SEC	UINT64_C(1000000000)
#define SEC_PER_DAY	86400

struct range {
	uint32_t	 first;
	uint32_t	 last;
};

/*
 * What can forge a second line, hide in a line or turn its direction:
 * controls, the invisible characters of Unicode (Default_Ignorable), line
 * separators, bidirectional controls, tags and variation selectors.
 */
static const struct range unsafe[] = {
	{ 0x00, 0x1f },
	{ 0x7f, 0x9f },
	{ 0xad, 0xad },
	{ 0x34f, 0x34f },
	{ 0x61c, 0x61c },
	{ 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 },
	{ 0x180b, 0x180f },
	{ 0x200b, 0x200f },
	{ 0x2028, 0x202e },
	{ 0x2060, 0x206f },
	{ 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f },
	{ 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb },
	{ 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a },
	{ 0xe0000, 0xe0fff }
};

static int
char_unsafe(uint32_t c)
{
	size_t	 i;

	for (i = 0; i < nitems(unsafe); i++)
		if (c >= unsafe[i].first && c <= unsafe[i].last)
			return 1;
	return 0;
}

/*
 * Takes one character off the string, which must not be empty.  A byte that
 * starts no character of RFC 3629 is taken alone and gives U+FFFD; the NUL
 * at the end stops an unfinished one, so nothing is read past it.
 */
static uint32_t
utf8_next(const char **sp)
{
	const unsigned char	*s = (const unsigned char *)*sp;
	uint32_t		 c, min;
	int			 i, more;

	*sp += 1;
	if (s[0] < 0x80)
		return s[0];
	if (s[0] >= 0xc2 && s[0] <= 0xdf) {
		c = s[0] & 0x1f;
		more = 1;
		min = 0x80;
	} else if (s[0] >= 0xe0 && s[0] <= 0xef) {
		c = s[0] & 0x0f;
		more = 2;
		min = 0x800;
	} else if (s[0] >= 0xf0 && s[0] <= 0xf4) {
		c = s[0] & 0x07;
		more = 3;
		min = 0x10000;
	} else
		return UTF8_BAD;

	for (i = 1; i <= more; i++) {
		if ((s[i] & 0xc0) != 0x80)
			return UTF8_BAD;
		c = c << 6 | (s[i] & 0x3f);
	}
	if (c < min || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return UTF8_BAD;
	*sp += more;
	return c;
}

static size_t
utf8_put(char *p, uint32_t c)
{
	if (c < 0x80) {
		p[0] = (char)c;
		return 1;
	}
	if (c < 0x800) {
		p[0] = (char)(0xc0 | c >> 6);
		p[1] = (char)(0x80 | (c & 0x3f));
		return 2;
	}
	if (c < 0x10000) {
		p[0] = (char)(0xe0 | c >> 12);
		p[1] = (char)(0x80 | (c >> 6 & 0x3f));
		p[2] = (char)(0x80 | (c & 0x3f));
		return 3;
	}
	p[0] = (char)(0xf0 | c >> 18);
	p[1] = (char)(0x80 | (c >> 12 & 0x3f));
	p[2] = (char)(0x80 | (c >> 6 & 0x3f));
	p[3] = (char)(0x80 | (c & 0x3f));
	return 4;
}

char *
events_clean(const char *s)
{
	char		*out;
	size_t		 len = 0;
	uint32_t	 c;
	int		 gap = 0;

	/* A bad byte grows to the three of U+FFFD, nothing grows more. */
	if ((out = calloc(strlen(s) + 1, 3)) == NULL)
		return NULL;
	while (*s != '\0') {
		c = utf8_next(&s);
		if (c == '<' || c == '>')
			continue;
		if (char_unsafe(c)) {
			if (!gap)
				out[len++] = ' ';
			gap = 1;
			continue;
		}
		gap = 0;
		len += utf8_put(out + len, c);
	}
	while (len > 0 && out[len - 1] == ' ')
		len--;
	out[len] = '\0';
	s = out + strspn(out, " ");
	memmove(out, s, strlen(s) + 1);
	return out;
}

/* Cuts at the last whole character that leaves room for the mark. */
static void
line_cut(char *line)
{
	static const char	 mark[] = "...";
	size_t			 end;

	if (strlen(line) <= EVENTS_LINE_MAX)
		return;
	end = EVENTS_LINE_MAX - (sizeof(mark) - 1);
	while (end > 0 && ((unsigned char)line[end] & 0xc0) == 0x80)
		end--;
	memcpy(line + end, mark, sizeof(mark));
}

char *
events_line(const struct violation *v)
{
	char	*raw, *line;
	int	 n;

	/* The one that is no refusal. */
	if (strcmp(v->operation, VIOLATION_CHANGE) == 0)
		n = asprintf(&raw, "look at %s (%s)", v->target, v->reason);
	else if (v->reason[0] == '\0')
		n = asprintf(&raw, "deny %s %s", v->operation, v->target);
	else
		n = asprintf(&raw, "deny %s %s (%s)", v->operation, v->target,
		    v->reason);
	if (n == -1)
		return NULL;
	line = events_clean(raw);
	free(raw);
	if (line != NULL)
		line_cut(line);
	return line;
}

/*
 * What a terminal would act on is escaped too, though JSON does not ask for
 * it: these lines are often looked at with cat(1).
 */
static size_t
json_put(char *p, uint32_t c)
{
	if (c == '"' || c == '\\') {
		p[0] = '\\';
		p[1] = (char)c;
		return 2;
	}
	if (!char_unsafe(c))
		return utf8_put(p, c);
	if (c < 0x10000)
		return (size_t)sprintf(p, "\\u%04" PRIx32, c);
	c -= 0x10000;
	return (size_t)sprintf(p, "\\u%04" PRIx32 "\\u%04" PRIx32,
	    0xd800 | c >> 10, 0xdc00 | (c & 0x3ff));
}

size_t
json_char(char *p, const char **s)
{
	return json_put(p, utf8_next(s));
}

static size_t
json_member(char *p, const char *name, const char *value)
{
	size_t	 len;

	len = (size_t)sprintf(p, ",\"%s\":\"", name);
	while (*value != '\0')
		len += json_char(p + len, &value);
	p[len++] = '"';
	return len;
}

static size_t
json_number(char *p, const char *name, uint64_t value)
{
	return (size_t)sprintf(p, ",\"%s\":%" PRIu64, name, value);
}

/*
 * RFC 3339 in UTC.  gmtime_r(3) may open the time zone files, which a
 * confined process cannot; the calendar repeats every 400 years of 146097
 * days, and counting them from March puts the leap day last.
 */
size_t
json_time(char *p, uint64_t ns, int digits)
{
	uint64_t	 sec = ns / NSEC_PER_SEC, days, year;
	unsigned int	 era_day, era_year, day, month, rest;

	days = sec / SEC_PER_DAY + 719468;
	rest = (unsigned int)(sec % SEC_PER_DAY);
	era_day = (unsigned int)(days % 146097);
	era_year = (era_day - era_day / 1460 + era_day / 36524 -
	    era_day / 146096) / 365;
	year = days / 146097 * 400 + era_year;
	day = era_day - (365 * era_year + era_year / 4 - era_year / 100);
	month = (5 * day + 2) / 153;
	day = day - (153 * month + 2) / 5 + 1;
	month = month < 10 ? month + 3 : month - 9;
	if (month <= 2)
		year++;
	ns %= NSEC_PER_SEC;
	return (size_t)sprintf(p, "\"time\":\"%04" PRIu64
	    "-%02u-%02uT%02u:%02u:%02u.%0*" PRIu64 "Z\"", year, month, day,
	    rest / 3600, rest / 60 % 60, rest % 60, digits,
	    digits == 9 ? ns : ns / 1000000);
}

char *
events_json(const struct violation *v, uint64_t lost, size_t *lenp)
{
	char	*p;
	size_t	 in, len;

	in = strlen(v->operation) + strlen(v->target) + strlen(v->reason) +
	    strlen(v->rule) + strlen(v->cure) + strlen(v->program);
	if (in > (SIZE_MAX - JSON_FIXED) / JSON_GROWTH ||
	    (p = malloc(in * JSON_GROWTH + JSON_FIXED)) == NULL)
		return NULL;
	len = (size_t)sprintf(p, "{\"v\":1,");
	len += json_time(p + len, v->time, 3);
	len += json_member(p + len, "operation", v->operation);
	len += json_member(p + len, "target", v->target);
	len += json_member(p + len, "reason", v->reason);
	len += json_member(p + len, "rule", v->rule);
	len += json_member(p + len, "cure", v->cure);
	len += json_number(p + len, "pid", v->pid);
	len += json_member(p + len, "program", v->program);
	len += json_number(p + len, "count", v->count == 0 ? 1 : v->count);
	len += json_number(p + len, "lost", lost);
	len += (size_t)sprintf(p + len, "}\n");
	*lenp = len;
	return p;
}
