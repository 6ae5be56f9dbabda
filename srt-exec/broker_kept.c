/* SPDX-License-Identifier: ISC */

/*
 * Directories that a worker has open already: the working directory of the
 * last caller, and where the last path led.  Whether the name still leads
 * there is asked each time: that is one statx(2), where open, look and close
 * are three calls.  If mount, device and number are the same, so is the
 * directory, for what we have open keeps them from all others.
 *
 * Of its path nothing is remembered: the host may rename what is above it.
 */

#include "compat.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"

#define KEPT_TEXT	512	/* paths that are longer are not kept */

struct kept {
	int		 fd;		/* -1: none */
	uint64_t	 id;		/* of the call that used it last */
	struct node	 node;
	char		 text[KEPT_TEXT];	/* that led there */
};

static __thread struct kept	 kept[KEPT_MAX] = {
	[KEPT_CWD] = { .fd = -1 },
	[KEPT_PARENT] = { .fd = -1 }
};

int
node_same(const struct node *a, const struct node *b)
{
	return a->mount_id != 0 && a->mount_id == b->mount_id &&
	    a->ino == b->ino && a->dev == b->dev;
}

const struct node *
kept_node(int fd)
{
	size_t	 i;

	for (i = 0; i < KEPT_MAX; i++)
		if (fd != -1 && kept[i].fd == fd)
			return &kept[i].node;
	return NULL;
}

/* Whatever the name leads to, links and all. */
static int
leads_to(const struct kept *k, int dirfd, const char *name)
{
	struct lx_stat	 st;
	struct node	 node = { 0 };

	if (syscall(SYS_statx, dirfd, name, LX_STATX_DONT_SYNC,
	    LX_STATX_INO | LX_STATX_MNT_ID, &st) == -1 ||
	    (st.mask & LX_STATX_MNT_ID) == 0)
		return 0;
	node.mount_id = st.mnt_id;
	node.ino = st.ino;
	node.dev = makedev(st.dev_major, st.dev_minor);
	return node_same(&node, &k->node);
}

int
kept_find(enum kept_dir which, const struct call *c, int dirfd,
    const char *name)
{
	struct kept	*k = &kept[which];

	if (k->fd == -1 || strcmp(k->text, name) != 0 ||
	    !leads_to(k, dirfd, name))
		return -1;
	k->id = c->id;
	return k->fd;
}

int
kept_again(enum kept_dir which, const struct call *c)
{
	kept[which].id = c->id;
	return kept[which].fd;
}

int
kept_used(enum kept_dir which, const struct call *c)
{
	return kept[which].id == c->id ? kept[which].fd : -1;
}

void
kept_add(enum kept_dir which, const struct call *c, int fd, const char *name)
{
	struct kept	*k = &kept[which];

	/* It is still of use for this call. */
	if (kept_used(which, c) != -1)
		return;
	if (k->fd != -1)
		(void)close(k->fd);
	k->fd = -1;
	if (strlcpy(k->text, name, sizeof(k->text)) >= sizeof(k->text) ||
	    node_stat(fd, &k->node) < 0 || k->node.mount_id == 0)
		return;
	k->id = c->id;
	k->fd = fd;
}

void
kept_forget(void)
{
	size_t	 i;

	for (i = 0; i < KEPT_MAX; i++) {
		if (kept[i].fd != -1)
			(void)close(kept[i].fd);
		kept[i].fd = -1;
	}
}
