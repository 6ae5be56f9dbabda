#include <stddef.h>
#include <seccomp.h>

int
main(void)
{
	return seccomp_init(SCMP_ACT_ALLOW) == NULL;
}
