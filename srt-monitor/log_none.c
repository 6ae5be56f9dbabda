/* SPDX-License-Identifier: ISC */

/* Where the processes that refuse report themselves. */

#include "compat.h"

#include "log.h"
#include "monitor.h"

void
oslog_start(struct event_base *base, const char *tag,
    void (*fn)(const struct violation *))
{
	(void)base;
	(void)fn;
	if (tag != NULL)
		fatalx("this system logs no refusals");
}

int
oslog_settle(void (*fn)(void))
{
	(void)fn;
	return 0;
}

void
oslog_end(void)
{
}
