/* SPDX-License-Identifier: ISC */

/*
 * The watcher of fsrace: looks from outside, by descriptors of the old
 * directories wherever they are moved to, for protected names that appeared
 * or changed; and hears by inotify of those that are gone again.
 */

#include "compat.h"

#include <sys/inotify.h>
#include <sys/stat.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "fsrace.h"

enum kind {
	ORDINARY,	/* an old directory */
	MOVABLE,	/* one that racers may move into new trees */
	GIT_DIR,
	HOOKS,
	INFO,
	CLAUDE
};

struct olddir {
	enum kind	 kind;
	char		 name[32];
	DIR		*d;
	int		 wd;
	ino_t		 ino;
};

/* A protected name that there was: it must stay as it is. */
struct kept {
	struct olddir	*dir;
	char		 name[32];
	struct stat	 st;
	char		 content[64];
};

static struct olddir	 dirs[64];
static struct kept	 kept[16];
static size_t		 ndirs, nkept;
static unsigned long	 violations, scans, events;
static unsigned long	 seen[RACERS];

static const char *const files[] = {
	".gitconfig", ".gitmodules", ".bashrc", ".bash_profile",
	".bash_login", ".profile", ".zshrc", ".zprofile", ".zshenv", ".zlogin",
	".ripgreprc", ".mcp.json", ".mcp-settings.json", ".npmrc", ".yarnrc",
	".yarnrc.yml", ".vscode", ".idea"
};
static const char *const git_names[] = {
	"hooks", "config", "config.worktree"
};
static const char *const claude_names[] = {
	"settings.json", "settings.local.json", "commands", "agents"
};

/* --- before */

static void
make_file(const char *path)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC,
		    0644);

	if (fd == -1 || dprintf(fd, "old %s\n", path) == -1)
		err(1, "%s", path);
	(void)close(fd);
}

static void
make_dir(const char *path)
{
	char	 file[64];

	if (mkdir(path, 0755) == -1)
		err(1, "%s", path);
	/* An empty one counts as new: it could be made again. */
	(void)snprintf(file, sizeof(file), "%s/keep", path);
	make_file(file);
}

void
tree_prepare(void)
{
	static const char *const	 some[] = { "repo", "repo/.git",
	    "repo/.git/hooks", "repo/.git/info", "repo/sub", "b",
	    "b/.claude" };
	static const char *const	 there[] = { ".bashrc",
	    "repo/.git/config", "repo/.git/HEAD",
	    "repo/.git/hooks/pre-commit", "repo/.git/info/attributes",
	    "b/.claude/settings.json" };
	char				 path[32];
	size_t				 i;

	for (i = 0; i < nitems(some); i++)
		make_dir(some[i]);
	for (i = 0; i < nitems(there); i++)
		make_file(there[i]);
	for (i = 0; i < RACERS; i++) {
		(void)snprintf(path, sizeof(path), "o%02zu", i);
		make_dir(path);
		(void)strlcat(path, "/in", sizeof(path));
		make_dir(path);
	}
}

/* --- what is watched */

static void
watch_dir(int in, enum kind kind, const char *path)
{
	struct olddir	*dir = &dirs[ndirs++];
	struct stat	 st;

	dir->kind = kind;
	(void)strlcpy(dir->name, path, sizeof(dir->name));
	if ((dir->d = opendir(path)) == NULL ||
	    fstat(dirfd(dir->d), &st) == -1)
		err(1, "%s", path);
	dir->ino = st.st_ino;
	/* What happens to a movable one is no news while it is elsewhere. */
	dir->wd = -1;
	if (kind == MOVABLE)
		return;
	dir->wd = inotify_add_watch(in, path, IN_CREATE | IN_DELETE |
	    IN_MOVED_FROM | IN_MOVED_TO | IN_MODIFY | IN_ATTRIB);
	if (dir->wd == -1)
		err(1, "inotify: %s", path);
}

static void
keep(const char *where, const char *name)
{
	struct kept	*k = &kept[nkept++];
	size_t		 i;
	ssize_t		 n;
	int		 fd;

	for (i = 0; strcmp(dirs[i].name, where) != 0; i++)
		continue;
	k->dir = &dirs[i];
	(void)strlcpy(k->name, name, sizeof(k->name));
	fd = openat(dirfd(k->dir->d), name, O_RDONLY | O_CLOEXEC);
	if (fd == -1 || fstat(fd, &k->st) == -1)
		err(1, "%s/%s", where, name);
	n = S_ISDIR(k->st.st_mode) ? 0 :
	    read(fd, k->content, sizeof(k->content) - 1);
	if (n == -1)
		err(1, "%s", name);
	(void)close(fd);
}

