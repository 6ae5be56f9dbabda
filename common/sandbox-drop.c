/* SPDX-License-Identifier: ISC */

/* Started by root on a BSD: see sandbox.h.  hier(7) has the empty directory. */

#include "compat.h"

#include <sys/stat.h>

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include "log.h"
#include "sandbox.h"

#define DROP_USER	"_srt"
#define DROP_FALLBACK	"nobody"
#define DROP_ROOT	"/var/empty"

static void
drop_root(void)
{
	struct stat	 st;

	if (stat(DROP_ROOT, &st) == -1)
		fatal(DROP_ROOT);
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		fatalx("%s can be written by others than root", DROP_ROOT);
	if (chroot(DROP_ROOT) == -1)
		fatal("chroot");
	if (chdir("/") == -1)
		fatal("chdir");
}

void
sandbox_drop(enum role role)
{
	const struct passwd	*pw;
	uid_t			 r, e, s, uid;
	gid_t			 gid;

	if (geteuid() != 0)
		return;
	if ((pw = getpwnam(DROP_USER)) == NULL &&
	    (pw = getpwnam(DROP_FALLBACK)) == NULL)
		fatalx("there is neither a user %s nor %s", DROP_USER,
		    DROP_FALLBACK);
	uid = pw->pw_uid;
	gid = pw->pw_gid;
	if (uid == 0 || gid == 0)
		fatalx("user %s is root", pw->pw_name);
	/* It reads /etc/resolv.conf. */
	if (role != ROLE_RESOLVER)
		drop_root();
	if (setgroups(1, &gid) == -1 || setresgid(gid, gid, gid) == -1 ||
	    setresuid(uid, uid, uid) == -1)
		fatal("cannot change to another user");
	if (getresuid(&r, &e, &s) == -1 || r != uid || e != uid || s != uid)
		fatalx("still root");
}
