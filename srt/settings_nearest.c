/* SPDX-License-Identifier: ISC */

/*
 * What was probably meant by a key that there is not.
 */

#include "compat.h"

#include <ctype.h>
#include <string.h>
#include <strings.h>

#include "srt.h"

/* Names of keys longer than this have no nearest known key. */
#define KEY_LEN_MAX	40

/* How many letters to insert, delete, change or swap; case is nothing. */
static unsigned int
distance(const char *a, const char *b)
{
	unsigned int	 d[KEY_LEN_MAX + 1][KEY_LEN_MAX + 1], best, cost;
	size_t		 i, j, n = strlen(a), m = strlen(b);

	if (n > KEY_LEN_MAX || m > KEY_LEN_MAX)
		return KEY_LEN_MAX;
	for (i = 0; i <= n; i++)
		d[i][0] = (unsigned int)i;
	for (j = 0; j <= m; j++)
		d[0][j] = (unsigned int)j;
	for (i = 1; i <= n; i++) {
		for (j = 1; j <= m; j++) {
			cost = tolower((unsigned char)a[i - 1]) !=
			    tolower((unsigned char)b[j - 1]);
			best = d[i - 1][j - 1] + cost;
			if (d[i - 1][j] + 1 < best)
				best = d[i - 1][j] + 1;
			if (d[i][j - 1] + 1 < best)
				best = d[i][j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] &&
			    a[i - 2] == b[j - 1] && d[i - 2][j - 2] + 1 < best)
				best = d[i - 2][j - 2] + 1;
			d[i][j] = best;
		}
	}
	return d[n][m];
}

const char *
setting_nearest(const char *object, const char *key)
{
	const struct setting	*row;
	const char		*best = NULL, *leaf;
	unsigned int		 d, least;

	/* A third of the letters may be wrong. */
	least = (unsigned int)strlen(key) / 3 + 2;
	for (row = settings_table; row->name != NULL; row++) {
		if ((leaf = setting_leaf(row, object)) == NULL)
			continue;
		if ((d = distance(key, leaf)) < least) {
			least = d;
			best = leaf;
		}
	}
	if (best != NULL)
		return best;
	for (row = settings_table; row->name != NULL; row++) {
		leaf = setting_leaf(row, object);
		if (leaf != NULL && strlen(key) >= 3 &&
		    strncasecmp(leaf, key, strlen(key)) == 0)
			return leaf;
	}
	for (row = settings_table; row->name != NULL; row++) {
		leaf = strrchr(row->name, '.');
		if (strcasecmp(leaf == NULL ? row->name : leaf + 1, key) == 0)
			return row->name;
	}
	return NULL;
}
