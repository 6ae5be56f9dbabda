/* SPDX-License-Identifier: ISC */

/*
 * From a path of the command's to descriptors: every name is looked up once,
 * here, and what follows acts on what was found.
 *
 * Mostly one openat2(2) finds the directory.  It refuses the magic links of
 * /proc, where the kernel would look at the broker in place of the caller;
 * such paths, and all that fail, are walked by hand (broker_walk.c).
 *
 * The mounts do not change any more when the first call comes.  What lies on
 * none of them came from outside as a descriptor: its path says nothing.
 */

#include "compat.h"

#include <sys/vfs.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"
#include "log.h"

#define DELETED		" (deleted)"

/* statfs(2), <linux/magic.h> */
enum {
	LX_PIPEFS = 0x50495045,
	LX_SOCKFS = 0x534f434b,
	LX_ANON_INODES = 0x09041934
};

/* Flags of openat2(2) that bind the whole resolution. */
#define SCOPED	(LX_RESOLVE_BENEATH | LX_RESOLVE_IN_ROOT)

static int	 fds = -1;		/* our own /proc/self/fd */
static char	 our_mounts[64];	/* "mnt:[...]" */
static char	 our_users[64];
static pthread_once_t	 once = PTHREAD_ONCE_INIT;
static __thread struct node	 here;	/* this thread's working directory */

static void
path_init(void)
{
	fds = openat(broker.procfd, "self/fd", O_PATH | O_DIRECTORY |
	    O_CLOEXEC);
	if (fds == -1 ||
	    readlinkat(broker.procfd, "self/ns/mnt", our_mounts,
	    sizeof(our_mounts) - 1) == -1 ||
	    readlinkat(broker.procfd, "self/ns/user", our_users,
	    sizeof(our_users) - 1) == -1)
		fatal("/proc/self");
	mounts_learn();
}

int
path_fds(void)
{
	(void)pthread_once(&once, path_init);
	return fds;
}

const char *
path_fd_name(int fd, char *buf)
{
	char	*s = buf + FD_NAME_MAX - 1;

	*s = '\0';
	do
		*--s = (char)('0' + fd % 10);
	while ((fd /= 10) != 0);
	return s;
}

int
path_open(int dirfd, const char *path, uint64_t flags, uint64_t mode,
    uint64_t resolve)
{
	struct lx_open_how	 how = {
		.flags = flags | O_CLOEXEC,
		.mode = mode,
		.resolve = resolve
	};
	int			 fd;

	fd = (int)syscall(NR_OPENAT2, dirfd, path, &how, sizeof(how));
	return fd == -1 ? -errno : fd;
}

/* Is this really the name, and not what the kernel adds to a deleted one? */
static int
spelt_deleted(int fd, const char *path)
{
	struct lx_stat	 a, b;

	return lx_statx(fd, "", LX_STATX_BASIC, &a) == 0 &&
	    lx_statx(broker.rootfd, path + 1, LX_STATX_BASIC, &b) == 0 &&
	    a.ino == b.ino && a.dev_major == b.dev_major &&
	    a.dev_minor == b.dev_minor;
}

long
path_of_fd(int fd, char *buf, size_t size)
{
	const size_t	 tail = sizeof(DELETED) - 1;
	char		 name[FD_NAME_MAX];
	ssize_t		 n;

	n = readlinkat(path_fds(), path_fd_name(fd, name), buf, size);
	if (n == -1)
		return -errno;
	if ((size_t)n >= size)
		return -ENAMETOOLONG;
	buf[n] = '\0';
	if (n == 0 || buf[0] != '/')
		return -EPERM;
	if ((size_t)n > tail && strcmp(buf + n - tail, DELETED) == 0 &&
	    !spelt_deleted(fd, buf))
		return -ENOENT;
	return n;
}

long
path_of_lost(int fd, char *buf, size_t size)
{
	const size_t	 tail = sizeof(DELETED) - 1;
	size_t		 n;
	long		 r;

	*buf = '\0';
	if ((r = path_of_fd(fd, buf, size)) != -ENOENT)
		return r < 0 ? r : -EEXIST;
	if ((n = strlen(buf)) <= tail)
		return -ENOENT;
	buf[n - tail] = '\0';
	return (long)(n - tail);
}

int
path_enter(int fd)
{
	here.mount_id = 0;
	return fchdir(fd);
}

/*
 * The same of a directory, which costs half of that by way of the thread's
 * own working directory, and less if it is there already.
 */
