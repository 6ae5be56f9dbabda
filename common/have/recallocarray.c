#include <stdlib.h>
#ifdef __linux__
#include <bsd/stdlib.h>
#endif

int
main(void)
{
	return recallocarray(NULL, 0, 1, 1) == NULL;
}
