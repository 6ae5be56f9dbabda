#include <stdlib.h>
#ifdef __linux__
#include <bsd/stdlib.h>
#endif

int
main(void)
{
	freezero(NULL, 0);
	return 0;
}
