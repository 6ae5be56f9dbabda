#define LIBBSD_OPENBSD_VIS 1
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/vis.h>

int
main(void)
{
	char	 b[4], v[16];
	const char *e;

	strnvis(v, "a", sizeof(v), VIS_SAFE);
	return strlcpy(b, "a", sizeof(b)) + (size_t)strtonum("1", 0, 1, &e) > 9;
}
