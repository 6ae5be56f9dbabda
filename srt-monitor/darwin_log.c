/* SPDX-License-Identifier: ISC */

/*
 * macOS: the kernel logs what a profile refuses, and log(1) tells of it.  Who
 * runs that may have to be an administrator of the machine; others have no
 * report of the files and services that were refused.
 *
 * A process of its own stands between: it ends log(1), which would wait for
 * the next line for ever, when this process ends, in whatever way.
 */

#include "compat.h"

#include <sys/event.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <event2/event.h>

#include "log.h"
#include "monitor.h"
#include "seatbelt_log.h"

#define LOG_PROGRAM	"/usr/bin/log"

/* So long the log has been silent when it has told all, milliseconds. */
#define QUIET_MS	200

static struct seatbelt_log	 state;
static struct event		*readable;
static struct event		*quiet;
static void			(*on_refusal)(const struct violation *);
static void			(*on_settled)(void);
static int			 leash = -1;	/* closed: it ends */

/* The kernel's own messages alone: a program's could say anything. */
static __dead void
log_exec(void)
{
	char	 predicate[SEATBELT_TAG_MAX + 128];
	char	*argv[] = { (char *)(uintptr_t)"log",
		    (char *)(uintptr_t)"stream",
		    (char *)(uintptr_t)"--predicate", predicate,
		    (char *)(uintptr_t)"--style",
		    (char *)(uintptr_t)"compact", NULL };
	char	*envp[] = { NULL };
	int	 n;

	n = snprintf(predicate, sizeof(predicate), "(processID == 0) AND "
	    "(senderImagePath CONTAINS \"/Sandbox\") AND "
	    "(eventMessage ENDSWITH \"%s\")", seatbelt_log_suffix(&state));
	if (n > 0 && (size_t)n < sizeof(predicate))
		(void)execve(LOG_PROGRAM, argv, envp);
	_exit(EXIT_NOTFOUND);
}

/* Until the leash is let go of, or log(1) ends by itself. */
static void
log_await(int kq, pid_t pid)
{
	struct kevent	 change, event;

	EV_SET(&change, pid, EVFILT_PROC, EV_ADD, NOTE_EXIT, 0, NULL);
	if (kevent(kq, &change, 1, NULL, 0, NULL) == -1)
		return;
	EV_SET(&change, STDIN_FILENO, EVFILT_READ, EV_ADD, 0, 0, NULL);
	if (kevent(kq, &change, 1, NULL, 0, NULL) == -1)
		return;
	while (kevent(kq, NULL, 0, &event, 1, NULL) == -1 && errno == EINTR)
		continue;
}

/* The process between, with the leash and the log's end of its pipe. */
static __dead void
log_between(int in, int out)
{
	int	 kq;
	pid_t	 pid;

	if (dup2(in, STDIN_FILENO) == -1 || dup2(out, STDOUT_FILENO) == -1)
		_exit(EXIT_SRT);
	closefrom(STDERR_FILENO + 1);
	if (signal(SIGPIPE, SIG_DFL) == SIG_ERR || (kq = kqueue()) == -1 ||
	    (pid = fork()) == -1)
		_exit(EXIT_SRT);
	if (pid == 0) {
		(void)close(kq);
		if ((in = open("/dev/null", O_RDONLY)) == -1 ||
		    dup2(in, STDIN_FILENO) == -1)
			_exit(EXIT_SRT);
		closefrom(STDERR_FILENO + 1);
		log_exec();
	}
	/* The reader is to see when the log ends. */
	(void)close(STDOUT_FILENO);
	log_await(kq, pid);
	(void)kill(pid, SIGKILL);
	(void)waitpid(pid, NULL, 0);
	_exit(0);
}

static void
log_refusal(void *arg, const struct violation *v)
{
	(void)arg;
	on_refusal(v);
}

static void
log_settled(void)
{
	void	(*fn)(void) = on_settled;

	on_settled = NULL;
	if (fn != NULL)
		fn();
}

static void
log_quiet(int fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
	log_settled();
}

static void
log_wait(void)
{
	static const struct timeval	 tv = { .tv_usec = QUIET_MS * 1000 };

	if (evtimer_add(quiet, &tv) == -1)
		fatalx("evtimer_add");
}

static void
log_readable(int fd, short what, void *arg)
{
	char	 buf[16 * 1024];
	ssize_t	 n;

	(void)what;
	(void)arg;
	n = read(fd, buf, sizeof(buf));
	if (n == -1 && (errno == EINTR || errno == EAGAIN))
		return;
	if (n <= 0) {
		log_warnx("%s has ended: refusals of files and services are "
		    "not reported", LOG_PROGRAM);
		oslog_end();
		log_settled();
		return;
	}
	seatbelt_log_feed(&state, buf, (size_t)n, log_refusal, NULL);
	if (on_settled != NULL)
		log_wait();
}

static void
log_pipe(int fds[2])
{
	size_t	 i;

	if (pipe(fds) == -1)
		fatal("pipe");
	for (i = 0; i < 2; i++)
		if (fcntl(fds[i], F_SETFD, FD_CLOEXEC) == -1)
			fatal("fcntl");
}

void
oslog_start(struct event_base *base, const char *tag,
    void (*fn)(const struct violation *))
{
	int	 in[2], out[2];
	pid_t	 pid;

	if (tag == NULL)
		return;
	if (seatbelt_log_init(&state, tag) == -1)
		fatalx("a malformed tag");
	on_refusal = fn;
	log_pipe(in);
	log_pipe(out);
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid == 0)
		log_between(in[0], out[1]);
	(void)close(in[0]);
	(void)close(out[1]);
	leash = in[1];
	if (fcntl(out[0], F_SETFL, O_NONBLOCK) == -1)
		fatal("fcntl");
	readable = event_new(base, out[0], EV_READ | EV_PERSIST,
	    log_readable, NULL);
	quiet = evtimer_new(base, log_quiet, NULL);
	if (readable == NULL || quiet == NULL ||
	    event_add(readable, NULL) == -1)
		fatalx("out of memory");
}

int
oslog_settle(void (*fn)(void))
{
	if (leash == -1)
		return 0;
	on_settled = fn;
	log_wait();
	return 1;
}

void
oslog_end(void)
{
	if (leash == -1)
		return;
	(void)close(leash);
	leash = -1;
	(void)event_del(readable);
	(void)event_del(quiet);
	(void)close(event_get_fd(readable));
}
