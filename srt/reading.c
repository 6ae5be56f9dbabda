/* SPDX-License-Identifier: ISC */

/*
 * What an entry of the settings may mean (COMPAT 16.1, 16.4).  Characters of
 * a pattern are ordinary ones in file names, too: "app/[id]" is a pattern,
 * and it is the directory of that name where there is one.
 */

#include "compat.h"

#include <sys/stat.h>

#include <stdlib.h>
#include <string.h>

#include "parent.h"
#include "pattern.h"

/* A component of an entry. */
struct part {
	char	*text;
	int	 wild;		/* stands for other names */
};

struct parts {
	struct part	*v;
	size_t		 n;
	size_t		 base;	/* so many are not of the entry */
};

static void	 parts_clear(struct parts *);
static void	 parts_push(struct parts *, const char *, size_t);
static void	 parts_pop(struct parts *);
static void	 parts_base(struct parts *, const char *);
static int	 parts_text(struct parts *, const char *, int);
static void	 parts_mark(struct parts *);
static char	*parts_join(const struct parts *, size_t, size_t);
static void	 readings_add(struct readings *, const struct parts *, size_t);
static void	 readings_fill(struct readings *, const struct parts *);
static const char *readings_fault(const struct parts *, int);

static void
parts_clear(struct parts *ps)
{
	while (ps->n != 0)
		parts_pop(ps);
	free(ps->v);
	ps->v = NULL;
}

static void
parts_push(struct parts *ps, const char *text, size_t len)
{
	/* Grows by doubling. */
	if ((ps->n & (ps->n - 1)) == 0)
		ps->v = xreallocarray(ps->v, ps->n == 0 ? 1 : ps->n * 2,
		    sizeof(*ps->v));
	memset(&ps->v[ps->n], 0, sizeof(*ps->v));
	ps->v[ps->n++].text = xstrndup(text, len);
}

static void
parts_pop(struct parts *ps)
{
	if (ps->n == 0)
		return;
	free(ps->v[--ps->n].text);
	if (ps->base > ps->n)
		ps->base = ps->n;
}

/* A directory that is what it is. */
static void
parts_base(struct parts *ps, const char *dir)
{
	size_t	 len;

	for (; *dir != '\0'; dir += len) {
		if ((len = strcspn(dir, "/")) == 0)
			len = 1;
		else
			parts_push(ps, dir, len);
	}
	ps->base = ps->n;
}

/*
 * The entry itself.  With fold ".." goes by text, else it is left to what
 * follows the path.  Returns 1 if something was left out: a set with a slash
 * in it would not be what was written.
 */
static int
parts_text(struct parts *ps, const char *text, int fold)
{
	size_t	 len;
	int	 left = 0;

	for (; *text != '\0'; text += len) {
		if ((len = strcspn(text, "/")) == 0) {
			left |= text[1] == '/';
			len = 1;
		} else if (len == 1 && *text == '.')
			left = 1;
		else if (fold && len == 2 && strncmp(text, "..", 2) == 0) {
			parts_pop(ps);
			left = 1;
		} else
			parts_push(ps, text, len);
	}
	return left;
}

/*
 * Finds out what each part of the entry is.  A set that holds a slash begins
 * in one part and ends in a later one.
 */
static void
parts_mark(struct parts *ps)
{
	struct pattern	*p;
	struct part	*part;
	char		*text;
	const char	*open;
	size_t		 i;
	int		 closes = 0;

	for (i = ps->n; i-- > ps->base; ) {
		part = &ps->v[i];
		if (!pattern_is(part->text))
			continue;
		(void)xasprintf(&text, "/%s", part->text);
		/* One that is too long fails when it is used. */
		if ((p = pattern_new(text)) == NULL)
			part->wild = 1;
		else
			part->wild = strcmp(pattern_prefix(p), text) != 0;
		pattern_free(p);
		free(text);
		open = strrchr(part->text, '[');
		if (closes && open != NULL && strchr(open, ']') == NULL)
			part->wild = 1;
		if (strchr(part->text, ']') != NULL)
			closes = 1;
	}
}

static char *
parts_join(const struct parts *ps, size_t from, size_t to)
{
	char	*out, *o;
	size_t	 i, len = 1;

	for (i = from; i < to; i++)
		len += strlen(ps->v[i].text) + 1;
	o = out = xcalloc(len + 1, 1);
	for (i = from; i < to; i++) {
		if (i != from || from == 0)
			*o++ = '/';
		len = strlen(ps->v[i].text);
		memcpy(o, ps->v[i].text, len);
		o += len;
	}
	if (o == out && from == 0)
		*o = '/';
	return out;
}

