/* SPDX-License-Identifier: ISC */

/*
 * Writes command_filter.h: what the command may ask of the kernel, and what
 * of it the broker answers.  Runs on the build machine.
 *
 * A program has two parts.  The first, assembled here, looks at the arguments
 * of the few calls for which they matter.  The second, from libseccomp, goes
 * by number alone, so that the kernel (5.11) remembers its answers: every
 * call that we have looked at is allowed, unless a row refuses it; what a
 * newer kernel adds is ENOSYS.
 *
 * The broker's programs are filters of their own, on top of that: they notify
 * the broker of some calls and let all others through to the first.
 */

#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/btrfs.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "gen_filter.h"

/*
 * Two settings lift rows; there is a program for each combination.  The
 * masks index the array of programs in linux_seccomp.c.
 */
enum lift {
	ALL_UNIX = 1,		/* network.allowAllUnixSockets */
	NESTED = 2,		/* allowNestedUserNamespaces */
	LIFT_MAX = 4
};

/* By number: refused with this errno, unless lifted. */
static const struct refusal {
	const char	*call;
	int		 error;
	unsigned int	 lift;
	const char	*reason;
} refusals[] = {
	/* Of another kernel's making: ENOSYS, so that libc falls back. */
	{ "clone3",	ENOSYS, 0, "its flags are in memory" },
	{ "io_uring_setup", ENOSYS, 0, "calls that no filter sees" },
	{ "io_uring_enter", ENOSYS, 0, "calls that no filter sees" },
	{ "io_uring_register", ENOSYS, 0, "calls that no filter sees" },
	{ "memfd_secret", ENOSYS, 0, "memory that nobody can inspect" },
	{ "add_key",	ENOSYS, 0, "keyrings are not of the namespace" },
	{ "keyctl",	ENOSYS, 0, "keyrings are not of the namespace" },
	{ "request_key", ENOSYS, 0, "runs a program of the host" },
	{ "modify_ldt",	ENOSYS, 0, "16-bit segments, a history of bugs" },

	/* namespaces and mounts */
	{ "setns",	EPERM, NESTED, "another namespace" },
	{ "mount",	EPERM, NESTED, "the file system layers" },
	{ "umount2",	EPERM, NESTED, "the file system layers" },
	{ "pivot_root",	EPERM, NESTED, "the file system layers" },
	{ "chroot",	EPERM, NESTED, "the file system layers" },
	{ "fsopen",	EPERM, NESTED, "the file system layers" },
	{ "fsconfig",	EPERM, NESTED, "the file system layers" },
	{ "fsmount",	EPERM, NESTED, "the file system layers" },
	{ "fspick",	EPERM, NESTED, "the file system layers" },
	{ "open_tree",	EPERM, NESTED, "the file system layers" },
	{ "move_mount",	EPERM, NESTED, "the file system layers" },
	{ "mount_setattr", EPERM, NESTED, "the file system layers" },
	{ "sethostname", EPERM, NESTED, "the name of the machine" },
	{ "setdomainname", EPERM, NESTED, "the name of the machine" },
	{ "open_by_handle_at", EPERM, 0, "files without their path" },

	/* other processes' insides, past what ptrace checks */
	{ "pidfd_getfd", EPERM, 0, "descriptors of another process" },
	{ "process_madvise", EPERM, 0, "memory of another process" },

	/* large parts of the kernel that a command does not need */
	{ "bpf",	EPERM, 0, "programs in the kernel" },
	{ "perf_event_open", EPERM, 0, "watches the kernel" },
	{ "userfaultfd", EPERM, 0, "stops the kernel at will" },
	{ "fanotify_init", EPERM, 0, "watches the file system" },
	{ "lookup_dcookie", EPERM, 0, "profiles the system" },

	/* the machine as a whole */
	{ "init_module", EPERM, 0, "code in the kernel" },
	{ "finit_module", EPERM, 0, "code in the kernel" },
	{ "delete_module", EPERM, 0, "code in the kernel" },
	{ "kexec_load",	EPERM, 0, "another kernel" },
	{ "kexec_file_load", EPERM, 0, "another kernel" },
	{ "reboot",	EPERM, 0, "the machine" },
	{ "swapon",	EPERM, 0, "the machine's memory" },
	{ "swapoff",	EPERM, 0, "the machine's memory" },
	{ "acct",	EPERM, 0, "writes a file of its own" },
	{ "quotactl",	EPERM, 0, "the file systems' quotas" },
	{ "quotactl_fd", EPERM, 0, "the file systems' quotas" },
	{ "iopl",	EPERM, 0, "the hardware" },
	{ "ioperm",	EPERM, 0, "the hardware" },
	{ "settimeofday", EPERM, 0, "the clock" },
	{ "clock_settime", EPERM, 0, "the clock" },
	{ "syslog",	EPERM, 0, "the kernel's log" },
	{ "vhangup",	EPERM, 0, "the terminal of others" },

	/* without function, or nearly, in any kernel that can run srt */
	{ "_sysctl",	ENOSYS, 0, "obsolete" },
	{ "afs_syscall", ENOSYS, 0, "obsolete" },
	{ "create_module", ENOSYS, 0, "obsolete" },
	{ "epoll_ctl_old", ENOSYS, 0, "obsolete" },
	{ "epoll_wait_old", ENOSYS, 0, "obsolete" },
	{ "get_kernel_syms", ENOSYS, 0, "obsolete" },
	{ "getpmsg",	ENOSYS, 0, "obsolete" },
	{ "nfsservctl",	ENOSYS, 0, "obsolete" },
	{ "putpmsg",	ENOSYS, 0, "obsolete" },
	{ "query_module", ENOSYS, 0, "obsolete" },
	{ "security",	ENOSYS, 0, "obsolete" },
	{ "sysfs",	ENOSYS, 0, "obsolete" },
	{ "tuxcall",	ENOSYS, 0, "obsolete" },
	{ "uselib",	ENOSYS, 0, "obsolete" },
	{ "ustat",	ENOSYS, 0, "obsolete" },
	{ "vserver",	ENOSYS, 0, "obsolete" }
};

