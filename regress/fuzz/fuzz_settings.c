/* SPDX-License-Identifier: ISC */

/*
 * A settings file of any bytes.  One that is accepted prints as one that is
 * accepted without a fault, and that prints as itself.
 */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt/srt.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Loads and prints; NULL if the text is refused. */
static char *
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

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	char	*again, *out;
	size_t	 againlen, outlen;

	if ((out = reprint((const char *)data, len, &outlen)) == NULL)
		return 0;
	if ((again = reprint(out, outlen, &againlen)) == NULL)
		abort();
	if (outlen != againlen || memcmp(out, again, outlen) != 0)
		abort();
	free(again);
	free(out);
	return 0;
}
