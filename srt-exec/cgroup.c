/* SPDX-License-Identifier: ISC */

/*
 * A cgroup for the command, in a hierarchy of version 2 that was delegated
 * to the caller; see "Delegation" in the kernel's cgroup-v2 document.
 *
 * Processes can only be in the leaves, and srt itself is in some cgroup
 * already.  So there are two places.  One is beside that cgroup or further
 * up, where the caller may make a new one and the controllers are handed
 * down: this is how a desktop's terminal is found.  The other is the cgroup
 * of srt itself if nobody else is in it (systemd-run --scope -p Delegate=yes
 * srt ...): then srt moves into a leaf of it.
 *
 * Nobody but root owns a cgroup by being able to write to it: under systemd
 * root needs one that is marked as delegated.
 *
 * What has been made is removed by a process that does nothing else, so that
 * it is, whatever becomes of the others.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/types.h>
#include <sys/wait.h>
#include <sys/xattr.h>

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <poll.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "limits.h"
#include "log.h"
#include "sandbox.h"

#define NAME_PREFIX	"srt-"
#define LEAF_SUFFIX	".self"
#define PROCS_MAX	16384	/* bytes of cgroup.procs that we look at */
#define ANCESTORS_MAX	8	/* between srt and what it has started */
#define REMOVE_TRIES	500	/* of 10 ms each */

/* Where a cgroup is to be made. */
struct place {
	char	 path[PATH_MAX];	/* of the cgroup above it */
	size_t	 mount;			/* length of the mount point in it */
	int	 own;			/* it is the one that srt is in */
};

static struct {
	int	 above;			/* the cgroup above */
	char	 name[64];		/* of the new one */
	int	 made;			/* it is there, by us */
	char	 leaf[80];		/* of our own, or "" */
	char	 controllers[32];	/* that were switched on for us */
	int	 pipe;			/* the keeper sees it close */
	pid_t	 keeper;
} cg = { .above = -1, .pipe = -1 };

/* The text of a file in the directory, cut off if it is longer; or -1. */
static int
file_read(int dir, const char *name, char *buf, size_t size)
{
	ssize_t	 n;
	size_t	 len = 0;
	int	 fd;

	if ((fd = openat(dir, name, O_RDONLY | O_CLOEXEC)) == -1)
		return -1;
	while (len < size - 1 && (n = read(fd, buf + len,
	    size - 1 - len)) != 0) {
		if (n == -1 && errno != EINTR) {
			(void)close(fd);
			return -1;
		}
		if (n > 0)
			len += (size_t)n;
	}
	(void)close(fd);
	buf[len] = '\0';
	return 0;
}

static int
file_write(int dir, const char *name, const char *text)
{
	size_t	 len = strlen(text);
	ssize_t	 n;
	int	 fd, saved;

	if ((fd = openat(dir, name, O_WRONLY | O_CLOEXEC)) == -1)
		return -1;
	do
		n = write(fd, text, len);
	while (n == -1 && errno == EINTR);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return n == (ssize_t)len ? 0 : -1;
}

static int
file_write_number(int dir, const char *name, uint64_t n)
{
	char	 text[32];

	(void)snprintf(text, sizeof(text), "%" PRIu64, n);
	return file_write(dir, name, text);
}

/* Is the word in the list? */
static int
has_word(const char *list, const char *word)
{
	size_t		 len = strlen(word);
	const char	*s;

	for (s = list; (s = strstr(s, word)) != NULL; s += len)
		if ((s == list || s[-1] == ' ') &&
		    (s[len] == ' ' || s[len] == '\n' || s[len] == '\0'))
			return 1;
	return 0;
}

/* Are all controllers that are wanted ("+memory +pids") in the file? */
static int
has_controllers(int dir, const char *file, const char *wanted)
{
	char	 list[512], word[32];
	size_t	 len;

	if (file_read(dir, file, list, sizeof(list)) == -1)
		return 0;
	while (*wanted != '\0') {
		wanted += strspn(wanted, " +");
		len = strcspn(wanted, " ");
		(void)snprintf(word, sizeof(word), "%.*s", (int)len, wanted);
		if (!has_word(list, word))
			return 0;
		wanted += len;
	}
	return 1;
}