/*
 * Every call up to this number, set_mempolicy_home_node of Linux 5.17, has
 * been looked at; of the later ones these.  A libseccomp that knows more
 * than we do adds nothing.
 */
#define REVIEWED_MAX	450
static const char *const reviewed[] = {
	"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
	"futex_wait", "futex_requeue", "mseal"
};

/*
 * By argument: the first row whose conditions all hold decides; a call whose
 * rows all fail is allowed.  Every argument here is an int or unsigned int,
 * of which the kernel looks at the low 32 bits only, and so do we.
 */
enum test {
	TEST_NONE,
	TEST_EQ,		/* (arg & mask) == value */
	TEST_NE,		/* (arg & mask) != value */
	TEST_ANY		/* (arg & value) != 0 */
};

struct cond {
	enum test	 test;
	unsigned int	 arg;
	uint32_t	 mask;
	uint32_t	 value;
};

#define CONDS		3
#define WHOLE		0xffffffffU
#define EQ(n, v)	{ TEST_EQ, (n), WHOLE, (v) }
#define NE(n, v)	{ TEST_NE, (n), WHOLE, (v) }
#define EQMASK(n, m, v)	{ TEST_EQ, (n), (m), (v) }
#define ANY(n, v)	{ TEST_ANY, (n), 0, (v) }

#define ROW(c, l, e, ...)						\
	{ .call = (c), .lift = (l), .error = (e), .conds = { __VA_ARGS__ } }
#define OTHERWISE(c, e)	{ .call = (c), .error = (e) }

#define SOCK_KIND	0xfU	/* the type without its flags */
#define KIND(v)		EQMASK(1, SOCK_KIND, (v))
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN	0x20000000
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT	30
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME	0x80
#endif
#define NEW_NAMESPACE	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			    CLONE_NEWNET)
/*
 * By number: <linux/fs.h> does not go with every <sys/mount.h>, and the other
 * headers are younger than some C libraries.
 */
#define IOC_SETFLAGS	0x40086602U	/* FS_IOC_SETFLAGS: chattr(1) */
#define IOC32_SETFLAGS	0x40046602U
#define IOC_FSSETXATTR	0x401c5820U
#define IOC_SETVERSION	0x40087602U	/* FS_IOC_SETVERSION */
#define IOC_EXT4_SETVERSION 0x40086604U
#define IOC_FAT_SETATTRIBUTES 0x40047211U
#define IOC_SET_ENCRYPTION 0x800c6613U	/* FS_IOC_SET_ENCRYPTION_POLICY */
#define IOC_ENABLE_VERITY 0x40806685U
#define IOC_ADD_KEY	0xc0506617U	/* FS_IOC_ADD_ENCRYPTION_KEY */
#define IOC_REMOVE_KEY	0xc0406618U
#define IOC_REMOVE_KEY_ALL 0xc0406619U
#define FCNTL_SETLEASE	1024		/* F_SETLEASE of <linux/fcntl.h> */
#define FCNTL_SETDELEG	1040
#define IOPRIO_PROCESS	1	/* IOPRIO_WHO_PROCESS of <linux/ioprio.h> */
#define IOPRIO_PGRP	2

