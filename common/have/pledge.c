/* SPDX-License-Identifier: ISC */
#include <unistd.h>

int
main(void)
{
	return unveil(NULL, NULL) == -1 || pledge("stdio", "") == -1;
}
