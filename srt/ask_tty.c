/* SPDX-License-Identifier: ISC */

/*
 * --ask: the questions of ask.c, put to the person at the terminal by a
 * process of its own, in a process group of its own, so that it can take the
 * terminal while the command waits.
 */

#include "compat.h"

#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "parent.h"
#include "sandbox.h"

#define TTY_PIPE	3
#define TTY_FD		4
#define LINE_MAX_LEN	65536
/* Between what is asked and that it is asked, milliseconds. */
#define TTY_PAUSE	500

/* No letter: it took too long, or the person wants no more questions. */
#define TTY_LATE	(-1)
#define TTY_ENOUGH	(-2)

static volatile sig_atomic_t	 tty_enough;

static int	 tty_answer(int, char *, size_t);
static void	 tty_ask(const struct json *, int);
static __dead void tty_main(int);
static void	 tty_reply(const struct json *, const char *, const char *,
		    const char *);

/* A command that asks all the time must not keep the person from "^C". */
static void
tty_break(int sig)
{
	(void)sig;
	tty_enough = 1;
}

int
ask_tty_start(int seconds)
{
	pid_t	 pid;
	int	 a, b, pair[2], tty;

	if ((tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) == -1) {
		errors_write("Error: --ask needs a terminal: %s. A program "
		    "can answer by --ask-fd.\n", strerror(errno));
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		fatal("socketpair");
	if ((pid = fork()) == -1)
		fatal("fork");
	if (pid != 0) {
		log_debug("process %d asks at the terminal", (int)pid);
		(void)close(pair[1]);
		(void)close(tty);
		return pair[0];
	}
	if (setpgid(0, 0) == -1 || signal(SIGTTOU, SIG_IGN) == SIG_ERR ||
	    signal(SIGINT, tty_break) == SIG_ERR ||
	    signal(SIGQUIT, SIG_IGN) == SIG_ERR ||
	    signal(SIGTTIN, SIG_IGN) == SIG_ERR ||
	    signal(SIGTSTP, SIG_IGN) == SIG_ERR)
		fatal("the process that asks");
	if ((a = fcntl(pair[1], F_DUPFD, TTY_FD + 1)) == -1 ||
	    (b = fcntl(tty, F_DUPFD, TTY_FD + 1)) == -1 ||
	    dup2(a, TTY_PIPE) == -1 || dup2(b, TTY_FD) == -1)
		fatal("dup2");
	closefrom(TTY_FD + 1);
	sandbox_enter(ROLE_PARENT);
	tty_main(seconds);
}

/* One question after the other, until srt ends. */
static __dead void
tty_main(int seconds)
{
	static char	 buf[LINE_MAX_LEN];
	struct errors	 errors;
	struct json	*root;
	size_t		 len = 0;
	ssize_t		 n;
	char		*end;

	for (;;) {
		while ((end = memchr(buf, '\n', len)) != NULL) {
			errors_init(&errors);
			root = json_parse(buf, (size_t)(end - buf), &errors);
			errors_free(&errors);
			if (root != NULL)
				tty_ask(root, seconds);
			json_free(root);
			len -= (size_t)(end + 1 - buf);
			memmove(buf, end + 1, len);
		}
		if (len == sizeof(buf))
			_exit(EXIT_SRT);
		n = read(TTY_PIPE, buf + len, sizeof(buf) - len);
		if (n == 0 || (n == -1 && errno != EINTR))
			_exit(0);
		if (n > 0)
			len += (size_t)n;
	}
}

/* Text that a program chose, for a terminal. */
static const char *
tty_text(const struct json *node)
{
	static char	 text[4 * 320 + 1];

	if (node == NULL || node->type != JSON_STRING)
		return "";
	(void)strnvis(text, node->string, sizeof(text), VIS_CSTYLE | VIS_NL |
	    VIS_TAB);
	return text;
}

/* What makes letters to be seen again, where the terminal knows of that. */
static const char *
tty_plain(void)
{
	const char	*term = getenv("TERM");

	return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0 ?
	    "" : "\033[m";
}

static void
tty_ask(const struct json *root, int seconds)
{
	const struct json	*port, *pid;
	struct termios		 saved, mode;
	pid_t			 front, ours;
	char			 line[16], who[384] = "a program";
	int			 answer;

	front = tcgetpgrp(TTY_FD);
	ours = getpgid(getppid());
	/* In the background, with the shell in front, nobody is looking. */
	if (front == -1 || (front == getsid(0) && front != ours) ||
	    tcgetattr(TTY_FD, &saved) == -1) {
		tty_reply(root, "deny", "once",
		    "srt is not in the foreground of its terminal");
		return;
	}
	port = json_get(root, "port");
	pid = json_get(root, "pid");
	if (pid != NULL && pid->type == JSON_NUMBER)
		(void)snprintf(who, sizeof(who), "%.160s (process %.0f)",
		    tty_text(json_get(root, "program")), pid->number);
	mode = saved;
	mode.c_lflag |= ICANON | ECHO | ISIG;
	mode.c_iflag |= ICRNL;
	mode.c_cc[VINTR] = 'C' & 0x1f;
	mode.c_oflag |= OPOST;
	if (tcsetpgrp(TTY_FD, getpgrp()) == -1)
		_exit(EXIT_SRT);
	/*
	 * Who reads already would get the answer: the signal ends that read,
	 * to be begun again.  Not with a shell inside, which would take it
	 * for the end of its foreground job.
	 */
	if (front == ours)
		(void)kill(-front, SIGTTIN);
	(void)tcsetattr(TTY_FD, TCSADRAIN, &mode);
	/* The command may have left colours that hide what comes. */
	(void)dprintf(TTY_FD, "%s\nsrt: %s wants to reach %s, port %.0f.\n",
	    tty_plain(), who, tty_text(json_get(root, "host")),
	    port != NULL && port->type == JSON_NUMBER ? port->number : 0);
	/* What the person was typing till now, for the command, is no answer. */
	(void)poll(NULL, 0, TTY_PAUSE);
	(void)tcflush(TTY_FD, TCIFLUSH);
	(void)dprintf(TTY_FD, "Allow it?  y: this once, r: for this run, "
	    "s: and save it; n: no, d: not for this run [n] ");
	answer = tty_answer(seconds, line, sizeof(line));
	if (answer == TTY_LATE)
		(void)dprintf(TTY_FD, "\nsrt: no answer in time.\n");
	else if (answer == TTY_ENOUGH)
		(void)dprintf(TTY_FD, "\nsrt: no more questions: what no rule "
		    "allows is refused from now on.\n");
	/* What is left of an answer is not the command's to read, either. */
	(void)tcflush(TTY_FD, TCIFLUSH);
	(void)tcsetattr(TTY_FD, TCSADRAIN, &saved);
	if (tcsetpgrp(TTY_FD, front) == -1)
		_exit(EXIT_SRT);
	/* Who read from the terminal meanwhile has been stopped. */
	(void)kill(-front, SIGCONT);
	switch (answer) {
	case 'y':
		tty_reply(root, "allow", "once", "");
		break;
	case 'r':
		tty_reply(root, "allow", "run", "");
		break;
	case 's':
		tty_reply(root, "allow", "save", "");
		break;
	case 'd':
		tty_reply(root, "deny", "run", "");
		break;
	case TTY_LATE:
		break;		/* srt has its own clock */
	case TTY_ENOUGH:
		_exit(0);	/* which is a no to all */
	default:
		tty_reply(root, "deny", "once", "");
		break;
	}
}

/*
 * The letter that is the whole line, 'n' for any other line: "yarn" was not
 * meant for us.
 */
static int
tty_answer(int seconds, char *line, size_t size)
{
	struct pollfd	 pfd = { .fd = TTY_FD, .events = POLLIN };
	struct timespec	 now, end;
	ssize_t		 n;
	int		 left;

	if (clock_gettime(CLOCK_MONOTONIC, &end) == -1)
		fatal("clock_gettime");
	end.tv_sec += seconds;
	for (;;) {
		if (tty_enough)
			return TTY_ENOUGH;
		if (clock_gettime(CLOCK_MONOTONIC, &now) == -1)
			fatal("clock_gettime");
		if (now.tv_sec >= end.tv_sec)
			return TTY_LATE;
		left = (int)(end.tv_sec - now.tv_sec) * 1000;
		if (poll(&pfd, 1, left) != 1)
			continue;
		n = read(TTY_FD, line, size);
		if (n == -1 && errno == EINTR)
			continue;
		return n == 2 && line[1] == '\n' ? *line : 'n';
	}
}

static void
tty_reply(const struct json *root, const char *answer, const char *scope,
    const char *reason)
{
	const struct json	*id = json_get(root, "id");

	(void)dprintf(TTY_PIPE, "{\"id\":%.0f,\"answer\":\"%s\","
	    "\"scope\":\"%s\",\"reason\":\"%s\"}\n",
	    id != NULL && id->type == JSON_NUMBER ? id->number : 0, answer,
	    scope, reason);
}
