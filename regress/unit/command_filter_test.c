/* SPDX-License-Identifier: ISC */

/*
 * The filter of the command: what it refuses and with which errno, as the
 * programs for both machines say in an interpreter, and as this kernel does
 * for a child that installed it; and that ordinary things go on working.
 * Names of tests end in the ids of attacks that they stand for.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/btrfs.h>
#include <linux/kd.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <linux/vt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <ifaddrs.h>
#include <poll.h>
#include <pthread.h>
#include <pty.h>
#include <sched.h>
#include <seccomp.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include <cmocka.h>

#include "bpf.h"
#include "../../srt-exec/exec.h"

#define HIGH		0x100000000ULL
#define X32_BIT		0x40000000
#define ALLOWED		0
#define KILLED		(-1)
#define NOTIFIED	(-2)

/* What is expected of a call without regard to the flags of the settings. */
static const struct expected {
	const char	*call;
	uint64_t	 args[6];
	int		 error;
} expected[] = {
	/* K3 */
	{ "io_uring_setup", { 0 }, ENOSYS },
	{ "io_uring_enter", { 0 }, ENOSYS },
	{ "io_uring_register", { 0 }, ENOSYS },
	/* K24 */
	{ "clone3", { 0 }, ENOSYS },
	{ "bpf", { 0 }, EPERM },
	{ "perf_event_open", { 0 }, EPERM },
	{ "userfaultfd", { 0 }, EPERM },
	{ "keyctl", { 0 }, ENOSYS },
	{ "add_key", { 0 }, ENOSYS },
	{ "request_key", { 0 }, ENOSYS },
	{ "open_by_handle_at", { 0 }, EPERM },
	{ "name_to_handle_at", { 0 }, ALLOWED },
	{ "kexec_load", { 0 }, EPERM },
	{ "kexec_file_load", { 0 }, EPERM },
	{ "quotactl", { 0 }, EPERM },
	{ "quotactl_fd", { 0 }, EPERM },
	{ "pidfd_getfd", { 0 }, EPERM },
	{ "process_madvise", { 0 }, EPERM },
	{ "memfd_secret", { 0 }, ENOSYS },
	{ "init_module", { 0 }, EPERM },
	{ "finit_module", { 0 }, EPERM },
	{ "delete_module", { 0 }, EPERM },
	{ "reboot", { 0 }, EPERM },
	{ "swapon", { 0 }, EPERM },
	{ "swapoff", { 0 }, EPERM },
	{ "acct", { 0 }, EPERM },
	{ "settimeofday", { 0 }, EPERM },
	{ "clock_settime", { 0 }, EPERM },
	{ "syslog", { 0 }, EPERM },
	{ "vhangup", { 0 }, EPERM },
	{ "lookup_dcookie", { 0 }, EPERM },
	{ "nfsservctl", { 0 }, ENOSYS },
	{ "iopl", { 0 }, EPERM },
	{ "ioperm", { 0 }, EPERM },
	{ "modify_ldt", { 0 }, ENOSYS },
	/* K1, K2 */
	{ "ioctl", { 0, TIOCSTI }, EPERM },
	{ "ioctl", { 0, HIGH | TIOCSTI }, EPERM },
	{ "ioctl", { 0, 0xffffffff00000000ULL | TIOCSTI }, EPERM },
	{ "ioctl", { 0, TIOCLINUX }, EPERM },
	{ "ioctl", { 0, HIGH | TIOCLINUX }, EPERM },
	{ "ioctl", { 0, TIOCSETD }, EPERM },
	{ "ioctl", { 0, HIGH | TIOCSETD }, EPERM },
	/* A console: by name, and what has none in all headers. */
	{ "ioctl", { 0, KDSKBMODE }, EPERM },
	{ "ioctl", { 0, HIGH | KDSKBMODE }, EPERM },
	{ "ioctl", { 0, KDSETMODE }, EPERM },
	{ "ioctl", { 0, KDSKBMETA }, EPERM },
	{ "ioctl", { 0, KDSETLED }, EPERM },
	{ "ioctl", { 0, KDSKBLED }, EPERM },
	{ "ioctl", { 0, KDSKBENT }, EPERM },
	{ "ioctl", { 0, KDSKBSENT }, EPERM },
	{ "ioctl", { 0, KDSKBDIACR }, EPERM },
	{ "ioctl", { 0, KDSKBDIACRUC }, EPERM },
	{ "ioctl", { 0, KDSETKEYCODE }, EPERM },
	{ "ioctl", { 0, KDKBDREP }, EPERM },
	{ "ioctl", { 0, KDFONTOP }, EPERM },
	{ "ioctl", { 0, KIOCSOUND }, EPERM },
	{ "ioctl", { 0, PIO_FONT }, EPERM },
	{ "ioctl", { 0, PIO_CMAP }, EPERM },
	{ "ioctl", { 0, PIO_UNIMAPCLR }, EPERM },
	{ "ioctl", { 0, 0x4b51 }, EPERM },		/* KDSKBMUTE */
	{ "ioctl", { 0, HIGH | 0x4bff }, EPERM },
	{ "ioctl", { 0, VT_SETMODE }, EPERM },
	{ "ioctl", { 0, VT_RELDISP }, EPERM },
	{ "ioctl", { 0, VT_ACTIVATE }, EPERM },
	{ "ioctl", { 0, VT_SETACTIVATE }, EPERM },
	{ "ioctl", { 0, VT_DISALLOCATE }, EPERM },
	{ "ioctl", { 0, VT_RESIZE }, EPERM },
	{ "ioctl", { 0, VT_RESIZEX }, EPERM },
	{ "ioctl", { 0, VT_LOCKSWITCH }, EPERM },
	{ "ioctl", { 0, HIGH | 0x56ff }, EPERM },
	{ "ioctl", { 0, KDGKBTYPE }, ALLOWED },
	{ "ioctl", { 0, KDGETMODE }, ALLOWED },
	{ "ioctl", { 0, VT_GETSTATE }, ALLOWED },
	{ "ioctl", { 0, 0x14b45 }, ALLOWED },
	{ "ioctl", { 0, BTRFS_IOC_SNAP_CREATE }, EPERM },
	{ "ioctl", { 0, HIGH | BTRFS_IOC_SNAP_CREATE_V2 }, EPERM },
	{ "ioctl", { 0, BTRFS_IOC_SUBVOL_CREATE }, EPERM },
	{ "ioctl", { 0, BTRFS_IOC_SUBVOL_CREATE_V2 }, EPERM },
	/* bcachefs: BCH_IOCTL_SUBVOLUME_CREATE, _DESTROY, of any form */
	{ "ioctl", { 3, 0x4020bc10 }, EPERM },
	{ "ioctl", { 3, 0x4020bc11 }, EPERM },
	{ "ioctl", { 3, 0xc028bc1d }, EPERM },
	{ "ioctl", { 3, HIGH | 0x4020bc11 }, EPERM },
	{ "ioctl", { 3, 0x4020bb11 }, ALLOWED },
	{ "ioctl", { 3, 0x40186f04 }, EPERM },	/* OCFS2_IOC_REFLINK */
	{ "ioctl", { 3, HIGH | 0x40186f04 }, EPERM },
	{ "ioctl", { 3, 0x6f04 }, ALLOWED },	/* AUDIO_CONTINUE */
	{ "ioctl", { 0, BTRFS_IOC_SNAP_DESTROY }, EPERM },
	{ "ioctl", { 0, BTRFS_IOC_SNAP_DESTROY_V2 }, EPERM },
	{ "ioctl", { 0, HIGH | BTRFS_IOC_SUBVOL_CREATE }, EPERM },
	{ "ioctl", { 0, BTRFS_IOC_SYNC }, ALLOWED },
	/* K27: FS_IOC_ADD_ENCRYPTION_KEY and the two that remove keys */
	{ "ioctl", { 0, 0xc0506617 }, EPERM },
	{ "ioctl", { 0, 0xc0406618 }, EPERM },
	{ "ioctl", { 0, HIGH | 0xc0406618 }, EPERM },
	{ "ioctl", { 0, 0xc0406619 }, EPERM },
	{ "ioctl", { 0, TIOCSPGRP }, ALLOWED },
	{ "ioctl", { 0, TCGETS }, ALLOWED },
	{ "ioctl", { TIOCSTI, FIONREAD }, ALLOWED },
	/* N14 */
	{ "sendto", { 3, 1, 1, MSG_FASTOPEN }, EOPNOTSUPP },
	{ "sendto", { 3, 1, 1, MSG_FASTOPEN | MSG_NOSIGNAL }, EOPNOTSUPP },
	{ "sendto", { 3, 1, 1, HIGH | MSG_FASTOPEN }, EOPNOTSUPP },
	{ "sendto", { 3, 1, 1, MSG_NOSIGNAL }, ALLOWED },
	{ "sendmsg", { 3, 1, MSG_FASTOPEN }, EOPNOTSUPP },
	{ "sendmsg", { 3, 1, MSG_DONTWAIT }, ALLOWED },
	{ "sendmmsg", { 3, 1, 1, MSG_FASTOPEN }, EOPNOTSUPP },
	{ "sendmmsg", { 3, 1, 1, 0 }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_TCP, 30 }, EOPNOTSUPP },
	{ "setsockopt", { 3, HIGH | IPPROTO_TCP, HIGH | 30 }, EOPNOTSUPP },
	{ "setsockopt", { 3, IPPROTO_TCP, TCP_NODELAY }, ALLOWED },
	{ "setsockopt", { 3, SOL_SOCKET, 30 }, ALLOWED },
	{ "socket", { AF_INET, SOCK_STREAM, 0 }, ALLOWED },
	{ "socket", { AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
	    IPPROTO_TCP }, ALLOWED },
	{ "socket", { AF_INET6, SOCK_STREAM, IPPROTO_TCP }, ALLOWED },
	{ "socket", { AF_INET, SOCK_DGRAM, 0 }, ALLOWED },
	{ "socket", { AF_INET6, SOCK_DGRAM | SOCK_CLOEXEC, IPPROTO_UDP },
	    ALLOWED },
	{ "socket", { AF_INET, SOCK_STREAM, 262 }, EPROTONOSUPPORT },
	{ "socket", { AF_INET6, SOCK_STREAM, 262 }, EPROTONOSUPPORT },
	{ "socket", { AF_INET, SOCK_STREAM, IPPROTO_SCTP }, EPROTONOSUPPORT },
	{ "socket", { AF_INET, SOCK_STREAM, HIGH | 262 }, EPROTONOSUPPORT },
	{ "socket", { AF_INET, SOCK_STREAM, 17 }, EPROTONOSUPPORT },
	{ "socket", { AF_INET, SOCK_SEQPACKET, IPPROTO_SCTP },
	    ESOCKTNOSUPPORT },
	{ "socket", { AF_INET, 6, 0 }, ESOCKTNOSUPPORT },
	{ "socket", { AF_INET, 10, 0 }, ESOCKTNOSUPPORT },
	{ "socket", { AF_INET, SOCK_RAW, IPPROTO_ICMP }, EPERM },
	{ "socket", { AF_INET6, SOCK_RAW | SOCK_CLOEXEC, 255 }, EPERM },
	{ "socket", { HIGH | AF_INET, HIGH | SOCK_RAW, 1 }, EPERM },
	{ "socket", { AF_INET, SOCK_DGRAM, IPPROTO_ICMP }, EACCES },
	{ "socket", { AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6 }, EACCES },
	{ "socket", { AF_INET, SOCK_DGRAM, IPPROTO_UDPLITE },
	    EPROTONOSUPPORT },
	{ "socket", { AF_NETLINK, SOCK_RAW, NETLINK_ROUTE }, ALLOWED },
	{ "socket", { AF_NETLINK, SOCK_DGRAM, NETLINK_ROUTE }, ALLOWED },
	{ "socket", { AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER },
	    EPROTONOSUPPORT },
	{ "socket", { AF_NETLINK, SOCK_RAW, NETLINK_KOBJECT_UEVENT },
	    EPROTONOSUPPORT },
	{ "socket", { 0, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_PACKET, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "socket", { HIGH | AF_PACKET, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_VSOCK, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_BLUETOOTH, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_ALG, SOCK_SEQPACKET, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_KEY, SOCK_RAW, 2 }, EAFNOSUPPORT },
	{ "socket", { 44 /* AF_XDP */, SOCK_RAW, 0 }, EAFNOSUPPORT },
	{ "socket", { 0xffffffff, SOCK_STREAM, 0 }, EAFNOSUPPORT },
	{ "socket", { AF_UNIX, SOCK_STREAM, 0 }, ALLOWED },
	{ "socket", { AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0 }, ALLOWED },
	{ "socketpair", { AF_UNIX, SOCK_STREAM }, ALLOWED },
	{ "socketpair", { AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC }, ALLOWED },
	{ "socketpair", { AF_INET, SOCK_STREAM }, EAFNOSUPPORT },
	{ "socketpair", { 30 /* AF_TIPC */, SOCK_STREAM }, EAFNOSUPPORT },
	/* K15 */
	{ "setpriority", { PRIO_PGRP, 0 }, EPERM },
	{ "setpriority", { HIGH | PRIO_PGRP, HIGH }, EPERM },
	{ "setpriority", { PRIO_PGRP, 7 }, ALLOWED },
	{ "setpriority", { PRIO_PROCESS, 0 }, ALLOWED },
	{ "ioprio_set", { 2, 0 }, EPERM },
	{ "ioprio_set", { 1, 0 }, ALLOWED },
	{ "personality", { 0xffffffff }, ALLOWED },
	{ "personality", { 0 }, ALLOWED },
	{ "personality", { ADDR_NO_RANDOMIZE }, ALLOWED },
	{ "personality", { PER_LINUX32 | ADDR_NO_RANDOMIZE }, ALLOWED },
	{ "personality", { READ_IMPLIES_EXEC }, EPERM },
	{ "personality", { MMAP_PAGE_ZERO }, EPERM },
	{ "personality", { PER_SVR4 }, EPERM },
	/* what no row speaks of */
	{ "clone", { SIGCHLD }, ALLOWED },
	{ "clone", { 0x3d0f00 }, ALLOWED },
	{ "unshare", { CLONE_FS | CLONE_FILES }, ALLOWED },
	{ "ptrace", { 0 }, ALLOWED },
	{ "process_vm_readv", { 0 }, ALLOWED },
	{ "seccomp", { 0 }, ALLOWED },
	{ "landlock_restrict_self", { 0 }, ALLOWED },
	{ "openat2", { 0 }, ALLOWED },
	{ "execve", { 0 }, ALLOWED },
	{ "execveat", { 0 }, ALLOWED },
	{ "kill", { 0, SIGTERM }, ALLOWED },
	{ "mbind", { 0 }, ALLOWED },
	{ "memfd_create", { 0 }, ALLOWED },
	{ "rseq", { 0 }, ALLOWED },
	{ "set_mempolicy_home_node", { 0 }, ALLOWED }
};

