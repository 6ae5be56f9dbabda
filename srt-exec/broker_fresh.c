/* SPDX-License-Identifier: ISC */

/*
 * Which directories the command has made, by what they are and not by where:
 * they may be moved.  A number that is used again for another directory tells
 * itself by its time of birth; a file system that knows none leaves that gap,
 * which needs the host to remove the directory and make one anew.
 *
 * What does not fit is forgotten: such trees are protected like old ones.
 */

#include "compat.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "log.h"

#define SLOTS_MIN	1024
#define GONE		1	/* an id that is none: its slot was used */

static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
/* Open addressing; an id of zeros is a free slot. */
static struct fresh_id	*slots;
static size_t		 nslots;
static size_t		 nused;		/* GONE ones, too */
static atomic_size_t	 nfresh;

struct change {
	char	*path;
	char	*name;		/* NULL: others execute it, whatever its name */
};
static struct change	 changes[BROKER_CHANGES_MAX];
static size_t		 nchanges;
static uint64_t		 nmore;		/* that did not fit */

static int
id_of(int dirfd, const char *name, struct fresh_id *id)
{
	struct lx_stat	 st;

	if (lx_statx(dirfd, name, LX_STATX_BASIC | LX_STATX_BTIME, &st) ==
	    -1 || !S_ISDIR(st.mode))
		return -1;
	id->dev = (uint64_t)st.dev_major << 32 | st.dev_minor;
	id->ino = st.ino;
	id->born = (st.mask & LX_STATX_BTIME) == 0 ? 0 :
	    (uint64_t)st.btime.sec * 1000000000 + st.btime.nsec;
	return 0;
}

static size_t
id_hash(const struct fresh_id *id)
{
	uint64_t	 h = (id->ino ^ id->born) * UINT64_C(0x9e3779b97f4a7c15);

	return (size_t)(h >> 20 ^ id->dev);
}

static int
id_same(const struct fresh_id *a, const struct fresh_id *b)
{
	return a->ino == b->ino && a->born == b->born && a->dev == b->dev;
}

/* Slot of the id, or the free one where it would go. */
static struct fresh_id *
slot_find(const struct fresh_id *id)
{
	size_t	 i = id_hash(id) & (nslots - 1);

	while (slots[i].ino != 0 && !id_same(&slots[i], id))
		i = (i + 1) & (nslots - 1);
	return &slots[i];
}

static int
is_gone(const struct fresh_id *id)
{
	return id->dev == UINT64_MAX && id->ino == GONE;
}

/* Makes room; the old table is good if there is no memory. */
static int
slots_grow(void)
{
	struct fresh_id	*old = slots;
	size_t		 n = nslots, i;

	nslots = SLOTS_MIN;
	while (nslots < 4 * (atomic_load(&nfresh) + 1))
		nslots *= 2;
	if ((slots = calloc(nslots, sizeof(*slots))) == NULL) {
		slots = old;
		nslots = n;
		return -1;
	}
	nused = 0;
	for (i = 0; i < n; i++)
		if (old[i].ino != 0 && !is_gone(&old[i])) {
			*slot_find(&old[i]) = old[i];
			nused++;
		}
	free(old);
	return 0;
}

void
fresh_add(int dirfd, const char *name)
{
	struct fresh_id	 id, *slot;

	if (id_of(dirfd, name, &id) == -1)
		return;
	(void)pthread_mutex_lock(&lock);
	if (atomic_load(&nfresh) < BROKER_FRESH_MAX &&
	    (2 * nused < nslots || slots_grow() == 0)) {
		slot = slot_find(&id);
		if (slot->ino == 0) {
			*slot = id;
			nused++;
			atomic_fetch_add(&nfresh, 1);
		}
	}
	(void)pthread_mutex_unlock(&lock);
}

int
fresh_known(const struct fresh_id *id)
{
	int	 found;

	(void)pthread_mutex_lock(&lock);
	found = slots != NULL && slot_find(id)->ino != 0;
	(void)pthread_mutex_unlock(&lock);
	return found;
}

int
fresh_find(int dirfd, const char *name, struct fresh_id *id)
{
	return atomic_load(&nfresh) != 0 && id_of(dirfd, name, id) == 0 &&
	    fresh_known(id);
}

int
fresh_has(int fd)
{
	struct fresh_id	 id;

	return fresh_find(fd, "", &id);
}

void
fresh_remove(const struct fresh_id *id)
{
	struct fresh_id	*slot;

	(void)pthread_mutex_lock(&lock);
	if (slots != NULL && (slot = slot_find(id))->ino != 0) {
		slot->dev = UINT64_MAX;
		slot->ino = GONE;
		slot->born = 0;
		atomic_fetch_sub(&nfresh, 1);
	}
	(void)pthread_mutex_unlock(&lock);
}

