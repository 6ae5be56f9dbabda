/* SPDX-License-Identifier: ISC */

/*
 * From the path entries of the settings to the canonical, existing paths
 * that the roles get (COMPAT 16.1 to 16.5).
 *
 * A rule that denies follows every symbolic link.  A rule that allows must
 * not: the command could have left a link in its last run to widen what the
 * next one may do.  It follows only links that root has made in directories
 * that root alone can change (/home on some systems is such a link).
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "../srt-exec/plan.h"

struct resolver {
	const char		*cwd;
	const char		*home;
	struct fs_paths		*paths;
};

/* COMPAT 16.2; "~" is the caller's home.  Files in the private /dev are not
 * listed: what is there is writable. */
static const char *const default_writes[] = {
	"/tmp/claude", "~/.npm/_logs", "~/.claude/debug"
};

/* COMPAT 16.5 and the names that users have asked for since. */
static const char *const mandatory_names[] = {
	".gitconfig", ".gitmodules", ".bashrc", ".bash_profile",
	".bash_login", ".profile", ".zshrc", ".zprofile", ".zshenv",
	".zlogin", ".ripgreprc", ".mcp.json", ".mcp-settings.json", ".npmrc",
	".yarnrc", ".yarnrc.yml", ".claude/settings.json",
	".claude/settings.local.json", ".vscode", ".idea",
	".claude/commands", ".claude/agents", ".git/hooks", ".git/config",
	".git/config.worktree", ".git/info/attributes"
};

static void	 add(struct fs_paths *, enum fs_kind, const char *, mode_t);
static void	 add_entry(const struct resolver *, enum fs_kind,
		    const char *, const struct followed *);
static void	 say_absent(const char *, const char *);
static char	*absolute(const struct resolver *, const char *);
static int	 beneath(const char *, const char *);
static const char *home_dir(void);
static int	 resolve_entry(const struct resolver *, enum fs_kind,
		    const char *, size_t, const struct stritem *);
static void	 resolve_allow(const struct resolver *, enum fs_kind,
		    const char *, const char *, const char *, const char *);
static int	 resolve_deny(const struct resolver *, enum fs_kind,
		    const char *, const char *, const char *);
static int	 resolve_list(const struct resolver *, enum fs_kind,
		    const char *, const struct strlist *);
static void	 resolve_defaults(const struct resolver *);
static int	 readable(const struct resolver *, const char *);
static int	 writable(const struct resolver *, const char *);
static int	 replaceable(const struct resolver *, const char *);
static int	 deny_links(const struct resolver *, const char *,
		    const struct strlist *);
static int	 protect_file(const struct resolver *, const char *);
static int	 protect_default(const struct resolver *, const char *);
static void	 protect_name(const struct resolver *, const char *,
		    const char *);
static void	 protect_names(const struct resolver *, const char *);
static void	 protect_beside(const struct resolver *, const char *);

static void
add(struct fs_paths *paths, enum fs_kind kind, const char *path, mode_t mode)
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
	TAILQ_INSERT_TAIL(paths, p, entry);
}

/* One that the settings name. */
static void
add_entry(const struct resolver *r, enum fs_kind kind, const char *name,
    const struct followed *f)
{
	struct fs_path	 fp = { .kind = kind, .path = f->path };

	if (!plan_applies(&fp))
		log_info("%s has no effect: the command has a %s of its own",
		    name, plan_covers("/dev", f->path) ? "/dev" : "/proc");
	add(r->paths, kind, f->path, f->mode);
}

/* What is surely meant otherwise is said even without -v. */
static void
say_absent(const char *name, const char *text)
{
	if (text[0] == '~' && text[1] != '/' && text[1] != '\0')
		log_warnx("%s does not exist and has no effect: \"~\" stands "
		    "for your own home alone; write the whole path", name);
	else if (text[0] == '$')
		log_warnx("%s does not exist and has no effect: variables "
		    "are not replaced; write \"~\" or the whole path", name);
	else
		log_info("%s does not exist and has no effect", name);
}

void
paths_free(struct fs_paths *paths)
{
	struct fs_path	*p;

	while ((p = TAILQ_FIRST(paths)) != NULL) {
		TAILQ_REMOVE(paths, p, entry);
		free(p->path);
		free(p);
	}
}

