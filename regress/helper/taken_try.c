/* SPDX-License-Identifier: ISC */

/*
 * What a role that was taken over would try.  Each try is made by a child of
 * its own, which has the role's descriptors and memory and confines itself as
 * the role does: the kernel's answer can be its death.
 */

#include "compat.h"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include <linux/magic.h>
#include <linux/netlink.h>
#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "sandbox.h"
#include "taken.h"

#define NR_PIDFD_SEND_SIGNAL	424
#define NR_IO_URING_SETUP	425
#define NR_OPEN_TREE		428
#define NR_FSOPEN		430
#define NR_PIDFD_OPEN		434
#define NR_OPENAT2		437
#define NR_PIDFD_GETFD		438
#define NR_LANDLOCK_CREATE	444
#define NR_MEMFD_SECRET		447

#define TARGETS_MAX	16
#define FDS_MAX		64

/* By whose right it is judged. */
static struct {
	const char	*name;
	pid_t		 pid[TARGETS_MAX];
	size_t		 n;
} targets[] = { { "srt", { 0 }, 0 }, { "role", { 0 }, 0 },
    { "host", { 0 }, 0 } };

/* What was made before the role confined itself. */
static int	 made = -1;

pid_t	 __real_fork(void);

static long
word(const char *path, int flags)
{
	return open(path, flags | O_CLOEXEC | O_NONBLOCK | O_NOCTTY, 0600);
}

static const char *
in_work(const char *name)
{
	static char	 path[512];

	(void)snprintf(path, sizeof(path), "%s/%s", taken->work, name);
	return path;
}

/* --- files */

static long
try_read(void)
{
	return word(taken->secret, O_RDONLY);
}

static long
try_write(void)
{
	return word(taken->secret, O_WRONLY);
}

static long
try_settings(void)
{
	return word(taken->settings, O_RDONLY);
}

static long
try_shadow(void)
{
	return word("/etc/shadow", O_RDONLY);
}

static long
try_create(void)
{
	return word(in_work("taken"), O_WRONLY | O_CREAT);
}

static long
try_openat2(void)
{
	uint64_t	 how[3] = { O_RDONLY, 0, 0 };

	return syscall(NR_OPENAT2, AT_FDCWD, taken->secret, how, sizeof(how));
}

static long
try_stat(void)
{
	struct stat	 st;

	return fstatat(AT_FDCWD, taken->secret, &st, 0);
}

static long
try_readlink(void)
{
	char	 buf[64];

	return readlinkat(AT_FDCWD, "/proc/self/exe", buf, sizeof(buf));
}

static long
try_unlink(void)
{
	return unlinkat(AT_FDCWD, in_work("taken"), 0);
}

static long
try_mkdir(void)
{
	return mkdirat(AT_FDCWD, in_work("taken.dir"), 0700);
}

static long
try_own_memory(void)
{
	return word("/proc/self/mem", O_RDWR);
}

static long
try_handle(void)
{
	char	 handle[128];
	int	 id;

	memset(handle, 0, sizeof(handle));
	*(unsigned int *)(void *)handle = 64;
	return syscall(SYS_name_to_handle_at, AT_FDCWD, "/", handle, &id, 0);
}

/* --- programs and processes */

static char	*no_args[] = { NULL };

static long
try_exec(void)
{
	return execve("/bin/true", no_args, no_args);
}

static long
try_execveat(void)
{
	return syscall(SYS_execveat, AT_FDCWD, "/bin/true", no_args, no_args,
	    0);
}

