/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <mach-o/dyld.h>

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "proc.h"

/* The program that runs here: dyld(3).  The name may have links in it. */
int
proc_self(char *buf, size_t size, struct stat *st)
{
	char		 name[PATH_MAX], real[PATH_MAX];
	uint32_t	 len = sizeof(name);

	if (_NSGetExecutablePath(name, &len) == -1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	if (realpath(name, real) == NULL || stat(real, st) == -1)
		return -1;
	if (strlcpy(buf, real, size) >= size) {
		errno = ENAMETOOLONG;
		return -1;
	}
	return 0;
}
