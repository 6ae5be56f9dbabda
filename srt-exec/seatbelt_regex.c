/* SPDX-License-Identifier: ISC */

/*
 * Patterns and names as regular expressions.  What reads them works on bytes,
 * and its manual does not say much; so nothing is used but groups, "|", "*",
 * "?", anchors, a backslash before what is special, and sets in which nothing
 * is special.  "." is not used at all: it need not match a newline.
 *
 * Whether it takes a text that is no UTF-8 is not known either.  So bytes
 * beyond ASCII stand by themselves only where a policy has "?", or a set with
 * such characters, in a pattern.  There a character is a byte that continues
 * none, and those that continue it: names that are no UTF-8 cannot be made on
 * APFS and HFS+.
 */

#include "compat.h"

#include <stdint.h>
#include <string.h>

#include "guard_list.h"
#include "pattern.h"
#include "seatbelt.h"

#define ANY_CHAR	"[^/\x80-\xbf][\x80-\xbf]*"
#define ANY_RUN		"[^/]*"
#define ANY_DIRS	"([^/]*/)*"
/* Beyond what is printed of ASCII; and dots and spaces, as in fold_name(). */
#define HIGH		"[^ -~]"
#define ANY_HIGH	HIGH "*"
#define ANY_END		"([^!-~]|\\.)*"

/* So many letters can one character stand for. */
#define SPECIAL_MAX	3

/* A set in brackets. */
struct set {
	unsigned char	 ascii[0x80];
	const char	*s, *end;	/* its text */
};

static const char	*put_stars(struct seatbelt_text *, const char *,
			    const char *);
static const char	*put_set(struct seatbelt_text *, const char *,
			    const char *);
static int		 set_read(struct set *, const char *, const char *);
static int		 set_next(const char **, const char *, uint32_t *,
			    uint32_t *);
static void		 put_range(struct seatbelt_text *, uint32_t, uint32_t,
			    int *);

void
regex_literal(struct seatbelt_text *t, const char *s, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++) {
		if (s[i] != '\0' && strchr("\\.[]{}()*+?^$|", s[i]) != NULL)
			text_bytes(t, "\\", 1);
		text_bytes(t, s + i, 1);
	}
}

size_t
regex_pattern_length(const char *text)
{
	size_t	 len = strlen(text);

	for (;;) {
		if (len > 1 && text[len - 1] == '/')
			len--;
		else if (len > 3 && strncmp(text + len - 3, "/**", 3) == 0)
			len -= 3;
		else if (len == 3 && strncmp(text, "/**", 3) == 0)
			len = 1;
		else
			return len;
	}
}

int
regex_pattern_empty(const char *text)
{
	size_t	 len = regex_pattern_length(text);

	return strspn(text, "*/") >= len;
}

void
regex_pattern(struct seatbelt_text *t, const char *text, size_t from)
{
	const char	*s = text + from, *end, *next;

	for (end = text + regex_pattern_length(text); s < end; s = next) {
		if (*s == '*')
			next = put_stars(t, s, end);
		else if (*s == '?') {
			text_add(t, ANY_CHAR);
			next = s + 1;
		} else if (*s != '[' || (next = put_set(t, s, end)) == NULL) {
			regex_literal(t, s, 1);
			next = s + 1;
		}
	}
}

/* As compile_stars() of pattern.c reads them. */
static const char *
put_stars(struct seatbelt_text *t, const char *s, const char *end)
{
	size_t	 n = 0;
	int	 dirs;

	while (s < end && *s == '*') {
		s++;
		n++;
	}
	dirs = n >= 2 && s < end && *s == '/';
	if (dirs)
		n -= 2;
	if (n >= 2)
		text_add(t, ANY_DIRS ANY_RUN);
	else if (n == 1)
		text_add(t, ANY_RUN);
	if (!dirs)
		return s;
	text_add(t, ANY_DIRS);
	return s + 1;
}

/* One range of a set; 0 at its end, -1 if it is none. */
static int
set_next(const char **sp, const char *end, uint32_t *lo, uint32_t *hi)
{
	if (*sp == end)
		return 0;
	*lo = *hi = pattern_char(sp, end);
	if (end - *sp >= 2 && **sp == '-') {
		(*sp)++;
		*hi = pattern_char(sp, end);
	}
	return *hi < *lo ? -1 : 1;
}

/* -1 if the bracket opens no set. */
static int
set_read(struct set *set, const char *open, const char *end)
{
	const char	*s = open + 1;
	uint32_t	 lo, hi, ch;
	int		 ret;

	memset(set, 0, sizeof(*set));
	set->s = s;
	set->end = memchr(s, ']', (size_t)(end - s));
	if (set->end == NULL || set->end == s)
		return -1;
	while ((ret = set_next(&s, set->end, &lo, &hi)) == 1)
		for (ch = lo; ch <= hi && ch < 0x80; ch++)
			set->ascii[ch] = 1;
	return ret;
}

/* One by one: so it does not matter what is special within brackets. */
static const char *
put_set(struct seatbelt_text *t, const char *open, const char *end)
{
	struct set	 set;
	const char	*s;
	uint32_t	 lo, hi;
	char		 c;
	int		 i, first = 1;

	if (set_read(&set, open, end) == -1)
		return NULL;
	text_add(t, "(");
	for (i = 1; i < 0x80; i++) {
		if (!set.ascii[i])
			continue;
		c = (char)i;
		if (!first)
			text_add(t, "|");
		regex_literal(t, &c, 1);
		first = 0;
	}
	for (s = set.s; set_next(&s, set.end, &lo, &hi) == 1;)
		if (hi >= 0x80)
			put_range(t, lo < 0x80 ? 0x80 : lo, hi, &first);
	text_add(t, ")");
	return set.end + 1;
}

