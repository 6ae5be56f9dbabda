/* SPDX-License-Identifier: ISC */

/*
 * Loops of file calls, timed from within:
 *
 *	bench_files WORK COUNT FOLDER
 *
 * WORK is one of those in the table.  Prints the microseconds that COUNT
 * rounds took; what has to be there before or is left behind costs nothing.
 */

#include "compat.h"

#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define COUNT_MAX	10000000
#define OLD		"old"

static const char *
name_of(long i)
{
	static char	 name[32];

	(void)snprintf(name, sizeof(name), "f%ld", i);
	return name;
}

static void
open_close(const char *name, int flags)
{
	int	 fd;

	if ((fd = open(name, flags | O_CLOEXEC, 0666)) == -1 ||
	    close(fd) == -1)
		err(1, "%s", name);
}

static void
prepare_old(void)
{
	open_close(OLD, O_WRONLY | O_CREAT);
}

static void
clean_old(void)
{
	if (unlink(OLD) == -1)
		err(1, "%s", OLD);
}

static void
work_create(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		open_close(name_of(i), O_WRONLY | O_CREAT | O_EXCL);
	for (i = 0; i < count; i++)
		if (unlink(name_of(i)) == -1)
			err(1, "unlink");
}

static void
work_mkdir(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		if (mkdir("d", 0777) == -1 || rmdir("d") == -1)
			err(1, "mkdir");
}

static void
work_rename(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		if (rename(OLD, "new") == -1 || rename("new", OLD) == -1)
			err(1, "rename");
}

static void
work_write(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		open_close(OLD, O_WRONLY);
}

static void
work_read(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		open_close(OLD, O_RDONLY);
}

static void
work_chmod(long count)
{
	long	 i;

	for (i = 0; i < count; i++)
		if (chmod(OLD, 0644) == -1)
			err(1, "chmod");
}

static void
work_stat(long count)
{
	struct stat	 st;
	long		 i;

	for (i = 0; i < count; i++)
		if (stat(OLD, &st) == -1)
			err(1, "stat");
}

static const struct work {
	const char	 *name;
	void		(*run)(long);
	void		(*prepare)(void);
	void		(*clean)(void);
} works[] = {
	{ "create", work_create, NULL, NULL },
	{ "mkdir", work_mkdir, NULL, NULL },
	{ "rename", work_rename, prepare_old, clean_old },
	{ "write", work_write, prepare_old, clean_old },
	{ "chmod", work_chmod, prepare_old, clean_old },
	/* No call of these is trapped. */
	{ "read", work_read, prepare_old, clean_old },
	{ "stat", work_stat, prepare_old, clean_old }
};

static uint64_t
now(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		err(1, "clock_gettime");
	return (uint64_t)ts.tv_sec * 1000000 + (uint64_t)ts.tv_nsec / 1000;
}

static const struct work *
find_work(const char *name)
{
	size_t	 i;

	for (i = 0; i < nitems(works); i++)
		if (strcmp(works[i].name, name) == 0)
			return &works[i];
	errx(1, "no work %s", name);
}

int
main(int argc, char *argv[])
{
	const struct work	*w;
	const char		*errstr;
	uint64_t		 start;
	long			 count;

	if (argc != 4)
		errx(1, "usage: bench_files work count folder");
	w = find_work(argv[1]);
	count = (long)strtonum(argv[2], 1, COUNT_MAX, &errstr);
	if (errstr != NULL)
		errx(1, "count: %s", errstr);
	if (chdir(argv[3]) == -1)
		err(1, "%s", argv[3]);
	if (w->prepare != NULL)
		w->prepare();
	start = now();
	w->run(count);
	(void)printf("%" PRIu64 "\n", now() - start);
	if (w->clean != NULL)
		w->clean();
	return 0;
}
