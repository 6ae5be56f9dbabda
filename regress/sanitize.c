/* SPDX-License-Identifier: ISC */

/*
 * Linked into the programs of "make asan" and "make tsan".  Looking for leaks
 * at exit needs ptrace(2), which no role may use; the unit tests look for
 * them.
 *
 * A role gives its standard error away, and later may open no file: what the
 * sanitizer finds goes to a file of the build folder that is opened before
 * anything else, where "make asan" and "make tsan" look at the end.
 */

#include "compat.h"

#include <fcntl.h>
#include <stdint.h>
#include <unistd.h>

#include "sandbox.h"

#define LOG_FD	100	/* and up: out of the way */

const char	*__asan_default_options(void);
const char	*__tsan_default_options(void);
void		 __sanitizer_set_report_fd(void *);
void		 __real_sandbox_enter(enum role);
void		 __wrap_sandbox_enter(enum role);

static int	 log_fd = -1;

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99:symbolize=0";
}

/* A role that has had a race ends, and with it the run. */
const char *
__tsan_default_options(void)
{
	return "exitcode=99:halt_on_error=1:symbolize=0";
}

static void __attribute__((__constructor__))
log_open(void)
{
	int	 fd;

	fd = open(SANITIZE_LOG, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC,
	    0644);
	if (fd == -1)
		return;
	log_fd = fcntl(fd, F_DUPFD_CLOEXEC, LOG_FD);
	(void)close(fd);
	if (log_fd != -1)
		__sanitizer_set_report_fd((void *)(intptr_t)log_fd);
}

/* By the linker's --wrap.  In a new process the runtime forgets the file. */
void
__wrap_sandbox_enter(enum role role)
{
	if (log_fd != -1)
		__sanitizer_set_report_fd((void *)(intptr_t)log_fd);
	__real_sandbox_enter(role);
}