static long
path_of_dir(int fd, const struct node *node, char *buf, size_t size)
{
	long	 n;
	int	 error;

	if (node_same(node, &here) &&
	    (n = syscall(SYS_getcwd, buf, size)) != -1)
		return buf[0] != '/' ? -EPERM : n - 1;
	if (path_enter(fd) == -1) {
		error = -errno;
		n = path_of_fd(fd, buf, size);
		return n == -ENOENT ? error : n;
	}
	here = *node;
	if ((n = syscall(SYS_getcwd, buf, size)) == -1)
		return errno == ERANGE ? -ENAMETOOLONG : -errno;
	/* "(unreachable)" */
	return buf[0] != '/' ? -EPERM : n - 1;
}

int
node_stat(int fd, struct node *node)
{
	struct lx_stat	 st;

	(void)path_fds();
	if (lx_statx(fd, "", LX_STATX_BASIC | LX_STATX_MNT_ID, &st) == -1)
		return -errno;
	node->mode = st.mode;
	node->ino = st.ino;
	node->nlink = st.nlink;
	node->dev = makedev(st.dev_major, st.dev_minor);
	node->mount_id = (st.mask & LX_STATX_MNT_ID) == 0 ? 0 : st.mnt_id;
	node->mount = node->mount_id == 0 ? MOUNT_FOREIGN :
	    mounts_kind(st.mnt_id);
	return 0;
}

/* The same of a directory, of which no more than these may change. */
static long
dir_stat(int fd, struct node *node)
{
	const struct node	*known = kept_node(fd);

	if (known == NULL)
		return node_stat(fd, node);
	*node = *known;
	return 0;
}

static void
loc_clear(struct loc *loc, char *real)
{
	loc->kind = LOC_KERNEL;
	loc->object = LOC_NAMED;
	loc->dirfd = loc->fd = loc->procfd = -1;
	loc->slash = loc->magic = loc->links = 0;
	loc->last[0] = '\0';
	loc->real = real;
	loc->dirlen = 0;
	loc->dirino = 0;
	loc->error = EPERM;
	real[0] = '\0';
}

void
base_close(int fd)
{
	if (fd != -1 && fd != broker.rootfd && kept_node(fd) == NULL)
		(void)close(fd);
}

void
loc_close(struct loc *loc)
{
	base_close(loc->dirfd);
	base_close(loc->fd);
	base_close(loc->procfd);
	loc->dirfd = loc->fd = loc->procfd = -1;
}

const char *
loc_spelt(struct loc *loc)
{
	size_t	 len;

	if (loc->slash && (loc->dirfd != -1 || loc->procfd != -1)) {
		len = strlen(loc->last);
		if (len > 0 && loc->last[len - 1] != '/') {
			loc->last[len] = '/';
			loc->last[len + 1] = '\0';
		}
	}
	return loc->last;
}

/* All that is left to say about it is that it is the kernel's. */
long
loc_kernel(struct loc *loc, int fd)
{
	base_close(fd);
	loc->kind = LOC_KERNEL;
	return 0;
}

/*
 * The name in the directory, which becomes the loc's or is closed.  Not for
 * /proc: LOC_IN_PROC is the answer there, and the directory stays open.
 */
long
loc_name(struct loc *loc, int dirfd, const char *last, size_t len)
{
	struct node	 node = { 0 };
	long		 n;

	if ((n = dir_stat(dirfd, &node)) < 0)
		goto fail;
	n = -ENOTDIR;
	if (!S_ISDIR(node.mode))
		goto fail;
	if (node.mount == MOUNT_PROC)
		return LOC_IN_PROC;
	if (node.mount == MOUNT_FOREIGN)
		return loc_kernel(loc, dirfd);
	if ((n = path_of_dir(dirfd, &node, loc->real, PATH_MAX)) < 0)
		goto fail;
	loc->kind = node.mount == MOUNT_DEV ? LOC_KERNEL : LOC_NAME;
	loc->dirfd = dirfd;
	loc->dirino = node.ino;
	if (len <= NAME_MAX)
		memcpy(loc->last, last, len);
	else {
		/* When it is its turn, the kernel says ENAMETOOLONG. */
		len = NAME_MAX + 1;
		memset(loc->last, 'n', len);
	}
	loc->last[len] = '\0';
	loc->dirlen = n == 1 ? 0 : (size_t)n;
	loc->real[loc->dirlen] = '/';
	memcpy(loc->real + loc->dirlen + 1, loc->last, len + 1);
	return 0;
 fail:
	base_close(dirfd);
	return n;
}

