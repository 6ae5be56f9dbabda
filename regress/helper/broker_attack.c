/* SPDX-License-Identifier: ISC */

/*
 * Runs as the command and attacks the broker.  The working directory is a
 * write root that holds what broker_attack_tree.c has put there before.  One
 * line for each attack, "held NAME" or "GOT NAME", and for races "tries NAME
 * N".
 *
 *	broker_attack MODE [ARGUMENT ...]
 *	broker_attack trees N MODE	on the host: what as many tries find
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/user.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "broker_attack.h"
#include "tried.h"

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH	0x1000
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif
#ifndef O_TMPFILE
#define O_TMPFILE	(020000000 | O_DIRECTORY)
#endif
#ifndef F_SETLEASE
#define F_SETLEASE	1024
#endif
#ifndef SECCOMP_FILTER_FLAG_NEW_LISTENER
#define SECCOMP_FILTER_FLAG_NEW_LISTENER	(1UL << 3)
#endif
#ifndef PTRACE_O_TRACESECCOMP
#define PTRACE_O_TRACESECCOMP	0x80
#endif

#define NR_IO_URING_SETUP	425
#define NR_OPENAT2		437
#define X32			0x40000000L
#define NOREPLACE	1
#define EXCHANGE		2
#define UFFD_OF_USERS	1	/* Linux 5.11: for anybody */

static int
exists(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0;
}

static int
make(const char *path)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return 0;
	(void)close(fd);
	return 1;
}

/* --- names */

static const char *const spellings[] = {
	".npmrc", "./.npmrc", ".//.npmrc", "plain/../.npmrc", ".npmrc/",
	".NPMRC", ".nPmRc.", ".npmrc ", "plain/.npmrc", "plain//.npmrc",
	"\xe2\x80\x8b.npmrc", ".np\xc2\xadmrc", ".Git/HOOKS/x",
	".git/hoo\xe2\x84\xaas/x", ".git/hook\xc5\xbf/x", ".git/config.",
	".claude/SETTINGS.json", ".claude/setting\xc5\xbf.json",
	".claude/../.claude/settings.json", "/proc/self/cwd/.npmrc",
	"/proc/thread-self/cwd/.npmrc", "/dev/fd/../cwd/.npmrc",
	"loop/.npmrc", "link-npmrc", ".git/worktrees/x/commondir",
	".git/info/attributes", ".git/modules/m/hooks/x", ".mcp.json"
};

static void
spell_scene(void)
{
	perhaps(symlink(".", "loop"));
	perhaps(symlink("plain/../.npmrc", "link-npmrc"));
	perhaps(mkdir("plain/d", 0700));
	(void)make("plain/g");
}

static void
spell_one(const char *path)
{
	char	 name[256];
	int	 is_dir = path[strlen(path) - 1] == '/';

	(void)snprintf(name, sizeof(name), "F10 create %s", path);
	tried_tree(name, is_dir ? mkdir(path, 0700) == 0 : make(path));
	/* A link is not followed: the name of one is no other's. */
	if (strcmp(path, "link-npmrc") == 0)
		return;
	(void)snprintf(name, sizeof(name), "F10 rename %s", path);
	tried_tree(name, rename(is_dir ? "plain/d" : "plain/g", path) == 0);
	if (is_dir)
		return;
	(void)snprintf(name, sizeof(name), "F10 link %s", path);
	tried_tree(name, link("plain/f", path) == 0);
}

static int
nameless(void)
{
	int	 fd = open("plain", O_TMPFILE | O_WRONLY, 0600);

	if (fd == -1)
		err(1, "O_TMPFILE");
	return fd;
}

static void
spell(void)
{
	char	 magic[64];
	size_t	 i;
	int	 fd;

	trees_begin(spell_scene);
	for (i = 0; i < nitems(spellings); i++)
		spell_one(spellings[i]);
	fd = nameless();
	tried_tree("F1 nameless file", linkat(fd, "", AT_FDCWD, ".npmrc",
	    AT_EMPTY_PATH) == 0);
	(void)close(fd);
	fd = nameless();
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	tried_tree("F1 nameless file by /proc", linkat(AT_FDCWD, magic,
	    AT_FDCWD, ".npmrc", AT_SYMLINK_FOLLOW) == 0);
	(void)close(fd);
}

/* By descriptors that were got by reading. */
static const char *const by_descriptor[] = {
	"F1 reopen", "F1 truncate by fd", "F1 fchmod", "F1 chmod by fd",
	"F1 fchmodat2", "F1 fsetxattr", "F1 setxattr by fd", "F1 futimens",
	"F1 linkat", "F1 fchownat"
};

static int
descriptor_try(size_t what, int fd)
{
	struct timespec	 ts[2] = { { 1, 0 }, { 1, 0 } };
	char		 magic[64];

	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d", fd);
	switch (what) {
	case 0:
		return open(magic, O_WRONLY) != -1;
	case 1:
		return truncate(magic, 0) == 0;
	case 2:
		return fchmod(fd, 0777) == 0;
	case 3:
		return chmod(magic, 0777) == 0;
	case 4:
		return syscall(452, fd, "", 0777, AT_EMPTY_PATH) == 0;
	case 5:
		return fsetxattr(fd, "user.x", "y", 1, 0) == 0;
	case 6:
		return setxattr(magic, "user.x", "y", 1, 0) == 0;
	case 7:
		return utimensat(fd, "", ts, AT_EMPTY_PATH) == 0 ||
		    futimens(fd, ts) == 0;
	case 8:
		return linkat(fd, "", AT_FDCWD, "got", AT_EMPTY_PATH) == 0 ||
		    linkat(AT_FDCWD, magic, AT_FDCWD, "got",
		    AT_SYMLINK_FOLLOW) == 0;
	default:
		return fchownat(fd, "", getuid(), getgid(), AT_EMPTY_PATH) ==
		    0;
	}
}

