/* SPDX-License-Identifier: ISC */

/*
 * An entry is added to whatever text: what comes out is JSON again, holds the
 * entry, and is the old text with one piece put in, white space of an empty
 * list aside.
 */

#include "compat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt/srt.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const char	 key[] = "network.allowedDomains";
	const struct json	*list, *item;
	struct json		*root;
	struct errors		 errors;
	char			*text, *again;
	size_t			 head, tail, len = 0, len2 = 0;
	int			 found = 0;

	text = settings_edit((const char *)data, size, key, "fuzz.test", &len);
	if (text == NULL)
		return 0;
	errors_init(&errors);
	if ((root = json_parse(text, len, &errors)) == NULL ||
	    (list = json_find(root, key)) == NULL)
		abort();
	TAILQ_FOREACH(item, &list->list, entry)
		if (item->type == JSON_STRING &&
		    strcmp(item->string, "fuzz.test") == 0)
			found++;
	if (found == 0)
		abort();
	json_free(root);
	errors_free(&errors);
	for (head = 0; head < size && head < len && text[head] ==
	    (char)data[head]; head++)
		;
	for (tail = 0; tail < size - head && tail < len - head &&
	    text[len - 1 - tail] == (char)data[size - 1 - tail]; tail++)
		;
	for (; head + tail < size; head++)
		if (strchr(" \t\r\n", data[head]) == NULL)
			abort();
	/* Once more changes nothing. */
	again = settings_edit(text, len, key, "fuzz.test", &len2);
	if (again == NULL || len2 != len || memcmp(again, text, len) != 0)
		abort();
	free(again);
	free(text);
	return 0;
}
