/* SPDX-License-Identifier: ISC */
#ifndef STUB_VIS_H
#define STUB_VIS_H

/* For tests: vis(3) of OpenBSD. */
#include <stddef.h>

#define VIS_CSTYLE	0x02
#define VIS_SP		0x04
#define VIS_TAB		0x08
#define VIS_NL		0x10
#define VIS_NOSLASH	0x40

int	 strnvis(char *, const char *, size_t, int);

#endif
