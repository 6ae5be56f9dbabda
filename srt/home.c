/* SPDX-License-Identifier: ISC */

/* The home directory of the caller, of which there are two opinions. */

#include "compat.h"

#include <pwd.h>
#include <stdlib.h>
#include <unistd.h>

#include "srt.h"

const char *
account_home(void)
{
	const struct passwd	*pw = getpwuid(getuid());

	return pw != NULL && pw->pw_dir != NULL && *pw->pw_dir == '/' ?
	    pw->pw_dir : NULL;
}

const char *
home_dir(void)
{
	const char	*home = getenv("HOME");

	/* A relative home would take the settings from anywhere. */
	return home != NULL && *home == '/' ? home : account_home();
}
