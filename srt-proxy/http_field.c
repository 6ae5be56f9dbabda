/* SPDX-License-Identifier: ISC */

/*
 * Sections of field lines, as they stand in heads and trailers.  Only one
 * spelling of each is accepted: a name that is a token, a colon at once, a
 * value on the same line.  Folded lines, bare CR and bare LF, which readers
 * understand in different ways, are refused (RFC 9112 sections 2.2 and 5).
 */

#include "compat.h"

#include <string.h>
#include <strings.h>

#include "http_parse.h"

/* What http_scan() has just seen. */
enum scan_state {
	SCAN_START,		/* nothing yet */
	SCAN_LEAD_CR,		/* CR of an empty line before the request */
	SCAN_FIRST,		/* at the start line, which must not be empty */
	SCAN_LINE,
	SCAN_CR,
	SCAN_BOL,		/* start of a line that may be the empty one */
	SCAN_LAST_CR
};

/* For this hop only; the request's credentials for the proxy among them. */
static const char *const hop_fields[] = {
	"connection", "keep-alive", "proxy-authenticate",
	"proxy-authentication-info", "proxy-authorization",
	"proxy-connection", "te", "trailer", "transfer-encoding", "upgrade",
	"http2-settings"
};

/* Framing, routing, request modifiers, authentication, response control. */
static const char *const no_trailer_fields[] = {
	"age", "authorization", "cache-control", "content-encoding",
	"content-length", "content-range", "content-type", "cookie", "date",
	"expect", "expires", "host", "if-match", "if-modified-since",
	"if-none-match", "if-range", "if-unmodified-since", "location",
	"max-forwards", "pragma", "range", "retry-after", "set-cookie",
	"vary", "warning", "www-authenticate"
};

static int
span_in(struct http_span s, const char *const *list, size_t n)
{
	size_t i;

	for (i = 0; i < n; i++)
		if (http_span_is(s, list[i]))
			return 1;
	return 0;
}

static int
is_tchar(unsigned char c)
{
	if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
	    (c >= '0' && c <= '9') || c == '-')
		return 1;
	return c != '\0' && strchr("!#$%&'*+.^_`|~", c) != NULL;
}

int
http_is_token(struct http_span s)
{
	size_t i;

	for (i = 0; i < s.len; i++)
		if (!is_tchar((unsigned char)s.p[i]))
			return 0;
	return s.len > 0;
}

int
http_span_is(struct http_span s, const char *text)
{
	return s.len == strlen(text) && (s.len == 0 ||
	    strncasecmp(s.p, text, s.len) == 0);
}

const struct http_field *
http_field_find(const struct http_fields *fs, const char *name)
{
	size_t i;

	for (i = 0; i < fs->count; i++)
		if (http_span_is(fs->field[i].name, name))
			return &fs->field[i];
	return NULL;
}

static struct http_span
span_trim(const char *p, size_t len)
{
	struct http_span s;

	while (len > 0 && (p[0] == ' ' || p[0] == '\t')) {
		p++;
		len--;
	}
	while (len > 0 && (p[len - 1] == ' ' || p[len - 1] == '\t'))
		len--;
	s.p = p;
	s.len = len;
	return s;
}

int
http_list_next(struct http_span *list, struct http_span *elem)
{
	const char *comma;
	size_t len;

	while (list->len > 0) {
		comma = memchr(list->p, ',', list->len);
		len = comma == NULL ? list->len : (size_t)(comma - list->p);
		*elem = span_trim(list->p, len);
		if (comma != NULL)
			len++;
		list->p += len;
		list->len -= len;
		if (elem->len > 0)
			return 1;
	}
	return 0;
}

static int
list_has(struct http_span list, struct http_span token)
{
	struct http_span elem;

	while (http_list_next(&list, &elem))
		if (elem.len == token.len &&
		    strncasecmp(elem.p, token.p, elem.len) == 0)
			return 1;
	return 0;
}

static int
fields_have(const struct http_fields *fs, const char *name,
    struct http_span token)
{
	size_t i;

	for (i = 0; i < fs->count; i++)
		if (http_span_is(fs->field[i].name, name) &&
		    list_has(fs->field[i].value, token))
			return 1;
	return 0;
}

int
http_field_has(const struct http_fields *fs, const char *name,
    const char *token)
{
	struct http_span s;

	s.p = token;
	s.len = strlen(token);
	return fields_have(fs, name, s);
}

