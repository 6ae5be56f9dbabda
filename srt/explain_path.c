/* SPDX-License-Identifier: ISC */

/*
 * What a run would say to reading, writing and connecting to a path: the
 * mounts by plan_effect(), the names by guard_write(), guard_inside(),
 * guard_read() and guard_unix(), in the order in which the kernel and the
 * broker ask.
 */

#include "compat.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "explain.h"
#include "pattern.h"

#define KEY_WRITE	"filesystem.allowWrite"
#define KEY_UNIX	"network.allowUnixSockets"

/* Does the pattern beneath the directory cover a path? */
static int
covers(const char *dir, const char *tail, const char *path)
{
	struct pattern	*pattern;
	char		*text = reading_pattern(dir, tail);
	int		 ret;

	ret = (pattern = pattern_new(text)) != NULL &&
	    pattern_covers(pattern, path);
	pattern_free(pattern);
	free(text);
	return ret;
}

/* The entries of a list that name the path, and had nothing to act on. */
static void
absent(const struct explain *ex, const char *key, const struct strlist *list,
    const char *path, const char *effect, struct answer *a)
{
	struct readings	 rs;
	struct followed	 f;
	size_t		 i;
	int		 ret;

	for (i = 0; i < list->n; i++) {
		if (readings_new(&rs, &list->v[i], ex->policy->cwd,
		    home_dir() == NULL ? "/" : home_dir()) != NULL)
			continue;
		ret = path_follow(rs.v[0].path, &f);
		if (rs.v[0].tail == NULL ?
		    ret == -1 && path_beneath(path, f.meant) :
		    !place_there(path) && covers(f.meant, rs.v[0].tail, path))
			answer_note(a, "%s[%zu] \"%s\" names what is not "
			    "there now: %s", key, i, list->v[i].text, effect);
		followed_free(&f);
		readings_free(&rs);
	}
}

/* strictReadGlobs: 1 if it is refused. */
static int
strict_refuses(const struct explain *ex, const char *path, struct answer *a)
{
	struct guard_hit	 hit;

	if (!guard_read(ex->guard, path, &hit))
		return 0;
	a->allowed = 0;
	answer_rule(ex, a, hit.rule);
	answer_remove(a);
	return 1;
}

static void
read_allowed(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	const struct settings	*set = ex->policy->settings;
	const struct fs_path	*entry = place_entry(ex, p->f.meant);

	a->allowed = 1;
	answer_rule(ex, a, entry != NULL && entry->kind != FS_NOREAD &&
	    entry->rule != NULL ? entry->rule : set->fs_disabled ?
	    "filesystem.disabled" : "everything can be read");
	if (set->fs_disabled)
		answer_cure(a, "filesystem.disabled", "false");
	else
		answer_path(a, "filesystem.denyRead", p->f.meant);
	if (!set->fs_disabled)
		absent(ex, "filesystem.denyRead", &set->deny_read, p->f.meant,
		    "it hides nothing that comes later in a run", a);
}

const char *
explain_read(const struct explain *ex, const char *text, struct answer *a)
{
	struct place	 p;
	const char	*why;

	if ((why = place_find(ex, text, &p)) != NULL)
		return why;
	if (!place_decides(ex, &p, 0, a) &&
	    !place_links(ex, p.path, strict_refuses, a) &&
	    !strict_refuses(ex, p.f.meant, a)) {
		read_allowed(ex, &p, a);
	}
	if (p.own == NULL)
		place_note(&p, R_OK, a);
	place_free(&p);
	return NULL;
}

/* Nothing lets it be written. */
static void
not_inside(const struct explain *ex, const struct place *p, struct answer *a)
{
	const struct settings	*set = ex->policy->settings;
	const char		*slash;
	char			*dir;

	answer_rule(ex, a, KEY_WRITE);
	if (place_there(p->f.meant))
		answer_path(a, KEY_WRITE, p->f.meant);
	else {
		slash = strrchr(p->f.meant, '/');
		dir = xstrndup(p->f.meant, slash == p->f.meant ? 1 :
		    (size_t)(slash - p->f.meant));
		answer_path(a, KEY_WRITE, dir);
		free(dir);
	}
	absent(ex, KEY_WRITE, &set->allow_write, p->f.meant,
	    "make it before the run", a);
}

static void
guarded(const struct explain *ex, const char *path,
    const struct guard_hit *hit, struct answer *a)
{
	static const char	 admins[] = "the administrator's ";

	a->allowed = 0;
	if (hit->mandatory) {
		answer_rule(ex, a, hit->rule);
		if (strstr(hit->name, "git/config") != NULL)
			answer_cure(a, "filesystem.allowGitConfig", "true");
		answer_note(a, "%s is protected; in a directory that the "
		    "command makes in that run it is free", hit->name);
	} else if (strncmp(hit->rule, admins, sizeof(admins) - 1) == 0) {
		answer_ceiling(ex, a, KEY_WRITE);
		answer_note(a, "only the administrator can change that");
	} else {
		answer_rule(ex, a, hit->rule);
		if (strcmp(hit->rule, KEY_WRITE) == 0)
			answer_path(a, KEY_WRITE, path);
		else
			answer_remove(a);
	}
}

