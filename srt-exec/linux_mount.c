/* SPDX-License-Identifier: ISC */

/*
 * Applies a plan to the mounts of the calling process.
 *
 * Every path is opened once, without following any link, and from then on
 * only descriptors are used.  The host's tree stays reachable until the end
 * because what is bound writable has to come from there, with the flags that
 * the host gave it; the new tree is all read-only to begin with.
 *
 * What is read-only within a write root comes from beneath that root: there
 * it is read-only already, and the kernel, which looks through the mounts on
 * a mount before it clones from it, has few to look at.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"

#define ROOT_ATTR	(LX_ATTR_NOSUID | LX_ATTR_NODEV)

static void	 parent_forget(struct mounts *);
static void	 under_forget(struct mounts *);

int
mounts_open(int root, const char *path, int flags)
{
	while (*path == '/')
		path++;
	return lx_openat2(root, *path == '\0' ? "." : path,
	    (uint64_t)(O_PATH | flags), LX_RESOLVE_IN_ROOT |
	    LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_MAGICLINKS);
}

int
mounts_attach(int tree, int target, const char *path)
{
	if (lx_move_mount(tree, target) == -1)
		return why("cannot mount on %s", path);
	return 0;
}

/* The host's tree as it is, or what the plan leaves of it. */
static int
newroot_clone(struct mounts *m)
{
	const struct plan_op	*op = &m->plan->ops[0];
	uint64_t		 attr = ROOT_ATTR;
	char			 name[32];

	if (op->kind == PLAN_ROOT_MASK) {
		private_tree_name(name, sizeof(name), 0);
		if ((m->newroot = private_clone(m, name)) == -1)
			return why("cannot clone the root");
		return 0;
	}
	m->newroot = lx_open_tree(m->oldroot, "", LX_TREE_CLONE |
	    AT_EMPTY_PATH | AT_RECURSIVE);
	if (m->newroot == -1)
		return why("open_tree of /");
	if (op->kind == PLAN_ROOT_RO)
		attr |= LX_ATTR_RDONLY;
	if ((op->flags & PLAN_PLAIN) == 0 &&
	    lx_mount_setattr(m->newroot, AT_RECURSIVE, attr, 0) == -1)
		return why("mount_setattr of /");
	return 0;
}

