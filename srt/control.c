/* SPDX-License-Identifier: ISC */

/*
 * --control-fd (COMPAT 21): lines that each hold complete settings, of which
 * the live keys apply to the command that runs.  The command itself never
 * has the descriptor: srt-exec closes all but 0-2.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define CONTROL_READ	65536

static struct {
	int		 number;	/* as the user gave it */
	int		 fd;
	char		*buf;
	size_t		 len;
	size_t		 scanned;	/* no line ends before */
	size_t		 size;
	int		 skip;		/* the line is too long */
	int		 delivered;
	struct event	 ev;
	struct event	 again;		/* for what cannot be polled */
	void		(*update)(const struct settings *);
	void		(*lost)(void);
} control = { .fd = -1 };

static void	 control_close(void);
static void	 control_fail(const char *);
static void	 control_line(char *, size_t);
static void	 control_lines(void);
static void	 control_read(int, short, void *);
static void	 control_soon(void);
static int	 control_unblock(int);

/*
 * The flag is the open file's, shared with whoever else has it open: a
 * terminal, which may be the command's standard input too, stays as it is.
 */
static int
control_unblock(int fd)
{
	struct stat	 st;
	int		 flags;

	if (fstat(fd, &st) == -1)
		return -1;
	if (!S_ISFIFO(st.st_mode) && !S_ISSOCK(st.st_mode))
		return 0;
	if ((flags = fcntl(fd, F_GETFL)) == -1)
		return -1;
	return fcntl(fd, F_SETFL, flags | O_NONBLOCK);
}

int
control_open(int fd)
{
	char	 none;

	/* A read of nothing tells whether it can be read at all. */
	if ((control.fd = fcntl(fd, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) ==
	    -1 || read(control.fd, &none, 0) == -1 ||
	    control_unblock(control.fd) == -1) {
		errors_write("Error: --control-fd %d is not usable: %s. "
		    "Refusing to run the command without the control channel "
		    "it asks for.\n", fd, strerror(errno));
		return -1;
	}
	control.number = fd;
	(void)close(fd);
	return 0;
}

void
control_start(struct event_base *base, void (*update)(const struct settings *),
    void (*lost)(void))
{
	struct stat	 st;

	control.update = update;
	control.lost = lost;
	if (event_assign(&control.ev, base, control.fd, EV_READ | EV_PERSIST,
	    control_read, NULL) == -1 || evtimer_assign(&control.again, base,
	    control_read, NULL) == -1)
		fatalx("event_assign");
	/* What cannot be polled, a file or /dev/null, is always ready. */
	if (fstat(control.fd, &st) == -1)
		fatal("--control-fd %d", control.number);
	if (S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) ||
	    (S_ISCHR(st.st_mode) && isatty(control.fd))) {
		if (event_add(&control.ev, NULL) == -1)
			fatalx("--control-fd %d cannot be watched",
			    control.number);
	} else
		control_soon();
}

/* Read again in the next round of the event loop. */
static void
control_soon(void)
{
	struct timeval	 now = { 0, 0 };

	if (evtimer_add(&control.again, &now) == -1)
		fatalx("evtimer_add");
}

static void
control_close(void)
{
	if (control.fd == -1)
		return;
	(void)event_del(&control.ev);
	(void)event_del(&control.again);
	(void)close(control.fd);
	control.fd = -1;
	free(control.buf);
	control.buf = NULL;
}

static void
control_fail(const char *why)
{
	if (control.delivered) {
		errors_write("Error reading control fd %d: %s. The control "
		    "channel is closed; no further updates will be "
		    "applied.\n", control.number, why);
		control_close();
		return;
	}
	errors_write("Error: control fd %d failed before delivering an "
	    "update: %s. Refusing to run the command without the control "
	    "channel it asks for.\n", control.number, why);
	control_close();
	control.lost();
}

static void
control_read(int fd, short what, void *arg)
{
	ssize_t		 n;

	(void)fd;
	(void)arg;
	if (control.size - control.len < CONTROL_READ) {
		control.size = control.len + CONTROL_READ;
		control.buf = xreallocarray(control.buf, control.size, 1);
	}
	n = read(control.fd, control.buf + control.len,
	    control.size - control.len);
	if (n == -1 && (errno == EAGAIN || errno == EINTR)) {
		if (what & EV_TIMEOUT)
			control_soon();
		return;
	}
	if (n == -1) {
		control_fail(strerror(errno));
		return;
	}
	if (n == 0) {
		/* The last line may lack its end. */
		if (control.len > 0 && !control.skip)
			control_line(control.buf, control.len);
		control_close();
		return;
	}
	control.len += (size_t)n;
	control_lines();
	if (what & EV_TIMEOUT)
		control_soon();
}

/* Takes the whole lines out of the buffer. */
static void
control_lines(void)
{
	char	*line = control.buf, *end;
	size_t	 left = control.len, scanned = control.scanned;

	while ((end = memchr(line + scanned, '\n', left - scanned)) != NULL) {
		if (!control.skip)
			control_line(line, (size_t)(end - line));
		control.skip = 0;
		left -= (size_t)(end + 1 - line);
		line = end + 1;
		scanned = 0;
	}
	/* A line without end must not fill the memory. */
	if (left > JSON_SIZE_MAX) {
		if (!control.skip)
			errors_write("Invalid config on control fd %d: "
			    "ignored, previous config still in force\n",
			    control.number);
		control.skip = 1;
		left = 0;
	}
	if (left > 0)
		memmove(control.buf, line, left);
	control.len = control.scanned = left;
}

static void
control_line(char *line, size_t len)
{
	struct settings	*set = NULL;
	struct errors	 errors;

	if (len > 0 && line[len - 1] == '\r')
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len == 0)
		return;
	control.delivered = 1;
	errors_init(&errors);
	if (settings_parse("control fd", line, len, &set, &errors) == -1 ||
	    send_check(set) == -1) {
		errors_write("Invalid config on control fd %d: ignored, "
		    "previous config still in force\n", control.number);
		errors_explain(&errors, "control fd");
	} else {
		errors_explain(&errors, "control fd");
		control.update(set);
	}
	settings_free(set);
	errors_free(&errors);
}