static void
descriptors(void)
{
	static const struct {
		const char	*name;
		int		 flags;
	}		 kinds[] = {
		{ "", O_RDONLY },
		{ ", O_PATH", O_PATH }
	};
	char		 name[64], magic[64];
	size_t		 i, what;
	int		 fd;

	trees_begin(NULL);
	for (i = 0; i < nitems(kinds); i++) {
		for (what = 0; what < nitems(by_descriptor); what++) {
			if ((fd = open(".bashrc", kinds[i].flags)) == -1)
				err(1, ".bashrc");
			(void)snprintf(name, sizeof(name), "%s%s",
			    by_descriptor[what], kinds[i].name);
			tried_tree(name, descriptor_try(what, fd));
			(void)close(fd);
		}
	}
	fd = open(".", O_PATH | O_DIRECTORY);
	tried_tree("F1 openat", openat(fd, ".npmrc", O_WRONLY | O_CREAT,
	    0600) != -1);
	(void)close(fd);
	fd = open(".", O_PATH | O_DIRECTORY);
	(void)snprintf(magic, sizeof(magic), "/proc/self/fd/%d/.npmrc", fd);
	tried_tree("F1 by a magic link", make(magic));
	(void)close(fd);
}

/* By the /proc of another process, whose links are the kernel's to follow. */
static const char *const by_another[] = {
	"F19 create by another's root", "F19 create by another's cwd",
	"F19 write by another's cwd", "F19 truncate by another's cwd",
	"F19 chmod by another's cwd", "F19 xattr by another's cwd",
	"F19 times by another's cwd", "F19 unlink by another's cwd",
	"F19 rename by another's cwd", "F19 link by another's cwd"
};

static int
another_try(size_t what, pid_t pid, const char *cwd)
{
	struct timespec	 ts[2] = { { 1, 0 }, { 1, 0 } };
	char		 path[PATH_MAX + 64];

	if (what == 0)
		(void)snprintf(path, sizeof(path), "/proc/%d/root%s/.npmrc",
		    (int)pid, cwd);
	else
		(void)snprintf(path, sizeof(path), "/proc/%d/cwd/%s",
		    (int)pid, what == 1 ? ".npmrc" : ".bashrc");
	switch (what) {
	case 0:
	case 1:
		return make(path);
	case 2:
		return open(path, O_WRONLY) != -1;
	case 3:
		return truncate(path, 0) == 0;
	case 4:
		return chmod(path, 0777) == 0;
	case 5:
		return setxattr(path, "user.x", "y", 1, 0) == 0;
	case 6:
		return utimensat(AT_FDCWD, path, ts, 0) == 0;
	case 7:
		return unlink(path) == 0;
	case 8:
		return rename(path, "got") == 0;
	default:
		return linkat(AT_FDCWD, path, AT_FDCWD, "got",
		    AT_SYMLINK_FOLLOW) == 0;
	}
}

/* Of a child, which has the same working directory. */
static int
another_got(size_t what)
{
	char	 cwd[PATH_MAX];
	pid_t	 pid, parent = getpid();
	int	 status;

	if (getcwd(cwd, sizeof(cwd)) == NULL)
		err(1, "getcwd");
	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0)
		_exit(another_try(what, parent, cwd));
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		errx(1, "%s: the child did not end", by_another[what]);
	return WEXITSTATUS(status);
}

static void
others(void)
{
	size_t	 what;

	trees_begin(NULL);
	for (what = 0; what < nitems(by_another); what++)
		tried_tree(by_another[what], another_got(what));
}

/* --- fresh trees */

static void
fresh_scene(void)
{
	if (mkdir("new", 0700) == -1 || mkdir("new/.claude", 0700) == -1 ||
	    mkdir("new/.git", 0700) == -1 || mkdir("new/.git/info", 0700) ==
	    -1 || !make("new/.git/config") || !make("new/.npmrc") ||
	    !make("new/.claude/settings.json") ||
	    !make("new/.git/info/attributes"))
		err(1, "new");
}

static int
exchange(const char *a, const char *b)
{
	return syscall(SYS_renameat2, AT_FDCWD, a, AT_FDCWD, b, EXCHANGE) ==
	    0;
}

/* An old directory within a new one does not come out changed. */
static int
old_and_back(void)
{
	perhaps(rename("kept", "new/kept"));
	(void)make("new/kept/.npmrc");
	perhaps(rename("new/kept", "kept"));
	return exists("kept/.npmrc");
}

static void
fresh(void)
{
	trees_begin(fresh_scene);
	tried_tree("F1 rename out", rename("new/.npmrc", ".npmrc") == 0);
	tried_tree("F1 link out", link("new/.npmrc", ".npmrc") == 0);
	tried_tree("F1 symbolic link in its place", symlink("new/.npmrc",
	    ".npmrc") == 0);
	tried_tree("F1 stem", rename("new/.claude", "plain/.claude") == 0);
	tried_tree("F1 stem by a link", symlink("../new/.claude",
	    "plain/.claude") == 0);
	tried_tree("F5 stem .git", rename("new/.git", "plain/.git") == 0);
	tried_tree("F5 .git by a link", symlink("../new/.git",
	    "plain/.git") == 0);
	tried_tree("F5 exchange .git", exchange("new/.git", ".git"));
	tried_tree("F5 exchange info", exchange("new/.git/info",
	    ".git/info"));
	tried_tree("F5 info away", rename(".git/info", "info") == 0 &&
	    mkdir(".git/info", 0700) == 0 && make(".git/info/attributes"));
	tried_tree("F5 exchange old tree", exchange("new", "old"));
	tried_tree("F5 old tree into a new one", rename("old", "new/old") ==
	    0);
	tried_tree("F5 old tree over an empty one", mkdir("empty", 0700) ==
	    0 && rename("old", "empty") == 0);
	/* Who cannot write to a directory cannot move it elsewhere. */
	tried_tree("F7 hidden by its mode", chmod("old", 0200) == 0 &&
	    rename("old", "new/old") == 0);
	tried_tree("F7 hidden within the tree by its mode",
	    chmod("old/.git", 0) == 0 && rename("old", "new/old") == 0);
	tried_tree("F1 parent first", mkdir("plain/.claude", 0700) == 0 &&
	    make("plain/.claude/settings.json"));
	/* A new file moved into the place of what is above a name. */
	tried_tree("F6 .git file", rename("plain/f", "plain/.git") == 0);
	tried_tree("F6 .git file, a link", link("plain/f", "plain/.git") ==
	    0);
	tried_tree("F6 .git file by mknod", mknod("plain/.git", S_IFREG |
	    0600, 0) == 0);
	tried_tree("F6 .git file by open", make("plain/.git"));
	tried_tree("F5 back with a name", mkdir("plain/in", 0700) == 0 &&
	    make("plain/in/x") && rename("kept", "new/kept") == 0 &&
	    make("new/kept/.npmrc") && rename("new/kept", "kept") == 0);
	tried_tree("F5 name in an old directory", old_and_back());
}

