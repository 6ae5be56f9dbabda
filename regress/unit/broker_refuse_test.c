/* SPDX-License-Identifier: ISC */

/* What the broker's file calls refuse, and what they let be done beside it. */

#include "compat.h"

#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "broker_stand.h"

#define TREE	1	/* the broker's of the two */

static long
call1(long nr, uint64_t a, uint64_t b, uint64_t c, uint64_t d, uint64_t e)
{
	struct request	 q = { .nr = nr, .arg = { a, b, c, d, e } };
	long		 r;

	nreports = 0;
	r = by_broker(&q);
	if (r > 0 && is_open(nr)) {
		(void)close((int)r);
		r = 0;
	}
	return r;
}

#define CWD	((uint64_t)AT_FDCWD)

static long
b_open(const char *path, int flags)
{
	return call1(SYS_openat, CWD, ptr(path), (uint64_t)flags, 0600, 0);
}

static long
b_put(const char *path)
{
	return b_open(path, O_WRONLY | O_CREAT | O_TRUNC);
}

static long
b_mkdir(const char *path)
{
	return call1(SYS_mkdirat, CWD, ptr(path), 0700, 0, 0);
}

static long
b_unlink(const char *path, int flags)
{
	return call1(SYS_unlinkat, CWD, ptr(path), (uint64_t)flags, 0, 0);
}

static long
b_rename(const char *a, const char *b, int flags)
{
	return call1(SYS_renameat2, CWD, ptr(a), CWD, ptr(b),
	    (uint64_t)flags);
}

static long
b_link(const char *a, const char *b)
{
	return call1(SYS_linkat, CWD, ptr(a), CWD, ptr(b),
	    AT_SYMLINK_FOLLOW);
}

static long
b_symlink(const char *text, const char *path)
{
	return call1(SYS_symlinkat, ptr(text), CWD, ptr(path), 0, 0);
}

#define refused(call)							\
	do {								\
		assert_int_equal((call), -EPERM);			\
		assert_int_equal(nreports, 1);				\
	} while (0)

#define silently(call, error)						\
	do {								\
		assert_int_equal((call), -(error));			\
		assert_int_equal(nreports, 0);				\
	} while (0)

