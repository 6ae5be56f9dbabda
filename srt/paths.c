/* SPDX-License-Identifier: ISC */

/*
 * From the path entries of the settings to the canonical, existing paths
 * that the roles get, and to what the broker holds by name (COMPAT 16.1 to
 * 16.5).
 *
 * A rule that denies follows every symbolic link.  A rule that allows must
 * not: the command could have left a link in its last run to widen what the
 * next one may do.  It follows only links that root has made in directories
 * that root alone can change (/home on some systems is such a link).
 *
 * Mounts hold what is there.  A pattern of denyRead is looked for once, now;
 * all others are the broker's alone: that of allowWrite makes its directory
 * a write root for the mounts, and what there is between this root and the
 * names that match is held by the broker and nothing else.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "pattern.h"
#include "../srt-exec/plan.h"

/* Of an entry so much stands in a report. */
#define RULE_MAX	200

/* COMPAT 16.2; "~" is the caller's home.  Files in the private /dev are not
 * listed: what is there is writable. */
static const char *const default_writes[] = {
	"/tmp/claude", "~/.npm/_logs", "~/.claude/debug"
};

/* The lists, in the order in which something is said about them. */
static const struct path_list {
	const char	*key;
	size_t		 field;
	enum fs_kind	 kind;
} lists[] = {
	{ "filesystem.denyRead", offsetof(struct settings, deny_read),
	    FS_NOREAD },
	{ "filesystem.allowRead", offsetof(struct settings, allow_read),
	    FS_READ },
	{ "filesystem.allowWrite", offsetof(struct settings, allow_write),
	    FS_WRITE },
	{ "filesystem.denyWrite", offsetof(struct settings, deny_write),
	    FS_NOWRITE }
};

static int	 add_entry(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct followed *);
static void	 say_absent(const struct path_entry *, enum fs_kind);
static int	 resolve_list(const struct resolver *,
		    const struct path_list *);
static int	 resolve_reading(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct reading *);
static int	 resolve_allow(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct reading *);
static int	 allow_path(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct followed *);
static void	 allow_whole(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct followed *);
static int	 allow_parts(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct followed *);
static int	 allow_part(void *, const char *, const char *);
static int	 allow_pattern(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct followed *,
		    const char *);
static int	 resolve_deny(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct reading *);
static void	 hold_path(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct reading *,
		    const struct followed *);
static int	 hold_pattern(const struct resolver *, enum fs_kind,
		    const struct path_entry *, const struct reading *,
		    const struct followed *);
static int	 check_roots(const struct resolver *);
static int	 readable(const struct resolver *, const char *);
static void	 resolve_defaults(const struct resolver *);

void
paths_add(struct fs_paths *paths, enum fs_kind kind, const char *path,
    mode_t mode, const char *rule)
{
	struct fs_path	*p;

	/* Several names beneath a directory that is shut are one. */
	p = TAILQ_LAST(paths, fs_paths);
	if (p != NULL && p->kind == kind && strcmp(p->path, path) == 0)
		return;
	p = xcalloc(1, sizeof(*p));
	p->kind = kind;
	p->type = S_ISDIR(mode) ? FS_DIR : FS_FILE;
	p->path = xstrdup(path);
	p->rule = xstrdup(rule);
	TAILQ_INSERT_TAIL(paths, p, entry);
}

void
paths_free(struct fs_paths *paths)
{
	struct fs_path	*p;

	while ((p = TAILQ_FIRST(paths)) != NULL) {
		TAILQ_REMOVE(paths, p, entry);
		free(p->path);
		free(p->rule);
		free(p);
	}
}

