/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "monitor.h"

static size_t
store_slot(const struct store *st, size_t i)
{
	return (st->head + i) % STORE_MAX;
}

void
store_add(struct store *st, char *line, uint64_t count)
{
	struct store_entry	*se;
	size_t			 i;

	if (count == 0)
		count = 1;
	for (i = st->len; i > 0; i--) {
		se = &st->ring[store_slot(st, i - 1)];
		if (strcmp(se->line, line) == 0) {
			se->count += count;
			free(line);
			return;
		}
	}

	if (st->len == STORE_MAX) {
		se = &st->ring[st->head];
		st->dropped += se->count;
		free(se->line);
		st->head = store_slot(st, 1);
		st->len--;
	}
	se = &st->ring[store_slot(st, st->len++)];
	se->line = line;
	se->count = count;
}

const struct store_entry *
store_get(const struct store *st, size_t i)
{
	if (i >= st->len)
		return NULL;
	return &st->ring[store_slot(st, i)];
}

void
store_clear(struct store *st)
{
	size_t	 i;

	for (i = 0; i < st->len; i++)
		free(st->ring[store_slot(st, i)].line);
	memset(st, 0, sizeof(*st));
}