static void
watch_all(int in)
{
	char	 path[32];
	int	 i;

	watch_dir(in, ORDINARY, ".");
	watch_dir(in, ORDINARY, "repo");
	watch_dir(in, GIT_DIR, "repo/.git");
	watch_dir(in, HOOKS, "repo/.git/hooks");
	watch_dir(in, INFO, "repo/.git/info");
	watch_dir(in, ORDINARY, "repo/sub");
	watch_dir(in, ORDINARY, "b");
	watch_dir(in, CLAUDE, "b/.claude");
	for (i = 0; i < RACERS; i++) {
		(void)snprintf(path, sizeof(path), "o%02d", i);
		watch_dir(in, ORDINARY, path);
		(void)strlcat(path, "/in", sizeof(path));
		watch_dir(in, MOVABLE, path);
	}
	keep(".", ".bashrc");
	keep("repo", ".git");
	keep("repo/.git", "config");
	keep("repo/.git", "hooks");
	keep("repo/.git/hooks", "pre-commit");
	keep("repo/.git/hooks", "keep");
	keep("repo/.git/info", "attributes");
	keep("b/.claude", "settings.json");
}

/* --- violations */

static void
violation(const struct olddir *dir, const char *name, const char *what)
{
	if (violations++ < 20)
		(void)printf("violation: %s/%s %s\n", dir->name, name, what);
}