int
path_beneath(const char *path, const char *dir)
{
	size_t	 len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return 1;
	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

int
entry_init(struct path_entry *e, struct readings *rs,
    const struct resolver *r, const char *key, size_t index,
    const struct stritem *item)
{
	const char	*home = r->home, *whose = "", *why;
	char		 number[24], cut[RULE_MAX + 1];
	int		 more;

	e->text = item->text;
	e->file = item->file;
	e->line = item->line;
	/* HOME is the user's to set. */
	if (item->file != NULL && admin_is_file(item->file)) {
		home = account_home();
		whose = "the administrator's ";
	}
	(void)snprintf(number, sizeof(number), "%zu", index);
	e->name = xstrcat(whose, key, ".", number, ": \"", item->text, "\"");
	more = strlcpy(cut, item->text, sizeof(cut)) >= sizeof(cut);
	e->rule = xstrcat(key, "[", number, "] \"", cut, more ? "...\"" :
	    "\"");
	if (item->text[0] == '~' && home == NULL &&
	    (item->text[1] == '\0' || item->text[1] == '/'))
		why = "there is no home directory: set HOME";
	else if ((why = readings_new(rs, item, r->cwd, home)) == NULL)
		return 0;
	errors_write("Error: %s: %s\n", e->name, why);
	entry_free(e);
	return -1;
}

void
entry_free(struct path_entry *e)
{
	free(e->name);
	free(e->rule);
}

/* One that the settings name; 0 if there is nothing for it to act on. */
static int
add_entry(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct followed *f)
{
	struct fs_path	 fp = { .kind = kind, .path = f->path };
	int		 applies = r->set->profile || plan_applies(&fp);

	if (!applies)
		log_info("%s has no effect: the command has a %s of its own",
		    e->name, plan_covers("/dev", f->path) ? "/dev" : "/proc");
	paths_add(r->paths, kind, f->path, f->mode, e->rule);
	return applies;
}

/* What is surely meant otherwise is said even without -v. */
static void
say_absent(const struct path_entry *e, enum fs_kind kind)
{
	const char	*text = e->text;
	const char	*effect = kind == FS_NOWRITE ? "" :
			    " and has no effect";

	if (text[0] == '~' && text[1] != '/' && text[1] != '\0')
		log_warnx("%s does not exist%s: \"~\" stands for your own "
		    "home alone; write the whole path", e->name, effect);
	else if (text[0] == '$')
		log_warnx("%s does not exist%s: variables are not replaced; "
		    "write \"~\" or the whole path", e->name, effect);
	else
		log_info("%s does not exist%s", e->name, effect);
}

static int
resolve_list(const struct resolver *r, const struct path_list *list)
{
	const struct strlist	*items;
	struct path_entry	 e;
	struct readings		 rs;
	size_t			 i, k;
	int			 ret = 0;

	items = (const struct strlist *)(const void *)
	    ((const char *)r->set + list->field);
	for (i = 0; i < items->n && ret == 0; i++) {
		if (entry_init(&e, &rs, r, list->key, i,
		    &items->v[i]) == -1)
			return -1;
		for (k = 0; k < rs.n && ret == 0; k++)
			ret = resolve_reading(r, list->kind, &e, &rs.v[k]);
		readings_free(&rs);
		entry_free(&e);
	}
	return ret;
}

/* -1 after a message where the start must be refused. */
static int
resolve_reading(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct reading *rd)
{
	if (kind == FS_WRITE || kind == FS_READ)
		return resolve_allow(r, kind, e, rd);
	return resolve_deny(r, kind, e, rd);
}

static int
resolve_allow(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct reading *rd)
{
	struct followed	 f;
	char		*spelled = path_fold(rd->path);
	int		 ret = 0;

	if (path_follow(rd->path, &f) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			say_absent(e, kind);
		else
			log_warnx("%s: %s: it is not allowed", e->name,
			    strerror(errno));
	} else if (f.foreign && !path_beneath(f.path, spelled))
		log_warnx("%s leads to %s by a symbolic link and is not "
		    "followed: list \"%s\" if that is meant", e->name, f.path,
		    f.path);
	else if (rd->tail == NULL)
		ret = allow_path(r, kind, e, &f);
	else if (!S_ISDIR(f.mode))
		say_absent(e, kind);
	else
		ret = allow_pattern(r, kind, e, &f, rd->tail);
	followed_free(&f);
	free(spelled);
	return ret;
}

static int
allow_path(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct followed *f)
{
	switch (bounds_path(r->bounds, kind, f->path)) {
	case BOUNDED_OUT:
		bounds_say(r->bounds, kind, e, f->path, 0);
		return 0;
	case BOUNDED_PART:
		bounds_say(r->bounds, kind, e, f->path, 1);
		return allow_parts(r, kind, e, f);
	case BOUNDED_WHOLE:
		break;
	}
	allow_whole(r, kind, e, f);
	return 0;
}

static void
allow_whole(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct followed *f)
{
	if (!add_entry(r, kind, e, f))
		return;
	if (kind == FS_WRITE)
		guards_add(r->guards, GUARD_WRITE, f->path, e->rule);
	if (kind == FS_READ && r->set->strict_reads)
		guards_add(r->guards, GUARD_READ, f->path, e->rule);
}

/* Only what the administrator allows of it. */
struct part {
	const struct resolver	*r;
	enum fs_kind		 kind;
	const struct path_entry	*e;
};

static int
allow_part(void *arg, const char *path, const char *rule)
{
	const struct part	*part = arg;
	struct followed		 f;

	(void)rule;
	if (path_follow(path, &f) == 0 && strcmp(f.path, path) == 0 &&
	    bounds_path(part->r->bounds, part->kind, path) == BOUNDED_WHOLE)
		allow_whole(part->r, part->kind, part->e, &f);
	followed_free(&f);
	return 0;
}

/*
 * With patterns among the bounds a write root is a whole one, and the broker
 * holds them; what may be read is for the mounts, and so for paths alone.
 */
static int
allow_parts(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct followed *f)
{
	struct part	 part = { .r = r, .kind = kind, .e = e };

	if (bounds_parts(r->bounds, kind, f->path, allow_part, &part) == 1) {
		if (kind == FS_WRITE)
			allow_whole(r, kind, e, f);
		else
			log_warnx("%s: of the patterns of the administrator's "
			    "filesystem.allowRead nothing is allowed by so "
			    "wide an entry: list the files", e->name);
	}
	return 0;
}

static int
allow_pattern(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct followed *f, const char *tail)
{
	if (kind == FS_WRITE) {
		if (bounds_path(r->bounds, kind, f->path) == BOUNDED_OUT) {
			bounds_say(r->bounds, kind, e, f->path, 0);
			return 0;
		}
		if (!add_entry(r, kind, e, f))
			return 0;
		paths_add(r->roots, kind, f->path, f->mode, e->rule);
		return guards_pattern(r->guards, GUARD_WRITE_GLOB, f->path,
		    tail, e);
	}
	if (r->set->strict_reads && bounds_patterns(r->bounds) &&
	    guards_pattern(r->guards, GUARD_READ_GLOB, f->path, tail, e) == -1)
		return -1;
	return matches_later(r->allow, e, f->path, tail);
}

static int
resolve_deny(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct reading *rd)
{
	struct followed	 f;
	int		 error = 0, ret = 0;

	if (path_follow(rd->path, &f) == -1)
		error = errno;
	if (error == 0 && rd->tail == NULL)
		(void)add_entry(r, kind, e, &f);
	else if ((error == ENOENT || error == ENOTDIR) &&
	    kind == FS_NOREAD && rd->tail == NULL && r->set->absent_reads)
		/* Held by its name, as it would lead there. */
		paths_add(r->paths, kind, f.meant, 0, e->rule);
	else if (error == ENOENT || error == ENOTDIR)
		say_absent(e, kind);
	else if (error == EACCES && strcmp(f.path, "/") != 0) {
		/*
		 * Nor can the command get past that directory; but where it
		 * is its owner it could change that.
		 */
		log_info("%s cannot be looked at: denied is %s", e->name,
		    f.path);
		paths_add(r->paths, kind, f.path, f.mode, e->rule);
	} else if (error != 0) {
		errors_write("Error: %s: %s\n", e->name, strerror(error));
		ret = -1;
	}
	/* What is made or put in its place later no mount hides. */
	if (ret == 0 && kind == FS_NOREAD && rd->tail == NULL &&
	    (error == 0 || error == ENOENT || error == ENOTDIR) &&
	    r->set->strict_reads && !r->set->absent_reads)
		guards_noread(r->guards, error == 0 ? f.path : f.meant,
		    e->rule);
	if (ret == 0 && rd->tail == NULL)
		hold_path(r, kind, e, rd, &f);
	else if (ret == 0)
		ret = hold_pattern(r, kind, e, rd, &f);
	if (ret == 0 && error == 0 && rd->tail != NULL &&
	    kind == FS_NOREAD && S_ISDIR(f.mode))
		ret = matches_later(r->deny, e, f.path, rd->tail);
	followed_free(&f);
	return ret;
}

static void
hold_path(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct reading *rd,
    const struct followed *f)
{
	if (kind == FS_NOWRITE)
		guards_hold(r->guards, rd->path, f, e->rule);
	else
		guards_hold_links(r->guards, f, e->rule);
}

/* As it is spelled, and as the directory is really called. */
static int
hold_pattern(const struct resolver *r, enum fs_kind kind,
    const struct path_entry *e, const struct reading *rd,
    const struct followed *f)
{
	enum guard_kind	 guard;
	char		*spelled;
	int		 ret;

	guards_hold_links(r->guards, f, e->rule);
	if (kind == FS_NOREAD && !r->set->strict_reads)
		return 0;
	guard = kind == FS_NOREAD ? GUARD_NOREAD_GLOB : GUARD_NOWRITE_GLOB;
	spelled = path_fold(rd->path);
	ret = guards_pattern(r->guards, guard, f->meant, rd->tail, e);
	if (ret == 0)
		ret = guards_pattern(r->guards, guard, spelled, rd->tail, e);
	free(spelled);
	return ret;
}

/* The deepest of denyRead and allowRead at or above it decides. */
static int
readable(const struct resolver *r, const char *path)
{
	const struct fs_path	*p;
	size_t			 len, deepest = 0;
	int			 ret = 1;

	TAILQ_FOREACH(p, r->paths, entry) {
		if ((p->kind != FS_NOREAD && p->kind != FS_READ) ||
		    !path_beneath(path, p->path))
			continue;
		len = strlen(p->path);
		if (len > deepest || (len == deepest && p->kind == FS_READ)) {
			deepest = len;
			ret = p->kind == FS_READ;
		}
	}
	return ret;
}

/*
 * A write root can be read, even within what may not be.  That is what an
 * entry says that names it, but not what its patterns say.
 */
static int
check_roots(const struct resolver *r)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, r->roots, entry) {
		if (readable(r, p->path))
			continue;
		errors_write("Error: filesystem.allowWrite: patterns beneath "
		    "%s cannot be enforced, because reading it is denied\n",
		    p->path);
		return -1;
	}
	return 0;
}

