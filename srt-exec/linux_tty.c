/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": which devices are terminals.  Who leads a session without
 * one and opens a terminal that is nobody's, if only for reading, has it from
 * then on: by the name /dev/tty it could be written and set, and when its
 * leader ends the kernel hangs it up.  So none may be opened that srt did not
 * get from its caller.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/sysmacros.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#include "exec.h"

#define DRIVERS		"/proc/tty/drivers"
#define MAJOR_MEMORY	1
#define MAJORS		4096

static char	 terminal[MAJORS];	/* those of the kernel's drivers */

/* "serial  /dev/ttyS  4 64-95 serial": 0 if that is not what it says. */
static int
driver_learn(const char *line)
{
	const char	*dev = strstr(line, " /dev/");
	unsigned int	 major;

	if (dev == NULL)
		return 0;
	/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(dev, " %*s %u", &major) != 1 || major >= MAJORS)
		return 0;
	terminal[major] = 1;
	return 1;
}

void
terminals_learn(void)
{
	FILE	*fp;
	char	*line = NULL;
	size_t	 size = 0;
	int	 known = 1;

	if ((fp = fopen(DRIVERS, "re")) == NULL)
		known = 0;
	else {
		while (known && getline(&line, &size, fp) != -1)
			known = driver_learn(line);
		known = known && !ferror(fp);
		(void)fclose(fp);
	}
	free(line);
	/* Where that cannot be told each could be one. */
	if (!known)
		memset(terminal, 1, sizeof(terminal));
	terminal[MAJOR_MEMORY] = 0;
}

int
terminal_is(dev_t dev)
{
	return major(dev) >= MAJORS || terminal[major(dev)];
}

/*
 * Has the caller given a terminal for reading alone, and it is not his own?
 * Of such a one the command can make itself the owner.
 */
int
terminals_lent(void)
{
	int	 fd, flags;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if ((flags = fcntl(fd, F_GETFL)) != -1 &&
		    (flags & O_ACCMODE) == O_RDONLY && isatty(fd) &&
		    tcgetsid(fd) == -1)
			return 1;
	return 0;
}