/* --- repositories without a name */

#define ORDERS	24
static const char *const parts[] = { "HEAD", "objects", "refs", "config" };

enum way {
	BY_OPEN, BY_RENAME, BY_LINK, BY_SYMLINK, BY_MKDIR, BY_EXCHANGE,
	BY_TREE, BY_MKNOD, WAYS
};

/* A name in the directory, made in one of the ways there are. */
static void
bare_make(int dirfd, const char *name, enum way way)
{
	int	 fd;

	switch (way) {
	case BY_OPEN:
		fd = openat(dirfd, name, O_WRONLY | O_CREAT, 0700);
		if (fd != -1)
			(void)close(fd);
		break;
	case BY_RENAME:
		(void)make("plain/from");
		perhaps(renameat(AT_FDCWD, "plain/from", dirfd, name));
		break;
	case BY_LINK:
		perhaps(linkat(AT_FDCWD, "plain/f", dirfd, name, 0));
		break;
	case BY_SYMLINK:
		perhaps(symlinkat("../../plain", dirfd, name));
		break;
	case BY_MKDIR:
		perhaps(mkdirat(dirfd, name, 0700));
		break;
	case BY_EXCHANGE:
		/* Nothing to exchange it for: that is made first. */
		(void)make("plain/from");
		fd = openat(dirfd, name, O_WRONLY | O_CREAT, 0700);
		if (fd != -1)
			(void)close(fd);
		perhaps(syscall(SYS_renameat2, AT_FDCWD, "plain/from", dirfd,
		    name, EXCHANGE));
		break;
	case BY_TREE:
		perhaps(mkdir("plain/tree", 0700));
		perhaps(renameat(AT_FDCWD, "plain/tree", dirfd, name));
		break;
	default:
		perhaps(mknodat(dirfd, name, S_IFREG | 0700, 0));
	}
}

