/* SPDX-License-Identifier: ISC */

/*
 * From the policy to an ordered list of mount operations.
 *
 * Every path that the policy names becomes a node.  Sorted so that a
 * directory comes before what it holds, the nodes are walked once with the
 * chain of their ancestors at hand.  A node takes over what its nearest
 * ancestor says and changes it by its own entries; where the outcome differs
 * from the ancestor's, an operation is needed, elsewhere it would be
 * redundant.  Precedence:
 *
 *	read	the deepest of denyRead and allowRead decides; on the same
 *		path allowRead does.  allowWrite beneath a denied directory
 *		opens it for reading as well.
 *	write	allowWrite at or above, and neither denyWrite nor a protected
 *		name at or above, wherever they stand.
 */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "plan.h"

#define KIND(k)		(1U << (k))
#define KINDS_NOWRITE	(KIND(FS_NOWRITE) | KIND(FS_PROTECT))

enum state {
	STATE_RO,
	STATE_RW,
	STATE_MASK
};

struct node {
	const char	*path;
	unsigned int	 kinds;		/* mask of KIND() */
	enum fs_type	 type;
	unsigned int	 flags;		/* of enum plan_flag */
	struct node	*up;		/* nearest ancestor, NULL for "/" */
	int		 in_write;
	int		 nowrite;
	int		 readable;
	enum state	 state;
};

struct nodes {
	struct node	*v;
	size_t		 n;
};

/*
 * Nodes of /dev that are the host's.  A denied one is masked; all else at or
 * beneath /dev is the sandbox's own or absent.
 */
static const char *const dev_nodes[] = {
	"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom",
	"/dev/tty"
};

static const char *const kind_names[PLAN_KIND_MAX] = {
	[PLAN_ROOT_RO] = "root-ro",
	[PLAN_ROOT_RW] = "root-rw",
	[PLAN_ROOT_MASK] = "root-mask",
	[PLAN_DEV] = "dev",
	[PLAN_BIND_RW] = "bind-rw",
	[PLAN_BIND_RO] = "bind-ro",
	[PLAN_PIN] = "pin",
	[PLAN_MASK_FILE] = "mask-file",
	[PLAN_MASK_DIR] = "mask-dir",
	[PLAN_MASK_TREE] = "mask-tree",
	[PLAN_PROC] = "proc"
};

int
plan_path_ok(const char *path)
{
	const char	*s = path, *e;

	if (*s != '/')
		return 0;
	if (s[1] == '\0')
		return 1;
	while (*s == '/') {
		s++;
		e = s + strcspn(s, "/");
		if (e == s || (e - s == 1 && s[0] == '.') ||
		    (e - s == 2 && s[0] == '.' && s[1] == '.'))
			return 0;
		s = e;
	}
	return 1;
}

int
plan_covers(const char *dir, const char *path)
{
	size_t	 len;

	if (dir[1] == '\0')
		return 1;
	len = strlen(dir);
	return strncmp(dir, path, len) == 0 &&
	    (path[len] == '\0' || path[len] == '/');
}

/* Orders '/' before every other byte, so that subtrees stay together. */
static int
path_cmp(const char *a, const char *b)
{
	int	 ca, cb;

	while (*a != '\0' && *a == *b)
		a++, b++;
	ca = *a == '\0' ? 0 : *a == '/' ? 1 : (unsigned char)*a + 2;
	cb = *b == '\0' ? 0 : *b == '/' ? 1 : (unsigned char)*b + 2;
	return ca - cb;
}

static int
node_cmp(const void *a, const void *b)
{
	const struct node	*na = a, *nb = b;

	return path_cmp(na->path, nb->path);
}

/* The stages of the build; within one, directories before their contents. */
static int
op_stage(const struct plan_op *op)
{
	switch (op->kind) {
	case PLAN_ROOT_RO:
	case PLAN_ROOT_RW:
	case PLAN_ROOT_MASK:
		return 0;
	case PLAN_PROC:
		return 2;
	default:
		return plan_covers("/proc", op->path) ? 3 : 1;
	}
}

static int
op_cmp(const void *a, const void *b)
{
	const struct plan_op	*oa = a, *ob = b;
	int			 d;

	if ((d = op_stage(oa) - op_stage(ob)) != 0)
		return d;
	return path_cmp(oa->path, ob->path);
}

