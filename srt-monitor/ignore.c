/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "monitor.h"

static void
ignore_free(struct ignore_entry *ie)
{
	free(ie->key);
	free(ie->text);
	free(ie);
}

int
ignore_add(struct ignore_list *list, const char *key, const char *text)
{
	struct ignore_entry	*ie;

	if ((ie = calloc(1, sizeof(*ie))) == NULL)
		return -1;
	if ((ie->key = strdup(key)) == NULL ||
	    (ie->text = strdup(text)) == NULL) {
		ignore_free(ie);
		return -1;
	}
	TAILQ_INSERT_TAIL(list, ie, entry);
	return 0;
}

int
ignore_fits(const char *key, const char *command)
{
	return strcmp(key, "*") == 0 || strstr(command, key) != NULL;
}

/*
 * Plain substrings, as in the reference: of the path for refusals of the
 * file system, of the whole line for the rest.
 */
int
ignore_match(const struct ignore_list *list, const struct violation *v,
    const char *line)
{
	const struct ignore_entry	*ie;
	const char			*where = line;

	if (strncmp(v->operation, "file-", 5) == 0)
		where = v->target;
	TAILQ_FOREACH(ie, list, entry)
		if (strstr(where, ie->text) != NULL)
			return 1;
	return 0;
}

void
ignore_clear(struct ignore_list *list)
{
	struct ignore_entry	*ie;

	while ((ie = TAILQ_FIRST(list)) != NULL) {
		TAILQ_REMOVE(list, ie, entry);
		ignore_free(ie);
	}
}
