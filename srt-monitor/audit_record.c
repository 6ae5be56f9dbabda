/* SPDX-License-Identifier: ISC */

/*
 * An audit record: one line of JSON of bounded length, valid whatever the
 * strings hold.  They come from the command and from the network, so none may
 * end its line, its quotes or the record.
 */

#include "compat.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "monitor.h"

#define RECORD_SCHEMA	1

/* What record_end() may need: ,"cut":true,"lost":18446744073709551615} */
#define RECORD_TAIL	48

static const char	 mark[] = "...";

/* How many more bytes fit, with what is to follow. */
static size_t
record_room(const struct record *r)
{
	return r->len + RECORD_TAIL >= RECORD_MAX ? 0 :
	    RECORD_MAX - RECORD_TAIL - r->len;
}

/* A member is written whole or not at all. */
static void
record_text(struct record *r, const char *text)
{
	size_t	 len = strlen(text);

	if (len > record_room(r)) {
		r->cut = 1;
		return;
	}
	memcpy(r->buf + r->len, text, len + 1);
	r->len += len;
}

/*
 * Within quotes, of so many bytes at most.  The mark has its place set aside,
 * so that it never costs a character half of its escape.
 */
static void
record_quoted(struct record *r, const char *s, size_t max)
{
	char	 c[JSON_CHAR_MAX];
	size_t	 n, left;

	left = record_room(r);
	if (left > max)
		left = max;
	if (left < sizeof(mark) + 2) {
		r->cut = 1;
		left = sizeof(mark) + 2;
	}
	left -= sizeof(mark) + 1;
	r->buf[r->len++] = '"';
	while (*s != '\0') {
		n = json_char(c, &s);
		if (n > left) {
			memcpy(r->buf + r->len, mark, sizeof(mark) - 1);
			r->len += sizeof(mark) - 1;
			r->cut = 1;
			break;
		}
		memcpy(r->buf + r->len, c, n);
		r->len += n;
		left -= n;
	}
	r->buf[r->len++] = '"';
	r->buf[r->len] = '\0';
}

/* The member's name; 0 if not even an empty string fits behind it. */
static int
record_name(struct record *r, const char *name)
{
	char	 text[64];
	int	 n;

	n = snprintf(text, sizeof(text), ",\"%s\":", name);
	if (n < 0 || (size_t)n >= sizeof(text) ||
	    (size_t)n + sizeof(mark) + 2 > record_room(r)) {
		r->cut = 1;
		return 0;
	}
	record_text(r, text);
	return 1;
}

void
record_begin(struct record *r, const char *run, uint64_t seq, uint64_t when,
    const char *event)
{
	char	 text[JSON_TIME_MAX];

	r->cut = 0;
	r->len = (size_t)snprintf(r->buf, sizeof(r->buf), "{\"schema\":%d",
	    RECORD_SCHEMA);
	record_string(r, "run", run, 64);
	record_number(r, "seq", seq);
	record_text(r, ",");
	(void)json_time(text, when, 9);
	record_text(r, text);
	record_string(r, "event", event, 32);
}

void
record_string(struct record *r, const char *name, const char *value,
    size_t max)
{
	if (record_name(r, name))
		record_quoted(r, value, max);
}

void
record_number(struct record *r, const char *name, uint64_t value)
{
	char	 text[96];

	(void)snprintf(text, sizeof(text), ",\"%.48s\":%" PRIu64, name,
	    value);
	record_text(r, text);
}

void
record_bool(struct record *r, const char *name, int value)
{
	char	 text[96];

	(void)snprintf(text, sizeof(text), ",\"%.48s\":%s", name,
	    value ? "true" : "false");
	record_text(r, text);
}

void
record_null(struct record *r, const char *name)
{
	char	 text[96];

	(void)snprintf(text, sizeof(text), ",\"%.48s\":null", name);
	record_text(r, text);
}

void
record_list(struct record *r, const char *name, char *const *words, size_t n,
    size_t max, int more)
{
	size_t	 i, limit;

	if (!record_name(r, name))
		return;
	r->buf[r->len++] = '[';
	limit = record_room(r);
	limit = r->len + (limit < max ? limit : max);
	for (i = 0; i < n; i++) {
		/* A comma, an empty string with the mark, the bracket. */
		if (r->len + sizeof(mark) + 4 >= limit)
			break;
		if (i > 0)
			r->buf[r->len++] = ',';
		record_quoted(r, words[i], limit - r->len - 1);
	}
	if (i < n || more)
		r->cut = 1;
	r->buf[r->len++] = ']';
	r->buf[r->len] = '\0';
}

void
record_end(struct record *r, uint64_t lost)
{
	r->len += (size_t)snprintf(r->buf + r->len, RECORD_TAIL,
	    "%s,\"lost\":%" PRIu64 "}", r->cut ? ",\"cut\":true" : "", lost);
}
