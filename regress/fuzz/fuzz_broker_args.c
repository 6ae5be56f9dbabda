/* SPDX-License-Identifier: ISC */

/*
 * What the broker reads of the command's memory before it looks at a path:
 * the flags of openat2(2), and names and values of attributes.  The path is
 * empty, so that nothing is done by what passes.  The kernel must take what
 * the broker does, and the other way round.
 *
 * Input: a byte for the call, two for a size, one for flags, and then the
 * memory, behind which is none.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/syscall.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "../../srt-exec/broker_open.h"
#include "../unit/broker_rest.h"

#define ROOM		8192
#define FLAGS_AT	0	/* in struct open_how */
#define RESOLVE_AT	16
#define RESOLVE_BITS	6	/* that Linux 5.12 knows */
#define NAME_LONGEST	255
#define VALUE_LONGEST	65536

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct broker		 broker;
static struct sandbox	 sandbox;
static char		*memory_end;	/* from here on there is none */
static uint64_t		 memory;	/* where the caller's begins */
static const char	 nothing[] = "";

/* The caller's memory. */

long
task_read(const struct call *c, uint64_t addr, void *buf, size_t len)
{
	(void)c;
	if (addr < memory || addr > (uintptr_t)memory_end ||
	    len > (uintptr_t)memory_end - addr)
		return -EFAULT;
	memcpy(buf, (const void *)(uintptr_t)addr, len);
	return 0;
}

long
task_string(const struct call *c, uint64_t addr, char *buf)
{
	size_t	 i;
	long	 r;

	if (addr == (uintptr_t)nothing) {
		buf[0] = '\0';
		return 0;
	}
	for (i = 0; i < PATH_MAX; i++) {
		if ((r = task_read(c, addr + i, buf + i, 1)) < 0)
			return r;
		if (buf[i] == '\0')
			return 0;
	}
	return -ENAMETOOLONG;
}

static void
check(int ok)
{
	if (!ok)
		abort();
}

static uint64_t
word_at(size_t at)
{
	uint64_t	 word = 0;

	if (memory_end - (char *)(uintptr_t)memory >= (ptrdiff_t)(at + 8))
		memcpy(&word, (char *)(uintptr_t)memory + at, sizeof(word));
	return word;
}

/* Did it come as far as the path, or would it have, at another time? */
static int
is_taken(long r)
{
	return r == -ENOENT || r == -EAGAIN || r == CALL_CONTINUE;
}

/*
 * Newer kernels know more flags, and may be strict where older ones are not
 * (Linux 6.4: O_DIRECTORY with O_CREAT).
 */
static int
may_differ(void)
{
	uint64_t	 flags = word_at(FLAGS_AT);

	return (flags & ~FLAGS_KNOWN) != 0 ||
	    word_at(RESOLVE_AT) >> RESOLVE_BITS != 0 ||
	    (flags & (O_CREAT | O_DIRECTORY)) == (O_CREAT | O_DIRECTORY);
}

static void
try_openat2(struct call *c, size_t size)
{
	long	 r, kernel;

	c->arg[0] = (uint64_t)AT_FDCWD;
	c->arg[1] = (uintptr_t)nothing;
	c->arg[2] = memory;
	c->arg[3] = size;
	r = call_openat2(c);
	check(r == CALL_CONTINUE || (r < 0 && r != -ENOSYS));
	kernel = syscall(NR_OPENAT2, AT_FDCWD, nothing, memory, size);
	check(kernel == -1);
	/* In a container's filter, or before 5.12, no word of it counts. */
	if (errno == ENOSYS || errno == EPERM || sysconf(_SC_PAGESIZE) != 4096)
		return;
	if (is_taken(r))
		check(is_taken(-errno) || word_at(RESOLVE_AT) >= 32);
	else
		check(!is_taken(-errno) || may_differ());
}

/* As setxattr(2) and removexattr(2) have it. */
static void
try_xattr(struct call *c, int removing, uint64_t size, int flags)
{
	const char	*name = (const char *)(uintptr_t)memory;
	size_t		 room = (size_t)(memory_end - name);
	size_t		 len = strnlen(name, room);
	int		 good = len < room && len > 0 && len <= NAME_LONGEST;
	long		 r;

	c->arg[0] = (uintptr_t)nothing;
	c->arg[1] = memory;
	/* The value is what is behind the name. */
	c->arg[2] = memory + len + 1;
	c->arg[3] = size;
	c->arg[4] = (uint64_t)flags;
	if (removing)
		r = call_removexattr(c);
	else {
		r = call_setxattr(c);
		good = good && (flags & ~3) == 0 && size <= VALUE_LONGEST &&
		    size <= room - len - 1;
	}
	check(good ? r == -ENOENT : r == -ERANGE || r == -EINVAL ||
	    r == -E2BIG || r == -EFAULT);
}

/* Room with nothing behind it, and a broker without policy. */
static void
begin(void)
{
	size_t	 page = (size_t)sysconf(_SC_PAGESIZE);
	size_t	 size = (ROOM + page - 1) / page * page;
	char	*p;

	if (memory_end != NULL)
		return;
	p = mmap(NULL, size + page, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	if (p == MAP_FAILED || mprotect(p + size, page, PROT_NONE) == -1)
		err(1, "mmap");
	memory_end = p + size;
	broker.sb = &sandbox;
	broker.mounts.landlock.abi = 6;
	broker.mounts.landlock.handled = 1;
	if ((broker.guard = guard_new(0)) == NULL ||
	    pthread_rwlock_init(&broker.tree, NULL) != 0)
		err(1, "guard");
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static struct call	 c;
	size_t			 size;
	int			 flags;

	if (len < 4 || len - 4 > ROOM)
		return 0;
	begin();
	size = data[1] | (size_t)data[2] << 8;
	flags = data[3];
	memory = (uintptr_t)memory_end - (len - 4);
	memcpy((void *)(uintptr_t)memory, data + 4, len - 4);
	memset(c.arg, 0, sizeof(c.arg));
	switch (data[0] % 4) {
	case 0:
	case 1:
		try_openat2(&c, size);
		break;
	case 2:
		try_xattr(&c, 0, flags < 128 ? size : (uint64_t)size <<
		    (flags - 128) % 48, flags % 8);
		break;
	default:
		try_xattr(&c, 1, 0, 0);
	}
	return 0;
}
