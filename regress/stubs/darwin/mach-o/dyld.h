/* SPDX-License-Identifier: ISC */

/* Of macOS, as far as srt uses it: declarations alone, for a look at code. */

#ifndef STUB_MACHO_DYLD_H
#define STUB_MACHO_DYLD_H

#include <stdint.h>

int	 _NSGetExecutablePath(char *, uint32_t *);

#endif /* STUB_MACHO_DYLD_H */
