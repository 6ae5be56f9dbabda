/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": there is no pid namespace with which the kernel would end
 * all that the command has started.  Instead each of srt's processes above it
 * is one to which orphans fall, so that nothing below is lost, however it
 * detaches; and whoever of them is left at the end kills until there is
 * nobody.  The broker sees to it that nothing new is made meanwhile, and so
 * does its death: then clone(2) fails.
 */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "exec.h"

#define PAUSE_NS	1000000

static int	 children = -1;

int
end_hold(void)
{
	if (prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == -1)
		return why("prctl PR_SET_CHILD_SUBREAPER");
	/* By this thread's, which has all of them: the others make none. */
	children = open("/proc/thread-self/children", O_RDONLY | O_CLOEXEC);
	if (children == -1)
		return whyx("mode \"landlock\" needs a kernel with "
		    "CONFIG_PROC_CHILDREN, and /proc");
	return 0;
}

/* As many as could be read at once; how many got the signal. */
static int
kill_children(void)
{
	char	 buf[4096], *s, *end;
	ssize_t	 len;
	long	 pid;
	int	 n = 0;

	if (lseek(children, 0, SEEK_SET) == -1 ||
	    (len = read(children, buf, sizeof(buf) - 1)) <= 0)
		return 0;
	buf[len] = '\0';
	/* A number counts with the space behind it. */
	for (s = buf; (pid = strtol(s, &end, 10)) > 0 && *end == ' ';
	    s = end + 1)
		if (kill((pid_t)pid, SIGKILL) == 0)
			n++;
	return n;
}

void
end_all(void)
{
	const struct timespec	 pause = { .tv_nsec = PAUSE_NS };
	pid_t			 pid;

	if (children == -1)
		return;
	for (;;) {
		if (kill_children() == 0)
			(void)nanosleep(&pause, NULL);
		else if (waitpid(-1, NULL, __WALL) == -1 && errno == ECHILD)
			return;
		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			continue;
		if (pid == -1 && errno == ECHILD)
			return;
	}
}
