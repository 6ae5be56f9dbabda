/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kin.h"

/* Where the pid is, or would be: they are sorted. */
static size_t
kin_find(const struct kin *kin, pid_t pid)
{
	size_t	 low = 0, high = kin->n, middle;

	while (low < high) {
		middle = low + (high - low) / 2;
		if (kin->v[middle].pid < pid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static int
kin_known(const struct kin *kin, size_t at, pid_t pid)
{
	return at < kin->n && kin->v[at].pid == pid;
}

int
kin_add(struct kin *kin, const struct kin_proc *p)
{
	struct kin_proc	*v;
	size_t		 at = kin_find(kin, p->pid), size;

	if (kin_known(kin, at, p->pid)) {
		if (kin->v[at].born == p->born)
			return 0;
		kin->v[at] = *p;
		return 1;
	}
	if (kin->n == kin->size) {
		size = kin->size == 0 ? 64 : 2 * kin->size;
		if (size > KIN_MAX) {
			errno = E2BIG;
			return -1;
		}
		if ((v = reallocarray(kin->v, size, sizeof(*v))) == NULL)
			return -1;
		kin->v = v;
		kin->size = size;
	}
	memmove(kin->v + at + 1, kin->v + at,
	    (kin->n - at) * sizeof(*kin->v));
	kin->v[at] = *p;
	kin->n++;
	return 1;
}

/* Nobody is older than the one who has started him. */
static int
kin_belongs(const struct kin *kin, const struct kin_proc *p)
{
	size_t	 at = kin_find(kin, p->parent);

	if (p->parent == 1 && kin->group != 0)
		return p->pid > 1 && p->group == kin->group &&
		    p->born >= kin->born;
	return p->parent > 1 && kin_known(kin, at, p->parent) &&
	    p->born >= kin->v[at].born;
}

int
kin_spread(struct kin *kin, const struct kin_proc *list, size_t n)
{
	size_t	 i;
	int	 added = 0, before, ret;

	/* Their order says nothing: a child may come before its parent. */
	do {
		before = added;
		for (i = 0; i < n; i++) {
			if (!kin_belongs(kin, &list[i]))
				continue;
			if ((ret = kin_add(kin, &list[i])) == -1)
				return -1;
			added += ret;
		}
	} while (added != before);
	return added;
}

void
kin_gone(struct kin *kin, pid_t pid)
{
	size_t	 at = kin_find(kin, pid);

	if (!kin_known(kin, at, pid))
		return;
	kin->n--;
	memmove(kin->v + at, kin->v + at + 1,
	    (kin->n - at) * sizeof(*kin->v));
}

int
kin_has(const struct kin *kin, const struct kin_proc *p)
{
	size_t	 at = kin_find(kin, p->pid);

	return kin_known(kin, at, p->pid) && kin->v[at].born == p->born;
}

void
kin_free(struct kin *kin)
{
	free(kin->v);
	memset(kin, 0, sizeof(*kin));
}