static const char *
home_dir(void)
{
	const char	*home = getenv("HOME");
	struct passwd	*pw;

	if (home != NULL && *home == '/')
		return home;
	if ((pw = getpwuid(getuid())) != NULL && pw->pw_dir != NULL &&
	    *pw->pw_dir == '/')
		return pw->pw_dir;
	return NULL;
}

/* Is the path the directory itself or something in it? */
static int
beneath(const char *path, const char *dir)
{
	size_t	 len = strlen(dir);

	if (strcmp(dir, "/") == 0)
		return 1;
	return strncmp(path, dir, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

/* "~", relative paths; fresh, or NULL where there is no home. */
static char *
absolute(const struct resolver *r, const char *text)
{
	char	*path;

	if (text[0] == '~' && (text[1] == '\0' || text[1] == '/')) {
		if (r->home == NULL)
			return NULL;
		(void)xasprintf(&path, "%s%s", r->home, text + 1);
	} else if (text[0] == '/')
		path = xstrdup(text);
	else
		(void)xasprintf(&path, "%s/%s", r->cwd, text);
	return path;
}

/* One entry; -1 after a message where the start must be refused. */
static int
resolve_entry(const struct resolver *r, enum fs_kind kind, const char *key,
    size_t index, const struct stritem *item)
{
	char	*path, *spelled, *name;
	int	 ret = 0;

	(void)xasprintf(&name, "filesystem.%s.%zu: \"%s\"", key, index,
	    item->text);
	if ((path = absolute(r, item->text)) == NULL) {
		errors_write("Error: %s: there is no home directory: set "
		    "HOME\n", name);
		free(name);
		return -1;
	}
	/* COMPAT 16.1: ".." goes by text in a relative entry only. */
	spelled = path_fold(path);
	if (item->text[0] != '/') {
		free(path);
		path = xstrdup(spelled);
	}
	if (kind == FS_WRITE || kind == FS_READ)
		resolve_allow(r, kind, name, item->text, path, spelled);
	else
		ret = resolve_deny(r, kind, name, item->text, path);
	free(path);
	free(spelled);
	free(name);
	return ret;
}

static void
resolve_allow(const struct resolver *r, enum fs_kind kind, const char *name,
    const char *text, const char *path, const char *spelled)
{
	struct followed	 f;

	if (path_follow(path, &f) == -1) {
		if (errno == ENOENT || errno == ENOTDIR)
			say_absent(name, text);
		else
			log_warnx("%s: %s: it is not allowed", name,
			    strerror(errno));
	} else if (f.foreign && !beneath(f.path, spelled))
		log_warnx("%s leads to %s by a symbolic link and is not "
		    "followed: list \"%s\" if that is meant", name, f.path,
		    f.path);
	else
		add_entry(r, kind, name, &f);
	followed_free(&f);
}

static int
resolve_deny(const struct resolver *r, enum fs_kind kind, const char *name,
    const char *text, const char *path)
{
	struct followed	 f;
	int		 ret = 0;

	if (path_follow(path, &f) == 0)
		add_entry(r, kind, name, &f);
	else if (errno == ENOENT || errno == ENOTDIR)
		say_absent(name, text);
	else if (errno == EACCES && strcmp(f.path, "/") != 0) {
		/*
		 * Nor can the command get past that directory; but where it
		 * is its owner it could change that.
		 */
		log_info("%s cannot be looked at: denied is %s", name,
		    f.path);
		add(r->paths, kind, f.path, f.mode);
	} else {
		errors_write("Error: %s: %s\n", name, strerror(errno));
		ret = -1;
	}
	followed_free(&f);
	return ret;
}

static int
resolve_list(const struct resolver *r, enum fs_kind kind, const char *key,
    const struct strlist *list)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (resolve_entry(r, kind, key, i, &list->v[i]) == -1)
			return -1;
	return 0;
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
		    !beneath(path, p->path))
			continue;
		len = strlen(p->path);
		if (len > deepest || (len == deepest && p->kind == FS_READ)) {
			deepest = len;
			ret = p->kind == FS_READ;
		}
	}
	return ret;
}

/* Does an allowWrite entry cover it? */
static int
writable(const struct resolver *r, const char *path)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_WRITE && beneath(path, p->path))
			return 1;
	return 0;
}

