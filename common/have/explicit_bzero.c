/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <string.h>

int
main(void)
{
	char	 buf[4];

	explicit_bzero(buf, sizeof(buf));
	return 0;
}
