/* SPDX-License-Identifier: ISC */

/*
 * Pid 1 of the command's pid namespace.  It finishes the mounts, because
 * /proc shows the pid namespace of who mounts it, gives up every right,
 * starts the command and reaps what is left to it.  When it ends the kernel
 * kills everything else in the namespace.
 *
 * The command sees this process and has its user: it cannot be traced, and
 * it is confined as the command is before the command starts, and further, to
 * signals and waiting, before it hears of anybody.
 */

#include "compat.h"

#include <sys/signalfd.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"
#include "limits.h"
#include "linux.h"
#include "log.h"
#include "sandbox.h"

struct init {
	struct sandbox	*sb;
	pid_t		 command;
	int		 sigfd;
	struct mounts	*m;
};

/* How long the broker may take to take notice of the end. */
#define END_MS		2000

static struct init	init;

static void	init_exec_signal(struct ipc_peer *, struct imsg *);

static const struct ipc_rule up_rules[] = {
	{ IMSG_EXEC_SIGNAL, sizeof(uint32_t), sizeof(uint32_t), IPC_NOFD,
	    IPC_PHASE_RUN, init_exec_signal },
};

static void
up_gone(struct ipc_peer *peer)
{
	(void)peer;
	end_all();
	_exit(EXIT_SRT);
}

static void
init_exec_signal(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 sig = ipc_recv_u32(imsg);

	(void)peer;
	if (sig == 0 || sig > COMMAND_NSIG)
		fatalx("signal %u", sig);
	/* It may just have gone: then there is nobody to tell. */
	(void)kill(init.command, (int)sig);
}

/* When all rights are gone, so that only the command's own count. */
static int
enter_cwd(const struct sandbox *sb)
{
	int	 fd;

	fd = lx_openat2(AT_FDCWD, sb->cwd, O_PATH | O_DIRECTORY,
	    LX_RESOLVE_NO_SYMLINKS | LX_RESOLVE_NO_MAGICLINKS);
	if (fd != -1 && fchdir(fd) == 0)
		return close(fd);
	if (plan_effect(sb->plan, sb->cwd) == PLAN_DENIED)
		return whyx("the working directory %s is denied by "
		    "filesystem.denyRead", sb->cwd);
	return why("the working directory %s", sb->cwd);
}

/*
 * Mode "landlock": not pid 1 of anything, but whom all orphans fall to.  The
 * command's domain is not this process's, so that it can send no signal here.
 */
static int
init_build_bare(struct sandbox *sb, int broker)
{
	if (ns_die_with_parent() == -1 || end_hold() == -1 ||
	    limits_enter(sb) == -1 || ns_drop_caps(0, 0) == -1 ||
	    ns_die_with_parent() == -1)
		return -1;
	if (ns_parent_gone(broker))
		_exit(EXIT_SRT);
	return close(broker);
}

/* In what becomes the command: what pid 1 has in the other mode. */
static void
command_confine(struct sandbox *sb, volatile int *error)
{
	/* What this closes is open here still. */
	struct landlock	 ll = init.m->landlock;

	if (ns_die_with_parent() == 0 && landlock_enter(&ll) == 0 &&
	    enter_cwd(sb) == 0) {
		if (command_filter_install(sb->opt.flags) == 0)
			return;
		(void)why("cannot install the filter of system calls");
	}
	*error = -ECANCELED;
	_exit(EXIT_SRT);
}

/* From here on this process only waits, and kills. */
static void
init_confine(struct sandbox *sb)
{
	int	 fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		(void)dup2(sb->null_fd, fd);
	if ((sb->opt.flags & EXEC_LANDLOCK) == 0) {
		sandbox_enter(ROLE_INIT);
		return;
	}
	if (init.m->landlock.fd != -1)
		(void)close(init.m->landlock.fd);
	sandbox_enter(ROLE_EXEC);
}

static int
init_build(struct sandbox *sb, struct mounts *m, int broker)
{
	uint32_t	 flags = sb->opt.flags;

	if ((flags & EXEC_LANDLOCK) != 0)
		return init_build_bare(sb, broker);
	if (ns_die_with_parent() == -1 || limits_enter(sb) == -1 ||
	    mounts_apply_proc(m) == -1 ||
	    landlock_allow_stdio(&m->landlock) == -1 ||
	    mounts_finish(m) == -1 || ns_drop_caps(1, 0) == -1 ||
	    ns_die_with_parent() == -1)
		return -1;
	if (ns_parent_gone(broker))
		_exit(EXIT_SRT);
	(void)close(broker);
	if (landlock_enter(&m->landlock) == -1 || enter_cwd(sb) == -1)
		return -1;
	/* Signals that Landlock cannot keep inside the filter refuses. */
	if (m->landlock.abi < LANDLOCK_ABI_SCOPE)
		flags |= COMMAND_FILTER_SIGNALS;
	if (command_filter_install(flags) == -1)
		return why("cannot install the filter of system calls");
	return 0;
}

static __dead void
command_failed(struct sandbox *sb, int error)
{
	char	 text[1024];

	if (error < 0) {
		errno = -error;
		if (error == -EINVAL)
			(void)whyx("this kernel lets signals interrupt what "
			    "the broker does: srt needs Linux 5.19");
		else if (error == -EBUSY)
			(void)whyx("the calls of this process are already "
			    "answered by another sandbox or container");
		else if (error == -ECANCELED)
			;	/* it has said why */
		else
			(void)why("cannot hand system calls to the broker");
		sandbox_fail(sb, EXIT_SRT, why_text());
	}
	(void)snprintf(text, sizeof(text), "%s: %s", sb->argv[0],
	    strerror(error));
	sandbox_fail(sb, error == ENOENT ? EXIT_NOTFOUND :
	    EXIT_NOTEXECUTABLE, text);
}

