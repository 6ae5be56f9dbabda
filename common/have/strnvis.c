/* SPDX-License-Identifier: ISC */
#ifdef __linux__
#error "libbsd writes a byte behind the buffer where the text does not fit"
#endif
#include <stdlib.h>
#include <vis.h>

/* Elsewhere a function of that name takes the size second. */
static int	 (*const fn)(char *, const char *, size_t, int) = strnvis;

int
main(void)
{
	char	 buf[8];

	return fn(buf, "a", sizeof(buf), VIS_NL);
}
