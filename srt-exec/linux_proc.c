/* SPDX-License-Identifier: ISC */

/*
 * The sandbox's own /proc.  What it has besides processes is the host's, and
 * a root caller's command would own it: the knobs become read-only, what
 * tells of or reaches into the host's memory is masked.
 */

#include "compat.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "log.h"
#include "own.h"

#define PROC_ATTR	(LX_ATTR_NOSUID | LX_ATTR_NODEV | LX_ATTR_NOEXEC)

static int
cover(const struct mounts *m, int proc, const char *name, enum own_cover how)
{
	int	 target, tree, rc = -1;

	target = openat(proc, name, O_PATH | O_NOFOLLOW | O_CLOEXEC);
	if (target == -1)
		return errno == ENOENT ? 0 : why("/proc/%s", name);
	if (how == OWN_READONLY) {
		tree = lx_open_tree(target, "", LX_TREE_CLONE |
		    AT_EMPTY_PATH | AT_RECURSIVE);
		if (tree != -1 && lx_mount_setattr(tree, AT_RECURSIVE,
		    LX_ATTR_RDONLY | PROC_ATTR, 0) == -1) {
			(void)close(tree);
			tree = -1;
		}
	} else
		tree = private_clone(m, how == OWN_MASK_DIR ? "dir" : "file");
	if (tree == -1)
		(void)why("/proc/%s", name);
	else {
		rc = mounts_attach(tree, target, name);
		(void)close(tree);
	}
	(void)close(target);
	return rc;
}

static int
is_covered(const char *name)
{
	size_t	 i;

	for (i = 0; i < OWN_COVERS; i++)
		if (strcmp(own_covers[i].name, name) == 0)
			return 1;
	return 0;
}

/*
 * The mode and owner of an entry are one for every /proc of the machine, and
 * the command of a root caller owns all that are no process: read-only makes
 * chmod(2) fail.
 */
static int
seal_rest(const struct mounts *m, int proc)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, rc = 0;

	fd = openat(proc, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1 || (dir = fdopendir(fd)) == NULL) {
		(void)why("/proc");
		if (fd != -1)
			(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		if (de->d_type != DT_LNK && de->d_name[0] != '.' &&
		    (de->d_name[0] < '0' || de->d_name[0] > '9') &&
		    !is_covered(de->d_name))
			rc = cover(m, proc, de->d_name, OWN_READONLY);
	(void)closedir(dir);
	return rc;
}

/* A fresh /proc, or by permission of the settings the host's. */
static int
proc_mount(struct mounts *m)
{
	static const char *const	 options[] = { NULL };
	int				 fd;

	if ((fd = private_mount("proc", options, PROC_ATTR)) != -1)
		return fd;
	if (errno != EPERM && errno != EACCES)
		return why("cannot mount /proc");
	if (m->hostproc == -1)
		return whyx("cannot mount /proc, as parts of it are hidden: "
		    "in a container, start it with unmasked /proc (docker: "
		    "--security-opt systempaths=unconfined) or set "
		    "enableWeakerNestedSandbox");
	log_warnx("enableWeakerNestedSandbox: the command sees the processes "
	    "and the /proc of the surrounding container");
	fd = m->hostproc;
	m->hostproc = -1;
	return fd;
}

int
proc_attach(struct mounts *m)
{
	size_t	 i;
	int	 proc, target, rc;

	if ((proc = proc_mount(m)) == -1)
		return -1;
	if ((target = mounts_open(m->newroot, "/proc", O_DIRECTORY)) == -1) {
		(void)close(proc);
		return why("/proc");
	}
	rc = mounts_attach(proc, target, "/proc");
	(void)close(target);
	for (i = 0; rc == 0 && i < OWN_COVERS; i++)
		if (geteuid() == 0 || !own_covers[i].root_only)
			rc = cover(m, proc, own_covers[i].name,
			    own_covers[i].cover);
	if (rc == 0 && geteuid() == 0)
		rc = seal_rest(m, proc);
	if (rc == 0)
		rc = landlock_allow(&m->landlock, proc, FS_FILE);
	(void)close(proc);
	return rc;
}