static void
node_set(struct node *nd, const char *path, unsigned int kinds,
    enum fs_type type, unsigned int flags)
{
	memset(nd, 0, sizeof(*nd));
	nd->path = path;
	nd->kinds = kinds;
	nd->type = type;
	nd->flags = flags;
}

static int
is_dev_node(const char *path)
{
	size_t	 i;

	for (i = 0; i < nitems(dev_nodes); i++)
		if (strcmp(path, dev_nodes[i]) == 0)
			return 1;
	return 0;
}

/*
 * Is there anything at the path for this entry to act on?  /dev and /proc
 * are the sandbox's own: what the host has there does not exist inside, and
 * a number beneath /proc would name somebody else.
 */
int
plan_applies(const struct fs_path *fp)
{
	if (plan_covers("/dev", fp->path))
		return fp->kind == FS_NOREAD && is_dev_node(fp->path);
	if (strcmp(fp->path, "/proc") == 0)
		return 0;
	if (plan_covers("/proc", fp->path))
		return (fp->kind == FS_NOREAD || fp->kind == FS_NOWRITE) &&
		    (fp->path[6] < '0' || fp->path[6] > '9');
	return 1;
}

/* Sorts, and makes one node of those with the same path. */
static void
nodes_merge(struct nodes *ns)
{
	size_t	 i, j = 0;

	qsort(ns->v, ns->n, sizeof(*ns->v), node_cmp);
	for (i = 1; i < ns->n; i++) {
		if (strcmp(ns->v[i].path, ns->v[j].path) != 0) {
			ns->v[++j] = ns->v[i];
			continue;
		}
		ns->v[j].kinds |= ns->v[i].kinds;
		ns->v[j].flags &= ns->v[i].flags;
		/* Of a type in doubt it is said that it is a directory. */
		if (ns->v[i].type == FS_DIR)
			ns->v[j].type = FS_DIR;
	}
	ns->n = j + 1;
}

static int
nodes_init(struct nodes *ns, const struct fs_paths *paths, uint32_t flags)
{
	const struct fs_path	*fp;
	size_t			 n = 3;

	TAILQ_FOREACH(fp, paths, entry)
		n++;
	if ((ns->v = calloc(n, sizeof(*ns->v))) == NULL)
		return -1;
	node_set(&ns->v[0], "/", 0, FS_DIR, 0);
	/* The host's knobs are never writable, whatever the write roots. */
	node_set(&ns->v[1], "/sys", KIND(FS_PROTECT), FS_DIR, PLAN_OPTIONAL);
	ns->n = 2;
	if ((flags & EXEC_FS_DISABLED) != 0)
		return 0;
	TAILQ_FOREACH(fp, paths, entry) {
		if (!plan_path_ok(fp->path)) {
			errno = EINVAL;
			return -1;
		}
		/* Without namespaces nothing is the sandbox's own. */
		if ((flags & EXEC_LANDLOCK) == 0 && !plan_applies(fp))
			continue;
		node_set(&ns->v[ns->n++], fp->path, KIND(fp->kind), fp->type,
		    plan_covers("/proc", fp->path) ? PLAN_OPTIONAL : 0);
	}
	nodes_merge(ns);
	return 0;
}

static int
node_readable(const struct node *nd, int above)
{
	if ((nd->kinds & KIND(FS_READ)) != 0)
		return 1;
	if ((nd->kinds & KIND(FS_NOREAD)) != 0)
		return 0;
	if ((nd->kinds & KIND(FS_WRITE)) != 0)
		return 1;
	return above;
}

/* Finds each node's ancestor and what holds at it. */
static void
nodes_resolve(struct nodes *ns, uint32_t flags)
{
	struct node	*nd, *up;
	size_t		 i;

	for (i = 0; i < ns->n; i++) {
		nd = &ns->v[i];
		up = i == 0 ? NULL : &ns->v[i - 1];
		while (up != NULL && !plan_covers(up->path, nd->path))
			up = up->up;
		nd->up = up;
		nd->in_write = (nd->kinds & KIND(FS_WRITE)) != 0 ||
		    (up != NULL && up->in_write) ||
		    (up == NULL && (flags & EXEC_FS_DISABLED) != 0);
		nd->nowrite = (nd->kinds & KINDS_NOWRITE) != 0 ||
		    (up != NULL && up->nowrite);
		nd->readable = node_readable(nd, up == NULL || up->readable);
		nd->state = !nd->readable ? STATE_MASK :
		    nd->in_write && !nd->nowrite ? STATE_RW : STATE_RO;
	}
}