/* Refused unless EXEC_NESTED_USERNS; K24, F18. */
static const struct expected namespaces[] = {
	{ "clone", { CLONE_NEWUSER | SIGCHLD }, EPERM },
	{ "clone", { CLONE_NEWNS }, EPERM },
	{ "clone", { CLONE_NEWNET }, EPERM },
	{ "clone", { CLONE_NEWPID }, EPERM },
	{ "clone", { CLONE_NEWIPC }, EPERM },
	{ "clone", { CLONE_NEWUTS }, EPERM },
	{ "clone", { CLONE_NEWCGROUP }, EPERM },
	{ "clone", { HIGH | CLONE_NEWUSER }, EPERM },
	{ "unshare", { CLONE_NEWUSER }, EPERM },
	{ "unshare", { CLONE_NEWNS | CLONE_FS }, EPERM },
	{ "unshare", { 0x80 /* CLONE_NEWTIME */ }, EPERM },
	{ "setns", { 0 }, EPERM },
	{ "mount", { 0 }, EPERM },
	{ "umount2", { 0 }, EPERM },
	{ "pivot_root", { 0 }, EPERM },
	{ "chroot", { 0 }, EPERM },
	{ "fsopen", { 0 }, EPERM },
	{ "fsconfig", { 0 }, EPERM },
	{ "fsmount", { 0 }, EPERM },
	{ "fspick", { 0 }, EPERM },
	{ "open_tree", { 0 }, EPERM },
	{ "move_mount", { 0 }, EPERM },
	{ "mount_setattr", { 0 }, EPERM },
	{ "sethostname", { 0 }, EPERM },
	{ "setdomainname", { 0 }, EPERM }
};

