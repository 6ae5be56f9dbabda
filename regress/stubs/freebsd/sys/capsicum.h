/* SPDX-License-Identifier: ISC */
#ifndef STUB_CAPSICUM_H
#define STUB_CAPSICUM_H

/* For tests: cap_enter(2), cap_rights_init(3), cap_rights_limit(2). */
#include <stdint.h>

typedef struct {
	uint64_t	 stub_rights[2];
} cap_rights_t;

/* rights(4); the values are none of the real ones. */
enum {
	CAP_READ = 1, CAP_WRITE, CAP_SEEK, CAP_LOOKUP, CAP_CREATE, CAP_FSTAT,
	CAP_FSTATAT, CAP_FSYNC, CAP_FTRUNCATE, CAP_FCHMOD, CAP_FCNTL, CAP_FLOCK,
	CAP_UNLINKAT, CAP_RENAMEAT_SOURCE, CAP_RENAMEAT_TARGET, CAP_EVENT,
	CAP_GETSOCKOPT, CAP_SHUTDOWN
};

cap_rights_t	*stub_rights_init(cap_rights_t *, ...);
#define cap_rights_init(...)	stub_rights_init(__VA_ARGS__, 0)
int		 cap_rights_limit(int, const cap_rights_t *);
int		 cap_enter(void);

#endif
