/* SPDX-License-Identifier: ISC */

/* For tests: ids as in setresuid(2) of FreeBSD. */
#include_next <unistd.h>

#ifndef STUB_UNISTD_H
#define STUB_UNISTD_H
#include <sys/types.h>

int	 getresuid(uid_t *, uid_t *, uid_t *);
int	 setresgid(gid_t, gid_t, gid_t);
int	 setresuid(uid_t, uid_t, uid_t);
#endif
