/* SPDX-License-Identifier: ISC */

/*
 * Races for a protected name.  Each racer is a process in which one thread
 * changes what a path, a descriptor or the path's letters mean while the
 * other makes system calls with it, in the hope that something is decided
 * about one object and done to another.  What they make in old directories
 * is refused as such; in new ones it is allowed.
 *
 *	fsrace -p DIR		makes the old tree in the empty DIR
 *	fsrace -w DIR		watches it until standard input ends; fails if
 *				a protected name appeared or changed
 *	fsrace SECONDS DIR [N]	races (racer N alone), and prints the number
 *				of attempts
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "fsrace.h"

#ifndef O_TMPFILE
#define O_TMPFILE	020200000
#endif
#define EXCHANGE	2
#define LEN		96

/* One racer: paths are relative to DIR. */
struct racer {
	int		 nr;
	char		 old[LEN];	/* an old directory */
	char		 in[LEN];	/* one in it */
	char		 fresh[LEN];	/* the racer's own */
	char		 path[LEN];	/* under attack */
	char		 path2[LEN];
	char		 bait[LEN];	/* a file of the racer's */
	int		 base;		/* of DIR */
	int		 oldfd;
	int		 freshfd;
	int		 fd;		/* one or the other */
	unsigned int	 round;
	volatile char	*letter;	/* what changes in memory */
};

/* Shared by all. */
static struct {
	unsigned long	 attempts[RACERS];
	unsigned long	 done[RACERS];	/* of them not refused */
} *count;
static struct racer	 me;
static volatile int	 over;

static int
tried(long r)
{
	count->attempts[me.nr]++;
	if (r != -1)
		count->done[me.nr]++;
	return (int)r;
}

/* For what changes the scene: it may fail. */
static void
change(long r)
{
	(void)r;
}

static void
join(char *buf, const char *dir, const char *name)
{
	if (snprintf(buf, LEN, "%s/%s", dir, name) >= LEN)
		errx(1, "%s is too long", name);
}

/* Makes or writes the file, and half of the time removes it again. */
static void
plant(int dir, const char *path)
{
	int	 fd;

	fd = tried(openat(dir, path, O_WRONLY | O_CREAT | O_CLOEXEC |
	    O_NONBLOCK, 0644));
	if (fd == -1)
		return;
	(void)dprintf(fd, "racer %d\n", me.nr);
	(void)close(fd);
	if (me.round % 2 == 0)
		(void)unlinkat(dir, path, 0);
}

/* A file of the racer's own, to be moved or linked. */
static const char *
bait(void)
{
	int	 fd = openat(me.base, me.bait, O_WRONLY | O_CREAT |
		    O_CLOEXEC, 0644);

	if (fd != -1) {
		(void)dprintf(fd, "racer %d\n", me.nr);
		(void)close(fd);
	}
	return me.bait;
}

static void
swap(const char *a, const char *b)
{
	change(syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE));
}

/* --- symbolic links on the way, to the new tree and to the old one */

static void
links_prepare(void)
{
	char	 target[LEN], name[LEN];

	join(name, me.fresh, "x");
	(void)mkdir(name, 0755);
	join(name, me.fresh, "way");
	change(symlink("x", name));
	join(name, me.fresh, "way2");
	join(target, "../..", me.old);
	change(symlink(target, name));
	join(me.path, me.fresh, "way/.bashrc");
	join(me.path2, me.fresh, "way/.claude");
}

static void
links_change(void)
{
	char	 a[LEN], b[LEN];

	join(a, me.fresh, "way");
	join(b, me.fresh, "way2");
	swap(a, b);
}

static void
links_attack(void)
{
	char	 name[LEN];

	plant(AT_FDCWD, me.path);
	(void)tried(mkdir(me.path2, 0755));
	join(name, me.path2, "settings.json");
	plant(AT_FDCWD, name);
	(void)tried(rename(bait(), me.path));
}