static long
try_clone(long flags)
{
	long	 pid = syscall(SYS_clone, flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_fork(void)
{
	return try_clone(0);
}

static long
try_userns(void)
{
	return try_clone(CLONE_NEWUSER);
}

static long
try_clone3(void)
{
	uint64_t	 args[8] = { 0, 0, 0, 0, SIGCHLD, 0, 0, 0 };
	long		 pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(0);
	return pid;
}

static long
try_unshare(void)
{
	return unshare(CLONE_NEWUSER);
}

static long
try_unshare_net(void)
{
	return unshare(CLONE_NEWUSER | CLONE_NEWNET);
}

static long
try_setns(void)
{
	return setns(made, CLONE_NEWUTS);
}

static long
try_mount(void)
{
	return mount("none", taken->work, "tmpfs", 0, NULL);
}

static long
try_fsopen(void)
{
	return syscall(NR_FSOPEN, "tmpfs", 0);
}

static long
try_open_tree(void)
{
	return syscall(NR_OPEN_TREE, AT_FDCWD, "/", 0);
}

static long
try_chroot(void)
{
	return chroot("/");
}

static long
try_setuid(void)
{
	return syscall(SYS_setuid, getuid());
}

static long
try_kill_all(void)
{
	return kill(-1, 0);
}

static long
try_setpgid(void)
{
	return setpgid(0, 0);
}

static long
try_priority(void)
{
	return setpriority(PRIO_PROCESS, 0, 1);
}

/* --- the kernel */

static long
try_keyctl(void)
{
	return syscall(SYS_keyctl, 0, -3, 1, 0, 0);
}

static long
try_add_key(void)
{
	return syscall(SYS_add_key, "user", "taken", "x", 1, -2);
}

static long
try_bpf(void)
{
	/* BPF_MAP_CREATE: a hash, the sizes of key and value, one entry */
	uint32_t	 attr[16] = { 1, 4, 4, 1 };

	return syscall(SYS_bpf, 0, attr, sizeof(attr));
}

static long
try_io_uring(void)
{
	char	 params[120] = "";

	return syscall(NR_IO_URING_SETUP, 1, params);
}

static long
try_perf(void)
{
	/* A clock of its own in software, without kernel and hypervisor. */
	uint64_t	 attr[8] = { 1 | (uint64_t)sizeof(attr) << 32, 0, 0, 0,
			    0, 1 << 5 | 1 << 6 };

	return syscall(SYS_perf_event_open, attr, 0, -1, -1, 0);
}

static long
try_userfaultfd(void)
{
	return syscall(SYS_userfaultfd, 1);
}

static long
try_seccomp(void)
{
	/* SECCOMP_GET_ACTION_AVAIL: is there SECCOMP_RET_ALLOW? */
	uint32_t	 action = 0x7fff0000;

	return syscall(SYS_seccomp, 2, 0, &action);
}

static long
try_landlock(void)
{
	return syscall(NR_LANDLOCK_CREATE, NULL, 0, 1);
}

static long
try_dumpable(void)
{
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static long
try_ptracer(void)
{
	return prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY, 0, 0, 0);
}

static long
try_limit(void)
{
	struct rlimit	 rl;

	/* Lower by one and back: what is raised is the soft limit. */
	if (getrlimit(RLIMIT_NOFILE, &rl) == -1)
		return -1;
	return setrlimit(RLIMIT_NOFILE, &rl);
}

static long
try_personality(void)
{
	return syscall(SYS_personality, 0x0400000);
}

static long
try_shm(void)
{
	return syscall(SYS_shmget, 0, 4096, 0600);
}

static long
try_timer(void)
{
	struct sigevent	 ev;
	int		 id;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_NONE;
	return syscall(SYS_timer_create, CLOCK_REALTIME, &ev, &id);
}

static long
try_inotify(void)
{
	return syscall(SYS_inotify_init1, 0);
}

/* --- memory */

static long
map(int prot, int flags, int fd)
{
	return mmap(NULL, 4096, prot, flags, fd, 0) == MAP_FAILED ? -1 : 0;
}

static long
try_map_wx(void)
{
	return map(PROT_READ | PROT_WRITE | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1);
}

static long
try_map_x(void)
{
	return map(PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1);
}

static long
try_protect_x(void)
{
	void	*p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
		    MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? -1 : mprotect(p, 4096, PROT_READ |
	    PROT_EXEC);
}

static long
try_memfd(void)
{
	return syscall(SYS_memfd_create, "x", 0);
}

static long
try_memfd_secret(void)
{
	return syscall(NR_MEMFD_SECRET, 0);
}

/* --- sockets */

static const struct {
	const char	*name;
	int		 domain;
	int		 type;
	int		 protocol;
} kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM, 0 },
	{ "tcp6", AF_INET6, SOCK_STREAM, 0 },
	{ "mptcp", AF_INET, SOCK_STREAM, 262 },
	{ "sctp", AF_INET, SOCK_STREAM, 132 },
	{ "udp", AF_INET, SOCK_DGRAM, 0 },
	{ "udplite", AF_INET, SOCK_DGRAM, 136 },
	{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
	{ "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP },
	{ "unix", AF_UNIX, SOCK_STREAM, 0 },
	{ "unix-dgram", AF_UNIX, SOCK_DGRAM, 0 },
	{ "unix-seq", AF_UNIX, SOCK_SEQPACKET, 0 },
	{ "route", AF_NETLINK, SOCK_RAW, NETLINK_ROUTE },
	{ "audit", AF_NETLINK, SOCK_RAW, 9 },
	{ "vsock", 40, SOCK_STREAM, 0 },
	{ "packet", AF_PACKET, SOCK_DGRAM, 0 },
	{ "alg", 38, SOCK_SEQPACKET, 0 }
};

static socklen_t
unix_address(struct sockaddr_un *sun, const char *path)
{
	memset(sun, 0, sizeof(*sun));
	sun->sun_family = AF_UNIX;
	(void)strlcpy(sun->sun_path, path, sizeof(sun->sun_path));
	return sizeof(*sun);
}

static socklen_t
inet_address(struct sockaddr_in *sin, unsigned int port)
{
	memset(sin, 0, sizeof(*sin));
	sin->sin_family = AF_INET;
	sin->sin_port = htons((uint16_t)port);
	sin->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return sizeof(*sin);
}

static long
try_connect(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = inet_address(&sin, taken->port);
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&sin, len);
}

static long
try_connect_unix(void)
{
	struct sockaddr_un	 sun;
	socklen_t		 len = unix_address(&sun, taken->socket);
	int			 fd = socket(AF_UNIX, SOCK_STREAM, 0);

	return fd == -1 ? -1 : connect(fd, (struct sockaddr *)&sun, len);
}

static long
try_bind(void)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = inet_address(&sin, 0);
	int			 fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : bind(fd, (struct sockaddr *)&sin, len);
}

