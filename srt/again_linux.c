/* SPDX-License-Identifier: ISC */

/*
 * The same files at a second place.  What is mounted twice, as by "mount
 * --bind", has two paths, and an entry that names one of them means the file:
 * it holds at the others as well, as far as they are mounted when srt starts.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "parent.h"
#include "../srt-exec/linux.h"

/* A line of proc_pid_mountinfo(5). */
struct again {
	unsigned long long	 id;
	unsigned int		 major, minor;
	char			*root;	/* within its file system */
	char			*point;	/* where that is mounted */
	int			 twice;	/* so is another of the same one */
	int			 nodes;	/* the kernel's own, of devices */
};

static struct again	*mounts;
static size_t		 nmounts;

/* A field of the line as a path: "\040" is a blank. */
static char *
field(const char *s, size_t len)
{
	char	*path = xcalloc(1, len + 1), *p = path;
	size_t	 i;

	for (i = 0; i < len; i++)
		if (s[i] == '\\' && len - i > 3) {
			*p++ = (char)((s[i + 1] - '0') << 6 |
			    (s[i + 2] - '0') << 3 | (s[i + 3] - '0'));
			i += 3;
		} else
			*p++ = s[i];
	return path;
}

/* "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw" */
static int
mount_add(const char *line)
{
	struct again	 m = { .twice = 0 };
	const char	*root, *point;
	int		 at = 0;

	/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(line, "%llu %*u %u:%u %n", &m.id, &m.major, &m.minor,
	    &at) != 3 || at == 0)
		return -1;
	root = line + at;
	point = root + strcspn(root, " ");
	if (*root != '/' || strncmp(point, " /", 2) != 0)
		return 0;	/* such as "net:[4026531840]": no files */
	m.root = field(root, (size_t)(point - root));
	point++;
	m.point = field(point, strcspn(point, " "));
	m.nodes = strstr(point, " - devpts ") != NULL ||
	    strstr(point, " - devtmpfs ") != NULL;
	mounts = xreallocarray(mounts, nmounts + 1, sizeof(*mounts));
	mounts[nmounts++] = m;
	return 0;
}

static int
mounts_read(void)
{
	FILE	*fp;
	char	*line = NULL;
	size_t	 size = 0;
	int	 ret = 0;

	if ((fp = fopen("/proc/self/mountinfo", "re")) == NULL)
		return -1;
	while (ret == 0 && getline(&line, &size, fp) > 0)
		ret = mount_add(line);
	if (ferror(fp))
		ret = -1;
	free(line);
	(void)fclose(fp);
	return ret;
}

static void
mounts_free(void)
{
	size_t	 i;

	for (i = 0; i < nmounts; i++) {
		free(mounts[i].root);
		free(mounts[i].point);
	}
	free(mounts);
	mounts = NULL;
	nmounts = 0;
}

static int
is_same_fs(const struct again *a, const struct again *b)
{
	return a != b && a->major == b->major && a->minor == b->minor;
}

/* Is anything mounted twice?  Mostly nothing is. */
static int
mounts_pair(void)
{
	size_t	 i, k;
	int	 any = 0;

	for (i = 0; i < nmounts; i++)
		for (k = 0; k < i; k++)
			if (is_same_fs(&mounts[i], &mounts[k]) &&
			    (path_beneath(mounts[i].root, mounts[k].root) ||
			    path_beneath(mounts[k].root, mounts[i].root)))
				any = mounts[i].twice = mounts[k].twice = 1;
	return any;
}

static const struct again *
mount_of(unsigned long long id)
{
	size_t	 i;

	for (i = 0; i < nmounts; i++)
		if (mounts[i].id == id)
			return &mounts[i];
	return NULL;
}

/* What follows the directory in a path beneath it: "" or "/...". */
static const char *
rest(const char *path, const char *dir)
{
	return strcmp(dir, "/") != 0 ? path + strlen(dir) :
	    path[1] == '\0' ? "" : path;
}

static char *
join(const char *dir, const char *tail)
{
	char	*path;

	(void)xasprintf(&path, "%s%s", strcmp(dir, "/") == 0 && *tail != '\0' ?
	    "" : dir, tail);
	return path;
}

