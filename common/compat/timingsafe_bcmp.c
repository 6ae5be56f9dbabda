/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <string.h>

/* timingsafe_bcmp(3): looks at all of both, whatever it finds. */
int
timingsafe_bcmp(const void *one, const void *other, size_t len)
{
	const volatile unsigned char	*a = one, *b = other;
	unsigned int			 differ = 0;
	size_t				 i;

	for (i = 0; i < len; i++)
		differ |= (unsigned int)(a[i] ^ b[i]);
	return differ != 0;
}
