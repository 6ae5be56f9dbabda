/* SPDX-License-Identifier: ISC */

/*
 * What the broker holds by name, whether it is there or not.  It compares
 * real paths; so a name is held as what it leads to, and the symbolic links
 * on its way are held as themselves: with another in its place the next run
 * would protect something else.
 */

#include "compat.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"
#include "pattern.h"
#include "../srt-exec/plan.h"

static const char *const kind_names[GUARD_KIND_MAX] = {
	[GUARD_NOWRITE] = "no-write",
	[GUARD_NOWRITE_GLOB] = "no-write-pattern",
	[GUARD_WRITE] = "write",
	[GUARD_WRITE_GLOB] = "write-pattern",
	[GUARD_NOREAD_GLOB] = "no-read-pattern",
	[GUARD_READ] = "read",
	[GUARD_READ_GLOB] = "read-pattern",
	[GUARD_UNIX] = "unix",
	[GUARD_UNIX_GLOB] = "unix-pattern",
	[GUARD_CEILING] = "ceiling",
	[GUARD_CEILING_GLOB] = "ceiling-pattern",
	[GUARD_UNIX_CEILING] = "unix-ceiling",
	[GUARD_UNIX_CEILING_GLOB] = "unix-ceiling-pattern",
	[GUARD_NOWRITE_FOLD] = "no-write-any-case"
};

static int	 sockets_entry(const struct resolver *, size_t);
static int	 sockets_reading(const struct resolver *,
		    const struct path_entry *, const struct reading *);

void
guards_init(struct guards *guards)
{
	memset(guards, 0, sizeof(*guards));
	TAILQ_INIT(&guards->list);
}

void
guards_free(struct guards *guards)
{
	struct guard_entry	*g;

	while ((g = TAILQ_FIRST(&guards->list)) != NULL) {
		TAILQ_REMOVE(&guards->list, g, entry);
		free(g->text);
		free(g->rule);
		free(g);
	}
	guards_init(guards);
}

const char *
guard_kind_name(enum guard_kind kind)
{
	return kind_names[kind];
}

int
guards_have(const struct guards *guards, enum guard_kind kind)
{
	const struct guard_entry	*g;

	TAILQ_FOREACH(g, &guards->list, entry)
		if (g->kind == kind)
			return 1;
	return 0;
}

/* FNV-1a */
static uint32_t
text_hash(const char *s)
{
	uint32_t	 hash = 2166136261U;

	for (; *s != '\0'; s++)
		hash = (hash ^ (unsigned char)*s) * 16777619U;
	return hash;
}

void
guards_add(struct guards *guards, enum guard_kind kind, const char *text,
    const char *rule)
{
	struct guard_entry	*g, **same;
	uint32_t		 hash = text_hash(text);

	/* Too many end the start later, and need not be compared. */
	if (guards->n > POLICY_GUARDS_MAX)
		return;
	same = &guards->slot[hash % nitems(guards->slot)];
	for (g = *same; g != NULL; g = g->next)
		if (g->hash == hash && g->kind == kind &&
		    strcmp(g->text, text) == 0)
			return;
	g = xcalloc(1, sizeof(*g));
	g->kind = kind;
	g->hash = hash;
	g->text = xstrdup(text);
	g->rule = xstrdup(rule);
	g->next = *same;
	*same = g;
	TAILQ_INSERT_TAIL(&guards->list, g, entry);
	guards->n++;
}

void
guards_noread(struct guards *guards, const char *path, const char *rule)
{
	char	*text = reading_pattern(path, "");

	guards_add(guards, GUARD_NOREAD_GLOB, text, rule);
	free(text);
}

/* One that the kernel would take, and not of the command's own. */
static void
hold_path(struct guards *guards, const char *path, const char *rule)
{
	struct fs_path	 fp = { .kind = FS_NOWRITE };

	if (strlen(path) >= PATH_MAX)
		return;
	fp.path = xstrdup(path);
	if (guards->host_nodes || plan_applies(&fp)) {
		guards_add(guards, GUARD_NOWRITE, path, rule);
		if (path_folds(path))
			guards_add(guards, GUARD_NOWRITE_FOLD, path, rule);
	}
	free(fp.path);
}

void
guards_hold(struct guards *guards, const char *spelled,
    const struct followed *f, const char *rule)
{
	char	*folded = path_fold(spelled);

	hold_path(guards, f->meant, rule);
	if (strcmp(folded, f->meant) != 0)
		hold_path(guards, folded, rule);
	free(folded);
	guards_hold_links(guards, f, rule);
}

void
guards_hold_links(struct guards *guards, const struct followed *f,
    const char *rule)
{
	size_t	 i;

	for (i = 0; i < f->nlinks; i++)
		hold_path(guards, f->links[i], rule);
}

int
guards_pattern(struct guards *guards, enum guard_kind kind, const char *dir,
    const char *tail, const struct path_entry *e)
{
	struct pattern	*p;
	char		*text;
	int		 ret = 0;

	text = reading_pattern(dir, tail);
	if ((p = pattern_new(text)) == NULL) {
		errors_write("Error: %s: the pattern cannot be enforced: "
		    "%s\n", e->name, strerror(errno));
		ret = -1;
	} else
		guards_add(guards, kind, text, e->rule);
	pattern_free(p);
	free(text);
	return ret;
}

/*
 * A daemon may make its socket later, so one need not exist.  Where the
 * command could have made a link of it, only the whole truth will do.
 */
static int
sockets_reading(const struct resolver *r, const struct path_entry *e,
    const struct reading *rd)
{
	struct followed	 f;
	char		*spelled = path_fold(rd->path);
	int		 ret = 0;

	(void)path_follow(rd->path, &f);
	if (f.foreign && !path_beneath(f.meant, spelled))
		log_warnx("%s leads to %s by a symbolic link and is not "
		    "followed: list \"%s\" if that is meant", e->name,
		    f.meant, f.meant);
	else if (!bounds_socket(r->bounds, f.meant, rd->tail))
		bounds_say(r->bounds, FS_KIND_MAX, e, f.meant, 0);
	else if (strlen(f.meant) >= PATH_MAX || strlen(spelled) >= PATH_MAX)
		log_warnx("%s: %s: it is not allowed", e->name,
		    strerror(ENAMETOOLONG));
	else if (rd->tail == NULL) {
		guards_add(r->guards, GUARD_UNIX, f.meant, e->rule);
		guards_add(r->guards, GUARD_UNIX, spelled, e->rule);
	} else
		ret = guards_pattern(r->guards, GUARD_UNIX_GLOB, f.meant,
		    rd->tail, e) | guards_pattern(r->guards, GUARD_UNIX_GLOB,
		    spelled, rd->tail, e);
	followed_free(&f);
	free(spelled);
	return ret;
}

static int
sockets_entry(const struct resolver *r, size_t i)
{
	const struct stritem	*item = &r->set->unix_sockets.v[i];
	struct path_entry	 e;
	struct readings		 rs;
	size_t			 k;
	int			 ret = 0;

	if (entry_init(&e, &rs, r, "network.allowUnixSockets", i, item) == -1)
		return -1;
	for (k = 0; k < rs.n; k++)
		ret |= sockets_reading(r, &e, &rs.v[k]);
	readings_free(&rs);
	entry_free(&e);
	return ret;
}

int
guards_sockets(const struct resolver *r)
{
	size_t	 i;

	for (i = 0; i < r->set->unix_sockets.n; i++)
		if (sockets_entry(r, i) == -1)
			return -1;
	return 0;
}
