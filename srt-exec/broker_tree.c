/* SPDX-License-Identifier: ISC */

/*
 * Looks through a directory that is to be renamed.  A protected name beneath
 * it would lose its protection under another name, or one that is free here
 * would come to stand where it is not.
 *
 * One descriptor goes down and up again, so depth costs no descriptors; where
 * it was is kept in a stack of bounded size.  All that is static here belongs
 * to whoever holds the tree lock for writing.
 */

#include "compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"

#define DEPTH_MAX	1024
#define LOOK_EVERY	4096	/* entries between looks at the caller */

struct entry64 {
	uint64_t	 ino;
	int64_t		 off;
	uint16_t	 reclen;
	uint8_t		 type;
	char		 name[];
};

struct frame {
	uint64_t	 ino;
	int64_t		 off;		/* where to go on reading */
	size_t		 old_len;	/* of its path */
	size_t		 new_len;
};

static struct tree {
	struct call	*c;
	const char	*shown;		/* for reports */
	int		 cur;
	int		 policy;	/* entries of the policy could match */
	int		 sockets;	/* listed ones could come to be */
	unsigned int	 top;		/* depth of the directory itself */
	unsigned int	 n;
	struct frame	 stack[DEPTH_MAX];
	char		 old[2 * PATH_MAX];
	char		 new[2 * PATH_MAX];
	char		 buf[16384];
} t;

/* "path/name"; the length before it in *len.  -1: too long. */
static int
name_add(char *path, size_t len, const char *name)
{
	size_t	 n = strlen(name);

	if (len + n + 2 > sizeof(t.old))
		return -1;
	path[len] = '/';
	memcpy(path + len + 1, name, n + 1);
	return 0;
}

static long
unknown(const char *reason)
{
	report(t.c, "file-write-rename", t.shown, reason, "mandatory", "");
	return -EPERM;
}

static int
is_socket(const struct entry64 *e)
{
	struct lx_stat	 st;

	if (e->type != DT_UNKNOWN)
		return e->type == DT_SOCK;
	return lx_statx(t.cur, e->name, LX_STATX_BASIC, &st) == -1 ||
	    S_ISSOCK(st.mode);
}

/* May the entry whose paths these are be moved? */
static long
entry_check(const struct frame *f, const struct entry64 *e)
{
	struct guard_hit	 hit;
	unsigned int		 depth;

	if (guard_write(broker.guard, t.old, GUARD_OLD, &hit)) {
		if (!hit.mandatory)
			goto refuse;
		/* New within the directory: that is free, and stays so. */
		depth = fresh_depth(t.cur, t.old, f->old_len, t.top);
		if (depth == GUARD_OLD ||
		    guard_write(broker.guard, t.old, depth, &hit))
			goto refuse;
	}
	if (bare_refuses(t.cur, t.old, DEED_RENAME, t.top, &hit))
		goto refuse;
	if (t.sockets && guard_unix(broker.guard, t.new) &&
	    !guard_unix(broker.guard, t.old) && is_socket(e)) {
		hit.rule = "network.allowUnixSockets";
		hit.mandatory = 0;
		goto refuse;
	}
	if (!t.policy)
		return 0;
	if (guard_write(broker.guard, t.new, GUARD_OLD, &hit) &&
	    !hit.mandatory)
		goto refuse;
	hit.mandatory = 0;
	if (guard_read(broker.guard, t.old, &hit) ||
	    guard_read(broker.guard, t.new, &hit))
		goto refuse;
	return 0;
 refuse:
	return check_refused(t.c, t.old, DEED_RENAME, &hit);
}

/* ".git" that is no directory is as good as a repository: check_file(). */
static long
stem_check(const struct frame *f, const struct entry64 *e)
{
	struct guard_hit	 hit;
	struct lx_stat		 st;
	unsigned int		 depth;

	if ((e->name[0] != '.' && (unsigned char)e->name[0] < 0x80) ||
	    e->type == DT_DIR || guard_stem(broker.guard, t.old, GUARD_OLD,
	    &hit) != GUARD_STEM_NAME)
		return 0;
	if (e->type == DT_UNKNOWN && lx_statx(t.cur, e->name,
	    LX_STATX_BASIC, &st) == 0 && S_ISDIR(st.mode))
		return 0;
	depth = fresh_depth(t.cur, t.old, f->old_len, t.top);
	if (depth != GUARD_OLD && guard_stem(broker.guard, t.old, depth,
	    &hit) != GUARD_STEM_NAME)
		return 0;
	return check_refused(t.c, t.old, DEED_RENAME, &hit);
}

