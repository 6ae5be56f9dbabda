/* SPDX-License-Identifier: ISC */

/*
 * The tree of the corpus: what it begins with, and what is left of it.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/xattr.h>

#include <dirent.h>
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fscalls.h"

/* What is older was set by a call: the corpus sets times of 2001 to 2004. */
#define SET_BEFORE	1100000000L
#define LINKS		16		/* one after the other */

static const struct {
	const char	*name;
	mode_t		 mode;
} entries[] = {
	{ "d1",		S_IFDIR | 0755 },
	{ "d1/e",	S_IFDIR | 0755 },
	{ "d2",		S_IFDIR | 0775 },
	{ "d2/e",	S_IFDIR | 0700 },
	{ "d2/e/f",	S_IFDIR | 0755 },
	{ "sg",		S_IFDIR | 02775 },
	{ "st",		S_IFDIR | 01777 },
	{ "nox",	S_IFDIR | 0600 },
	{ "nor",	S_IFDIR | 0300 },
	{ "now",	S_IFDIR | 0500 },
	{ "f1",		S_IFREG | 0644 },
	{ "f2",		S_IFREG | 0600 },
	{ "d1/f1",	S_IFREG | 0644 },
	{ "st/f2",	S_IFREG | 0666 },
	{ "ro",		S_IFREG | 0444 },
	{ "wo",		S_IFREG | 0200 },
	{ "no",		S_IFREG | 0000 },
	{ "p",		S_IFIFO | 0644 },
	{ "s",		S_IFSOCK | 0755 }
};

static const struct {
	const char	*name;
	const char	*target;
} links[] = {
	{ "l1",		"f1" },
	{ "l2",		"d1" },
	{ "l3",		"nothing" },
	{ "l4",		"l5" },
	{ "l5",		"l4" },
	{ "d1/up",	"../d2/x" },
	{ "d2/l1",	"../l1" },
	{ "l7",		"d1/./../d2//e/" },
	{ "l8",		"." },
	{ "l9",		"p" },
	{ "k00",	"f2" }
};

static unsigned int	 made;		/* of what was tried */

/* A name may be taken by now: all the same for everybody. */
static void
tried(int r)
{
	if (r == 0)
		made++;
}

static void
make_file(int dir, const char *name, mode_t mode)
{
	int	 fd;

	fd = openat(dir, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd == -1)
		return;
	(void)dprintf(fd, "this is %s\n", name);
	tried(fchmod(fd, mode));
	(void)close(fd);
}

static void
make_deep(int dir)
{
	char	 name[NAME_MAX + 1];
	int	 i, fd, next;

	memset(name, 'D', NAME_MAX);
	name[NAME_MAX] = '\0';
	fd = fcntl(dir, F_DUPFD_CLOEXEC, 0);
	for (i = 0; i < DEEP && fd != -1; i++) {
		tried(mkdirat(fd, name, 0755));
		next = openat(fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		(void)close(fd);
		fd = next;
	}
	if (fd == -1)
		return;
	name[0] = 'F';
	make_file(fd, name, 0644);
	(void)close(fd);
}

/* Set-group-ID is for directories, and that may be another file by now. */
static void
make_mode(int dir, const char *name, mode_t mode)
{
	struct stat	 st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    S_ISDIR(st.st_mode))
		tried(fchmodat(dir, name, mode, 0));
}

void
tree_make(int dir, const char *top)
{
	char	 name[8], target[PATH_MAX];
	size_t	 i;

	for (i = 0; i < nitems(entries); i++) {
		if (S_ISDIR(entries[i].mode)) {
			tried(mkdirat(dir, entries[i].name, 0700));
			make_mode(dir, entries[i].name,
			    entries[i].mode & 07777);
		} else if (S_ISREG(entries[i].mode))
			make_file(dir, entries[i].name,
			    entries[i].mode & 07777);
		else
			tried(mknodat(dir, entries[i].name, entries[i].mode,
			    0));
	}
	for (i = 0; i < nitems(links); i++)
		tried(symlinkat(links[i].target, dir, links[i].name));
	for (i = 1; i < LINKS; i++) {
		(void)snprintf(target, sizeof(target), "k%02zu", i - 1);
		(void)snprintf(name, sizeof(name), "k%02zu", i);
		tried(symlinkat(target, dir, name));
	}
	if (snprintf(target, sizeof(target), "%s", top) < PATH_MAX - 100) {
		for (i = 0; i < ABOVE; i++)
			(void)strlcat(target, "/up", sizeof(target));
		(void)strlcat(target, "/w/d2", sizeof(target));
		tried(symlinkat(target, dir, "l6"));
	}
	tried(linkat(dir, "f1", dir, "h1", 0));
	make_deep(dir);
	out("mend = %u\n", made);
	made = 0;
}

/* --- afterwards */

#define FNV_BEGIN	0xcbf29ce484222325ULL
#define FNV_PRIME	0x100000001b3ULL