static void
test_mandatory(void **arg)
{
	struct stat	 st;
	char		 name[32];
	int		 fd;

	(void)arg;
	enter(TREE);
	must(mkdir("old", 0755));
	must(mkdir("old/.git", 0755));
	must(mkdir("old/.git/hooks", 0755));
	put("old/.git/hooks/pre-commit", "x", 0755);
	put("old/.git/config", "x", 0644);
	put("old/.git/HEAD", "x", 0644);
	put(".bashrc", "x", 0644);
	put("e/keep", "", 0600);

	refused(b_put(".bashrc"));
	assert_non_null(strstr(reported, "file-write-data"));
	assert_non_null(strstr(reported, ".bashrc is protected [mandatory]"));
	refused(b_put("d/.zshrc"));
	assert_non_null(strstr(reported, "file-write-create"));
	assert_int_equal(stat("d/.zshrc", &st), -1);
	refused(b_open(".bashrc", O_RDONLY | O_TRUNC));
	refused(b_unlink(".bashrc", 0));
	refused(b_rename(".bashrc", "x", 0));
	refused(b_rename("f", ".bashrc", 0));
	refused(b_rename("f", "d/.mcp.json", 0));
	refused(b_rename("f", ".bashrc", 2));
	refused(b_link("f", ".profile"));
	refused(b_link(".bashrc", "x"));
	refused(b_symlink("f", ".profile"));
	refused(b_mkdir(".vscode"));
	refused(b_put("D/../.BashRC") == -ENOENT ? b_put(".BashRC") : 0);
	refused(call1(SYS_fchmodat, CWD, ptr(".bashrc"), 0600, 0, 0));
	refused(call1(SYS_truncate, ptr(".bashrc"), 0, 0, 0, 0));
	refused(call1(SYS_utimensat, CWD, ptr(".bashrc"), 0, 0, 0));
	refused(call1(SYS_setxattr, ptr(".bashrc"), ptr("user.x"), ptr("v"),
	    1, 0));
	refused(call1(SYS_mknodat, CWD, ptr(".profile"), S_IFREG | 0600, 0,
	    0));
	/* By a descriptor, and by its name in /proc. */
	must(fd = open(".bashrc", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0600, 0, 0, 0));
	refused(call1(SYS_utimensat, (uint64_t)fd, 0, 0, 0, 0));
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	refused(b_open(name, O_WRONLY));
	refused(b_link(name, "x"));
	refused(b_open("/proc/self/cwd/.bashrc", O_WRONLY));
	(void)close(fd);
	/* By links that lead there. */
	must(symlink("../.bashrc", "d/link"));
	refused(b_open("d/link", O_WRONLY));
	must(symlink("../.zshrc", "d/link2"));
	refused(b_put("d/link2"));
	/* What fails anyway fails as ever. */
	silently(b_unlink("d/.bashrc", 0), ENOENT);
	silently(b_open("d/.bashrc", O_WRONLY), ENOENT);
	silently(b_rename("d/.bashrc", "x", 0), ENOENT);
	silently(b_rename("none", ".bashrc", 0), ENOENT);
	silently(b_link("none", ".profile"), ENOENT);
	silently(b_mkdir(".bashrc"), EEXIST);
	silently(b_open(".bashrc", O_WRONLY | O_CREAT | O_EXCL), EEXIST);
	silently(b_symlink("x", ".bashrc"), EEXIST);

	/* A repository that was there. */
	refused(b_put("old/.git/hooks/post-checkout"));
	refused(b_put("old/.git/config"));
	assert_non_null(strstr(reported, "allowGitConfig"));
	refused(b_put("old/.git/info/attributes") == -ENOENT ?
	    b_mkdir("old/.git/hooks/x") : 0);
	refused(b_rename("old/.git", "old/.git2", 0));
	refused(b_rename("old", "new", 0));
	refused(b_rename("e", "old", 2));
	refused(b_rename("d", "old", 2));
	assert_int_equal(b_put("old/.git/HEAD"), 0);
	assert_int_equal(b_put("old/.git/index"), 0);
	assert_int_equal(b_rename("old/.git/index", "old/.git/i2", 0), 0);
	/* Something in the place of a name that is not there. */
	refused(b_symlink("d", "e/.git"));
	refused(b_symlink("d", "e/.claude"));
	refused(b_put("e/.git"));
	refused(b_rename("d", "e/.git", 0));
	refused(b_rename("d", "e/.claude", 0));
	refused(b_rename("f", "e/.git", 0));
	silently(b_open("old/.git", O_WRONLY), EISDIR);
	assert_int_equal(b_rename("d", "e/d", 0), 0);

	/* A file that names the repository. */
	put("e/.git", "gitdir: x", 0644);
	refused(b_put("e/.git"));
	refused(b_unlink("e/.git", 0));
	refused(b_rename("e/.git", "e/x", 0));
	refused(b_rename("e", "e2", 0));
}

static void
test_fresh(void **arg)
{
	(void)arg;
	enter(TREE);
	/* git init in an old directory. */
	assert_int_equal(b_mkdir("d/.git"), 0);
	assert_int_equal(b_mkdir("d/.git/hooks"), 0);
	assert_int_equal(b_put("d/.git/hooks/pre-commit"), 0);
	assert_int_equal(b_put("d/.git/config"), 0);
	assert_int_equal(b_rename("f", "d/.git/config", 0), 0);
	/* ... and what only is the beginning of a name. */
	assert_int_equal(b_mkdir("d/.claude"), 0);
	refused(b_put("d/.claude/settings.json"));
	/* A new tree. */
	assert_int_equal(b_mkdir("new"), 0);
	assert_int_equal(b_mkdir("new/.vscode"), 0);
	assert_int_equal(b_put("new/.vscode/tasks.json"), 0);
	assert_int_equal(b_put("new/.bashrc"), 0);
	assert_int_equal(b_put("new/.git"), 0);
	assert_int_equal(b_unlink("new/.git", 0), 0);
	assert_int_equal(b_symlink("x", "new/.claude"), 0);
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("new/.bashrc"), 0600,
	    0, 0), 0);
	/* It stays free where it goes, and cannot spread. */
	assert_int_equal(b_rename("new", "e/new", 0), 0);
	assert_int_equal(b_put("e/new/.zshrc"), 0);
	refused(b_rename("e/new/.bashrc", ".bashrc", 0));
	refused(b_rename("e/new/.vscode", "e/.vscode", 0));
	refused(b_link("e/new/.bashrc", ".bashrc"));
	refused(b_rename("e/new/.bashrc", "nod/../.bashrc", 0) == -EACCES ?
	    b_put(".bashrc") : 0);
	/* A name that is used again is another directory. */
	assert_int_equal(b_mkdir("again"), 0);
	assert_int_equal(b_unlink("again", AT_REMOVEDIR), 0);
	must(mkdir("again", 0700));
	put("again/x", "", 0600);
	refused(b_put("again/.bashrc"));
	/* An old directory is not made new by a stay in a new one. */
	must(mkdir("old", 0755));
	put("old/x", "", 0600);
	assert_int_equal(b_mkdir("tmp"), 0);
	assert_int_equal(b_rename("old", "tmp/old", 0), 0);
	assert_int_equal(b_mkdir("tmp/old/.vscode"), 0);
	refused(b_rename("tmp/old", "old", 0));
	/* An empty one could have been made anew. */
	must(mkdir("hollow", 0755));
	assert_int_equal(b_put("hollow/.git"), 0);
	assert_int_equal(b_put("hollow/.git"), 0);
	fresh_report();
	assert_true(nchanges > 3);
}