/* Refused unless EXEC_ALL_UNIX. */
static const struct expected unixes[] = {
	{ "socket", { AF_UNIX, SOCK_DGRAM, 0 }, EPERM },
	{ "socket", { HIGH | AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0 },
	    EPERM },
	{ "socket", { AF_UNIX, SOCK_RAW, 0 }, EPERM },
	{ "socket", { AF_UNIX, HIGH | SOCK_DGRAM, 0 }, EPERM },
	{ "socketpair", { AF_UNIX, SOCK_DGRAM }, EPERM },
	{ "socketpair", { AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC }, EPERM },
	{ "socketpair", { AF_UNIX, HIGH | SOCK_DGRAM }, EPERM },
	/* af_unix takes this for a datagram socket */
	{ "socketpair", { AF_UNIX, SOCK_RAW }, EPERM }
};

static const struct command_programs *const machines[] = {
	&command_x86_64, &command_aarch64
};

static int
answer(const struct bpf_prog *prog, uint32_t arch, int nr,
    const uint64_t *args)
{
	struct seccomp_data	 sd;
	uint32_t		 r;

	memset(&sd, 0, sizeof(sd));
	sd.nr = nr;
	sd.arch = arch;
	if (args != NULL)
		memcpy(sd.args, args, sizeof(sd.args));
	r = bpf_run(prog->insn, prog->len, &sd);
	switch (r & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return ALLOWED;
	case SECCOMP_RET_ERRNO:
		return (int)(r & SECCOMP_RET_DATA);
	case SECCOMP_RET_KILL_PROCESS:
		return KILLED;
	case SECCOMP_RET_USER_NOTIF:
		return NOTIFIED;
	}
	fail_msg("answer 0x%x", r);
	return KILLED;
}

