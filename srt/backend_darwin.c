/* SPDX-License-Identifier: ISC */

/*
 * macOS has Seatbelt to hold a command, which knows files, services and
 * addresses.  What it cannot enforce is refused here, by the name of its key.
 */

#include "compat.h"

#include <string.h>

#include "parent.h"

static int
refuse(const char *key, const char *why)
{
	errors_write("Error: %s: %s\n", key, why);
	return -1;
}

int
backend_there(void)
{
	return 1;
}

int
backend_check(const struct settings *set)
{
	int	 ret = 0;

	if (set->mode != NULL && strcmp(set->mode, "landlock") == 0)
		ret = refuse("mode", "\"landlock\" is for Linux: remove it, "
		    "Seatbelt holds the command here");
	if (set->limit_memory != 0)
		ret = refuse("limits.memory", "macOS has no limit that holds "
		    "for a command and what it starts: remove it");
	if (set->limit_pids != 0)
		ret = refuse("limits.pids", "macOS counts the processes of "
		    "the user, not of the command: remove it");
	if (set->publish_ports.n != 0)
		ret = refuse("network.publishPorts", "the command has the "
		    "network of this machine here: remove it and set "
		    "network.allowLocalBinding");
	if (learn_on())
		ret = refuse("--learn", "what a command would need is "
		    "recorded on Linux alone");
	return ret;
}
