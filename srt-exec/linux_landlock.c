/* SPDX-License-Identifier: ISC */

/*
 * The second layer: the command has no right to write anywhere but in what is
 * the sandbox's own.  It gets what it may write from the broker, and a call
 * that was meant for the broker and went past it fails.  The broker itself is
 * in no domain: one that is not the command's own or one above it could not
 * look at the command.  See landlock(7); the numbers are those of the
 * kernel's ABI, as headers of distributions lag behind.
 */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "log.h"

enum {
	LL_WRITE_FILE = 1 << 1,
	LL_READ_FILE = 1 << 2,
	LL_READ_DIR = 1 << 3,
	LL_REMOVE_DIR = 1 << 4,
	LL_REMOVE_FILE = 1 << 5,
	LL_MAKE_CHAR = 1 << 6,
	LL_MAKE_DIR = 1 << 7,
	LL_MAKE_REG = 1 << 8,
	LL_MAKE_SOCK = 1 << 9,
	LL_MAKE_FIFO = 1 << 10,
	LL_MAKE_BLOCK = 1 << 11,
	LL_MAKE_SYM = 1 << 12,
	LL_REFER = 1 << 13,		/* ABI 2 */
	LL_TRUNCATE = 1 << 14,		/* ABI 3 */
	LL_IOCTL_DEV = 1 << 15		/* ABI 5 */
};

enum {
	LL_BIND_TCP = 1,		/* ABI 4 */
	LL_CONNECT_TCP = 2
};

enum {
	LL_SCOPE_ABSTRACT_UNIX = 1,	/* ABI 6 */
	LL_SCOPE_SIGNAL = 2
};

#define LL_DIRECTORY	(LL_REMOVE_DIR | LL_REMOVE_FILE | LL_MAKE_CHAR | \
			    LL_MAKE_DIR | LL_MAKE_REG | LL_MAKE_SOCK | \
			    LL_MAKE_FIFO | LL_MAKE_BLOCK | LL_MAKE_SYM)
#define LL_RULE_PATH_BENEATH	1
#define LL_CREATE_VERSION	1

struct ll_ruleset_attr {
	uint64_t	 fs;
	uint64_t	 net;		/* ABI 4 */
	uint64_t	 scoped;	/* ABI 6 */
};

struct ll_path_beneath_attr {
	uint64_t	 access;
	int32_t		 fd;
} __attribute__((__packed__));

static size_t
ruleset_size(int abi)
{
	if (abi >= LANDLOCK_ABI_SCOPE)
		return sizeof(struct ll_ruleset_attr);
	if (abi >= 4)
		return offsetof(struct ll_ruleset_attr, scoped);
	return offsetof(struct ll_ruleset_attr, net);
}

/* What stands in for the namespaces, beside what is handled anyway. */
static int
landlock_alone(struct landlock *ll, uint32_t flags,
    struct ll_ruleset_attr *attr)
{
	/* Without its scopes the command could end us, and stay. */
	if (ll->abi < LANDLOCK_ABI_SCOPE)
		return whyx("mode \"landlock\" needs Landlock ABI %d (Linux "
		    "6.12): this kernel has ABI %d, and would let the "
		    "command send signals to other processes",
		    LANDLOCK_ABI_SCOPE, ll->abi);
	attr->net = LL_BIND_TCP | LL_CONNECT_TCP;
	if ((flags & EXEC_FS_DISABLED) != 0)
		return 0;
	ll->handled |= LL_IOCTL_DEV;
	if ((flags & LANDLOCK_READS) != 0)
		ll->handled |= LL_READ_FILE;
	if ((flags & LANDLOCK_LISTS) != 0)
		ll->handled |= LL_READ_DIR;
	return 0;
}

