/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/sysctl.h>

#include "proc.h"

/* The program that runs here: sysctl(3) of FreeBSD. */
int
proc_self(char *buf, size_t size, struct stat *st)
{
	int	 mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };

	if (sysctl(mib, nitems(mib), buf, &size, NULL, 0) == -1)
		return -1;
	return stat(buf, st);
}
