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
#include "../srt-exec/own.h"
#include "../srt-exec/seatbelt_lists.h"
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

/* What is not there, or a link, is its directory's to have. */
static void
write_cure(const char *path, struct answer *a)
{
	struct stat	 st;
	char		*dir = xstrdup(path), *slash;

	if ((lstat(path, &st) == -1 || S_ISLNK(st.st_mode)) &&
	    (slash = strrchr(dir, '/')) != NULL) {
		slash[slash == dir] = '\0';
		if (!place_there(dir))
			answer_note(a, "make %s before the run", dir);
	}
	answer_path(a, KEY_WRITE, dir);
	free(dir);
}

/* Refused by a guard, as the broker would say it. */
static void
guarded(const struct explain *ex, const char *path,
    const struct guard_hit *hit, struct answer *a)
{
	static const char	 admins[] = "the administrator's ";
	struct answer		 one;

	memset(&one, 0, sizeof(one));
	if (hit->mandatory) {
		answer_rule(ex, &one, hit->rule);
		if (strstr(hit->name, "git/config") != NULL ||
		    strstr(hit->name, "repository's config") != NULL)
			answer_cure(&one, "filesystem.allowGitConfig", "true");
		answer_note(&one, ex->policy->settings->profile ?
		    "%s is protected" : "%s is protected; in a directory "
		    "that the command makes in that run it is free",
		    hit->name);
	} else if (strncmp(hit->rule, admins, sizeof(admins) - 1) == 0) {
		answer_ceiling(ex, &one, KEY_WRITE);
		answer_note(&one, "only the administrator can change that");
	} else {
		answer_rule(ex, &one, hit->rule);
		if (strcmp(hit->rule, KEY_WRITE) == 0)
			write_cure(path, &one);
		else
			answer_remove(&one);
	}
	answer_also(a, &one);
}

/* Every entry that would refuse it alone, of denyWrite or of denyRead. */
static void
each_entry(const struct explain *ex, const char *path, int read,
    struct answer *a)
{
	const struct guard_entry	*g;
	struct guard_hit		 hit;
	struct guard			*alone;

	TAILQ_FOREACH(g, &ex->policy->guards.list, entry) {
		if (read ? g->kind != GUARD_NOREAD_GLOB :
		    g->kind != GUARD_NOWRITE && g->kind != GUARD_NOWRITE_FOLD &&
		    g->kind != GUARD_NOWRITE_GLOB)
			continue;
		/* Without the mandatory names. */
		if ((alone = guard_new(EXEC_FS_DISABLED)) == NULL ||
		    guard_add(alone, g->kind, g->text, g->rule) == -1)
			fatal("guard of %s", g->text);
		if (read ? guard_read(alone, path, &hit) :
		    guard_write(alone, path, GUARD_OLD, &hit))
			guarded(ex, path, &hit, a);
		guard_free(alone);
	}
}

/* strictReadGlobs. */
static int
strict(const struct explain *ex, const char *path, struct answer *a)
{
	struct guard_hit	 hit;
	struct answer		 one;

	if (!guard_read(ex->guard, path, &hit))
		return 0;
	memset(&one, 0, sizeof(one));
	answer_rule(ex, &one, hit.rule);
	if (place_there(path) && !answer_is_admin(&one))
		answer_path(&one, "filesystem.allowRead", path);
	else {
		answer_remove(&one);
		each_entry(ex, path, 1, &one);
	}
	answer_also(a, &one);
	return 0;
}

/* Is it by denyRead that somebody has said that it can be read? */
static int
is_reopened(const struct explain *ex, const struct fs_path *by,
    const char *path)
{
	const struct fs_path	*p;

	if (by == NULL || by->rule == NULL || by->kind == FS_NOREAD)
		return 0;
	if (by->kind == FS_READ)
		return 1;
	TAILQ_FOREACH(p, &ex->policy->paths, entry)
		if (p->kind == FS_NOREAD && place_applies(ex, p) &&
		    plan_covers(p->path, path))
			return 1;
	return 0;
}

static void
read_allowed(const struct explain *ex, const struct place *p,
    struct answer *a)
{
	const struct settings	*set = ex->policy->settings;
	const struct fs_path	*entry = place_entry(ex, p->f.meant);
	char			*remove = NULL;

	a->allowed = 1;
	answer_rule(ex, a, entry != NULL &&
	    is_reopened(ex, entry, p->f.meant) ? entry->rule :
	    set->fs_disabled ? "filesystem.disabled" :
	    "everything can be read");
	/* Of the same path allowRead would win. */
	if (entry != NULL && entry->kind == FS_READ &&
	    strcmp(entry->path, p->f.meant) == 0) {
		answer_remove(a);
		remove = a->cure;
		a->cure = NULL;
	}
	answer_path(a, "filesystem.denyRead", p->f.meant);
	if (remove != NULL && a->cure != NULL)
		answer_join(a, remove);
	free(remove);
	if (set->fs_disabled) {
		answer_join(a, "\"filesystem\": {\"disabled\": false}");
		return;
	}
	absent(ex, "filesystem.denyRead", &set->deny_read, p->f.meant,
	    "it hides nothing that comes later in a run", a);
}

