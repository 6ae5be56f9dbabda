/* SPDX-License-Identifier: ISC */

/*
 * For srt --learn: what the settings do not allow is told to the monitor, once
 * each.  Only what the system itself would let the command do counts, and
 * nothing within directories that the command has made: those are told about
 * themselves.
 *
 * Of the names made in a directory so many are told as it takes to see what
 * they have in common.
 */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "suffix.h"

#define LEARN_MAX	65536U		/* events, and directories, told of */
#define LEARN_SLOTS	(4U * LEARN_MAX)
#define LEARN_NAMES	256		/* made in a directory */

/* What was told, or a directory and what was made in it. */
struct learnt {
	const char	*operation;	/* "": a directory */
	char		*target;
	char		 suffix[SUFFIX_MAX + 1];	/* of the first name */
	unsigned int	 names;
};

static pthread_mutex_t	 lock = PTHREAD_MUTEX_INITIALIZER;
static struct learnt	**slots;
static size_t		 nlearnt;

int
learn_wanted(void)
{
	return (broker.sb->opt.flags & EXEC_LEARN) != 0;
}

int
learn_allows(void)
{
	return (broker.sb->opt.flags & (EXEC_LEARN | EXEC_LEARN_DENY)) ==
	    EXEC_LEARN;
}

static size_t
learn_hash(const char *operation, const char *target, size_t len)
{
	uint64_t	 h = UINT64_C(0xcbf29ce484222325);

	for (; *operation != '\0'; operation++)
		h = (h ^ (unsigned char)*operation) * UINT64_C(0x100000001b3);
	for (; len > 0; len--)
		h = (h ^ (unsigned char)*target++) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32) & (LEARN_SLOTS - 1);
}

/*
 * The one that is meant, fresh (*new) or not.  NULL if there is no room.  The
 * operation is one of few constants.
 */
static struct learnt *
learn_find(const char *operation, const char *target, size_t len, int *new)
{
	struct learnt	*l;
	size_t		 i;

	*new = 0;
	if (slots == NULL &&
	    (slots = calloc(LEARN_SLOTS, sizeof(*slots))) == NULL)
		return NULL;
	for (i = learn_hash(operation, target, len); (l = slots[i]) != NULL;
	    i = (i + 1) & (LEARN_SLOTS - 1))
		if (strcmp(l->operation, operation) == 0 &&
		    strncmp(l->target, target, len) == 0 &&
		    l->target[len] == '\0')
			return l;
	if (nlearnt == 2 * LEARN_MAX || (l = calloc(1, sizeof(*l))) == NULL)
		return NULL;
	if ((l->target = strndup(target, len)) == NULL) {
		free(l);
		return NULL;
	}
	l->operation = operation;
	slots[i] = l;
	nlearnt++;
	*new = 1;
	return l;
}

void
learn_note(struct call *c, const char *operation, const char *target,
    const char *reason)
{
	const struct learnt	*l;
	int			 new;

	if (strlen(target) > VIOLATION_TARGET_MAX)
		operation = VIOLATION_LEARN_LONG;
	(void)pthread_mutex_lock(&lock);
	l = learn_find(operation, target, strlen(target), &new);
	(void)pthread_mutex_unlock(&lock);
	if (l == NULL)
		report_lost();
	else if (new)
		report(c, operation, target, reason, "", "");
}

/*
 * Is there something to say about one more name in the directory?  Not about
 * the many that are like the first.
 */
static int
is_telling(const char *dir, size_t len, const char *name)
{
	struct learnt	*l;
	const char	*suffix = name_suffix(name);
	int		 new, same;

	(void)pthread_mutex_lock(&lock);
	l = learn_find("", dir, len, &new);
	if (l != NULL && new && suffix != NULL)
		(void)strlcpy(l->suffix, suffix, sizeof(l->suffix));
	same = l != NULL && l->names >= LEARN_NAMES &&
	    (l->names >= 2 * LEARN_NAMES ||
	    strcmp(l->suffix, suffix == NULL ? "" : suffix) == 0);
	if (l != NULL && !same)
		l->names++;
	(void)pthread_mutex_unlock(&lock);
	return !same;
}