/* The parts up to there are a path, and the others a pattern if any is. */
static void
readings_add(struct readings *rs, const struct parts *ps, size_t literal)
{
	struct reading	*r;
	size_t		 i;

	for (i = literal; i < ps->n && !ps->v[i].wild; i++)
		continue;
	rs->v = xreallocarray(rs->v, rs->n + 1, sizeof(*rs->v));
	r = &rs->v[rs->n++];
	r->path = parts_join(ps, 0, i);
	r->tail = i == ps->n ? NULL : parts_join(ps, i, ps->n);
}

static void
readings_fill(struct readings *rs, const struct parts *ps)
{
	struct stat	 st;
	char		*path;
	size_t		 i;
	int		 there;

	readings_add(rs, ps, 0);
	for (i = ps->base; i < ps->n; i++) {
		if (!ps->v[i].wild)
			continue;
		path = parts_join(ps, 0, i + 1);
		there = lstat(path, &st) == 0;
		free(path);
		if (!there)
			break;
		readings_add(rs, ps, i + 1);
	}
}

/* What of a pattern could not be enforced as it is written; or NULL. */
static const char *
readings_fault(const struct parts *ps, int left)
{
	const char	*open;
	size_t		 i;

	for (i = ps->base; i < ps->n && !ps->v[i].wild; i++)
		continue;
	for (; i < ps->n; i++) {
		if (strcmp(ps->v[i].text, "..") == 0)
			return "\"..\" after a wildcard matches nothing";
		open = strrchr(ps->v[i].text, '[');
		if (left && open != NULL && strchr(open, ']') == NULL)
			return "a slash in brackets, and components that are "
			    "empty, \".\" or \"..\"";
	}
	return NULL;
}

/* One part more, or with fold one less. */
static char *
plain_add(const char *out, char *o, const char *part, size_t len, int fold)
{
	if (fold && len == 2 && strncmp(part, "..", 2) == 0) {
		while (o > out && *--o != '/')
			continue;
		return o;
	}
	*o++ = '/';
	memcpy(o, part, len);
	return o + len;
}

/* An entry without wildcards, which most are: as parts, but in one go. */
static char *
plain_path(const char *base, const char *text, int fold)
{
	char	*out, *o;
	size_t	 len;

	out = o = xcalloc(strlen(base) + strlen(text) + 3, 1);
	for (; *base != '\0'; base += len)
		if ((len = strcspn(base, "/")) == 0)
			len = 1;
		else
			o = plain_add(out, o, base, len, 0);
	for (; *text != '\0'; text += len)
		if ((len = strcspn(text, "/")) == 0)
			len = 1;
		else if (len != 1 || *text != '.')
			o = plain_add(out, o, text, len, fold);
	if (o == out)
		*o++ = '/';
	*o = '\0';
	return out;
}

const char *
readings_new(struct readings *rs, const struct stritem *item, const char *cwd,
    const char *home)
{
	struct parts	 ps = { .n = 0 };
	const char	*text = item->text, *base = "", *why;
	int		 fold = 0, left;

	memset(rs, 0, sizeof(*rs));
	if (text[0] == '~' && (text[1] == '\0' || text[1] == '/')) {
		base = home;
		text++;
	} else if (text[0] != '/') {
		base = cwd;
		fold = 1;
	}
	if (item->literal || !pattern_is(text)) {
		rs->v = xcalloc(1, sizeof(*rs->v));
		rs->v[rs->n++].path = plain_path(base, text, fold);
		return NULL;
	}
	parts_base(&ps, base);
	left = parts_text(&ps, text, fold);
	/* What is beneath a directory is the directory. */
	while (ps.n > ps.base && strcmp(ps.v[ps.n - 1].text, "**") == 0)
		parts_pop(&ps);
	parts_mark(&ps);
	if ((why = readings_fault(&ps, left)) == NULL)
		readings_fill(rs, &ps);
	parts_clear(&ps);
	return why;
}

void
readings_free(struct readings *rs)
{
	size_t	 i;

	for (i = 0; i < rs->n; i++) {
		free(rs->v[i].path);
		free(rs->v[i].tail);
	}
	free(rs->v);
	memset(rs, 0, sizeof(*rs));
}

/* A set of one stands for a character that would mean something else. */
char *
reading_pattern(const char *dir, const char *tail)
{
	char	*out, *o;

	o = out = xcalloc(3 * strlen(dir) + strlen(tail) + 2, 1);
	for (; *dir != '\0'; dir++) {
		if (strchr("*?[", *dir) != NULL) {
			*o++ = '[';
			*o++ = *dir;
			*o++ = ']';
		} else
			*o++ = *dir;
	}
	if (o == out || o[-1] != '/')
		*o++ = '/';
	(void)memcpy(o, tail, strlen(tail) + 1);
	return out;
}
