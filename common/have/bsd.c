/* SPDX-License-Identifier: ISC */
#include <sys/types.h>
#include <sys/queue.h>
#include <stdlib.h>
#include <string.h>

int
main(void)
{
	const char	*e;
	char		 b[4];

	arc4random_buf(b, sizeof(b));
	return strlcpy(b, "a", sizeof(b)) +
	    (size_t)strtonum("1", 0, 1, &e) > 9;
}
