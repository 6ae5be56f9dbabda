/* SPDX-License-Identifier: ISC */

/*
 * The arguments of the corpus.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/stat.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fscalls.h"

#ifndef O_TMPFILE
#define O_TMPFILE	020200000
#endif
#ifndef O_PATH
#define O_PATH		010000000
#endif
#define TMPFILE_BIT	(O_TMPFILE & ~O_DIRECTORY)
#define LARGEFILE	0100000
#define SLOTS		3
#define ROOM		(PATH_MAX * 2)

/*
 * A chain of links has at most 20: while others mount, the kernel may begin
 * anew and go on counting, so that fewer than 40 are too many.
 */
static const char *const names[] = {
	"a", "b", "c", "d1", "d1", "d2", "d2", "e", "f", "sg", "st", "nox",
	"nor", "now", "f1", "f1", "f2", "h1", "ro", "wo", "no", "p", "s", "l1",
	"l2", "l2", "l3", "l4", "l5", "l6", "l7", "l8", "l9", "up", "k05",
	"k10", "k15", "x", "y", "A", "with space", "\303\244"
};

static struct path	 slots[SLOTS];
static char		 buffers[SLOTS][ROOM];
static char		*edge;		/* of a mapped page: nothing follows */
static char		 work[PATH_MAX];
static long		 page;

