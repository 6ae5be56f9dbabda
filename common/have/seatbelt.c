#include <sandbox.h>
#include <stddef.h>

int
main(void)
{
	char	*why = NULL;

	return sandbox_init(kSBXProfilePureComputation, SANDBOX_NAMED, &why);
}