int
landlock_begin(struct landlock *ll, uint32_t flags)
{
	struct ll_ruleset_attr	 attr = { 0, 0, 0 };

	ll->fd = -1;
	ll->handled = 0;
	ll->abi = (int)syscall(NR_LANDLOCK_CREATE_RULESET, NULL, 0,
	    LL_CREATE_VERSION);
	if (ll->abi < 1) {
		if ((flags & EXEC_LANDLOCK) != 0)
			return whyx("mode \"landlock\" needs a kernel with "
			    "Landlock: boot it with lsm=landlock,... (Linux "
			    "6.12)");
		if ((flags & EXEC_WEAKER_NESTED) == 0)
			return whyx("this kernel has no Landlock: boot it "
			    "with lsm=landlock,... (Linux 5.13), or set "
			    "enableWeakerNestedSandbox");
		log_warnx("enableWeakerNestedSandbox: without Landlock the "
		    "mounts alone keep the command from writing");
		ll->abi = 0;
		return 0;
	}
	if ((flags & EXEC_FS_DISABLED) == 0) {
		ll->handled = LL_WRITE_FILE | LL_DIRECTORY;
		if (ll->abi >= 2)
			ll->handled |= LL_REFER;
		if (ll->abi >= 3)
			ll->handled |= LL_TRUNCATE;
	}
	if ((flags & EXEC_LANDLOCK) != 0 &&
	    landlock_alone(ll, flags, &attr) == -1)
		return -1;
	attr.fs = ll->handled;
	if (ll->abi >= LANDLOCK_ABI_SCOPE)
		attr.scoped = LL_SCOPE_ABSTRACT_UNIX | LL_SCOPE_SIGNAL;
	if (attr.fs == 0 && attr.scoped == 0)
		return 0;
	ll->fd = (int)syscall(NR_LANDLOCK_CREATE_RULESET, &attr,
	    ruleset_size(ll->abi), 0);
	if (ll->fd == -1)
		return why("landlock_create_ruleset");
	return 0;
}

static int
landlock_add(const struct landlock *ll, int fd, uint64_t access)
{
	struct ll_path_beneath_attr	 attr = {
		.access = access & ll->handled,
		.fd = fd
	};

	if (attr.access == 0)
		return 0;
	return (int)syscall(NR_LANDLOCK_ADD_RULE, ll->fd,
	    LL_RULE_PATH_BENEATH, &attr, 0);
}

int
landlock_allow(const struct landlock *ll, int fd, enum fs_type type)
{
	uint64_t	 access = LL_WRITE_FILE | LL_TRUNCATE;

	if (type == FS_DIR)
		access |= LL_DIRECTORY | LL_REFER;
	if (landlock_add(ll, fd, access) == -1)
		return why("landlock_add_rule");
	return 0;
}

int
landlock_allow_reading(const struct landlock *ll, int fd, enum fs_type type)
{
	uint64_t	 access = LL_READ_FILE;

	if (type == FS_DIR)
		access |= LL_READ_DIR;
	return landlock_add(ll, fd, access);
}

int
landlock_allow_device(const struct landlock *ll, int fd)
{
	if (landlock_add(ll, fd, LL_READ_FILE | LL_WRITE_FILE | LL_TRUNCATE |
	    LL_IOCTL_DEV) == -1)
		return why("landlock_add_rule");
	return 0;
}

/*
 * "echo >/dev/stderr" opens the file behind the descriptor anew.  EBADFD is
 * the answer for pipes and sockets, which Landlock lets pass.
 */
int
landlock_allow_stdio(const struct landlock *ll)
{
	uint64_t	 access;
	int		 fd, flags;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if ((flags = fcntl(fd, F_GETFL)) == -1 ||
		    (flags & O_PATH) != 0)
			continue;
		access = 0;
		if ((flags & O_ACCMODE) != O_WRONLY)
			access |= LL_READ_FILE;
		if ((flags & O_ACCMODE) != O_RDONLY)
			access |= LL_WRITE_FILE | LL_TRUNCATE | LL_IOCTL_DEV;
		if (landlock_add(ll, fd, access) == -1 && errno != EBADFD)
			return why("landlock_add_rule for descriptor %d", fd);
	}
	return 0;
}

int
landlock_enter(struct landlock *ll)
{
	if (ll->fd == -1)
		return 0;
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return why("prctl PR_SET_NO_NEW_PRIVS");
	if (syscall(NR_LANDLOCK_RESTRICT_SELF, ll->fd, 0) == -1)
		return why("landlock_restrict_self");
	(void)close(ll->fd);
	ll->fd = -1;
	return 0;
}