static long
try_listen(void)
{
	int	 fd = socket(AF_INET, SOCK_STREAM, 0);

	return fd == -1 ? -1 : listen(fd, 1);
}

static long
try_sockopt(void)
{
	int	 fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	return fd == -1 ? -1 : setsockopt(fd, SOL_SOCKET, SO_PRIORITY, &on,
	    sizeof(on));
}

static long
try_pair(void)
{
	int	 pair[2];

	return socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
}

/* --- with the descriptors that it has */

static long
every_fd(long (*fn)(int))
{
	int	 fd, error = EBADF;

	for (fd = 0; fd < FDS_MAX; fd++) {
		if (fn(fd) != -1)
			return 0;
		if (errno != EBADF)
			error = errno;
	}
	errno = error;
	return -1;
}

static long
fd_owner(int fd)
{
	return fcntl(fd, F_SETOWN, targets[0].pid[0]);
}

static long
fd_owner_ioctl(int fd)
{
	int	 pid = (int)targets[0].pid[0];

	return ioctl(fd, FIOSETOWN, &pid);
}

static long
fd_fchdir(int fd)
{
	return fchdir(fd);
}

static long
fd_fchmod(int fd)
{
	return fchmod(fd, 0600);
}

static long
fd_openat(int fd)
{
	return fd == 0 ? -1 : openat(fd, "..", O_RDONLY | O_DIRECTORY);
}

/* By what it holds, into the tree that was there before. */
static long
beneath(int fd, const char *path, int flags)
{
	char	 up[640] = "";
	int	 n;

	for (n = 0; n < 4; n++) {
		(void)strlcat(up, "..", sizeof(up));
		(void)strlcat(up, path, sizeof(up));
		if (openat(fd, up, flags | O_CLOEXEC) != -1)
			return 0;
		up[strlen(up) - strlen(path)] = '\0';
		(void)strlcat(up, "/", sizeof(up));
	}
	return -1;
}

