/* SPDX-License-Identifier: ISC */

/*
 * A system on which srt has no way to hold a command.  Rules that nobody
 * enforces are worse than none: nothing is started, and the refusal names
 * them.  Settings can be checked and explained all the same.
 */

#include "compat.h"

#include <sys/utsname.h>

#include "parent.h"

int
backend_there(void)
{
	return 0;
}

int
backend_check(const struct settings *set)
{
	struct utsname	 uts;
	const char	*system = "this system";

	if (uname(&uts) != -1)
		system = uts.sysname;
	errors_write("Error: %s: srt has no backend here that could enforce "
	    "%snetwork.allowedDomains: no command is started\n", system,
	    set->fs_disabled ? "" : "filesystem.allowWrite, "
	    "filesystem.denyWrite, filesystem.denyRead and ");
	return -1;
}