/*
 * What a profile lets every program have: devices, unless the policy says
 * something of them, and "/", as put_root() of seatbelt_files.c has it.
 */
static int
is_everyones(const struct explain *ex, const char *path, int write)
{
	struct guard_hit	 hit;
	size_t			 i;

	if (!ex->policy->settings->profile)
		return 0;
	if (strcmp(path, "/") == 0)
		return !write;
	for (i = 1; i < ex->plan->nops; i++)
		if (plan_covers(ex->plan->ops[i].path, path))
			return 0;
	/* They need no entry that allows, but heed one that denies. */
	if (guard_read(ex->guard, path, NULL) || (write &&
	    guard_write(ex->guard, path, GUARD_OLD, &hit) &&
	    strcmp(hit.rule, KEY_WRITE) != 0 &&
	    strcmp(hit.rule, "the administrator's " KEY_WRITE) != 0))
		return 0;
	for (i = 0; i < SEATBELT_DEVICES; i++)
		if (strcmp(seatbelt_devices[i].text, path) == 0)
			return 1;
	return 0;
}

/* Is that what decides? */
static int
everyones(const struct explain *ex, const struct place *p, int write,
    struct answer *a)
{
	if (!is_everyones(ex, p->f.meant, write))
		return 0;
	a->allowed = 1;
	if (strcmp(p->f.meant, "/") == 0) {
		answer_rule(ex, a, "needed to start programs");
		answer_note(a, "what is in it can be listed");
	} else
		answer_rule(ex, a, "a device of every program's");
	return 1;
}

/* Mode "landlock": the few devices that a rule of Landlock's opens. */
static int
is_device(const struct explain *ex, const char *path)
{
	size_t	 i;

	if ((ex->policy->flags & EXEC_LANDLOCK) == 0 ||
	    strncmp(path, "/dev/", 5) != 0)
		return 0;
	for (i = 0; i < OWN_NODES; i++)
		if (strcmp(path + 5, own_nodes[i]) == 0)
			return 1;
	return 0;
}

/* There it opens no other where denyRead has it open what is read. */
static int
is_closed(const struct explain *ex, const struct place *p)
{
	return (ex->policy->flags & EXEC_LANDLOCK) != 0 &&
	    guard_reads(ex->guard) &&
	    (S_ISCHR(p->f.mode) || S_ISBLK(p->f.mode)) &&
	    !is_device(ex, p->f.meant);
}

const char *
explain_read(const struct explain *ex, const char *text, struct answer *a)
{
	struct place	 p;
	const char	*why;

	if ((why = place_find(ex, text, &p)) != NULL)
		return why;
	if (everyones(ex, &p, 0, a)) {
		place_free(&p);
		return NULL;
	}
	(void)place_decides(ex, &p, 0, a);
	if (p.own == NULL) {
		(void)place_links(ex, p.path, strict, a);
		(void)strict(ex, p.f.meant, a);
		if (a->rule == NULL && is_closed(ex, &p)) {
			answer_rule(ex, a, "mandatory");
			answer_note(a, "with filesystem.denyRead only the "
			    "usual devices can be opened");
		}
		if (a->rule == NULL)
			read_allowed(ex, &p, a);
		place_note(&p, R_OK, a);
	}
	place_free(&p);
	return NULL;
}

/* Nothing lets it be written. */
static void
not_inside(const struct explain *ex, const struct place *p, struct answer *a)
{
	struct answer	 one;

	memset(&one, 0, sizeof(one));
	answer_rule(ex, &one, KEY_WRITE);
	write_cure(p->f.meant, &one);
	absent(ex, KEY_WRITE, &ex->policy->settings->allow_write, p->f.meant,
	    "make it before the run", &one);
	answer_also(a, &one);
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
	    ((ex->policy->flags & EXEC_LANDLOCK) != 0 &&
	    guard_is_root(ex->guard, dir)) ||
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

	if (!hit->mandatory || ex->policy->settings->profile ||
	    (depth = spare_depth(ex, path)) == GUARD_OLD ||
	    ask(ex->guard, path, depth, NULL) != 0)
		return 0;
	answer_note(a, "%s is free in a directory that is empty", hit->name);
	return 1;
}

/* With patterns in allowWrite every name has to be in it, a link's as well. */
static int
has_patterns(const struct explain *ex)
{
	const struct guard_entry	*g;

	TAILQ_FOREACH(g, &ex->policy->guards.list, entry)
		if (g->kind == GUARD_WRITE_GLOB)
			return 1;
	return 0;
}

