#include <linux/landlock.h>
#include <linux/seccomp.h>

int
main(void)
{
	return LANDLOCK_CREATE_RULESET_VERSION == 0;
}
