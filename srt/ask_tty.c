/* SPDX-License-Identifier: ISC */

/*
 * --ask: the questions of ask.c, put to the person at the terminal by a
 * process of its own, in a process group of its own, so that it can take the
 * terminal while the command waits.
 *
 * The command has that terminal as well, and nothing keeps a process of it
 * that ignores SIGTTOU from writing over the question: stopped ones go on by
 * a timer that sends SIGCONT, and need not know it.  So what is on the screen
 * proves nothing, and a yes has to name the host that it is for: whoever
 * paints another host there gets an answer that fits no question.
 */

#include "compat.h"

#include <sys/select.h>
#include <sys/socket.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
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
/* What a host and port, as they are typed, can take. */
#define TTY_WHAT_MAX	(4 * 320 + sizeof("[]:65535"))

/* No letter: why there is none. */
enum tty_none {
	TTY_LATE = -1,		/* it took too long */
	TTY_ENOUGH = -2,	/* the person wants no more questions */
	TTY_GONE = -3,		/* srt has ended, and the command with it */
	TTY_OTHER = -4		/* a yes to something else */
};

/* A question that waits for the terminal. */
struct waiting {
	TAILQ_ENTRY(waiting)	 entry;
	struct json		*question;
	uint64_t		 due;	/* then srt has answered; in ms */
};

static volatile sig_atomic_t	 tty_enough;
static sigset_t			 tty_open;	/* what tty_answer() takes */

static pid_t	 tty_pid = -1;		/* in srt */

/* In the process that asks. */
static int	 tty_seconds;
static TAILQ_HEAD(, waiting) tty_queue = TAILQ_HEAD_INITIALIZER(tty_queue);

static int	 tty_answer(const char *, uint64_t);
static void	 tty_ask(const struct json *, uint64_t);
static __dead void tty_main(void);
static int	 tty_read(void);
static void	 tty_reply(const struct json *, const char *, const char *,
		    const char *);

/* A command that asks all the time must not keep the person from "^C". */
static void
tty_break(int sig)
{
	(void)sig;
	tty_enough = 1;
}

/* "^C" comes only while an answer is waited for: not just before that. */
static void
tty_signals(void)
{
	sigset_t	 set;

	if (sigemptyset(&set) == -1 || sigaddset(&set, SIGINT) == -1 ||
	    sigprocmask(SIG_BLOCK, &set, &tty_open) == -1 ||
	    sigdelset(&tty_open, SIGINT) == -1)
		fatal("sigprocmask");
}

int
ask_tty_start(int seconds)
{
	int	 a, b, pair[2], tty;

	if ((tty = open("/dev/tty", O_RDWR | O_CLOEXEC | O_NOCTTY)) == -1) {
		errors_write("Error: --ask needs a terminal: %s. A program "
		    "can answer by --ask-fd.\n", strerror(errno));
		return -1;
	}
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) == -1)
		fatal("socketpair");
	if ((tty_pid = fork()) == -1)
		fatal("fork");
	if (tty_pid != 0) {
		log_debug("process %d asks at the terminal", (int)tty_pid);
		(void)close(pair[1]);
		(void)close(tty);
		return pair[0];
	}
	sandbox_follow(SIGCONT);
	tty_signals();
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
	tty_seconds = seconds;
	sandbox_enter(ROLE_PARENT);
	tty_main();
}

/*
 * Its pipe is closed: if it has the terminal it gives it back, and whoever
 * started srt must not go on before.
 */
void
ask_tty_end(void)
{
	/* In what was forked it is not ours to wait for. */
	if (tty_pid > 0)
		proc_await(tty_pid);
	tty_pid = -1;
}

static uint64_t
tty_now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* One question after the other, until srt ends. */
static __dead void
tty_main(void)
{
	struct waiting	*w;

	for (;;) {
		while ((w = TAILQ_FIRST(&tty_queue)) == NULL)
			if (tty_read() == -1)
				_exit(0);
		TAILQ_REMOVE(&tty_queue, w, entry);
		/* While others were asked its time may have run out. */
		if (tty_now() + TTY_PAUSE < w->due)
			tty_ask(w->question, w->due);
		json_free(w->question);
		free(w);
	}
}