static long
fd_denied(int fd)
{
	char	 path[300];

	(void)snprintf(path, sizeof(path), "%s.denied", taken->secret);
	return beneath(fd, path, O_RDONLY);
}

static long
fd_outside(int fd)
{
	return beneath(fd, taken->secret, O_WRONLY);
}

static long
try_fd_denied(void)
{
	return every_fd(fd_denied);
}

static long
try_fd_outside(void)
{
	return every_fd(fd_outside);
}

static long
try_denied(void)
{
	char	 path[300];

	(void)snprintf(path, sizeof(path), "%s.denied", taken->secret);
	return word(path, O_RDONLY);
}

static long
try_fd_owner(void)
{
	return every_fd(fd_owner);
}

static long
try_fd_owner_ioctl(void)
{
	return every_fd(fd_owner_ioctl);
}

static long
try_fd_fchdir(void)
{
	return every_fd(fd_fchdir);
}

static long
try_fd_fchmod(void)
{
	return every_fd(fd_fchmod);
}

static long
try_fd_openat(void)
{
	return every_fd(fd_openat);
}

static const struct {
	const char	*name;
	long		(*fn)(void);
} tries[] = {
	{ "read", try_read }, { "write", try_write },
	{ "settings", try_settings }, { "shadow", try_shadow },
	{ "create", try_create }, { "openat2", try_openat2 },
	{ "stat", try_stat }, { "readlink", try_readlink },
	{ "unlink", try_unlink }, { "mkdir", try_mkdir },
	{ "own-mem", try_own_memory }, { "handle", try_handle },
	{ "execve", try_exec }, { "execveat", try_execveat },
	{ "fork", try_fork }, { "clone-user", try_userns },
	{ "clone3", try_clone3 }, { "unshare", try_unshare },
	{ "unshare-net", try_unshare_net }, 	{ "open_tree", try_open_tree },
	{ "setuid", try_setuid }, { "kill-all", try_kill_all },
	{ "setpgid", try_setpgid }, { "setpriority", try_priority },
	{ "keyctl", try_keyctl }, { "add_key", try_add_key },
	{ "bpf", try_bpf }, { "io_uring", try_io_uring },
	{ "perf", try_perf }, { "userfaultfd", try_userfaultfd },
	{ "seccomp", try_seccomp }, { "landlock", try_landlock },
	{ "dumpable", try_dumpable }, { "ptracer", try_ptracer },
	{ "setrlimit", try_limit }, { "personality", try_personality },
	{ "shmget", try_shm }, { "timer", try_timer },
	{ "inotify", try_inotify },
	{ "map-wx", try_map_wx }, { "map-x", try_map_x },
	{ "protect-x", try_protect_x }, { "memfd", try_memfd },
	{ "memfd_secret", try_memfd_secret },
	{ "connect-tcp", try_connect }, { "connect-unix", try_connect_unix },
	{ "bind", try_bind }, { "listen", try_listen },
	{ "sockopt", try_sockopt }, { "socketpair", try_pair },
	{ "fd-setown", try_fd_owner }, { "fd-fiosetown", try_fd_owner_ioctl },
	{ "fd-fchdir", try_fd_fchdir }, { "fd-fchmod", try_fd_fchmod },
	{ "fd-openat", try_fd_openat }, { "denied", try_denied },
	{ "fd-denied", try_fd_denied }, { "fd-outside", try_fd_outside }
};

/* --- with a descriptor that it might have been handed */

/* Where it has the right to mount, and to join. */
static void
make_namespaces(void)
{
	(void)unshare(CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS);
	made = word("/proc/self/ns/uts", O_RDONLY);
}

static void
make_stream(void)
{
	made = socket(AF_UNIX, SOCK_STREAM, 0);
}

static void
make_datagram(void)
{
	made = socket(AF_UNIX, SOCK_DGRAM, 0);
}

/* Nobody's yet. */
static void
make_terminal(void)
{
	const char	*name;
	int		 fd = posix_openpt(O_RDWR | O_NOCTTY);

	if (fd != -1 && setsid() != -1 && grantpt(fd) == 0 &&
	    unlockpt(fd) == 0 && (name = ptsname(fd)) != NULL)
		made = word(name, O_RDWR);
}