/* The mount point of the hierarchy and, beneath it, our own cgroup. */
static int
place_own(struct place *p)
{
	char	 line[2 * PATH_MAX], root[PATH_MAX], point[PATH_MAX];
	char	 path[PATH_MAX];
	FILE	*fp;
	size_t	 len;
	int	 n = -1;

	*path = '\0';
	if ((fp = fopen("/proc/self/cgroup", "re")) == NULL)
		return -1;
	while (fgets(line, sizeof(line), fp) != NULL)
		if (strncmp(line, "0::/", 4) == 0) {
			line[strcspn(line, "\n")] = '\0';
			(void)strlcpy(path, line + 3, sizeof(path));
		}
	(void)fclose(fp);
	/* "/..": outside of what this cgroup namespace may see. */
	if (*path == '\0' || strncmp(path, "/..", 3) == 0)
		return -1;
	if ((fp = fopen("/proc/self/mountinfo", "re")) == NULL)
		return -1;
	while (n == -1 && fgets(line, sizeof(line), fp) != NULL) {
		if (strstr(line, " - cgroup2 ") == NULL ||
		    strlen(line) >= PATH_MAX || sscanf(line,
		    "%*u %*u %*s %4095s %4095s", root, point) != 2)
			continue;
		len = strcmp(root, "/") == 0 ? 0 : strlen(root);
		if (strncmp(path, root, len) != 0 || path[len] != '/')
			continue;
		n = snprintf(p->path, sizeof(p->path), "%s%s", point,
		    path + len);
		p->mount = strlen(point);
	}
	(void)fclose(fp);
	if (n <= 0 || (size_t)n >= sizeof(p->path))
		return -1;
	/* The root of the hierarchy ends in a slash. */
	if (p->path[n - 1] == '/')
		p->path[n - 1] = '\0';
	p->own = 1;
	return 0;
}

/* The cgroup above; 0 if that is the last. */
static int
place_up(struct place *p)
{
	char	*slash;

	if (strlen(p->path) <= p->mount ||
	    (slash = strrchr(p->path, '/')) == NULL)
		return 0;
	*slash = '\0';
	p->own = 0;
	return 1;
}

static int
marked(const char *path)
{
	char	 value[2];

	return (getxattr(path, "user.delegate", value, sizeof(value)) == 1 ||
	    getxattr(path, "trusted.delegate", value, sizeof(value)) == 1) &&
	    value[0] == '1';
}

/* May the caller make cgroups there, by right and not by might? */
static int
delegated(const struct place *p)
{
	struct place	 up = *p;

	if (geteuid() != 0 || access("/run/systemd/system", F_OK) == -1)
		return 1;
	do
		if (marked(up.path))
			return 1;
	while (place_up(&up));
	return 0;
}

static pid_t
parent_of(pid_t pid)
{
	char	 path[32], stat[512], *s;
	int	 dir, ppid = 0;

	(void)snprintf(path, sizeof(path), "/proc/%d", (int)pid);
	dir = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return 0;
	/* The name of the program may hold anything, brackets as well. */
	if (file_read(dir, "stat", stat, sizeof(stat)) == -1 ||
	    (s = strrchr(stat, ')')) == NULL || strlen(s) < 5)
		ppid = 0;
	else	/* ") S 4711 " */
		ppid = (int)strtol(s + 4, NULL, 10);
	(void)close(dir);
	return (pid_t)ppid;
}

/* Is it srt, or has srt started it? */
static int
is_ours(pid_t pid)
{
	pid_t	 srt = getppid();
	int	 i;

	for (i = 0; i < ANCESTORS_MAX && pid > 1; i++) {
		if (pid == srt)
			return 1;
		pid = parent_of(pid);
	}
	return 0;
}

/*
 * Calls the function for each process of a cgroup until it fails; a process
 * that has just gone does not matter.  -1 also if there are too many.
 */
static int
each_process(int dir, int (*fn)(int, pid_t), int arg)
{
	static char	 text[PROCS_MAX];
	char		*line, *end;

	if (file_read(dir, "cgroup.procs", text, sizeof(text)) == -1 ||
	    strlen(text) == sizeof(text) - 1)
		return -1;
	for (line = text; (end = strchr(line, '\n')) != NULL; line = end + 1)
		if (fn(arg, (pid_t)strtol(line, NULL, 10)) == -1)
			return -1;
	return 0;
}

static int
process_ours(int arg, pid_t pid)
{
	(void)arg;
	return is_ours(pid) ? 0 : -1;
}

static int
process_move(int dir, pid_t pid)
{
	if (file_write_number(dir, "cgroup.procs", (uint64_t)pid) == -1 &&
	    errno != ESRCH)
		return -1;
	return 0;
}