static uint32_t
token(uint32_t arch)
{
	return arch == command_x86_64.arch ? SCMP_ARCH_X86_64 :
	    SCMP_ARCH_AARCH64;
}

static void
check_table(const struct expected *table, size_t n, unsigned int variant,
    int lifted)
{
	const struct command_programs	*m;
	const struct expected		*e;
	size_t				 i, checked = 0;
	int				 got, nr, want;

	for (i = 0; i < nitems(machines); i++) {
		m = machines[i];
		for (e = table; e < table + n; e++) {
			nr = seccomp_syscall_resolve_name_arch(token(m->arch),
			    e->call);
			if (nr < 0)	/* not on this machine */
				continue;
			want = lifted ? ALLOWED : e->error;
			got = answer(&m->command[variant], m->arch, nr,
			    e->args);
			if (got != want)
				fail_msg("%s(0x%llx, 0x%llx, 0x%llx, 0x%llx) "
				    "of 0x%x, variant %u: %d, not %d", e->call,
				    (unsigned long long)e->args[0],
				    (unsigned long long)e->args[1],
				    (unsigned long long)e->args[2],
				    (unsigned long long)e->args[3], m->arch,
				    variant, got, want);
			checked++;
		}
	}
	assert_true(checked > n);
}

static void
test_programs_refuse_K1_K2_K3_K15_K24_N14(void **state)
{
	unsigned int	 v;

	(void)state;
	for (v = 0; v < 4; v++) {
		check_table(expected, nitems(expected), v, 0);
		check_table(unixes, nitems(unixes), v, (v & 1) != 0);
		check_table(namespaces, nitems(namespaces), v, (v & 2) != 0);
	}
}

/* Other ABIs die; numbers that nobody knows are ENOSYS. */
static void
test_programs_know_their_machine_K4(void **state)
{
	static const uint32_t		 foreign[] = {
		SCMP_ARCH_X86, SCMP_ARCH_ARM, SCMP_ARCH_X86_64,
		SCMP_ARCH_AARCH64, SCMP_ARCH_S390X, 0
	};
	const struct command_programs	*m;
	size_t				 a, i;
	unsigned int			 v;
	int				 nr;

	(void)state;
	for (i = 0; i < nitems(machines); i++)
		for (v = 0; v < 4; v++) {
			m = machines[i];
			for (a = 0; a < nitems(foreign); a++) {
				if (foreign[a] == m->arch)
					continue;
				for (nr = 0; nr < 500; nr++)
					assert_int_equal(answer(
					    &m->command[v], foreign[a], nr,
					    NULL), KILLED);
			}
			for (nr = 480; nr < 4096; nr++)
				assert_int_equal(answer(&m->command[v],
				    m->arch, nr, NULL), ENOSYS);
			assert_int_equal(answer(&m->command[v], m->arch, -1,
			    NULL), ENOSYS);
		}
	for (v = 0; v < 4; v++)
		for (nr = 0; nr < 600; nr++)
			assert_int_equal(answer(&command_x86_64.command[v],
			    command_x86_64.arch, nr | X32_BIT, NULL), KILLED);
}

static void
test_signal_programs_K15(void **state)
{
	const uint64_t			 group[6] = { 0, SIGTERM };
	const uint64_t			 high[6] = { HIGH, SIGTERM };
	const uint64_t			 one[6] = { 7, SIGTERM };
	const uint64_t			 all[6] = { 0xffffffff, SIGTERM };
	const uint64_t			 plain[6] = { 3, SIGTERM, 0, 0 };
	const uint64_t			 pgrp[6] = { 3, SIGTERM, 0, 4 };
	const struct command_programs	*m;
	size_t				 i;
	int				 kill_nr, pidfd_nr;

	(void)state;
	for (i = 0; i < nitems(machines); i++) {
		m = machines[i];
		kill_nr = seccomp_syscall_resolve_name_arch(token(m->arch),
		    "kill");
		pidfd_nr = seccomp_syscall_resolve_name_arch(token(m->arch),
		    "pidfd_send_signal");
		assert_int_equal(answer(&m->signals, m->arch, kill_nr, group),
		    EPERM);
		assert_int_equal(answer(&m->signals, m->arch, kill_nr, high),
		    EPERM);
		assert_int_equal(answer(&m->signals, m->arch, kill_nr, one),
		    ALLOWED);
		assert_int_equal(answer(&m->signals, m->arch, kill_nr, all),
		    ALLOWED);
		assert_int_equal(answer(&m->signals, m->arch, pidfd_nr,
		    plain), ALLOWED);
		assert_int_equal(answer(&m->signals, m->arch, pidfd_nr, pgrp),
		    EINVAL);
	}
}