static void
make_own_terminal(void)
{
	make_terminal();
	(void)ioctl(made, TIOCSCTTY, 0);
}

static long
made_connect(void)
{
	struct sockaddr_un	 sun;
	socklen_t		 len = unix_address(&sun, taken->socket);

	return connect(made, (struct sockaddr *)&sun, len);
}

static long
made_send(void)
{
	struct sockaddr_un	 sun;
	socklen_t		 len = unix_address(&sun, taken->datagram);

	return sendto(made, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&sun,
	    len);
}

static long
made_message(void)
{
	struct sockaddr_un	 sun;
	struct iovec		 iov = { .iov_base = (void *)(uintptr_t)"x",
				    .iov_len = 1 };
	struct msghdr		 msg = { .msg_iov = &iov, .msg_iovlen = 1,
				    .msg_name = &sun };

	msg.msg_namelen = unix_address(&sun, taken->datagram);
	return sendmsg(made, &msg, MSG_DONTWAIT) == 1 ? 0 : -1;
}

static long
made_input(void)
{
	return ioctl(made, TIOCSTI, "x");
}

static long
made_controlling(void)
{
	return ioctl(made, TIOCSCTTY, 0);
}

static const struct {
	const char	*name;
	void		(*before)(void);
	long		(*fn)(void);
} given[] = {
	{ "mount", make_namespaces, try_mount },
	{ "fsopen", make_namespaces, try_fsopen },
	{ "chroot", make_namespaces, try_chroot },
	{ "setns", make_namespaces, try_setns },
	{ "fd-connect", make_stream, made_connect },
	{ "fd-sendto", make_datagram, made_send },
	{ "fd-sendmsg", make_datagram, made_message },
	{ "fd-ctty", make_terminal, made_controlling },
	{ "fd-sti", make_own_terminal, made_input }
};

/* --- other processes */

static long
at_proc(pid_t pid, const char *name, int flags)
{
	char	 path[64];

	(void)snprintf(path, sizeof(path), "/proc/%ld/%s", (long)pid, name);
	return word(path, flags);
}

static long
at_mem(pid_t pid)
{
	return at_proc(pid, "mem", O_RDONLY);
}

static long
at_environ(pid_t pid)
{
	return at_proc(pid, "environ", O_RDONLY);
}

static long
at_fd(pid_t pid)
{
	return at_proc(pid, "fd", O_RDONLY | O_DIRECTORY);
}

static long
at_ptrace(pid_t pid)
{
	return ptrace(PTRACE_SEIZE, pid, NULL, NULL);
}

/* EFAULT comes after the question of rights. */
static long
at_vm(pid_t pid, long call)
{
	static char	 buf[16];
	struct iovec	 iov = { .iov_base = buf, .iov_len = sizeof(buf) };
	long		 r = syscall(call, pid, &iov, 1, &iov, 1, 0);

	return r == -1 && errno == EFAULT ? 0 : r;
}

static long
at_readv(pid_t pid)
{
	return at_vm(pid, SYS_process_vm_readv);
}

static long
at_writev(pid_t pid)
{
	return at_vm(pid, SYS_process_vm_writev);
}

static long
at_kill(pid_t pid)
{
	return kill(pid, 0);
}

static long
at_tgkill(pid_t pid)
{
	return syscall(SYS_tgkill, pid, pid, 0);
}

static long
at_sigqueue(pid_t pid)
{
	siginfo_t	 si;

	memset(&si, 0, sizeof(si));
	si.si_code = SI_QUEUE;
	return syscall(SYS_rt_sigqueueinfo, pid, SIGCONT, &si);
}

static long
at_pidfd(pid_t pid)
{
	return syscall(NR_PIDFD_OPEN, pid, 0);
}

static long
at_getfd(pid_t pid)
{
	long	 fd = at_pidfd(pid);

	return fd == -1 ? -1 : syscall(NR_PIDFD_GETFD, fd, 0, 0);
}

static long
at_signal(pid_t pid)
{
	long	 fd = at_pidfd(pid);

	return fd == -1 ? -1 : syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGCONT,
	    NULL, 0);
}