static void
test_policy(void **arg)
{
	struct guard	*was = broker.guard;
	char		 text[sizeof(tree) + 32];
	int		 fd;

	(void)arg;
	enter(TREE);
	assert_non_null(broker.guard = guard_new(0));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	(void)snprintf(text, sizeof(text), "%s/secret/deep", tree);
	must(guard_add(broker.guard, GUARD_NOWRITE, text,
	    "filesystem.denyWrite[0] \"secret/deep\""));
	(void)snprintf(text, sizeof(text), "%s/**/*.pem", tree);
	must(guard_add(broker.guard, GUARD_NOWRITE_GLOB, text,
	    "filesystem.denyWrite[1] \"**/*.pem\""));
	(void)snprintf(text, sizeof(text), "%s/**/*.key", tree);
	must(guard_add(broker.guard, GUARD_NOREAD_GLOB, text,
	    "filesystem.denyRead[0] \"**/*.key\""));

	refused(b_put("x.pem"));
	assert_string_equal(strstr(reported, ": "), ": the policy protects "
	    "it [filesystem.denyWrite[1] \"**/*.pem\"] remove \"**/*.pem\" "
	    "from filesystem.denyWrite");
	assert_int_equal(b_mkdir("n"), 0);
	refused(b_put("n/x.pem"));
	refused(b_rename("f", "n/x.pem", 0));
	assert_int_equal(b_mkdir("secret"), 0);
	refused(b_put("secret/deep"));
	refused(b_mkdir("secret/deep"));
	assert_int_equal(b_unlink("secret", AT_REMOVEDIR), 0);
	refused(b_symlink("d", "secret"));
	/* A tree with such a name in it, under either of its names. */
	put("d/sub/x.pem", "", 0600);
	refused(b_rename("d", "d2", 0));
	put("e/deep", "", 0600);
	refused(b_rename("e", "secret", 0));
	/* Reading. */
	put("x.key", "k", 0600);
	assert_int_equal(b_open("x.key", O_RDONLY), -EACCES);
	assert_int_equal(nreports, 1);
	silently(b_open("y.key", O_RDONLY), ENOENT);
	assert_int_equal(b_open("ro", O_RDONLY), 0);
	assert_int_equal(b_open("lf", O_RDONLY), 0);
	assert_int_equal(b_open("d", O_RDONLY | O_DIRECTORY), 0);
	assert_int_equal(b_open("d/", O_RDONLY), 0);
	assert_int_equal(b_open("/dev/null", O_RDONLY), 0);
	must(symlink("x.key", "plain"));
	assert_int_equal(b_open("plain", O_RDONLY), -EACCES);
	refused(b_rename("x.key", "plain2", 0));
	refused(b_link("x.key", "plain2"));
	/* Nor is it made what can be started. */
	refused(call1(SYS_fchmodat, CWD, ptr("x.key"), 0700, 0, 0));
	refused(call1(SYS_setxattr, ptr("x.key"), ptr("user.x"), ptr("v"), 1,
	    0));
	silently(call1(SYS_fchmodat, CWD, ptr("y.key"), 0700, 0, 0), ENOENT);
	(void)snprintf(text, sizeof(text), "/proc/self/fd/%d",
	    fd = open("x.key", O_PATH));
	refused(call1(SYS_fchmodat, CWD, ptr(text), 0700, 0, 0));
	must(unlink("x.key"));
	refused(call1(SYS_fchmodat, CWD, ptr(text), 0700, 0, 0));
	(void)close(fd);
	guard_free(broker.guard);
	broker.guard = was;
}

