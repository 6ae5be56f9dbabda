/* SPDX-License-Identifier: ISC */

/* Where what a command leaves behind does not fall to who started it. */

#include "compat.h"

#include "exec.h"

int
end_hold(void)
{
	return whyx("mode \"landlock\" is for Linux");
}

void
end_all(void)
{
}
