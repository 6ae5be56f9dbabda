/* SPDX-License-Identifier: ISC */

/* Of macOS, as far as srt uses it: declarations alone, for a look at code. */

#ifndef STUB_LIBPROC_H
#define STUB_LIBPROC_H

#include <stdint.h>

#include <sys/proc_info.h>

int	 proc_listallpids(void *, int);
int	 proc_pidinfo(int, int, uint64_t, void *, int);
int	 proc_pidpath(int, void *, uint32_t);

#endif /* STUB_LIBPROC_H */
