/* SPDX-License-Identifier: ISC */

/*
 * The slow way through a path: one component at a time.
 *
 * In /proc some names mean another thing for each process.  "self" and
 * "thread-self" are the caller's, and so are the magic links "cwd", "root",
 * "exe" and "fd/N" if they are in its own directory; those are got from the
 * caller by other means.  The links of other processes are never followed:
 * where Landlock makes that sound the kernel does it, in the caller's name and
 * confined as the caller is.
 */

#include "compat.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"

#define PROC	"/proc"

struct walk {
	struct call	*c;
	struct loc	*loc;
	int		 cur;		/* the directory we are in */
	pid_t		 pid;		/* the caller's in /proc; 0 unknown */
	pid_t		 tid;
	const char	*s;		/* what is left of rest */
	char		 rest[2 * PATH_MAX];
	/* the component that is looked at */
	char		 name[NAME_MAX + 1];
	size_t		 len;
	int		 more;		/* another one follows */
};

/* What step() and its kin return besides -errno. */
enum {
	WALK_DONE,		/* the loc is filled in */
	WALK_ON
};

static void
walk_to(struct walk *w, int fd)
{
	base_close(w->cur);
	w->cur = fd;
}

/* Text that stands for the component just taken. */
static long
walk_insert(struct walk *w, const char *text)
{
	size_t	 n = strlen(text), left = strlen(w->s);

	if (++w->loc->links > LINKS_MAX)
		return -ELOOP;
	if (n + left + 1 > sizeof(w->rest))
		return -ENAMETOOLONG;
	memmove(w->rest + n, w->s, left + 1);
	memcpy(w->rest, text, n);
	w->s = w->rest;
	if (text[0] == '/')
		walk_to(w, broker.rootfd);
	return WALK_ON;
}

/* Takes the next component; 0 if none is left. */
static long
walk_next(struct walk *w)
{
	const char	*s = w->s;

	while (*s == '/')
		s++;
	w->len = strcspn(s, "/");
	w->s = s + w->len;
	w->more = w->s[strspn(w->s, "/")] != '\0';
	if (w->len > NAME_MAX) {
		/* The last one is for loc_name(). */
		w->name[0] = '\0';
		return w->more ? -ENAMETOOLONG : 1;
	}
	memcpy(w->name, s, w->len);
	w->name[w->len] = '\0';
	return w->len != 0;
}

static long
walk_done(struct walk *w, const char *last)
{
	int	 fd = w->cur;
	long	 r;

	w->cur = -1;
	w->loc->slash |= *w->s == '/';
	r = loc_object(w->loc, fd, last);
	return r < 0 ? r : WALK_DONE;
}

static long
walk_kernel(struct walk *w)
{
	struct lx_stat	 st;
	int		 fd = w->cur;

	if (lx_statx(fd, w->name, LX_STATX_BASIC, &st) == -1)
		w->loc->error = errno;
	else if (w->more)
		w->loc->error = EACCES;
	w->cur = -1;
	(void)loc_kernel(w->loc, fd);
	return WALK_DONE;
}

/* The last component, in /proc. */
static long
walk_last(struct walk *w)
{
	int	 fd = w->cur;

	w->loc->slash |= *w->s == '/';
	if (strlcpy(w->loc->last, w->name, sizeof(w->loc->last)) == 0)
		return -ENAMETOOLONG;
	w->cur = broker.rootfd;
	(void)walk_kernel(w);
	w->loc->procfd = fd;
	return WALK_DONE;
}

/* The caller's numbers, as they are in the /proc that it sees. */
static long
caller_pids(const struct call *c, pid_t *pid, pid_t *tid)
{
	struct lx_stat	 st;

	if (lx_statx(broker.procfd, "", LX_STATX_BASIC, &st) == 0 &&
	    makedev(st.dev_major, st.dev_minor) == broker.procdev) {
		/* enableWeakerNestedSandbox: it is the host's. */
		*pid = task_process(c->tid);
		*tid = c->tid;
		return call_valid(c) ? 0 : -ESRCH;
	}
	return task_ns_pid(c, pid, tid) == -1 ? -ESRCH : 0;
}

/* Skips "/N" if N is one of the numbers. */
static const char *
skip_number(const char *s, pid_t a, pid_t b)
{
	char	*end;
	long	 n;

	if (s[0] != '/' || s[1] < '1' || s[1] > '9')
		return NULL;
	n = strtol(s + 1, &end, 10);
	if (n != a && n != b)
		return NULL;
	return end;
}

