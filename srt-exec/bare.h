/* SPDX-License-Identifier: ISC */
#ifndef BARE_H
#define BARE_H

#include "guard.h"

/* What is not enforced in mode "landlock", a line each, to NULL. */
extern const char *const bare_limits[];
/* Names of the host's that no setting opens, for the broker. */
int		 bare_guard(struct guard *);

#endif /* BARE_H */