/* The last component is a link; or becomes one. */
static void
final_prepare(void)
{
	char	 a[LEN];

	join(me.path, me.fresh, "l");
	join(a, me.fresh, "l2");
	(void)snprintf(me.path2, sizeof(me.path2), "../../repo/.git/config");
	change(symlink("x", me.path));
	change(symlink(me.path2, a));
}

static void
final_change(void)
{
	char	 a[LEN];

	join(a, me.fresh, "l2");
	swap(me.path, a);
}

static void
final_attack(void)
{
	int	 fd;

	fd = tried(open(me.path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC,
	    0644));
	if (fd != -1) {
		(void)dprintf(fd, "racer %d\n", me.nr);
		(void)close(fd);
	}
	(void)tried(truncate(me.path, 3));
	(void)tried(chmod(me.path, 0666));
	(void)tried(utimensat(AT_FDCWD, me.path, NULL, 0));
}

/* --- directories on the way that are moved */

static void
ancestors_prepare(void)
{
	char	 a[LEN];

	join(a, me.fresh, "x");
	(void)mkdir(a, 0755);
	join(me.path, me.in, "../in/.zshrc");
	join(me.path2, me.fresh, "x/.zshrc");
}

static void
ancestors_change(void)
{
	char	 a[LEN], b[LEN];

	join(a, me.old, "moved");
	change(rename(me.in, a));
	change(rename(a, me.in));
	/* The old directory goes into the new tree, and back again. */
	join(b, me.fresh, "x");
	swap(me.in, b);
	swap(me.in, b);
}

static void
ancestors_attack(void)
{
	plant(AT_FDCWD, me.path);
	plant(AT_FDCWD, me.path2);
	(void)tried(rename(bait(), me.path));
}

/* A new tree with the names in it takes the place of an old directory. */
static void
exchange_prepare(void)
{
	char	 a[LEN];

	join(me.path, me.fresh, "x");
	(void)mkdir(me.path, 0755);
	join(a, me.fresh, "x/settings.json");
	plant(AT_FDCWD, a);
	me.round = 1;
	plant(AT_FDCWD, a);
	join(me.path2, me.old, ".claude");
}

static void
exchange_change(void)
{
	(void)mkdir(me.path2, 0755);
	(void)rmdir(me.path2);
}

static void
exchange_attack(void)
{
	(void)mkdir(me.path2, 0755);
	(void)tried(syscall(SYS_renameat2, AT_FDCWD, me.path, AT_FDCWD,
	    me.path2, EXCHANGE));
	(void)tried(rename(me.path, me.path2));
	/* Back, where it was not refused: the next round needs it. */
	if (me.round % 16 == 0)
		swap(me.path, me.path2);
}

/* --- letters that change in memory */

static void
memory_prepare(void)
{
	join(me.path, me.old, "xprofile");
	me.letter = (volatile char *)strchr(me.path, '/') + 1;
	join(me.path2, me.old, "xprofile");
}

static void
memory_change(void)
{
	*me.letter = '.';
	*me.letter = 'x';
}

static void
memory_attack(void)
{
	plant(AT_FDCWD, me.path);
	(void)tried(mknod(me.path, S_IFREG | 0644, 0));
	change(unlink(me.path2));
}

static void
memory2_prepare(void)
{
	join(me.path, me.old, "xvscode");
	me.letter = (volatile char *)strchr(me.path, '/') + 1;
}

static void
memory2_attack(void)
{
	(void)tried(link(bait(), me.path));
	(void)tried(symlink("../f", me.path));
	(void)tried(mkdir(me.path, 0755));
	(void)tried(rename(bait(), me.path));
	*me.letter = 'x';
	(void)unlink(me.path);
	(void)rmdir(me.path);
}

/* --- descriptors and working directories that change */

static void
dup_prepare(void)
{
	if ((me.fd = dup(me.freshfd)) == -1)
		err(1, "dup");
}

static void
dup_change(void)
{
	(void)dup2(me.oldfd, me.fd);
	(void)dup2(me.freshfd, me.fd);
}