static uint64_t
hash(uint64_t h, const void *data, size_t len)
{
	const unsigned char	*p = data;

	while (len-- > 0)
		h = (h ^ *p++) * FNV_PRIME;
	return h;
}

static void
dump_content(int fd)
{
	char		 buf[8192];
	uint64_t	 h = FNV_BEGIN;
	ssize_t		 n;

	while ((n = read(fd, buf, sizeof(buf))) > 0)
		h = hash(h, buf, (size_t)n);
	out(" hash %016llx", (unsigned long long)h);
	if (n == -1)
		out(" unreadable");
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void
dump_xattrs(int fd)
{
	char	 list[8192], value[4096], *name, *names[64];
	size_t	 i, n = 0;
	ssize_t	 len, size;

	if ((len = flistxattr(fd, list, sizeof(list))) <= 0)
		return;
	for (name = list; name < list + len; name += strlen(name) + 1)
		if (n < nitems(names) && strncmp(name, "user.", 5) == 0)
			names[n++] = name;
	qsort(names, n, sizeof(*names), by_name);
	for (i = 0; i < n; i++) {
		size = fgetxattr(fd, names[i], value, sizeof(value));
		if (size == -1)
			out(" %zu=?", strlen(names[i]));
		else
			out(" %.20s<%zu>=%zd:%llx", names[i],
			    strlen(names[i]), size,
			    (unsigned long long)hash(FNV_BEGIN, value,
			    (size_t)size));
	}
}

static void
dump_link(int dir, const char *name)
{
	char	 target[PATH_MAX + 1], text[160];
	ssize_t	 len;

	if ((len = readlinkat(dir, name, target, sizeof(target) - 1)) == -1)
		return;
	target[len] = '\0';
	show(text, sizeof(text), target);
	out(" -> %s", text);
}

static void
dump_id(const char *what, unsigned int id, unsigned int own)
{
	if (id == own)
		out(" %s own", what);
	else
		out(" %s %u", what, id);
}

static int
list(int fd, char ***names)
{
	struct dirent	*de;
	DIR		*d;
	char		**all = NULL, **more;
	int		 n = 0, copy;

	if ((copy = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)) ==
	    -1 || (d = fdopendir(copy)) == NULL)
		return 0;
	while ((de = readdir(d)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0)
			continue;
		more = reallocarray(all, (size_t)n + 1, sizeof(*all));
		if (more == NULL || (more[n] = strdup(de->d_name)) == NULL)
			err(1, NULL);
		all = more;
		n++;
	}
	(void)closedir(d);
	if (n > 0)
		qsort(all, (size_t)n, sizeof(*all), by_name);
	*names = all;
	return n;
}

static void	dump_one(int, const char *, const char *);

static void
dump_below(int dir, const char *name, const char *where)
{
	char	**names = NULL, *path;
	int	 fd, i, n;

	fd = openat(dir, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1) {
		out("%s: unreadable\n", where);
		return;
	}
	n = list(fd, &names);
	for (i = 0; i < n; i++) {
		if (asprintf(&path, "%s/%.8s%s", where, names[i],
		    strlen(names[i]) > 8 ? "~" : "") == -1)
			err(1, NULL);
		dump_one(fd, names[i], path);
		free(path);
		free(names[i]);
	}
	free(names);
	(void)close(fd);
}

static void
dump_one(int dir, const char *name, const char *where)
{
	struct stat	 st;
	int		 fd;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW) == -1) {
		out("%s: gone\n", where);
		return;
	}
	out("%s<%zu> %o nlink %lu", where, strlen(name),
	    (unsigned int)st.st_mode, (unsigned long)st.st_nlink);
	dump_id("uid", st.st_uid, getuid());
	dump_id("gid", st.st_gid, getgid());
	if (S_ISREG(st.st_mode))
		out(" size %lld", (long long)st.st_size);
	if (st.st_mtime < SET_BEFORE)
		out(" mtime %lld.%ld", (long long)st.st_mtime,
		    st.st_mtim.tv_nsec);
	if (S_ISCHR(st.st_mode))
		out(" dev %lu", (unsigned long)st.st_rdev);
	if (S_ISLNK(st.st_mode))
		dump_link(dir, name);
	if (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)) {
		if ((st.st_mode & S_IRUSR) == 0 || (S_ISDIR(st.st_mode) &&
		    (st.st_mode & S_IRWXU) != S_IRWXU))
			tried(fchmodat(dir, name, 0700, 0));
		fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
		if (fd != -1) {
			if (S_ISREG(st.st_mode))
				dump_content(fd);
			dump_xattrs(fd);
			(void)close(fd);
		}
	}
	out("\n");
	if (S_ISDIR(st.st_mode))
		dump_below(dir, name, where);
}

void
tree_dump(int dir, const char *name)
{
	dump_one(dir, name, ".");
}