static int
oldroot_open(struct mounts *m)
{
	int	 fd;

	if ((m->oldroot = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return why("/");
	if ((fd = mounts_open(m->oldroot, "/", O_DIRECTORY)) == -1)
		return errno == ENOSYS ? whyx("this kernel lacks openat2: "
		    "srt needs Linux 5.19") : why("/");
	(void)close(fd);
	/*
	 * Nothing that is mounted on the host later may appear inside: it
	 * would come with the host's flags.
	 */
	if (lx_mount_setattr(m->oldroot, AT_RECURSIVE, 0, MS_PRIVATE) == -1)
		return errno == ENOSYS ? whyx("this kernel lacks "
		    "mount_setattr: srt needs Linux 5.19") :
		    ns_why("cannot take the mounts apart from the host's");
	return 0;
}

int
mounts_begin(struct mounts *m, const struct plan *plan, uint32_t flags,
    int tty)
{
	int	 proc;

	memset(m, 0, sizeof(*m));
	m->plan = plan;
	m->flags = flags;
	m->hostproc = m->dir = m->under = m->underdir = -1;
	if (landlock_begin(&m->landlock, flags) == -1 ||
	    oldroot_open(m) == -1)
		return -1;
	m->console = dev_console(m->oldroot, tty);
	if ((flags & EXEC_WEAKER_NESTED) != 0) {
		if ((proc = mounts_open(m->oldroot, "/proc", O_DIRECTORY)) ==
		    -1)
			return why("/proc");
		m->hostproc = lx_open_tree(proc, "", LX_TREE_CLONE |
		    AT_EMPTY_PATH | AT_RECURSIVE);
		(void)close(proc);
		if (m->hostproc == -1)
			return why("open_tree of /proc");
	}
	if (private_build(m) == -1 || newroot_clone(m) == -1)
		return -1;
	/* Stacked on the old root, which is what pivot_root(2) expects. */
	return mounts_attach(m->newroot, m->oldroot, "/");
}

static int
same_file(int fd, int other)
{
	struct stat	 a, b;

	if (fstat(fd, &a) == -1 || fstat(other, &b) == -1 ||
	    a.st_dev != b.st_dev || a.st_ino != b.st_ino) {
		errno = ESTALE;
		return 0;
	}
	return 1;
}

/*
 * Opens the path in the host's tree and compares it with what the same path
 * is in the new one: the same file, unless somebody swapped it meanwhile.
 */
static int
open_source(struct mounts *m, const struct plan_op *op, int target)
{
	int	 fd;

	if ((fd = mounts_open(m->oldroot, op->path, 0)) == -1)
		return -1;
	if (op->tree == -1 && !same_file(fd, target)) {
		(void)close(fd);
		errno = ESTALE;
		return -1;
	}
	return fd;
}

static int
changed(const struct plan_op *op)
{
	switch (errno) {
	case ELOOP:
	case ENOENT:
	case ENOTDIR:
	case ESTALE:
	case EINVAL:
		return whyx("%s changed while srt was starting", op->path);
	default:
		return why("%s", op->path);
	}
}

/*
 * Binds the path: from the host's tree if it is to be as the host has it,
 * or if there is nothing at it yet, else onto itself.
 */
static int
bind_op(struct mounts *m, const struct plan_op *op, int target)
{
	unsigned int	 rec = op->type == FS_DIR ? AT_RECURSIVE : 0;
	uint64_t	 attr = ROOT_ATTR;
	int		 source = -1, tree, rc = -1;

	if (op->kind == PLAN_BIND_RW || op->tree != -1)
		if ((source = open_source(m, op, target)) == -1)
			return changed(op);
	/* Recursive, since a tree with locked mounts in it goes as a whole. */
	tree = lx_open_tree(source != -1 ? source : target, "",
	    LX_TREE_CLONE | AT_EMPTY_PATH | rec);
	if (tree == -1) {
		(void)changed(op);
		goto done;
	}
	if (op->kind == PLAN_BIND_RO)
		attr |= LX_ATTR_RDONLY;
	if (op->kind != PLAN_PIN &&
	    lx_mount_setattr(tree, rec, attr, 0) == -1) {
		(void)why("mount_setattr of %s", op->path);
		goto done;
	}
	if (lx_move_mount(tree, target) == -1) {
		(void)changed(op);
		goto done;
	}
	rc = 0;
 done:
	if (tree != -1)
		(void)close(tree);
	if (source != -1)
		(void)close(source);
	return rc;
}

/*
 * The directory of a path in the new tree.  Policies name many files of few
 * directories, and one after the other: it is walked to once.
 */
static int
parent_open(struct mounts *m, const char *path, const char **name)
{
	char	 dir[PATH_MAX];
	size_t	 len;

	*name = strrchr(path, '/') + 1;
	len = (size_t)(*name - path);
	if (m->dir != -1 && strncmp(m->dirof, path, len) == 0 &&
	    strchr(m->dirof + len, '/') == NULL)
		return m->dir;
	parent_forget(m);
	if (len >= sizeof(dir)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(dir, path, len);
	dir[len] = '\0';
	m->dirof = path;
	return m->dir = mounts_open(m->newroot, dir, O_DIRECTORY);
}

static void
parent_forget(struct mounts *m)
{
	if (m->dir != -1)
		(void)close(m->dir);
	if (m->underdir != -1)
		(void)close(m->underdir);
	m->dir = m->underdir = -1;
}

/* What covers a directory, or one above it, is where its paths lead now. */
static void
parent_covered(struct mounts *m, const char *path)
{
	if (m->dir != -1 && strcmp(m->dirof, path) != 0 &&
	    plan_covers(path, m->dirof))
		parent_forget(m);
}

static int
mask_op(struct mounts *m, const struct plan_op *op, int dir, const char *at)
{
	char	 name[32];
	int	 tree, rc = 0;

	switch (op->kind) {
	case PLAN_MASK_FILE:
		(void)strlcpy(name, "file", sizeof(name));
		break;
	case PLAN_MASK_DIR:
		(void)strlcpy(name, "dir", sizeof(name));
		break;
	default:
		private_tree_name(name, sizeof(name),
		    (int)(op - m->plan->ops));
		break;
	}
	if ((tree = private_clone(m, name)) == -1)
		return why("cannot clone a mask");
	/*
	 * A file where a directory was, or the reverse.  What has become a
	 * link meanwhile is covered as one.
	 */
	if (lx_move_mount_at(tree, dir, at) == -1)
		rc = errno == ENOENT && (op->flags & PLAN_OPTIONAL) != 0 ? 0 :
		    changed(op);
	(void)close(tree);
	return rc;
}

/*
 * A write root has been bound over its directory.  Where all else is
 * read-only what it covers is so.
 */
static void
under_keep(struct mounts *m, const struct plan_op *op, int target)
{
	under_forget(m);
	if (m->plan->ops[0].kind != PLAN_ROOT_RO || op->tree != -1 ||
	    op->type != FS_DIR)
		return;
	m->under = fcntl(target, F_DUPFD_CLOEXEC, 0);
	m->underof = op->path;
}

static void
under_forget(struct mounts *m)
{
	if (m->under != -1)
		(void)close(m->under);
	if (m->underdir != -1)
		(void)close(m->underdir);
	m->under = m->underdir = -1;
}

static int
under_has(const struct mounts *m, const struct plan_op *op)
{
	return m->under != -1 && op->kind == PLAN_BIND_RO &&
	    op->tree == -1 && plan_covers(m->underof, op->path);
}

/* The same directory as the last one, beneath the write root. */
static int
under_open(struct mounts *m, const char *path, const char *name)
{
	const char	*from = path + strlen(m->underof);
	char		 dir[PATH_MAX];

	if (m->underdir != -1)
		return 0;
	(void)strlcpy(dir, from, sizeof(dir));
	dir[name - from] = '\0';
	m->underdir = mounts_open(m->under, dir, O_DIRECTORY);
	if (m->underdir == -1)
		return -1;
	if (same_file(m->underdir, m->dir))
		return 0;
	(void)close(m->underdir);
	m->underdir = -1;
	errno = ESTALE;
	return -1;
}

/* What has become a link meanwhile leads where nothing is denied. */
static int
under_op(struct mounts *m, const struct plan_op *op, const char *name)
{
	struct stat	 st;
	int		 tree, rc = -1;

	if (under_open(m, op->path, name) == -1)
		return changed(op);
	tree = lx_open_tree(m->underdir, name, LX_TREE_CLONE |
	    AT_SYMLINK_NOFOLLOW | (op->type == FS_DIR ? AT_RECURSIVE : 0));
	if (tree == -1)
		return changed(op);
	errno = ELOOP;
	if (fstat(tree, &st) == -1 || S_ISLNK(st.st_mode) ||
	    lx_move_mount_at(tree, m->dir, name) == -1)
		(void)changed(op);
	else
		rc = 0;
	(void)close(tree);
	return rc;
}

static int
path_op(struct mounts *m, const struct plan_op *op)
{
	const char	*name;
	int		 dir, target, rc;

	if ((dir = parent_open(m, op->path, &name)) == -1)
		goto fail;
	switch (op->kind) {
	case PLAN_BIND_RO:
		if (under_has(m, op))
			return under_op(m, op, name);
		break;
	case PLAN_BIND_RW:
	case PLAN_PIN:
		break;
	default:
		return mask_op(m, op, dir, name);
	}
	target = mounts_open(dir, name, op->type == FS_DIR ? O_DIRECTORY : 0);
	if (target == -1)
		goto fail;
	rc = bind_op(m, op, target);
	if (rc == 0 && op->kind == PLAN_BIND_RW)
		under_keep(m, op, target);
	(void)close(target);
	return rc;
 fail:
	if (errno == ENOENT && (op->flags & PLAN_OPTIONAL) != 0)
		return 0;
	return changed(op);
}

int
mounts_apply_op(struct mounts *m, const struct plan_op *op)
{
	int	 rc;

	switch (op->kind) {
	case PLAN_ROOT_RO:
	case PLAN_ROOT_RW:
	case PLAN_ROOT_MASK:
		return 0;
	case PLAN_DEV:
		rc = dev_attach(m);
		break;
	case PLAN_PROC:
		rc = proc_attach(m);
		break;
	default:
		rc = path_op(m, op);
		break;
	}
	parent_covered(m, op->path);
	return rc;
}

/*
 * A file of the command's own where the host's one is, be it a link into
 * /run; of one that leads nowhere the link itself is covered.  Where there is
 * nothing at all to mount on, C libraries ask 127.0.0.1 of themselves
 * (resolv.conf(5)).
 */
static int
file_attach(struct mounts *m, const char *path, const char *name)
{
	struct stat	 st;
	uint64_t	 how;
	int		 target, tree, rc;

	how = LX_RESOLVE_IN_ROOT | LX_RESOLVE_NO_MAGICLINKS;
	target = lx_openat2(m->newroot, path + 1, O_PATH, how);
	if (target == -1 && (errno == ENOENT || errno == ELOOP))
		target = lx_openat2(m->newroot, path + 1, O_PATH | O_NOFOLLOW,
		    how);
	if (target == -1)
		return 0;
	if (fstat(target, &st) == -1 || S_ISDIR(st.st_mode)) {
		(void)close(target);
		return 0;
	}
	if ((tree = private_clone(m, name)) == -1) {
		(void)close(target);
		return why("cannot clone %s", name);
	}
	rc = mounts_attach(tree, target, path);
	(void)close(tree);
	(void)close(target);
	return rc;
}

int
mounts_apply(struct mounts *m)
{
	size_t	 i;

	for (i = 0; i < m->plan->nops; i++) {
		if (m->plan->ops[i].kind == PLAN_PROC)
			break;
		if (mounts_apply_op(m, &m->plan->ops[i]) == -1)
			return -1;
	}
	if (file_attach(m, "/etc/resolv.conf", PRIVATE_RESOLV) == -1)
		return -1;
	return file_attach(m, "/etc/hosts", PRIVATE_HOSTS);
}

int
mounts_apply_proc(struct mounts *m)
{
	size_t	 i = 0;

	while (m->plan->ops[i].kind != PLAN_PROC)
		i++;
	for (; i < m->plan->nops; i++)
		if (mounts_apply_op(m, &m->plan->ops[i]) == -1)
			return -1;
	return 0;
}

int
mounts_finish(struct mounts *m)
{
	if (fchdir(m->newroot) == -1)
		return why("fchdir");
	if (lx_pivot_root(".", ".") == -1)
		return why("pivot_root (a root of initramfs or chroot cannot "
		    "be changed)");
	/* What "." has on top of it now is the host's tree. */
	if (umount2(".", MNT_DETACH) == -1)
		return why("umount2");
	if (chdir("/") == -1)
		return why("chdir");
	mounts_close(m);
	return 0;
}

void
mounts_close(struct mounts *m)
{
	parent_forget(m);
	under_forget(m);
	(void)close(m->oldroot);
	(void)close(m->newroot);
	(void)close(m->priv);
	if (m->hostproc != -1)
		(void)close(m->hostproc);
	if (m->console != -1)
		(void)close(m->console);
}