static void
dup_attack(void)
{
	plant(me.fd, ".npmrc");
	(void)tried(mkdirat(me.fd, ".idea", 0755));
	(void)tried(renameat(AT_FDCWD, bait(), me.fd, ".yarnrc"));
	(void)tried(linkat(AT_FDCWD, bait(), me.fd, ".mcp.json", 0));
	(void)unlinkat(me.freshfd, ".mcp.json", 0);
}

static void
cwd_change(void)
{
	if (fchdir(me.oldfd) == -1 || fchdir(me.freshfd) == -1)
		over = 1;
}

static void
cwd_attack(void)
{
	plant(AT_FDCWD, ".zprofile");
	plant(AT_FDCWD, "/proc/self/cwd/.zlogin");
	(void)tried(renameat(me.base, bait(), AT_FDCWD, ".gitmodules"));
	(void)tried(symlink("x", ".bash_login"));
}

/* --- links, new names for old files */

static void
hardlink_prepare(void)
{
	join(me.path, me.fresh, "l");
	join(me.path2, me.old, ".gitconfig");
}

static void
hardlink_change(void)
{
	(void)unlink(me.path);
	change(link(bait(), me.path));
}

static void
hardlink_attack(void)
{
	(void)tried(link(me.path, me.path2));
	(void)tried(link(me.path, "repo/.git/hooks/post-commit"));
	/* The old file, by a name that nobody protects. */
	(void)unlink(me.path);
	if (tried(link("repo/.git/config", me.path)) == 0)
		plant(AT_FDCWD, me.path);
	(void)unlink(me.path);
	(void)tried(rename("repo/.git/config", me.path));
}

static void
stems_prepare(void)
{
	char	 a[LEN];

	join(me.path, me.old, ".claude");
	join(me.path2, me.fresh, "x");
	(void)mkdir(me.path2, 0755);
	join(a, me.path2, "settings.json");
	me.round = 1;
	plant(AT_FDCWD, a);
}

static void
stems_change(void)
{
	(void)mkdir(me.path, 0755);
	(void)rmdir(me.path);
}

static void
stems_attack(void)
{
	char	 a[LEN], target[LEN];

	join(a, me.path, "settings.json");
	plant(AT_FDCWD, a);
	join(target, "..", me.path2);
	(void)tried(symlink(target, me.path));
	(void)tried(rename(me.path2, me.path));
	join(a, me.old, ".git");
	(void)tried(symlink(target, a));
	plant(AT_FDCWD, a);
}

static void
nameless_attack(void)
{
	char	 from[40];
	int	 fd;

	fd = open(me.old, O_TMPFILE | O_RDWR | O_CLOEXEC, 0644);
	if (fd == -1)
		return;
	(void)dprintf(fd, "racer %d\n", me.nr);
	(void)snprintf(from, sizeof(from), "/proc/self/fd/%d", fd);
	(void)tried(linkat(AT_FDCWD, from, AT_FDCWD, me.path,
	    AT_SYMLINK_FOLLOW));
	(void)tried(linkat(fd, "", AT_FDCWD, me.path, AT_EMPTY_PATH));
	(void)tried(linkat(AT_FDCWD, from, me.oldfd, ".bash_profile",
	    AT_SYMLINK_FOLLOW));
	(void)close(fd);
	*me.letter = 'x';
	(void)unlink(me.path);
}