/* The name itself is held. */
static int
names(const struct explain *ex, const char *path, struct answer *a)
{
	struct guard_hit	 hit;

	(void)strict(ex, path, a);
	if (guard_write(ex->guard, path, GUARD_OLD, &hit) &&
	    !is_free(ex, path, &hit, guard_write, a)) {
		guarded(ex, path, &hit, a);
		each_entry(ex, path, 0, a);
		if (has_patterns(ex) && !guard_inside(ex->guard, path)) {
			hit.rule = KEY_WRITE;
			hit.mandatory = 0;
			guarded(ex, path, &hit, a);
		}
		if (!hit.mandatory &&
		    guard_write(ex->names, path, GUARD_OLD, &hit))
			guarded(ex, path, &hit, a);
	}
	if (!ex->policy->settings->profile && explain_bare(ex, path, &hit))
		guarded(ex, path, &hit, a);
	return 0;
}

/* ".git" as a file says where the repository is. */
static void
stem(const struct explain *ex, const struct place *p, struct answer *a)
{
	struct guard_hit	 hit;

	if (guard_stem(ex->guard, p->f.meant, GUARD_OLD, &hit) !=
	    GUARD_STEM_NAME || (p->error == 0 && S_ISDIR(p->f.mode)) ||
	    is_free(ex, p->f.meant, &hit, guard_stem, a))
		return;
	guarded(ex, p->f.meant, &hit, a);
	answer_note(a, "as a file; a directory of that name can be made");
}

/* The entries that forbid writing at or above the path. */
static void
forbidden(const struct explain *ex, const char *path, struct answer *a)
{
	const struct fs_path	*p;
	struct answer		 one;

	TAILQ_FOREACH(p, &ex->policy->paths, entry) {
		if ((p->kind != FS_NOWRITE && p->kind != FS_PROTECT) ||
		    p->rule == NULL || !place_applies(ex, p) ||
		    !plan_covers(p->path, path))
			continue;
		/* That has been told by its name. */
		if (a->rule != NULL && strcmp(p->rule, "mandatory") == 0)
			continue;
		memset(&one, 0, sizeof(one));
		answer_rule(ex, &one, p->rule);
		answer_remove(&one);
		answer_also(a, &one);
	}
}

/* What the mounts alone refuse. */
static void
mounts(const struct explain *ex, const struct place *p, struct answer *a)
{
	struct answer	 one;

	if (plan_effect(ex->plan, p->f.meant) == PLAN_WRITE)
		return;
	memset(&one, 0, sizeof(one));
	if (plan_covers("/sys", p->f.meant)) {
		answer_rule(ex, &one, "mandatory");
		answer_also(a, &one);
		return;
	}
	forbidden(ex, p->f.meant, a);
	if (a->rule == NULL) {
		answer_rule(ex, &one, KEY_WRITE);
		answer_also(a, &one);
	}
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
	answer_path(a, "filesystem.denyWrite", p->f.meant);
	if (ex->policy->settings->fs_disabled)
		answer_join(a, "\"filesystem\": {\"disabled\": false}");
}

const char *
explain_write(const struct explain *ex, const char *text, struct answer *a)
{
	struct place	 p;
	const char	*why;

	if ((why = place_find(ex, text, &p)) != NULL)
		return why;
	if (everyones(ex, &p, 1, a)) {
		place_free(&p);
		return NULL;
	}
	(void)place_decides(ex, &p, 1, a);
	if (p.own == NULL && a->rule == NULL && is_device(ex, p.f.meant)) {
		answer_rule(ex, a, "a device of every program's");
		a->allowed = 1;
	} else if (p.own == NULL) {
		(void)place_links(ex, p.path, names, a);
		if (!guard_inside(ex->guard, p.f.meant))
			not_inside(ex, &p, a);
		(void)names(ex, p.f.meant, a);
		stem(ex, &p, a);
		mounts(ex, &p, a);
		if (a->rule == NULL)
			write_allowed(ex, &p, a);
		place_note(&p, W_OK, a);
	}
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
	if (!ex->policy->settings->profile)
		answer_note(a, "a socket that the command binds there itself "
		    "can be reached");
}

static void
unix_decide(const struct explain *ex, const struct place *p, struct answer *a)
{
	struct answer	 one, listed;

	memset(&one, 0, sizeof(one));
	if ((ex->policy->flags & EXEC_ALL_UNIX) != 0) {
		one.allowed = 1;
		answer_rule(ex, &one, "network.allowAllUnixSockets");
		answer_cure(&one, "network.allowAllUnixSockets", "false");
		memset(&listed, 0, sizeof(listed));
		if (guard_unix(ex->guard, p->f.meant)) {
			answer_rule(ex, &listed, unix_rule(ex, p->f.meant));
			answer_remove(&listed);
		}
		if (listed.cure != NULL)
			answer_join(&one, listed.cure);
		answer_free(&listed);
	} else if (guard_unix(ex->guard, p->f.meant)) {
		one.allowed = 1;
		answer_rule(ex, &one, unix_rule(ex, p->f.meant));
		answer_remove(&one);
	} else
		unix_refused(ex, p->f.meant, &one);
	if (!one.allowed)
		answer_also(a, &one);
	else if (a->rule == NULL)
		*a = one;
	else
		answer_free(&one);
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
	} else {
		(void)place_decides(ex, &p, 0, a);
		unix_decide(ex, &p, a);
		place_note(&p, W_OK, a);
	}
	place_free(&p);
	return NULL;
}