static int
is_anonymous(int fd)
{
	struct statfs	 fs;

	return fstatfs(fd, &fs) == 0 && (fs.f_type == LX_PIPEFS ||
	    fs.f_type == LX_SOCKFS || fs.f_type == LX_ANON_INODES);
}

/* The object, which becomes the loc's or is closed. */
long
loc_object(struct loc *loc, int fd, const char *last)
{
	struct node	 node = { 0 };
	const char	*slash;
	long		 n;

	if ((n = node_stat(fd, &node)) < 0)
		goto fail;
	loc->kind = LOC_OBJECT;
	loc->fd = fd;
	(void)strlcpy(loc->last, last, sizeof(loc->last));
	n = path_of_fd(fd, loc->real, PATH_MAX);
	if (node.mount == MOUNT_FOREIGN) {
		loc->object = node.nlink == 0 || is_anonymous(fd) ?
		    LOC_ANONYMOUS : LOC_FOREIGN;
		if (n < 0)
			loc->real[0] = '\0';
		return 0;
	}
	if (node.mount != MOUNT_PLAIN)
		loc->kind = LOC_KERNEL;
	if (n == -ENOENT) {
		loc->object = LOC_DELETED;
		loc->real[0] = '\0';
		return 0;
	}
	if (n < 0)
		return n;
	if ((slash = strrchr(loc->real, '/')) != NULL)
		loc->dirlen = (size_t)(slash - loc->real);
	return 0;
 fail:
	base_close(fd);
	return n;
}

/* Takes the last component off: its beginning, its length. */
static const char *
path_split(const char *path, size_t *len, int *slash)
{
	const char	*end = path + strlen(path), *s;

	*slash = end > path && end[-1] == '/';
	while (end > path && end[-1] == '/')
		end--;
	for (s = end; s > path && s[-1] != '/'; s--)
		continue;
	*len = (size_t)(end - s);
	return s;
}

static int
is_dots(const char *s, size_t len)
{
	return (len == 1 && s[0] == '.') ||
	    (len == 2 && s[0] == '.' && s[1] == '.');
}

/* "/", "." and "..": the path as a whole is a directory. */
static long
resolve_object(struct call *c, int base, const char *path, size_t len,
    uint64_t resolve, struct loc *loc)
{
	const char	*s = path;
	int		 fd;

	if ((resolve & SCOPED) == 0)
		while (*s == '/')
			s++;
	fd = path_open(base, *s == '\0' ? "." : s, O_PATH | O_DIRECTORY, 0,
	    resolve | LX_RESOLVE_NO_MAGICLINKS);
	if (fd < 0)
		return path_walk(c, base, path, resolve, fd, loc);
	base_close(base);
	return loc_object(loc, fd, len == 0 ? "/" : len == 1 ? "." : "..");
}

/* The directory of the last component, by the path up to that. */
static int
parent_open(const struct call *c, int base, const char *dir,
    uint64_t resolve)
{
	int	 fd;

	/*
	 * statx(2) would follow the magic links of a /proc that has the
	 * broker in it.
	 */
	(void)path_fds();
	if (resolve != 0 || mounts_show_us())
		return path_open(base, dir, O_PATH | O_DIRECTORY, 0,
		    resolve | LX_RESOLVE_NO_MAGICLINKS);
	if ((fd = kept_find(KEPT_PARENT, c, base, dir)) != -1)
		return fd;
	fd = path_open(base, dir, O_PATH | O_DIRECTORY, 0,
	    LX_RESOLVE_NO_MAGICLINKS);
	if (fd >= 0)
		kept_add(KEPT_PARENT, c, fd, dir);
	return fd;
}

/* The path from this directory on, which is closed or becomes the loc's. */
static long
resolve_from(struct call *c, int base, const char *path, uint64_t resolve,
    struct loc *loc)
{
	const char	*last, *s = path;
	char		*dir = loc->real;	/* not in use before loc_name() */
	size_t		 len;
	int		 dirfd;
	long		 r;

	last = path_split(path, &len, &loc->slash);
	if (len == 0 || is_dots(last, len))
		return resolve_object(c, base, path, len, resolve, loc);
	if ((resolve & SCOPED) == 0)
		while (*s == '/')
			s++;
	if (s == last) {
		r = loc_name(loc, base, last, len);
		return r != LOC_IN_PROC ? r :
		    path_walk(c, base, path, resolve, 0, loc);
	}
	memcpy(dir, s, (size_t)(last - s));
	dir[last - s] = '\0';
	dirfd = parent_open(c, base, dir, resolve);
	if (dirfd < 0)
		return path_walk(c, base, path, resolve, dirfd, loc);
	if ((r = loc_name(loc, dirfd, last, len)) == LOC_IN_PROC) {
		base_close(dirfd);
		return path_walk(c, base, path, resolve, 0, loc);
	}
	base_close(base);
	return r;
}

