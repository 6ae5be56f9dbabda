/* SPDX-License-Identifier: ISC */

/*
 * Runs a program for which system calls fail, as on another machine:
 *
 *	failcall NAME:ERROR[:ARGUMENT:BITS] ... -- PROGRAM [ARGUMENT ...]
 *
 * With an argument's number only calls in which all of the bits are set.  The
 * error is one of those below.
 */

#include "compat.h"

#include <err.h>
#include <errno.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const struct {
	const char	*name;
	int		 error;
} errors[] = {
	{ "EACCES", EACCES }, { "EBUSY", EBUSY }, { "EINVAL", EINVAL },
	{ "ENOSPC", ENOSPC }, { "ENOSYS", ENOSYS }, { "EPERM", EPERM },
	{ "EUSERS", EUSERS }
};

static uint32_t
error_action(const char *name)
{
	size_t	 i;

	for (i = 0; i < nitems(errors); i++)
		if (strcmp(errors[i].name, name) == 0)
			return SCMP_ACT_ERRNO((uint32_t)errors[i].error);
	errx(2, "%s: not an error", name);
}

static void
add(scmp_filter_ctx ctx, char *rule)
{
	char			*name, *error, *number, *bits;
	struct scmp_arg_cmp	 arg;
	unsigned long		 mask;
	int			 nr, rc;

	name = strsep(&rule, ":");
	error = strsep(&rule, ":");
	number = strsep(&rule, ":");
	bits = strsep(&rule, ":");
	if (error == NULL || (nr = seccomp_syscall_resolve_name(name)) ==
	    __NR_SCMP_ERROR)
		errx(2, "%s: no such call", name);
	if (bits == NULL)
		rc = seccomp_rule_add(ctx, error_action(error), nr, 0);
	else {
		mask = strtoul(bits, NULL, 0);
		arg = SCMP_CMP((unsigned int)strtoul(number, NULL, 10),
		    SCMP_CMP_MASKED_EQ, mask, mask);
		rc = seccomp_rule_add_array(ctx, error_action(error), nr, 1,
		    &arg);
	}
	if (rc != 0)
		errx(2, "%s: %s", name, strerror(-rc));
}

int
main(int argc, char *argv[])
{
	scmp_filter_ctx	 ctx;
	int		 i, rc;

	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		errx(2, "seccomp_init");
	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		add(ctx, argv[i]);
	if (i + 1 >= argc)
		errx(2, "no program");
	if ((rc = seccomp_load(ctx)) != 0)
		errx(2, "seccomp_load: %s", strerror(-rc));
	seccomp_release(ctx);
	(void)execv(argv[i + 1], argv + i + 1);
	err(2, "%s", argv[i + 1]);
}