int
paths_has(const struct fs_paths *paths, enum fs_kind kind, const char *path)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, paths, entry)
		if (p->kind == kind && strcmp(p->path, path) == 0)
			return 1;
	return 0;
}

/*
 * As the plan has it, a write root within what is denied is open, and one that
 * is itself denied is not: so what patterns match has to be known.  Those of
 * patterns can be read as it is, see check_roots().
 */
static void
open_roots(const struct resolver *r)
{
	const struct fs_path	*p;

	if (!r->set->strict_reads)
		return;
	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_WRITE &&
		    !paths_has(r->paths, FS_NOREAD, p->path) &&
		    !paths_has(r->roots, FS_WRITE, p->path))
			guards_add(r->guards, GUARD_READ, p->path, p->rule);
}

/*
 * The defaults are directories of the caller's own, or they are nothing: in
 * /tmp anybody can be first.  Denied reads drop them (COMPAT 16.2).
 */
static void
resolve_default(const struct resolver *r, const char *path, const char *text)
{
	struct followed	 f;
	struct stat	 st;
	char		*rule;

	if (path_follow(path, &f) == 0 && !f.foreign &&
	    bounds_path(r->bounds, FS_WRITE, f.path) == BOUNDED_WHOLE &&
	    S_ISDIR(f.mode) && readable(r, f.path) &&
	    lstat(f.path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0) {
		(void)xasprintf(&rule, "default \"%s\"", text);
		paths_add(r->paths, FS_WRITE, f.path, st.st_mode, rule);
		guards_add(r->guards, GUARD_WRITE, f.path, rule);
		free(rule);
	}
	followed_free(&f);
}

static void
resolve_defaults(const struct resolver *r)
{
	const char	*text;
	char		*path;
	size_t		 i;

	for (i = 0; i < nitems(default_writes); i++) {
		text = default_writes[i];
		if (*text == '~' && r->home == NULL)
			continue;
		(void)xasprintf(&path, "%s%s", *text == '~' ? r->home : "",
		    *text == '~' ? text + 1 : text);
		resolve_default(r, path, text);
		free(path);
	}
	if (r->set->tmpdir != NULL)
		resolve_default(r, r->set->tmpdir, r->set->tmpdir);
}

/* The lists, and what they need. */
static int
resolve_all(struct resolver *r, const struct own_file *own, size_t nown)
{
	size_t	 i;

	if (bounds_new(r, &r->bounds) == -1 || guards_sockets(r) == -1)
		return -1;
	if (r->set->fs_disabled)
		return 0;
	for (i = 0; i < nitems(lists); i++)
		if (resolve_list(r, &lists[i]) == -1)
			return -1;
	if (matches_find(r) == -1 || check_roots(r) == -1)
		return -1;
	open_roots(r);
	resolve_defaults(r);
	matches_hold(r);
	protect_roots(r);
	return protect_own(r, own, nown);
}

int
paths_resolve(const struct settings *set, const char *cwd,
    const struct own_file *own, size_t nown, struct fs_paths *paths,
    struct guards *guards)
{
	struct fs_paths	 roots = TAILQ_HEAD_INITIALIZER(roots);
	struct guards	 links;
	struct resolver	 r = { .set = set, .cwd = cwd, .home = home_dir(),
			    .paths = paths, .guards = guards,
			    .roots = &roots, .links = &links };
	int		 ret;

	guards_init(&links);
	guards->host_nodes = links.host_nodes = set->profile;
	r.deny = walk_new(1);
	r.allow = walk_new(0);
	path_follow_known(1);
	ret = resolve_all(&r, own, nown);
	path_follow_known(0);
	bounds_free(r.bounds);
	walk_free(r.deny);
	walk_free(r.allow);
	paths_free(&roots);
	guards_free(&links);
	if (ret == 0 && guards->n > POLICY_GUARDS_MAX) {
		errors_write("Error: the settings name more than %d paths "
		    "and patterns to hold by name\n", POLICY_GUARDS_MAX);
		ret = -1;
	}
	return ret;
}