static void
test_setid(void **arg)
{
	(void)arg;
	enter(TREE);
	refused(call1(SYS_fchmodat, CWD, ptr("f"), 04755, 0, 0));
	refused(call1(SYS_fchmodat, CWD, ptr("f"), 02755, 0, 0));
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("d"), 02755, 0, 0), 0);
	refused(call1(SYS_openat, CWD, ptr("x"), O_WRONLY | O_CREAT, 04755,
	    0));
	refused(call1(SYS_openat, CWD, ptr("."), O_RDWR | LX_TMPFILE, 04755,
	    0));
	refused(call1(SYS_mknodat, CWD, ptr("x"), S_IFREG | 04755, 0, 0));
	assert_int_equal(call1(SYS_openat, CWD, ptr("f"), O_WRONLY | O_CREAT,
	    04755, 0), 0);
	/* One that is there may stay so. */
	must(chmod("g", 04755));
	assert_int_equal(call1(SYS_fchmodat, CWD, ptr("g"), 04711, 0, 0), 0);
}

/* A directory of another name that git takes for a repository. */
static void
test_bare(void **arg)
{
	struct guard	*was = broker.guard;
	struct stat	 st;
	int		 fd;

	(void)arg;
	enter(TREE);
	must(mkdir("r", 0755));
	must(mkdir("r/objects", 0755));
	must(mkdir("r/refs", 0755));
	must(mkdir("r/info", 0755));
	must(mkdir("r/hooks", 0755));
	put("r/HEAD", "x", 0644);
	put("r/config", "x", 0644);
	put("r/info/attributes", "x", 0644);

	refused(b_open("r/config", O_WRONLY));
	assert_non_null(strstr(reported, "file-write-data"));
	assert_non_null(strstr(reported, "r/config: a bare repository's "
	    "config is protected [mandatory] \"filesystem\": "
	    "{\"allowGitConfig\": true}"));
	refused(b_put("r/config"));
	refused(b_put("r/Config"));
	refused(b_put("r/config.worktree"));
	refused(b_put("r/commondir"));
	refused(b_put("r/hooks/post-update"));
	assert_non_null(strstr(reported, "a bare repository's hooks is"));
	refused(b_mkdir("r/hooks/a"));
	refused(b_put("r/info/attributes"));
	refused(b_rename("f", "r/config", 0));
	refused(b_rename("f", "r/config", 2));
	refused(b_rename("r/config", "x", 0));
	refused(b_rename("r/hooks", "x", 0));
	refused(b_rename("r/info", "x", 0));
	refused(b_unlink("r/config", 0));
	refused(b_unlink("r/hooks", AT_REMOVEDIR));
	refused(b_link("r/config", "x"));
	refused(b_link("f", "r/commondir"));
	refused(b_symlink("f", "r/commondir"));
	refused(b_symlink("f", "r/config.worktree"));
	refused(call1(SYS_fchmodat, CWD, ptr("r/config"), 0600, 0, 0));
	must(fd = open("r/config", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0600, 0, 0, 0));
	(void)close(fd);
	must(fd = open("r/hooks", O_RDONLY));
	refused(call1(SYS_fchmod, (uint64_t)fd, 0700, 0, 0, 0));
	(void)close(fd);
	/* It stays one ... */
	refused(b_unlink("r/HEAD", 0));
	assert_non_null(strstr(reported, "a bare repository's HEAD"));
	refused(b_rename("r/refs", "x", 0));
	refused(b_unlink("r/objects", AT_REMOVEDIR));
	refused(b_rename("r", "x", 0));
	refused(b_rename("e", "r", 2));
	/* ... and can be used. */
	assert_int_equal(b_put("r/HEAD.lock"), 0);
	assert_int_equal(b_rename("r/HEAD.lock", "r/HEAD", 0), 0);
	assert_int_equal(b_put("r/HEAD"), 0);
	assert_int_equal(b_put("r/config.lock"), 0);
	assert_int_equal(b_mkdir("r/refs/hooks"), 0);
	assert_int_equal(b_put("r/refs/config"), 0);
	assert_int_equal(b_put("r/objects/HEAD"), 0);
	assert_int_equal(b_put("r/info/refs"), 0);
	assert_int_equal(b_put("r/packed-refs"), 0);
	silently(b_unlink("r/config.worktree", 0), ENOENT);
	silently(b_mkdir("r/config"), EEXIST);

	/* What would become one. */
	must(mkdir("n", 0755));
	must(mkdir("n/objects", 0755));
	put("n/hooks", "x", 0644);
	assert_int_equal(b_put("n/hooks"), 0);
	assert_int_equal(b_put("n/HEAD"), 0);
	refused(b_put("n/hooks"));
	refused(b_put("n/config"));
	refused(b_mkdir("n/refs"));
	assert_non_null(strstr(reported, "a bare repository's refs"));
	refused(b_symlink("d", "n/Refs"));
	refused(b_rename("d", "n/refs", 0));
	refused(b_link("f", "n/refs"));
	refused(b_put("n/refs"));
	assert_int_equal(stat("n/refs", &st), -1);
	/* Nothing in it yet that is executed: then that is what may not. */
	must(mkdir("m", 0755));
	must(mkdir("m/objects", 0755));
	assert_int_equal(b_mkdir("m/refs"), 0);
	assert_int_equal(b_put("m/HEAD"), 0);
	refused(b_put("m/config"));
	refused(b_mkdir("m/hooks"));
	refused(b_symlink("../d", "m/info"));
	refused(b_rename("d", "m/info", 0));
	assert_int_equal(b_mkdir("m/info"), 0);
	refused(b_put("m/info/attributes"));
	/* Not with commondir either; a worktree has refs of its own. */
	must(mkdir("w", 0755));
	put("w/commondir", "x", 0644);
	refused(b_put("w/HEAD"));
	put("w/HEAD", "x", 0644);
	assert_int_equal(b_mkdir("w/refs"), 0);
	assert_int_equal(b_unlink("w/refs", AT_REMOVEDIR), 0);
	refused(b_put("w/commondir"));
	refused(b_unlink("w/HEAD", 0));
	/* Names like these elsewhere are names like others. */
	assert_int_equal(b_mkdir("d/hooks"), 0);
	assert_int_equal(b_put("d/hooks/config"), 0);
	assert_int_equal(b_put("d/config"), 0);
	assert_int_equal(b_put("d/HEAD"), 0);
	assert_int_equal(b_rename("d", "d2", 0), 0);

	/* New ones. */
	assert_int_equal(b_mkdir("new"), 0);
	assert_int_equal(b_put("new/config"), 0);
	assert_int_equal(b_mkdir("new/objects"), 0);
	assert_int_equal(b_mkdir("new/refs"), 0);
	assert_int_equal(b_put("new/HEAD"), 0);
	assert_int_equal(b_mkdir("new/hooks"), 0);
	assert_int_equal(b_put("new/hooks/x"), 0);
	assert_int_equal(b_put("new/config"), 0);
	assert_int_equal(b_rename("new", "new2", 0), 0);
	refused(b_rename("new2/config", "n/config", 0));
	must(mkdir("hollow2", 0755));
	assert_int_equal(b_mkdir("hollow2/branches"), 0);
	assert_int_equal(b_put("hollow2/HEAD"), 0);
	assert_int_equal(b_mkdir("hollow2/refs"), 0);
	assert_int_equal(b_put("hollow2/config"), 0);
	assert_int_equal(b_mkdir("hollow2/objects"), 0);
	assert_int_equal(b_put("hollow2/config"), 0);
	/* Almost one: not by way of a new tree. */
	must(mkdir("half", 0755));
	must(mkdir("half/objects", 0755));
	put("half/HEAD", "x", 0644);
	put("half/config", "x", 0644);
	refused(b_rename("half", "new2/half", 0));
	must(unlink("half/HEAD"));
	assert_int_equal(b_rename("half", "new2/half", 0), 0);
	assert_int_equal(b_put("new2/half/HEAD"), 0);
	assert_int_equal(b_mkdir("new2/half/refs"), 0);
	refused(b_rename("new2/half", "half", 0));

	/* allowGitConfig */
	assert_non_null(broker.guard = guard_new(EXEC_GIT_CONFIG));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	assert_int_equal(b_put("r/config"), 0);
	assert_int_equal(b_put("r/config.worktree"), 0);
	refused(b_put("r/commondir"));
	refused(b_put("r/hooks/x"));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Onto a protected file by one like it. */
static void
test_same(void **arg)
{
	struct stat	 before, st;

	(void)arg;
	enter(TREE);
	put(".npmrc", "text", 0644);
	must(stat(".npmrc", &before));
	put("same", "text", 0644);
	assert_int_equal(b_rename("same", ".npmrc", 0), 0);
	assert_int_equal(nreports, 0);
	assert_int_equal(stat("same", &st), -1);
	must(stat(".npmrc", &st));
	assert_int_equal(st.st_ino, before.st_ino);
	assert_int_equal(st.st_ctim.tv_nsec, before.st_ctim.tv_nsec);

	put("same", "texx", 0644);
	refused(b_rename("same", ".npmrc", 0));
	put("same", "text2", 0644);
	refused(b_rename("same", ".npmrc", 0));
	put("same", "text", 0600);
	must(chmod("same", 0600));
	refused(b_rename("same", ".npmrc", 0));
	must(chmod("same", 0644));
	refused(b_rename("same", ".npmrc", 2));
	refused(b_rename("same", ".zshrc", 0));
	refused(b_rename("d", ".npmrc", 0));
	must(symlink("same", "link"));
	refused(b_rename("link", ".npmrc", 0));
	must(mkfifo("pipe", 0644));
	refused(b_rename("pipe", ".npmrc", 0));
	/* A protected source is none that may go. */
	put(".yarnrc", "text", 0644);
	refused(b_rename(".yarnrc", ".npmrc", 0));
	/* In a new tree it is renamed. */
	assert_int_equal(b_mkdir("fresh"), 0);
	put("fresh/.npmrc", "text", 0644);
	must(stat("same", &before));
	assert_int_equal(b_rename("same", "fresh/.npmrc", 0), 0);
	must(stat("fresh/.npmrc", &st));
	assert_int_equal(st.st_ino, before.st_ino);
	/* Too much to look at. */
	put("big", "x", 0644);
	put(".profile", "x", 0644);
	must(truncate("big", 1048577));
	must(truncate(".profile", 1048577));
	refused(b_rename("big", ".profile", 0));
	must(truncate("big", 1048576));
	must(truncate(".profile", 1048576));
	assert_int_equal(b_rename("big", ".profile", 0), 0);
}

/* A number that is free again is no new directory's. */
static void
test_replaced(void **arg)
{
	struct fresh_id	 id;

	(void)arg;
	enter(TREE);
	must(mkdir("moved", 0755));
	assert_int_equal(b_mkdir("over"), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "over", &id), 1);
	assert_int_equal(b_rename("moved", "over", 0), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "over", &id), 0);
	/* Now as if the host had made another one with that number. */
	assert_int_equal(b_mkdir("one"), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "one", &id), 1);
	assert_int_equal(b_mkdir("two"), 0);
	assert_int_equal(b_rename("two", "one", 0), 0);
	assert_int_equal(fresh_known(&id), 0);
	assert_int_equal(fresh_find(AT_FDCWD, "one", &id), 1);
	/* Nothing happens, so nothing goes. */
	assert_int_equal(b_rename("one", "./one", 0), 0);
	assert_int_equal(fresh_known(&id), 1);
}

