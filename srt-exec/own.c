/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include "own.h"

const char *const	 own_nodes[OWN_NODES] = {
	"null", "zero", "full", "random", "urandom", "tty"
};

const struct own_link	 own_links[OWN_LINKS] = {
	{ "fd",		"/proc/self/fd" },
	{ "stdin",	"/proc/self/fd/0" },
	{ "stdout",	"/proc/self/fd/1" },
	{ "stderr",	"/proc/self/fd/2" },
	{ "ptmx",	"pts/ptmx" }
};

/*
 * Where the mode of a file keeps everybody but root out, it needs a cover
 * only under a caller who is root.
 */
const struct own_proc	 own_covers[OWN_COVERS] = {
	{ "sys",		OWN_READONLY,	0 },
	{ "fs",			OWN_READONLY,	0 },
	{ "acpi",		OWN_MASK_DIR,	0 },
	{ "asound",		OWN_MASK_DIR,	0 },
	{ "scsi",		OWN_MASK_DIR,	0 },
	{ "keys",		OWN_MASK_FILE,	0 },
	{ "key-users",		OWN_MASK_FILE,	0 },
	{ "latency_stats",	OWN_MASK_FILE,	0 },
	{ "sched_debug",	OWN_MASK_FILE,	0 },
	{ "timer_list",		OWN_MASK_FILE,	0 },
	{ "bus",		OWN_READONLY,	1 },
	{ "driver",		OWN_READONLY,	1 },
	{ "irq",		OWN_READONLY,	1 },
	{ "pressure",		OWN_READONLY,	1 },
	{ "tty",		OWN_READONLY,	1 },
	{ "kcore",		OWN_MASK_FILE,	1 },
	{ "kmsg",		OWN_MASK_FILE,	1 },
	{ "kpagecgroup",	OWN_MASK_FILE,	1 },
	{ "kpagecount",		OWN_MASK_FILE,	1 },
	{ "kpageflags",		OWN_MASK_FILE,	1 },
	{ "mtrr",		OWN_MASK_FILE,	1 },
	{ "slabinfo",		OWN_MASK_FILE,	1 },
	{ "sysrq-trigger",	OWN_MASK_FILE,	1 },
	{ "vmallocinfo",	OWN_MASK_FILE,	1 },
};
