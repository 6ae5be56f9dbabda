/* SPDX-License-Identifier: ISC */

/*
 * The broker lives in the command's user, mount and network namespaces but
 * not in its pid namespace.  It builds network and mounts, starts pid 1, and
 * waits for its end.
 *
 * If it dies, pid 1 is killed by the kernel, and with pid 1 all that is in
 * the pid namespace.  It dies itself when srt-exec does.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <poll.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"
#include "log.h"
#include "sandbox.h"
#include "violation.h"

struct broker {
	struct sandbox	*sb;
	struct mounts	 mounts;
	struct ipc_peer	 proxy;
	struct ipc_peer	 monitor;
};

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

static void
broker_build(struct broker *b)
{
	struct sandbox	*sb = b->sb;
	int		 tty;

	ipc_open(&b->proxy, NULL, sb->proxy_fd, ROLE_PROXY, NULL, 0,
	    peer_gone);
	ipc_open(&b->monitor, NULL, sb->monitor_fd, ROLE_MONITOR, NULL, 0,
	    peer_gone);
	/* Needs no ids, so it goes on while they are mapped. */
	if (net_build(&b->proxy) == -1)
		goto fail;
	wait_for_maps(sb);
	if (ns_undumpable() == -1 || ns_check_stdio(&tty) == -1 ||
	    mounts_begin(&b->mounts, sb->plan, sb->opt.flags, tty) == -1 ||
	    mounts_apply(&b->mounts) == -1)
		goto fail;
	return;
 fail:
	sandbox_fail(sb, EXIT_SRT, why_text());
}

static pid_t
broker_start_init(struct broker *b)
{
	pid_t	 pid;
	int	 self;

	/* By this pid 1, which cannot see its parent, learns of its end. */
	if ((self = lx_pidfd_open(getpid())) == -1)
		(void)why("pidfd_open");
	else if ((pid = ns_clone_init()) == 0) {
		ipc_close(&b->proxy);
		ipc_close(&b->monitor);
		init_main(b->sb, &b->mounts, self);
		/* NOTREACHED */
	} else if (pid != -1) {
		(void)close(self);
		return pid;
	}
	sandbox_fail(b->sb, EXIT_SRT, why_text());
}

/* Keeps nothing that it does not need: the caller's 0-2 least of all. */
static void
broker_confine(struct broker *b)
{
	struct sandbox	*sb = b->sb;
	int		 fd;

	ipc_close(&sb->up);
	mounts_close(&b->mounts);
	if (b->mounts.landlock.fd != -1)
		(void)close(b->mounts.landlock.fd);
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (dup2(sb->null_fd, fd) == -1)
			_exit(EXIT_SRT);
	if (ns_drop_caps(1) == -1 || ns_die_with_parent() == -1 ||
	    getppid() != sb->outer)
		_exit(EXIT_SRT);
	sandbox_enter(ROLE_BROKER);
}

__dead void
broker_main(struct sandbox *sb)
{
	static struct broker	 b;
	pid_t			 pid;

	if (ns_die_with_parent() == -1 || getppid() != sb->outer)
		_exit(EXIT_SRT);
	ipc_log_to(&sb->up);
	(void)umask(0);
	b.sb = sb;
	broker_build(&b);
	pid = broker_start_init(&b);
	broker_confine(&b);

	while (waitpid(pid, NULL, 0) == -1 && errno == EINTR)
		continue;
	ipc_send_barrier(&b.monitor);
	(void)ipc_flush(&b.monitor);
	_exit(0);
}
