/* SPDX-License-Identifier: ISC */

/* The programs for aarch64, whatever machine the tests run on. */

#include "compat.h"

#include "bpf.h"

#define FILTER_ARCH	0xc00000b7U	/* AUDIT_ARCH_AARCH64 */
#include "command_filter.h"
#include "role_filter.h"

#define PROG(p)	{ (p), nitems(p) }

const struct command_programs command_aarch64 = {
	FILTER_AUDIT_ARCH,
	{
		PROG(command_filter_0), PROG(command_filter_1),
		PROG(command_filter_2), PROG(command_filter_3)
	},
	PROG(signal_filter),
	PROG(landlock_filter),
	{
		PROG(notify_filter_0), PROG(notify_filter_1),
		PROG(notify_filter_2), PROG(notify_filter_3)
	}
};

const struct role_programs role_aarch64 = {
	FILTER_AUDIT_ARCH,
	{
		PROG(role_filter_parent), PROG(role_filter_proxy),
		PROG(role_filter_exec), PROG(role_filter_monitor),
		PROG(role_filter_resolver), PROG(role_filter_broker),
		PROG(role_filter_tls), PROG(role_filter_dialer)
	}
};