/* What the broker owes a caller; whoever it is sent to here ignores it. */
static long
at_xfsz(pid_t pid)
{
	long	 fd = at_pidfd(pid);

	/* Without a namespace it would reach them, and be their end. */
	if (pid != targets[2].pid[0] && (taken->mode == TAKEN_TRY_FREE ||
	    taken->sticky != 0))
		return -1;
	return fd == -1 ? -1 : syscall(NR_PIDFD_SEND_SIGNAL, fd, SIGXFSZ,
	    NULL, 0);
}

static long
at_limit(pid_t pid)
{
	struct rlimit	 old;

	return syscall(SYS_prlimit64, pid, RLIMIT_NOFILE, NULL, &old);
}

static long
at_affinity(pid_t pid)
{
	cpu_set_t	 set;

	if (sched_getaffinity(0, sizeof(set), &set) == -1)
		return -1;
	return sched_setaffinity(pid, sizeof(set), &set);
}

static const struct {
	const char	*name;
	long		(*fn)(pid_t);
} at[] = {
	{ "mem", at_mem }, { "environ", at_environ }, { "fds", at_fd },
	{ "ptrace", at_ptrace }, { "vm_readv", at_readv },
	{ "vm_writev", at_writev }, { "kill", at_kill },
	{ "tgkill", at_tgkill }, { "sigqueue", at_sigqueue },
	{ "pidfd", at_pidfd }, { "getfd", at_getfd },
	{ "pidfd_signal", at_signal }, { "xfsz", at_xfsz },
	{ "prlimit", at_limit }, { "affinity", at_affinity }
};

/* --- */

static void
target_add(size_t kind, pid_t pid)
{
	if (targets[kind].n < TARGETS_MAX)
		targets[kind].pid[targets[kind].n++] = pid;
}

static void
find_targets(void)
{
	char	 path[64], name[32];
	FILE	*fp;
	pid_t	 pid;

	if (taken_self() == TAKEN_INIT) {
		target_add(1, 1);
		return;
	}
	for (pid = 1; pid < 65536; pid++) {
		(void)snprintf(path, sizeof(path), "/proc/%ld/comm",
		    (long)pid);
		if (pid == getpid() || (fp = fopen(path, "re")) == NULL)
			continue;
		if (fgets(name, sizeof(name), fp) != NULL) {
			if (strcmp(name, "srt\n") == 0)
				target_add(0, pid);
			else if (strncmp(name, "srt-", 4) == 0)
				target_add(1, pid);
		}
		(void)fclose(fp);
	}
	if (taken->host > 0)
		target_add(2, taken->host);
}

static const char *
socket_kind(int fd, char *buf, size_t size)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(int);
	int			 domain = -1, type = -1, listens = 0;

	(void)getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &len);
	(void)getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len);
	(void)getsockopt(fd, SOL_SOCKET, SO_ACCEPTCONN, &listens, &len);
	len = sizeof(ss);
	(void)snprintf(buf, size, "%s-%s%s", domain == AF_UNIX ? "unix" :
	    domain == AF_INET || domain == AF_INET6 ? "inet" : "other",
	    type == SOCK_STREAM ? "stream" : "datagram", listens ? "-listens" :
	    getpeername(fd, (struct sockaddr *)&ss, &len) == -1 ? "-free" :
	    "");
	return buf;
}

static const char *
file_kind(int fd, const struct stat *st, char *buf, size_t size)
{
	struct statfs	 sf;

	if (S_ISSOCK(st->st_mode))
		return socket_kind(fd, buf, size);
	if (S_ISFIFO(st->st_mode))
		return "pipe";
	if (S_ISCHR(st->st_mode)) {
		(void)snprintf(buf, size, "device-%u:%u", major(st->st_rdev),
		    minor(st->st_rdev));
		return buf;
	}
	if (!S_ISDIR(st->st_mode) && !S_ISREG(st->st_mode))
		return "anonymous";
	(void)snprintf(buf, size, "%s%s", S_ISDIR(st->st_mode) ?
	    "directory" : "file", fstatfs(fd, &sf) == 0 &&
	    sf.f_type == PROC_SUPER_MAGIC ? "-of-proc" : "");
	return buf;
}

