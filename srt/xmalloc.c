/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "log.h"
#include "srt.h"

void *
xcalloc(size_t n, size_t size)
{
	void	*p;

	if ((p = calloc(n, size)) == NULL)
		fatal("calloc");
	return p;
}

void *
xreallocarray(void *old, size_t n, size_t size)
{
	void	*p;

	if ((p = reallocarray(old, n, size)) == NULL)
		fatal("reallocarray");
	return p;
}

char *
xstrdup(const char *s)
{
	char	*p;

	if ((p = strdup(s)) == NULL)
		fatal("strdup");
	return p;
}

char *
xstrndup(const char *s, size_t len)
{
	char	*p;

	if ((p = strndup(s, len)) == NULL)
		fatal("strndup");
	return p;
}

int
xvasprintf(char **out, const char *fmt, va_list ap)
{
	int	 n;

	if ((n = vasprintf(out, fmt, ap)) == -1)
		fatal("vasprintf");
	return n;
}

int
xasprintf(char **out, const char *fmt, ...)
{
	va_list	 ap;
	int	 n;

	va_start(ap, fmt);
	n = xvasprintf(out, fmt, ap);
	va_end(ap);
	return n;
}

char *
xstrcatv(const char *const *v)
{
	char	*out, *end;
	size_t	 i, len = 1;

	for (i = 0; v[i] != NULL; i++)
		len += strlen(v[i]);
	out = end = xcalloc(len, 1);
	for (i = 0; v[i] != NULL; i++) {
		len = strlen(v[i]);
		memcpy(end, v[i], len);
		end += len;
	}
	return out;
}
