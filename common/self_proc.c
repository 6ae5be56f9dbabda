/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <unistd.h>

#include "proc.h"

/* The program that runs here: proc(5). */
int
proc_self(char *buf, size_t size, struct stat *st)
{
	ssize_t	 len;

	len = readlink("/proc/self/exe", buf, size - 1);
	if (len <= 0 || (size_t)len >= size - 1) {
		errno = ENAMETOOLONG;
		return -1;
	}
	buf[len] = '\0';
	return stat("/proc/self/exe", st);
}