/*
 * What follows the caller's own directory in the path of one in /proc; NULL
 * if it lies elsewhere.
 */
static const char *
walk_own(struct walk *w, const char *s)
{
	const char	*t;

	if (s[0] == '\0' || (w->pid == 0 &&
	    caller_pids(w->c, &w->pid, &w->tid) < 0) ||
	    (s = skip_number(s, w->pid, w->tid)) == NULL)
		return NULL;
	if (strncmp(s, "/task", 5) == 0 &&
	    (t = skip_number(s + 5, w->tid, w->tid)) != NULL)
		s = t;
	return s;
}

int
proc_is_own(struct call *c, const char *path)
{
	pid_t	 pid, tid;

	if (strncmp(path, PROC "/", sizeof(PROC)) != 0)
		return 0;
	path += sizeof(PROC) - 1;
	if (!isdigit((unsigned char)path[1]))
		return 1;
	return caller_pids(c, &pid, &tid) == 0 &&
	    (path = skip_number(path, pid, tid)) != NULL &&
	    (*path == '/' || *path == '\0');
}

static int
is_number(const char *s, int *number)
{
	char	*end;
	long	 n;

	if (!isdigit((unsigned char)*s) || (*s == '0' && s[1] != '\0'))
		return 0;
	errno = 0;
	n = strtol(s, &end, 10);
	if (*end != '\0' || errno != 0 || n > INT_MAX)
		return 0;
	*number = (int)n;
	return 1;
}

/* The object behind a magic link of the caller's: -1 if it is none. */
static int
magic_open(struct walk *w, const char *own, int *fd)
{
	char	 path[32];
	int	 number;

	if (own[0] == '\0' && strcmp(w->name, "cwd") == 0)
		*fd = task_cwd(w->c);
	else if (own[0] == '\0' && strcmp(w->name, "root") == 0)
		*fd = path_open(broker.rootfd, ".", O_PATH | O_DIRECTORY, 0,
		    0);
	else if (own[0] == '\0' && strcmp(w->name, "exe") == 0) {
		(void)snprintf(path, sizeof(path), "%d/exe", (int)w->c->tid);
		*fd = openat(broker.procfd, path, O_PATH | O_CLOEXEC);
		if (*fd == -1)
			*fd = -errno;
	} else if (strcmp(own, "/fd") == 0 && is_number(w->name, &number)) {
		*fd = task_fd(w->c, number);
		if (*fd == -EBADF)
			*fd = -ENOENT;
	} else
		return -1;
	return 0;
}

static long
walk_magic(struct walk *w, int fd)
{
	struct node	 node = { 0 };

	if (fd < 0 && w->more)
		return fd;
	if (fd >= 0 && *w->s == '/' && !w->more &&
	    (node_stat(fd, &node) < 0 || !S_ISDIR(node.mode))) {
		base_close(fd);
		fd = -ENOTDIR;
	}
	if (fd < 0) {
		/* What acts on the link as a name does not care. */
		(void)walk_last(w);
		w->loc->error = -fd;
		return WALK_DONE;
	}
	if (w->more)
		walk_to(w, fd);
	else {
		w->loc->magic = 1;
		w->loc->procfd = w->cur;
		w->cur = fd;
	}
	if (++w->loc->links > LINKS_MAX)
		return -ELOOP;
	return w->more ? WALK_ON : walk_done(w, w->name);
}

/* "." or "..", for which the directory has to be searched as for any name. */
static long
walk_dots(struct walk *w)
{
	int	 fd;

	fd = path_open(w->cur, w->name, O_PATH | O_DIRECTORY, 0, 0);
	if (fd < 0)
		return fd;
	walk_to(w, fd);
	return w->more ? WALK_ON : walk_done(w, w->name);
}

/* What follows "/proc" in the path of the directory; NULL: it is elsewhere. */
static const char *
proc_path(int fd, char *real)
{
	if (path_of_fd(fd, real, PATH_MAX) < 0 ||
	    strncmp(real, PROC, sizeof(PROC) - 1) != 0)
		return NULL;
	return real + sizeof(PROC) - 1;
}

