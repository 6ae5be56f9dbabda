/* SPDX-License-Identifier: ISC */
#ifndef SUFFIX_H
#define SUFFIX_H

#include <stddef.h>
#include <string.h>

#define SUFFIX_MAX	16

/*
 * The part of a file's name from its last dot, ".o", by which names are alike
 * for srt --learn; NULL if it has none that would do for a pattern.
 */
static inline const char *
name_suffix(const char *name)
{
	const char	*dot = strrchr(name, '.');
	size_t		 len;

	if (dot == NULL || dot == name)
		return NULL;
	len = strlen(dot + 1);
	if (len == 0 || len >= SUFFIX_MAX || strspn(dot + 1, "0123456789_"
	    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz") != len)
		return NULL;
	return dot;
}

#endif /* SUFFIX_H */
