/* SPDX-License-Identifier: ISC */

/*
 * The reason why a sandbox cannot be built, kept until somebody tells the
 * user.  The first reason is the cause, what follows is its consequence.
 */

#include "compat.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "exec.h"

static char	why_buf[1024];

static void
why_vset(int error, const char *fmt, va_list ap)
{
	size_t	 len;

	if (why_buf[0] != '\0')
		return;
	(void)vsnprintf(why_buf, sizeof(why_buf), fmt, ap);
	len = strlen(why_buf);
	if (error != 0)
		(void)snprintf(why_buf + len, sizeof(why_buf) - len, ": %s",
		    strerror(error));
}

int
why(const char *fmt, ...)
{
	int	 saved = errno;
	va_list	 ap;

	va_start(ap, fmt);
	why_vset(saved, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

int
whyx(const char *fmt, ...)
{
	int	 saved = errno;
	va_list	 ap;

	va_start(ap, fmt);
	why_vset(0, fmt, ap);
	va_end(ap);
	errno = saved;
	return -1;
}

const char *
why_text(void)
{
	return why_buf[0] != '\0' ? why_buf : "unknown reason";
}

void
why_clear(void)
{
	why_buf[0] = '\0';
}
