/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include "srt.h"

size_t
utf8_next(const char *s, size_t len, uint32_t *out)
{
	static const uint32_t	 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char	*p = (const unsigned char *)s;
	uint32_t		 c;
	size_t			 i, n;

	if (len == 0)
		return 0;
	c = p[0];
	if (c < 0x80) {
		*out = c;
		return 1;
	}
	if (c >= 0xc2 && c <= 0xdf) {
		n = 2;
		c &= 0x1f;
	} else if (c >= 0xe0 && c <= 0xef) {
		n = 3;
		c &= 0x0f;
	} else if (c >= 0xf0 && c <= 0xf4) {
		n = 4;
		c &= 0x07;
	} else
		return 0;
	if (len < n)
		return 0;
	for (i = 1; i < n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return 0;
		c = c << 6 | (p[i] & 0x3f);
	}
	if (c < least[n] || c > 0x10ffff || (c >= 0xd800 && c <= 0xdfff))
		return 0;
	*out = c;
	return n;
}

int
utf8_hidden(uint32_t c)
{
	static const struct {
		uint32_t first, last;
	} hidden[] = {
		{ 0x00, 0x1f },		/* C0 controls */
		{ 0x7f, 0x9f },		/* DEL, C1 controls */
		{ 0xad, 0xad },		/* soft hyphen */
		{ 0x61c, 0x61c },	/* Arabic letter mark */
		{ 0x200b, 0x200f },	/* zero width, direction marks */
		{ 0x2028, 0x202e },	/* separators, embeddings */
		{ 0x2060, 0x206f },	/* joiner, isolates */
		{ 0xfeff, 0xfeff },	/* byte order mark */
		{ 0xe0000, 0xe007f },	/* tags */
	};
	size_t	 i;

	for (i = 0; i < nitems(hidden); i++)
		if (c >= hidden[i].first && c <= hidden[i].last)
			return 1;
	return 0;
}
