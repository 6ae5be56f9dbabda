/* SPDX-License-Identifier: ISC */

/*
 * What the command may ask of the kernel, and what of it the broker answers:
 * the tables of gen_command_filter.c.  Every call that we have looked at is
 * allowed, unless a row refuses it; what a newer kernel adds is ENOSYS.
 */

#include <sys/ioctl.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <linux/btrfs.h>
#include <linux/kd.h>
#include <linux/netlink.h>
#include <linux/sched.h>
#include <linux/vt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <termios.h>

#include "gen_command_filter.h"
#include "gen_filter.h"
#include "linux_new.h"

const struct refusal	 refusals[] = {
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
const size_t	nrefusals = nitems(refusals);

/* A libseccomp that knows more than we do adds nothing. */
const char *const	 reviewed[] = {
	"cachestat", "fchmodat2", "map_shadow_stack", "futex_wake",
	"futex_wait", "futex_requeue", "mseal"
};
const size_t	nreviewed = nitems(reviewed);

#define EQ(n, v)	{ TEST_EQ, (n), WHOLE, (v) }
#define NE(n, v)	{ TEST_NE, (n), WHOLE, (v) }
#define EQMASK(n, m, v)	{ TEST_EQ, (n), (m), (v) }
#define ANY(n, v)	{ TEST_ANY, (n), 0, (v) }

#define ROW(c, l, e, ...)						\
	{ .call = (c), .lift = (l), .error = (e), .conds = { __VA_ARGS__ } }
#define OTHERWISE(c, e)	{ .call = (c), .error = (e) }
#define IP_MAY(l, o)	ROW("setsockopt", 0, 0, EQ(1, (l)), EQ(2, (o)))

#define SOCK_KIND	0xfU	/* the type without its flags */
#define KIND(v)		EQMASK(1, SOCK_KIND, (v))
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
#define IOC_KDGKBMUTE	0x4b50		/* KDGKBMUTE */
/* All requests of <linux/kd.h> and of <linux/vt.h>, which have no sizes. */
#define IOC_GROUP	(WHOLE & ~(unsigned int)0xff)
#define IOC_KD		0x4b00
#define IOC_VT		0x5600
/* All requests of a driver, whatever their direction and size. */
#define IOC_TYPE	0xff00U
#define IOC_BCACHEFS	0xbc00U
#define IOC_OCFS2_REFLINK 0x40186f04U
#define FCNTL_SETLEASE	1024		/* F_SETLEASE of <linux/fcntl.h> */
#define FCNTL_SETDELEG	1040
#define BINDTOIFINDEX	62	/* SO_BINDTOIFINDEX */
#define ADDR_PREFERENCES 72	/* IPV6_..., of <linux/in6.h> */
#define MINHOPCOUNT	73
#define FREEBIND6	78
#define IOPRIO_PROCESS	1	/* IOPRIO_WHO_PROCESS of <linux/ioprio.h> */
#define IOPRIO_PGRP	2

static const struct row	 command[] = {
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
	 * Nobody else could open it any more, and what is written to it would
	 * wait for good, srt's report as well: both outlast the command.
	 */
	ROW("ioctl", 0, EPERM, EQ(1, TIOCEXCL)),
	ROW("ioctl", 0, EPERM, EQ(1, TCXONC), EQ(2, TCOOFF)),
	/*
	 * A text console: keyboard, keymap, screen, font and the switch to
	 * another console stay as they were set.  What only asks may.
	 */
	ROW("ioctl", 0, 0, EQ(1, KDGKBTYPE)),
	ROW("ioctl", 0, 0, EQ(1, KDGETMODE)),
	ROW("ioctl", 0, 0, EQ(1, KDGETLED)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBMODE)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBMETA)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBLED)),
	ROW("ioctl", 0, 0, EQ(1, IOC_KDGKBMUTE)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBENT)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBSENT)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBDIACR)),
	ROW("ioctl", 0, 0, EQ(1, KDGKBDIACRUC)),
	ROW("ioctl", 0, 0, EQ(1, KDGETKEYCODE)),
	ROW("ioctl", 0, 0, EQ(1, GIO_CMAP)),
	ROW("ioctl", 0, 0, EQ(1, GIO_SCRNMAP)),
	ROW("ioctl", 0, 0, EQ(1, GIO_UNISCRNMAP)),
	ROW("ioctl", 0, 0, EQ(1, GIO_UNIMAP)),
	ROW("ioctl", 0, EPERM, EQMASK(1, IOC_GROUP, IOC_KD)),
	ROW("ioctl", 0, 0, EQ(1, VT_OPENQRY)),
	ROW("ioctl", 0, 0, EQ(1, VT_GETMODE)),
	ROW("ioctl", 0, 0, EQ(1, VT_GETSTATE)),
	ROW("ioctl", 0, 0, EQ(1, VT_GETHIFONTMASK)),
	ROW("ioctl", 0, EPERM, EQMASK(1, IOC_GROUP, IOC_VT)),
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
	 * Those of bcachefs make and remove subvolumes by any descriptor, past
	 * mounts that are read-only and without asking Landlock.
	 */
	ROW("ioctl", 0, EPERM, EQMASK(1, IOC_TYPE, IOC_BCACHEFS)),
	ROW("ioctl", 0, EPERM, EQ(1, IOC_OCFS2_REFLINK)),
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
static const struct row	 signals[] = {
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
static const struct row	 landlock[] = {
	/* The broker sees where TCP goes; a datagram names its receiver. */
	ROW("socket", 0, EACCES, EQ(0, AF_INET), KIND(SOCK_DGRAM)),
	ROW("socket", 0, EACCES, EQ(0, AF_INET6), KIND(SOCK_DGRAM)),

	/*
	 * Where a connection goes is said once, but each packet is made and
	 * routed as its socket says: a routing header, a source route or
	 * another device lead it past the broker, options carry the command's
	 * words, and who joins a group tells the network so.  Of what is IP's
	 * only this keeps to the machine.
	 */
	ROW("setsockopt", 0, EPERM, EQ(1, SOL_SOCKET), EQ(2, SO_BINDTODEVICE)),
	ROW("setsockopt", 0, EPERM, EQ(1, SOL_SOCKET), EQ(2, BINDTOIFINDEX)),
	IP_MAY(IPPROTO_IP, IP_TOS),
	IP_MAY(IPPROTO_IP, IP_TTL),
	IP_MAY(IPPROTO_IP, IP_PKTINFO),
	IP_MAY(IPPROTO_IP, IP_MTU_DISCOVER),
	IP_MAY(IPPROTO_IP, IP_RECVERR),
	IP_MAY(IPPROTO_IP, IP_RECVTTL),
	IP_MAY(IPPROTO_IP, IP_RECVTOS),
	IP_MAY(IPPROTO_IP, IP_FREEBIND),
	IP_MAY(IPPROTO_IP, IP_MINTTL),
	IP_MAY(IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT),
	ROW("setsockopt", 0, EPERM, EQ(1, IPPROTO_IP)),
	IP_MAY(IPPROTO_IPV6, IPV6_UNICAST_HOPS),
	IP_MAY(IPPROTO_IPV6, IPV6_MTU_DISCOVER),
	IP_MAY(IPPROTO_IPV6, IPV6_RECVERR),
	IP_MAY(IPPROTO_IPV6, IPV6_V6ONLY),
	IP_MAY(IPPROTO_IPV6, IPV6_RECVPKTINFO),
	IP_MAY(IPPROTO_IPV6, IPV6_RECVHOPLIMIT),
	IP_MAY(IPPROTO_IPV6, IPV6_RECVTCLASS),
	IP_MAY(IPPROTO_IPV6, IPV6_TCLASS),
	IP_MAY(IPPROTO_IPV6, ADDR_PREFERENCES),
	IP_MAY(IPPROTO_IPV6, MINHOPCOUNT),
	IP_MAY(IPPROTO_IPV6, FREEBIND6),
	ROW("setsockopt", 0, EPERM, EQ(1, IPPROTO_IPV6)),

	/* Whose one process is, the broker says: see notified[]. */
	ROW("setpriority", 0, 0, EQ(0, PRIO_PROCESS)),
	OTHERWISE("setpriority", EPERM),
	ROW("ioprio_set", 0, 0, EQ(0, IOPRIO_PROCESS)),
	OTHERWISE("ioprio_set", EPERM),

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

const struct rows	 command_rows = { command, nitems(command) };
const struct rows	 signal_rows = { signals, nitems(signals) };
const struct rows	 landlock_rows = { landlock, nitems(landlock) };

const struct notified	 notified[] = {
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
	{ "vfork",	NOTIFY_LANDLOCK, ALWAYS },
	/* Of itself alone, not of another process of the user's. */
	{ "setpriority", NOTIFY_LANDLOCK, NUMBERED_1 },
	{ "ioprio_set",	NOTIFY_LANDLOCK, NUMBERED_1 },
	{ "prlimit64",	NOTIFY_LANDLOCK, NUMBERED_0 },
	{ "sched_setaffinity", NOTIFY_LANDLOCK, NUMBERED_0 },
	{ "sched_setscheduler", NOTIFY_LANDLOCK, NUMBERED_0 },
	{ "sched_setparam", NOTIFY_LANDLOCK, NUMBERED_0 },
	{ "sched_setattr", NOTIFY_LANDLOCK, NUMBERED_0 }
};
const size_t	nnotified = nitems(notified);
