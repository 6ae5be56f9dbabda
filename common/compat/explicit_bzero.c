/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <string.h>

/* The compiler does not know which function this is when it is called. */
static void *(*const volatile clear)(void *, int, size_t) = memset;

/* explicit_bzero(3): clears what nobody reads any more. */
void
explicit_bzero(void *buf, size_t len)
{
	(void)clear(buf, 0, len);
}