/* Whose it is: racers sign what they write. */
static void
note_racer(const struct olddir *dir, const char *name)
{
	char	 buf[16] = "";
	int	 fd, nr;

	fd = openat(dirfd(dir->d), name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	if (fd == -1)
		return;
	if (read(fd, buf, sizeof(buf) - 1) > 0 &&
	    strncmp(buf, "racer ", 6) == 0 &&
	    (nr = atoi(buf + 6)) >= 0 && nr < RACERS)
		seen[nr]++;
	(void)close(fd);
}

static int
listed(const char *name, const char *const *list, size_t n)
{
	while (n-- > 0)
		if (strcasecmp(name, list[n]) == 0)
			return 1;
	return 0;
}

static int
protected(enum kind kind, const char *name)
{
	switch (kind) {
	case ORDINARY:
	case MOVABLE:
		return listed(name, files, nitems(files));
	case GIT_DIR:
		return listed(name, git_names, nitems(git_names));
	case HOOKS:
		return 1;
	case INFO:
		return strcasecmp(name, "attributes") == 0;
	case CLAUDE:
		return listed(name, claude_names, nitems(claude_names));
	}
	return 0;
}

static const struct kept *
find_kept(const struct olddir *dir, const char *name)
{
	size_t	 i;

	for (i = 0; i < nkept; i++)
		if (kept[i].dir == dir && strcmp(kept[i].name, name) == 0)
			return &kept[i];
	return NULL;
}

static int
same(const struct stat *a, const struct stat *b)
{
	if (a->st_ino != b->st_ino || a->st_dev != b->st_dev ||
	    a->st_mode != b->st_mode || a->st_uid != b->st_uid)
		return 0;
	/* What is in a directory is looked at by itself. */
	return S_ISDIR(a->st_mode) || (a->st_size == b->st_size &&
	    a->st_nlink == b->st_nlink &&
	    a->st_mtim.tv_sec == b->st_mtim.tv_sec &&
	    a->st_mtim.tv_nsec == b->st_mtim.tv_nsec &&
	    a->st_ctim.tv_sec == b->st_ctim.tv_sec &&
	    a->st_ctim.tv_nsec == b->st_ctim.tv_nsec);
}

/*
 * Are all directories from here to the top old ones?  In a new tree the names
 * are free, and an old directory can be moved there.
 */
static int
in_old_tree(const struct olddir *dir)
{
	struct stat	 st;
	size_t		 i;
	int		 fd = dup(dirfd(dir->d)), up, old = 0;

	while (fd != -1 && fstat(fd, &st) == 0) {
		for (i = 0; i < ndirs && dirs[i].ino != st.st_ino; i++)
			continue;
		if (i == ndirs)
			break;
		if (i == 0) {
			old = 1;
			break;
		}
		up = openat(fd, "..", O_PATH | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = up;
	}
	if (fd != -1)
		(void)close(fd);
	return old;
}

/* It was there; is it still, and in an old tree? */
static void
found(const struct olddir *dir, const char *name, const struct stat *first)
{
	struct stat	 st;

	if (dir->kind == MOVABLE && (!in_old_tree(dir) ||
	    fstatat(dirfd(dir->d), name, &st, AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_ino != first->st_ino || !in_old_tree(dir)))
		return;
	violation(dir, name, "is there");
	note_racer(dir, name);
}

/* "mkdir .claude" is fine, what appears in it is not. */
static void
scan_claude(const struct olddir *dir, const char *name)
{
	struct stat	 st;
	char		 path[NAME_MAX + 32];
	size_t		 i;

	for (i = 0; i < nitems(claude_names); i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", name,
		    claude_names[i]);
		if (fstatat(dirfd(dir->d), path, &st, AT_SYMLINK_NOFOLLOW) ==
		    0)
			found(dir, path, &st);
	}
}

static void
scan_entry(const struct olddir *dir, const char *name)
{
	const struct kept	*k = find_kept(dir, name);
	struct stat		 st;

	if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return;
	if (fstatat(dirfd(dir->d), name, &st, AT_SYMLINK_NOFOLLOW) == -1)
		return;
	if (k != NULL) {
		if (!same(&k->st, &st)) {
			violation(dir, name, "is not what it was");
			note_racer(dir, name);
		}
		return;
	}
	if (protected(dir->kind, name))
		found(dir, name, &st);
	else if (dir->kind > MOVABLE)
		return;
	else if (strcasecmp(name, ".git") == 0 && !S_ISDIR(st.st_mode))
		found(dir, name, &st);
	else if (strcasecmp(name, ".claude") == 0 &&
	    strcmp(dir->name, "b") != 0) {
		if (S_ISDIR(st.st_mode))
			scan_claude(dir, name);
		else
			found(dir, name, &st);
	}
}

static void
scan(void)
{
	struct dirent	*de;
	struct stat	 st;
	size_t		 i;

	for (i = 0; i < ndirs; i++) {
		rewinddir(dirs[i].d);
		while ((de = readdir(dirs[i].d)) != NULL)
			scan_entry(&dirs[i], de->d_name);
	}
	for (i = 0; i < nkept; i++)
		if (fstatat(dirfd(kept[i].dir->d), kept[i].name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			violation(kept[i].dir, kept[i].name, "is gone");
	scans++;
}

/* The end: by content, and by path from the top. */
static void
check_kept(void)
{
	struct stat	 st;
	char		 buf[64], path[80];
	size_t		 i;
	ssize_t		 n;
	int		 fd;

	for (i = 0; i < nkept; i++) {
		(void)snprintf(path, sizeof(path), "%s/%s", kept[i].dir->name,
		    kept[i].name);
		memset(buf, 0, sizeof(buf));
		fd = open(path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd == -1 || fstat(fd, &st) == -1 ||
		    !same(&kept[i].st, &st)) {
			violation(kept[i].dir, kept[i].name, "was replaced");
			if (fd != -1)
				(void)close(fd);
			continue;
		}
		n = S_ISDIR(st.st_mode) ? 0 : read(fd, buf, sizeof(buf) - 1);
		if (n == -1 || strcmp(buf, kept[i].content) != 0)
			violation(kept[i].dir, kept[i].name, "was changed");
		(void)close(fd);
	}
}

static void
event(const struct inotify_event *ev)
{
	size_t	 i;

	if ((ev->mask & IN_Q_OVERFLOW) != 0 || ev->len == 0)
		return;
	events++;
	for (i = 0; i < ndirs; i++)
		if (dirs[i].wd == ev->wd && (protected(dirs[i].kind,
		    ev->name) || (dirs[i].kind == ORDINARY &&
		    (ev->mask & (IN_CREATE | IN_MOVED_TO)) != 0 &&
		    (ev->mask & IN_ISDIR) == 0 &&
		    (strcasecmp(ev->name, ".git") == 0 ||
		    strcasecmp(ev->name, ".claude") == 0))))
			violation(&dirs[i], ev->name, "was touched");
}

static void
read_events(int in)
{
	union {
		struct inotify_event	 ev;
		char			 room[1 << 16];
	} buf;
	ssize_t		 n, off = 0;
	struct inotify_event *ev;

	if ((n = read(in, &buf, sizeof(buf))) == -1)
		return;
	while (off < n) {
		ev = (struct inotify_event *)(void *)(buf.room + off);
		event(ev);
		off += (ssize_t)(sizeof(*ev) + ev->len);
	}
}

int
watch(void)
{
	struct pollfd	 pfd[2];
	int		 in, i;

	if ((in = inotify_init1(IN_NONBLOCK | IN_CLOEXEC)) == -1)
		err(1, "inotify");
	watch_all(in);
	(void)printf("ready\n");
	(void)fflush(stdout);
	do {
		pfd[0].fd = STDIN_FILENO;
		pfd[1].fd = in;
		pfd[0].events = pfd[1].events = POLLIN;
		/* A pause of a millisecond leaves the racers a CPU. */
		if (poll(pfd, 2, 1) == -1)
			err(1, "poll");
		read_events(in);
		scan();
	} while (pfd[0].revents == 0);
	read_events(in);
	scan();
	check_kept();
	(void)printf("scans %lu events %lu\nsigned", scans, events);
	for (i = 0; i < RACERS; i++)
		if (seen[i] > 0)
			(void)printf(" %d", i);
	(void)printf("\nviolations %lu\n", violations);
	return fflush(stdout) == 0 && violations == 0 ? 0 : 1;
}