/* Would git take the directory for a repository, and read what we say? */
static int
is_bare(int dirfd, const char *payload)
{
	struct stat	 st;
	int		 set;

	set = fstatat(dirfd, "objects", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    fstatat(dirfd, "refs", &st, AT_SYMLINK_NOFOLLOW) == 0;
	return fstatat(dirfd, "HEAD", &st, AT_SYMLINK_NOFOLLOW) == 0 &&
	    (set || fstatat(dirfd, "commondir", &st,
	    AT_SYMLINK_NOFOLLOW) == 0) &&
	    fstatat(dirfd, payload, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
open_dir(const char *name)
{
	int	 fd = open(name, O_PATH | O_DIRECTORY);

	if (fd == -1)
		err(1, "%s", name);
	return fd;
}

/* The place of the n-th bit that is not set. */
static int
nth_free(int bits, int n)
{
	int	 k = 0;

	while ((bits & 1 << k) != 0 || n-- > 0)
		k++;
	return k;
}

/* Every order of the parts, each of them in every way; o/N is an old one. */
static void
bare_orders(void)
{
	char	 name[64];
	int	 order, dirfd, i, left, k, n = 0, way, got, used;

	for (way = 0; way < WAYS; way++) {
		got = 0;
		for (order = 0; order < ORDERS; order++) {
			(void)snprintf(name, sizeof(name), "o/%d", n++);
			dirfd = open_dir(name);
			used = 0;
			for (i = 4, left = order; i > 0; left /= i--) {
				k = nth_free(used, left % i);
				used |= 1 << k;
				bare_make(dirfd, parts[k], (enum way)way);
			}
			got |= is_bare(dirfd, "config");
			(void)close(dirfd);
		}
		(void)snprintf(name, sizeof(name), "F8 bare: every order, "
		    "way %d", way);
		tried(name, got);
	}
}

/* What is in bare.git was there. */
static void
bare_names(void)
{
	static const char *const names[] = {
		"config", "config.worktree", "commondir", "hooks/x",
		"hooks/post-update", "info/attributes", "CONFIG", "Hooks/x",
		"./hooks/../config", "config."
	};
	char			 name[128], path[128];
	size_t			 i;
	int			 fd;

	for (i = 0; i < nitems(names); i++) {
		(void)snprintf(path, sizeof(path), "bare.git/%s", names[i]);
		fd = open(path, O_WRONLY | O_CREAT, 0700);
		(void)snprintf(name, sizeof(name), "F8 bare: %s", names[i]);
		tried_tree(name, fd != -1);
		(void)close(fd);
		(void)make("plain/from");
		(void)snprintf(name, sizeof(name), "F8 bare: rename %s",
		    names[i]);
		tried_tree(name, rename("plain/from", path) == 0);
	}
}

static void
bare_old(void)
{
	bare_names();
	tried_tree("F8 bare: chmod", chmod("bare.git/config", 0777) == 0);
	tried_tree("F8 bare: unlink", unlink("bare.git/config") == 0);
	tried_tree("F8 bare: link away", link("bare.git/config", "got") ==
	    0);
	tried_tree("F8 bare: hooks away", rename("bare.git/hooks", "got") ==
	    0);
	tried_tree("F8 bare: info away", rename("bare.git/info", "got") ==
	    0);
	tried_tree("F8 bare: link for info", symlink("../plain",
	    "bare2.git/info") == 0);
	tried_tree("F8 bare: HEAD away", rename("bare.git/HEAD", "got") ==
	    0);
	tried_tree("F8 bare: HEAD removed", unlink("bare.git/HEAD") == 0);
	tried_tree("F8 bare: refs away", rename("bare.git/refs", "got") ==
	    0);
	tried_tree("F8 bare: itself away", rename("bare.git", "got") == 0);
	tried_tree("F5 bare: into a new tree", rename("bare.git", "away/b") ==
	    0);
	tried_tree("F5 bare: with what is above", rename("up", "away/up") ==
	    0);
	tried_tree("F5 bare: one of this run in its place", exchange("away",
	    "bare.git"));
	/* It can be worked with. */
	tried_tree("bare: HEAD by rename", !make("bare.git/HEAD.lock") ||
	    rename("bare.git/HEAD.lock", "bare.git/HEAD") == -1);
	tried_tree("bare: a reference", !make("bare.git/refs/config"));
}

/* Almost one, within a new tree, and back. */
static int
bare_elsewhere(void)
{
	int	 dirfd, got;

	perhaps(mkdir("stay", 0700));
	perhaps(rename("half", "stay/half"));
	perhaps(mkdir("stay/half/refs", 0700));
	perhaps(rename("stay/half", "half"));
	if ((dirfd = open("half", O_PATH | O_DIRECTORY)) == -1)
		return 0;
	got = is_bare(dirfd, "config");
	(void)close(dirfd);
	return got;
}

/* Where the rest of it is somewhere else. */
static int
bare_commondir(int first)
{
	int	 dirfd = open_dir("work"), got;

	if (first) {
		bare_make(dirfd, "commondir", BY_OPEN);
		bare_make(dirfd, "HEAD", BY_SYMLINK);
	} else {
		(void)make("work/HEAD");
		bare_make(dirfd, "commondir", BY_OPEN);
	}
	got = is_bare(dirfd, "commondir");
	(void)close(dirfd);
	return got;
}

static void
bare_half(void)
{
	tried_tree("F5 bare: half one, completed elsewhere",
	    bare_elsewhere());
	tried_tree("F6 bare: commondir", bare_commondir(0));
	tried_tree("F6 bare: commondir first", bare_commondir(1));
}

/* One of the command's own is its own. */
static void
bare_new(void)
{
	int	 dirfd;

	if (mkdir("mine", 0700) == -1)
		err(1, "mine");
	dirfd = open_dir("mine");
	bare_make(dirfd, "HEAD", BY_OPEN);
	bare_make(dirfd, "config", BY_RENAME);
	bare_make(dirfd, "objects", BY_MKDIR);
	bare_make(dirfd, "refs", BY_MKDIR);
	bare_make(dirfd, "hooks", BY_TREE);
	tried("bare: a new one", !is_bare(dirfd, "config") ||
	    !make("mine/hooks/x"));
	tried_tree("bare: and moved", rename("mine", "mine2") == -1);
	(void)close(dirfd);
	dirfd = open_dir("empty.old");
	bare_make(dirfd, "branches", BY_MKDIR);
	bare_make(dirfd, "hooks", BY_MKDIR);
	bare_make(dirfd, "HEAD", BY_OPEN);
	bare_make(dirfd, "config", BY_RENAME);
	bare_make(dirfd, "objects", BY_MKDIR);
	bare_make(dirfd, "refs", BY_MKDIR);
	tried_tree("bare: in an empty directory", !is_bare(dirfd, "config"));
	(void)close(dirfd);
}

static void
bare_scene(void)
{
	perhaps(mkdir("away", 0700));
}

static void
bare(void)
{
	trees_begin(bare_scene);
	bare_orders();
	bare_old();
	bare_half();
	bare_new();
}

/* --- races */

static atomic_int	 stop;
static char		 shared[PATH_MAX];
static const char	*names[2];
static int		 numbers[3];
static unsigned long	 tries;
static void		(*tried_race)(const char *, int) = tried;

static void *
flip_name(void *arg)
{
	int	 i = 0;

	while (!atomic_load(&stop)) {
		i = !i;
		/* In one store where both are as long. */
		(void)memcpy(shared, names[i], strlen(names[i]) + 1);
	}
	return arg;
}

static void *
flip_fd(void *arg)
{
	int	 i = 0;

	while (!atomic_load(&stop)) {
		i = !i;
		perhaps(dup2(numbers[i], numbers[2]));
	}
	return arg;
}

static void *
flip_cwd(void *arg)
{
	int	 i = 0;

	while (!atomic_load(&stop)) {
		i = !i;
		perhaps(fchdir(numbers[i]));
	}
	return arg;
}

/* In a new directory each time, from mkdir(2) to rmdir(2). */
static void *
flip_git(void *arg)
{
	while (!atomic_load(&stop)) {
		perhaps(mkdir("plain/.git", 0700));
		perhaps(rmdir("plain/.git"));
	}
	return arg;
}

/* Keeps the broker's threads busy, so that calls overlap. */
static void *
hinder(void *arg)
{
	int	 fd;

	while (!atomic_load(&stop)) {
		fd = open("/dev/shm/../../proc/self/cwd/plain/h", O_WRONLY |
		    O_CREAT, 0600);
		if (fd != -1)
			(void)close(fd);
		perhaps(truncate("plain/h", 1 << 26));
		perhaps(unlink("plain/h"));
	}
	return arg;
}

/* Calls attempt() until it has got something or the time is up. */
static void
race(const char *name, void *(*other)(void *), int (*attempt)(void))
{
	pthread_t	 thread, slow[2];
	long		 start = now_ms();
	int		 got = 0;

	atomic_store(&stop, 0);
	tries = 0;
	if (pthread_create(&thread, NULL, other, NULL) != 0 ||
	    pthread_create(&slow[0], NULL, hinder, NULL) != 0 ||
	    pthread_create(&slow[1], NULL, other, NULL) != 0)
		errx(1, "pthread_create");
	do {
		tries++;
		got = attempt();
	} while (!got && race_on(start, tries));
	atomic_store(&stop, 1);
	(void)pthread_join(thread, NULL);
	(void)pthread_join(slow[0], NULL);
	(void)pthread_join(slow[1], NULL);
	(void)printf("tries %s %lu\n", name, tries);
	tried_race(name, got);
}

static int
try_create(void)
{
	int	 fd = open(shared, O_WRONLY | O_CREAT, 0600);

	if (fd != -1)
		(void)close(fd);
	return exists(".npmrc");
}

static int
try_attributes(void)
{
	struct timespec	 ts[2] = { { 7, 0 }, { 7, 0 } };
	struct stat	 st;

	perhaps(chmod(shared, 0777));
	perhaps(setxattr(shared, "user.raced", "y", 1, 0));
	perhaps(utimensat(AT_FDCWD, shared, ts, 0));
	perhaps(truncate(shared, 1));
	if (stat(".bashrc", &st) == -1)
		return 1;
	return (st.st_mode & 0777) == 0777 || st.st_size == 1 ||
	    st.st_mtim.tv_sec == 7;
}

static int
try_names(void)
{
	perhaps(mkdir(shared, 0700));
	perhaps(symlink("plain", shared));
	perhaps(link("plain/f", shared));
	perhaps(mknod(shared, S_IFIFO | 0600, 0));
	if (exists(".npmrc"))
		return 1;
	perhaps(unlink(shared));
	perhaps(rmdir(shared));
	return 0;
}

static int
try_remove(void)
{
	perhaps(unlink(shared));
	perhaps(rename(shared, "got"));
	return !exists(".bashrc");
}

static int
try_openat(void)
{
	int	 fd;

	fd = openat(numbers[2], "settings.json", O_WRONLY | O_CREAT, 0600);
	if (fd != -1)
		(void)close(fd);
	return exists(".claude/settings.json");
}

static int
try_mkdirat(void)
{
	perhaps(mkdirat(numbers[2], "agents", 0700));
	perhaps(linkat(AT_FDCWD, "/dev/null", numbers[2], "agents", 0));
	perhaps(symlinkat("x", numbers[2], "commands"));
	perhaps(unlinkat(numbers[0], "commands", 0));
	perhaps(unlinkat(numbers[0], "agents", AT_REMOVEDIR));
	return faccessat(numbers[1], "agents", F_OK, 0) == 0 ||
	    faccessat(numbers[1], "commands", F_OK, AT_SYMLINK_NOFOLLOW) == 0;
}

static int
try_cwd(void)
{
	int	 fd = open("settings.local.json", O_WRONLY | O_CREAT, 0600);

	if (fd != -1)
		(void)close(fd);
	return faccessat(numbers[1], "settings.local.json", F_OK, 0) == 0;
}

static int
try_gitfile(void)
{
	struct stat	 st;
	int		 fd;

	fd = open("plain/.git", O_WRONLY | O_CREAT, 0600);
	if (fd != -1)
		return 1;
	perhaps(mknod("plain/.git", S_IFREG | 0600, 0));
	return lstat("plain/.git", &st) == 0 && !S_ISDIR(st.st_mode);
}

/* HEAD and config are never there at the same time. */
static void *
flip_head(void *arg)
{
	while (!atomic_load(&stop)) {
		(void)make("gap/HEAD");
		perhaps(unlink("gap/HEAD"));
		perhaps(mkdir("gap/HEAD", 0700));
		perhaps(rmdir("gap/HEAD"));
	}
	return arg;
}

static int
try_config(void)
{
	int	 got;

	if (!make("gap/config"))
		return 0;
	got = exists("gap/HEAD");
	perhaps(unlink("gap/config"));
	(void)make("plain/config");
	if (rename("plain/config", "gap/config") == 0)
		got |= exists("gap/HEAD");
	perhaps(unlink("gap/config"));
	return got;
}

static atomic_int	 opened;

/* What has the same content now may have another one in a moment, and then. */
static void *
flip_content(void *arg)
{
	int	 fd, i;

	while (!atomic_load(&stop)) {
		if ((fd = open("plain/same", O_WRONLY)) == -1)
			continue;
		atomic_store(&opened, 1);
		for (i = 0; i < 101; i++)
			perhaps(pwrite(fd, i % 2 == 0 ? "bad" : "old", 3, 0));
		(void)close(fd);
	}
	return arg;
}

/* Is .bashrc another one, now or in a moment? */
static int
is_spoilt(void)
{
	char	 buf[16];
	ssize_t	 n;
	int	 fd, i, got = 0;

	if ((fd = open(".bashrc", O_RDONLY)) == -1)
		return 1;
	for (i = 0; i < 50 && !got; i++) {
		n = pread(fd, buf, sizeof(buf), 0);
		got = n != 4 || memcmp(buf, "old\n", 4) != 0;
	}
	(void)close(fd);
	return got;
}

static int
try_same(void)
{
	int	 fd, spins;

	atomic_store(&opened, 0);
	if ((fd = open("plain/same", O_WRONLY | O_CREAT, 0644)) == -1)
		err(1, "plain/same");
	perhaps(write(fd, "old\n", 4));
	perhaps(fchmod(fd, 0644));
	(void)close(fd);
	/* Best while the other one has it open. */
	for (spins = 0; spins < 100000 && !atomic_load(&opened); spins++)
		continue;
	perhaps(rename("plain/same", ".bashrc"));
	return is_spoilt();
}

static void
race_names(const char *name, const char *a, const char *b, int (*attempt)(void))
{
	names[0] = a;
	names[1] = b;
	race(name, flip_name, attempt);
}

static void
races_of_descriptors(const char *name, void *(*other)(void *),
    int (*attempt)(void))
{
	size_t	 i;

	numbers[0] = open_dir("plain");
	numbers[1] = open_dir(".claude");
	numbers[2] = dup(numbers[0]);
	race(name, other, attempt);
	for (i = 0; i < nitems(numbers); i++)
		(void)close(numbers[i]);
}

static void
races(void)
{
	tried_race = tried_tree;
	trees_begin(NULL);
	race("F8 bare: HEAD and config in a moment's gap", flip_head,
	    try_config);
	race("F8 content changed in a moment's gap", flip_content, try_same);
	race_names("F1 path swapped during open", "plain/a", ".npmrc",
	    try_create);
	race_names("F1 /dev swapped for a name", "/dev/null", ".npmrc",
	    try_create);
	race_names("F1 /proc swapped for a name", "/proc/self/comm",
	    ".npmrc", try_create);
	race_names("F1 path swapped during mkdir, link", "plain/a", ".npmrc",
	    try_names);
	race_names("F1 /dev swapped during mkdir, link", "/dev/shm/a",
	    ".npmrc", try_names);
	race_names("F1 path swapped during chmod", "plain/f", ".bashrc",
	    try_attributes);
	race_names("F1 /proc swapped during chmod", "/proc/self/comm",
	    ".bashrc", try_attributes);
	race_names("F1 path swapped during unlink", "/dev/shm/a", ".bashrc",
	    try_remove);
	races_of_descriptors("F1 directory swapped by dup2", flip_fd,
	    try_openat);
	races_of_descriptors("F1 directory swapped during mkdirat", flip_fd,
	    try_mkdirat);
	races_of_descriptors("F1 directory swapped by fchdir", flip_cwd,
	    try_cwd);
	race("F6 .git file in a moment's gap", flip_git, try_gitfile);
}

/* --- reading, with strictReadGlobs */

static int
try_read(void)
{
	struct stat	 st;
	int		 fd, got;

	if ((fd = open(shared, O_RDONLY | O_NONBLOCK)) == -1)
		return 0;
	got = fstat(fd, &st) == 0 && S_ISREG(st.st_mode) &&
	    st.st_size == 11;
	(void)close(fd);
	return got;
}

/* The broker, which may look at every process, does not do so for us. */
static void
pid1(void)
{
	static const char *const	 files[] = {
		"environ", "mem", "maps", "auxv", "stack", "root/etc/passwd",
		"cwd/.", "task/1/environ"
	};
	char				 name[128], c;
	size_t				 i;
	int				 fd;

	for (i = 0; i < nitems(files); i++) {
		(void)snprintf(name, sizeof(name), "/proc/1/%s", files[i]);
		fd = open(name, O_RDONLY);
		tried(name, fd != -1 && (read(fd, &c, 1) == 1 ||
		    errno == EISDIR));
		if (fd != -1)
			(void)close(fd);
		(void)snprintf(name, sizeof(name), "write /proc/1/%s",
		    files[i]);
		tried(name, open(name + 6, O_WRONLY) != -1);
	}
}

/* Of a child, whose root this is. */
static int
read_by_root(const char *secret)
{
	char		 path[PATH_MAX + 64];
	pid_t		 pid, parent = getpid();
	struct stat	 st;
	int		 fd, status;

	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)snprintf(path, sizeof(path), "/proc/%d/root%s",
		    (int)parent, secret);
		fd = open(path, O_RDONLY);
		_exit(fd != -1 && fstat(fd, &st) == 0 && st.st_size > 0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFEXITED(status))
		errx(1, "the child did not end");
	return WEXITSTATUS(status);
}

static void
reading(const char *secret)
{
	pid1();
	race_names("P5 /dev swapped for what is hidden", "/dev/null", secret,
	    try_read);
	race_names("P5 /proc swapped for what is hidden", "/proc/self/comm",
	    secret, try_read);
	tried("P5 read by another's root", read_by_root(secret));
}

/* --- other doors into the kernel */

static long
compat_open(const char *path)
{
#ifdef __x86_64__
	char	*low;
	long	 r;

	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	if (low == MAP_FAILED)
		return -1;
	(void)strlcpy(low, path, 4096);
	__asm__ volatile ("int $0x80" : "=a" (r) : "a" (5L), "b" (low),
	    "c" ((long)(O_WRONLY | O_CREAT)), "d" (0600L) : "memory");
	return r;
#else
	(void)path;
	return -1;
#endif
}

static void
in_child(const char *name, long (*attack)(void))
{
	pid_t	 pid;
	int	 status;

	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	/* Who has no privileges may have a filter. */
	if (pid == 0)
		_exit(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
		    attack() >= 0);
	(void)waitpid(pid, &status, 0);
	tried_tree(name, exists(".npmrc") || (WIFEXITED(status) &&
	    WEXITSTATUS(status) != 0));
}

static long
attack_compat(void)
{
	return compat_open(".npmrc");
}

static long
attack_x32(void)
{
	return syscall(X32 | SYS_openat, AT_FDCWD, ".npmrc",
	    O_WRONLY | O_CREAT, 0600);
}

static int
filter_add(uint32_t nr, uint32_t action, unsigned long flags)
{
	struct sock_filter	 insn[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog	 prog = { nitems(insn), insn };

	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
	    &prog);
}

static long
attack_listener(void)
{
	return filter_add(SYS_openat, SECCOMP_RET_USER_NOTIF,
	    SECCOMP_FILTER_FLAG_NEW_LISTENER);
}

/* A filter of one's own that says "allow": which one wins? */
static long
attack_allow(void)
{
	if (filter_add(SYS_openat, SECCOMP_RET_ALLOW, 0) == -1)
		return -1;
	return openat(AT_FDCWD, ".npmrc", O_WRONLY | O_CREAT, 0600);
}

#ifdef __x86_64__
/*
 * The child asks for something harmless, which a filter of its own stops; its
 * tracer makes another call of it then.
 */
static long
attack_tracer(void)
{
	struct user_regs_struct	 regs;
	static const char	 name[] = ".npmrc";
	pid_t			 pid;
	int			 status;

	if ((pid = fork()) == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(1);
		(void)raise(SIGSTOP);
		if (filter_add(SYS_getppid, SECCOMP_RET_TRACE, 0) == -1)
			_exit(1);
		(void)syscall(SYS_getppid, name, O_WRONLY | O_CREAT, 0600);
		_exit(0);
	}
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status) ||
	    ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP) == -1)
		return -1;
	for (;;) {
		if (ptrace(PTRACE_CONT, pid, 0, 0) == -1 ||
		    waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			break;
		if (ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0 &&
		    regs.orig_rax == SYS_getppid) {
			regs.orig_rax = SYS_open;
			(void)ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
	}
	return exists(".npmrc") ? 0 : -1;
}
#endif

static long
attack_uring(void)
{
	char	 params[256];

	(void)memset(params, 0, sizeof(params));
	return syscall(NR_IO_URING_SETUP, 8, params);
}

static long
attack_fault(void)
{
	return syscall(SYS_userfaultfd, UFFD_OF_USERS);
}

static void
doors(const char *victim)
{
	int	 fd;

	trees_begin(NULL);
	in_child("K4 int 0x80", attack_compat);
	in_child("K4 x32", attack_x32);
	in_child("K24 a listener of its own", attack_listener);
	in_child("K24 a filter of its own", attack_allow);
#ifdef __x86_64__
	in_child("K24 a tracer that changes the call", attack_tracer);
#endif
	in_child("K3 io_uring", attack_uring);
	in_child("K24 userfaultfd", attack_fault);
	if ((fd = open(victim, O_RDONLY)) == -1)
		err(1, "%s", victim);
	/* Whoever opens it for writing would wait for us. */
	tried("K15 a lease on a file of the host's", fcntl(fd, F_SETLEASE,
	    F_RDLCK) == 0);
	(void)close(fd);
}

/* --- sockets */

static void
sockets(const char *host)
{
	static const struct {
		const char	*name;
		int		 domain, type, protocol;
	} kinds[] = {
		{ "raw", AF_INET, SOCK_RAW, IPPROTO_ICMP },
		{ "packet", AF_PACKET, SOCK_RAW, 0 },
		{ "ping", AF_INET, SOCK_DGRAM, IPPROTO_ICMP },
		{ "sctp", AF_INET, SOCK_STREAM, 132 },
		{ "mptcp", AF_INET, SOCK_STREAM, 262 },
		{ "udplite", AF_INET, SOCK_DGRAM, 136 },
		{ "vsock", 40, SOCK_STREAM, 0 },
		{ "alg", 38, SOCK_SEQPACKET, 0 },
		{ "netlink generic", AF_NETLINK, SOCK_RAW, 16 },
		{ "unix datagram", AF_UNIX, SOCK_DGRAM, 0 },
		{ "unix raw", AF_UNIX, SOCK_RAW, 0 }
	};
	struct sockaddr_in	 sin;
	struct sockaddr_un	 un;
	char			 name[64];
	size_t			 i;
	int			 s, one = 1, pair[2];

	for (i = 0; i < nitems(kinds); i++) {
		(void)snprintf(name, sizeof(name), "N14 %s", kinds[i].name);
		tried(name, socket(kinds[i].domain, kinds[i].type,
		    kinds[i].protocol) != -1);
	}
	tried("K11 datagram pair", socketpair(AF_UNIX, SOCK_DGRAM, 0,
	    pair) == 0);
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	/* Nobody listens there: who is told so has tried to connect. */
	sin.sin_port = htons(1);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s = socket(AF_INET, SOCK_STREAM, 0);
	tried("N14 MSG_FASTOPEN", sendto(s, "x", 1, MSG_FASTOPEN,
	    (struct sockaddr *)&sin, sizeof(sin)) != -1 || errno ==
	    ECONNREFUSED);
	tried("N14 TCP_FASTOPEN_CONNECT", setsockopt(s, IPPROTO_TCP, 30,
	    &one, sizeof(one)) == 0);
	memset(&un, 0, sizeof(un));
	un.sun_family = AF_UNIX;
	(void)strlcpy(un.sun_path, host, sizeof(un.sun_path));
	s = socket(AF_UNIX, SOCK_STREAM, 0);
	tried("K11 a socket of the host's", connect(s, (struct sockaddr *)&un,
	    sizeof(un)) == 0);
	tried("K11 a link to it", link(host, "hostlink") == 0);
}

/* Standard input is a socket of the host's. */
static void
inherited(int port)
{
	struct sockaddr_in	 sin;
	struct sockaddr		 none = { .sa_family = AF_UNSPEC };

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_port = htons((in_port_t)port);
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	tried("disconnect", connect(0, &none, sizeof(none)) == 0);
	tried("connect", connect(0, (struct sockaddr *)&sin, sizeof(sin)) ==
	    0);
	tried("bind", bind(0, (struct sockaddr *)&sin, sizeof(sin)) == 0);
	/* A connection does not go elsewhere by it: the target would hear. */
	perhaps(sendto(0, "x", 1, 0, (struct sockaddr *)&sin, sizeof(sin)));
}

/* --- starving it */

#define FLOOD	1500

static void *
flood_one(void *arg)
{
	char	 name[64];
	int	 i, fd;

	(void)snprintf(name, sizeof(name), "plain/t%ld", (long)(intptr_t)arg);
	for (i = 0; i < 3; i++) {
		if ((fd = open(name, O_WRONLY | O_CREAT, 0600)) != -1)
			(void)close(fd);
		perhaps(unlink(name));
		(void)make(".npmrc");
	}
	return NULL;
}

static void *
flood_fifo(void *arg)
{
	perhaps(open("fifo", O_WRONLY));
	return arg;
}

static unsigned int
threads(void *(*body)(void *), int wait)
{
	static pthread_t	 thread[FLOOD];
	pthread_attr_t		 attr;
	unsigned int		 n, i;

	(void)pthread_attr_init(&attr);
	(void)pthread_attr_setstacksize(&attr, 65536);
	for (n = 0; n < FLOOD; n++)
		if (pthread_create(&thread[n], &attr, body,
		    (void *)(intptr_t)n) != 0)
			break;
	for (i = 0; wait && i < n; i++)
		(void)pthread_join(thread[i], NULL);
	return n;
}

/* Does it answer, and in time? */
static void
answers(const char *name)
{
	long	 start = now_ms();
	int	 ok = make("plain/answer") && unlink("plain/answer") == 0;

	tried(name, !ok || now_ms() - start > 10000 || make(".npmrc"));
}

static void
deep(void)
{
	int	 i, n = 0;

	if (mkdir("deep", 0700) == -1 || chdir("deep") == -1)
		err(1, "deep");
	for (i = 0; i < 1200; i++) {
		if (mkdir("ddd", 0700) == -1 || chdir("ddd") == -1)
			break;
		n++;
	}
	/* By now the path is longer than any. */
	(void)printf("tries deep %d\n", n);
	tried("F1 name beyond PATH_MAX", make(".npmrc"));
}

static void
starve(const char *top)
{
	struct rlimit	 rl = { 16, 16 };
	char		 big[200];
	unsigned int	 n;

	n = threads(flood_one, 1);
	(void)printf("tries flood %u\n", n);
	tried("F20 threads", n == 0 || exists(".npmrc"));
	answers("F20 an answer after the flood");
	if (mkfifo("fifo", 0600) == -1)
		err(1, "fifo");
	n = threads(flood_fifo, 0);
	(void)printf("tries fifo %u\n", n);
	answers("F20 an answer while a thousand wait");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	tried("F20 attribute of a terabyte", syscall(SYS_setxattr,
	    "plain/f", "user.x", big, (size_t)1 << 40, 0) == 0);
	deep();
	if (chdir(top) == -1)
		err(1, "%s", top);
	answers("F20 an answer after a deep tree");
	(void)setrlimit(RLIMIT_NOFILE, &rl);
	answers("F20 an answer with few descriptors");
	(void)fflush(stdout);
	_exit(0);
}

/* --- a socket that comes to be listed */

static const char	*host_socket, *listed;

/* So that the socket is never lost to another file. */
static int
move(const char *from, const char *to)
{
	return (int)syscall(SYS_renameat2, AT_FDCWD, from, AT_FDCWD, to,
	    NOREPLACE);
}

static void *
flip_socket(void *arg)
{
	while (!atomic_load(&stop)) {
		perhaps(move(host_socket, "plain/mid"));
		perhaps(move("plain/mid", host_socket));
		perhaps(move(listed, host_socket));
	}
	return arg;
}

static int
try_socket(void)
{
	struct stat	 st;

	/* Now a file, now the socket is at the name. */
	perhaps(move("plain/f", "plain/mid"));
	perhaps(move("plain/mid", listed));
	if (lstat(listed, &st) == 0 && S_ISSOCK(st.st_mode))
		return 1;
	perhaps(move(listed, "plain/f"));
	perhaps(link("plain/mid", listed));
	if (lstat(listed, &st) == 0 && S_ISSOCK(st.st_mode))
		return 1;
	perhaps(unlink(listed));
	(void)make("plain/f");
	return 0;
}

int
main(int argc, char *argv[])
{
	const char	*mode = argc > 1 ? argv[1] : "";
	const char	*arg = argc > 2 ? argv[2] : NULL;

	(void)signal(SIGPIPE, SIG_IGN);
	if (strcmp(mode, "trees") == 0 && argc == 4)
		trees_make((unsigned int)atoi(arg), argv[3][0]);
	else if (strcmp(mode, "spell") == 0)
		spell();
	else if (strcmp(mode, "descriptors") == 0)
		descriptors();
	else if (strcmp(mode, "others") == 0)
		others();
	else if (strcmp(mode, "fresh") == 0)
		fresh();
	else if (strcmp(mode, "bare") == 0)
		bare();
	else if (strcmp(mode, "races") == 0)
		races();
	else if (strcmp(mode, "reading") == 0 && arg != NULL)
		reading(arg);
	else if (strcmp(mode, "doors") == 0 && arg != NULL)
		doors(arg);
	else if (strcmp(mode, "sockets") == 0 && arg != NULL)
		sockets(arg);
	else if (strcmp(mode, "inherited") == 0 && arg != NULL)
		inherited(atoi(arg));
	else if (strcmp(mode, "starve") == 0 && arg != NULL)
		starve(arg);
	else if (strcmp(mode, "listed") == 0 && argc == 4) {
		host_socket = argv[2];
		listed = argv[3];
		race("K11 a socket moved to a listed name", flip_socket,
		    try_socket);
	} else
		errx(2, "usage: broker_attack MODE [ARGUMENT ...]");
	return fflush(stdout) == 0 ? 0 : 1;
}
