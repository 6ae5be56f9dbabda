/* SPDX-License-Identifier: ISC */
#ifndef SETTINGS_CHECK_H
#define SETTINGS_CHECK_H

/* What has to hold of a settings file of any bytes. */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt/srt.h"

/* Loads and prints; NULL if the text is refused. */
static inline char *
reprint(const char *text, size_t len, size_t *outlen)
{
	const struct fault	*f;
	struct errors		 errs;
	struct settings		*settings;
	FILE			*fp;
	char			*out = NULL;
	int			 ret;

	errors_init(&errs);
	ret = settings_parse("fuzz", text, len, &settings, &errs);
	if ((ret == -1) != errors_fatal(&errs))
		abort();
	TAILQ_FOREACH(f, &errs.list, entry)
		if (f->text[0] == '\0' || (f->line == 0) != (f->col == 0))
			abort();
	errors_free(&errs);
	if (ret == -1)
		return NULL;
	if ((fp = open_memstream(&out, outlen)) == NULL ||
	    settings_dump(fp, settings) == -1 || fclose(fp) != 0)
		abort();
	settings_free(settings);
	return out;
}

/* One that is accepted prints as one that prints as itself. */
static inline void
check_settings(const char *text, size_t len)
{
	char	*again, *out;
	size_t	 againlen, outlen;

	if ((out = reprint(text, len, &outlen)) == NULL)
		return;
	if ((again = reprint(out, outlen, &againlen)) == NULL ||
	    outlen != againlen || memcmp(out, again, outlen) != 0)
		abort();
	free(again);
	free(out);
}

#endif /* SETTINGS_CHECK_H */