/* Within the private /proc everything is writable to begin with. */
static int
node_needs_op(const struct node *nd)
{
	if (nd->up == NULL)
		return 0;
	if (plan_covers("/proc", nd->path) &&
	    !plan_covers("/proc", nd->up->path))
		return 1;
	/* The private /dev stands above these, not what the host has. */
	if (plan_covers("/dev", nd->path))
		return nd->state == STATE_MASK;
	return nd->state != nd->up->state;
}

static struct plan_op *
plan_add(struct plan *p, enum plan_kind kind, enum fs_type type,
    const char *path, size_t len)
{
	struct plan_op	*ops, *op;

	/* Grows by doubling. */
	if ((p->nops & (p->nops - 1)) == 0) {
		ops = reallocarray(p->ops, p->nops == 0 ? 1 : p->nops * 2,
		    sizeof(*p->ops));
		if (ops == NULL)
			return NULL;
		p->ops = ops;
	}
	op = &p->ops[p->nops];
	memset(op, 0, sizeof(*op));
	op->kind = kind;
	op->type = type;
	op->tree = -1;
	if ((op->path = strndup(path, len)) == NULL)
		return NULL;
	p->nops++;
	return op;
}

static enum plan_kind
node_op_kind(const struct node *nd)
{
	switch (nd->state) {
	case STATE_RW:
		return PLAN_BIND_RW;
	case STATE_RO:
		return PLAN_BIND_RO;
	case STATE_MASK:
		break;
	}
	return nd->type == FS_DIR ? PLAN_MASK_DIR : PLAN_MASK_FILE;
}

/*
 * Directories on the way to a name that must stay what it is could be moved
 * away and made anew: each one whose parent is writable becomes a mount
 * point, which rename(2) refuses.  Ones that are bound already need nothing.
 */
static int
plan_add_pins(struct plan *p, const struct node *nd)
{
	const struct node	*top;
	const char		*s;

	for (; nd->up != NULL; nd = nd->up) {
		top = nd->up;
		if (top->state != STATE_RW)
			continue;
		s = nd->path + (top->path[1] == '\0' ? 1 :
		    strlen(top->path) + 1);
		for (; (s = strchr(s, '/')) != NULL; s++)
			if (plan_add(p, PLAN_PIN, FS_DIR, nd->path,
			    (size_t)(s - nd->path)) == NULL)
				return -1;
		/* Named by the policy, yet no mount point of its own. */
		if (top->up != NULL && top->state == top->up->state &&
		    plan_add(p, PLAN_PIN, FS_DIR, top->path,
		    strlen(top->path)) == NULL)
			return -1;
	}
	return 0;
}

/*
 * What may not be read keeps its name as well: moved with a directory above
 * it, it would be another path to the next run.
 */
static int
node_wants_pins(const struct node *nd)
{
	return (nd->kinds & (KINDS_NOWRITE | KIND(FS_NOREAD))) != 0 &&
	    nd->state != STATE_RW && nd->in_write && nd->up != NULL &&
	    !nd->up->nowrite && !plan_covers("/proc", nd->path);
}

static int
plan_add_nodes(struct plan *p, const struct nodes *ns)
{
	const struct node	*nd;
	struct plan_op		*op;
	size_t			 i;

	for (i = 1; i < ns->n; i++) {
		nd = &ns->v[i];
		if (node_needs_op(nd)) {
			op = plan_add(p, node_op_kind(nd), nd->type, nd->path,
			    strlen(nd->path));
			if (op == NULL)
				return -1;
			op->flags = nd->flags;
		}
		if (node_wants_pins(nd) && plan_add_pins(p, nd) == -1)
			return -1;
	}
	return 0;
}