unsigned int
fresh_depth(int fd, const char *path, size_t len, unsigned int floor)
{
	unsigned int	 depth = 0, best = GUARD_OLD;
	size_t		 i;
	int		 cur = fd, up;

	if (atomic_load(&nfresh) == 0)
		return GUARD_OLD;
	for (i = 0; i < len; i++)
		depth += path[i] == '/';
	for (; depth >= floor && depth > 0; depth--) {
		if (fresh_has(cur))
			best = depth;
		up = path_open(cur, "..", O_PATH | O_DIRECTORY, 0, 0);
		if (cur != fd)
			(void)close(cur);
		if ((cur = up) < 0)
			return GUARD_OLD;
	}
	if (cur != fd)
		(void)close(cur);
	return best;
}

/*
 * Where the components of the name end in the path; 0 if they are not there.
 * Case does not matter.
 */
static size_t
name_end(const char *path, const char *name)
{
	size_t	 len = strlen(name), i;
	const char *s;

	for (s = path; (s = strchr(s, '/')) != NULL; s++) {
		for (i = 0; i < len && tolower((unsigned char)s[1 + i]) ==
		    tolower((unsigned char)name[i]); i++)
			continue;
		if (i == len && (s[1 + len] == '\0' || s[1 + len] == '/'))
			return (size_t)(s - path) + 1 + len;
	}
	return 0;
}

/* What cannot be looked at, behind a mode of the command's, may be there. */
static int
is_undone(const struct change *change)
{
	struct lx_stat	 st;

	return lx_statx(broker.rootfd, change->path + 1, LX_STATX_BASIC,
	    &st) == -1 && (errno == ENOENT || errno == ENOTDIR);
}

/* Names that are gone again leave no room for those that stay. */
static void
changes_prune(void)
{
	size_t	 i, n = 0;

	for (i = 0; i < nchanges; i++) {
		if (!is_undone(&changes[i])) {
			changes[n++] = changes[i];
			continue;
		}
		free(changes[i].path);
		free(changes[i].name);
	}
	nchanges = n;
}

/* So much of the path, with the lock held. */
static void
change_add(const char *path, size_t len, const char *name)
{
	struct change	 new;
	size_t		 i;

	for (i = nchanges; i > 0; i--)
		if (strlen(changes[i - 1].path) == len &&
		    memcmp(changes[i - 1].path, path, len) == 0)
			return;
	if (nchanges == nitems(changes))
		changes_prune();
	if (nchanges == nitems(changes)) {
		nmore++;
		return;
	}
	new.path = strndup(path, len);
	new.name = name == NULL ? NULL : strdup(name);
	if (new.path == NULL || (name != NULL && new.name == NULL)) {
		free(new.path);
		free(new.name);
		nmore++;
		return;
	}
	changes[nchanges++] = new;
}

void
fresh_note(const char *path, const char *name)
{
	const char	*tail = strrchr(name, '/');
	size_t		 len;

	/* A directory is noted once, not all that is in it. */
	if ((len = name_end(path, name)) == 0 && tail != NULL)
		len = name_end(path, tail + 1);
	if (len == 0)
		len = strlen(path);
	(void)pthread_mutex_lock(&lock);
	change_add(path, len, name);
	(void)pthread_mutex_unlock(&lock);
}

void
fresh_watch(const char *path, size_t len)
{
	(void)pthread_mutex_lock(&lock);
	change_add(path, len, NULL);
	(void)pthread_mutex_unlock(&lock);
}

/* The path after its directory has moved; NULL if it is not beneath it. */
static char *
moved(const char *path, const char *from, const char *to)
{
	size_t	 n = strlen(from), len = strlen(to);
	char	*new;

	if (strncmp(path, from, n) != 0 || path[n] != '/' ||
	    (new = malloc(len + strlen(path + n) + 1)) == NULL)
		return NULL;
	memcpy(new, to, len);
	memcpy(new + len, path + n, strlen(path + n) + 1);
	return new;
}

void
fresh_moved(const char *from, const char *to, int exchange)
{
	char	*new;
	size_t	 i;

	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < nchanges; i++) {
		new = moved(changes[i].path, from, to);
		if (new == NULL && exchange)
			new = moved(changes[i].path, to, from);
		if (new == NULL)
			continue;
		free(changes[i].path);
		changes[i].path = new;
	}
	(void)pthread_mutex_unlock(&lock);
}

void
fresh_report(void)
{
	char	 reason[128];
	size_t	 i;

	/* A worker may still be at a call whose caller was killed. */
	(void)pthread_mutex_lock(&lock);
	for (i = 0; i < nchanges; i++) {
		if (is_undone(&changes[i]))
			continue;
		if (changes[i].name == NULL)
			(void)strlcpy(reason, "others execute it",
			    sizeof(reason));
		else
			(void)snprintf(reason, sizeof(reason), "%s of a tree "
			    "that the command made", changes[i].name);
		report_change(changes[i].path, reason, "mandatory", "", 1);
	}
	if (nmore > 0)
		report_change("(more names)", "that others execute",
		    "mandatory", "", nmore);
	(void)pthread_mutex_unlock(&lock);
}