static void
tty_enqueue(const char *line, size_t len)
{
	struct waiting	*w;
	struct json	*question;
	struct errors	 errors;

	errors_init(&errors);
	question = json_parse(line, len, &errors);
	errors_free(&errors);
	if (question == NULL)
		return;
	w = xcalloc(1, sizeof(*w));
	w->question = question;
	w->due = tty_now() + (uint64_t)tty_seconds * 1000;
	TAILQ_INSERT_TAIL(&tty_queue, w, entry);
}

/* Takes in what srt has sent; waits for it.  -1: srt has ended. */
static int
tty_read(void)
{
	static char	 buf[LINE_MAX_LEN];
	static size_t	 len;
	ssize_t		 n;
	char		*end;

	if (len == sizeof(buf))
		_exit(EXIT_SRT);
	n = read(TTY_PIPE, buf + len, sizeof(buf) - len);
	if (n == 0 || (n == -1 && errno != EINTR))
		return -1;
	if (n > 0)
		len += (size_t)n;
	while ((end = memchr(buf, '\n', len)) != NULL) {
		tty_enqueue(buf, (size_t)(end - buf));
		len -= (size_t)(end + 1 - buf);
		memmove(buf, end + 1, len);
	}
	return 0;
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

/* Puts us in front, with a terminal that a person can type at. */
static void
tty_take(pid_t front, pid_t ours, const struct termios *saved)
{
	struct termios	 mode = *saved;

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
}

static void
tty_give_back(pid_t front, const struct termios *saved)
{
	/* What is left of an answer is not the command's to read, either. */
	(void)tcflush(TTY_FD, TCIFLUSH);
	(void)tcsetattr(TTY_FD, TCSADRAIN, saved);
	if (tcsetpgrp(TTY_FD, front) == -1)
		_exit(EXIT_SRT);
	/* Who read from the terminal meanwhile has been stopped. */
	(void)kill(-front, SIGCONT);
}

/* What the person was typing till now, for the command, is no answer. */
static void
tty_settle(void)
{
	struct pollfd	 pfd = { .fd = TTY_PIPE, .events = POLLIN };
	uint64_t	 now, end = tty_now() + TTY_PAUSE;

	while ((now = tty_now()) < end)
		if (poll(&pfd, 1, (int)(end - now)) == 1 && tty_read() == -1)
			break;		/* tty_answer() sees it, too */
	(void)tcflush(TTY_FD, TCIFLUSH);
}

/* What has to be typed: the host, and the port unless it is that of TLS. */
static void
tty_what(const struct json *root, char *what, size_t size)
{
	const struct json	*port = json_get(root, "port");
	const char		*host = tty_text(json_get(root, "host"));
	double			 n;

	n = port != NULL && port->type == JSON_NUMBER ? port->number : 0;
	if (n == 443)
		(void)strlcpy(what, host, size);
	else if (strchr(host, ':') != NULL)
		(void)snprintf(what, size, "[%s]:%.0f", host, n);
	else
		(void)snprintf(what, size, "%s:%.0f", host, n);
}

/* Says what becomes of it. */
static void
tty_confirm(int answer, const char *what)
{
	switch (answer) {
	case 'y':
		(void)dprintf(TTY_FD, "srt: %s: allowed, once\n", what);
		break;
	case 'r':
		(void)dprintf(TTY_FD, "srt: %s: allowed for this run\n", what);
		break;
	case 's':
		(void)dprintf(TTY_FD, "srt: %s: allowed, and to be saved\n",
		    what);
		break;
	case TTY_OTHER:
		(void)dprintf(TTY_FD, "srt: refused: a yes has to name the "
		    "host, as in \"y %s\"\n", what);
		break;
	case TTY_LATE:
		(void)dprintf(TTY_FD, "\nsrt: no answer in time.\n");
		break;
	case TTY_ENOUGH:
		(void)dprintf(TTY_FD, "\nsrt: no more questions: what no rule "
		    "allows is refused from now on.\n");
		break;
	case TTY_GONE:
		(void)dprintf(TTY_FD, "\nsrt: the command has ended.\n");
		break;
	}
}

/* Writes the question and gets the answer. */
static int
tty_prompt(const struct json *root, uint64_t due)
{
	const struct json	*port, *pid;
	char			 who[384] = "a program", what[TTY_WHAT_MAX];
	int			 answer;

	port = json_get(root, "port");
	pid = json_get(root, "pid");
	tty_what(root, what, sizeof(what));
	if (pid != NULL && pid->type == JSON_NUMBER)
		(void)snprintf(who, sizeof(who), "%.160s (process %.0f)",
		    tty_text(json_get(root, "program")), pid->number);
	/* The command may have left colours that hide what comes. */
	(void)dprintf(TTY_FD, "%s\nsrt: %s wants to reach %s, port %.0f.\n",
	    tty_plain(), who, tty_text(json_get(root, "host")),
	    port != NULL && port->type == JSON_NUMBER ? port->number : 0);
	tty_settle();
	(void)dprintf(TTY_FD, "Allow it?  y %s: this once, r ...: for this "
	    "run, s ...: and save it; n: no, d: not for this run [n] ", what);
	answer = tty_answer(what, due);
	tty_confirm(answer, what);
	return answer;
}

static void
tty_ask(const struct json *root, uint64_t due)
{
	struct termios	 saved;
	pid_t		 front, ours;
	int		 answer;

	front = tcgetpgrp(TTY_FD);
	ours = getpgid(getppid());
	/* In the background, with the shell in front, nobody is looking. */
	if (front == -1 || (front == getsid(0) && front != ours) ||
	    tcgetattr(TTY_FD, &saved) == -1) {
		tty_reply(root, "deny", "once",
		    "srt is not in the foreground of its terminal");
		return;
	}
	tty_take(front, ours, &saved);
	answer = tty_prompt(root, due);
	/* If srt was killed its shell may have taken the terminal itself. */
	if (answer == TTY_GONE && tcgetpgrp(TTY_FD) != getpgrp())
		_exit(0);
	tty_give_back(front, &saved);
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
	case TTY_GONE:
		_exit(0);
	default:
		tty_reply(root, "deny", "once", "");
		break;
	}
}

