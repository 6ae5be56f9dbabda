/* SPDX-License-Identifier: ISC */

/*
 * The broker lives in the command's user, mount and network namespaces but
 * not in its pid namespace.  It builds network and mounts, starts pid 1, and
 * then answers those of the command's calls that name something.
 *
 * This is its main thread, which owns the pipes and the calls that wait; the
 * workers are in broker_notify.c.
 *
 * If it dies, pid 1 is killed by the kernel, and with pid 1 all that is in
 * the pid namespace.  It dies itself when srt-exec does.
 */

#include "compat.h"

#include <sys/eventfd.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <linux/capability.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "limits.h"
#include "log.h"
#include "sandbox.h"

struct broker	broker;

/* A lost peer is the parent's to deal with: it ends us all. */
static void
peer_gone(struct ipc_peer *peer)
{
	(void)peer;
	_exit(EXIT_SRT);
}

__dead void
sandbox_fail(struct sandbox *sb, uint32_t status, const char *text)
{
	ipc_send_failed(&sb->up, status, text);
	(void)ipc_flush(&sb->up);
	_exit(EXIT_SRT);
}

/*
 * srt-exec writes one byte when the id maps are in place, before anything
 * else goes through the pipe.  Until then files cannot be made.
 */
static void
wait_for_maps(struct sandbox *sb)
{
	struct pollfd	 pfd = { .fd = sb->up.ibuf.fd, .events = POLLIN };
	ssize_t		 n;
	char		 c;

	do {
		(void)poll(&pfd, 1, -1);
		n = read(pfd.fd, &c, 1);
	} while (n == -1 && (errno == EINTR || errno == EAGAIN));
	if (n != 1)
		_exit(EXIT_SRT);
}

/*
 * The host's own /proc shows the caller by the number that comes with its
 * calls; the command's does not show the broker at all.
 */
static int
open_proc(void)
{
	/* A mount of its own: ".." of it is not the host's root. */
	if (broker_is_bare())
		broker.procfd = open("/proc", O_PATH | O_DIRECTORY |
		    O_CLOEXEC);
	else
		broker.procfd = lx_open_tree(AT_FDCWD, "/proc",
		    LX_TREE_CLONE | AT_RECURSIVE);
	if (broker.procfd == -1)
		return ns_why("cannot take /proc apart from the host's");
	return 0;
}

/* The network, the mounts, or what there is in place of them. */
static int
broker_layers(void)
{
	struct sandbox	*sb = broker.sb;
	struct mounts	*m = &broker.mounts;
	int		 tty;

	if (!broker_is_bare() && net_build(&broker.proxy) == -1)
		return -1;
	/* Until then it goes on while ids are mapped, as it needs none. */
	wait_for_maps(sb);
	if (ns_undumpable() == -1 || ns_check_stdio(&tty) == -1 ||
	    open_proc() == -1)
		return -1;
	if (!broker_is_bare())
		return mounts_begin(m, sb->plan, sb->opt.flags, tty) == -1 ?
		    -1 : mounts_apply(m);
	m->oldroot = m->newroot = m->priv = m->hostproc = m->console = -1;
	m->dir = m->under = m->underdir = -1;
	return bare_rules(&m->landlock, sb->plan, sb->opt.flags) == -1 ? -1 :
	    landlock_allow_stdio(&m->landlock);
}

static void
broker_build(void)
{
	struct sandbox	*sb = broker.sb;

	ipc_open(&broker.proxy, NULL, sb->proxy_fd, ROLE_PROXY,
	    connect_rules, nconnect_rules, peer_gone);
	ipc_phase(&broker.proxy, IPC_PHASE_RUN);
	ipc_open(&broker.monitor, NULL, sb->monitor_fd, ROLE_MONITOR, NULL,
	    0, peer_gone);
	if (broker_layers() == -1)
		sandbox_fail(sb, EXIT_SRT, why_text());
}