static size_t
put_utf8(uint32_t ch, unsigned char *buf)
{
	size_t	 n = ch < 0x800 ? 2 : ch < 0x10000 ? 3 : 4, i;

	for (i = n - 1; i > 0; i--, ch >>= 6)
		buf[i] = (unsigned char)(0x80 | (ch & 0x3f));
	buf[0] = (unsigned char)((0xf00 >> n & 0xff) | ch);
	return n;
}

/*
 * Characters beyond ASCII, as ways to write them in bytes: the range is cut
 * until all bytes but those from one on are the same, and these are free.
 */
static void
put_range(struct seatbelt_text *t, uint32_t lo, uint32_t hi, int *first)
{
	static const uint32_t	 cuts[] = { 0x7ff, 0xffff };
	unsigned char		 a[4] = { 0 }, b[4] = { 0 };
	char			 set[] = "[a-b]";
	uint32_t		 mask;
	size_t			 i, n;

	for (i = 0; i < nitems(cuts); i++)
		if (lo <= cuts[i] && hi > cuts[i]) {
			put_range(t, lo, cuts[i], first);
			put_range(t, cuts[i] + 1, hi, first);
			return;
		}
	n = put_utf8(lo, a);
	(void)put_utf8(hi, b);
	for (i = 1; i < n; i++) {
		mask = (1U << (6 * i)) - 1;
		if ((lo & ~mask) == (hi & ~mask))
			continue;
		if ((lo & mask) != 0) {
			put_range(t, lo, lo | mask, first);
			put_range(t, (lo | mask) + 1, hi, first);
			return;
		}
		if ((hi & mask) != mask) {
			put_range(t, lo, (hi & ~mask) - 1, first);
			put_range(t, hi & ~mask, hi, first);
			return;
		}
	}
	if (!*first)
		text_add(t, "|");
	*first = 0;
	for (i = 0; i < n; i++) {
		set[1] = (char)a[i];
		set[3] = (char)b[i];
		if (a[i] == b[i])
			text_bytes(t, set + 1, 1);
		else
			text_bytes(t, set, sizeof(set) - 1);
	}
}

/* Takes one character, and writes it in both cases. */
static const char *
put_char(struct seatbelt_text *t, const char *s, const char *end)
{
	const char	*from = s;
	uint32_t	 ch = pattern_char(&s, end);
	char		 both[] = "[Aa]";

	if (ch >= 'a' && ch <= 'z') {
		both[1] = (char)(ch - 'a' + 'A');
		both[2] = (char)ch;
		text_bytes(t, both, sizeof(both) - 1);
	} else
		regex_literal(t, from, (size_t)(s - from));
	return s;
}

/* Is there a character that stands for so many letters from here on? */
static int
is_special(const char *s, const char *end, size_t len)
{
	const char	*to;
	uint32_t	 ch;
	size_t		 i;

	if (len > (size_t)(end - s))
		return 0;
	for (i = 0; (to = fold_special(i, &ch)) != NULL; i++)
		if (strlen(to) == len && strncmp(to, s, len) == 0)
			return 1;
	return 0;
}

/* Letters that such characters can stand for must be looked at together. */
static const char *
group_end(const char *s, const char *end)
{
	const char	*e = s + 1;
	size_t		 len;

	for (; s < e; s++)
		for (len = 1; len <= SPECIAL_MAX; len++)
			if (is_special(s, end, len) && s + len > e)
				e = s + len;
	return e;
}

/*
 * Letters up to there, of a name that ends elsewhere.  Between any two what
 * is beyond ASCII is skipped, and it stands for each letter for which some of
 * it does.  So more is matched than compares equal: to say which characters
 * these are takes bytes that are no UTF-8.
 */
static void
put_group(struct seatbelt_text *t, const char *s, const char *to,
    const char *end)
{
	size_t	 len;
	int	 none = 1;

	if (s >= to)
		return;
	for (len = 1; len <= SPECIAL_MAX; len++) {
		if (!is_special(s, end, len))
			continue;
		text_add(t, none ? "(" HIGH : "|" HIGH);
		if (s + len < end)
			text_add(t, ANY_HIGH);
		put_group(t, s + len, to, end);
		none = 0;
	}
	if (!none)
		text_add(t, "|");
	s = put_char(t, s, end);
	if (s < end)
		text_add(t, ANY_HIGH);
	put_group(t, s, to, end);
	if (!none)
		text_add(t, ")");
}

void
regex_fold_name(struct seatbelt_text *t, const char *s, size_t len)
{
	const char	*end = s + len, *next;

	text_add(t, ANY_HIGH);
	for (; s < end; s = next) {
		next = group_end(s, end);
		/* Of a character of several bytes it is the first alone. */
		while (next < end && (*next & 0xc0) == 0x80)
			next++;
		put_group(t, s, next, end);
	}
	text_add(t, ANY_END);
}

void
regex_fold(struct seatbelt_text *t, const char *path, size_t len)
{
	const char	*s = path, *end = path + len, *slash;

	while (s < end) {
		text_add(t, "/");
		s++;
		if ((slash = memchr(s, '/', (size_t)(end - s))) == NULL)
			slash = end;
		regex_fold_name(t, s, (size_t)(slash - s));
		s = slash;
	}
}

int
regex_components(const char *text, size_t len)
{
	size_t	 i;
	int	 n = 0, set = 0;

	for (i = 0; i < len; i++) {
		if (text[i] == '[')
			set = 1;
		if (set || (text[i] == '*' && i + 1 < len &&
		    text[i + 1] == '*'))
			return -1;
		n += text[i] == '/';
	}
	return n;
}