int
http_field_hop(const struct http_fields *fs, struct http_span name)
{
	return span_in(name, hop_fields, nitems(hop_fields)) ||
	    fields_have(fs, "connection", name);
}

int
http_field_no_trailer(struct http_span name)
{
	return span_in(name, hop_fields, nitems(hop_fields)) ||
	    span_in(name, no_trailer_fields, nitems(no_trailer_fields));
}

static int
scan_error(const char **why, int *status, int code, const char *text)
{
	*why = text;
	*status = code;
	return -1;
}

/* Returns 1 at the end of the section, 0 to go on, -1 to refuse. */
static int
scan_byte(unsigned int *state, enum http_section section, unsigned char c,
    const char **why, int *status)
{
	switch (*state) {
	case SCAN_LEAD_CR:
	case SCAN_CR:
	case SCAN_LAST_CR:
		if (c != '\n')
			return scan_error(why, status, 400, "bare CR");
		if (*state == SCAN_LAST_CR)
			return 1;
		*state = *state == SCAN_CR ? SCAN_BOL : SCAN_FIRST;
		return 0;
	default:
		break;
	}
	if (c == '\n')
		return scan_error(why, status, 400, "bare LF");
	if (c == '\r') {
		if (*state == SCAN_FIRST ||
		    (*state == SCAN_START && section == HTTP_SECTION_RESPONSE))
			return scan_error(why, status, 400, "no start line");
		*state = *state == SCAN_LINE ? SCAN_CR :
		    *state == SCAN_BOL ||
		    section == HTTP_SECTION_TRAILER ? SCAN_LAST_CR :
		    SCAN_LEAD_CR;
		return 0;
	}
	if ((c < ' ' && c != '\t') || c == 0x7f)
		return scan_error(why, status, 400, "control character");
	*state = SCAN_LINE;
	return 0;
}

enum http_result
http_scan(const char *buf, size_t len, struct http_scan *scan,
    enum http_section section, size_t max, const char **why, int *status)
{
	unsigned int state = scan->state;
	unsigned char c;
	size_t i;
	int r;

	for (i = scan->off; i < len && i < max; i++) {
		c = (unsigned char)buf[i];
		if (state == SCAN_LINE && c >= ' ' && c != 0x7f)
			continue;
		r = scan_byte(&state, section, c, why, status);
		if (r == -1)
			return HTTP_ERROR;
		if (r == 1) {
			scan->off = i + 1;
			return HTTP_DONE;
		}
	}
	scan->off = i;
	scan->state = state;
	if (i < max)
		return HTTP_MORE;
	(void)scan_error(why, status, 431, "header too large");
	return HTTP_ERROR;
}

/*
 * Some readers take '_' for '-'.  A framing or routing field in that disguise
 * has no honest use.
 */
static int
is_disguised(struct http_span name)
{
	static const char *const names[] = {
		"content_length", "transfer_encoding"
	};

	return span_in(name, names, nitems(names));
}

static const char *
parse_field(const char *line, size_t len, struct http_field *f)
{
	const char *colon;

	if (line[0] == ' ' || line[0] == '\t')
		return "folded field line";
	colon = memchr(line, ':', len);
	if (colon == NULL)
		return "field line without a colon";
	f->name.p = line;
	f->name.len = (size_t)(colon - line);
	if (!http_is_token(f->name))
		return "malformed field name";
	if (is_disguised(f->name))
		return "framing field spelled with an underscore";
	f->value = span_trim(colon + 1, len - f->name.len - 1);
	return NULL;
}

int
http_parse_fields(const char *buf, size_t len, struct http_fields *fs,
    const char **why, int *status)
{
	const char *cr;
	size_t n;

	fs->count = 0;
	for (;;) {
		cr = memchr(buf, '\r', len);
		if (cr == NULL)
			return scan_error(why, status, 400, "no end of line");
		n = (size_t)(cr - buf);
		if (n == 0)
			return 0;
		if (fs->count == HTTP_FIELDS_MAX)
			return scan_error(why, status, 431,
			    "too many header fields");
		*why = parse_field(buf, n, &fs->field[fs->count]);
		if (*why != NULL) {
			*status = 400;
			return -1;
		}
		fs->count++;
		if (len - n < 2)
			return scan_error(why, status, 400, "no end of line");
		buf += n + 2;
		len -= n + 2;
	}
}
