/* SPDX-License-Identifier: ISC */

/* Of macOS, as far as srt uses it: declarations alone, for a look at code. */

#ifndef STUB_SANDBOX_H
#define STUB_SANDBOX_H

#include <stdint.h>

#define SANDBOX_NAMED	0x0001

extern const char	 kSBXProfileNoInternet[];
extern const char	 kSBXProfileNoWrite[];
extern const char	 kSBXProfilePureComputation[];

int	 sandbox_init(const char *, uint64_t, char **);

#endif /* STUB_SANDBOX_H */