static long
tree_push(const char *name)
{
	struct frame	*f = &t.stack[t.n - 1], *g = f + 1;
	struct lx_stat	 st;
	int		 fd;

	if (t.n == DEPTH_MAX)
		return unknown("too deep to be looked through");
	fd = openat(t.cur, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return errno == ENOENT || errno == ENOTDIR || errno == ELOOP ?
		    0 : unknown("cannot be looked through");
	if (lx_statx(t.cur, "", LX_STATX_BASIC, &st) == -1) {
		(void)close(fd);
		return unknown("cannot be looked through");
	}
	f->ino = st.ino;
	g->off = 0;
	g->old_len = strlen(t.old);
	g->new_len = strlen(t.new);
	(void)close(t.cur);
	t.cur = fd;
	t.n++;
	return 1;
}

/* Back to the directory above, and to where we were in it. */
static long
tree_pop(void)
{
	const struct frame	*f;
	struct lx_stat		 st;
	int			 fd;

	if (--t.n == 0)
		return 0;
	f = &t.stack[t.n - 1];
	fd = openat(t.cur, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return unknown("cannot be looked through");
	(void)close(t.cur);
	t.cur = fd;
	if (lx_statx(fd, "", LX_STATX_BASIC, &st) == -1 ||
	    st.ino != f->ino || lseek(fd, f->off, SEEK_SET) == -1)
		return unknown("changed while it was looked through");
	return 0;
}

/*
 * The entries of one buffer.  1: went down, the rest is read again later.
 */
static long
tree_entries(long n)
{
	struct frame	*f = &t.stack[t.n - 1];
	struct entry64	*e;
	long		 at, r;

	for (at = 0; at < n; at += e->reclen) {
		e = (struct entry64 *)(void *)(t.buf + at);
		f->off = e->off;
		if (strcmp(e->name, ".") == 0 || strcmp(e->name, "..") == 0)
			continue;
		if (name_add(t.old, f->old_len, e->name) == -1 ||
		    name_add(t.new, f->new_len, e->name) == -1)
			return unknown("too deep to be looked through");
		if ((r = entry_check(f, e)) < 0 || (r = stem_check(f, e)) < 0)
			return r;
		if (e->type != DT_DIR && e->type != DT_UNKNOWN)
			continue;
		if ((r = tree_push(e->name)) != 0)
			return r;
	}
	return 0;
}

static long
tree_scan(void)
{
	unsigned int	 rounds = 0;
	long		 n, r = 0;

	while (t.n > 0 && r >= 0) {
		if (++rounds % LOOK_EVERY == 0 && !call_valid(t.c))
			return -ESRCH;
		n = syscall(SYS_getdents64, t.cur, t.buf, sizeof(t.buf));
		if (n == -1)
			return unknown("cannot be looked through");
		r = n == 0 ? tree_pop() : tree_entries(n);
	}
	return r;
}

long
check_tree(struct call *c, const struct loc *from, const struct loc *to)
{
	long	 r;
	int	 fd;

	if (broker.guard == NULL)
		return 0;
	fd = path_open(from->dirfd, from->last, O_PATH | O_DIRECTORY |
	    O_NOFOLLOW, 0, 0);
	if (fd < 0)
		return fd;
	t.c = c;
	t.shown = from->real;
	t.policy = guard_beneath(broker.guard, from->real) ||
	    guard_beneath(broker.guard, to->real);
	t.sockets = guard_unix_beneath(broker.guard, to->real);
	if (!t.policy && !t.sockets && fresh_has(fd)) {
		(void)close(fd);
		return 0;
	}
	t.cur = openat(fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	(void)close(fd);
	if (t.cur == -1)
		return unknown("cannot be looked through");
	t.n = 1;
	t.stack[0].off = 0;
	t.stack[0].old_len = strlcpy(t.old, from->real, sizeof(t.old));
	t.stack[0].new_len = strlcpy(t.new, to->real, sizeof(t.new));
	t.top = 0;
	for (r = 0; t.old[r] != '\0'; r++)
		t.top += t.old[r] == '/';
	r = tree_scan();
	(void)close(t.cur);
	return r;
}
