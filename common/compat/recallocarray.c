/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* recallocarray(3): grown memory is zero, given-up memory is cleared. */
void *
recallocarray(void *ptr, size_t oldn, size_t newn, size_t size)
{
	size_t	 oldlen, newlen;
	void	*fresh;

	if (size != 0 && (newn > SIZE_MAX / size || oldn > SIZE_MAX / size)) {
		errno = ENOMEM;
		return NULL;
	}
	if (ptr == NULL)
		return calloc(newn, size);
	oldlen = oldn * size;
	newlen = newn * size;
	if ((fresh = calloc(1, newlen == 0 ? 1 : newlen)) == NULL)
		return NULL;
	memcpy(fresh, ptr, oldlen < newlen ? oldlen : newlen);
	freezero(ptr, oldlen);
	return fresh;
}