/* The pair is the one that the listener of the command's calls comes by. */
static pid_t
broker_start_init(const int pair[2])
{
	pid_t	 pid;
	int	 self;

	/* By this pid 1, which cannot see its parent, learns of its end. */
	if ((self = lx_pidfd_open(getpid())) == -1)
		(void)(errno == ENOSYS ? whyx("this kernel lacks pidfd_open: "
		    "srt needs Linux 5.19") : why("pidfd_open"));
	else if ((pid = ns_clone_init(broker.sb->opt.flags)) == 0) {
		ipc_close(&broker.proxy);
		ipc_close(&broker.monitor);
		(void)close(broker.procfd);
		(void)close(broker.wakefd);
		(void)close(pair[0]);
		broker.sb->listener_fd = pair[1];
		init_main(broker.sb, &broker.mounts, self);
		/* NOTREACHED */
	} else if (pid != -1) {
		(void)close(self);
		(void)close(pair[1]);
		limits_broker(broker.sb);
		return pid;
	}
	sandbox_fail(broker.sb, EXIT_SRT, why_text());
}

/*
 * What the user may have is not the measure here: the command's own limits
 * are looked at where they matter.
 */
static void
raise_limits(void)
{
	static const int	 resources[] = {
		RLIMIT_NOFILE, RLIMIT_FSIZE
	};
	struct rlimit		 rl;
	size_t			 i;

	for (i = 0; i < nitems(resources); i++)
		if (getrlimit(resources[i], &rl) == 0 &&
		    rl.rlim_cur != rl.rlim_max) {
			rl.rlim_cur = rl.rlim_max;
			(void)setrlimit(resources[i], &rl);
		}
	(void)signal(SIGXFSZ, SIG_IGN);
}

/* Keeps nothing that it does not need: the caller's 0-2 least of all. */
static void
broker_confine(void)
{
	struct sandbox	*sb = broker.sb;
	int		 fd;

	raise_limits();
	ipc_close(&sb->up);
	mounts_close(&broker.mounts);
	if (broker.mounts.landlock.fd != -1)
		(void)close(broker.mounts.landlock.fd);
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(sb->null_fd, fd) == -1)
			_exit(EXIT_SRT);
	if ((broker_is_bare() ? ns_drop_caps(0, 0) :
	    ns_drop_caps(1, UINT64_C(1) << CAP_SYS_PTRACE)) == -1 ||
	    ns_die_with_parent() == -1 || getppid() != sb->outer)
		_exit(EXIT_SRT);
	sandbox_enter(ROLE_BROKER);
}

/* What the child of pid 1 sends before it becomes the command, or -1. */
static int
receive_listener(int from)
{
	union {
		struct cmsghdr	 hdr;
		char		 buf[CMSG_SPACE(sizeof(int))];
	} cm;
	char		 c;
	struct iovec	 iov = { .iov_base = &c, .iov_len = 1 };
	struct msghdr	 msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = &cm, .msg_controllen = sizeof(cm)
	};
	struct cmsghdr	*cmsg;
	ssize_t		 n;
	int		 fd = -1, above;

	do
		n = recvmsg(from, &msg, MSG_CMSG_CLOEXEC);
	while (n == -1 && errno == EINTR);
	if (n == 1 && (cmsg = CMSG_FIRSTHDR(&msg)) != NULL &&
	    cmsg->cmsg_type == SCM_RIGHTS &&
	    cmsg->cmsg_len == CMSG_LEN(sizeof(int)))
		memcpy(&fd, CMSG_DATA(cmsg), sizeof(fd));
	/*
	 * By its other end pid 1 sees whether this process is there still.
	 * Of who dies Linux (since 4.3) closes the highest number first: this,
	 * and then the listener, with which the calls of the command fail.
	 */
	if (fd != -1 && (above = fcntl(from, F_DUPFD_CLOEXEC, fd + 1)) != -1) {
		(void)close(from);
		from = above;
	}
	/* Pid 1, which is none, says by it when the command has ended. */
	if (broker_is_bare())
		broker.endfd = from;
	return fd;
}

void
broker_wake(void)
{
	uint64_t	 one = 1;

	/* EAGAIN: it is awake. */
	if (write(broker.wakefd, &one, sizeof(one)) == -1 && errno != EAGAIN)
		fatal("eventfd");
}

