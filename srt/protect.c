/* SPDX-License-Identifier: ISC */

/*
 * What is never writable: the mandatory names that are there (COMPAT 16.5),
 * where mounts can hold them as well, what the caller's session executes, and
 * what srt itself reads, writes and executes.  Names that are not there are the broker's.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"

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

/* In the caller's home: programs that a session or a bus starts by itself. */
static const char *const home_names[] = {
	".config/autostart", ".config/systemd/user",
	".local/share/dbus-1/services", ".local/share/systemd/user"
};

static void	 protect_beside(const struct resolver *, const char *);
static int	 protect_file(const struct resolver *,
		    const struct own_file *);
static void	 protect_name(const struct resolver *, const char *,
		    const char *);
static void	 protect_names(const struct resolver *, const char *);

void
protect_roots(const struct resolver *r)
{
	const struct fs_path	*p, *last;
	int			 cwd_done = 0;

	/* What is added meanwhile is no write root. */
	last = TAILQ_LAST(r->paths, fs_paths);
	TAILQ_FOREACH(p, r->paths, entry) {
		if (p->kind == FS_WRITE && p->type == FS_DIR) {
			protect_names(r, p->path);
			protect_beside(r, p->path);
			if (strcmp(p->path, r->cwd) == 0)
				cwd_done = 1;
		}
		if (p == last)
			break;
	}
	if (!cwd_done)
		protect_names(r, r->cwd);
}

void
protect_directory(const struct settings *set, const char *cwd,
    const char *dir, struct fs_paths *paths, struct guards *guards)
{
	const struct resolver	 r = { .set = set, .cwd = cwd,
				    .paths = paths, .guards = guards };

	protect_names(&r, dir);
}

static void
protect_names(const struct resolver *r, const char *dir)
{
	struct stat	 st;
	char		*path;
	size_t		 i;

	for (i = 0; i < nitems(mandatory_names); i++) {
		if (r->set->git_config && strncmp(mandatory_names[i],
		    ".git/config", strlen(".git/config")) == 0)
			continue;
		protect_name(r, dir, mandatory_names[i]);
	}
	/* A file where a repository should be says where it is. */
	(void)xasprintf(&path, "%s/.git", strcmp(dir, "/") == 0 ? "" : dir);
	if (lstat(path, &st) == 0 && S_ISREG(st.st_mode))
		protect_name(r, dir, ".git");
	free(path);
}

/*
 * A mandatory name in a directory, if it is there; through a link as well,
 * and then the broker would not know what it leads to as that name.
 */
static void
protect_name(const struct resolver *r, const char *dir, const char *name)
{
	struct followed	 f;
	struct stat	 st;
	char		*path;
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
		if (!path_beneath(dir, f.path))
			ret = 0;
	}
	if (ret == 0 && path_beneath(dir, f.path))
		log_warnx("%s leads to %s and is not protected", path, f.path);
	else {
		if (ret == 0 && (S_ISREG(f.mode) || S_ISDIR(f.mode)))
			paths_add(r->paths, FS_PROTECT, f.path, f.mode,
			    "mandatory");
		if (f.nlinks != 0)
			guards_hold(r->guards, path, &f, "mandatory");
	}
	followed_free(&f);
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

static int
in_write_root(const struct resolver *r, const char *path)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, r->paths, entry)
		if (p->kind == FS_WRITE && path_beneath(path, p->path))
			return 1;
	return 0;
}

/*
 * What srt writes to by itself must not be where the command of an earlier
 * run, which did not know of it, could have put a link.
 */
static int
check_links(const struct resolver *r, const struct followed *f)
{
	size_t	 i;

	for (i = 0; i < f->nlinks; i++)
		if (in_write_root(r, f->links[i])) {
			errors_write("Error: %s is a symbolic link that the "
			    "command could have made, because "
			    "filesystem.allowWrite covers it: name the file "
			    "itself\n", f->links[i]);
			return -1;
		}
	return 0;
}

/*
 * Whether it is there or not: what the command put in its place would count
 * in the next run.
 */
static int
protect_file(const struct resolver *r, const struct own_file *own)
{
	struct followed	 f;
	char		*path;
	int		 error = 0, ret = 0;

	/* A file's name as the system takes it: "~" is a name. */
	if (own->path[0] == '/')
		path = xstrdup(own->path);
	else
		(void)xasprintf(&path, "%s/%s", r->cwd, own->path);
	if (path_follow(path, &f) == -1)
		error = errno;
	else if (S_ISREG(f.mode) || S_ISDIR(f.mode))
		paths_add(r->paths, FS_PROTECT, f.path, f.mode, own->rule);
	guards_hold(r->guards, path, &f, own->rule);
	if (own->output != NULL) {
		output_init(own->output, own->path, &f, error);
		ret = check_links(r, &f);
	}
	followed_free(&f);
	free(path);
	return ret;
}

static int
protect_home(const struct resolver *r)
{
	struct own_file	 own = { NULL, "mandatory", NULL };
	char		*path;
	size_t		 i;
	int		 ret = 0;

	if (r->home == NULL)
		return 0;
	for (i = 0; i < nitems(home_names); i++) {
		(void)xasprintf(&path, "%s/%s", strcmp(r->home, "/") == 0 ?
		    "" : r->home, home_names[i]);
		own.path = path;
		ret |= protect_file(r, &own);
		free(path);
	}
	return ret;
}

int
protect_own(const struct resolver *r, const struct own_file *own, size_t nown)
{
	struct own_file	 deflt = { settings_default_path(), "srt's settings",
			    NULL };
	struct own_file	 conf = { SRT_SYSCONFDIR, "srt's settings", NULL };
	size_t		 i;
	int		 ret = 0;

	for (i = 0; i < nown; i++)
		ret |= protect_file(r, &own[i]);
	ret |= protect_home(r);
	if (deflt.path != NULL)
		ret |= protect_file(r, &deflt);
	return ret | protect_file(r, &conf);
}