long
proc_link(struct call *c, int dirfd, const char *name, char *text)
{
	char		 real[PATH_MAX];
	const char	*own;
	pid_t		 pid, tid;

	if ((own = proc_path(dirfd, real)) == NULL ||
	    isdigit((unsigned char)own[own[0] == '/']))
		return 0;
	if (own[0] == '\0' && (strcmp(name, "self") == 0 ||
	    strcmp(name, "thread-self") == 0)) {
		if (caller_pids(c, &pid, &tid) < 0)
			return -ESRCH;
		(void)snprintf(text, PATH_MAX, name[0] == 's' ? "%d" :
		    "%d/task/%d", (int)pid, (int)tid);
		return 1;
	}
	return link_text(dirfd, name, text);
}

static int
is_link(int dirfd, const char *name)
{
	struct lx_stat	 st;
	int		 saved = errno, link;

	link = lx_statx(dirfd, name, LX_STATX_BASIC, &st) == 0 &&
	    S_ISLNK(st.mode);
	errno = saved;
	return link;
}

static long
walk_proc(struct walk *w, const struct node *node)
{
	char		 real[PATH_MAX], text[PATH_MAX];
	const char	*own;
	long		 r;
	int		 fd;

	if (node->dev != broker.procdev || (own = proc_path(w->cur, real)) ==
	    NULL)
		return walk_kernel(w);
	own = walk_own(w, own);
	if (own != NULL && magic_open(w, own, &fd) == 0)
		return walk_magic(w, fd);
	if (!w->more)
		return walk_last(w);
	if ((r = proc_link(w->c, w->cur, w->name, text)) != 0)
		return r < 0 ? r : walk_insert(w, text);
	fd = openat(w->cur, w->name, O_PATH | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd == -1)
		return is_link(w->cur, w->name) ? walk_kernel(w) : -errno;
	walk_to(w, fd);
	return WALK_ON;
}

static long
walk_down(struct walk *w)
{
	char		 text[PATH_MAX];
	struct node	 node = { 0 };
	ssize_t		 n;
	long		 r;
	int		 fd;

	fd = openat(w->cur, w->name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (fd == -1)
		return -errno;
	if ((r = node_stat(fd, &node)) < 0) {
		(void)close(fd);
		return r;
	}
	if (!S_ISLNK(node.mode)) {
		walk_to(w, fd);
		return WALK_ON;
	}
	n = readlinkat(fd, "", text, sizeof(text));
	r = n == -1 ? -errno : -ENAMETOOLONG;
	(void)close(fd);
	if (n == -1 || (size_t)n == sizeof(text))
		return r;
	text[n] = '\0';
	return walk_insert(w, text);
}

static long
walk_step(struct walk *w)
{
	struct node	 node = { 0 };
	long		 r;
	int		 fd;

	if ((r = walk_next(w)) < 0)
		return r;
	if (r == 0)
		return walk_done(w, "/");
	if ((r = node_stat(w->cur, &node)) < 0)
		return r;
	if (!S_ISDIR(node.mode))
		return -ENOTDIR;
	if (node.mount == MOUNT_FOREIGN)
		return walk_kernel(w);
	if (strcmp(w->name, ".") == 0 || strcmp(w->name, "..") == 0)
		return walk_dots(w);
	if (node.mount == MOUNT_PROC)
		return walk_proc(w, &node);
	if (w->more)
		return walk_down(w);
	w->loc->slash |= *w->s == '/';
	fd = w->cur;
	w->cur = -1;
	return loc_name(w->loc, fd, w->name, w->len);
}

long
path_walk(struct call *c, int base, const char *path, uint64_t resolve,
    int error, struct loc *loc)
{
	struct walk	 w;
	long		 r = WALK_ON;

	if (error != 0 && error != -ELOOP && error != -ENOENT &&
	    error != -EACCES) {
		base_close(base);
		return error;
	}
	/* The kernel knows what its flags mean there. */
	if (resolve != 0)
		return loc_kernel(loc, base);
	w.c = c;
	w.cur = base;
	w.loc = loc;
	w.pid = w.tid = 0;
	(void)strlcpy(w.rest, path, sizeof(w.rest));
	w.s = w.rest;
	if (path[0] == '/' && base != broker.rootfd)
		walk_to(&w, broker.rootfd);
	while (r == WALK_ON)
		r = walk_step(&w);
	base_close(w.cur);
	return r;
}