void
args_init(const char *top)
{
	int	 i;

	page = sysconf(_SC_PAGESIZE);
	edge = mmap(NULL, (size_t)page * 3, PROT_READ | PROT_WRITE,
	    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (edge == MAP_FAILED ||
	    mprotect(edge + page * 2, (size_t)page, PROT_NONE) == -1)
		err(1, "mmap");
	edge += page * 2;
	(void)strlcpy(work, top, sizeof(work));
	for (i = 0; i < ABOVE; i++)
		(void)strlcat(work, "/up", sizeof(work));
	(void)strlcat(work, "/w", sizeof(work));
}

const void *
bad_ptr(void)
{
	switch (rnd(3)) {
	case 0:
		return edge;
	case 1:
		return (const void *)(uintptr_t)1;
	default:
		return (const void *)(uintptr_t)0xffff800000000000ULL;
	}
}

static void
add(char *buf, const char *s)
{
	if (strlcat(buf, s, ROOM) >= ROOM)
		errx(1, "path too long");
}

/* Repeats "./" until what follows makes a path of len letters. */
static void
pad(char *buf, const char *name, size_t len)
{
	while (strlen(buf) + strlen(name) + 2 <= len)
		add(buf, "./");
	if (strlen(buf) + strlen(name) < len)
		add(buf, "/");
	add(buf, name);
}

static void
letters(char *buf, int c, size_t n)
{
	size_t	 len = strlen(buf);

	memset(buf + len, c, n);
	buf[len + n] = '\0';
}

static const char *
any_name(void)
{
	return names[rnd(nitems(names))];
}

/* Most calls should find something. */
static void
likely(char *buf)
{
	static const char *const	 there[] = {
	    "d1", "d1/e", "d1/f1", "d2", "d2/e", "d2/e/f", "sg", "st",
	    "st/f2", "nor", "now", "nox", "f1", "f2", "h1", "ro", "wo", "no",
	    "p", "s", "l1", "l2", "l6", "l6/e", "l7", "l7/f", "l2/f1", "l3",
	    "d2/l1", "k10", "k15", "d1/up", "l8/d1/e", "a", "b", "c" };
	static const char *const	 inside[] = {
	    "d1/", "d2/", "d2/e/", "sg/", "st/", "l6/", "l2/", "a/", "" };

	if (chance(8)) {
		add(buf, work);
		add(buf, "/");
	}
	if (chance(2)) {
		add(buf, inside[rnd(nitems(inside))]);
		add(buf, any_name());
	} else
		add(buf, there[rnd(nitems(there))]);
	if (chance(20))
		add(buf, "/");
}

static void
usual(char *buf)
{
	static const char *const	 between[] = {
	    "/", "/", "/", "/", "/", "//", "/./", "/../" };
	static const char *const	 after[] = {
	    "/", "/", "//", "/.", "/..", "/./" };
	unsigned int			 n = 1 + rnd(2) + rnd(2);

	if (chance(8)) {
		add(buf, work);
		add(buf, "/");
	} else if (chance(10))
		add(buf, "./");
	else if (chance(10))
		add(buf, "../");
	add(buf, any_name());
	while (--n > 0) {
		add(buf, between[rnd(nitems(between))]);
		add(buf, any_name());
	}
	if (chance(9))
		add(buf, after[rnd(nitems(after))]);
}

static void
proc(char *buf)
{
	static const char *const	 dirs[] = {
	    "/proc/self/fd/", "/proc/self/fd/", "/proc/thread-self/fd/",
	    "/dev/fd/", "/proc/self/../self/fd/", "/proc//self/./fd/" };
	char				 number[16];

	if (chance(6)) {
		add(buf, "/proc/self/cwd/");
		add(buf, any_name());
		return;
	}
	add(buf, dirs[rnd(nitems(dirs))]);
	(void)snprintf(number, sizeof(number), "%d",
	    FD_WORK + (int)rnd(FD_LIMIT - FD_WORK));
	if (!chance(4))
		(void)snprintf(number, sizeof(number), "%d", any_fd());
	/* These are the test's own. */
	if (strlen(number) == 1 && number[0] < '0' + FD_WORK)
		number[0] = '0' + FD_WORK;
	add(buf, number);
	if (chance(3)) {
		add(buf, "/");
		add(buf, any_name());
	} else if (chance(8))
		add(buf, chance(2) ? "/" : "/..");
}

static void
deep(char *buf)
{
	unsigned int	 i, n = DEEP - rnd(3);

	for (i = 0; i < n; i++) {
		letters(buf, 'D', NAME_MAX);
		add(buf, "/");
	}
	if (chance(2)) {
		add(buf, "F");
		letters(buf, 'D', NAME_MAX - 1);
	} else
		add(buf, any_name());
}

static void
unusual(char *buf)
{
	static const char *const	 special[] = {
	    "", "", ".", "..", "./", "../", "./.", "...", "/nonexistent/x",
	    "d1/.", "d1/..", "f1/.", "f1/..", "l2/", "l2/.", "l3/", "l1/",
	    "nothing/", "a/b/c/d" };

	switch (rnd(8)) {
	case 0:
		letters(buf, 'n', NAME_MAX);
		break;
	case 1:
		letters(buf, 'n', NAME_MAX + 1);
		break;
	case 2:
		add(buf, "d1/");
		letters(buf, 'm', NAME_MAX + rnd(2));
		add(buf, chance(2) ? "/" : "");
		break;
	case 3:
		pad(buf, any_name(), PATH_MAX - 2 + rnd(3));
		break;
	case 4:
		deep(buf);
		break;
	default:
		add(buf, special[rnd(nitems(special))]);
		break;
	}
}

static struct path *
path_is(int slot, const char *s)
{
	struct path	*p = &slots[slot];

	p->ptr = s;
	show(p->text, sizeof(p->text), s);
	if (*s == '\0')
		(void)strlcpy(p->text, "\"\"", sizeof(p->text));
	return p;
}

/* A path that the kernel cannot read, or only just. */
static struct path *
path_bad(int slot)
{
	struct path	*p = &slots[slot];
	size_t		 len;

	switch (rnd(4)) {
	case 0:
		p->ptr = NULL;
		(void)strlcpy(p->text, "NULL", sizeof(p->text));
		break;
	case 1:
		p->ptr = bad_ptr();
		(void)strlcpy(p->text, "BAD", sizeof(p->text));
		break;
	case 2:
		p->ptr = edge - 3;
		memcpy(edge - 3, "f1x", 3);
		(void)strlcpy(p->text, "\"f1x\"|", sizeof(p->text));
		break;
	default:
		len = strlen(buffers[slot]) + 1;
		if (len > (size_t)page)
			return path_is(slot, buffers[slot]);
		(void)path_is(slot, buffers[slot]);
		memcpy(edge - len, buffers[slot], len);
		p->ptr = edge - len;
		break;
	}
	return p;
}

struct path *
any_path(int slot)
{
	char	*buf = buffers[slot];

	*buf = '\0';
	if (chance(12))
		unusual(buf);
	else if (chance(14))
		proc(buf);
	else if (!chance(3))
		likely(buf);
	else
		usual(buf);
	if (chance(60))
		return path_bad(slot);
	return path_is(slot, buf);
}

struct path *
open_path(int slot)
{
	static const char *const	 devices[] = {
	    "/dev/null", "/dev/zero", "/dev/null/", "/dev/tty", "/dev/full",
	    "/dev/null/x" };

	if (chance(30))
		return path_is(slot, devices[rnd(nitems(devices))]);
	return any_path(slot);
}

/* Nothing that leads to where the sandbox differs: above all, not far up. */
struct path *
any_target(int slot)
{
	char	*buf = buffers[slot];

	*buf = '\0';
	if (chance(10))
		pad(buf, any_name(), PATH_MAX - 2 + rnd(3));
	else if (chance(10))
		proc(buf);
	else if (chance(20))
		return path_is(slot, "");
	else
		usual(buf);
	if (chance(40))
		return path_bad(slot);
	return path_is(slot, buf);
}

struct path *
any_xattr(int slot)
{
	static const char *const	 attrs[] = {
	    "user.a", "user.a", "user.a", "user.b", "user.b", "user.c",
	    "user.", "user", "", "trusted.a", "security.a", "system.a",
	    "nothing.a", "system.posix_acl_access", "user.\001" };
	char				*buf = buffers[slot];

	*buf = '\0';
	if (chance(10)) {
		add(buf, "user.");
		letters(buf, 'u', (size_t)NAME_MAX - 6 + rnd(3));
	} else
		add(buf, attrs[rnd(nitems(attrs))]);
	if (chance(30))
		return path_bad(slot);
	return path_is(slot, buf);
}

int
any_fd(void)
{
	int	 i, fd;

	if (chance(25))
		return chance(2) ? -1 : (int)(FD_LIMIT + rnd(1000));
	/* The first that is open from anywhere on. */
	fd = FD_WORK + (int)rnd(FD_LIMIT - FD_WORK);
	for (i = FD_WORK; i < FD_LIMIT; i++) {
		if (fcntl(fd, F_GETFD) != -1)
			return fd;
		if (++fd == FD_LIMIT)
			fd = FD_WORK;
	}
	return FD_WORK;
}

int
any_dirfd(void)
{
	struct stat	 st;
	int		 i, fd;

	if (chance(2))
		return AT_FDCWD;
	if (chance(12))
		return any_fd();
	for (i = 0; i < 4; i++) {
		fd = any_fd();
		if (fstat(fd, &st) == 0 && S_ISDIR(st.st_mode))
			return fd;
	}
	return any_fd();
}

int
spare_fd(void)
{
	int	 fd = any_fd();

	return fd == FD_WORK ? FD_WORK + 1 : fd;
}

const char *
fd_text(int fd)
{
	static char	 text[4][16];
	static int	 i;
	char		*p = text[i++ % 4];

	if (fd == AT_FDCWD)
		return "CWD";
	(void)snprintf(p, sizeof(text[0]), "%d", fd);
	return p;
}

unsigned int
any_open_flags(void)
{
	static const struct {
		unsigned int	 flag;
		unsigned int	 often;
	} flags[] = {
		{ O_CREAT, 2 }, { O_EXCL, 6 }, { O_TRUNC, 5 },
		{ O_APPEND, 6 }, { O_NONBLOCK, 4 }, { O_CLOEXEC, 3 },
		{ O_NOFOLLOW, 6 }, { O_DIRECTORY, 9 }, { O_PATH, 14 },
		{ O_SYNC, 20 }, { O_DSYNC, 20 }, { O_NOCTTY, 10 },
		{ O_NOATIME, 20 }, { O_DIRECT, 40 }, { LARGEFILE, 10 },
		{ O_ASYNC, 40 }, { O_TMPFILE, 14 }, { TMPFILE_BIT, 60 },
		{ 0x40000000, 60 }, { 010, 60 }
	};
	unsigned int	 f = rnd(3);		/* O_RDONLY and so on */
	size_t		 i;

	if (chance(30))
		f = O_ACCMODE;
	for (i = 0; i < nitems(flags); i++)
		if (chance(flags[i].often))
			f |= flags[i].flag;
	return f;
}

/* No set-user-ID, no set-group-ID: these are refused on purpose. */
unsigned int
file_mode(void)
{
	static const unsigned int	 modes[] = {
	    0644, 0666, 0600, 0777, 0700, 0755, 0400, 0444, 0200, 0, 01644,
	    0100644, 0111, 0xffff0000 | 0640 };

	return modes[rnd(nitems(modes))];
}

unsigned int
dir_mode(void)
{
	static const unsigned int	 modes[] = {
	    0755, 0777, 0700, 0775, 02775, 01777, 06777, 0500, 0300, 0600, 0,
	    03755 };

	return modes[rnd(nitems(modes))];
}
