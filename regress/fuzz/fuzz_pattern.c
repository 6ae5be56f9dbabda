/* SPDX-License-Identifier: ISC */

/*
 * A pattern and a path, with a newline between them.  What the matcher says
 * is compared with a plain recursive reading of COMPAT 16.4, which may take
 * its time: only short ones, of few characters, are given to both.  The text
 * as it is has to do no harm.
 */

#include "compat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"

#define SHORT_PATTERN	12
#define SHORT_PATH	16

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* The end of a set that begins here and whether it holds c; NULL: none. */
static const char *
ref_set(const char *p, const char *end, char c, int *member)
{
	const char	*close;

	*member = 0;
	for (close = p + 1; close < end && *close != ']'; close++)
		continue;
	if (close == end || close == p + 1)
		return NULL;
	for (p++; p < close; p++) {
		if (p + 2 < close && p[1] == '-') {
			if (p[2] < p[0])
				return NULL;
			*member |= c >= p[0] && c <= p[2];
			p += 2;
		} else
			*member |= c == *p;
	}
	return close + 1;
}

static int
ref_match(const char *p, const char *pend, const char *s, const char *send)
{
	const char	*t;
	size_t		 stars = 0;
	int		 member, slash;

	if (p == pend)
		return s == send;
	while (p + stars < pend && p[stars] == '*')
		stars++;
	slash = p + stars < pend && p[stars] == '/';
	if (stars == 2 && slash) {
		if (ref_match(p + 3, pend, s, send))
			return 1;
		for (; s < send; s++)
			if (*s == '/' && ref_match(p + 3, pend, s + 1, send))
				return 1;
		return 0;
	}
	if (stars >= 2 && !(stars == 3 && slash)) {
		for (;; s++) {
			if (ref_match(p + 2, pend, s, send))
				return 1;
			if (s == send)
				return 0;
		}
	}
	if (stars >= 1) {
		for (;; s++) {
			if (ref_match(p + 1, pend, s, send))
				return 1;
			if (s == send || *s == '/')
				return 0;
		}
	}
	if (*p == '[' && (t = ref_set(p, pend, s < send ? *s : '\0',
	    &member)) != NULL)
		return s < send && member && ref_match(t, pend, s + 1, send);
	if (s == send)
		return 0;
	if (*p == '?' ? *s == '/' : *s != *p)
		return 0;
	return ref_match(p + 1, pend, s + 1, send);
}

/* The whole of a path of this length. */
static int
ref_path(const char *text, const char *path, size_t len)
{
	size_t	 n = strlen(text);

	for (;;) {
		if (n > 1 && text[n - 1] == '/')
			n--;
		else if (n == 3 && memcmp(text, "/**", 3) == 0)
			n = 1;
		else if (n > 3 && memcmp(text + n - 3, "/**", 3) == 0)
			n -= 3;
		else
			break;
	}
	if (len == 1)
		return n == 1;
	return ref_match(text, text + n, path, path + len);
}

/* A canonical path; or a text of the characters that mean something. */
static void
make_text(char *to, size_t size, const char *from, int plain, int canonical)
{
	static const char	 all[] = "/*?[]-ab./**^!";
	size_t			 n = 0;
	char			 c;

	to[n++] = '/';
	for (; *from != '\0' && n + 1 < size; from++) {
		c = *from;
		if (plain && strchr(all, c) == NULL)
			c = all[(unsigned char)c % (sizeof(all) - 1)];
		if (canonical && c == '/' && to[n - 1] == '/')
			continue;
		to[n++] = c;
	}
	if (canonical && n > 1 && to[n - 1] == '/')
		n--;
	to[n] = '\0';
}

/* What has to be so whatever is right. */
static void
check_sense(const struct pattern *p, char *path)
{
	const char	*prefix = pattern_prefix(p);
	size_t		 len = strlen(prefix);
	char		*slash;
	int		 covers = pattern_covers(p, path);

	if (covers != (pattern_deepest(p, path) != -1))
		abort();
	if (!pattern_match(p, path))
		return;
	if (!covers)
		abort();
	if (len > 1 && (strncmp(path, prefix, len) != 0 ||
	    (path[len] != '\0' && path[len] != '/')))
		abort();
	while ((slash = strrchr(path, '/')) != path) {
		*slash = '\0';
		if (!pattern_beneath(p, path))
			abort();
	}
	if (path[1] != '\0' && !pattern_beneath(p, "/"))
		abort();
}

static void
check_same(const struct pattern *p, const char *text, const char *path)
{
	const char	*s = path;
	int		 n, deepest = -1;

	if (pattern_match(p, path) != ref_path(text, path, strlen(path)))
		abort();
	if (ref_path(text, path, 1))
		deepest = 0;
	for (n = 1; *s != '\0' && s[1] != '\0'; n++) {
		s += 1 + strcspn(s + 1, "/");
		if (ref_path(text, path, (size_t)(s - path)))
			deepest = n;
	}
	if (pattern_deepest(p, path) != deepest)
		abort();
}

static void
run(const char *a, const char *b, int plain)
{
	struct pattern	*p;
	char		 text[PATTERN_MAX + 8], path[2 * PATTERN_MAX];

	make_text(text, plain ? SHORT_PATTERN : sizeof(text), a, plain, 0);
	make_text(path, plain ? SHORT_PATH : sizeof(path), b, plain, 1);
	if ((p = pattern_new(text)) == NULL) {
		if (strlen(text) <= PATTERN_MAX)
			abort();
		return;
	}
	if (plain)
		check_same(p, text, path);
	check_sense(p, path);
	pattern_free(p);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	*text, *path;

	if ((text = malloc(size + 1)) == NULL)
		return 0;
	if (size != 0)
		memcpy(text, data, size);
	text[size] = '\0';
	path = text + strcspn(text, "\n");
	if (*path != '\0')
		*path++ = '\0';
	run(text, path, 1);
	run(text, path, 0);
	free(text);
	return 0;
}