/* Is it that very file, and seen by that mount and not below another? */
static int
is_there(const char *path, const struct again *m, const struct lx_stat *want)
{
	struct lx_stat	 st;

	return lx_statx(AT_FDCWD, path, LX_STATX_BASIC | LX_STATX_MNT_ID,
	    &st) == 0 && st.mnt_id == m->id && (want == NULL ||
	    (st.ino == want->ino && st.dev_major == want->dev_major &&
	    st.dev_minor == want->dev_minor));
}

static int
in_roots(const struct fs_paths *paths, const char *path)
{
	const struct fs_path	*p;

	TAILQ_FOREACH(p, paths, entry)
		if (p->kind == FS_WRITE && path_beneath(path, p->path))
			return 1;
	return 0;
}

/* The entry holds at that path, too. */
static void
hold_again(struct fs_paths *paths, struct guards *guards,
    const struct fs_path *p, const char *path)
{
	mode_t	 mode = p->type == FS_DIR ? S_IFDIR : S_IFREG;

	if (path_beneath(path, p->path))
		return;
	if (p->kind == FS_NOREAD)
		paths_add(paths, FS_NOREAD, path, mode, p->rule);
	else if (in_roots(paths, path)) {
		paths_add(paths, p->kind, path, mode, p->rule);
		guards_add(guards, GUARD_NOWRITE, path, p->rule);
	} else
		return;
	log_info("%s is %s as well: %s", p->path, path, p->rule);
}

/*
 * Part of what is denied, mounted elsewhere: by itself that may be what the
 * caller works in, so it is said and not hidden.
 */
static void
say_part(const struct fs_paths *paths, const struct fs_path *p,
    const struct again *m)
{
	if (!path_beneath(m->point, p->path) && is_there(m->point, m, NULL) &&
	    (p->kind == FS_NOREAD || in_roots(paths, m->point)))
		log_warnx("%s: part of %s is mounted at %s as well: list "
		    "that, too", p->rule, p->path, m->point);
}

static void
find_again(struct fs_paths *paths, struct guards *guards,
    const struct fs_path *p)
{
	const struct again	*m, *other;
	struct lx_stat		 st;
	char			*inner, *path;
	size_t			 i;

	if (lx_statx(AT_FDCWD, p->path, LX_STATX_BASIC | LX_STATX_MNT_ID,
	    &st) == -1 || (m = mount_of(st.mnt_id)) == NULL || !m->twice ||
	    !path_beneath(p->path, m->point))
		return;
	inner = join(m->root, rest(p->path, m->point));
	for (i = 0; i < nmounts; i++) {
		other = &mounts[i];
		if (!is_same_fs(other, m))
			continue;
		if (path_beneath(inner, other->root)) {
			path = join(other->point, rest(inner, other->root));
			if (is_there(path, other, &st))
				hold_again(paths, guards, p, path);
			free(path);
		} else if (path_beneath(other->root, inner))
			say_part(paths, p, other);
	}
	free(inner);
}

int
terminals_again(void)
{
	size_t	 i;
	int	 any;

	any = mounts_read() == -1;
	for (i = 0; i < nmounts; i++)
		if (mounts[i].nodes && !path_beneath(mounts[i].point, "/dev"))
			any = 1;
	mounts_free();
	return any;
}

int
paths_again(struct fs_paths *paths, struct guards *guards)
{
	struct fs_path	*p, *last = TAILQ_LAST(paths, fs_paths);
	int		 ret = 0;

	if (last == NULL)
		return 0;
	if (mounts_read() == -1) {
		errors_write("Error: /proc/self/mountinfo cannot be read: "
		    "what is mounted twice cannot be told\n");
		ret = -1;
	} else if (mounts_pair())
		TAILQ_FOREACH(p, paths, entry) {
			/* Of all of "/" there is nothing left to find. */
			if ((p->kind == FS_NOREAD || p->kind == FS_NOWRITE ||
			    p->kind == FS_PROTECT) &&
			    strcmp(p->path, "/") != 0)
				find_again(paths, guards, p);
			if (p == last)
				break;
		}
	mounts_free();
	return ret;
}
