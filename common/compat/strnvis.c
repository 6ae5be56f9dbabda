/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <string.h>

/* As cat -v would, or as a number what cannot be told from a blank. */
static size_t
plain_form(unsigned char c, int flag, char *out)
{
	size_t	 n = 0;

	if ((c & 0x7f) == ' ' || c == '\t' || c == '\n' || c == '\\') {
		out[0] = '\\';
		out[1] = (char)('0' + (c >> 6));
		out[2] = (char)('0' + (c >> 3 & 7));
		out[3] = (char)('0' + (c & 7));
		return 4;
	}
	if ((flag & VIS_NOSLASH) == 0)
		out[n++] = '\\';
	if ((c & 0x80) != 0) {
		c &= 0x7f;
		out[n++] = 'M';
	}
	if (c < 0x20 || c == 0x7f) {
		out[n++] = '^';
		out[n++] = (char)(c == 0x7f ? '?' : c + '@');
	} else {
		out[n++] = '-';
		out[n++] = (char)c;
	}
	return n;
}

/* As C writes it; 0 if C has no letter for it. */
static size_t
c_form(unsigned char c, unsigned char next, char *out)
{
	static const char	 bytes[] = "\n\r\b\a\v\t\f \\";
	static const char	 letters[] = "nrbavtfs\\";
	const char		*p;

	out[0] = '\\';
	if (c == '\0') {
		out[1] = '0';
		if (next < '0' || next > '7')
			return 2;
		/* It would be read as part of the number. */
		out[2] = out[3] = '0';
		return 4;
	}
	if ((p = strchr(bytes, c)) == NULL)
		return 0;
	out[1] = letters[p - bytes];
	return 2;
}

static int
is_shown(unsigned char c, int flag)
{
	if (c > ' ' && c < 0x7f)
		return c != '\\' || (flag & VIS_NOSLASH) != 0;
	return (c == ' ' && (flag & VIS_SP) == 0) ||
	    (c == '\t' && (flag & VIS_TAB) == 0) ||
	    (c == '\n' && (flag & VIS_NL) == 0);
}

/* One byte, at most four. */
static size_t
form(unsigned char c, unsigned char next, int flag, char *out)
{
	size_t	 n;

	if (is_shown(c, flag)) {
		*out = (char)c;
		return 1;
	}
	if ((flag & VIS_CSTYLE) != 0 && (n = c_form(c, next, out)) != 0)
		return n;
	return plain_form(c, flag, out);
}

/*
 * strnvis(3) in OpenBSD's order of arguments; of the flags those that srt
 * uses.  Other systems have another order, and libbsd 0.11.7 a zero behind a
 * buffer into which the text does not fit.  Returns the length that all of
 * it would have.
 */
int
compat_strnvis(char *dst, const char *src, size_t size, int flag)
{
	char	 one[4];
	size_t	 n, len = 0, total = 0;
	int	 full = size == 0;

	for (; *src != '\0'; src++) {
		n = form((unsigned char)src[0], (unsigned char)src[1], flag,
		    one);
		total += n;
		/* A form that does not fit is left out, and what follows. */
		if (full || len + n >= size) {
			full = 1;
			continue;
		}
		memcpy(dst + len, one, n);
		len += n;
	}
	if (size > 0)
		dst[len] = '\0';
	return (int)total;
}
