#include <unistd.h>
#ifdef __linux__
#include <bsd/unistd.h>
#endif

int
main(void)
{
	closefrom(3);
	return 0;
}
