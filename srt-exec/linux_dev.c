/* SPDX-License-Identifier: ISC */

/* The sandbox's own /dev: the usual nodes, devpts, shared memory. */

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
#include "own.h"

/* Files, not bytes, are what tmpfs does not bound by itself. */
#define SHM_INODES	"nr_inodes=262144"

/* Makes "dev" in the private tmpfs: mount points and links. */
int
dev_populate(const struct mounts *m)
{
	size_t	 i;
	int	 dirfd, rc = -1;

	if (mkdirat(m->priv, "dev", 0755) == -1 || (dirfd = openat(m->priv,
	    "dev", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return why("cannot make /dev");
	for (i = 0; i < OWN_NODES; i++)
		if (private_file(dirfd, own_nodes[i]) == -1)
			goto done;
	for (i = 0; i < OWN_LINKS; i++)
		if (symlinkat(own_links[i].text, dirfd,
		    own_links[i].name) == -1)
			goto done;
	if ((m->console != -1 && private_file(dirfd, "console") == -1) ||
	    mkdirat(dirfd, "pts", 0755) == -1 ||
	    mkdirat(dirfd, "shm", 0755) == -1)
		goto done;
	rc = 0;
 done:
	if (rc == -1)
		(void)why("cannot make /dev");
	(void)close(dirfd);
	return rc;
}

/*
 * Attaches a device of the host to its name in the new /dev.  Read-only goes
 * for its mode and owner, which the command of a root caller could change
 * for the whole machine; the device itself is written to all the same.
 */
static int
node_attach(int tree, int dev, const char *name)
{
	int	 target, rc;

	if (lx_mount_setattr(tree, 0, LX_ATTR_RDONLY | LX_ATTR_NOSUID |
	    LX_ATTR_NOEXEC, 0) == -1)
		return why("mount_setattr of /dev/%s", name);
	target = openat(dev, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target == -1)
		return why("/dev/%s", name);
	rc = mounts_attach(tree, target, name);
	(void)close(target);
	return rc;
}

/*
 * The terminal of 0-2 belongs to the host's devpts, which is not there any
 * more, so ttyname(3) would find no name for it.  It looks through all of
 * /dev: /dev/console it is, as in other containers.  Returns the node as a
 * tree, or -1 if there is no terminal or no name for it outside either.
 */
int
dev_console(int oldroot, int tty)
{
	char		 path[64], name[PATH_MAX];
	struct stat	 st, node;
	ssize_t		 len;
	int		 fd, tree = -1;

	if (tty == -1)
		return -1;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", tty);
	if ((len = readlink(path, name, sizeof(name) - 1)) == -1)
		return -1;
	name[len] = '\0';
	if (!plan_path_ok(name) || !plan_covers("/dev", name) ||
	    (fd = mounts_open(oldroot, name, 0)) == -1)
		return -1;
	if (fstat(tty, &st) == 0 && fstat(fd, &node) == 0 &&
	    st.st_dev == node.st_dev && st.st_ino == node.st_ino)
		tree = lx_open_tree(fd, "", LX_TREE_CLONE | AT_EMPTY_PATH);
	(void)close(fd);
	return tree;
}

static int
pts_attach(int dev)
{
	static const char *const	 options[] = {
		"newinstance", "ptmxmode=0666", "mode=0620", NULL
	};
	int				 fd, target, rc;

	fd = private_mount("devpts", options, LX_ATTR_NOSUID | LX_ATTR_NOEXEC);
	if (fd == -1)
		return why("cannot mount devpts");
	target = openat(dev, "pts", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = target == -1 ? why("/dev/pts") :
	    mounts_attach(fd, target, "/dev/pts");
	if (target != -1)
		(void)close(target);
	(void)close(fd);
	return rc;
}

/* Shared memory, and the private temporary directory in it. */
static int
shm_attach(struct mounts *m, int dev)
{
	static const char *const	 options[] = {
		"mode=1777", "size=50%", SHM_INODES, NULL
	};
	const char			*tmp;
	int				 fd, target, rc;

	fd = private_mount("tmpfs", options, LX_ATTR_NOSUID | LX_ATTR_NODEV);
	if (fd == -1)
		return why("cannot mount a tmpfs");
	tmp = strrchr(SANDBOX_TMPDIR, '/') + 1;
	if (mkdirat(fd, tmp, 0700) == -1) {
		(void)close(fd);
		return why("%s", SANDBOX_TMPDIR);
	}
	target = openat(dev, "shm", O_PATH | O_DIRECTORY | O_CLOEXEC);
	rc = target == -1 ? why("/dev/shm") :
	    mounts_attach(fd, target, "/dev/shm");
	if (rc == 0)
		rc = landlock_allow(&m->landlock, fd, FS_DIR);
	if (target != -1)
		(void)close(target);
	(void)close(fd);
	return rc;
}

static int
nodes_attach(struct mounts *m, int dev)
{
	size_t	 i;
	int	 host, tree, rc = 0;

	if ((host = mounts_open(m->oldroot, "/dev", O_DIRECTORY)) == -1)
		return why("/dev");
	for (i = 0; rc == 0 && i < OWN_NODES; i++) {
		if ((tree = lx_open_tree(host, own_nodes[i], LX_TREE_CLONE)) ==
		    -1) {
			rc = why("/dev/%s", own_nodes[i]);
			break;
		}
		rc = node_attach(tree, dev, own_nodes[i]);
		(void)close(tree);
	}
	(void)close(host);
	return rc;
}

int
dev_attach(struct mounts *m)
{
	int	 dev, target, rc;

	if ((dev = private_clone(m, "dev")) == -1)
		return why("cannot clone /dev");
	if ((target = mounts_open(m->newroot, "/dev", O_DIRECTORY)) == -1) {
		(void)close(dev);
		return why("/dev");
	}
	rc = mounts_attach(dev, target, "/dev");
	(void)close(target);
	/* From here on dev is the root of what is seen as /dev. */
	if (rc == 0)
		rc = nodes_attach(m, dev);
	if (rc == 0 && m->console != -1)
		rc = node_attach(m->console, dev, "console");
	if (rc == 0)
		rc = pts_attach(dev);
	if (rc == 0)
		rc = shm_attach(m, dev);
	if (rc == 0)
		rc = landlock_allow(&m->landlock, dev, FS_FILE);
	(void)close(dev);
	return rc;
}
