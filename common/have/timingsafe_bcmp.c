#include <string.h>
#ifdef __linux__
#include <bsd/string.h>
#endif

int
main(void)
{
	return timingsafe_bcmp("", "", 0);
}
