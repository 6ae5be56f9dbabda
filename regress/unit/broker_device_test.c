/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": what the broker opens has no domain, so that it must open
 * no device but the few.  A terminal of this process's own stands for one
 * that lies in a write root.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_stand.h"

#define CWD	((uint64_t)AT_FDCWD)

long	 __real_syscall(long, uint64_t, uint64_t, uint64_t, uint64_t,
	    uint64_t, uint64_t);
long	 __wrap_syscall(long, uint64_t, uint64_t, uint64_t, uint64_t,
	    uint64_t, uint64_t);

static char		 device[64];
static const char	*fifo_at;	/* this name is one of a FIFO ... */
static int		 swapped;	/* until it is looked up by O_PATH */

/* Stands for a host that puts a device in the place of a FIFO. */
long
__wrap_syscall(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d,
    uint64_t e, uint64_t f)
{
	const char			*path = (const char *)(uintptr_t)b;
	const struct lx_open_how	*how = (const void *)(uintptr_t)c;
	struct lx_stat			*st = (void *)(uintptr_t)e;
	long				 r;

	if (fifo_at == NULL || swapped || (nr != NR_OPENAT2 &&
	    nr != SYS_statx) || strcmp(path, fifo_at) != 0)
		return __real_syscall(nr, a, b, c, d, e, f);
	if (nr == NR_OPENAT2 && (how->flags & O_PATH) == 0) {
		errno = ENXIO;
		return -1;
	}
	swapped = nr == NR_OPENAT2;
	r = __real_syscall(nr, a, b, c, d, e, f);
	if (nr == SYS_statx && r == 0)
		st->mode = S_IFIFO | 0600;
	return r;
}

static int
master_open(void)
{
	const char	*name;
	int		 fd;

	must(fd = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC));
	must(grantpt(fd));
	must(unlockpt(fd));
	assert_non_null(name = ptsname(fd));
	(void)strlcpy(device, name, sizeof(device));
	return fd;
}

static long
opened(const char *path, int flags)
{
	struct request	 q = {
		.nr = SYS_openat,
		.arg = { CWD, ptr(path), (uint64_t)(flags | O_NOCTTY) }
	};
	long		 r;

	nreports = 0;
	r = by_broker(&q);
	if (r > 0)
		(void)close((int)r);
	return r > 0 ? 0 : r;
}

#define refused(call)							\
	do {								\
		assert_int_equal((call), -EPERM);			\
		assert_int_equal(nreports, 1);				\
		assert_non_null(strstr(reported, "not the command's"));	\
	} while (0)

/* What the command opened itself it may have opened for reading alone. */
static void
test_again_F30(void **arg)
{
	char	 name[32];
	int	 master, fd;

	(void)arg;
	master = master_open();
	refused(opened(device, O_RDWR));
	must(fd = open(device, O_RDONLY | O_NOCTTY | O_CLOEXEC));
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	refused(opened(name, O_RDWR));
	refused(opened(name, O_WRONLY));
	refused(opened(name, O_RDONLY | O_TRUNC));
	assert_int_equal(opened(name, O_RDONLY), 0);
	(void)close(fd);
	/* The caller gave it so. */
	must(fd = open(device, O_RDWR | O_NOCTTY | O_CLOEXEC));
	assert_int_equal(opened(name, O_RDWR), 0);
	(void)close(fd);
	(void)close(master);
}

static void
test_swapped_F30(void **arg)
{
	int	 master;

	(void)arg;
	master = master_open();
	fifo_at = strrchr(device, '/') + 1;
	swapped = 0;
	refused(opened(device, O_WRONLY));
	assert_int_equal(swapped, 1);
	fifo_at = NULL;
	(void)close(master);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_again_F30),
		cmocka_unit_test(test_swapped_F30),
	};

	stand_flags = EXEC_LANDLOCK;
	return cmocka_run_group_tests(tests, stand_begin, stand_end);
}
