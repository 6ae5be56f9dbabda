/* SPDX-License-Identifier: ISC */

/*
 * What srt calls of macOS, in the words of Linux: as much of kqueue(2),
 * libproc, dyld(3) and sandbox_init(3) as it needs to be run and tried.
 */

#include "compat.h"

#include <sys/epoll.h>
#include <sys/event.h>
#include <sys/syscall.h>

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <limits.h>
#include <mach-o/dyld.h>
#include <sandbox.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WATCHES	1024
#define TICK	10		/* milliseconds between looks for children */

const char	 kSBXProfileNoInternet[] = "no-internet";
const char	 kSBXProfileNoWrite[] = "no-write";
const char	 kSBXProfilePureComputation[] = "pure-computation";

struct watch {
	int		 used;
	int		 fd;		/* readable when it happens */
	uintptr_t	 ident;
	int16_t		 filter;
	uint32_t	 fflags;
	uint64_t	 children;	/* a sum of their pids */
};

static struct watch	 watches[WATCHES];
static int		 signal_pipe[2];

int	 __wrap_ptrace(int, pid_t, char *, int);

int
sandbox_init(const char *profile, uint64_t flags, char **why)
{
	if ((strcmp(profile, kSBXProfileNoInternet) == 0 ||
	    strcmp(profile, kSBXProfileNoWrite) == 0 ||
	    strcmp(profile, kSBXProfilePureComputation) == 0) &&
	    flags == SANDBOX_NAMED)
		return 0;
	*why = NULL;
	return -1;
}

int
__wrap_ptrace(int what, pid_t pid, char *addr, int data)
{
	return what == 31 && pid == 0 && addr == NULL && data == 0 ? 0 : -1;
}

int
_NSGetExecutablePath(char *buf, uint32_t *size)
{
	ssize_t	 len = readlink("/proc/self/exe", buf, *size);

	if (len == -1 || (uint32_t)len == *size) {
		*size = PATH_MAX;
		return -1;
	}
	buf[len] = '\0';
	return 0;
}

/* The fields of /proc/PID/stat from the state on; -1: it has ended. */
static int
read_stat(int pid, char *state, int *parent, int *group,
    unsigned long long *start)
{
	char	 path[64], buf[1024], *s;
	FILE	*fp;
	size_t	 n;
	int	 i;

	(void)snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	if ((fp = fopen(path, "re")) == NULL)
		return -1;
	n = fread(buf, 1, sizeof(buf) - 1, fp);
	(void)fclose(fp);
	buf[n] = '\0';
	if ((s = strrchr(buf, ')')) == NULL ||
	    sscanf(s + 1, " %c %d %d", state, parent, group) != 3)
		return -1;
	for (i = 0; i < 20; i++)
		if ((s = strchr(s + 1, ' ')) == NULL)
			return -1;
	*start = strtoull(s, NULL, 10);
	return 0;
}

int
proc_pidinfo(int pid, int flavor, uint64_t arg, void *buf, int size)
{
	struct proc_bsdinfo	*info = buf;
	unsigned long long	 start;
	char			 state;
	int			 parent, group;

	if (flavor != PROC_PIDTBSDINFO || arg != 0 ||
	    size != (int)sizeof(*info) ||
	    read_stat(pid, &state, &parent, &group, &start) == -1 ||
	    state == 'Z' || state == 'X') {
		errno = ESRCH;
		return 0;
	}
	memset(info, 0, sizeof(*info));
	info->pbi_pid = (uint32_t)pid;
	info->pbi_ppid = (uint32_t)parent;
	info->pbi_pgid = (uint32_t)group;
	info->pbi_start_tvsec = start / 100;
	info->pbi_start_tvusec = start % 100 * 10000;
	return size;
}

int
proc_listallpids(void *buf, int size)
{
	struct dirent	*d;
	DIR		*dir;
	int		*pids = buf, n = 0;

	if ((dir = opendir("/proc")) == NULL)
		return -1;
	while ((d = readdir(dir)) != NULL) {
		if (!isdigit((unsigned char)d->d_name[0]))
			continue;
		if (buf != NULL) {
			if ((size_t)size < ((size_t)n + 1) * sizeof(*pids))
				break;
			pids[n] = atoi(d->d_name);
		}
		n++;
	}
	(void)closedir(dir);
	return n;
}

