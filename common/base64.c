/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>

#include "base64.h"

char *
base64_encode(const char *s, size_t len)
{
	static const char	 digit[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
	    "abcdefghijklmnopqrstuvwxyz0123456789+/=";
	char			*out;
	size_t			 i, n = 0, left;
	uint32_t		 v;

	if ((out = malloc((len + 2) / 3 * 4 + 1)) == NULL)
		return NULL;
	for (i = 0; i < len; i += 3) {
		left = len - i;
		v = (uint32_t)(unsigned char)s[i] << 16;
		if (left > 1)
			v |= (uint32_t)(unsigned char)s[i + 1] << 8;
		if (left > 2)
			v |= (uint32_t)(unsigned char)s[i + 2];
		out[n++] = digit[v >> 18];
		out[n++] = digit[v >> 12 & 63];
		out[n++] = digit[left > 1 ? v >> 6 & 63 : 64];
		out[n++] = digit[left > 2 ? v & 63 : 64];
	}
	out[n] = '\0';
	return out;
}
