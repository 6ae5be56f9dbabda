/* SPDX-License-Identifier: ISC */
#ifndef STUB_VIS_H
#define STUB_VIS_H

/* For tests: vis(3) of FreeBSD, as macOS has it, too. */
#include <stddef.h>

#define VIS_CSTYLE	0x0002
#define VIS_SP		0x0004
#define VIS_TAB		0x0008
#define VIS_NL		0x0010
#define VIS_NOSLASH	0x0040

int	 strnvis(char *, size_t, const char *, int);

#endif