static void
proc_attack(void)
{
	char	 path[LEN];
	int	 fd;

	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d/.bashrc", me.fd);
	plant(AT_FDCWD, path);
	(void)snprintf(path, sizeof(path), "/dev/fd/%d/../in/.bashrc", me.fd);
	plant(AT_FDCWD, path);
	(void)snprintf(path, sizeof(path), "/proc/%d/task/%d/fd/%d/.idea",
	    (int)getpid(), (int)getpid(), me.fd);
	(void)tried(mkdir(path, 0755));
	fd = open("b/.claude/settings.json", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		return;
	(void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	plant(AT_FDCWD, path);
	(void)tried(truncate(path, 1));
	(void)tried(chmod(path, 0600));
	(void)tried(fchmod(fd, 0600));
	(void)tried(fsetxattr(fd, "user.race", "1", 1, 0));
	(void)close(fd);
}

/* Other programs: they begin while the scene changes. */
static void
child_attack(void)
{
	static const char	 script[] =
	    "cd \"$1\" && { echo \"racer $3\" >.zshenv; "
	    "mkdir -p .vscode; echo \"racer $3\" >.vscode/tasks.json; "
	    "mv \"../$2\" .mcp.json; ln -sf x .yarnrc.yml; } 2>/dev/null";
	char			 nr[8];
	pid_t			 pid;

	(void)bait();
	(void)snprintf(nr, sizeof(nr), "%d", me.nr);
	if ((pid = fork()) == 0) {
		(void)execl("/bin/sh", "sh", "-c", script, "sh", me.old,
		    me.bait, nr, (char *)NULL);
		_exit(1);
	}
	if (pid != -1)
		(void)waitpid(pid, NULL, 0);
	(void)tried(-1);
}

static void
attributes_attack(void)
{
	(void)tried(chmod(me.path, 0600));
	(void)tried(truncate(me.path, 0));
	(void)tried(utimensat(AT_FDCWD, me.path, NULL, 0));
	(void)tried(chown(me.path, getuid(), getgid()));
	(void)tried(setxattr(me.path, "user.race", "1", 1, 0));
	(void)tried(chmod("repo/.git/hooks/pre-commit", 0755));
	(void)tried(unlink(".bashrc"));
	(void)tried(truncate(".bashrc", 0));
}

/* The whole repository, or its directory, is moved away. */
static void
whole_prepare(void)
{
	join(me.path, me.fresh, "repo");
}

static void
whole_change(void)
{
	char	 a[LEN];

	change(mkdir(me.path, 0755));
	join(a, me.fresh, "repo/.git");
	change(mkdir(a, 0755));
	(void)rmdir(a);
	(void)rmdir(me.path);
}

static void
whole_attack(void)
{
	(void)tried(rename("repo", me.path));
	(void)tried(rename("repo/.git", me.path));
	(void)tried(syscall(SYS_renameat2, AT_FDCWD, "repo", AT_FDCWD,
	    me.path, EXCHANGE));
	(void)tried(syscall(SYS_renameat2, AT_FDCWD, me.path, AT_FDCWD,
	    "repo/.git", EXCHANGE));
	(void)tried(rename("repo/.git/hooks", me.path));
	(void)tried(rename("b", me.path));
}

/* Other spellings. */
static void
spell_attack(void)
{
	static const char *const	 spelt[] = { ".BashRC", ".//.BASHRC",
	    "in/.././/.Gitconfig", ".MCP.json", "./././.Profile" };
	char				 path[PATH_MAX];
	size_t				 len;

	(void)snprintf(path, sizeof(path), "%s/%s", me.old,
	    spelt[me.round % nitems(spelt)]);
	plant(AT_FDCWD, path);
	(void)tried(mknod(path, S_IFREG | 0644, 0));
	(void)snprintf(path, sizeof(path), "%s/.VSCode/", me.old);
	(void)tried(mkdir(path, 0755));
	(void)strlcpy(path, me.old, sizeof(path));
	for (len = strlen(path); len + 16 < sizeof(path); len += 2)
		memcpy(path + len, "/.", 3);
	(void)strlcat(path, "/.bashrc", sizeof(path));
	plant(AT_FDCWD, path);
}

static const struct {
	void	(*prepare)(void);
	void	(*change)(void);
	void	(*attack)(void);
} races[RACERS] = {
	{ links_prepare, links_change, links_attack },
	{ final_prepare, final_change, final_attack },
	{ ancestors_prepare, ancestors_change, ancestors_attack },
	{ exchange_prepare, exchange_change, exchange_attack },
	{ memory_prepare, memory_change, memory_attack },
	{ memory2_prepare, memory_change, memory2_attack },
	{ dup_prepare, dup_change, dup_attack },
	{ hardlink_prepare, hardlink_change, hardlink_attack },
	{ stems_prepare, stems_change, stems_attack },
	{ memory_prepare, memory_change, nameless_attack },
	{ dup_prepare, dup_change, proc_attack },
	{ NULL, cwd_change, cwd_attack },
	{ NULL, NULL, child_attack },
	{ final_prepare, final_change, attributes_attack },
	{ whole_prepare, whole_change, whole_attack },
	{ NULL, NULL, spell_attack }
};

static void *
changer(void *arg)
{
	(void)arg;
	while (!over)
		races[me.nr].change();
	return NULL;
}

static int
open_dir(const char *path)
{
	int	 fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd == -1)
		err(1, "%s", path);
	return fd;
}

static double
now(void)
{
	struct timespec	 ts;

	(void)clock_gettime(CLOCK_MONOTONIC, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static void
race(int nr, double end)
{
	pthread_t	 thread;

	/* The watcher and the broker come first. */
	(void)setpriority(PRIO_PROCESS, 0, 10);
	me.nr = nr;
	(void)snprintf(me.old, sizeof(me.old), "o%02d", nr);
	(void)snprintf(me.in, sizeof(me.in), "o%02d/in", nr);
	(void)snprintf(me.fresh, sizeof(me.fresh), "f/%02d", nr);
	join(me.bait, me.fresh, "bait");
	(void)mkdir(me.fresh, 0755);
	me.base = open_dir(".");
	me.oldfd = open_dir(me.old);
	me.freshfd = open_dir(me.fresh);
	if (races[nr].prepare != NULL)
		races[nr].prepare();
	if (races[nr].change != NULL &&
	    pthread_create(&thread, NULL, changer, NULL) != 0)
		errx(1, "pthread_create");
	for (me.round = 0; now() < end && !over; me.round++)
		races[nr].attack();
	over = 1;
	if (races[nr].change != NULL)
		(void)pthread_join(thread, NULL);
}

static int
race_all(double seconds, int only)
{
	double		 end = now() + seconds;
	unsigned long	 attempts = 0, done = 0;
	int		 i, status, bad = 0;

	count = mmap(NULL, sizeof(*count), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (count == MAP_FAILED)
		err(1, "mmap");
	(void)mkdir("f", 0755);
	for (i = 0; i < RACERS; i++)
		switch (only == -1 || only == i ? fork() : 1) {
		case -1:
			err(1, "fork");
		case 0:
			race(i, end);
			_exit(0);
		default:
			break;
		}
	while (wait(&status) != -1)
		if (status != 0)
			bad = 1;
	for (i = 0; i < RACERS; i++) {
		(void)printf("racer %d: %lu attempts, %lu not refused\n", i,
		    count->attempts[i], count->done[i]);
		attempts += count->attempts[i];
		done += count->done[i];
	}
	(void)printf("attempts %lu not refused %lu\n", attempts, done);
	return fflush(stdout) == 0 && !bad ? 0 : 1;
}

int
main(int argc, char *argv[])
{
	int	 ch, mode = 0;

	while ((ch = getopt(argc, argv, "pw")) != -1) {
		if (ch == '?')
			return 2;
		mode = ch;
	}
	argc -= optind;
	argv += optind;
	if (argc < 1 + (mode == 0) || argc > 1 + 2 * (mode == 0))
		errx(2, "usage: fsrace SECONDS DIR [N]; fsrace -p|-w DIR");
	(void)umask(022);
	if (chdir(argv[mode == 0]) == -1)
		err(1, "%s", argv[mode == 0]);
	if (mode == 'p') {
		tree_prepare();
		return 0;
	}
	return mode == 'w' ? watch() : race_all(strtod(argv[0], NULL),
	    argc == 3 ? atoi(argv[2]) : -1);
}
