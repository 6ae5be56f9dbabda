/* SPDX-License-Identifier: ISC */
#ifndef LINUX_H
#define LINUX_H

/*
 * System calls that C libraries lack or name late, under names of our own.
 * All of these calls have the same number on every architecture.
 */

#include <sys/types.h>
#include <sys/mount.h>
#include <sys/syscall.h>

#include <fcntl.h>
#include <stddef.h>
#include <stdint.h>
#include <unistd.h>

#include "linux_new.h"

/* So the kernel restarts a call that a signal interrupts; <linux/errno.h> */
#define LX_ERESTARTSYS	512

enum {
	NR_OPEN_TREE = 428,
	NR_MOVE_MOUNT = 429,
	NR_FSOPEN = 430,
	NR_FSCONFIG = 431,
	NR_FSMOUNT = 432,
	NR_PIDFD_SEND_SIGNAL = 424,
	NR_PIDFD_OPEN = 434,
	NR_CLOSE_RANGE = 436,
	NR_OPENAT2 = 437,
	NR_PIDFD_GETFD = 438,
	NR_MOUNT_SETATTR = 442,
	NR_LANDLOCK_CREATE_RULESET = 444,
	NR_LANDLOCK_ADD_RULE = 445,
	NR_LANDLOCK_RESTRICT_SELF = 446,
	NR_FCHMODAT2 = 452
};

/* open_tree(2), fsmount(2), move_mount(2), mount_setattr(2) */
enum {
	LX_TREE_CLONE = 1,
	LX_MOVE_F_EMPTY = 0x4,
	LX_MOVE_T_EMPTY = 0x40,
	LX_FSCONFIG_FLAG = 0,
	LX_FSCONFIG_STRING = 1,
	LX_FSCONFIG_CREATE = 6,
	LX_FSOPEN_CLOEXEC = 1,
	LX_FSMOUNT_CLOEXEC = 1,
	LX_ATTR_RDONLY = 0x1,
	LX_ATTR_NOSUID = 0x2,
	LX_ATTR_NODEV = 0x4,
	LX_ATTR_NOEXEC = 0x8
};

/* openat2(2) */
enum {
	LX_RESOLVE_NO_XDEV = 0x01,
	LX_RESOLVE_NO_MAGICLINKS = 0x02,
	LX_RESOLVE_NO_SYMLINKS = 0x04,
	LX_RESOLVE_BENEATH = 0x08,
	LX_RESOLVE_IN_ROOT = 0x10,
	LX_RESOLVE_CACHED = 0x20
};

/* statx(2) */
enum {
	LX_STATX_INO = 0x100,
	LX_STATX_BASIC = 0x7ff,
	LX_STATX_BTIME = 0x800,
	LX_STATX_MNT_ID = 0x1000,
	LX_STATX_DONT_SYNC = 0x4000	/* a flag: what is known will do */
};

struct lx_time {
	int64_t		 sec;
	uint32_t	 nsec;
	int32_t		 pad;
};

struct lx_stat {
	uint32_t	 mask;
	uint32_t	 blksize;
	uint64_t	 attributes;
	uint32_t	 nlink;
	uint32_t	 uid;
	uint32_t	 gid;
	uint16_t	 mode;
	uint16_t	 pad;
	uint64_t	 ino;
	uint64_t	 size;
	uint64_t	 blocks;
	uint64_t	 attributes_mask;
	struct lx_time	 atime, btime, ctime, mtime;
	uint32_t	 rdev_major, rdev_minor;
	uint32_t	 dev_major, dev_minor;
	uint64_t	 mnt_id;
	uint64_t	 later[13];
};

struct lx_open_how {
	uint64_t	 flags;
	uint64_t	 mode;
	uint64_t	 resolve;
};

struct lx_mount_attr {
	uint64_t	 attr_set;
	uint64_t	 attr_clr;
	uint64_t	 propagation;
	uint64_t	 userns_fd;
};

static inline int
lx_open_tree(int dirfd, const char *path, unsigned int flags)
{
	return (int)syscall(NR_OPEN_TREE, dirfd, path, flags | O_CLOEXEC);
}

/* Attaches a detached tree over what target refers to. */
static inline int
lx_move_mount(int tree, int target)
{
	return (int)syscall(NR_MOVE_MOUNT, tree, "", target, "",
	    LX_MOVE_F_EMPTY | LX_MOVE_T_EMPTY);
}

/* The last name is not followed if it is a link. */
static inline int
lx_move_mount_at(int tree, int dir, const char *name)
{
	return (int)syscall(NR_MOVE_MOUNT, tree, "", dir, name,
	    LX_MOVE_F_EMPTY);
}

static inline int
lx_fsopen(const char *type)
{
	return (int)syscall(NR_FSOPEN, type, LX_FSOPEN_CLOEXEC);
}

static inline int
lx_fsconfig(int fd, unsigned int cmd, const char *key, const char *value)
{
	return (int)syscall(NR_FSCONFIG, fd, cmd, key, value, 0);
}

static inline int
lx_fsmount(int fd, unsigned int attr)
{
	return (int)syscall(NR_FSMOUNT, fd, LX_FSMOUNT_CLOEXEC, attr);
}

static inline int
lx_mount_setattr(int fd, unsigned int flags, uint64_t set, uint64_t propagation)
{
	struct lx_mount_attr	 attr = {
		.attr_set = set,
		.propagation = propagation
	};

	return (int)syscall(NR_MOUNT_SETATTR, fd, "", AT_EMPTY_PATH | flags,
	    &attr, sizeof(attr));
}

static inline int
lx_openat2(int dirfd, const char *path, uint64_t flags, uint64_t resolve)
{
	struct lx_open_how	 how = {
		.flags = flags | O_CLOEXEC,
		.resolve = resolve
	};

	return (int)syscall(NR_OPENAT2, dirfd, path, &how, sizeof(how));
}

/* Of what the descriptor refers to where the path is "". */
static inline int
lx_statx(int dirfd, const char *path, unsigned int mask, struct lx_stat *st)
{
	return (int)syscall(SYS_statx, dirfd, path, AT_EMPTY_PATH |
	    AT_SYMLINK_NOFOLLOW, mask, st);
}

static inline int
lx_pidfd_open(pid_t pid)
{
	return (int)syscall(NR_PIDFD_OPEN, pid, 0);
}

static inline int
lx_pivot_root(const char *new_root, const char *put_old)
{
	return (int)syscall(SYS_pivot_root, new_root, put_old);
}

#endif /* LINUX_H */
