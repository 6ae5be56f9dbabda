/* SPDX-License-Identifier: ISC */

/*
 * Reasons come from settings, from deciders and from names that the command
 * chose, and end up in status lines, logs and terminals (COMPAT sections 8.2
 * and 20).
 */

#include "compat.h"

#include <string.h>

#include "http_parse.h"

#define CODE_BAD	0xffffffffU

/* Inclusive ranges of what has no ink or reorders the text around it. */
static const struct {
	uint32_t	from;
	uint32_t	to;
} invisible[] = {
	{ 0x0000, 0x001f }, { 0x007f, 0x009f }, { 0x00ad, 0x00ad },
	{ 0x034f, 0x034f }, { 0x061c, 0x061c }, { 0x115f, 0x1160 },
	{ 0x17b4, 0x17b5 }, { 0x180b, 0x180f }, { 0x200b, 0x200f },
	{ 0x2028, 0x202e }, { 0x2060, 0x206f }, { 0x3164, 0x3164 },
	{ 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff }, { 0xffa0, 0xffa0 },
	{ 0xfff0, 0xfffb }, { 0xe0000, 0xe0fff }
};

/* Decodes one character; what is no UTF-8 counts as one bad byte. */
static size_t
utf8_decode(const unsigned char *s, uint32_t *code)
{
	static const uint32_t least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	size_t i, n;

	*code = CODE_BAD;
	if (s[0] < 0x80) {
		*code = s[0];
		return 1;
	}
	n = s[0] >= 0xf0 && s[0] < 0xf8 ? 4 : s[0] >= 0xe0 && s[0] < 0xf0 ?
	    3 : s[0] >= 0xc0 && s[0] < 0xe0 ? 2 : 0;
	if (n == 0)
		return 1;
	*code = s[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if ((s[i] & 0xc0) != 0x80) {
			*code = CODE_BAD;
			return 1;
		}
		*code = *code << 6 | (s[i] & 0x3fU);
	}
	if (*code < least[n] || *code > 0x10ffff ||
	    (*code >= 0xd800 && *code <= 0xdfff)) {
		*code = CODE_BAD;
		return 1;
	}
	return n;
}

static int
is_invisible(uint32_t code)
{
	size_t i;

	for (i = 0; i < nitems(invisible); i++)
		if (code >= invisible[i].from && code <= invisible[i].to)
			return 1;
	return 0;
}

/* White space of which nothing is left at the ends. */
static int
is_space(uint32_t code)
{
	return code == ' ' || code == 0xa0 || code == 0x1680 ||
	    (code >= 0x2000 && code <= 0x200a) || code == 0x202f ||
	    code == 0x205f || code == 0x3000;
}

/* Where the text goes; white space waits until something follows it. */
struct sink {
	char	*dst;
	size_t	 size;
	size_t	 len;
	size_t	 end;		/* length without white space at the end */
	size_t	 units;
};

static int
sink_put(struct sink *k, const char *s, size_t n, size_t units, int space)
{
	if (k->len == 0 && space)
		return 0;
	if (k->units + units > REASON_MAX_UNITS || k->len + n >= k->size)
		return -1;
	memcpy(k->dst + k->len, s, n);
	k->len += n;
	k->units += units;
	if (!space)
		k->end = k->len;
	return 0;
}

void
reason_sanitise(char *dst, size_t size, const char *src)
{
	struct sink k = { dst, size, 0, 0, 0 };
	uint32_t code;
	size_t n;
	int run = 0, r;

	if (size == 0)
		return;
	for (; *src != '\0'; src += n) {
		n = utf8_decode((const unsigned char *)src, &code);
		if (code == '<' || code == '>')
			continue;
		if (code == CODE_BAD)
			r = sink_put(&k, "?", 1, 1, 0);
		else if (is_invisible(code))
			r = run ? 0 : sink_put(&k, " ", 1, 1, 1);
		else
			r = sink_put(&k, src, n, code > 0xffff ? 2 : 1,
			    is_space(code));
		if (r == -1)
			break;
		run = code != CODE_BAD && is_invisible(code);
	}
	dst[k.end] = '\0';
}

void
reason_phrase(char *dst, size_t size, const char *src)
{
	const unsigned char *p;
	char clean[REASON_MAX];
	uint32_t code;
	size_t n, units, len = 0;

	if (size == 0)
		return;
	reason_sanitise(clean, sizeof(clean), src);
	p = (const unsigned char *)clean;
	for (; *p != '\0'; p += n) {
		n = utf8_decode(p, &code);
		for (units = code > 0xffff ? 2 : 1; units > 0; units--) {
			if (len + 1 >= size)
				break;
			dst[len++] = '?';
			if (code >= 0x20 && code <= 0x7e)
				dst[len - 1] = (char)code;
		}
	}
	dst[len] = '\0';
}
