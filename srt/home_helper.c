/* SPDX-License-Identifier: ISC */

/*
 * srt-home: prints the home directory of its user, whatever the system asks
 * for it.  It is the one part of srt that loads NSS modules for that.
 */

#include "compat.h"

#include <pwd.h>
#include <stdio.h>
#include <unistd.h>

int
main(void)
{
	const struct passwd	*pw = getpwuid(getuid());

	if (pw == NULL || pw->pw_dir == NULL)
		return 1;
	return printf("%s", pw->pw_dir) < 0 || fflush(stdout) == EOF;
}