/* Mode "landlock": what leads packets elsewhere, and what does not. */
static const struct expected	 options[] = {
	{ "setsockopt", { 3, SOL_SOCKET, SO_BINDTODEVICE }, EPERM },
	{ "setsockopt", { 3, HIGH | SOL_SOCKET, HIGH | SO_BINDTODEVICE },
	    EPERM },
	{ "setsockopt", { 3, SOL_SOCKET, 62 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IP, 4 }, EPERM },	/* IP_OPTIONS */
	{ "setsockopt", { 3, HIGH, HIGH | 4 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IP, 35 }, EPERM },	/* memberships */
	{ "setsockopt", { 3, IPPROTO_IP, 39 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IP, 42 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IP, 46 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IP, 50 }, EPERM },	/* IP_UNICAST_IF */
	{ "setsockopt", { 3, IPPROTO_IP, 999 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 1 }, EPERM },	/* ADDRFORM */
	{ "setsockopt", { 3, IPPROTO_IPV6, 5 }, EPERM },	/* 2292RTHDR */
	{ "setsockopt", { 3, IPPROTO_IPV6, 6 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 20 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 27 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 32 }, EPERM },	/* flow labels */
	{ "setsockopt", { 3, IPPROTO_IPV6, 46 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 50 }, EPERM },	/* PKTINFO */
	{ "setsockopt", { 3, IPPROTO_IPV6, 54 }, EPERM },	/* HOPOPTS */
	{ "setsockopt", { 3, IPPROTO_IPV6, 55 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 57 }, EPERM },	/* RTHDR */
	{ "setsockopt", { 3, HIGH | IPPROTO_IPV6, HIGH | 57 }, EPERM },
	{ "setsockopt", { 3, IPPROTO_IPV6, 59 }, EPERM },	/* DSTOPTS */
	{ "setsockopt", { 3, IPPROTO_IPV6, 76 }, EPERM },
	{ "setsockopt", { 3, SOL_SOCKET, SO_KEEPALIVE }, ALLOWED },
	{ "setsockopt", { 3, SOL_SOCKET, SO_REUSEADDR }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_TCP, TCP_NODELAY }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_TCP, SO_BINDTODEVICE }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_TCP, 57 }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_IP, IP_TOS }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_IP, IP_TTL }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_IPV6, IPV6_V6ONLY }, ALLOWED },
	{ "setsockopt", { 3, IPPROTO_IPV6, IPV6_TCLASS }, ALLOWED },
	{ "socket", { AF_INET, SOCK_DGRAM, 0 }, EACCES },
	{ "socket", { AF_INET, SOCK_STREAM, 0 }, ALLOWED }
};

static void
test_landlock_programs_N30(void **state)
{
	const struct command_programs	*m;
	size_t				 i, k;
	int				 nr;

	(void)state;
	for (i = 0; i < nitems(machines); i++)
		for (k = 0; k < nitems(options); k++) {
			m = machines[i];
			nr = seccomp_syscall_resolve_name_arch(token(m->arch),
			    options[k].call);
			if (answer(&m->landlock, m->arch, nr,
			    options[k].args) != options[k].error)
				fail_msg("%s of row %zu", options[k].call, k);
		}
}

/* What goes to the broker: always, with files, with strict reads. */
static const struct {
	const char	*call;
	uint64_t	 args[6];
	int		 plain;
	int		 files;
	int		 reads;
} notices[] = {
#define ALL3(x)	(x), (x), (x)
#define FILES	ALLOWED, NOTIFIED, NOTIFIED
	{ "connect", { 3 }, ALL3(NOTIFIED) },
	{ "bind", { 3 }, ALL3(NOTIFIED) },
	{ "open", { 1, O_RDONLY }, ALLOWED, ALLOWED, NOTIFIED },
	{ "open", { 1, O_WRONLY }, FILES },
	{ "open", { 1, O_RDWR }, FILES },
	{ "open", { 1, O_ACCMODE }, FILES },
	{ "open", { 1, O_RDONLY | O_CREAT }, FILES },
	{ "open", { 1, O_RDONLY | O_TRUNC }, FILES },
	{ "open", { 1, O_PATH | O_CREAT | O_RDWR }, ALL3(ALLOWED) },
	{ "openat", { 9, 1, O_RDONLY | O_CLOEXEC | O_DIRECTORY }, ALLOWED,
	    ALLOWED, NOTIFIED },
	{ "openat", { O_CREAT, O_WRONLY, 0, O_CREAT }, ALLOWED, ALLOWED,
	    NOTIFIED },
	{ "openat", { 9, 1, HIGH | O_WRONLY }, FILES },
	{ "openat", { 9, 1, O_WRONLY }, FILES },
	{ "openat", { 9, 1, O_CREAT }, FILES },
	{ "openat", { 9, 1, O_RDONLY | 020000000 }, FILES },
	{ "openat", { 9, 1, O_PATH | O_WRONLY }, ALL3(ALLOWED) },
	{ "openat2", { 0 }, FILES },
	{ "creat", { 0 }, FILES },
	{ "mkdir", { 0 }, FILES },
	{ "mkdirat", { 0 }, FILES },
	{ "mknod", { 0 }, FILES },
	{ "mknodat", { 0 }, FILES },
	{ "unlink", { 0 }, FILES },
	{ "unlinkat", { 0 }, FILES },
	{ "rmdir", { 0 }, FILES },
	{ "rename", { 0 }, FILES },
	{ "renameat", { 0 }, FILES },
	{ "renameat2", { 0 }, FILES },
	{ "link", { 0 }, FILES },
	{ "linkat", { 0 }, FILES },
	{ "symlink", { 0 }, FILES },
	{ "symlinkat", { 0 }, FILES },
	{ "truncate", { 0 }, FILES },
	{ "chmod", { 0 }, FILES },
	{ "fchmod", { 0 }, FILES },
	{ "fchmodat", { 0 }, FILES },
	{ "chown", { 0 }, FILES },
	{ "lchown", { 0 }, FILES },
	{ "fchown", { 0 }, FILES },
	{ "fchownat", { 0 }, FILES },
	{ "utime", { 0 }, FILES },
	{ "utimes", { 0 }, FILES },
	{ "futimesat", { 0 }, FILES },
	{ "utimensat", { 0 }, FILES },
	{ "setxattr", { 0 }, FILES },
	{ "lsetxattr", { 0 }, FILES },
	{ "fsetxattr", { 0 }, FILES },
	{ "removexattr", { 0 }, FILES },
	{ "lremovexattr", { 0 }, FILES },
	{ "fremovexattr", { 0 }, FILES },
	{ "chdir", { 0 }, FILES },
	{ "fchdir", { 0 }, FILES },
	{ "clone", { SIGCHLD }, ALL3(ALLOWED) },
	{ "clone", { CLONE_VM | CLONE_VFORK | SIGCHLD }, ALL3(ALLOWED) },
	{ "clone", { CLONE_VM | CLONE_FS | CLONE_SIGHAND | CLONE_THREAD },
	    ALL3(ALLOWED) },
	{ "clone", { CLONE_FS | SIGCHLD }, FILES },
	{ "clone", { HIGH | CLONE_FS }, FILES },
	{ "clone", { CLONE_VM | CLONE_SIGHAND | CLONE_THREAD }, FILES },
	{ "unshare", { CLONE_FS }, FILES },
	{ "unshare", { CLONE_FS | CLONE_FILES }, FILES },
	{ "unshare", { CLONE_FILES }, ALL3(ALLOWED) },
	{ "umask", { 0 }, ALL3(NOTIFIED) },
	{ "read", { 0 }, ALL3(ALLOWED) },
	{ "ftruncate", { 0 }, ALL3(ALLOWED) },
	{ "stat", { 0 }, ALL3(ALLOWED) },
	{ "execve", { 0 }, ALL3(ALLOWED) }
};

