/* SPDX-License-Identifier: ISC */

/*
 * Making, moving and removing names.
 */

#include "compat.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "posixfs.h"

/* What every call that takes a path shall say about bad ones. */
#define BAD_PATHS(call)							\
	do {								\
		FAILS(ENOENT, call("nodir/x"));				\
		FAILS(ENOENT, call(""));				\
		FAILS(ENOTDIR, call("f/x"));				\
		FAILS(ELOOP, call("loop/x"));				\
		FAILS(ENAMETOOLONG, call(long_name(NAME_MAX + 1)));	\
		FAILS(ENAMETOOLONG, call(long_path(PATH_MAX)));		\
		FAILS(EACCES, call("closed/x"));			\
		FAILS(EACCES, call("ro/x"));				\
		FAILS(EFAULT, call((char *)(uintptr_t)1));		\
	} while (0)

static void
scene(void)
{
	file("f", "content");
	WORKS(symlink("loop", "loop"));
	WORKS(symlink("f", "tofile"));
	WORKS(symlink("nothing", "dangling"));
	WORKS(mkdir("d", 0755));
	WORKS(symlink("d", "todir"));
	WORKS(mkdir("closed", 0755));
	file("closed/x", "");
	WORKS(chmod("closed", 0600));
	WORKS(mkdir("ro", 0755));
}

static void
leave(void)
{
	WORKS(chmod("closed", 0700));
	WORKS(chmod("ro", 0700));
}

static int
make_dir(const char *path)
{
	return mkdir(path, 0755);
}

void
test_mkdir(void)
{
	nlink_t	 links;

	scene();
	WORKS(chmod("ro", 0500));
	links = get(".").st_nlink;
	age(".");
	mark(".");
	WORKS(mkdir("new", 0777));
	HOLDS(modified("."));
	HOLDS(changed("."));
	HOLDS(S_ISDIR(get("new").st_mode));
	HOLDS((mode("new") & 0777) == 0755);
	HOLDS(get("new").st_uid == geteuid());
	HOLDS(get("new").st_gid == getegid() ||
	    get("new").st_gid == get(".").st_gid);
	HOLDS(get(".").st_nlink == links + 1 || links == 1);
	HOLDS(exists("new/.") && exists("new/.."));
	HOLDS(get("new/..").st_ino == get(".").st_ino);
	WORKS(mkdir("none", 0));
	HOLDS(mode("none") == 0);
	FAILS(EACCES, mkdir("none/x", 0755));
	FAILS(EEXIST, mkdir("new", 0755));
	FAILS(EEXIST, mkdir("f", 0755));
	FAILS(EEXIST, mkdir("dangling", 0755));
	HOLDS(!exists("nothing"));
	FAILS(EEXIST, mkdir("todir", 0755));
	FAILS(EEXIST, mkdir(".", 0755));
	FAILS(EEXIST, mkdir("..", 0755));
	FAILS(EEXIST, mkdir("/", 0755));
	WORKS(mkdir("todir/in", 0755));
	HOLDS(exists("d/in"));
	BAD_PATHS(make_dir);
	/* A directory's group, where it is to be inherited. */
	WORKS(mkdir("sgid", 0755));
	WORKS(chmod("sgid", 02755));
	WORKS(mkdir("sgid/sub", 0755));
	HOLDS(get("sgid/sub").st_gid == get("sgid").st_gid);
	leave();
}

