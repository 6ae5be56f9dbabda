/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>
#include <sys/types.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "broker_attack.h"
#include "tried.h"

#ifndef O_PATH
#define O_PATH		010000000
#endif

/*
 * For which modes, by their first letter, and what; a directory ends with "/".
 * Where names are compared without case some of them are one.
 */
static const struct {
	const char	*modes;
	const char	*path;
} paths[] = {
	{ "dor", ".bashrc" },
	{ "sr", ".claude/" },
	{ "sf", ".git/" },
	{ "f", ".git/config" },
	{ "s", ".git/hooks/" },
	{ "sf", ".git/info/" },
	{ "s", ".git/worktrees/" },
	{ "s", ".git/worktrees/x/" },
	/* What is empty is as good as new. */
	{ "s", ".git/worktrees/x/gitdir" },
	{ "s", ".git/modules/" },
	{ "s", ".git/modules/m/" },
	{ "s", ".git/modules/m/hooks/" },
	{ "s", ".Git/" },
	{ "s", ".Git/HOOKS/" },
	{ "s", ".git/hoo\xe2\x84\xaas/" },
	{ "s", ".git/hook\xc5\xbf/" },
	{ "f", "old/" },
	{ "f", "old/.git/" },
	{ "f", "old/.git/config" },
	{ "f", "old/.git/hooks/" },
	{ "sdofbr", "plain/" },
	{ "sdofbr", "plain/f" },
	{ "f", "kept/" },
	{ "f", "kept/k" },
	/* Repositories without a name, whole ones and others. */
	{ "b", "bare.git/" },
	{ "b", "bare.git/HEAD" },
	{ "b", "bare.git/config" },
	{ "b", "bare.git/hooks/" },
	{ "b", "bare.git/Hooks/" },
	{ "b", "bare.git/info/" },
	{ "b", "bare.git/info/attributes" },
	{ "b", "bare.git/objects/" },
	{ "b", "bare.git/refs/" },
	{ "b", "bare2.git/" },
	{ "b", "bare2.git/HEAD" },
	{ "b", "bare2.git/config" },
	{ "b", "bare2.git/objects/" },
	{ "b", "bare2.git/refs/" },
	{ "b", "up/" },
	{ "b", "up/bare.git/" },
	{ "b", "up/bare.git/HEAD" },
	{ "b", "up/bare.git/config" },
	{ "b", "up/bare.git/objects/" },
	{ "b", "up/bare.git/refs/" },
	{ "b", "half/" },
	{ "b", "half/HEAD" },
	{ "b", "half/config" },
	{ "b", "half/objects/" },
	{ "r", "gap/" },
	{ "r", "gap/keep" },
	{ "r", "gap/objects/" },
	{ "r", "gap/refs/" },
	{ "b", "work/" },
	{ "b", "work/keep" },
	{ "b", "empty.old/" }
};

static void	(*scene)(void);
static int	 top;
static unsigned int next;

static void
make_dir(const char *path)
{
	if (mkdir(path, 0755) == -1 && errno != EEXIST)
		err(1, "%s", path);
}

static void
make_file(const char *path)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);

	if (fd == -1 || write(fd, "old\n", 4) != 4 || close(fd) == -1)
		err(1, "%s", path);
}

void
tree_make(char mode)
{
	size_t	 i;

	for (i = 0; i < nitems(paths); i++) {
		if (strchr(paths[i].modes, mode) == NULL)
			continue;
		if (paths[i].path[strlen(paths[i].path) - 1] == '/')
			make_dir(paths[i].path);
		else
			make_file(paths[i].path);
	}
}

static void
orders_make(void)
{
	char	 path[32];
	int	 i;

	make_dir("o");
	for (i = 0; i < TREE_ORDERS; i++) {
		(void)snprintf(path, sizeof(path), "o/%d", i);
		make_dir(path);
		(void)snprintf(path, sizeof(path), "o/%d/keep", i);
		make_file(path);
	}
}

void
trees_make(unsigned int n, char mode)
{
	char		 name[16];
	unsigned int	 i;

	for (i = 0; i < n; i++) {
		(void)snprintf(name, sizeof(name), "%u", i);
		make_dir(name);
		if (chdir(name) == -1)
			err(1, "%s", name);
		tree_make(mode);
		if (mode == 'b' && i == 0)
			orders_make();
		if (chdir("..") == -1)
			err(1, "..");
	}
}

static void
next_tree(void)
{
	char	 name[16];

	(void)snprintf(name, sizeof(name), "%u", next++);
	if (fchdir(top) == -1 || chdir(name) == -1)
		err(1, "tree %s", name);
	if (scene != NULL)
		scene();
}

void
trees_begin(void (*set)(void))
{
	scene = set;
	if ((top = open(".", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		err(1, ".");
	next_tree();
}

void
tried_tree(const char *name, int got)
{
	tried(name, got);
	next_tree();
}
