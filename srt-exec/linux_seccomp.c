/* SPDX-License-Identifier: ISC */

/*
 * Installs the filter between the command and the kernel.  What it refuses
 * stands in gen_command_table.c.
 */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <unistd.h>

#include "exec.h"
#include "linux_new.h"

#include "command_filter.h"

#define PROGRAM(p)	{ (p), nitems(p) }

/* By what is lifted: see enum lift of the generator. */
static const struct program {
	const struct sock_filter	*insn;
	size_t				 len;
} programs[] = {
	PROGRAM(command_filter_0),
	PROGRAM(command_filter_1),
	PROGRAM(command_filter_2),
	PROGRAM(command_filter_3)
}, signals = PROGRAM(signal_filter),
  landlock = PROGRAM(landlock_filter);

/* By what the broker answers: see enum notify of the generator. */
static const struct program	 notifies[] = {
	PROGRAM(notify_filter_0),
	PROGRAM(notify_filter_1),
	PROGRAM(notify_filter_2),
	PROGRAM(notify_filter_3),
	PROGRAM(notify_filter_4),
	PROGRAM(notify_filter_5),
	PROGRAM(notify_filter_6),
	PROGRAM(notify_filter_7)
};

static int	 filter_load(const struct program *, unsigned int);

int
command_filter_install(uint32_t flags)
{
	unsigned int	 i = 0;

	if ((flags & EXEC_ALL_UNIX) != 0)
		i |= 1;
	if ((flags & EXEC_NESTED_USERNS) != 0)
		i |= 2;

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	if ((flags & COMMAND_FILTER_SIGNALS) != 0 &&
	    filter_load(&signals, 0) == -1)
		return -1;
	if ((flags & EXEC_LANDLOCK) != 0 && filter_load(&landlock, 0) == -1)
		return -1;
	return filter_load(&programs[i], 0);
}

int
notify_filter_install(uint32_t flags)
{
	unsigned int	 i = 0;

	if ((flags & EXEC_FS_DISABLED) == 0)
		i |= 1;
	if ((flags & EXEC_STRICT_READS) != 0)
		i |= 2;
	if ((flags & EXEC_LANDLOCK) != 0)
		i |= 4;
	return filter_load(&notifies[i], SECCOMP_FILTER_FLAG_NEW_LISTENER |
	    SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
}

/*
 * Before 5.16 a filter switched the processor's store bypass off for all that
 * runs under it, at a price for every program.  The flag asks for what newer
 * kernels do by themselves; srt's filter guards no secret in its own memory.
 */
static int
filter_load(const struct program *p, unsigned int flags)
{
	struct sock_fprog	 fprog;

	fprog.len = (unsigned short)p->len;
	fprog.filter = (struct sock_filter *)(uintptr_t)p->insn;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_SPEC_ALLOW | flags, &fprog);
}
