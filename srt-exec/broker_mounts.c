/* SPDX-License-Identifier: ISC */

/*
 * The mounts that the command sees, by number.  They are read once: nobody
 * can make one any more.
 */

#include "compat.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "broker.h"
#include "broker_path.h"
#include "log.h"

struct mount {
	uint64_t	 id;
	enum mount_kind	 kind;
};

static struct mount	*mounts;
static size_t		 nmounts;
static int		 hosts_proc;

static char *
read_all(int fd)
{
	char	*buf = NULL, *p;
	size_t	 size = 0, len = 0;
	ssize_t	 n;

	for (;;) {
		if (size - len < 4096) {
			size += 16384;
			if ((p = realloc(buf, size)) == NULL)
				fatal("malloc");
			buf = p;
		}
		n = read(fd, buf + len, size - len - 1);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			fatal("mountinfo");
		if (n == 0)
			break;
		len += (size_t)n;
	}
	buf[len] = '\0';
	return buf;
}

char *
mounts_text(void)
{
	char	*text;
	int	 fd;

	fd = openat(broker.procfd, "self/mountinfo", O_RDONLY | O_CLOEXEC);
	if (fd == -1)
		fatal("mountinfo");
	text = read_all(fd);
	(void)close(fd);
	return text;
}

static int
mount_cmp(const void *a, const void *b)
{
	uint64_t	 x = ((const struct mount *)a)->id;
	uint64_t	 y = ((const struct mount *)b)->id;

	return (x > y) - (x < y);
}

/*
 * "36 35 98:0 /mnt1 /mnt2 rw,noatime master:1 - ext3 /dev/root rw", see
 * proc_pid_mountinfo(5).
 */
static void
mount_learn(const char *line)
{
	unsigned long long	 id;
	unsigned int		 major, minor;
	struct mount		*m;
	const char		*type;
	int			 at = 0;

	/* The kernel's own numbers.  NOLINTNEXTLINE(cert-err34-c) */
	if (sscanf(line, "%llu %*u %u:%u %*s %n", &id, &major, &minor,
	    &at) != 3 || at == 0 || (type = strstr(line, " - ")) == NULL)
		fatalx("cannot read mountinfo");
	/* Grows by doubling. */
	if ((nmounts & (nmounts - 1)) == 0) {
		m = reallocarray(mounts, nmounts == 0 ? 1 : nmounts * 2,
		    sizeof(*m));
		if (m == NULL)
			fatal("malloc");
		mounts = m;
	}
	m = &mounts[nmounts++];
	m->id = id;
	if (strncmp(type + 3, "proc ", 5) == 0) {
		m->kind = MOUNT_PROC;
		/* That at /proc lies under the command's own. */
		hosts_proc |= makedev(major, minor) != broker.procdev &&
		    strncmp(line + at, "/proc ", 6) != 0;
	} else if (!broker_is_bare() && (strncmp(line + at, "/dev ", 5) == 0 ||
	    strncmp(line + at, "/dev/", 5) == 0))
		m->kind = MOUNT_DEV;
	else
		m->kind = MOUNT_PLAIN;
}

void
mounts_learn(void)
{
	char	*buf, *line, *end;

	buf = mounts_text();
	for (line = buf; (end = strchr(line, '\n')) != NULL; line = end + 1) {
		*end = '\0';
		mount_learn(line);
	}
	free(buf);
	if (nmounts > 0)
		qsort(mounts, nmounts, sizeof(*mounts), mount_cmp);
}

int
mounts_show_us(void)
{
	return hosts_proc || broker_is_bare() ||
	    (broker.sb->opt.flags & EXEC_WEAKER_NESTED) != 0;
}

enum mount_kind
mounts_kind(uint64_t id)
{
	struct mount	 key = { .id = id };
	struct mount	*m;

	if (nmounts == 0)
		return MOUNT_FOREIGN;
	m = bsearch(&key, mounts, nmounts, sizeof(*mounts), mount_cmp);
	return m == NULL ? MOUNT_FOREIGN : m->kind;
}
