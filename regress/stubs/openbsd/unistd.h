/* SPDX-License-Identifier: ISC */

/* For tests: pledge(2), unveil(2), and ids as in setresuid(2) of OpenBSD. */
#include_next <unistd.h>

#ifndef STUB_UNISTD_H
#define STUB_UNISTD_H
#include <sys/types.h>

void	 closefrom(int);
int	 getresuid(uid_t *, uid_t *, uid_t *);
int	 pipe2(int[2], int);
int	 pledge(const char *, const char *);
int	 setresgid(gid_t, gid_t, gid_t);
int	 setresuid(uid_t, uid_t, uid_t);
int	 unveil(const char *, const char *);
#endif
