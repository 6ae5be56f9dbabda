/* SPDX-License-Identifier: ISC */

/*
 * A file that a program has closed is closed: nobody else, such as the broker
 * that opened it, has it open for a while.
 *
 *	linger ROUNDS
 *
 * Works in the current directory and says how often something lingered.
 */

#include "compat.h"

#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static int
open_now(const char *path, int flags)
{
	int	 fd;

	if ((fd = open(path, flags | O_CLOEXEC, 0755)) == -1)
		err(1, "%s", path);
	return fd;
}

/* The lock of a file that has been closed. */
static int
lock_lingers(void)
{
	int	 fd, r;

	fd = open_now("lock", O_WRONLY | O_CREAT);
	if (flock(fd, LOCK_EX) == -1)
		err(1, "flock");
	(void)close(fd);
	fd = open_now("lock", O_RDONLY);
	r = flock(fd, LOCK_EX | LOCK_NB) == -1;
	(void)close(fd);
	return r;
}

/* A program that nobody writes any more: ETXTBSY. */
static int
text_lingers(void)
{
	char		*argv[] = { (char *)(uintptr_t)"program", NULL };
	pid_t		 pid;
	int		 status, error;

	(void)close(open_now("program", O_WRONLY));
	error = posix_spawn(&pid, "./program", NULL, NULL, argv, environ);
	if (error == ETXTBSY)
		return 1;
	if (error != 0)
		errx(1, "program: %s", strerror(error));
	if (waitpid(pid, &status, 0) == -1)
		err(1, "waitpid");
	return 0;
}

/* The writer of a FIFO. */
static int
writer_lingers(void)
{
	char	 c;
	int	 r, w, n;

	r = open_now("fifo", O_RDONLY | O_NONBLOCK);
	w = open_now("fifo", O_WRONLY);
	(void)close(w);
	n = (int)read(r, &c, 1);
	(void)close(r);
	return n != 0;
}

static void
rounds(const char *what, int (*lingers)(void), int n)
{
	int	 i, count = 0;

	for (i = 0; i < n; i++)
		count += lingers();
	(void)printf("%s: %d of %d\n", what, count, n);
}

int
main(int argc, char *argv[])
{
	int	 n, fd;

	if (argc != 2 || (n = atoi(argv[1])) < 10)
		errx(1, "usage: linger ROUNDS");
	fd = open_now("program", O_WRONLY | O_CREAT);
	if (write(fd, "#!/bin/true\n", 12) != 12)
		err(1, "write");
	(void)close(fd);
	if (mkfifo("fifo", 0600) == -1)
		err(1, "mkfifo");
	rounds("lock", lock_lingers, n);
	rounds("program", text_lingers, n / 10);
	rounds("fifo", writer_lingers, n);
	return 0;
}
