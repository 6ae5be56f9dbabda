/* SPDX-License-Identifier: ISC */
#ifndef STUB_SYSCTL_H
#define STUB_SYSCTL_H

/* For tests: sysctl(3). */
#include <stddef.h>

#define CTL_KERN		1
#define KERN_PROC		2
#define KERN_PROC_PATHNAME	3

int	 sysctl(const int *, unsigned int, void *, size_t *, const void *,
	    size_t);

#endif