/* Is this link of the caller's directory in /proc the same as ours? */
static int
same_link(const struct call *c, const char *name, const char *ours)
{
	char	 path[32], text[64];
	ssize_t	 n;

	(void)snprintf(path, sizeof(path), "%d/%s", (int)c->tid, name);
	n = readlinkat(broker.procfd, path, text, sizeof(text) - 1);
	if (n == -1 || !call_valid(c))
		return 0;
	text[n] = '\0';
	return strcmp(text, ours) == 0;
}

/*
 * Only with nested namespaces can the caller have another tree than we do.
 * It cannot mount anything there, and write only what Landlock lets it.
 */
static int
is_elsewhere(const struct call *c)
{
	if ((broker.sb->opt.flags & EXEC_NESTED_USERNS) == 0)
		return 0;
	(void)path_fds();
	return !same_link(c, "ns/mnt", our_mounts) ||
	    !same_link(c, "root", "/");
}

int
path_same_users(const struct call *c)
{
	if ((broker.sb->opt.flags & EXEC_NESTED_USERNS) == 0)
		return 1;
	(void)path_fds();
	return same_link(c, "ns/user", our_users);
}

long
loc_resolve_how(struct call *c, int dirfd, const char *path, uint64_t resolve,
    char *real, struct loc *loc)
{
	int	 base;

	loc_clear(loc, real);
	if (*path == '\0')
		return -ENOENT;
	if (is_elsewhere(c))
		return 0;
	if (*path == '/' && (resolve & LX_RESOLVE_BENEATH) != 0)
		return -EXDEV;
	if (*path == '/' && (resolve & SCOPED) == 0) {
		/* The others look by themselves. */
		if (!call_valid(c))
			return -ESRCH;
		base = broker.rootfd;
	} else if ((base = dirfd == AT_FDCWD ? task_cwd(c) :
	    task_fd(c, dirfd)) < 0)
		return base;
	return resolve_from(c, base, path, resolve, loc);
}

long
loc_resolve(struct call *c, int dirfd, const char *path, char *real,
    struct loc *loc)
{
	return loc_resolve_how(c, dirfd, path, 0, real, loc);
}

long
loc_fd(struct call *c, int number, char *real, struct loc *loc)
{
	int	 fd;

	loc_clear(loc, real);
	fd = number == AT_FDCWD ? task_cwd(c) : task_fd(c, number);
	if (fd < 0)
		return fd;
	return loc_object(loc, fd, ".");
}

long
link_text(int dirfd, const char *name, char *text)
{
	ssize_t	 n;

	n = readlinkat(dirfd, name, text, PATH_MAX);
	if (n == -1)
		return errno == EINVAL || errno == ENOENT ? 0 : -errno;
	if (n == PATH_MAX)
		return -ENAMETOOLONG;
	text[n] = '\0';
	return 1;
}

long
loc_hop(struct call *c, struct loc *loc)
{
	char	 text[PATH_MAX];
	int	 base = loc->dirfd, slash = loc->slash, links = loc->links;
	long	 r;

	if (loc->procfd != -1 && !loc->magic) {
		base = loc->procfd;
		r = proc_link(c, base, loc->last, text);
	} else
		r = base == -1 ? 0 : link_text(base, loc->last, text);
	if (r <= 0)
		return r;
	if (links == LINKS_MAX)
		return -ELOOP;
	loc->dirfd = loc->procfd = -1;
	loc_clear(loc, loc->real);
	loc->links = links + 1;
	if (text[0] == '/') {
		base_close(base);
		base = broker.rootfd;
	}
	r = resolve_from(c, base, text, 0, loc);
	loc->slash |= slash;
	return r < 0 ? r : 1;
}

/* The kernel says first whether the link may be followed, and is one. */
long
loc_follow(struct call *c, struct loc *loc)
{
	long	 r;
	int	 fd;

	while (loc->dirfd != -1) {
		fd = path_open(loc->dirfd, loc->last, O_PATH, 0,
		    LX_RESOLVE_NO_SYMLINKS);
		if (fd >= 0) {
			(void)close(fd);
			return 0;
		}
		if (fd == -ENOENT)
			return 0;
		if (fd != -ELOOP)
			return fd;
		if ((r = loc_hop(c, loc)) < 0)
			return r;
	}
	return 0;
}
