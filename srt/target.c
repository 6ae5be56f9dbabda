/* SPDX-License-Identifier: ISC */

/*
 * A pattern cut into its components, so that a walk compares single names.
 * One that cannot be cut, because something in it may stand for a slash in
 * the place of a name, is held against whole paths.
 */

#include "compat.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"
#include "target.h"

static int	 seg_init(struct seg *, const char *, size_t);
static int	 seg_match(const struct seg *, const char *, size_t);
static int	 target_add(struct target *, const char *, size_t, int);
static uint64_t	 target_enter(const struct target *, unsigned int);

struct target *
target_new(const char *dir, const char *tail, const char *name,
    const char *rule)
{
	struct target	*t = xcalloc(1, sizeof(*t));
	char		*text = reading_pattern(dir, tail);

	t->pattern = pattern_new(text);
	free(text);
	if (t->pattern == NULL) {
		target_free(t);
		return NULL;
	}
	t->dir = xstrdup(dir);
	t->tail = xstrdup(tail);
	t->name = xstrdup(name);
	t->rule = xstrdup(rule);
	return t;
}

void
target_free(struct target *t)
{
	unsigned int	 i;

	for (i = 0; i < t->nsegs; i++) {
		pattern_free(t->seg[i].pattern);
		free(t->seg[i].own);
	}
	pattern_free(t->pattern);
	free(t->dir);
	free(t->tail);
	free(t->name);
	free(t->rule);
	free(t);
}

/*
 * Prepares a component.  -1 if it does not say by itself what it stands for:
 * "**" beside other text, and a set that may end in the next component.
 */
static int
seg_init(struct seg *seg, const char *s, size_t len)
{
	const char	*p;
	char		*text;
	size_t		 i, stars = 0, others = 0;

	seg->text = text = seg->own = xstrndup(s, len);
	seg->len = len;
	p = strrchr(text, '[');
	if (strcmp(text, "**") == 0) {
		seg->kind = SEG_DEEP;
		return 0;
	}
	if (strstr(text, "**") != NULL ||
	    (p != NULL && strchr(p, ']') == NULL))
		return -1;
	for (i = 0; i < len; i++) {
		stars += text[i] == '*';
		/* pattern.c knows what is half a character. */
		others += strchr("?[]", text[i]) != NULL ||
		    (unsigned char)text[i] >= 0x80;
	}
	if (!pattern_is(text))
		seg->kind = SEG_TEXT;
	else if (others == 0 && stars == 1 && len == 1)
		seg->kind = SEG_ANY;
	else if (others == 0 && stars == 1 && text[len - 1] == '*') {
		seg->kind = SEG_PREFIX;
		seg->len--;
	} else if (others == 0 && stars == 1 && text[0] == '*') {
		seg->kind = SEG_SUFFIX;
		seg->text++;
		seg->len--;
	} else {
		seg->kind = SEG_PATTERN;
		/* What it begins with decides mostly. */
		for (i = 0; i < len && (unsigned char)text[i] < 0x80 &&
		    strchr("*?[]", text[i]) == NULL; i++)
			continue;
		seg->len = i;
		(void)xasprintf(&text, "/%s", seg->own);
		seg->pattern = pattern_new(text);
		free(text);
	}
	return seg->kind == SEG_PATTERN && seg->pattern == NULL ? -1 : 0;
}

static int
seg_match_pattern(const struct seg *seg, const char *name, size_t len)
{
	char	 path[NAME_MAX + 2];

	/* No file system has longer ones that we know of. */
	if (len > NAME_MAX)
		return 1;
	path[0] = '/';
	memcpy(path + 1, name, len + 1);
	return pattern_match(seg->pattern, path);
}

static int
seg_match(const struct seg *seg, const char *name, size_t len)
{
	switch (seg->kind) {
	case SEG_TEXT:
		return len == seg->len && memcmp(name, seg->text, len) == 0;
	case SEG_ANY:
	case SEG_DEEP:
		return 1;
	case SEG_PREFIX:
		return len >= seg->len &&
		    memcmp(name, seg->text, seg->len) == 0;
	case SEG_SUFFIX:
		return len >= seg->len && memcmp(name + len - seg->len,
		    seg->text, seg->len) == 0;
	case SEG_PATTERN:
		return len >= seg->len &&
		    memcmp(name, seg->text, seg->len) == 0 &&
		    seg_match_pattern(seg, name, len);
	}
	return 1;
}

/* One more component; -1 as of seg_init(), or if there are too many. */
static int
target_add(struct target *t, const char *s, size_t len, int literal)
{
	struct seg	*seg;

	if (t->nsegs == SEGS_MAX)
		return -1;
	seg = &t->seg[t->nsegs++];
	memset(seg, 0, sizeof(*seg));
	if (!literal)
		return seg_init(seg, s, len);
	seg->kind = SEG_TEXT;
	seg->text = s;
	seg->len = len;
	return 0;
}

/*
 * Cuts the pattern.  So many bytes of its directory are the walk's; what is
 * beneath is text.
 */
void
target_cut(struct target *t, size_t from)
{
	const char	*s;
	size_t		 len;
	int		 literal, ret = 0;

	for (literal = 1; literal >= 0; literal--) {
		s = literal ? t->dir + from : t->tail;
		for (; *s != '\0' && ret == 0; s += len) {
			if ((len = strcspn(s, "/")) == 0)
				len = 1;
			else
				ret = target_add(t, s, len, literal);
		}
	}
	while (ret == -1 && t->nsegs != 0) {
		t->nsegs--;
		pattern_free(t->seg[t->nsegs].pattern);
		free(t->seg[t->nsegs].own);
	}
}

static uint64_t
target_enter(const struct target *t, unsigned int i)
{
	uint64_t	 bits = (uint64_t)1 << i;

	for (; i < t->nsegs && t->seg[i].kind == SEG_DEEP; i++)
		bits |= (uint64_t)2 << i;
	return bits;
}

uint64_t
target_step(const struct target *t, uint64_t bits, const char *name,
    size_t len)
{
	uint64_t	 next = 0;
	unsigned int	 i;

	for (i = 0; i < t->nsegs; i++) {
		if ((bits >> i & 1) == 0)
			continue;
		if (t->seg[i].kind == SEG_DEEP)
			next |= target_enter(t, i);
		else if (seg_match(&t->seg[i], name, len))
			next |= target_enter(t, i + 1);
	}
	/* A component too many would be a match, with nothing beneath. */
	return next & ~((uint64_t)1 << t->nsegs);
}

uint64_t
target_start(const struct target *t)
{
	return t->nsegs == 0 ? 1 : target_enter(t, 0);
}

int
target_ends(const struct target *t, uint64_t bits, const char *name,
    size_t len)
{
	return (bits >> (t->nsegs - 1) & 1) != 0 &&
	    seg_match(&t->seg[t->nsegs - 1], name, len);
}
