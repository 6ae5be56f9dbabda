/* SPDX-License-Identifier: ISC */

/*
 * The same files at a second place, on macOS: since 10.15 they are on a volume
 * that is mounted at /System/Volumes/Data, and "/" shows its folders by what
 * apfs.util(8) calls firmlinks.  A profile knows a file by the name without
 * the volume's, so what is named with it holds there as well.
 */

#include "compat.h"

#include <sys/stat.h>

#include <string.h>

#include "parent.h"

#define DATA_VOLUME	"/System/Volumes/Data"

/* The other name; NULL if there is none. */
static const char *
other_name(const char *path)
{
	size_t	 len = sizeof(DATA_VOLUME) - 1;

	return strncmp(path, DATA_VOLUME "/", len + 1) == 0 &&
	    path[len + 1] != '\0' ? path + len : NULL;
}

int
paths_again(struct fs_paths *paths, struct guards *guards)
{
	struct fs_path		*p, *last = TAILQ_LAST(paths, fs_paths);
	struct guard_entry	*g, *end = TAILQ_LAST(&guards->list,
				    guard_entries);
	const char		*name;

	/* What is added here comes after the last one, and has no other. */
	TAILQ_FOREACH(p, paths, entry) {
		if ((name = other_name(p->path)) != NULL)
			paths_add(paths, p->kind, name,
			    p->type == FS_DIR ? S_IFDIR : S_IFREG, p->rule);
		if (p == last)
			break;
	}
	TAILQ_FOREACH(g, &guards->list, entry) {
		if ((name = other_name(g->text)) != NULL)
			guards_add(guards, g->kind, name, g->rule);
		if (g == end)
			break;
	}
	return 0;
}

int
terminals_again(void)
{
	return 0;
}
