/* SPDX-License-Identifier: ISC */

/*
 * The home directory of the caller's account.  A program that is linked as a
 * whole loads no NSS module: it reads the system's own file, and has another
 * program ask for accounts that are not in it.
 */

#include "compat.h"

#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "srt.h"

static char	*(*home_ask)(void);

void
home_asker(char *(*ask)(void))
{
	home_ask = ask;
}

#ifdef SRT_STATIC
static const struct passwd *
account(uid_t uid)
{
	const struct passwd	*pw;
	FILE			*fp;

	if ((fp = fopen("/etc/passwd", "re")) == NULL)
		return NULL;
	while ((pw = fgetpwent(fp)) != NULL && pw->pw_uid != uid)
		continue;
	(void)fclose(fp);
	return pw;
}
#else
static const struct passwd *
account(uid_t uid)
{
	return getpwuid(uid);
}
#endif

const char *
account_home(void)
{
	static char		*asked;
	static int		 done;
	const struct passwd	*pw = account(getuid());
	const char		*home = NULL;

	if (pw != NULL)
		home = pw->pw_dir;
	else if (home_ask != NULL) {
		if (!done)
			asked = home_ask();
		done = 1;
		home = asked;
	}
	return home != NULL && *home == '/' ? home : NULL;
}

const char *
home_dir(void)
{
	const char	*home = getenv("HOME");

	/* A relative home would take the settings from anywhere. */
	return home != NULL && *home == '/' ? home : account_home();
}
