/* SPDX-License-Identifier: ISC */

/*
 * The command shares srt's process group, so what the terminal sends reaches
 * it without help; what a process sends to srt must be passed on.  Only
 * siginfo tells the two apart, which libevent's signal events do not give:
 * the handlers write it to a pipe that the event loop reads.
 */

#include "compat.h"

#include <sys/types.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "parent.h"

static const int passed[] = {
	SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGTSTP,
	SIGCONT, SIGALRM
};

static int		 signal_pipe[2] = { -1, -1 };
static void		(*signal_handler)(const struct signal_note *);
static struct event	 signal_event;
static int		 signal_leader;		/* of the session */

static int	signals_from_terminal(const siginfo_t *);
static void	signals_catch(int, siginfo_t *, void *);
static void	signals_read(int, short, void *);

/* Asked before the first handler is set; the answer stays. */
uint64_t
signals_ignored(void)
{
	static uint64_t		 mask;
	static int		 asked;
	struct sigaction	 sa;
	int			 sig;

	if (asked)
		return mask;
	asked = 1;
	for (sig = 1; sig <= 64; sig++)
		if (sigaction(sig, NULL, &sa) == 0 &&
		    (sa.sa_flags & SA_SIGINFO) == 0 && sa.sa_handler == SIG_IGN)
			mask |= (uint64_t)1 << (sig - 1);
	return mask;
}

/*
 * What srt itself needs, whatever its caller had: with SIGCHLD blocked or
 * ignored the end of a role would go unnoticed.  SIGTTIN and SIGTTOU are for
 * the command, whose stop stops srt; by themselves they must not.
 */
void
signals_init(void)
{
	static const int	 ignore[] = { SIGPIPE, SIGTTIN, SIGTTOU };
	sigset_t		 none;
	size_t			 i;

	(void)signals_ignored();
	(void)sigemptyset(&none);
	if (signal(SIGCHLD, SIG_DFL) == SIG_ERR ||
	    sigprocmask(SIG_SETMASK, &none, NULL) == -1)
		fatal("signals");
	for (i = 0; i < nitems(ignore); i++)
		if (signal(ignore[i], SIG_IGN) == SIG_ERR)
			fatal("signal");
}

void
signals_start(struct event_base *base,
    void (*handler)(const struct signal_note *))
{
	struct sigaction	 sa;
	size_t			 i;

	if (pipe2(signal_pipe, O_CLOEXEC | O_NONBLOCK) == -1)
		fatal("pipe2");
	signal_handler = handler;
	signal_leader = getsid(0) == getpid();
	if (event_assign(&signal_event, base, signal_pipe[0],
	    EV_READ | EV_PERSIST, signals_read, NULL) == -1 ||
	    event_add(&signal_event, NULL) == -1)
		fatalx("cannot watch the signal pipe");

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = signals_catch;
	sa.sa_flags = SA_SIGINFO | SA_RESTART;
	(void)sigfillset(&sa.sa_mask);
	for (i = 0; i < nitems(passed); i++) {
		/* What was ignored stays so, for the command too: nohup(1). */
		if (signals_ignored() & ((uint64_t)1 << (passed[i] - 1)))
			continue;
		if (sigaction(passed[i], &sa, NULL) == -1)
			fatal("sigaction");
	}
}

/*
 * The kernel sends the terminal's signals to the whole group, but an alarm
 * that srt's caller has set to srt alone, and a hangup first of all to the
 * leader of the session.
 */
static int
signals_from_terminal(const siginfo_t *info)
{
	if (info->si_code <= 0 || info->si_signo == SIGALRM)
		return 0;
	return info->si_signo != SIGHUP || !signal_leader;
}

static void
signals_catch(int signo, siginfo_t *info, void *context)
{
	struct signal_note	 note;
	struct timespec		 ts;
	int			 saved = errno;

	(void)context;
	memset(&note, 0, sizeof(note));
	note.signo = signo;
	note.terminal = signals_from_terminal(info);
	note.sender = info->si_code > 0 ? 0 : info->si_pid;
	if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0)
		note.when = (uint64_t)ts.tv_sec * 1000000000 +
		    (uint64_t)ts.tv_nsec;
	/* A full pipe holds hundreds of signals already. */
	if (write(signal_pipe[1], &note, sizeof(note)) == -1)
		errno = saved;
	errno = saved;
}

static void
signals_read(int fd, short what, void *arg)
{
	struct signal_note	 note;

	(void)what;
	(void)arg;
	while (read(fd, &note, sizeof(note)) == (ssize_t)sizeof(note))
		signal_handler(&note);
}