static const struct row {
	const char	*call;
	unsigned int	 lift;	/* not for these */
	int		 error;	/* 0: allowed */
	struct cond	 conds[CONDS];
} rows[] = {
	/* TCP Fast Open connects without a connect. */
	ROW("sendto", 0, EOPNOTSUPP, ANY(3, MSG_FASTOPEN)),
	ROW("sendmsg", 0, EOPNOTSUPP, ANY(2, MSG_FASTOPEN)),
	ROW("sendmmsg", 0, EOPNOTSUPP, ANY(3, MSG_FASTOPEN)),
	ROW("setsockopt", 0, EOPNOTSUPP, EQ(1, IPPROTO_TCP),
	    EQ(2, TCP_FASTOPEN_CONNECT)),

	/* Words put into the terminal's mouth; its line discipline. */
	ROW("ioctl", 0, EPERM, EQ(1, TIOCSTI)),
	ROW("ioctl", 0, EPERM, EQ(1, TIOCLINUX)),
	ROW("ioctl", 0, EPERM, EQ(1, TIOCSETD)),
	/*
	 * A snapshot in a write root would show what the mounts hide, and
	 * names are for the broker to make and remove.
	 */
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SNAP_CREATE)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SNAP_CREATE_V2)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SNAP_DESTROY)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SNAP_DESTROY_V2)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SUBVOL_CREATE)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SUBVOL_CREATE_V2)),
	/*
	 * What belongs to a file and takes no more than its owner to change,
	 * by a descriptor that need not be open for writing: of a protected
	 * one, or of the host's that is the standard input.
	 */
	ROW("ioctl", 0, EPERM, EQ(1, IOC_SETFLAGS)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC32_SETFLAGS)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_FSSETXATTR)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_SETVERSION)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_EXT4_SETVERSION)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_FAT_SETATTRIBUTES)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_SET_ENCRYPTION)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_ENABLE_VERITY)),
	ROW("ioctl", 0, EPERM, EQ(1, BTRFS_IOC_SUBVOL_SETFLAGS)),
	/*
	 * A directory that can be read is enough for its user's keys: removed,
	 * they lock the user's encrypted directories up.
	 */
	ROW("ioctl", 0, EPERM, EQ(1, IOC_ADD_KEY)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_REMOVE_KEY)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_REMOVE_KEY_ALL)),

	/*
	 * Whoever opens the file for writing, on the host as well, would wait
	 * for the command; of a directory, so would the broker (Linux 6.19).
	 */
	ROW("fcntl", 0, EACCES, EQ(1, FCNTL_SETLEASE)),
	ROW("fcntl", 0, EINVAL, EQ(1, FCNTL_SETDELEG)),

	/* In clone(2) CLONE_NEWTIME's bit is part of the exit signal. */
	ROW("clone", NESTED, EPERM, ANY(0, NEW_NAMESPACE)),
	ROW("unshare", NESTED, EPERM, ANY(0, NEW_NAMESPACE | CLONE_NEWTIME)),

	/*
	 * The broker decides where a Unix socket is connected or bound to,
	 * but a datagram names its peer with every send.
	 */
	ROW("socket", 0, 0, EQ(0, AF_UNIX), KIND(SOCK_STREAM)),
	ROW("socket", 0, 0, EQ(0, AF_UNIX), KIND(SOCK_SEQPACKET)),
	ROW("socket", ALL_UNIX, EPERM, EQ(0, AF_UNIX)),
	ROW("socket", 0, 0, EQ(0, AF_UNIX)),
	ROW("socket", 0, 0, EQ(0, AF_NETLINK), EQ(2, NETLINK_ROUTE)),
	ROW("socket", 0, EPROTONOSUPPORT, EQ(0, AF_NETLINK)),
	ROW("socket", 0, EAFNOSUPPORT, NE(0, AF_INET), NE(0, AF_INET6)),
	ROW("socket", 0, 0, KIND(SOCK_STREAM), EQ(2, 0)),
	ROW("socket", 0, 0, KIND(SOCK_STREAM), EQ(2, IPPROTO_TCP)),
	ROW("socket", 0, EPROTONOSUPPORT, KIND(SOCK_STREAM)),
	ROW("socket", 0, 0, KIND(SOCK_DGRAM), EQ(2, 0)),
	ROW("socket", 0, 0, KIND(SOCK_DGRAM), EQ(2, IPPROTO_UDP)),
	/* What a user outside ping_group_range gets. */
	ROW("socket", 0, EACCES, KIND(SOCK_DGRAM), EQ(2, IPPROTO_ICMP)),
	ROW("socket", 0, EACCES, KIND(SOCK_DGRAM), EQ(2, IPPROTO_ICMPV6)),
	ROW("socket", 0, EPROTONOSUPPORT, KIND(SOCK_DGRAM)),
	ROW("socket", 0, EPERM, KIND(SOCK_RAW)),
	OTHERWISE("socket", ESOCKTNOSUPPORT),

	/* An end of a datagram pair can send to any path. */
	ROW("socketpair", ALL_UNIX, 0, EQ(0, AF_UNIX), KIND(SOCK_STREAM)),
	ROW("socketpair", ALL_UNIX, 0, EQ(0, AF_UNIX), KIND(SOCK_SEQPACKET)),
	ROW("socketpair", ALL_UNIX, EPERM, EQ(0, AF_UNIX)),
	ROW("socketpair", 0, 0, EQ(0, AF_UNIX)),
	OTHERWISE("socketpair", EAFNOSUPPORT),

	/* The process group reaches out of the pid namespace. */
	ROW("setpriority", 0, EPERM, EQ(0, PRIO_PGRP), EQ(1, 0)),
	ROW("ioprio_set", 0, EPERM, EQ(0, IOPRIO_PGRP), EQ(1, 0)),

	/* setarch -R and linux32, but no mappings at 0 or executable heaps */
	ROW("personality", 0, 0, EQ(0, 0xffffffff)),
	ROW("personality", 0, 0, EQMASK(0, WHOLE & ~(unsigned int)
	    (ADDR_NO_RANDOMIZE | UNAME26), PER_LINUX)),
	ROW("personality", 0, 0, EQMASK(0, WHOLE & ~(unsigned int)
	    (ADDR_NO_RANDOMIZE | UNAME26), PER_LINUX32)),
	OTHERWISE("personality", EPERM)
};

