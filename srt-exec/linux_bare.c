/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": there are no mounts of the sandbox's own.  What may not be
 * read is held by Landlock, which can only allow: so of each directory on the
 * way to a denied path everything is allowed but the way itself.  What is
 * made there later has no rule; the broker, which is asked for every open
 * then, opens it by its name.  Where it is not asked Landlock holds the
 * terminals alone, in the same way.  See "Without namespaces" in PRIVSEP.md.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/vfs.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "own.h"

/* More would take long to look up, with every file that is opened. */
#define RULES_MAX	4096

#define DEV		"/dev"
#define DEVPTS_MAGIC	0x1cd1	/* statfs(2), <linux/magic.h> */

struct rules {
	struct landlock		*ll;
	const struct plan	*plan;
	int			 root;
	int			 masks;		/* there is something denied */
	unsigned int		 n;
};

static int	 has_terminals(const struct rules *, const char *);
static int	 rules_beneath(struct rules *, const char *);

static int
is_denied(const struct plan *plan, const char *path)
{
	return plan_effect(plan, path) == PLAN_DENIED;
}

/* Is there anything strictly beneath the path that may not be read? */
static int
denies_beneath(const struct plan *plan, const char *path)
{
	size_t	 i;

	for (i = 0; i < plan->nops; i++)
		if (plan_covers(path, plan->ops[i].path) &&
		    strcmp(path, plan->ops[i].path) != 0 &&
		    is_denied(plan, plan->ops[i].path))
			return 1;
	return 0;
}

static int
rules_open(const struct rules *r, const char *path, int flags)
{
	return lx_openat2(r->root, path[1] == '\0' ? "." : path + 1,
	    (uint64_t)flags, LX_RESOLVE_IN_ROOT | LX_RESOLVE_NO_SYMLINKS |
	    LX_RESOLVE_NO_MAGICLINKS);
}

static int
is_readable(const struct rules *r, const struct stat *st)
{
	if (S_ISBLK(st->st_mode))
		return !r->masks;
	if (S_ISCHR(st->st_mode))
		return !terminal_is(st->st_rdev);
	return S_ISDIR(st->st_mode) || S_ISREG(st->st_mode) ||
	    S_ISFIFO(st->st_mode);
}

static int
too_many(const struct rules *r, const char *path)
{
	return r->masks ? whyx("mode \"landlock\": filesystem.denyRead needs "
	    "a rule for each of more than %d files beside what is denied, the "
	    "last of them %s: deny the directory", RULES_MAX, path) :
	    whyx("mode \"landlock\": more than %d files lie in / and beside "
	    "the terminals in /dev, the last of them %s: put them into a "
	    "directory", RULES_MAX, path);
}

/* On such a file system devices are none. */
static int
is_nodev(int fd)
{
	struct statfs	 sf;

	return fstatfs(fd, &sf) == 0 && (sf.f_flags & ST_NODEV) != 0;
}

static int
is_pts(int fd)
{
	struct statfs	 sf;

	return fstatfs(fd, &sf) == -1 || sf.f_type == DEVPTS_MAGIC;
}

/* One that cannot be looked into could have some. */
static int
entries_have(const struct rules *r, const char *path, DIR *dir)
{
	struct dirent	*de;
	struct stat	 st;
	char		 name[PATH_MAX];
	int		 n, has = 0;

	while (!has && (de = readdir(dir)) != NULL) {
		if (strcmp(de->d_name, ".") == 0 ||
		    strcmp(de->d_name, "..") == 0 ||
		    fstatat(dirfd(dir), de->d_name, &st,
		    AT_SYMLINK_NOFOLLOW) == -1)
			continue;
		n = snprintf(name, sizeof(name), "%s/%s", path, de->d_name);
		if (S_ISDIR(st.st_mode))
			has = n < 0 || (size_t)n >= sizeof(name) ||
			    has_terminals(r, name);
		else
			has = S_ISCHR(st.st_mode) && terminal_is(st.st_rdev);
	}
	return has;
}

/* Is there, or could there come to be, a terminal beneath the directory? */
static int
has_terminals(const struct rules *r, const char *path)
{
	DIR	*dir;
	int	 fd, has;

	if (path[1] == '\0' || strcmp(path, DEV) == 0)
		return 1;
	if (!plan_covers(DEV, path))
		return 0;
	if ((fd = rules_open(r, path, O_RDONLY | O_DIRECTORY)) == -1)
		return errno != ENOTDIR && errno != ELOOP;
	if (is_nodev(fd) || is_pts(fd) || (dir = fdopendir(fd)) == NULL) {
		has = !is_nodev(fd);
		(void)close(fd);
		return has;
	}
	has = entries_have(r, path, dir);
	(void)closedir(dir);
	return has;
}

/* What nobody may look at needs no rule. */
static int
rules_add(struct rules *r, const char *path)
{
	struct stat	 st;
	int		 fd, rc = 0;

	if ((fd = rules_open(r, path, O_PATH | O_NOFOLLOW)) == -1)
		return 0;
	if (fstat(fd, &st) == -1)
		rc = why("%s", path);
	else if (is_readable(r, &st)) {
		if (++r->n > RULES_MAX)
			rc = too_many(r, path);
		/* EOPNOTSUPP: on a file system of the kernel's own. */
		else if (landlock_allow_reading(r->ll, fd,
		    S_ISDIR(st.st_mode) ? FS_DIR : FS_FILE) == -1 &&
		    errno != EOPNOTSUPP)
			rc = why("landlock_add_rule for %s", path);
	}
	(void)close(fd);
	return rc;
}

