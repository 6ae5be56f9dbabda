/* SPDX-License-Identifier: ISC */
#ifndef COMPAT_H
#define COMPAT_H

/*
 * What the system lacks of the OpenBSD C library.  Every source file
 * includes this one first.  config.h is written by common/configure; the
 * prototypes below stand for the functions of common/compat/, one file each.
 */

#include "config.h"

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#ifdef HAVE_LIBBSD
#define LIBBSD_OPENBSD_VIS
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/unistd.h>
#include <bsd/vis.h>
#include <bsd/sys/queue.h>
#include <bsd/sys/tree.h>
#else
#include <sys/queue.h>
#include <sys/tree.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vis.h>
#endif

#ifndef __dead
#define __dead		__attribute__((__noreturn__))
#endif

#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#ifndef HAVE_FREEZERO
void	 freezero(void *, size_t);
#endif
#ifndef HAVE_RECALLOCARRAY
void	*recallocarray(void *, size_t, size_t, size_t);
#endif
#ifndef HAVE_CLOSEFROM
void	 closefrom(int);
#endif
#ifndef HAVE_GETPROGNAME
const char *getprogname(void);
#endif
#ifndef HAVE_TIMINGSAFE_BCMP
int	 timingsafe_bcmp(const void *, const void *, size_t);
#endif

#endif /* COMPAT_H */