/* For kernels whose Landlock has no scope for signals (before 6.12). */
static const struct row signal_rows[] = {
	/* The process group reaches out of the pid namespace. */
	ROW("kill", 0, EPERM, EQ(0, 0)),
	/* PIDFD_SIGNAL_PROCESS_GROUP (6.9) does, too. */
	ROW("pidfd_send_signal", 0, EINVAL, NE(3, 0))
};

/*
 * For mode "landlock": what the namespaces keep inside in the other mode.
 * Each of these calls names a process, or an object that the whole machine
 * shares, and Landlock says nothing of it.
 */
static const struct row landlock_rows[] = {
	/* The broker sees where TCP goes; a datagram names its receiver. */
	ROW("socket", 0, EACCES, EQ(0, AF_INET), KIND(SOCK_DGRAM)),
	ROW("socket", 0, EACCES, EQ(0, AF_INET6), KIND(SOCK_DGRAM)),

	/* Of itself alone, not of another process of the user's. */
	ROW("setpriority", 0, 0, EQ(0, PRIO_PROCESS), EQ(1, 0)),
	OTHERWISE("setpriority", EPERM),
	ROW("ioprio_set", 0, 0, EQ(0, IOPRIO_PROCESS), EQ(1, 0)),
	OTHERWISE("ioprio_set", EPERM),
	ROW("prlimit64", 0, EPERM, NE(0, 0)),
	ROW("sched_setaffinity", 0, EPERM, NE(0, 0)),
	ROW("sched_setscheduler", 0, EPERM, NE(0, 0)),
	ROW("sched_setparam", 0, EPERM, NE(0, 0)),
	ROW("sched_setattr", 0, EPERM, NE(0, 0)),

	/* System V and POSIX objects, which belong to the user. */
	OTHERWISE("shmget", ENOSYS),
	OTHERWISE("shmat", ENOSYS),
	OTHERWISE("shmctl", ENOSYS),
	OTHERWISE("semget", ENOSYS),
	OTHERWISE("semop", ENOSYS),
	OTHERWISE("semtimedop", ENOSYS),
	OTHERWISE("semctl", ENOSYS),
	OTHERWISE("msgget", ENOSYS),
	OTHERWISE("msgsnd", ENOSYS),
	OTHERWISE("msgrcv", ENOSYS),
	OTHERWISE("msgctl", ENOSYS),
	OTHERWISE("mq_open", ENOSYS),
	OTHERWISE("mq_unlink", ENOSYS)
};