/* The command cannot run before this: its first call waits for an answer. */
static void
broker_serve(int from)
{
	struct stat	 st;

	if ((broker.listener = receive_listener(from)) == -1)
		return;
	/* By now pid 1 has made the new root ours as well. */
	broker.rootfd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (broker.rootfd == -1 || stat("/proc", &st) == -1)
		_exit(EXIT_SRT);
	broker.procdev = st.st_dev;
	lifted_watch();
	notify_start();
}

/* The sooner of two timeouts; -1 is never. */
static int
sooner(int a, int b)
{
	return a == -1 || (b != -1 && b < a) ? b : a;
}

/*
 * From here on no process starts another one: so whoever kills what is left
 * comes to an end.
 */
static void
broker_end(void)
{
	char	 c;

	if (read(broker.endfd, &c, 1) == 1) {
		notify_end();
		if (write(broker.endfd, "", 1) == 1)
			return;
	}
	(void)close(broker.endfd);
	broker.endfd = -1;
}

static void
broker_loop(int pidfd)
{
	struct pollfd	 pfd[6];
	uint64_t	 n;
	int		 timeout = -1, ready;

	pfd[0].fd = broker.proxy.ibuf.fd;
	pfd[1].fd = broker.monitor.ibuf.fd;
	pfd[2].fd = broker.wakefd;
	pfd[3].fd = pidfd;
	pfd[0].events = pfd[1].events = pfd[2].events = pfd[3].events = POLLIN;
	pfd[4].events = POLLIN;
	pfd[5].fd = lifted_fd();
	pfd[5].events = POLLPRI;
	for (;;) {
		pfd[4].fd = broker.endfd;
		if ((ready = poll(pfd, nitems(pfd), timeout)) == -1 &&
		    errno != EINTR)
			fatal("poll");
		if (ready > 0 && pfd[2].revents != 0 &&
		    read(broker.wakefd, &n, sizeof(n)) == -1 &&
		    errno != EAGAIN)
			fatal("eventfd");
		if (ready > 0 && pfd[0].revents != 0)
			(void)ipc_dispatch(&broker.proxy);
		if (ready > 0 && pfd[1].revents != 0)
			(void)ipc_dispatch(&broker.monitor);
		if (ready > 0 && pfd[4].revents != 0)
			broker_end();
		if (ready > 0 && pfd[3].revents != 0)
			return;
		timeout = notify_tend(ready == 0);
		timeout = sooner(timeout, call_retry());
		timeout = sooner(timeout, connect_tend());
		timeout = sooner(timeout, lifted_tend(ready > 0 &&
		    pfd[5].revents != 0));
		timeout = sooner(timeout, report_flush(0));
		(void)ipc_flush(&broker.proxy);
		(void)ipc_flush(&broker.monitor);
	}
}

__dead void
broker_main(struct sandbox *sb)
{
	pid_t	 pid;
	int	 pair[2], pidfd;

	if (ns_die_with_parent() == -1 || getppid() != sb->outer)
		_exit(EXIT_SRT);
	ipc_log_to(&sb->up);
	(void)umask(0);
	broker.sb = sb;
	broker.guard = sb->guard;
	broker.listener = broker.rootfd = broker.endfd = -1;
	if (pthread_rwlock_init(&broker.tree, NULL) != 0 ||
	    (broker.wakefd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) == -1 ||
	    socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1) {
		(void)why("cannot start the broker");
		sandbox_fail(sb, EXIT_SRT, why_text());
	}
	broker_build();
	pid = broker_start_init(pair);
	broker_confine();
	if ((pidfd = lx_pidfd_open(pid)) == -1)
		_exit(EXIT_SRT);
	wake_stopped(pid, pidfd);
	broker_serve(pair[0]);
	broker_loop(pidfd);

	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	lifted_end();
	fresh_report();
	(void)report_flush(1);
	ipc_send_barrier(&broker.monitor);
	(void)ipc_flush(&broker.monitor);
	_exit(0);
}
