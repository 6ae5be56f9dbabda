/* SPDX-License-Identifier: ISC */

/* For tests: what the BSDs and macOS declare there beyond POSIX. */
#include_next <stdlib.h>

#ifndef STUB_STDLIB_H
#define STUB_STDLIB_H
const char	*getprogname(void);
int		 heapsort(void *, size_t, size_t,
		    int (*)(const void *, const void *));
long long	 strtonum(const char *, long long, long long, const char **);
#endif