/* A file that has lost its name and has got another one, unknown to us. */
static void
test_nameless(void **arg)
{
	char	 name[32];
	int	 fd;

	(void)arg;
	enter(TREE);
	put("gone", "x", 0600);
	must(link("gone", "other"));
	must(fd = open("gone", O_RDONLY));
	must(unlink("gone"));
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	refused(b_link(name, "x"));
	assert_non_null(strstr(reported, "file-write-link"));
	silently(b_link(name, "other"), EEXIST);
	(void)close(fd);
}

/* What has no name is opened again, or the caller learns that it is not. */
static void
test_anonymous(void **arg)
{
	struct guard		*was = broker.guard;
	struct lx_open_how	 how = { .flags = O_RDWR };
	struct request		 q[2];
	char			 name[32];
	int			 fds[4], pair[2];
	size_t			 i, k;

	(void)arg;
	enter(TREE);
	assert_non_null(broker.guard = guard_new(0));
	must(guard_add(broker.guard, GUARD_WRITE, "/", ""));
	must(guard_add(broker.guard, GUARD_NOREAD_GLOB, "/*.key", ""));
	must(fds[0] = inotify_init1(IN_CLOEXEC));
	must(fds[1] = eventfd(0, EFD_CLOEXEC));
	must(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair));
	fds[2] = pair[0];
	fds[3] = pair[1];
	for (i = 0; i < nitems(fds); i++) {
		(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[i]);
		q[0] = (struct request){ SYS_openat, { CWD, ptr(name),
		    O_RDONLY | O_TRUNC } };
		q[1] = (struct request){ NR_OPENAT2, { CWD, ptr(name),
		    ptr(&how), sizeof(how) } };
		for (k = 0; k < nitems(q); k++) {
			assert_true(by_kernel(&q[k]) < 0);
			assert_int_equal(by_broker(&q[k]), by_kernel(&q[k]));
		}
		(void)close(fds[i]);
	}
	/* A memfd that is held without having been opened. */
	must(fds[0] = memfd_create("x", MFD_CLOEXEC));
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[0]);
	assert_int_equal(call1(NR_OPENAT2, CWD, ptr(name), ptr(&how),
	    sizeof(how), 0), 0);
	must(fds[1] = open(name, O_PATH | O_CLOEXEC));
	(void)close(fds[0]);
	(void)snprintf(name, sizeof(name), "/proc/self/fd/%d", fds[1]);
	refused(call1(NR_OPENAT2, CWD, ptr(name), ptr(&how), sizeof(how),
	    0));
	(void)close(fds[1]);
	guard_free(broker.guard);
	broker.guard = was;
}

