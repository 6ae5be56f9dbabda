/* SPDX-License-Identifier: ISC */

/*
 * A shell with job control inside puts itself in front and cannot put srt's
 * process group back there: inside, that group has no number.
 */

#include "compat.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "terminal.h"

static int	 terminal = -1;		/* where we were in front */

void
tty_save(void)
{
	int	 fd;

	terminal = -1;
	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
		if (isatty(fd) && tcgetpgrp(fd) == getpgrp()) {
			terminal = fd;
			return;
		}
	}
}

void
tty_restore(void)
{
	pid_t	 front;

	if (terminal == -1)
		return;
	/* Only if the group in front is dead: else somebody took over. */
	front = tcgetpgrp(terminal);
	if (front <= 0 || front == getpgrp() || kill(-front, 0) == 0 ||
	    errno != ESRCH)
		return;
	if (signal(SIGTTOU, SIG_IGN) == SIG_ERR ||
	    tcsetpgrp(terminal, getpgrp()) == -1)
		log_debug("tcsetpgrp: %s", strerror(errno));
}

const char *
tty_plain(void)
{
	const char	*term = getenv("TERM");

	return term == NULL || *term == '\0' || strcmp(term, "dumb") == 0 ?
	    "" : TERMINAL_PLAIN;
}
