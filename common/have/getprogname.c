#include <stdlib.h>
#ifdef __linux__
#include <bsd/stdlib.h>
#endif

int
main(void)
{
	return getprogname() == NULL;
}
