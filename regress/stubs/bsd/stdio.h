/* SPDX-License-Identifier: ISC */

/* For tests: what the BSDs and macOS declare there beyond POSIX. */
#include_next <stdio.h>

#ifndef STUB_STDIO_H
#define STUB_STDIO_H
#include <stdarg.h>

int	 asprintf(char **, const char *, ...);
int	 vasprintf(char **, const char *, va_list);
#endif