/* A guard that lets "d" of the tree be written, and may hide "*.key". */
static struct guard *
guard_of_d(int hides)
{
	struct guard	*g = guard_new(0);
	char		 text[sizeof(tree) + 16];

	assert_non_null(g);
	(void)snprintf(text, sizeof(text), "%s/d", tree);
	must(guard_add(g, GUARD_WRITE, text, ""));
	(void)snprintf(text, sizeof(text), "%s/**/*.key", tree);
	if (hides)
		must(guard_add(g, GUARD_NOREAD_GLOB, text,
		    "filesystem.denyRead[0] \"**/*.key\""));
	return g;
}

/* The link of /proc to a descriptor of a file whose name is gone. */
static const char *
lost(const char *name, int flags)
{
	static char	 link_name[32];
	int		 fd;

	must(fd = open(name, flags, 0600));
	if ((flags & LX_TMPFILE) != LX_TMPFILE)
		must(unlink(name));
	(void)snprintf(link_name, sizeof(link_name), "/proc/self/fd/%d", fd);
	return link_name;
}

static int
fd_of(const char *name)
{
	return atoi(strrchr(name, '/') + 1);
}

#define unread(call)							\
	do {								\
		assert_int_equal((call), -EACCES);			\
		assert_int_equal(nreports, 1);				\
	} while (0)