/* Nothing but "." and ".."? */
static int
is_empty(const char *dir)
{
	DIR	*d;
	int	 n = 0;

	if ((d = opendir(dir)) == NULL)
		return 0;
	while (n <= 2 && readdir(d) != NULL)
		n++;
	(void)closedir(d);
	return n == 2;
}

static int
is_mounted(const struct explain *ex, const char *dir)
{
	size_t	 i;

	for (i = 0; i < ex->plan->nops; i++)
		if (strcmp(ex->plan->ops[i].path, dir) == 0)
			return 1;
	return 0;
}

/*
 * The broker takes an empty directory that the command could make anew for
 * one that it has made: see is_spare() in broker_check.c.  Its depth, or
 * GUARD_OLD.
 */
static unsigned int
spare_depth(const struct explain *ex, const char *path)
{
	struct stat	 st, up;
	unsigned int	 depth = 0;
	char		*dir = xstrdup(path), *above, *s;

	*strrchr(dir, '/') = '\0';
	for (s = dir; *s != '\0'; s++)
		depth += *s == '/';
	above = xstrdup(dir);
	if (*dir != '\0')
		strrchr(above, '/')[strrchr(above, '/') == above] = '\0';
	if (*dir == '\0' || !is_empty(dir) || is_mounted(ex, dir) ||
	    guard_write(ex->guard, dir, GUARD_OLD, NULL) ||
	    plan_effect(ex->plan, above) != PLAN_WRITE ||
	    stat(dir, &st) == -1 || stat(above, &up) == -1 ||
	    st.st_dev != up.st_dev || st.st_uid != geteuid() ||
	    faccessat(AT_FDCWD, above, W_OK | X_OK, AT_EACCESS) == -1)
		depth = GUARD_OLD;
	free(above);
	free(dir);
	return depth;
}

/* Does the depth of a new directory lift what was asked? */
static int
is_free(const struct explain *ex, const char *path,
    const struct guard_hit *hit, int (*ask)(const struct guard *,
    const char *, unsigned int, struct guard_hit *), struct answer *a)
{
	unsigned int	 depth;

	if (!hit->mandatory ||
	    (depth = spare_depth(ex, path)) == GUARD_OLD ||
	    ask(ex->guard, path, depth, NULL) != 0)
		return 0;
	answer_note(a, "%s is free in a directory that is empty", hit->name);
	return 1;
}

/* 1 if the name itself is held. */
static int
name_refuses(const struct explain *ex, const char *path, struct answer *a)
{
	struct guard_hit	 hit;

	if (strict_refuses(ex, path, a))
		return 1;
	if (!guard_write(ex->guard, path, GUARD_OLD, &hit) ||
	    is_free(ex, path, &hit, guard_write, a))
		return 0;
	guarded(ex, path, &hit, a);
	return 1;
}

/* ".git" as a file says where the repository is. */
static int
stem_refuses(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	struct guard_hit	 hit;

	if (guard_stem(ex->guard, p->f.meant, GUARD_OLD, &hit) !=
	    GUARD_STEM_NAME || (p->error == 0 && S_ISDIR(p->f.mode)) ||
	    is_free(ex, p->f.meant, &hit, guard_stem, a))
		return 0;
	guarded(ex, p->f.meant, &hit, a);
	answer_note(a, "as a file; a directory of that name can be made");
	return 1;
}

/* The deepest entry that forbids writing at or above the path, or NULL. */
static const struct fs_path *
forbidding_entry(const struct explain *ex, const char *path)
{
	const struct fs_path	*p, *best = NULL;

	TAILQ_FOREACH(p, &ex->policy->paths, entry)
		if ((p->kind == FS_NOWRITE || p->kind == FS_PROTECT) &&
		    plan_applies(p) && plan_covers(p->path, path) &&
		    (best == NULL || strlen(p->path) > strlen(best->path)))
			best = p;
	return best;
}

/* 1 if the mounts alone refuse. */
static int
mounts_refuse(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	const struct fs_path	*entry;

	if (plan_effect(ex->plan, p->f.meant) == PLAN_WRITE)
		return 0;
	entry = forbidding_entry(ex, p->f.meant);
	answer_rule(ex, a, entry != NULL && entry->rule != NULL ?
	    entry->rule : plan_covers("/sys", p->f.meant) ? "mandatory" :
	    KEY_WRITE);
	if (entry != NULL)
		answer_remove(a);
	return 1;
}