/* Of such a directory nothing may be read by a rule for it as a whole. */
static int
rules_part(struct rules *r, const char *path)
{
	return denies_beneath(r->plan, path) || has_terminals(r, path);
}

/* The path may be read, as far as nothing beneath it is denied. */
static int
rules_tree(struct rules *r, const char *path)
{
	return rules_part(r, path) ? rules_beneath(r, path) :
	    rules_add(r, path);
}

static int
rules_entry(struct rules *r, const char *dir, const char *name)
{
	char	 path[PATH_MAX];
	int	 n;

	n = snprintf(path, sizeof(path), "%s/%s", dir[1] == '\0' ? "" : dir,
	    name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return 0;
	return is_denied(r->plan, path) ? 0 : rules_tree(r, path);
}

static int
rules_beneath(struct rules *r, const char *path)
{
	struct dirent	*de;
	DIR		*dir;
	int		 fd, rc = 0;

	if ((fd = rules_open(r, path, O_RDONLY | O_DIRECTORY)) == -1)
		return 0;
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return why("%s", path);
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		if (strcmp(de->d_name, ".") != 0 &&
		    strcmp(de->d_name, "..") != 0)
			rc = rules_entry(r, path, de->d_name);
	(void)closedir(dir);
	return rc;
}

/* Each path that is open where what is above it is not. */
static int
rules_reading(struct rules *r)
{
	const struct plan_op	*op;
	char			 up[PATH_MAX], *slash;
	size_t			 i;

	for (i = 0; i < r->plan->nops; i++) {
		op = &r->plan->ops[i];
		if (is_denied(r->plan, op->path) ||
		    strlcpy(up, op->path, sizeof(up)) >= sizeof(up))
			continue;
		if (op->path[1] != '\0') {
			slash = strrchr(up, '/');
			slash[slash == up ? 1 : 0] = '\0';
			if (!is_denied(r->plan, up))
				continue;
		}
		if (rules_tree(r, op->path) == -1)
			return -1;
	}
	return 0;
}

/*
 * The root of a container owns the disks that it can see, and whoever reads a
 * disk reads every file.
 */
static int
refuse_disks(const struct rules *r)
{
	struct dirent	*de;
	struct stat	 st;
	DIR		*dir;
	int		 fd, rc = 0;

	if (geteuid() != 0)
		return 0;
	if ((fd = rules_open(r, "/dev", O_RDONLY | O_DIRECTORY)) == -1)
		return why("/dev");
	if ((dir = fdopendir(fd)) == NULL) {
		(void)close(fd);
		return why("/dev");
	}
	while (rc == 0 && (de = readdir(dir)) != NULL)
		if (fstatat(fd, de->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 &&
		    S_ISBLK(st.st_mode))
			rc = whyx("mode \"landlock\": root could read "
			    "/dev/%s past filesystem.denyRead: run srt as an "
			    "ordinary user", de->d_name);
	(void)closedir(dir);
	return rc;
}

/* What is behind tty the command can choose among what it was lent. */
static int
rules_devices(const struct rules *r)
{
	char	 path[32];
	size_t	 i;
	int	 fd, rc = 0;

	for (i = 0; rc == 0 && i < OWN_NODES; i++) {
		(void)snprintf(path, sizeof(path), "/dev/%s", own_nodes[i]);
		if (is_denied(r->plan, path) ||
		    (strcmp(own_nodes[i], "tty") == 0 && terminals_lent()) ||
		    (fd = rules_open(r, path, O_PATH)) == -1)
			continue;
		rc = landlock_allow_device(r->ll, fd);
		(void)close(fd);
	}
	return rc;
}

/* What the broker cannot do without, and the mounts find out elsewhere. */
static int
kernel_has(const struct rules *r)
{
	int	 fd;

	if ((fd = rules_open(r, "/", O_PATH)) == -1)
		return (errno == ENOSYS ? whyx("this kernel lacks openat2: "
		    "srt needs Linux 5.19") : why("/")) == 0;
	(void)close(fd);
	return 1;
}

int
bare_rules(struct landlock *ll, const struct plan *plan, uint32_t flags)
{
	struct rules	 r = { .ll = ll, .plan = plan };
	int		 reads, rc = -1;

	r.masks = (flags & EXEC_FS_DISABLED) == 0 &&
	    (is_denied(plan, "/") || denies_beneath(plan, "/"));
	/* Else the broker opens no terminal. */
	reads = r.masks || (flags & EXEC_STRICT_READS) == 0;
	if (landlock_begin(ll, flags | (reads ? LANDLOCK_READS : 0) |
	    (r.masks ? LANDLOCK_LISTS : 0)) == -1)
		return -1;
	if ((flags & EXEC_FS_DISABLED) != 0)
		return 0;
	if ((r.root = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		return why("/");
	if (!kernel_has(&r)) {
		(void)close(r.root);
		return -1;
	}
	terminals_learn();
	if (rules_devices(&r) == 0 && (!r.masks || refuse_disks(&r) == 0) &&
	    (!reads || rules_reading(&r) == 0))
		rc = 0;
	(void)close(r.root);
	return rc;
}
