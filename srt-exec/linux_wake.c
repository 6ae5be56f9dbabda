/* SPDX-License-Identifier: ISC */

/*
 * Nobody of srt's stops of its own accord: the command does, and who is above
 * it passes that on to srt.  One of them that is stopped alone, by a signal of
 * the user's, would keep all the others waiting, so its parent continues it.
 * What stops the whole group stops the parent as well, which does nothing
 * until somebody has continued them all.
 */

#include "compat.h"

#include <sys/syscall.h>
#include <sys/wait.h>

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <unistd.h>

#include "exec.h"
#include "linux.h"

static pid_t	 wake_pid;
static int	 wake_fd = -1;

/* A handler: of several signals only the first may have been kept. */
static void
wake_child(int sig)
{
	siginfo_t	 info;
	int		 saved = errno;

	(void)sig;
	info.si_pid = 0;
	if (waitid(P_PID, (id_t)wake_pid, &info, WSTOPPED | WNOHANG) == 0 &&
	    info.si_pid == wake_pid) {
		if (wake_fd == -1)
			(void)kill(wake_pid, SIGCONT);
		else
			(void)syscall(NR_PIDFD_SEND_SIGNAL, wake_fd, SIGCONT,
			    NULL, 0);
	}
	errno = saved;
}

void
wake_stopped(pid_t pid, int pidfd)
{
	struct sigaction	 sa;

	wake_pid = pid;
	wake_fd = pidfd;
	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = wake_child;
	sa.sa_flags = SA_RESTART;
	(void)sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGCHLD, &sa, NULL);
	/* It may have been stopped by now. */
	(void)raise(SIGCHLD);
}