/* What the broker answers, by the layers that are wanted. */
enum notify {
	NOTIFY_FILES = 1,	/* unless filesystem.disabled */
	NOTIFY_READS = 2,	/* filesystem.strictReadGlobs */
	NOTIFY_LANDLOCK = 4,	/* mode "landlock" */
	NOTIFY_MAX = 8
};

/* O_LARGEFILE and O_DIRECTORY differ between machines; these do not. */
#ifndef O_PATH
#define O_PATH		010000000
#endif
#define O_TMPFILE_BIT	020000000
#define WRITES		(O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE_BIT)

/* Instead of the argument that decides. */
enum {
	ALWAYS = -1,
	CLONING = -2,		/* two processes share a directory */
	UNSHARING = -3		/* or two threads no longer do */
};

static const struct notified {
	const char	*call;
	unsigned int	 when;		/* all of these; 0: always */
	int		 flags;		/* argument with open(2)'s flags, or ... */
} notified[] = {
	{ "openat",	NOTIFY_FILES, 2 },
	{ "open",	NOTIFY_FILES, 1 },
	{ "openat2",	NOTIFY_FILES, ALWAYS },	/* its flags are in memory */
	{ "creat",	NOTIFY_FILES, ALWAYS },
	{ "mkdir",	NOTIFY_FILES, ALWAYS },
	{ "mkdirat",	NOTIFY_FILES, ALWAYS },
	{ "mknod",	NOTIFY_FILES, ALWAYS },
	{ "mknodat",	NOTIFY_FILES, ALWAYS },
	{ "unlink",	NOTIFY_FILES, ALWAYS },
	{ "unlinkat",	NOTIFY_FILES, ALWAYS },
	{ "rmdir",	NOTIFY_FILES, ALWAYS },
	{ "rename",	NOTIFY_FILES, ALWAYS },
	{ "renameat",	NOTIFY_FILES, ALWAYS },
	{ "renameat2",	NOTIFY_FILES, ALWAYS },
	{ "link",	NOTIFY_FILES, ALWAYS },
	{ "linkat",	NOTIFY_FILES, ALWAYS },
	{ "symlink",	NOTIFY_FILES, ALWAYS },
	{ "symlinkat",	NOTIFY_FILES, ALWAYS },
	{ "truncate",	NOTIFY_FILES, ALWAYS },
	{ "chmod",	NOTIFY_FILES, ALWAYS },
	{ "fchmod",	NOTIFY_FILES, ALWAYS },
	{ "fchmodat",	NOTIFY_FILES, ALWAYS },
	{ "fchmodat2",	NOTIFY_FILES, ALWAYS },
	{ "chown",	NOTIFY_FILES, ALWAYS },
	{ "lchown",	NOTIFY_FILES, ALWAYS },
	{ "fchown",	NOTIFY_FILES, ALWAYS },
	{ "fchownat",	NOTIFY_FILES, ALWAYS },
	{ "utime",	NOTIFY_FILES, ALWAYS },
	{ "utimes",	NOTIFY_FILES, ALWAYS },
	{ "futimesat",	NOTIFY_FILES, ALWAYS },
	{ "utimensat",	NOTIFY_FILES, ALWAYS },
	{ "setxattr",	NOTIFY_FILES, ALWAYS },
	{ "lsetxattr",	NOTIFY_FILES, ALWAYS },
	{ "fsetxattr",	NOTIFY_FILES, ALWAYS },
	{ "removexattr", NOTIFY_FILES, ALWAYS },
	{ "lremovexattr", NOTIFY_FILES, ALWAYS },
	{ "fremovexattr", NOTIFY_FILES, ALWAYS },
	{ "chdir",	NOTIFY_FILES, ALWAYS },	/* as long as nobody does */
	{ "fchdir",	NOTIFY_FILES, ALWAYS },
	{ "clone",	NOTIFY_FILES, CLONING },
	{ "unshare",	NOTIFY_FILES, UNSHARING },
	{ "umask",	0, ALWAYS },	/* for what is made later */
	{ "bind",	0, ALWAYS },	/* what is connected to later */
	{ "connect",	0, ALWAYS },
	{ "listen",	NOTIFY_LANDLOCK, ALWAYS },	/* it binds as well */
	{ "clone",	NOTIFY_LANDLOCK, ALWAYS },	/* has an end */
	{ "fork",	NOTIFY_LANDLOCK, ALWAYS },
	{ "vfork",	NOTIFY_LANDLOCK, ALWAYS }
};

