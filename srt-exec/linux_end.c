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
#define LIST_SIZE	4096

static int	 children = -1;
/* Those that there were before: srt can have some of its caller's. */
static char	 before[LIST_SIZE / 2];

/* As many as fit; the length, a number counts with the space behind it. */
static size_t
read_children(char *buf, size_t size)
{
	ssize_t	 len;

	if (lseek(children, 0, SEEK_SET) == -1 ||
	    (len = read(children, buf, size - 1)) == -1)
		len = 0;
	buf[len] = '\0';
	return (size_t)len;
}

/* The next number of a list, or 0. */
static pid_t
next_child(char **list)
{
	char	*end;
	long	 pid;

	pid = strtol(*list, &end, 10);
	if (pid <= 0 || *end != ' ')
		return 0;
	*list = end + 1;
	return (pid_t)pid;
}

static int
is_before(pid_t pid)
{
	char	*list = before;
	pid_t	 other;

	while ((other = next_child(&list)) != 0)
		if (other == pid)
			return 1;
	return 0;
}

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
	/* So that there is room for others in a list. */
	if (read_children(before, sizeof(before)) == sizeof(before) - 1)
		return whyx("mode \"landlock\": whoever started srt has left "
		    "it too many children");
	return 0;
}

/* As many as could be read at once; how many there are. */
static int
kill_children(void)
{
	char	 buf[LIST_SIZE], *list = buf;
	pid_t	 pid;
	int	 n = 0;

	(void)read_children(buf, sizeof(buf));
	while ((pid = next_child(&list)) != 0)
		if (!is_before(pid)) {
			(void)kill(pid, SIGKILL);
			n++;
		}
	return n;
}

void
end_all(void)
{
	const struct timespec	 pause = { .tv_nsec = PAUSE_NS };

	if (children == -1)
		return;
	for (;;) {
		while (waitpid(-1, NULL, WNOHANG | __WALL) > 0)
			continue;
		if (kill_children() == 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
}