static void
test_notify_programs(void **state)
{
	const struct command_programs	*m;
	size_t				 i, k;
	int				 nr;

	(void)state;
	for (i = 0; i < nitems(machines); i++) {
		m = machines[i];
		for (k = 0; k < nitems(notices); k++) {
			nr = seccomp_syscall_resolve_name_arch(token(m->arch),
			    notices[k].call);
			if (nr < 0)
				continue;
			if (answer(&m->notify[0], m->arch, nr,
			    notices[k].args) != notices[k].plain ||
			    answer(&m->notify[1], m->arch, nr,
			    notices[k].args) != notices[k].files ||
			    answer(&m->notify[3], m->arch, nr,
			    notices[k].args) != notices[k].reads)
				fail_msg("%s, row %zu of 0x%x",
				    notices[k].call, k, m->arch);
		}
		/* fchmodat2, which this libseccomp may not know. */
		assert_int_equal(answer(&m->notify[1], m->arch, 452, NULL),
		    NOTIFIED);
		/* The other filter sees to foreign machines. */
		assert_int_equal(answer(&m->notify[1], m->arch + 1, 2, NULL),
		    ALLOWED);
	}
}

/* The real thing: each check runs in a child with the filter. */

#define CHECK(e) do {							\
	if (!(e)) {							\
		(void)dprintf(STDERR_FILENO, "%s:%d: %s (errno %d)\n",	\
		    __FILE__, __LINE__, #e, errno);			\
		_exit(1);						\
	}								\
} while (0)

#define REFUSED(e, err)	CHECK((errno = 0, (e)) == -1 && errno == (err))

