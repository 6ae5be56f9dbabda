/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <fcntl.h>

int
main(void)
{
	return open("/", O_PATH | O_DIRECTORY) == -1;
}
