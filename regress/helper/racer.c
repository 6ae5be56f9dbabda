/* SPDX-License-Identifier: ISC */

/*
 * Binds a write root again and again while another process swaps one of the
 * directories above it for a symbolic link that leads outside.
 *
 *	racer FOLDER ROUNDS [names]
 *
 * FOLDER is empty and ends up with what the race needs.  Fails as soon as
 * anything outside becomes writable.  With "names" one bind is made by its
 * name, with one swap in between: that has to lead outside.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../srt-exec/exec.h"
#include "../../srt-exec/linux.h"

#define SWAP	2		/* RENAME_EXCHANGE */

static char	in[PATH_MAX], out[PATH_MAX], in_x[PATH_MAX];
static char	out_x[PATH_MAX], lnk[PATH_MAX];

static void
name(char *buf, const char *dir, const char *file)
{
	if (snprintf(buf, PATH_MAX, "%s/%s", dir, file) >= PATH_MAX)
		errx(1, "%s is too long", dir);
}

static void
prepare(const char *dir)
{
	name(in, dir, "in");
	name(out, dir, "out");
	name(lnk, dir, "link");
	name(in_x, in, "x");
	name(out_x, out, "x");
	if (mkdir(in, 0755) == -1 || mkdir(out, 0755) == -1 ||
	    mkdir(in_x, 0755) == -1 || mkdir(out_x, 0755) == -1 ||
	    symlink(out, lnk) == -1)
		err(1, "%s", dir);
}

/* "in" is now the link, or the directory again. */
static void
swap_once(void)
{
	if (syscall(SYS_renameat2, AT_FDCWD, in, AT_FDCWD, lnk, SWAP) == -1)
		err(1, "renameat2");
}

/* Outside, for ever. */
static __dead void
swap(void)
{
	for (;;)
		swap_once();
}

static void
check_outside(const struct mounts *m)
{
	int	 fd, dir;

	if ((dir = mounts_open(m->newroot, out_x, O_DIRECTORY)) == -1)
		err(1, "%s", out_x);
	fd = openat(dir, "escaped", O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd != -1)
		errx(1, "%s became writable", out_x);
	if (errno != EROFS)
		err(1, "%s", out_x);
	(void)close(dir);
}

/*
 * What a builder does that trusts a name it has looked at, if the swap comes
 * right then: is the tree that it takes the one outside?
 */
static int
by_name(void)
{
	struct stat	 st, there;
	int		 tree;

	if (lstat(in, &st) == -1 || !S_ISDIR(st.st_mode))
		err(1, "%s", in);
	swap_once();
	if ((tree = lx_open_tree(AT_FDCWD, in_x, LX_TREE_CLONE)) == -1 ||
	    fstat(tree, &st) == -1 || stat(out_x, &there) == -1)
		err(1, "%s", in_x);
	if (st.st_dev != there.st_dev || st.st_ino != there.st_ino)
		errx(1, "by name it is held as well");
	printf("led outside\n");
	return 0;
}

/* What was bound is the root of its mount: it goes as a whole. */
static void
unbind(const struct mounts *m, int top)
{
	char	 path[2][PATH_MAX];
	int	 i, dir = -1;

	/* By now the directory has either name. */
	name(path[0], in, "x");
	name(path[1], lnk, "x");
	for (i = 0; dir == -1; i = !i)
		dir = mounts_open(m->newroot, path[i], O_DIRECTORY);
	if (fchdir(dir) == -1 || umount2(".", MNT_DETACH) == -1 ||
	    fchdir(top) == -1)
		err(1, "umount");
	(void)close(dir);
}

static int
race(long rounds)
{
	struct fs_path	 fp = { .kind = FS_WRITE, .type = FS_DIR,
			    .path = in_x };
	struct fs_paths	 paths;
	struct mounts	 m;
	struct plan	*plan;
	long		 i, bound = 0, refused = 0;
	size_t		 op = 0;
	int		 top;

	TAILQ_INIT(&paths);
	TAILQ_INSERT_TAIL(&paths, &fp, entry);
	if ((plan = plan_new(&paths, 0)) == NULL)
		err(1, "plan");
	while (plan->ops[op].kind != PLAN_BIND_RW)
		op++;
	if (mounts_begin(&m, plan, 0, -1) == -1)
		errx(1, "%s", why_text());
	if ((top = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC)) == -1)
		err(1, "/");
	for (i = 0; i < rounds; i++) {
		why_clear();
		if (mounts_apply_op(&m, &plan->ops[op]) == -1) {
			if (strstr(why_text(), "changed while") == NULL)
				errx(1, "%s", why_text());
			refused++;
			check_outside(&m);
			continue;
		}
		bound++;
		check_outside(&m);
		unbind(&m, top);
	}
	printf("%ld bound, %ld refused\n", bound, refused);
	/* A race that only one side can win shows nothing. */
	if (bound == 0 || refused == 0)
		errx(77, "no race took place");
	return 0;
}

int
main(int argc, char *argv[])
{
	pid_t	 swapper, pid;
	int	 go[2], status, named = argc == 4;
	char	 c;

	if (argc != 3 && argc != 4)
		errx(1, "usage: racer FOLDER ROUNDS [names]");
	prepare(argv[1]);
	swapper = named ? 0 : fork();
	if (!named && swapper == 0) {
		(void)ns_die_with_parent();
		swap();
	}
	if (swapper == -1 || pipe(go) == -1)
		err(1, "fork");
	if ((pid = ns_clone_broker(0)) == -1)
		errx(1, "%s", why_text());
	if (pid == 0) {
		(void)close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(1);
		exit(named ? by_name() : race(atol(argv[2])));
	}
	if (ns_map_ids(pid) == -1)
		errx(1, "%s", why_text());
	if (write(go[1], "", 1) != 1 || waitpid(pid, &status, 0) == -1)
		err(1, "wait");
	if (!named) {
		(void)kill(swapper, SIGKILL);
		(void)waitpid(swapper, NULL, 0);
	}
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