/*
 * A yes is a letter, a blank and what it is for; each of them and nothing
 * else, as "yarn" was not meant for us.  Whatever is none is a no.
 */
static int
tty_letter(const char *line, size_t len, const char *what)
{
	size_t	 n = strlen(what);

	if (len < 2 || line[len - 1] != '\n')
		return 'n';
	if (len == 2 && (*line == 'n' || *line == 'd'))
		return *line;
	if (memchr("yrs", *line, 3) == NULL)
		return 'n';
	/* Names have no case. */
	if (len == n + 3 && line[1] == ' ' &&
	    strncasecmp(line + 2, what, n) == 0)
		return *line;
	return TTY_OTHER;
}

/*
 * The letter of tty_letter(), for a line that is typed now.  Questions that
 * come meanwhile are taken in, so that their clocks run from now.
 */
static int
tty_answer(const char *what, uint64_t due)
{
	struct timespec	 left;
	char		 line[TTY_WHAT_MAX + sizeof("y \n")];
	uint64_t	 now;
	ssize_t		 n;
	fd_set		 set;

	for (;;) {
		if (tty_enough)
			return TTY_ENOUGH;
		if ((now = tty_now()) >= due)
			return TTY_LATE;
		left.tv_sec = (time_t)((due - now) / 1000);
		left.tv_nsec = (long)((due - now) % 1000) * 1000000;
		FD_ZERO(&set);
		FD_SET(TTY_FD, &set);
		FD_SET(TTY_PIPE, &set);
		if (pselect(TTY_FD + 1, &set, NULL, NULL, &left,
		    &tty_open) < 1)
			continue;
		if (FD_ISSET(TTY_PIPE, &set) && tty_read() == -1)
			return TTY_GONE;
		if (!FD_ISSET(TTY_FD, &set))
			continue;
		n = read(TTY_FD, line, sizeof(line));
		if (n == -1 && errno == EINTR)
			continue;
		return n < 0 ? 'n' : tty_letter(line, (size_t)n, what);
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
