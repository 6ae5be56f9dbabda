/* SPDX-License-Identifier: ISC */

/* Of macOS, as far as srt uses it: declarations alone, for a look at code. */

#ifndef STUB_SYS_PTRACE_H
#define STUB_SYS_PTRACE_H

#include <sys/types.h>

#define PT_DENY_ATTACH	31

int	 ptrace(int, pid_t, char *, int);

#endif /* STUB_SYS_PTRACE_H */