static int
filtered(uint32_t flags, void (*fn)(void))
{
	pid_t	 pid;
	int	 status;

	if ((pid = fork()) == 0) {
		(void)alarm(30);
		CHECK(command_filter_install(flags) == 0);
		fn();
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void
assert_passes(uint32_t flags, void (*fn)(void))
{
	assert_int_equal(filtered(flags, fn), 0);
}

static void
refuse_terminal(void)
{
	int	 disc = 0, master, slave;
	char	 c = 'x';

	CHECK(openpty(&master, &slave, NULL, NULL, NULL) == 0);
	CHECK(setsid() != -1);
	CHECK(ioctl(slave, TIOCSCTTY, 0) == 0);
	REFUSED(ioctl(slave, TIOCSTI, &c), EPERM);
	REFUSED(syscall(SYS_ioctl, slave, HIGH | TIOCSTI, &c), EPERM);
	REFUSED(syscall(SYS_ioctl, slave, HIGH | TIOCLINUX, &c), EPERM);
	REFUSED(ioctl(slave, TIOCLINUX, &c), EPERM);
	REFUSED(ioctl(slave, TIOCSETD, &disc), EPERM);
	REFUSED(ioctl(slave, TIOCEXCL), EPERM);
	REFUSED(syscall(SYS_ioctl, slave, HIGH | TIOCEXCL, 0), EPERM);
	REFUSED(tcflow(slave, TCOOFF), EPERM);
	REFUSED(syscall(SYS_ioctl, slave, HIGH | TCXONC, TCOOFF), EPERM);
	CHECK(tcflow(slave, TCOON) == 0);
	CHECK(tcsetpgrp(slave, getpgrp()) == 0);
}

static void
test_terminal_K1_K2(void **state)
{
	(void)state;
	assert_passes(0, refuse_terminal);
}

static void
refuse_kernel_surface(void)
{
	char	 buf[256];

	memset(buf, 0, sizeof(buf));
	REFUSED(syscall(425, 4, buf), ENOSYS);		/* io_uring_setup */
	REFUSED(syscall(435, buf, 88), ENOSYS);		/* clone3 */
	REFUSED(syscall(SYS_bpf, 0, buf, sizeof(buf)), EPERM);
	REFUSED(syscall(SYS_perf_event_open, buf, 0, -1, -1, 0), EPERM);
	REFUSED(syscall(SYS_userfaultfd, 0), EPERM);
	REFUSED(syscall(SYS_keyctl, 0, -3, 1), ENOSYS);
	REFUSED(syscall(SYS_add_key, "user", "x", "y", 1, -3), ENOSYS);
	REFUSED(syscall(SYS_open_by_handle_at, -1, buf, 0), EPERM);
	REFUSED(syscall(SYS_quotactl, 0, NULL, 0, NULL), EPERM);
	REFUSED(syscall(438, -1, 0, 0), EPERM);		/* pidfd_getfd */
	REFUSED(syscall(440, -1, NULL, 0, 0, 0), EPERM);
	REFUSED(syscall(SYS_kexec_load, 0, 0, NULL, 0), EPERM);
	REFUSED(syscall(SYS_unshare, CLONE_NEWUSER), EPERM);
	REFUSED(syscall(SYS_setns, -1, 0), EPERM);
	REFUSED(syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0),
	    EPERM);
	REFUSED(syscall(SYS_mount, "none", "/", NULL, 0, NULL), EPERM);
	REFUSED(syscall(SYS_umount2, "/nowhere", 0), EPERM);
	REFUSED(syscall(428, -1, "", 0), EPERM);	/* open_tree */
	REFUSED(syscall(429, -1, "", -1, "", 0), EPERM);
	REFUSED(syscall(430, "tmpfs", 0), EPERM);	/* fsopen */
	REFUSED(syscall(442, -1, "", 0, buf, 32), EPERM);
	REFUSED(syscall(4000), ENOSYS);
	REFUSED(personality(READ_IMPLIES_EXEC), EPERM);
	CHECK(personality(0xffffffff) != -1);
	CHECK(unshare(CLONE_FS) == 0);
}

static void
test_kernel_surface_K3_K24(void **state)
{
	(void)state;
	assert_passes(0, refuse_kernel_surface);
}

static void
refuse_sockets(void)
{
	struct sockaddr_in	 sin;
	int			 one = 1, s, sv[2];

	CHECK(socket(AF_UNIX, SOCK_STREAM, 0) != -1);
	CHECK(socket(AF_UNIX, SOCK_SEQPACKET, 0) != -1);
	REFUSED(socket(AF_UNIX, SOCK_DGRAM, 0), EPERM);
	REFUSED(socket(AF_UNIX, SOCK_RAW, 0), EPERM);
	REFUSED(socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0), EPERM);
	REFUSED(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv), EPERM);
	REFUSED(socketpair(AF_UNIX, SOCK_RAW, 0, sv), EPERM);
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT);
	REFUSED(socket(AF_VSOCK, SOCK_STREAM, 0), EAFNOSUPPORT);
	REFUSED(socket(AF_ALG, SOCK_SEQPACKET, 0), EAFNOSUPPORT);
	REFUSED(socket(AF_INET, SOCK_RAW, IPPROTO_ICMP), EPERM);
	REFUSED(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
	REFUSED(socket(AF_INET, SOCK_STREAM, 262), EPROTONOSUPPORT);
	REFUSED(socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP), EPROTONOSUPPORT);
	REFUSED(socket(AF_NETLINK, SOCK_RAW, NETLINK_NETFILTER),
	    EPROTONOSUPPORT);

	CHECK((s = socket(AF_INET, SOCK_STREAM, 0)) != -1);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	sin.sin_port = htons(9);
	REFUSED(sendto(s, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL,
	    (struct sockaddr *)&sin, sizeof(sin)), EOPNOTSUPP);
	REFUSED(setsockopt(s, IPPROTO_TCP, 30, &one, sizeof(one)),
	    EOPNOTSUPP);
	CHECK(setsockopt(s, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) ==
	    0);
}

static void
test_sockets_N14(void **state)
{
	(void)state;
	assert_passes(0, refuse_sockets);
}

static void
allow_unix(void)
{
	int	 sv[2];

	CHECK(socket(AF_UNIX, SOCK_DGRAM, 0) != -1);
	CHECK(socketpair(AF_UNIX, SOCK_DGRAM, 0, sv) == 0);
	REFUSED(syscall(SYS_unshare, CLONE_NEWUSER), EPERM);
	REFUSED(socket(AF_PACKET, SOCK_RAW, 0), EAFNOSUPPORT);
}

/* Whether the kernel then makes the namespace is its own affair. */
static void
allow_namespaces(void)
{
	REFUSED(socket(AF_UNIX, SOCK_DGRAM, 0), EPERM);
	REFUSED(syscall(SYS_setns, -1, 0), EBADF);
	REFUSED(syscall(SYS_unshare, 0x1), EINVAL);
	REFUSED(syscall(435, NULL, 0), ENOSYS);
}

static void
test_settings_lift_rows(void **state)
{
	(void)state;
	assert_passes(EXEC_ALL_UNIX, allow_unix);
	assert_passes(EXEC_NESTED_USERNS, allow_namespaces);
}

static void
refuse_groups(void)
{
	REFUSED(setpriority(PRIO_PGRP, 0, 10), EPERM);
	CHECK(setpriority(PRIO_PROCESS, 0, 10) == 0);
	REFUSED(syscall(SYS_ioprio_set, 2, 0, 0x4000), EPERM);
	CHECK(syscall(SYS_ioprio_set, 1, 0, 0x4007) == 0);
	CHECK(kill(0, 0) == 0);
}

