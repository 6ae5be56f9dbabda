/* SPDX-License-Identifier: ISC */

/*
 * Any policy: the plan must come out the same as the rules applied to a
 * path one by one, without the plan's cleverness.
 *
 * Input: for each entry one byte (kind in the low bits, directory above),
 * then letters that become components, until a zero byte.
 */

#include "compat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "../../srt-exec/plan.h"

#define MAXPATHS	24
#define MAXDEPTH	8

/* Few names, so that paths meet. */
static const char *const	 names[] = {
	"a", "b", "a-", "dev", "proc", "sys", "null", "1"
};

static struct fs_path	 pool[MAXPATHS];
static char		 text[MAXPATHS][MAXDEPTH * 6 + 2];

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static int
has(size_t n, enum fs_kind kind, const char *path)
{
	size_t	 i;

	for (i = 0; i < n; i++)
		if (pool[i].kind == kind && strcmp(pool[i].path, path) == 0)
			return 1;
	return 0;
}

/* Shortens to the parent; 0 at the root. */
static int
up(char *path)
{
	char	*slash = strrchr(path, '/');

	if (path[1] == '\0')
		return 0;
	slash[slash == path ? 1 : 0] = '\0';
	return 1;
}

/* The precedence as COMPAT tells it, for one path. */
static enum plan_effect
expect(size_t n, const char *path)
{
	char	 p[sizeof(text[0])];
	int	 write = 0, nowrite = 0, read = -1, below = 0;

	(void)strlcpy(p, path, sizeof(p));
	if (plan_covers("/dev", p) || plan_covers("/proc", p))
		return PLAN_OWN;
	do {
		if (has(n, FS_WRITE, p))
			write = 1;
		if (has(n, FS_NOWRITE, p) || has(n, FS_PROTECT, p) ||
		    strcmp(p, "/sys") == 0)
			nowrite = 1;
		if (read != -1)
			continue;
		if (has(n, FS_READ, p))
			read = 1;
		else if (has(n, FS_NOREAD, p))
			read = below ? 1 : 0;
		else if (has(n, FS_WRITE, p))
			below = 1;
	} while (up(p));
	if (read == 0)
		return PLAN_DENIED;
	return write && !nowrite ? PLAN_WRITE : PLAN_READ;
}

static void
check_path(const struct plan *plan, size_t n, const char *path)
{
	if (expect(n, path) == PLAN_OWN)
		return;
	if (plan_effect(plan, path) != expect(n, path))
		abort();
}

/* An operation's nearest one above, as the mounts will lie. */
static int
above(const struct plan *plan, size_t i)
{
	size_t	 j;

	for (j = i; j-- > 0;)
		if (plan_covers(plan->ops[j].path, plan->ops[i].path))
			return (int)j;
	return -1;
}

static int
is_mount(const struct plan *plan, const char *path)
{
	size_t	 i;

	for (i = 0; i < plan->nops; i++)
		if (strcmp(plan->ops[i].path, path) == 0)
			return 1;
	return 0;
}

/* Nothing on the way to a protected name can be renamed. */
static void
check_pins(const struct plan *plan, size_t n, const char *path)
{
	char	 p[sizeof(text[0])], parent[sizeof(text[0])];

	(void)strlcpy(p, path, sizeof(p));
	if (plan_covers("/dev", p) || plan_covers("/proc", p))
		return;
	do {
		(void)strlcpy(parent, p, sizeof(parent));
		if (up(parent) && expect(n, parent) == PLAN_WRITE &&
		    !is_mount(plan, p))
			abort();
	} while (up(p));
}

static void
check_ops(const struct plan *plan)
{
	const struct plan_op	*op, *upper;
	size_t			 i;
	int			 j, masked;

	for (i = 0; i < plan->nops; i++) {
		op = &plan->ops[i];
		j = above(plan, i);
		/* One operation is the first, and all lie beneath it. */
		if ((j == -1) != (i == 0))
			abort();
		if (j == -1)
			continue;
		/* Nothing is mounted over what came before. */
		if (strcmp(plan->ops[j].path, op->path) == 0)
			abort();
		upper = &plan->ops[j];
		masked = upper->kind == PLAN_ROOT_MASK ||
		    upper->kind == PLAN_MASK_TREE;
		if (upper->kind == PLAN_MASK_DIR ||
		    upper->kind == PLAN_MASK_FILE)
			abort();
		if ((op->tree == j) != masked || (!masked && op->tree != -1))
			abort();
		/* What is bound back has to be more than a mask. */
		if (masked && (op->kind == PLAN_MASK_DIR ||
		    op->kind == PLAN_MASK_FILE || op->kind == PLAN_PIN))
			abort();
	}
}

static size_t
parse(const uint8_t *data, size_t size)
{
	size_t	 n = 0, i = 0;
	int	 depth;

	while (n < MAXPATHS && i < size) {
		pool[n].kind = (enum fs_kind)(data[i] % FS_KIND_MAX);
		pool[n].type = FS_DIR;
		text[n][0] = '\0';
		i++;
		for (depth = 0; i < size && data[i] != 0 && depth < MAXDEPTH;
		    i++, depth++) {
			(void)strlcat(text[n], "/", sizeof(text[n]));
			(void)strlcat(text[n], names[data[i] % nitems(names)],
			    sizeof(text[n]));
		}
		if (text[n][0] == '\0')
			(void)strlcpy(text[n], "/", sizeof(text[n]));
		while (i < size && data[i] != 0)
			i++;
		i++;
		pool[n].path = text[n];
		n++;
	}
	return n;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fs_paths	 paths;
	struct plan	*plan;
	char		 p[sizeof(text[0]) + 8];
	size_t		 i, n;

	n = parse(data, size);
	TAILQ_INIT(&paths);
	for (i = 0; i < n; i++)
		TAILQ_INSERT_TAIL(&paths, &pool[i], entry);
	if ((plan = plan_new(&paths, 0)) == NULL)
		abort();
	check_ops(plan);
	for (i = 0; i < n; i++) {
		(void)strlcpy(p, pool[i].path, sizeof(p));
		do
			check_path(plan, n, p);
		while (up(p));
		(void)strlcpy(p, pool[i].path, sizeof(p));
		(void)strlcat(p, p[1] == '\0' ? "zz" : "/zz", sizeof(p));
		check_path(plan, n, p);
		if (pool[i].kind == FS_PROTECT || pool[i].kind == FS_NOWRITE)
			check_pins(plan, n, pool[i].path);
	}
	plan_free(plan);
	return 0;
}