/* Calls of the C library's that a later kernel has, by number alone. */
#define NR_FCHMODAT2	452

/* A program under construction. */
struct code {
	struct sock_filter	 insn[BPF_MAXINSNS];
	size_t			 n;
};

/* No machine has more; those of an ABI that shares its name come later. */
#define NUMBERS		1024
#define X32_BIT		0x40000000U

/* To a call: at once, or by a block that looks at its arguments. */
struct answer {
	uint32_t	 action;
	const void	*block;		/* a row, or one of notified[] */
};

/* Of a tree of numbers: all from the first one on have the answer. */
struct leaf {
	uint32_t	 first;
	struct answer	 answer;
	size_t		 at;		/* its instruction */
};

static struct answer	 answers[NUMBERS];
static struct leaf	 leaves[NUMBERS + 1];

#define RET_ALLOW	SECCOMP_RET_ALLOW
#define RET_ERRNO(e)	(SECCOMP_RET_ERRNO | (uint32_t)(e))

static size_t
emit(struct code *c, unsigned int code, uint32_t k)
{
	if (c->n == nitems(c->insn))
		errx(1, "program too long");
	memset(&c->insn[c->n], 0, sizeof(c->insn[c->n]));
	c->insn[c->n].code = (uint16_t)code;
	c->insn[c->n].k = k;
	return c->n++;
}

/* How far the conditional jump at i must go to get to the next instruction. */
static uint8_t
distance(const struct code *c, size_t i)
{
	if (c->n - i - 1 > UINT8_MAX)
		errx(1, "jump too long");
	return (uint8_t)(c->n - i - 1);
}

/* One row: its conditions, its answer; the next row if a condition fails. */
static void
emit_row(struct code *c, const struct row *row)
{
	const struct cond	*cond;
	size_t			 i, n = 0, jumps[CONDS];

	for (cond = row->conds; cond < row->conds + CONDS; cond++) {
		if (cond->test == TEST_NONE)
			break;
		/* Both machines are little-endian. */
		(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, args) +
		    cond->arg * (uint32_t)sizeof(uint64_t));
		if (cond->test != TEST_ANY && cond->mask != WHOLE)
			(void)emit(c, BPF_ALU | BPF_AND | BPF_K, cond->mask);
		jumps[n++] = emit(c, BPF_JMP | BPF_K | (cond->test == TEST_ANY
		    ? BPF_JSET : BPF_JEQ), cond->value);
	}
	(void)emit(c, BPF_RET | BPF_K,
	    row->error == 0 ? RET_ALLOW : RET_ERRNO(row->error));
	for (i = 0; i < n; i++) {
		if (row->conds[i].test == TEST_NE)
			c->insn[jumps[i]].jt = distance(c, jumps[i]);
		else
			c->insn[jumps[i]].jf = distance(c, jumps[i]);
	}
}

/* All rows of one call. */
static void
emit_call_rows(struct code *c, const struct row *all, size_t nall,
    const char *call, unsigned int lifted)
{
	size_t	 i;

	for (i = 0; i < nall; i++)
		if (strcmp(all[i].call, call) == 0 &&
		    (all[i].lift & lifted) == 0)
			emit_row(c, &all[i]);
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
}

/* The same in a walk; behind it A holds the number of the call again. */
static void
emit_call(struct code *c, const struct gen_arch *arch, const struct row *all,
    size_t nall, const char *call, unsigned int lifted)
{
	size_t	 jump;

	jump = emit(c, BPF_JMP | BPF_JEQ | BPF_K,
	    (uint32_t)gen_number(arch, call));
	emit_call_rows(c, all, nall, call, lifted);
	c->insn[jump].jf = distance(c, jump);
}

/*
 * The calls of the table in its order; whatever is not decided, another
 * machine's calls among it, goes on behind.
 */
static void
emit_rows(struct code *c, const struct gen_arch *arch, const struct row *all,
    size_t nall, unsigned int lifted)
{
	size_t	 arch_jump, i, skip;

	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	arch_jump = emit(c, BPF_JMP | BPF_JEQ | BPF_K, arch->audit);
	c->insn[arch_jump].jt = 1;
	skip = emit(c, BPF_JMP | BPF_JA, 0);
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (i = 0; i < nall; i++) {
		if (gen_number(arch, all[i].call) == -1)
			errx(1, "%s: unknown", all[i].call);
		if (i == 0 || strcmp(all[i].call, all[i - 1].call) != 0)
			emit_call(c, arch, all, nall, all[i].call, lifted);
	}
	c->insn[skip].k = (uint32_t)(c->n - skip - 1);
}

