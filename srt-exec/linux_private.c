/* SPDX-License-Identifier: ISC */

/*
 * A small tmpfs that is the sandbox's alone.  It holds what denied paths are
 * covered with, the trees that lead to what is bound back beneath them, and
 * /dev.  Only bind mounts of parts of it are seen; the whole hangs in the
 * host's tree and goes with it.  It is read-only before anyone can look, so
 * that the command, whose user owns it all, cannot change a mode.
 */

#include "compat.h"

#include <sys/stat.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"

#define PRIVATE_ATTR	(LX_ATTR_RDONLY | LX_ATTR_NOSUID | LX_ATTR_NODEV | \
			    LX_ATTR_NOEXEC)

/* Directories that can be passed through and not listed. */
#define TREE_MODE	0111

int
private_mount(const char *type, const char *const *options, unsigned int attr)
{
	char	 key[64];
	char	*eq;
	int	 fs, fd = -1, rc;

	if ((fs = lx_fsopen(type)) == -1)
		return -1;
	for (; *options != NULL; options++) {
		if (strlcpy(key, *options, sizeof(key)) >= sizeof(key)) {
			errno = EINVAL;
			goto done;
		}
		if ((eq = strchr(key, '=')) == NULL)
			rc = lx_fsconfig(fs, LX_FSCONFIG_FLAG, key, NULL);
		else {
			*eq = '\0';
			rc = lx_fsconfig(fs, LX_FSCONFIG_STRING, key, eq + 1);
		}
		if (rc == -1)
			goto done;
	}
	if (lx_fsconfig(fs, LX_FSCONFIG_CREATE, NULL, NULL) == -1)
		goto done;
	fd = lx_fsmount(fs, attr);
 done:
	rc = errno;
	(void)close(fs);
	errno = rc;
	return fd;
}

void
private_tree_name(char *buf, size_t size, int tree)
{
	(void)snprintf(buf, size, "tree%d", tree);
}

int
private_file(int dirfd, const char *name)
{
	int	 fd;

	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0);
	if (fd == -1)
		return -1;
	return close(fd);
}

