/* SPDX-License-Identifier: ISC */

/*
 * Names as a file system that ignores case would compare them (ext4 with
 * casefold, APFS, HFS+).
 */

#include "compat.h"

#include <stdint.h>
#include <string.h>

#include "guard_list.h"
#include "pattern.h"

/* Default_Ignorable_Code_Point (Unicode 15.0, DerivedCoreProperties.txt). */
static const struct {
	uint32_t	 first, last;
} ignorables[] = {
	{ 0x00ad, 0x00ad }, { 0x034f, 0x034f }, { 0x061c, 0x061c },
	{ 0x115f, 0x1160 }, { 0x17b4, 0x17b5 }, { 0x180b, 0x180f },
	{ 0x200b, 0x200f }, { 0x202a, 0x202e }, { 0x2060, 0x206f },
	{ 0x3164, 0x3164 }, { 0xfe00, 0xfe0f }, { 0xfeff, 0xfeff },
	{ 0xffa0, 0xffa0 }, { 0xfff0, 0xfff8 }, { 0x1bca0, 0x1bca3 },
	{ 0x1d173, 0x1d17a }, { 0xe0000, 0xe0fff }
};

/*
 * What else folds to ASCII letters alone: full case folding (Unicode
 * CaseFolding.txt, statuses C and F).
 */
static const struct {
	uint32_t	 ch;
	const char	*to;
} specials[] = {
	{ 0x00df, "ss" },		/* sharp s */
	{ 0x1e9e, "ss" },
	{ 0x017f, "s" },		/* long s */
	{ 0x212a, "k" },		/* the Kelvin sign */
	/* ligatures */
	{ 0xfb00, "ff" }, { 0xfb01, "fi" }, { 0xfb02, "fl" },
	{ 0xfb03, "ffi" }, { 0xfb04, "ffl" }, { 0xfb05, "st" },
	{ 0xfb06, "st" }
};

const char *
fold_special(size_t i, uint32_t *ch)
{
	if (i >= nitems(specials))
		return NULL;
	*ch = specials[i].ch;
	return specials[i].to;
}

static int
is_ignorable(uint32_t ch)
{
	size_t	 i;

	for (i = 0; i < nitems(ignorables); i++)
		if (ch >= ignorables[i].first && ch <= ignorables[i].last)
			return 1;
	return 0;
}

/* NULL: this one does not. */
static const char *
fold_char(uint32_t ch)
{
	size_t	 i;

	for (i = 0; i < nitems(specials); i++)
		if (specials[i].ch == ch)
			return specials[i].to;
	return NULL;
}

/*
 * A component as it compares, in small ASCII letters; its length, or 0 for
 * what is none of the names.  Trailing dots and spaces are dropped, as some
 * file systems of other makes do.
 */
size_t
fold_name(const char *s, size_t len, char *buf)
{
	const char	*end = s + len, *to;
	size_t		 n = 0;
	uint32_t	 ch;

	while (s < end) {
		ch = pattern_char(&s, end);
		if (ch < 0x80) {
			if (n < NAME_LONGEST)
				buf[n++] = (char)(ch >= 'A' && ch <= 'Z' ?
				    ch - 'A' + 'a' : ch);
			else if (ch != '.' && ch != ' ')
				return 0;
			continue;
		}
		if (is_ignorable(ch))
			continue;
		if ((to = fold_char(ch)) == NULL)
			return 0;
		for (; *to != '\0'; to++) {
			if (n == NAME_LONGEST)
				return 0;
			buf[n++] = *to;
		}
	}
	while (n > 0 && (buf[n - 1] == '.' || buf[n - 1] == ' '))
		n--;
	return n;
}

/*
 * A path as it compares on a file system that ignores case.  Of letters beyond
 * ASCII those alone that fold to it are known; no text grows by that.  0, or
 * -1 if there is no room.
 */
int
fold_path(const char *path, char *buf, size_t size)
{
	const char	*s = path, *end = path + strlen(path), *from, *to;
	size_t		 n = 0, len;
	uint32_t	 ch;

	while (s < end) {
		from = s;
		ch = pattern_char(&s, end);
		if (ch == '/')
			while (n > 0 && (buf[n - 1] == '.' ||
			    buf[n - 1] == ' '))
				n--;
		if (ch >= 0x80 && is_ignorable(ch))
			continue;
		to = ch < 0x80 ? NULL : fold_char(ch);
		len = to != NULL ? strlen(to) : (size_t)(s - from);
		if (n + len + 1 > size)
			return -1;
		memcpy(buf + n, to != NULL ? to : from, len);
		if (ch >= 'A' && ch <= 'Z')
			buf[n] = (char)(ch - 'A' + 'a');
		n += len;
	}
	while (n > 0 && (buf[n - 1] == '.' || buf[n - 1] == ' '))
		n--;
	buf[n] = '\0';
	return 0;
}
