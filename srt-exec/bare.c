/* SPDX-License-Identifier: ISC */

/*
 * Mode "landlock": what is known of it without looking at the machine.  Pure.
 */

#include "compat.h"

#include "bare.h"

const char *const	 bare_limits[] = {
	"the command sees the names and command lines of all processes, and "
	    "the machine's network: interfaces, addresses, connections",
	"/tmp, /dev and /sys are the host's: TMPDIR is as srt found it, and "
	    "devices that the user may read can be read, but terminals; what "
	    "comes to lie in / and /dev itself after the start cannot",
	"no System V IPC, no POSIX queues, no datagrams, no new terminals, no "
	    "writing to /proc and /dev/shm",
	"names are looked up over TCP, by the GNU C library alone: other "
	    "programs use the proxy variables",
	"a server of the command's own needs network.allowLocalBinding, and "
	    "whoever connects to it network.allowedDomains",
	"of what may not be read sizes, times, extended attributes and where "
	    "links lead can be asked for by name, and changes be watched",
	"what is made in a directory above a denied path can be read, but "
	    "not executed",
	"programs that cannot be looked into (of a mode without r, ssh-agent) "
	    "can open nothing for writing",
	"should all of srt's processes be killed at once, what the command "
	    "has started lives on, confined",
	NULL
};

int
bare_guard(struct guard *guard)
{
	static const char *const	 dirs[] = { "/dev", "/proc", "/sys" };
	size_t				 i;

	for (i = 0; i < nitems(dirs); i++)
		if (guard_add(guard, GUARD_NOWRITE, dirs[i],
		    "the host's own directories") == -1)
			return -1;
	return 0;
}