static void
refuse_group_signals(void)
{
	int	 fd;

	REFUSED(kill(0, 0), EPERM);
	CHECK(kill(getpid(), 0) == 0);
	CHECK((fd = (int)syscall(434, getpid(), 0)) != -1);
	CHECK(syscall(424, fd, 0, NULL, 0) == 0);
	REFUSED(syscall(424, fd, 0, NULL, 4), EINVAL);
	REFUSED(setpriority(PRIO_PGRP, 0, 10), EPERM);
}

static void
test_process_groups_K15(void **state)
{
	(void)state;
	assert_passes(0, refuse_groups);
	assert_passes(COMMAND_FILTER_SIGNALS, refuse_group_signals);
}

#ifdef __x86_64__
static void
call_i386(void)
{
	long	 r;

	__asm__ volatile ("int $0x80" : "=a" (r) : "a" (20) : "memory",
	    "r8", "r9", "r10", "r11");
	_exit(r > 0 ? 2 : 3);
}

static void
call_x32(void)
{
	_exit(syscall(X32_BIT | 39) > 0 ? 2 : 3);
}

static void
test_foreign_abi_K4(void **state)
{
	int	 status;

	(void)state;
	status = filtered(0, call_i386);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
	status = filtered(0, call_x32);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSYS);
}
#endif

/* Ordinary things. */

static void *
thread_main(void *arg)
{
	return arg;
}

static void
threads_work(void)
{
	pthread_t	 t;
	void		*r;
	int		 x;

	CHECK(pthread_create(&t, NULL, thread_main, &x) == 0);
	CHECK(pthread_join(t, &r) == 0 && r == &x);
}

static void
processes_work(void)
{
	pid_t	 pid;
	int	 status;

	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		(void)execl("/bin/true", "true", (char *)NULL);
		_exit(1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && status == 0);
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	CHECK((pid = vfork()) != -1);
	if (pid == 0) {
		(void)execl("/bin/sh", "sh", "-c", "exit 7", (char *)NULL);
		_exit(1);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 7);
}

static void
tcp_works(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	char			 c;
	int			 a, l, s;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	CHECK((l = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP)) != -1);
	CHECK(bind(l, (struct sockaddr *)&sin, len) == 0);
	CHECK(listen(l, 1) == 0);
	CHECK(getsockname(l, (struct sockaddr *)&sin, &len) == 0);
	CHECK((s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) != -1);
	CHECK(connect(s, (struct sockaddr *)&sin, len) == 0);
	CHECK((a = accept(l, NULL, NULL)) != -1);
	CHECK(send(s, "x", 1, MSG_NOSIGNAL) == 1);
	CHECK(recv(a, &c, 1, 0) == 1 && c == 'x');
}

static void
descriptors_work(void)
{
	struct epoll_event	 ev = { .events = EPOLLIN };
	struct itimerspec	 its = { .it_value = { 0, 1000000 } };
	struct ifaddrs		*ifa;
	char			 c;
	int			 ep, fd, sv[2], tfd;

	CHECK(socketpair(AF_UNIX, SOCK_STREAM, 0, sv) == 0);
	CHECK(write(sv[0], "x", 1) == 1 && read(sv[1], &c, 1) == 1);
	CHECK(socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, sv) == 0);
	CHECK(getifaddrs(&ifa) == 0);
	freeifaddrs(ifa);
	CHECK((fd = memfd_create("x", MFD_CLOEXEC)) != -1);
	CHECK(ftruncate(fd, 4096) == 0);
	CHECK(mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE, fd, 0) !=
	    MAP_FAILED);
	CHECK(inotify_init1(IN_CLOEXEC) != -1);
	CHECK((tfd = timerfd_create(CLOCK_MONOTONIC, 0)) != -1);
	CHECK(timerfd_settime(tfd, 0, &its, NULL) == 0);
	CHECK((ep = epoll_create1(0)) != -1);
	CHECK(epoll_ctl(ep, EPOLL_CTL_ADD, tfd, &ev) == 0);
	CHECK(epoll_wait(ep, &ev, 1, 10000) == 1);
}

static void
debuggers_work(void)
{
	pid_t	 pid;
	int	 status;

	CHECK((pid = fork()) != -1);
	if (pid == 0) {
		CHECK(ptrace(PTRACE_TRACEME, 0, NULL, NULL) == 0);
		(void)raise(SIGSTOP);
		_exit(5);
	}
	CHECK(waitpid(pid, &status, 0) == pid && WIFSTOPPED(status));
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) == 0);
	CHECK(waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5);
}

/* A filter of its own, as browsers and sshd have. */
static void
nested_filter_works(void)
{
	struct sock_filter	 insn[] = {
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog	 prog = { 1, insn };

	CHECK(prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog) == 0);
	CHECK(command_filter_install(0) == 0);
	processes_work();
}

static void
test_ordinary_things_work(void **state)
{
	(void)state;
	assert_passes(0, threads_work);
	assert_passes(COMMAND_FILTER_SIGNALS, processes_work);
	assert_passes(0, tcp_works);
	assert_passes(0, descriptors_work);
	assert_passes(0, debuggers_work);
	assert_passes(0, nested_filter_works);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_refuse_K1_K2_K3_K15_K24_N14),
		cmocka_unit_test(test_programs_know_their_machine_K4),
		cmocka_unit_test(test_signal_programs_K15),
		cmocka_unit_test(test_landlock_programs_N30),
		cmocka_unit_test(test_notify_programs),
		cmocka_unit_test(test_terminal_K1_K2),
		cmocka_unit_test(test_kernel_surface_K3_K24),
		cmocka_unit_test(test_sockets_N14),
		cmocka_unit_test(test_settings_lift_rows),
		cmocka_unit_test(test_process_groups_K15),
#ifdef __x86_64__
		cmocka_unit_test(test_foreign_abi_K4),
#endif
		cmocka_unit_test(test_ordinary_things_work)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