/* Moves all processes of the one cgroup into the other. */
static int
move_all(int from, int to)
{
	char	 text[2];
	int	 i;

	for (i = 0; i < ANCESTORS_MAX; i++) {
		if (each_process(from, process_move, to) == -1)
			return -1;
		if (file_read(from, "cgroup.procs", text, sizeof(text)) ==
		    -1 || *text == '\0')
			return *text == '\0' ? 0 : -1;
	}
	errno = EBUSY;
	return -1;
}

/* The cgroup that srt is in becomes an inner one, without processes. */
static int
become_leaf(int dir, const char *wanted)
{
	int	 leaf, rc;

	if (each_process(dir, process_ours, 0) == -1 ||
	    mkdirat(dir, cg.leaf, 0755) == -1)
		return -1;
	leaf = openat(dir, cg.leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (leaf == -1) {
		(void)unlinkat(dir, cg.leaf, AT_REMOVEDIR);
		return -1;
	}
	rc = move_all(dir, leaf);
	if (rc == 0)
		rc = file_write(dir, "cgroup.subtree_control", wanted);
	if (rc == -1) {
		(void)move_all(leaf, dir);
		(void)unlinkat(dir, cg.leaf, AT_REMOVEDIR);
	}
	(void)close(leaf);
	return rc;
}

/* Are the controllers handed down, or can they be? */
static int
hand_down(int dir, const struct place *p, const char *wanted)
{
	char	*s;

	if (has_controllers(dir, "cgroup.subtree_control", wanted))
		goto plain;
	if (!p->own || !has_controllers(dir, "cgroup.controllers", wanted))
		return -1;
	(void)strlcpy(cg.controllers, wanted, sizeof(cg.controllers));
	/*
	 * The root of the hierarchy, which has no type, may have processes.
	 * Elsewhere pids alone could be handed down beside them, too, as it
	 * can be of threads; but then no process enters what is below.
	 */
	if (faccessat(dir, "cgroup.type", F_OK, 0) == -1 && errno == ENOENT) {
		cg.leaf[0] = '\0';
		if (file_write(dir, "cgroup.subtree_control", wanted) == -1)
			goto none;
	} else if (become_leaf(dir, wanted) == -1)
		goto none;
	for (s = cg.controllers; *s != '\0'; s++)
		if (*s == '+')
			*s = '-';
	return 0;
 none:
	cg.controllers[0] = '\0';
	return -1;
 plain:
	cg.leaf[0] = cg.controllers[0] = '\0';
	return 0;
}

/* Undoes what was made; also when only some of it was. */
static void
cgroup_remove(void)
{
	int	 dir, leaf, i;

	dir = !cg.made ? -1 : openat(cg.above, cg.name, O_RDONLY |
	    O_DIRECTORY | O_CLOEXEC);
	if (dir != -1) {
		(void)file_write(dir, "cgroup.kill", "1");
		(void)close(dir);
	}
	for (i = 0; cg.made && i < REMOVE_TRIES; i++) {
		if (unlinkat(cg.above, cg.name, AT_REMOVEDIR) == 0 ||
		    errno != EBUSY)
			break;
		(void)poll(NULL, 0, 10);
	}
	/* Others' cgroups may be there by now: then it stays on. */
	if (cg.controllers[0] != '\0' && file_write(cg.above,
	    "cgroup.subtree_control", cg.controllers) == -1)
		return;
	if (cg.leaf[0] == '\0')
		return;
	leaf = openat(cg.above, cg.leaf, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (leaf == -1)
		return;
	/* Who is about to end is not listed, but there. */
	for (i = 0; i < REMOVE_TRIES; i++) {
		(void)move_all(leaf, cg.above);
		if (unlinkat(cg.above, cg.leaf, AT_REMOVEDIR) == 0 ||
		    errno != EBUSY)
			break;
		(void)poll(NULL, 0, 10);
	}
	(void)close(leaf);
}

static __dead void
keeper(int from)
{
	char	 c;
	ssize_t	 n;
	int	 fd;

	/* Its own session: it outlives the terminal, too. */
	(void)setsid();
	for (fd = 0; fd <= STDERR_FILENO; fd++)
		(void)close(fd);
	/* Others hold pipes whose end means something. */
	from = fcntl(from, F_DUPFD, 10);
	cg.above = fcntl(cg.above, F_DUPFD, 10);
	if (from == -1 || cg.above == -1 || dup2(from, 3) == -1 ||
	    dup2(cg.above, 4) == -1)
		_exit(1);
	from = 3;
	cg.above = 4;
	closefrom(5);
	(void)ns_undumpable();
	(void)ns_drop_caps(0, 0);
	do
		n = read(from, &c, 1);
	while (n == 1 || (n == -1 && errno == EINTR));
	cgroup_remove();
	_exit(0);
}

static int
keeper_start(void)
{
	int	 fds[2];

	if (pipe2(fds, O_CLOEXEC) == -1)
		return -1;
	if ((cg.keeper = fork()) == -1) {
		(void)close(fds[0]);
		(void)close(fds[1]);
		return -1;
	}
	if (cg.keeper == 0) {
		sandbox_follow(SIGCONT);
		(void)close(fds[1]);
		keeper(fds[0]);
	}
	(void)close(fds[0]);
	cg.pipe = fds[1];
	return 0;
}

/* The new cgroup itself: the descriptor of its cgroup.procs, or -1. */
static int
cgroup_make(uint64_t memory, uint64_t pids)
{
	int	 dir, fd = -1;

	if (mkdirat(cg.above, cg.name, 0755) == -1)
		return -1;
	cg.made = 1;
	dir = openat(cg.above, cg.name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (dir == -1)
		return -1;
	/* Memory is not to be had by way of swap: not all kernels have it. */
	if ((memory == 0 ||
	    (file_write_number(dir, "memory.max", memory) == 0 &&
	    (file_write(dir, "memory.swap.max", "0") == 0 ||
	    errno == ENOENT))) &&
	    (pids == 0 || file_write_number(dir, "pids.max", pids) == 0))
		fd = openat(dir, "cgroup.procs", O_WRONLY | O_CLOEXEC);
	(void)close(dir);
	return fd;
}

/* Tries one place: as cgroup_new(). */
static int
cgroup_try(const struct place *p, const char *wanted, uint64_t memory,
    uint64_t pids)
{
	int	 fd;

	cg.above = open(p->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (cg.above == -1)
		return -1;
	/* Others may have our number in another pid namespace. */
	cg.made = 0;
	(void)snprintf(cg.name, sizeof(cg.name), "%s%d-%08x", NAME_PREFIX,
	    (int)getpid(), arc4random());
	(void)snprintf(cg.leaf, sizeof(cg.leaf), "%s%s", cg.name,
	    LEAF_SUFFIX);
	/* Processes are moved through it: see cgroup_enter(). */
	if (faccessat(cg.above, "cgroup.procs", W_OK, AT_EACCESS) == 0 &&
	    faccessat(cg.above, ".", W_OK, AT_EACCESS) == 0 &&
	    hand_down(cg.above, p, wanted) == 0) {
		if ((fd = cgroup_make(memory, pids)) != -1) {
			if (keeper_start() == 0)
				return fd;
			(void)close(fd);
		}
		cgroup_remove();
	}
	(void)close(cg.above);
	cg.above = -1;
	return -1;
}

int
cgroup_new(uint64_t memory, uint64_t pids, const char **reason)
{
	struct place	 p;
	char		 wanted[32];
	int		 fd;

	(void)snprintf(wanted, sizeof(wanted), "%s%s%s",
	    memory != 0 ? "+memory" : "",
	    memory != 0 && pids != 0 ? " " : "", pids != 0 ? "+pids" : "");
	if (place_own(&p) == -1) {
		*reason = "there is no cgroup v2 here";
		return -1;
	}
	*reason = "no cgroup v2 with its controllers is delegated to this "
	    "user here";
	do {
		if (!delegated(&p))
			break;
		fd = cgroup_try(&p, wanted, memory, pids);
		if (fd != -1) {
			log_debug("cgroup %s/%s", p.path, cg.name);
			(void)close(cg.above);
			cg.above = -1;
			return fd;
		}
	} while (place_up(&p));
	return -1;
}

/* With a name space of its own it does not see where that is. */
int
cgroup_enter(int fd)
{
	if (write(fd, "0", 1) != 1 || unshare(CLONE_NEWCGROUP) == -1)
		return -1;
	return 0;
}

void
cgroup_forget(void)
{
	if (cg.pipe != -1)
		(void)close(cg.pipe);
	cg.pipe = -1;
	cg.keeper = 0;
}

void
cgroup_end(void)
{
	if (cg.pipe == -1)
		return;
	(void)close(cg.pipe);
	cg.pipe = -1;
	while (waitpid(cg.keeper, NULL, 0) == -1 && errno == EINTR)
		continue;
}