/*
 * The defaults are directories of the caller's own, or they are nothing: in
 * /tmp anybody can be first.  Denied reads drop them (COMPAT 16.2).
 */
static void
resolve_defaults(const struct resolver *r)
{
	struct followed	 f;
	struct stat	 st;
	char		*path;
	size_t		 i;

	for (i = 0; i < nitems(default_writes); i++) {
		if ((path = absolute(r, default_writes[i])) == NULL)
			continue;
		if (path_follow(path, &f) == 0 && !f.foreign &&
		    S_ISDIR(f.mode) && readable(r, f.path) &&
		    lstat(f.path, &st) == 0 && S_ISDIR(st.st_mode) &&
		    st.st_uid == geteuid() &&
		    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0)
			add(r->paths, FS_WRITE, f.path, st.st_mode);
		followed_free(&f);
		free(path);
	}
}

/* Could the command put something else in the place of this name? */
static int
replaceable(const struct resolver *r, const char *path)
{
	char		*dir = xstrdup(path);
	struct stat	 st;
	int		 ret;

	*strrchr(dir, '/') = '\0';
	/* The owner of a directory may write to it as soon as he wants. */
	ret = writable(r, path) && stat(*dir == '\0' ? "/" : dir, &st) == 0 &&
	    (st.st_uid == geteuid() || access(*dir == '\0' ? "/" : dir,
	    W_OK) == 0);
	free(dir);
	return ret;
}

/*
 * A file that srt itself reads or writes, and /etc/srt: read-only in any
 * case.  Of a link, what it leads to is; it itself cannot be held, and what
 * the command put in its place would count in the next run.
 */
static int
protect_file(const struct resolver *r, const char *path)
{
	struct followed	 f;
	size_t		 i;
	int		 ret = 0;

	if (path_follow(path, &f) == 0 &&
	    (S_ISREG(f.mode) || S_ISDIR(f.mode)))
		add(r->paths, FS_PROTECT, f.path, f.mode);
	for (i = 0; i < f.nlinks; i++) {
		if (!replaceable(r, f.links[i]))
			continue;
		errors_write("Error: %s is a symbolic link that the command "
		    "could replace, because filesystem.allowWrite covers it: "
		    "put a file there instead\n", f.links[i]);
		ret = -1;
	}
	followed_free(&f);
	return ret;
}

/*
 * What a link of an entry that denies leads to is denied, but the command
 * could replace the link, and the next run would deny something else.  Where
 * it leads nowhere that may have happened: -1 after a message.
 */
static int
deny_links(const struct resolver *r, const char *key,
    const struct strlist *list)
{
	struct followed	 f;
	char		*path;
	size_t		 i, j;
	int		 found, ret = 0;

	for (i = 0; i < list->n; i++) {
		if ((path = absolute(r, list->v[i].text)) == NULL)
			continue;
		found = path_follow(path, &f) == 0;
		for (j = 0; j < f.nlinks; j++) {
			if (!replaceable(r, f.links[j]))
				continue;
			if (found)
				log_warnx("filesystem.%s.%zu: \"%s\": %s is a "
				    "symbolic link that the command could "
				    "replace for the next run: list \"%s\" "
				    "as well", key, i, list->v[i].text,
				    f.links[j], f.path);
			else {
				errors_write("Error: filesystem.%s.%zu: "
				    "\"%s\": %s is a symbolic link to "
				    "nowhere, which the command could have "
				    "made\n", key, i, list->v[i].text,
				    f.links[j]);
				ret = -1;
			}
		}
		followed_free(&f);
		free(path);
	}
	return ret;
}

/* The default settings file counts in the next run, even if not in this. */
static int
protect_default(const struct resolver *r, const char *path)
{
	struct followed	 f;
	int		 open;

	open = path_follow(path, &f) == -1 && errno == ENOENT &&
	    writable(r, f.path);
	followed_free(&f);
	if (!open)
		return protect_file(r, path);
	errors_write("Error: %s does not exist, and the command could make it "
	    "to widen what the next one may do, because "
	    "filesystem.allowWrite covers it. Put your settings there, "
	    "which protects them, or allow less.\n", path);
	return -1;
}

