/* SPDX-License-Identifier: ISC */
#define _GNU_SOURCE
#include <sys/mman.h>

int
main(void)
{
	return memfd_create("name", MFD_CLOEXEC) == -1;
}