/*
 * Which descriptors it has: kinds, not numbers.  The broker has no /proc that
 * tells it their names.
 */
static void
say_fds(void)
{
	struct stat	 st;
	char		 buf[64], link[64], to[200];
	int		 fd;
	ssize_t		 n;

	for (fd = 3; fd < 1024; fd++) {
		if (fstat(fd, &st) == -1)
			continue;
		(void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
		if ((n = readlink(link, to, sizeof(to) - 1)) < 0 ||
		    (!S_ISDIR(st.st_mode) && !S_ISREG(st.st_mode)))
			n = 0;
		to[n] = '\0';
		taken_say("has %s %s\n", file_kind(fd, &st, buf,
		    sizeof(buf)), to);
	}
}

static void
say_end(const char *name, const char *whom, int status)
{
	char	 what[64];

	if (WIFSIGNALED(status))
		(void)snprintf(what, sizeof(what), "signal-%d",
		    WTERMSIG(status));
	else if (WEXITSTATUS(status) == 0)
		(void)strlcpy(what, "DONE", sizeof(what));
	else
		(void)snprintf(what, sizeof(what), "errno-%d",
		    WEXITSTATUS(status));
	taken_say("%s%s%s %s\n", name, *whom != '\0' ? "-" : "", whom, what);
}

static int
target_every(size_t i, size_t kind)
{
	size_t	 t;

	errno = ESRCH;
	for (t = 0; t < targets[kind].n; t++)
		if (at[i].fn(targets[kind].pid[t]) != -1)
			return 0;
	return errno == 0 ? EINVAL : errno;
}

/* One child, which is what is confined. */
static void
one(const char *name, const char *whom, void (*confine)(void), size_t i,
    size_t kind)
{
	pid_t	 pid;
	int	 status, r;

	if ((pid = __real_fork()) == -1) {
		taken_say("%s no-child\n", name);
		return;
	}
	if (pid == 0) {
		(void)alarm(5);
		if (strcmp(whom, "given") == 0)
			given[i].before();
		if (confine != NULL)
			confine();
		if (strcmp(whom, "given") == 0)
			r = given[i].fn() != -1 ? 0 : errno;
		else if (*whom == '\0')
			r = tries[i].fn() != -1 ? 0 : errno;
		else if (strcmp(whom, "socket") == 0)
			r = socket(kinds[i].domain, kinds[i].type,
			    kinds[i].protocol) != -1 ? 0 : errno;
		else
			r = target_every(i, kind);
		_exit(r);
	}
	while (waitpid(pid, &status, 0) == -1 && errno == EINTR)
		continue;
	say_end(name, strcmp(whom, "given") == 0 ? "" : whom, status);
}

/*
 * The broker gets the command's root from pid 1, at about this time and before
 * it hears of the command.
 */
static void
await_root(void)
{
	const struct timespec	 pause = { .tv_nsec = 1000000 };
	char			 path[300];
	int			 fd, tick;

	(void)snprintf(path, sizeof(path), "%s.denied", taken->secret);
	for (tick = 0; tick < 3000 && (fd = word(path, O_RDONLY)) != -1;
	    tick++) {
		(void)close(fd);
		(void)nanosleep(&pause, NULL);
	}
}

void
taken_try(void (*confine)(void))
{
	size_t	 i, k;

	if (taken_self() == ROLE_BROKER && confine != NULL)
		await_root();
	find_targets();
	say_fds();
	for (i = 0; i < nitems(tries); i++)
		one(tries[i].name, "", confine, i, 0);
	for (i = 0; i < nitems(given); i++)
		one(given[i].name, "given", confine, i, 0);
	for (i = 0; i < nitems(kinds); i++)
		one(kinds[i].name, "socket", confine, i, 0);
	for (i = 0; i < nitems(at); i++)
		for (k = 0; k < nitems(targets); k++)
			if (targets[k].n > 0)
				one(at[i].name, targets[k].name, confine, i,
				    k);
	taken_say("end\n");
}