static const struct refusal *
refusal_find(const char *call)
{
	size_t	 i;

	for (i = 0; i < nitems(refusals); i++)
		if (strcmp(refusals[i].call, call) == 0)
			return &refusals[i];
	return NULL;
}

static int
call_reviewed(int nr, const char *call)
{
	size_t	 i;

	if (nr <= REVIEWED_MAX)
		return 1;
	for (i = 0; i < nitems(reviewed); i++)
		if (strcmp(reviewed[i], call) == 0)
			return 1;
	return 0;
}

/* To begin with: all numbers that no call has, now or later. */
static void
answers_fill(uint32_t action)
{
	size_t	 nr;

	for (nr = 0; nr < NUMBERS; nr++) {
		answers[nr].action = action;
		answers[nr].block = NULL;
	}
}

static struct answer *
answer_of(int nr)
{
	if (nr < 0 || nr >= NUMBERS)
		errx(1, "system call %d", nr);
	return &answers[nr];
}

/* Neighbours with the same answer share a leaf; the last one is for more. */
static size_t
leaves_make(uint32_t beyond)
{
	const struct answer	*a, *last = NULL;
	size_t			 n = 0;

	for (a = answers; a < answers + NUMBERS; a++) {
		if (last == NULL || a->action != last->action ||
		    a->block != last->block) {
			leaves[n].first = (uint32_t)(a - answers);
			leaves[n++].answer = *a;
		}
		last = a;
	}
	leaves[n].first = NUMBERS;
	leaves[n].answer.action = beyond;
	leaves[n].answer.block = NULL;
	return n + 1;
}

/*
 * A search in halves.  The kernel translates a program when it is loaded,
 * and runs it for every number there is to learn which are always allowed:
 * what is short and shallow starts the command sooner.
 */
static void
emit_tree(struct code *c, struct leaf *l, size_t n)
{
	size_t	 jump;

	if (n == 1) {
		l->at = l->answer.block == NULL ?
		    emit(c, BPF_RET | BPF_K, l->answer.action) :
		    emit(c, BPF_JMP | BPF_JA, 0);
		return;
	}
	jump = emit(c, BPF_JMP | BPF_JGE | BPF_K, l[n / 2].first);
	emit_tree(c, l, n / 2);
	c->insn[jump].jt = distance(c, jump);
	emit_tree(c, l + n / 2, n - n / 2);
}

/* What a leaf jumps to comes next. */
static void
emit_here(struct code *c, const struct leaf *l)
{
	c->insn[l->at].k = (uint32_t)(c->n - l->at - 1);
}

/* Another machine's call has no number; A holds that of all others. */
static void
emit_arch(struct code *c, const struct gen_arch *arch, uint32_t foreign)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, arch->audit)].jt = 1;
	(void)emit(c, BPF_RET | BPF_K, foreign);
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
}

/* x32 has the machine's own name; -1 is what a tracer makes of a call. */
static void
emit_no_x32(struct code *c, const struct gen_arch *arch)
{
	if (arch->token != SCMP_ARCH_X86_64)
		return;
	c->insn[emit(c, BPF_JMP | BPF_JGE | BPF_K, X32_BIT)].jf = 2;
	c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX)].jt = 1;
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
}

/* What every number is answered without a look at arguments. */
static void
answer_numbers(const struct gen_arch *arch, unsigned int lifted)
{
	const struct refusal	*refusal;
	char			*call;
	int			 nr;

	answers_fill(RET_ERRNO(ENOSYS));
	for (nr = 0; nr < NUMBERS; nr++) {
		call = seccomp_syscall_resolve_num_arch(arch->token, nr);
		if (call == NULL)
			continue;
		refusal = refusal_find(call);
		if (refusal != NULL && (refusal->lift & lifted) == 0)
			answer_of(nr)->action = RET_ERRNO(refusal->error);
		else if (call_reviewed(nr, call))
			answer_of(nr)->action = RET_ALLOW;
		free(call);
	}
}