/* What lets it be written: the deepest path, else the first pattern. */
static void
write_allowed(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	const struct guard_entry	*g, *best = NULL;
	struct pattern			*pattern;

	a->allowed = 1;
	TAILQ_FOREACH(g, &ex->policy->guards.list, entry)
		if (g->kind == GUARD_WRITE && path_beneath(p->f.meant,
		    g->text) && (best == NULL || strlen(g->text) >
		    strlen(best->text)))
			best = g;
	for (g = TAILQ_FIRST(&ex->policy->guards.list); best == NULL &&
	    g != NULL; g = TAILQ_NEXT(g, entry)) {
		if (g->kind != GUARD_WRITE_GLOB ||
		    (pattern = pattern_new(g->text)) == NULL)
			continue;
		if (pattern_covers(pattern, p->f.meant))
			best = g;
		pattern_free(pattern);
	}
	answer_rule(ex, a, best != NULL ? best->rule :
	    "filesystem.disabled");
	if (ex->policy->settings->fs_disabled)
		answer_cure(a, "filesystem.disabled", "false");
	else
		answer_path(a, "filesystem.denyWrite", p->f.meant);
}

const char *
explain_write(const struct explain *ex, const char *text, struct answer *a)
{
	struct place	 p;
	const char	*why;

	if ((why = place_find(ex, text, &p)) != NULL)
		return why;
	if (place_decides(ex, &p, 1, a) ||
	    place_links(ex, p.path, name_refuses, a))
		;
	else if (!guard_inside(ex->guard, p.f.meant)) {
		/* More than one reason: the one that no entry lifts. */
		if (!name_refuses(ex, p.f.meant, a) || a->cure != NULL)
			not_inside(ex, &p, a);
	}
	else if (!name_refuses(ex, p.f.meant, a) &&
	    !stem_refuses(ex, &p, a) && !mounts_refuse(ex, &p, a))
		write_allowed(ex, &p, a);
	if (p.own == NULL)
		place_note(&p, W_OK, a);
	place_free(&p);
	return NULL;
}

/* The entry that lists a socket. */
static const char *
unix_rule(const struct explain *ex, const char *path)
{
	const struct guard_entry	*g;
	struct pattern			*pattern;
	int				 found = 0;

	TAILQ_FOREACH(g, &ex->policy->guards.list, entry) {
		if (g->kind == GUARD_UNIX)
			found = strcmp(g->text, path) == 0;
		else if (g->kind == GUARD_UNIX_GLOB &&
		    (pattern = pattern_new(g->text)) != NULL) {
			found = pattern_match(pattern, path);
			pattern_free(pattern);
		}
		if (found)
			return g->rule;
	}
	return KEY_UNIX;
}

static void
unix_refused(const struct explain *ex, const char *path, struct answer *a)
{
	const char	*rule = unix_rule(ex, path);

	/* One that is listed all the same is above the ceiling. */
	if (strcmp(rule, KEY_UNIX) != 0) {
		answer_ceiling(ex, a, KEY_UNIX);
		answer_note(a, "only the administrator can change that");
		return;
	}
	answer_rule(ex, a, KEY_UNIX);
	if (!pattern_is(path))
		answer_path(a, KEY_UNIX, path);
	answer_note(a, "a socket that the command binds there itself can be "
	    "reached");
}

static void
unix_decide(const struct explain *ex, const struct place *p, struct answer *a)
{
	if ((ex->policy->flags & EXEC_ALL_UNIX) != 0) {
		a->allowed = 1;
		answer_rule(ex, a, "network.allowAllUnixSockets");
		answer_cure(a, "network.allowAllUnixSockets", "false");
	} else if (guard_unix(ex->guard, p->f.meant)) {
		a->allowed = 1;
		answer_rule(ex, a, unix_rule(ex, p->f.meant));
		answer_remove(a);
	} else
		unix_refused(ex, p->f.meant, a);
}

const char *
explain_unix(const struct explain *ex, const char *text, struct answer *a)
{
	struct place	 p;
	const char	*why;

	if (*text == '@') {
		a->rule = xstrdup("the command's own network");
		answer_note(a, "names without a path are its own: no host "
		    "program has them");
		return NULL;
	}
	if ((why = place_find(ex, text, &p)) != NULL)
		return why;
	if (p.own != NULL) {
		answer_rule(ex, a, plan_covers("/dev", p.own) ?
		    "the command's own /dev" : "the command's own /proc");
		answer_note(a, "no socket of the host is in it");
	} else if (!place_decides(ex, &p, 0, a))
		unix_decide(ex, &p, a);
	if (p.own == NULL)
		place_note(&p, W_OK, a);
	place_free(&p);
	return NULL;
}