static __dead void
command_become(struct sandbox *sb, volatile int *error)
{
	if ((sb->opt.flags & EXEC_LANDLOCK) != 0)
		command_confine(sb, error);
	command_exec(sb, error);
}

static void
command_start(struct sandbox *sb)
{
	struct timespec	 ts;
	uint64_t	 born = 0;
	volatile int	 error = 0;
	pid_t		 pid;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0)
		born = (uint64_t)ts.tv_sec * 1000000000 +
		    (uint64_t)ts.tv_nsec;
	/*
	 * Goes on when execve has succeeded or the child is dead; no page of
	 * ours is copied for what the child does until then.
	 */
	/* NOLINTNEXTLINE(clang-analyzer-security.insecureAPI.vfork) */
	if ((pid = vfork()) == 0)
		/* NOLINTNEXTLINE(clang-analyzer-unix.Vfork) */
		command_become(sb, &error);
	if ((init.command = pid) == -1) {
		(void)why("cannot start the command");
		sandbox_fail(sb, EXIT_SRT, why_text());
	}
	if (error != 0)
		command_failed(sb, error);
	ipc_send(&sb->up, IMSG_EXEC_STARTED, -1, &born, sizeof(born));
	(void)ipc_flush(&sb->up);
}

/* Has the broker refuse to make processes, and kills what there is. */
static void
end_bare(const struct sandbox *sb)
{
	struct pollfd	 pfd = { .fd = sb->listener_fd, .events = POLLIN };

	/* One that does not answer is dead: nothing is made then, either. */
	if (write(sb->listener_fd, "", 1) == 1)
		(void)poll(&pfd, 1, END_MS);
	end_all();
}

/*
 * Then its calls fail, and it can have ended of that alone, before the kernel
 * ends this process as well: what it says by its status is not the run's.
 */
static int
broker_gone(const struct sandbox *sb)
{
	struct pollfd	 pfd = { .fd = sb->listener_fd };
	int		 n;

	while ((n = poll(&pfd, 1, 0)) == -1 && errno == EINTR)
		continue;
	return n != 0;
}

/* The command has ended, and nothing that it started may live on. */
static __dead void
command_ended(struct sandbox *sb, int status)
{
	if ((sb->opt.flags & EXEC_LANDLOCK) != 0)
		end_bare(sb);
	/* Where a filter refuses it, the kernel does it when this ends. */
	else if (kill(-1, SIGKILL) == 0)
		while (waitpid(-1, NULL, __WALL) != -1 || errno == EINTR)
			continue;
	if (broker_gone(sb))
		_exit(EXIT_SRT);
	ipc_send_u32(&sb->up, IMSG_EXEC_EXITED, -1, (uint32_t)status);
	(void)ipc_flush(&sb->up);
	_exit(0);
}

static void
init_reap(struct sandbox *sb)
{
	struct signalfd_siginfo	 si;
	pid_t			 pid;
	int			 status;

	while (read(init.sigfd, &si, sizeof(si)) == (ssize_t)sizeof(si))
		continue;
	while ((pid = waitpid(-1, &status, WNOHANG | WUNTRACED | WCONTINUED |
	    __WALL)) > 0) {
		if (pid != init.command)
			continue;
		if (WIFSTOPPED(status))
			ipc_send_u32(&sb->up, IMSG_EXEC_STOPPED, -1,
			    (uint32_t)WSTOPSIG(status));
		else if (WIFCONTINUED(status))
			ipc_send(&sb->up, IMSG_EXEC_CONTINUED, -1, NULL, 0);
		else
			command_ended(sb, status);
		(void)ipc_flush(&sb->up);
	}
}

static __dead void
init_loop(struct sandbox *sb)
{
	struct pollfd	 pfd[2];

	pfd[0].fd = init.sigfd;
	pfd[1].fd = sb->up.ibuf.fd;
	pfd[0].events = pfd[1].events = POLLIN;
	for (;;) {
		if (poll(pfd, nitems(pfd), -1) == -1) {
			if (errno != EINTR)
				fatal("poll");
			continue;
		}
		if (pfd[0].revents != 0)
			init_reap(sb);
		if (pfd[1].revents != 0)
			(void)ipc_dispatch(&sb->up);
	}
}

__dead void
init_main(struct sandbox *sb, struct mounts *m, int broker)
{
	sigset_t	 chld;

	init.sb = sb;
	init.m = m;
	sb->up.rules = up_rules;
	sb->up.nrules = nitems(up_rules);
	sb->up.gone = up_gone;
	ipc_phase(&sb->up, IPC_PHASE_RUN);
	(void)sigemptyset(&chld);
	(void)sigaddset(&chld, SIGCHLD);
	if (sigprocmask(SIG_BLOCK, &chld, NULL) == -1 ||
	    (init.sigfd = signalfd(-1, &chld, SFD_CLOEXEC | SFD_NONBLOCK)) ==
	    -1)
		(void)why("signalfd");
	else if (init_build(sb, m, broker) == 0)
		goto start;
	sandbox_fail(sb, EXIT_SRT, why_text());
 start:
	command_start(sb);
	init_confine(sb);
	init_loop(sb);
}