static int
is_in_place(enum deed deed, int there)
{
	switch (deed) {
	case DEED_WRITE:
	case DEED_TRUNCATE:
	case DEED_MODE:
	case DEED_OWNER:
	case DEED_TIMES:
	case DEED_XATTR:
		return 1;
	case DEED_OPEN:
		return there;
	default:
		return 0;
	}
}

/* Would it come to nothing by itself? */
static int
is_vain(enum deed deed, int there)
{
	switch (deed) {
	case DEED_OPEN:
	case DEED_REPLACE:
		return 0;
	case DEED_CREATE:
	case DEED_MKDIR:
	case DEED_BIND:
		return there;
	default:
		return !there;
	}
}

/* By the system's own rules; that the mounts forbid it does not count. */
static int
has_right(int dirfd, const char *name, int mode)
{
	return faccessat(dirfd, name, mode, 0) == 0 ||
	    (errno == EROFS && !learn_allows());
}

static int
may_change(const struct loc *loc, enum deed deed, const struct lx_stat *st)
{
	char	 name[FD_NAME_MAX];

	if (st->uid == geteuid() || geteuid() == 0) {
		if (deed == DEED_MODE || deed == DEED_OWNER ||
		    deed == DEED_TIMES)
			return 1;
	} else if (deed == DEED_MODE || deed == DEED_OWNER)
		return 0;
	if (loc->kind == LOC_OBJECT)
		return has_right(path_fds(), path_fd_name(loc->fd, name),
		    W_OK);
	return has_right(loc->dirfd, loc->last, W_OK);
}

/* A name in a directory, which has to be writable for that. */
static void
learn_make(struct call *c, const struct loc *loc)
{
	if (!has_right(loc->dirfd, ".", W_OK | X_OK) ||
	    !is_telling(loc->real, loc->dirlen, loc->real + loc->dirlen + 1))
		return;
	learn_note(c, VIOLATION_LEARN_MAKE, loc->real,
	    check_empty(loc->dirfd) ? VIOLATION_EMPTY : "");
}

void
learn_write(struct call *c, const struct loc *loc, enum deed deed)
{
	struct lx_stat	 st;
	int		 there;

	there = lx_statx(loc->kind == LOC_OBJECT ? loc->fd : loc->dirfd,
	    loc->kind == LOC_OBJECT ? "" : loc->last, LX_STATX_BASIC,
	    &st) == 0;
	if (is_vain(deed, there) || (loc->kind == LOC_NAME &&
	    fresh_depth(loc->dirfd, loc->real, loc->dirlen, 1) != GUARD_OLD))
		return;
	if (!is_in_place(deed, there)) {
		if (loc->kind == LOC_NAME)
			learn_make(c, loc);
	} else if (!S_ISLNK(st.mode) && may_change(loc, deed, &st))
		learn_note(c, VIOLATION_LEARN_WRITE, loc->real, "");
}

void
learn_tmpfile(struct call *c, const struct loc *loc)
{
	char	 name[PATH_MAX + 3];
	char	 fdname[FD_NAME_MAX];
	int	 right;

	if (!learn_wanted() || broker.guard == NULL ||
	    loc->kind == LOC_KERNEL || loc->real[0] == '\0' ||
	    guard_inside(broker.guard, loc->real) ||
	    !guard_may_learn(broker.guard, loc->real, GUARD_OLD) ||
	    (loc->kind == LOC_NAME && fresh_depth(loc->dirfd, loc->real,
	    loc->dirlen, 1) != GUARD_OLD))
		return;
	right = loc->kind == LOC_OBJECT ?
	    has_right(path_fds(), path_fd_name(loc->fd, fdname), W_OK) :
	    has_right(loc->dirfd, loc->last, W_OK);
	if (!right || strlcpy(name, loc->real, PATH_MAX) >= PATH_MAX)
		return;
	(void)strlcat(name, "/.", sizeof(name));
	learn_note(c, VIOLATION_LEARN_MAKE, name, "");
}

/* 1 if the socket may be reached for the sake of it. */
int
learn_unix(struct call *c, int fd, const char *path)
{
	char	 name[FD_NAME_MAX];

	if (!learn_wanted() || guard_unix_bounded(broker.guard, path))
		return 0;
	if (has_right(path_fds(), path_fd_name(fd, name), W_OK))
		learn_note(c, VIOLATION_LEARN_UNIX, path, "");
	return learn_allows();
}