/* A mandatory name in a directory, if it is there; through a link as well. */
static void
protect_name(const struct resolver *r, const char *dir, const char *name)
{
	struct followed	 f;
	struct stat	 st;
	char		*path;
	size_t		 i;
	int		 ret;

	(void)xasprintf(&path, "%s/%s", strcmp(dir, "/") == 0 ? "" : dir,
	    name);
	if (lstat(path, &st) == -1 && (errno == ENOENT || errno == ENOTDIR)) {
		free(path);
		return;
	}
	ret = path_follow(path, &f);
	if (ret == -1 && errno == EACCES) {
		/* The command could open the way: see resolve_deny(). */
		if (!beneath(dir, f.path))
			ret = 0;
	}
	if (ret == 0 && beneath(dir, f.path))
		log_warnx("%s leads to %s and is not protected", path, f.path);
	else if (ret == 0 && (S_ISREG(f.mode) || S_ISDIR(f.mode)))
		add(r->paths, FS_PROTECT, f.path, f.mode);
	for (i = 0; i < f.nlinks; i++)
		if (writable(r, f.links[i]))
			log_info("%s is a symbolic link, which the command "
			    "could replace", f.links[i]);
	followed_free(&f);
	free(path);
}

static void
protect_names(const struct resolver *r, const char *dir)
{
	struct stat	 st;
	char		*path;
	size_t		 i;

	for (i = 0; i < nitems(mandatory_names); i++)
		protect_name(r, dir, mandatory_names[i]);
	/* A file where a repository should be says where it is. */
	(void)xasprintf(&path, "%s/.git", strcmp(dir, "/") == 0 ? "" : dir);
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		protect_name(r, dir, ".git");
	free(path);
}

/*
 * A write root that is itself the first part of mandatory names: they hold
 * in it, whatever the directory that it is in.
 */
static void
protect_beside(const struct resolver *r, const char *root)
{
	const char	*base = strrchr(root, '/');
	char		*dir;

	if (strcmp(base, "/.git") != 0 && strcmp(base, "/.claude") != 0)
		return;
	dir = xstrdup(root);
	dir[base == root ? 1 : base - root] = '\0';
	protect_names(r, dir);
	free(dir);
}

int
paths_resolve(const struct settings *set, const char *cwd,
    const char *const *own, size_t nown, struct fs_paths *paths)
{
	struct resolver	 r = { .cwd = cwd, .home = home_dir(), .paths = paths };
	struct fs_path	*p, *last;
	const char	*deflt = settings_default_path();
	char		*path;
	size_t		 i;
	int		 cwd_done = 0, ret = 0;

	if (set->fs_disabled)
		return 0;
	if (resolve_list(&r, FS_NOREAD, "denyRead", &set->deny_read) == -1 ||
	    resolve_list(&r, FS_READ, "allowRead", &set->allow_read) == -1 ||
	    resolve_list(&r, FS_WRITE, "allowWrite", &set->allow_write) == -1 ||
	    resolve_list(&r, FS_NOWRITE, "denyWrite", &set->deny_write) == -1)
		return -1;
	resolve_defaults(&r);
	if (deny_links(&r, "denyRead", &set->deny_read) == -1 ||
	    deny_links(&r, "denyWrite", &set->deny_write) == -1)
		return -1;

	/* What is added meanwhile is no write root. */
	last = TAILQ_LAST(paths, fs_paths);
	TAILQ_FOREACH(p, paths, entry) {
		if (p->kind == FS_WRITE && p->type == FS_DIR) {
			protect_names(&r, p->path);
			protect_beside(&r, p->path);
			if (strcmp(p->path, cwd) == 0)
				cwd_done = 1;
		}
		if (p == last)
			break;
	}
	if (!cwd_done)
		protect_names(&r, cwd);
	for (i = 0; i < nown; i++) {
		/* A file's name as the system takes it: "~" is a name. */
		if (own[i][0] == '/')
			path = xstrdup(own[i]);
		else
			(void)xasprintf(&path, "%s/%s", cwd, own[i]);
		ret |= protect_file(&r, path);
		free(path);
	}
	if (deflt != NULL)
		ret |= protect_default(&r, deflt);
	ret |= protect_file(&r, SRT_SYSCONFDIR);
	return ret;
}