/* The root, and what the sandbox has of its own in any case. */
static int
plan_add_frame(struct plan *p, const struct node *root, uint32_t flags)
{
	static const enum plan_kind	 roots[] = {
		[STATE_RO] = PLAN_ROOT_RO,
		[STATE_RW] = PLAN_ROOT_RW,
		[STATE_MASK] = PLAN_ROOT_MASK
	};
	struct plan_op	*op;

	if ((op = plan_add(p, roots[root->state], FS_DIR, "/", 1)) == NULL)
		return -1;
	if ((flags & EXEC_FS_DISABLED) != 0)
		op->flags |= PLAN_PLAIN;
	if ((flags & EXEC_LANDLOCK) == 0 &&
	    (plan_add(p, PLAN_DEV, FS_DIR, "/dev", 4) == NULL ||
	    plan_add(p, PLAN_PROC, FS_DIR, "/proc", 5) == NULL))
		return -1;
	return 0;
}

/* The same pin may have been asked for more than once. */
static void
plan_sort(struct plan *p)
{
	struct plan_op	*op;
	size_t		 i, j = 0;

	qsort(p->ops, p->nops, sizeof(*p->ops), op_cmp);
	for (i = 1; i < p->nops; i++) {
		op = &p->ops[i];
		if (op_cmp(op, &p->ops[j]) != 0) {
			p->ops[++j] = *op;
			continue;
		}
		if (p->ops[j].kind == PLAN_PIN) {
			p->ops[j].kind = op->kind;
			p->ops[j].type = op->type;
			p->ops[j].flags = op->flags;
		}
		free(op->path);
	}
	p->nops = j + 1;
}

/*
 * Finds the tree in which an operation's mount point has to be made: that of
 * its nearest ancestor, if that one hides what was there.
 */
static int
plan_link_trees(struct plan *p)
{
	struct plan_op	*up;
	size_t		 i;
	int		*ups, j;

	if ((ups = calloc(p->nops, sizeof(*ups))) == NULL)
		return -1;
	ups[0] = -1;
	for (i = 1; i < p->nops; i++) {
		j = (int)i - 1;
		while (!plan_covers(p->ops[j].path, p->ops[i].path))
			j = ups[j];
		ups[i] = j;
		up = &p->ops[j];
		if (up->kind == PLAN_MASK_DIR)
			up->kind = PLAN_MASK_TREE;
		if (up->kind == PLAN_MASK_TREE || up->kind == PLAN_ROOT_MASK)
			p->ops[i].tree = j;
	}
	free(ups);
	return 0;
}

struct plan *
plan_new(const struct fs_paths *paths, uint32_t flags)
{
	struct nodes	 ns = { NULL, 0 };
	struct plan	*p;

	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	if (nodes_init(&ns, paths, flags) == -1)
		goto fail;
	nodes_resolve(&ns, flags);
	if (plan_add_frame(p, &ns.v[0], flags) == -1 ||
	    plan_add_nodes(p, &ns) == -1)
		goto fail;
	plan_sort(p);
	if (plan_link_trees(p) == -1)
		goto fail;
	free(ns.v);
	return p;
 fail:
	free(ns.v);
	plan_free(p);
	return NULL;
}

void
plan_free(struct plan *p)
{
	size_t	 i;

	if (p == NULL)
		return;
	for (i = 0; i < p->nops; i++)
		free(p->ops[i].path);
	free(p->ops);
	free(p);
}

const char *
plan_kind_name(enum plan_kind kind)
{
	return kind < PLAN_KIND_MAX ? kind_names[kind] : "?";
}

void
plan_print(FILE *fp, const struct plan *p)
{
	const struct plan_op	*op;
	size_t			 i;

	for (i = 0; i < p->nops; i++) {
		op = &p->ops[i];
		fprintf(fp, "%s %s\n", plan_kind_name(op->kind), op->path);
	}
}

enum plan_effect
plan_effect(const struct plan *p, const char *path)
{
	const struct plan_op	*op;
	enum plan_effect	 eff = PLAN_READ;
	size_t			 i;

	for (i = 0; i < p->nops; i++) {
		op = &p->ops[i];
		if (!plan_covers(op->path, path))
			continue;
		switch (op->kind) {
		case PLAN_ROOT_RO:
		case PLAN_BIND_RO:
			eff = PLAN_READ;
			break;
		case PLAN_ROOT_RW:
		case PLAN_BIND_RW:
			eff = PLAN_WRITE;
			break;
		case PLAN_DEV:
		case PLAN_PROC:
			eff = PLAN_OWN;
			break;
		case PLAN_PIN:
			break;
		default:
			eff = PLAN_DENIED;
			break;
		}
	}
	return eff;
}