int
kqueue(void)
{
	return epoll_create1(EPOLL_CLOEXEC);
}

static void
on_signal(int sig)
{
	int	 saved = errno;

	(void)sig;
	/* EAGAIN: enough is in it. */
	if (write(signal_pipe[1], "", 1) == -1 && errno != EAGAIN)
		_exit(1);
	errno = saved;
}

static int
watch_signal(int sig)
{
	struct sigaction	 sa;

	memset(&sa, 0, sizeof(sa));
	sa.sa_handler = on_signal;
	sa.sa_flags = SA_RESTART;
	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) == -1 ||
	    sigaction(sig, &sa, NULL) == -1)
		return -1;
	return signal_pipe[0];
}

static uint64_t
sum_children(pid_t pid)
{
	char		 path[64];
	FILE		*fp;
	uint64_t	 sum = 0;
	int		 child;

	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/children", pid,
	    pid);
	if ((fp = fopen(path, "re")) == NULL)
		return 0;
	while (fscanf(fp, "%d", &child) == 1)
		sum = sum * 31 + (uint64_t)child;
	(void)fclose(fp);
	return sum;
}

static int
watch_add(int kq, const struct kevent *change)
{
	struct epoll_event	 ev = { .events = EPOLLIN };
	struct watch		*w;

	for (w = watches; w < watches + WATCHES && w->used; w++)
		continue;
	if (w == watches + WATCHES) {
		errno = ENOMEM;
		return -1;
	}
	switch (change->filter) {
	case EVFILT_READ:
		w->fd = (int)change->ident;
		break;
	case EVFILT_SIGNAL:
		w->fd = watch_signal((int)change->ident);
		break;
	default:
		w->fd = (int)syscall(SYS_pidfd_open, (pid_t)change->ident, 0);
		break;
	}
	ev.data.ptr = w;
	if (w->fd == -1 || epoll_ctl(kq, EPOLL_CTL_ADD, w->fd, &ev) == -1)
		return -1;
	w->used = 1;
	w->ident = change->ident;
	w->filter = change->filter;
	w->fflags = change->fflags;
	w->children = 0;
	return 0;
}

static void
happens(struct watch *w, uint32_t fflags, struct kevent *event)
{
	char	 buf[64];

	memset(event, 0, sizeof(*event));
	event->ident = w->ident;
	event->filter = w->filter;
	event->fflags = fflags;
	if (w->filter == EVFILT_SIGNAL)
		while (read(w->fd, buf, sizeof(buf)) > 0)
			continue;
	if (w->filter == EVFILT_PROC && fflags == NOTE_EXIT) {
		(void)close(w->fd);
		w->used = 0;
	}
}

int
kevent(int kq, const struct kevent *changes, int nchanges,
    struct kevent *events, int nevents, const struct timespec *timeout)
{
	struct epoll_event	 ev;
	struct watch		*w;
	uint64_t		 sum;
	int			 i, n = 0;

	for (i = 0; i < nchanges; i++)
		if (watch_add(kq, &changes[i]) == -1)
			return -1;
	if (nevents == 0)
		return 0;
	if (timeout != NULL)
		abort();
	while (n == 0) {
		if ((i = epoll_wait(kq, &ev, 1, TICK)) == -1)
			return -1;
		if (i == 1) {
			w = ev.data.ptr;
			happens(w, w->filter == EVFILT_PROC ? NOTE_EXIT : 0,
			    &events[n++]);
		}
		for (w = watches; w < watches + WATCHES; w++) {
			if (!w->used || (w->fflags & NOTE_FORK) == 0 ||
			    n == nevents)
				continue;
			sum = sum_children((pid_t)w->ident);
			if (sum != w->children)
				happens(w, NOTE_FORK, &events[n++]);
			w->children = sum;
		}
	}
	return n;
}