static void
command_write(FILE *fp, const struct gen_arch *arch, struct code *c,
    unsigned int lifted)
{
	size_t	 i, n;
	int	 nr;
	char	 name[64];

	answer_numbers(arch, lifted);
	for (i = 0; i < nitems(rows); i++) {
		if ((nr = gen_number(arch, rows[i].call)) == -1)
			errx(1, "%s: unknown", rows[i].call);
		if (answer_of(nr)->block == NULL)
			answer_of(nr)->block = &rows[i];
	}
	c->n = 0;
	emit_arch(c, arch, SECCOMP_RET_KILL_PROCESS);
	emit_no_x32(c, arch);
	n = leaves_make(RET_ERRNO(ENOSYS));
	emit_tree(c, leaves, n);
	for (i = 0; i < n; i++) {
		const struct row	*row = leaves[i].answer.block;

		if (row == NULL)
			continue;
		emit_here(c, &leaves[i]);
		emit_call_rows(c, rows, nitems(rows), row->call, lifted);
	}
	(void)snprintf(name, sizeof(name), "command_filter_%u", lifted);
	gen_write(fp, name, c->insn, c->n);
}

/* A call of the broker's of which only some flags are: allowed without. */
static void
emit_flags(struct code *c, const struct notified *n, int reads)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args) +
	    (uint32_t)n->flags * (uint32_t)sizeof(uint64_t));
	/* The kernel ignores all other flags beside O_PATH. */
	c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, O_PATH)].jt =
	    reads ? 0 : 1;
	if (!reads)
		c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, WRITES)].jt = 1;
	else
		c->insn[c->n - 1].jf = 1;
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
}

/*
 * A working directory is that of a process, unless one of these makes it that
 * of two, or of one thread of them.
 */
static void
emit_sharing(struct code *c, int kind)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, args));
	if (kind == CLONING) {
		(void)emit(c, BPF_ALU | BPF_AND | BPF_K,
		    CLONE_FS | CLONE_THREAD);
		c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, CLONE_FS)].jt = 1;
		c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K,
		    CLONE_THREAD)].jf = 1;
	} else
		c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, CLONE_FS)].jf = 1;
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
}

static void
emit_notified(struct code *c, const struct notified *n, int reads)
{
	if (n->flags >= 0)
		emit_flags(c, n, reads);
	else
		emit_sharing(c, n->flags);
}

static int
notified_number(const struct gen_arch *arch, const char *call)
{
	int	 nr = gen_number(arch, call);

	/* libseccomp 2.5.5 is the first that knows it. */
	if (nr == -1 && strcmp(call, "fchmodat2") == 0)
		return NR_FCHMODAT2;
	return nr;
}

static void
notify_write(FILE *fp, const struct gen_arch *arch, struct code *c,
    unsigned int what)
{
	size_t	 i, n;
	int	 nr;
	char	 name[64];

	answers_fill(RET_ALLOW);
	for (i = 0; i < nitems(notified); i++) {
		if ((notified[i].when & what) != notified[i].when)
			continue;
		/* The older calls do not exist on newer machines. */
		if ((nr = notified_number(arch, notified[i].call)) < 0)
			continue;
		answer_of(nr)->action = SECCOMP_RET_USER_NOTIF;
		/* Of two that are about the same call the last one holds. */
		answer_of(nr)->block = notified[i].flags == ALWAYS ? NULL :
		    &notified[i];
	}
	c->n = 0;
	emit_arch(c, arch, RET_ALLOW);
	n = leaves_make(RET_ALLOW);
	emit_tree(c, leaves, n);
	for (i = 0; i < n; i++) {
		if (leaves[i].answer.block == NULL)
			continue;
		emit_here(c, &leaves[i]);
		emit_notified(c, leaves[i].answer.block,
		    (what & NOTIFY_READS) != 0);
	}
	(void)snprintf(name, sizeof(name), "notify_filter_%u", what);
	gen_write(fp, name, c->insn, c->n);
}

static void
arch_write(FILE *fp, const struct gen_arch *arch)
{
	static struct code	 c;
	unsigned int		 lifted, what;

	for (lifted = 0; lifted < LIFT_MAX; lifted++)
		command_write(fp, arch, &c, lifted);
	c.n = 0;
	emit_rows(&c, arch, signal_rows, nitems(signal_rows), 0);
	(void)emit(&c, BPF_RET | BPF_K, RET_ALLOW);
	gen_write(fp, "signal_filter", c.insn, c.n);
	c.n = 0;
	emit_rows(&c, arch, landlock_rows, nitems(landlock_rows), 0);
	(void)emit(&c, BPF_RET | BPF_K, RET_ALLOW);
	gen_write(fp, "landlock_filter", c.insn, c.n);
	for (what = 0; what < NOTIFY_MAX; what++)
		notify_write(fp, arch, &c, what);
}

int
main(int argc, char *argv[])
{
	gen_file(argc, argv, "gen_command_filter", arch_write);
	return 0;
}
