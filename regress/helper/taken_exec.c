/* SPDX-License-Identifier: ISC */

/* What of taken.h srt-exec alone has: the broker and pid 1. */

#include "compat.h"

#include <stdlib.h>
#include <unistd.h>

#include "ipc.h"
#include "taken.h"

#include "../../srt-exec/exec.h"

pid_t	 __real_ns_clone_broker(uint32_t);
pid_t	 __wrap_ns_clone_broker(uint32_t);
pid_t	 __real_ns_clone_init(uint32_t);
pid_t	 __wrap_ns_clone_init(uint32_t);

pid_t
__wrap_ns_clone_broker(uint32_t flags)
{
	pid_t	 pid;

	if ((pid = __real_ns_clone_broker(flags)) == 0)
		taken_become(ROLE_BROKER);
	return pid;
}

pid_t
__wrap_ns_clone_init(uint32_t flags)
{
	pid_t	 pid;

	if ((pid = __real_ns_clone_init(flags)) == 0)
		taken_become(TAKEN_INIT);
	return pid;
}