void
test_rmdir(void)
{
	nlink_t	 links;
	int	 fd;

	scene();
	WORKS(mkdir("ro/x", 0755));
	WORKS(chmod("ro", 0500));
	links = get(".").st_nlink;
	WORKS(mkdir("new", 0755));
	age(".");
	mark(".");
	WORKS(rmdir("new"));
	HOLDS(!exists("new"));
	HOLDS(modified("."));
	HOLDS(changed("."));
	HOLDS(get(".").st_nlink == links);
	FAILS(ENOENT, rmdir("new"));
	file("d/in", "");
	errno = 0;
	HOLDS(rmdir("d") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	HOLDS(exists("d/in"));
	FAILS(ENOTDIR, rmdir("f"));
	FAILS(ENOTDIR, rmdir("tofile"));
	FAILS(ENOTDIR, rmdir("todir"));
	FAILS(ENOTDIR, rmdir("dangling"));
	FAILS(EINVAL, rmdir("d/."));
	errno = 0;
	HOLDS(rmdir("d/..") == -1 && (errno == ENOTEMPTY || errno == EEXIST));
	errno = 0;
	HOLDS(rmdir("/") == -1 && errno == EBUSY);
	BAD_PATHS(rmdir);
	/* Who has it open keeps an empty one. */
	WORKS(mkdir("held", 0755));
	fd = open("held", O_RDONLY | O_DIRECTORY);
	WORKS(rmdir("held"));
	FAILS(ENOENT, openat(fd, "x", O_WRONLY | O_CREAT, 0644));
	(void)close(fd);
	WORKS(mkdir("trail", 0755));
	WORKS(rmdir("trail//"));
	WORKS(mkdir("trail", 0755));
	WORKS(symlink("trail", "totrail"));
	FAILS(ENOTDIR, rmdir("totrail/"));
	WORKS(rmdir("trail"));
	WORKS(chmod("ro", 0700));
	WORKS(rmdir("ro/x"));
	leave();
}

static int
make_fifo(const char *path)
{
	return mkfifo(path, 0644);
}

void
test_mknod(void)
{
	scene();
	WORKS(chmod("ro", 0500));
	age(".");
	WORKS(mkfifo("p", 0666));
	HOLDS(S_ISFIFO(get("p").st_mode));
	HOLDS(mode("p") == 0644);
	HOLDS(modified("."));
	FAILS(EEXIST, mkfifo("p", 0644));
	FAILS(EEXIST, mkfifo("f", 0644));
	FAILS(EEXIST, mkfifo("dangling", 0644));
	FAILS(EEXIST, mkfifo("d", 0644));
	BAD_PATHS(make_fifo);
	WORKS(mknod("reg", S_IFREG | 0640, 0));
	HOLDS(S_ISREG(get("reg").st_mode) && mode("reg") == 0640);
	WORKS(mknod("reg2", 0600, 0));
	HOLDS(S_ISREG(get("reg2").st_mode));
	WORKS(mknod("sock", S_IFSOCK | 0600, 0));
	HOLDS(S_ISSOCK(get("sock").st_mode));
	FAILS(ENXIO, open("sock", O_RDWR));
	FAILS(EPERM, mknod("dev", S_IFCHR | 0600, (dev_t)259));
	FAILS(EPERM, mknod("dev", S_IFBLK | 0600, (dev_t)259));
	HOLDS(!exists("dev"));
	leave();
}

static int
link_from(const char *path)
{
	return link(path, "result");
}

static int
link_to(const char *path)
{
	return link("f", path);
}

void
test_link(void)
{
	char	 c = 0;
	int	 fd;

	scene();
	file("ro/y", "");
	WORKS(chmod("ro", 0500));
	age(".");
	mark("f");
	WORKS(link("f", "hard"));
	HOLDS(get("f").st_ino == get("hard").st_ino);
	HOLDS(get("f").st_nlink == 2);
	HOLDS(changed("f"));
	HOLDS(modified("."));
	fd = open("hard", O_WRONLY);
	HOLDS(write(fd, "C", 1) == 1);
	(void)close(fd);
	HOLDS(holds("f", "Content"));
	WORKS(unlink("f"));
	HOLDS(holds("hard", "Content"));
	HOLDS(get("hard").st_nlink == 1);
	WORKS(link("hard", "f"));
	FAILS(EEXIST, link("f", "hard"));
	FAILS(EEXIST, link("f", "d"));
	FAILS(EEXIST, link("f", "dangling"));
	FAILS(EEXIST, link("f", "f"));
	FAILS(EPERM, link("d", "dd"));
	FAILS(ENOENT, link("nothing", "x"));
	FAILS(ENOENT, link_from(""));
	FAILS(ENOTDIR, link_from("f/x"));
	FAILS(ELOOP, link_from("loop/x"));
	FAILS(EACCES, link_from("closed/x"));
	FAILS(EFAULT, link_from((char *)(uintptr_t)1));
	FAILS(ENAMETOOLONG, link_from(long_name(NAME_MAX + 1)));
	WORKS(link_from("ro/y"));
	WORKS(unlink("result"));
	BAD_PATHS(link_to);
	errno = 0;
	HOLDS(link("f", "x/") == -1 && (errno == ENOENT ||
	    errno == ENOTDIR));
	FAILS(ENOTDIR, link("f/", "x"));
	/* The link or the file, as the caller says. */
	WORKS(linkat(AT_FDCWD, "tofile", AT_FDCWD, "l1", 0));
	HOLDS(S_ISLNK(get("l1").st_mode));
	HOLDS(get("l1").st_ino == get("tofile").st_ino);
	WORKS(linkat(AT_FDCWD, "tofile", AT_FDCWD, "l2", AT_SYMLINK_FOLLOW));
	HOLDS(get("l2").st_ino == get("f").st_ino);
	WORKS(linkat(AT_FDCWD, "dangling", AT_FDCWD, "l3", 0));
	FAILS(ENOENT, linkat(AT_FDCWD, "dangling", AT_FDCWD, "l4",
	    AT_SYMLINK_FOLLOW));
	WORKS(mkfifo("p", 0644));
	WORKS(link("p", "p2"));
	HOLDS(get("p").st_nlink == 2);
	/* An open file without names. */
	WORKS(fd = open("last", O_RDWR | O_CREAT, 0644));
	WORKS(unlink("last"));
	HOLDS(write(fd, "q", 1) == 1 && pread(fd, &c, 1, 0) == 1 && c == 'q');
	(void)close(fd);
	leave();
}

static int
link_at(const char *path)
{
	return symlink("f", path);
}

void
test_symlink(void)
{
	char	 buf[PATH_MAX];

	scene();
	WORKS(chmod("ro", 0500));
	age(".");
	WORKS(symlink("some/where else", "s"));
	HOLDS(S_ISLNK(get("s").st_mode));
	HOLDS(get("s").st_size == 15);
	HOLDS(readlink("s", buf, sizeof(buf)) == 15 &&
	    strncmp(buf, "some/where else", 15) == 0);
	HOLDS(modified("."));
	FAILS(EEXIST, symlink("x", "s"));
	FAILS(EEXIST, symlink("x", "f"));
	FAILS(EEXIST, symlink("x", "d"));
	FAILS(EEXIST, symlink("x", "."));
	FAILS(ENOENT, symlink("", "empty"));
	FAILS(ENAMETOOLONG, symlink(long_path(PATH_MAX), "toolong"));
	WORKS(symlink(long_path(PATH_MAX - 1), "long"));
	HOLDS(get("long").st_size == PATH_MAX - 1);
	HOLDS(holds("long", "content"));
	FAILS(EFAULT, symlink((char *)(uintptr_t)1, "x"));
	BAD_PATHS(link_at);
	errno = 0;
	HOLDS(symlink("f", "x/") == -1 && (errno == ENOENT ||
	    errno == ENOTDIR));
	FAILS(EINVAL, readlink("f", buf, sizeof(buf)));
	WORKS(symlink("../f", "d/up"));
	HOLDS(holds("d/up", "content"));
	leave();
}

void
test_unlink(void)
{
	char	 buf[8];
	int	 fd;

	scene();
	file("ro/x", "");
	WORKS(chmod("ro", 0500));
	WORKS(link("f", "hard"));
	age(".");
	mark("f");
	WORKS(unlink("hard"));
	HOLDS(!exists("hard"));
	HOLDS(get("f").st_nlink == 1);
	HOLDS(changed("f"));
	HOLDS(modified("."));
	FAILS(ENOENT, unlink("hard"));
	errno = 0;
	HOLDS(unlink("d") == -1 && (errno == EPERM || errno == EISDIR));
	HOLDS(exists("d"));
	WORKS(unlink("tofile"));
	HOLDS(exists("f"));
	WORKS(unlink("todir"));
	HOLDS(exists("d"));
	WORKS(unlink("dangling"));
	FAILS(ENOTDIR, unlink("f/"));
	BAD_PATHS(unlink);
	HOLDS(exists("ro/x"));
	FAILS(ENOTDIR, unlinkat(AT_FDCWD, "f", AT_REMOVEDIR));
	/* Open, it lives on. */
	fd = open("f", O_RDWR);
	WORKS(unlink("f"));
	HOLDS(read(fd, buf, 7) == 7 && strncmp(buf, "content", 7) == 0);
	(void)close(fd);
	/* What may not be written can be removed. */
	file("mine", "");
	WORKS(chmod("mine", 0));
	WORKS(unlink("mine"));
	WORKS(unlink("loop"));
	WORKS(mkfifo("p", 0644));
	WORKS(unlink("p"));
	WORKS(mkdir("sticky", 0755));
	WORKS(chmod("sticky", 01777));
	file("sticky/f", "");
	WORKS(unlink("sticky/f"));
	leave();
}

static int
rename_from(const char *path)
{
	return rename(path, "result");
}

static int
rename_to(const char *path)
{
	return rename("f", path);
}

void
test_rename(void)
{
	char	 buf[8];
	ino_t	 ino;
	int	 fd;

	scene();
	file("ro/x", "");
	WORKS(chmod("ro", 0500));
	ino = get("f").st_ino;
	age(".");
	mark(".");
	WORKS(rename("f", "g"));
	HOLDS(!exists("f"));
	HOLDS(get("g").st_ino == ino);
	HOLDS(modified("."));
	HOLDS(changed("."));
	WORKS(rename("g", "d/g"));
	WORKS(rename("d/g", "f"));
	/* It replaces; who has the old one open keeps it. */
	file("other", "other");
	fd = open("other", O_RDONLY);
	WORKS(rename("f", "other"));
	HOLDS(holds("other", "content"));
	HOLDS(read(fd, buf, 5) == 5 && strncmp(buf, "other", 5) == 0);
	(void)close(fd);
	WORKS(rename("other", "f"));
	/* Two names of one file stay. */
	WORKS(link("f", "hard"));
	WORKS(rename("f", "hard"));
	HOLDS(exists("f") && exists("hard"));
	WORKS(rename("f", "f"));
	HOLDS(exists("f"));
	/* Links themselves are moved and replaced. */
	WORKS(rename("tofile", "moved"));
	HOLDS(S_ISLNK(get("moved").st_mode));
	WORKS(rename("hard", "moved"));
	HOLDS(S_ISREG(get("moved").st_mode));
	WORKS(rename("dangling", "moved"));
	HOLDS(S_ISLNK(get("moved").st_mode));
	FAILS(ENOENT, rename("nothing", "x"));
	FAILS(ENOENT, rename("nothing", "f"));
	HOLDS(exists("f"));
	BAD_PATHS(rename_from);
	BAD_PATHS(rename_to);
	FAILS(EISDIR, rename("f", "d"));
	FAILS(ENOTDIR, rename("f/", "x"));
	FAILS(ENOTDIR, rename("f", "x/"));
	HOLDS(exists("f"));
	leave();
}

void
test_rename_dir(void)
{
	nlink_t	 links;
	ino_t	 ino;

	scene();
	file("d/in", "in");
	links = get(".").st_nlink;
	WORKS(rename("d", "e"));
	HOLDS(holds("e/in", "in"));
	HOLDS(get(".").st_nlink == links);
	/* Over an empty directory, not over another. */
	WORKS(mkdir("empty", 0755));
	ino = get("e").st_ino;
	WORKS(rename("e", "empty"));
	HOLDS(get("empty").st_ino == ino && holds("empty/in", "in"));
	WORKS(mkdir("full", 0755));
	file("full/x", "");
	errno = 0;
	HOLDS(rename("empty", "full") == -1 && (errno == ENOTEMPTY ||
	    errno == EEXIST));
	FAILS(ENOTDIR, rename("empty", "f"));
	FAILS(EISDIR, rename("f", "empty"));
	FAILS(ENOTDIR, rename("empty", "tofile"));
	/* Not into itself. */
	WORKS(mkdir("empty/sub", 0755));
	FAILS(EINVAL, rename("empty", "empty/sub/x"));
	FAILS(EINVAL, rename("empty", "empty/x"));
	errno = 0;
	HOLDS(rename("empty/sub", "empty") == -1 && (errno == ENOTEMPTY ||
	    errno == EEXIST));
	errno = 0;
	HOLDS(rename(".", "x") == -1 && (errno == EINVAL || errno == EBUSY));
	errno = 0;
	HOLDS(rename("empty/..", "x") == -1 && (errno == EINVAL ||
	    errno == EBUSY));
	errno = 0;
	HOLDS(rename("empty", "full/.") == -1 && (errno == EINVAL ||
	    errno == EBUSY));
	WORKS(rename("empty/", "again/"));
	HOLDS(holds("again/in", "in"));
	/* ".." follows. */
	WORKS(rename("again/sub", "full/sub"));
	HOLDS(get("full/sub/..").st_ino == get("full").st_ino);
	/* A directory that may not be written, whose ".." would change. */
	WORKS(chmod("full/sub", 0500));
	errno = 0;
	HOLDS(rename("full/sub", "sub") == 0 || errno == EACCES);
	if (exists("full/sub"))
		WORKS(chmod("full/sub", 0700));
	FAILS(EACCES, rename("closed/x", "x"));
	WORKS(chmod("ro", 0500));
	FAILS(EACCES, rename("full", "ro/full"));
	HOLDS(exists("full"));
	leave();
}