/* Makes the mount point of one operation, and the way to it. */
static int
tree_add(int dirfd, const char *path, enum fs_type type)
{
	char	 buf[PATH_MAX];
	char	*s;

	if (strlcpy(buf, path, sizeof(buf)) >= sizeof(buf)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	for (s = buf; (s = strchr(s, '/')) != NULL; *s++ = '/') {
		*s = '\0';
		if (mkdirat(dirfd, buf, TREE_MODE) == -1 && errno != EEXIST)
			return -1;
	}
	if (type == FS_DIR) {
		if (mkdirat(dirfd, buf, TREE_MODE) == -1 && errno != EEXIST)
			return -1;
		return 0;
	}
	if (private_file(dirfd, buf) == -1 && errno != EEXIST)
		return -1;
	return 0;
}

/*
 * The root itself is denied: keep the links of its top level, such as bin ->
 * usr/bin, or no program starts.  Their text says nothing about any file.
 */
static int
tree_copy_links(int root, int dirfd)
{
	char		 text[PATH_MAX];
	struct dirent	*de;
	ssize_t		 len;
	DIR		*dir;
	int		 fd, rc = 0;

	fd = openat(root, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return -1;
	}
	while (rc == 0 && (de = readdir(dir)) != NULL) {
		if (de->d_type != DT_LNK && de->d_type != DT_UNKNOWN)
			continue;
		len = readlinkat(fd, de->d_name, text, sizeof(text) - 1);
		if (len == -1)
			continue;
		text[len] = '\0';
		if (symlinkat(text, dirfd, de->d_name) == -1 &&
		    errno != EEXIST)
			rc = -1;
	}
	(void)closedir(dir);
	return rc;
}

static int
tree_build(const struct mounts *m, int tree)
{
	const struct plan_op	*top = &m->plan->ops[tree], *op;
	char			 name[32];
	size_t			 i, skip;
	int			 dirfd, rc = 0;

	private_tree_name(name, sizeof(name), tree);
	if (mkdirat(m->priv, name, 0700) == -1 || (dirfd = openat(m->priv,
	    name, O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return -1;
	skip = top->path[1] == '\0' ? 1 : strlen(top->path) + 1;
	for (i = (size_t)tree + 1; rc == 0 && i < m->plan->nops; i++) {
		op = &m->plan->ops[i];
		if (op->tree == tree)
			rc = tree_add(dirfd, op->path + skip, op->type);
	}
	if (rc == 0 && top->kind == PLAN_ROOT_MASK)
		rc = tree_copy_links(m->oldroot, dirfd);
	if (rc == 0)
		rc = fchmodat(m->priv, name, TREE_MODE, 0);
	(void)close(dirfd);
	return rc;
}

static int
text_write(int dirfd, const char *name, const char *text)
{
	ssize_t	 len = (ssize_t)strlen(text);
	int	 fd, rc = 0;

	fd = openat(dirfd, name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC |
	    O_NOFOLLOW, 0444);
	if (fd == -1)
		return -1;
	if (write(fd, text, (size_t)len) != len || fchmod(fd, 0444) == -1)
		rc = -1;
	(void)close(fd);
	return rc;
}

/* Where names are asked for: srt-proxy answers on every address. */
static int
resolv_write(int dirfd)
{
	return text_write(dirfd, PRIVATE_RESOLV,
	    "# srt: names that the policy could allow\n"
	    "nameserver 127.0.0.1\n"
	    "options timeout:2 attempts:2\n");
}

/*
 * Names that the host's own table has must be asked for, too: its addresses
 * would be taken for addresses that the program has chosen.
 */
static int
hosts_write(int dirfd)
{
	static const char	 letters[] = "abcdefghijklmnopqrstuvwxyz"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.-_";
	char			 name[256], text[1024];

	if (gethostname(name, sizeof(name) - 1) == -1)
		return -1;
	name[sizeof(name) - 1] = '\0';
	if (name[strspn(name, letters)] != '\0')
		name[0] = '\0';
	(void)snprintf(text, sizeof(text),
	    "# srt: the sandbox's own names\n"
	    "127.0.0.1 localhost\n"
	    "::1 localhost ip6-localhost ip6-loopback\n"
	    "%s%s%s", name[0] == '\0' ? "" : "127.0.1.1 ", name,
	    name[0] == '\0' ? "" : "\n");
	return text_write(dirfd, PRIVATE_HOSTS, text);
}

static int
private_populate(const struct mounts *m)
{
	size_t	 i;

	if (private_file(m->priv, "file") == -1 ||
	    mkdirat(m->priv, "dir", 0) == -1)
		return why("cannot make the masks");
	if (resolv_write(m->priv) == -1)
		return why("cannot make resolv.conf");
	if (hosts_write(m->priv) == -1)
		return why("cannot make hosts");
	for (i = 0; i < m->plan->nops; i++)
		if ((m->plan->ops[i].kind == PLAN_MASK_TREE ||
		    m->plan->ops[i].kind == PLAN_ROOT_MASK) &&
		    tree_build(m, (int)i) == -1)
			return why("cannot make the mask of %s",
			    m->plan->ops[i].path);
	return dev_populate(m);
}

int
private_build(struct mounts *m)
{
	static const char *const	 options[] = { "mode=0755", NULL };
	int				 proc, rc;

	if ((m->priv = private_mount("tmpfs", options, PRIVATE_ATTR &
	    ~(unsigned int)LX_ATTR_RDONLY)) == -1)
		return why("cannot mount a tmpfs");
	if (private_populate(m) == -1)
		return -1;
	if (lx_mount_setattr(m->priv, 0, PRIVATE_ATTR, 0) == -1)
		return why("mount_setattr of a tmpfs");
	/* A tree can be cloned only where it is attached. */
	if ((proc = mounts_open(m->oldroot, "/proc", O_DIRECTORY)) == -1)
		return why("/proc");
	rc = mounts_attach(m->priv, proc, "/proc");
	(void)close(proc);
	return rc;
}

int
private_clone(const struct mounts *m, const char *name)
{
	return lx_open_tree(m->priv, name, LX_TREE_CLONE);
}
