/* SPDX-License-Identifier: ISC */

/* For tests: what the BSDs and macOS declare there beyond POSIX. */
#include_next <string.h>

#ifndef STUB_STRING_H
#define STUB_STRING_H
size_t	 strlcat(char *, const char *, size_t);
size_t	 strlcpy(char *, const char *, size_t);
#endif
