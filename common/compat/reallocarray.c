/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>

/* reallocarray(3): the product does not overflow. */
void *
reallocarray(void *ptr, size_t n, size_t size)
{
	if (size != 0 && n > SIZE_MAX / size) {
		errno = ENOMEM;
		return NULL;
	}
	/* Nothing, too, has an address. */
	return realloc(ptr, n == 0 || size == 0 ? 1 : n * size);
}
