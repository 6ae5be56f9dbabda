/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/resource.h>

#include <unistd.h>

/* closefrom(2), the slow way: every descriptor that may exist. */
void
closefrom(int lowfd)
{
	struct rlimit	 rl;
	int		 fd, max = 65536;

	if (getrlimit(RLIMIT_NOFILE, &rl) == 0 &&
	    rl.rlim_max != RLIM_INFINITY && rl.rlim_max > (rlim_t)max)
		max = (int)rl.rlim_max;
	for (fd = lowfd; fd < max; fd++)
		(void)close(fd);
}