static void
test_lost_reads_F29(void **arg)
{
	struct guard	*was = broker.guard;
	const char	*name;

	(void)arg;
	enter(TREE);
	broker.guard = guard_of_d(1);
	put("d/x.key", "k", 0600);
	unread(b_open("d/x.key", O_RDONLY));
	unread(b_open(name = lost("d/x.key", O_PATH), O_RDONLY));
	assert_non_null(strstr(reported, "/d/x.key: the file has lost"));
	unread(b_open(name, O_RDWR));
	(void)close(fd_of(name));
	/* Its last name is no longer what hides it. */
	must(mkdir("d/k.key", 0700));
	put("d/k.key/f", "k", 0600);
	name = lost("d/k.key/f", O_PATH);
	must(rename("d/k.key", "d/k"));
	unread(b_open(name, O_RDONLY));
	(void)close(fd_of(name));
	/* What was opened was looked at. */
	put("d/y", "y", 0600);
	assert_int_equal(b_open(name = lost("d/y", O_RDONLY), O_RDONLY), 0);
	assert_int_equal(b_open(name, O_RDWR), 0);
	(void)close(fd_of(name));
	name = lost("d", LX_TMPFILE | O_RDWR);
	assert_int_equal(b_open(name, O_RDONLY), 0);
	(void)close(fd_of(name));
	/* In a directory that is gone there is nothing. */
	must(mkdir("d/gone", 0700));
	must(chdir("d/gone"));
	must(rmdir("../gone"));
	assert_int_equal(b_open(".", O_RDONLY | O_DIRECTORY), 0);
	must(chdir(tree));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Not one of the calls that change what may not be changed does so. */
static void
lost_is_held(const char *name)
{
	static const int64_t	 times[4] = { 10, 20, 30, 40 };
	struct stat		 a, b;
	uint64_t		 fd = (uint64_t)fd_of(name);

	must(fstat((int)fd, &a));
	refused(b_open(name, O_WRONLY | O_NONBLOCK));
	refused(b_open(name, O_RDWR | O_NONBLOCK));
	refused(b_open(name, O_RDONLY | O_TRUNC | O_NONBLOCK));
	refused(call1(SYS_truncate, ptr(name), 0, 0, 0, 0));
	refused(call1(SYS_fchmodat, CWD, ptr(name), 0777, 0, 0));
	refused(call1(SYS_fchownat, CWD, ptr(name), (uint64_t)-1,
	    (uint64_t)-1, 0));
	refused(call1(SYS_fchownat, fd, ptr(""), (uint64_t)-1, (uint64_t)-1,
	    AT_EMPTY_PATH));
	refused(call1(SYS_utimensat, CWD, ptr(name), ptr(times), 0, 0));
	refused(call1(SYS_setxattr, ptr(name), ptr("user.x"), ptr("v"), 1,
	    0));
	refused(call1(SYS_fchmod, fd, 0777, 0, 0, 0));
	must(fstat((int)fd, &b));
	assert_int_equal(a.st_mode, b.st_mode);
	assert_int_equal(a.st_size, b.st_size);
	assert_int_equal(a.st_mtim.tv_sec, b.st_mtim.tv_sec);
	(void)close((int)fd);
}

static void
test_lost_writes_F29(void **arg)
{
	struct guard	*was = broker.guard;
	const char	*name;
	int		 flags;

	(void)arg;
	enter(TREE);
	broker.guard = guard_of_d(0);
	for (flags = O_RDONLY; flags <= O_PATH; flags += O_PATH - O_RDONLY) {
		/* Outside of what may be written. */
		put("alone", "x", 0600);
		lost_is_held(lost("alone", flags));
		must(mkfifo("pipe", 0600));
		lost_is_held(lost("pipe", flags | O_NONBLOCK));
		/* Inside, with another name that is perhaps outside. */
		put("d/two", "x", 0600);
		must(link("d/two", "left"));
		lost_is_held(lost("d/two", flags));
		must(unlink("left"));
		/* A protected one. */
		put("d/.bashrc", "x", 0600);
		lost_is_held(lost("d/.bashrc", flags));
		/* What is the command's own. */
		put("d/own", "x", 0600);
		name = lost("d/own", flags);
		assert_int_equal(b_open(name, O_RDWR), 0);
		assert_int_equal(call1(SYS_fchmodat, CWD, ptr(name), 0640, 0,
		    0), 0);
		assert_int_equal(call1(SYS_truncate, ptr(name), 9, 0, 0, 0),
		    0);
		(void)close(fd_of(name));
		must(mkfifo("d/pipe", 0600));
		name = lost("d/pipe", flags | O_NONBLOCK);
		assert_int_equal(b_open(name, O_RDWR), 0);
		(void)close(fd_of(name));
	}
	/* A descriptor for writing is no less than what it was. */
	put("d/two", "x", 0600);
	must(link("d/two", "left"));
	name = lost("d/two", O_WRONLY);
	assert_int_equal(b_open(name, O_RDWR | O_TRUNC), 0);
	assert_int_equal(call1(SYS_fchmod, (uint64_t)fd_of(name), 0640, 0, 0,
	    0), 0);
	(void)close(fd_of(name));
	name = lost(".", LX_TMPFILE | O_RDWR);
	assert_int_equal(b_open(name, O_RDWR), 0);
	assert_int_equal(b_link(name, "d/linked"), 0);
	(void)close(fd_of(name));
	guard_free(broker.guard);
	broker.guard = was;
}

/* Outside of the write roots the kernel's EROFS becomes a refusal. */
static void
test_result(void **arg)
{
	static struct call	 c;
	char			 real[PATH_MAX] = "/opt/\"x\"/y";
	struct loc		 loc;

	(void)arg;
	memset(&c, 0, sizeof(c));
	memset(&loc, 0, sizeof(loc));
	loc.kind = LOC_NAME;
	loc.dirfd = loc.fd = -1;
	loc.real = real;
	nreports = 0;
	assert_int_equal(check_result(&c, &loc, DEED_CREATE, -EACCES),
	    -EACCES);
	assert_int_equal(nreports, 0);
	refused(check_result(&c, &loc, DEED_CREATE, -EROFS));
	assert_string_equal(reported, "file-write-create /opt/\"x\"/y: outside "
	    "the writable paths [filesystem.allowWrite] \"filesystem\": "
	    "{\"allowWrite\": [\"/opt/\\\"x\\\"\"]}");
	(void)strlcpy(real, "/w/f", sizeof(real));
	nreports = 0;
	silently(check_result(&c, &loc, DEED_CREATE, -EROFS), EROFS);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_mandatory),
		cmocka_unit_test(test_fresh),
		cmocka_unit_test(test_policy),
		cmocka_unit_test(test_setid),
		cmocka_unit_test(test_bare),
		cmocka_unit_test(test_same),
		cmocka_unit_test(test_replaced),
		cmocka_unit_test(test_nameless),
		cmocka_unit_test(test_anonymous),
		cmocka_unit_test(test_lost_reads_F29),
		cmocka_unit_test(test_lost_writes_F29),
		cmocka_unit_test(test_result),
	};

	return cmocka_run_group_tests(tests, stand_begin, stand_end);
}
