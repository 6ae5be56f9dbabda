/* SPDX-License-Identifier: ISC */

/*
 * Patterns of denyRead and allowRead: the mounts hold what they match now, so
 * that is looked for, once for all of them, before anything runs.
 */

#include "compat.h"

#include <errno.h>
#include <string.h>

#include "parent.h"
#include "../srt-exec/plan.h"

int
matches_later(struct walk *walk, const struct path_entry *e, const char *dir,
    const char *tail)
{
	if (plan_covers("/dev", dir) || plan_covers("/proc", dir)) {
		log_info("%s has no effect: the command has a %s of its own",
		    e->name, plan_covers("/dev", dir) ? "/dev" : "/proc");
		return 0;
	}
	if (walk_add(walk, dir, tail, e->name, e->rule) == 0)
		return 0;
	errors_write("Error: %s: the pattern cannot be enforced: %s\n",
	    e->name, strerror(errno));
	return -1;
}

static int
too_many(struct resolver *r, const char *name)
{
	if (r->nmatches++ < POLICY_MATCHES_MAX)
		return 0;
	errors_write("Error: %s: the pattern cannot be enforced: together, "
	    "patterns match more than %d files. Deny the directories that "
	    "hold them.\n", name, POLICY_MATCHES_MAX);
	return 1;
}

static int
found_denied(void *arg, const char *name, const char *rule, const char *path,
    mode_t mode, int linked)
{
	struct resolver	*r = arg;

	if (too_many(r, name))
		return -1;
	paths_add(r->paths, FS_NOREAD, path, mode, rule);
	/* By this name the pattern would not hold what comes in its place. */
	if (linked && r->set->strict_reads && !r->set->absent_reads)
		guards_noread(r->guards, path, rule);
	return 0;
}

/* Without the link the next run would not find what it leads to. */
static void
found_link(void *arg, const char *rule, const char *link)
{
	struct resolver	*r = arg;

	guards_add(r->links, GUARD_NOWRITE, link, rule);
}

/*
 * What is beneath a path that is denied is denied, unless something there is
 * allowed again: then denials beneath that count.
 */
static int
denied_wanted(void *arg, const char *path)
{
	struct resolver		*r = arg;
	const struct fs_path	*p;

	TAILQ_FOREACH(p, r->paths, entry)
		if ((p->kind == FS_READ || p->kind == FS_WRITE) &&
		    path_beneath(p->path, path))
			return 1;
	return walk_touches(r->allow, path);
}

/* What is not denied need not be allowed. */
static int
found_allowed(void *arg, const char *name, const char *rule, const char *path,
    mode_t mode, int linked)
{
	struct resolver		*r = arg;
	const struct fs_path	*p;

	(void)linked;
	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_NOREAD && path_beneath(path, p->path))
			break;
	if (p == NULL ||
	    bounds_path(r->bounds, FS_READ, path) != BOUNDED_WHOLE)
		return 0;
	if (too_many(r, name))
		return -1;
	paths_add(r->paths, FS_READ, path, mode, rule);
	return 0;
}

/* Likewise with the words exchanged. */
static int
allowed_wanted(void *arg, const char *path)
{
	struct resolver		*r = arg;
	const struct fs_path	*p;

	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_NOREAD && path_beneath(p->path, path))
			return 1;
	return 0;
}

/* First what is denied, then what of it is allowed again. */
int
matches_find(struct resolver *r)
{
	static const struct walk_sink	 deny = {
		found_denied, found_link, denied_wanted
	};
	static const struct walk_sink	 allow = {
		found_allowed, found_link, allowed_wanted
	};
	const struct fs_path		*p;

	if (walk_run(r->deny, &deny, r) == -1)
		return -1;
	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_NOREAD)
			return walk_run(r->allow, &allow, r);
	return 0;
}

/* Most lie where nothing can be written. */
void
matches_hold(const struct resolver *r)
{
	const struct guard_entry	*g;
	const struct fs_path		*p;

	TAILQ_FOREACH(g, &r->links->list, entry) {
		TAILQ_FOREACH(p, r->paths, entry)
			if (p->kind == FS_WRITE &&
			    path_beneath(g->text, p->path))
				break;
		if (p != NULL)
			guards_add(r->guards, g->kind, g->text, g->rule);
	}
	/* Some may be missing. */
	if (r->links->n > POLICY_GUARDS_MAX)
		r->guards->n = r->links->n;
}
