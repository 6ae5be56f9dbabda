/* SPDX-License-Identifier: ISC */

/*
 * Writes what was learned while the command runs into the settings file.
 * srt itself has no right to open anything by then, so a process that was
 * forked before does it, and nothing else.
 */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "sandbox.h"

#define KEEPER_DIR_FD	SANDBOX_DIR_FD
#define KEEPER_GRACE	5		/* seconds for each file to be written */

/* In the keeper. */
static struct {
	int		 dir;
	char		*name;		/* in it */
	char		*path;		/* of the directory */
	int		 there;		/* it was, at the start */
	int		 in_place;	/* others may write to the directory */
	char		*base;		/* of a file that is not there */
	size_t		 baselen;
	int		 based;		/* it is to be made in any case */
	int		 failed;	/* an entry could not be added */
	char		*text;		/* what is to be saved; NULL: nothing */
	size_t		 len;
	struct ipc_peer	 peer;
} keeper;

/* In the parent. */
static struct ipc_peer	 keeper_peer;
static int		 keeper_fd = -1;
static keeper_fn	 keeper_saved;
static unsigned int	 keeper_owes;		/* answers to keeper_save() */

static void	 keeper_close(int);
static int	 keeper_load(void);
static int	 keeper_moved(void);
static const char *keeper_store(void);
static int	 keeper_write(int, const char *, size_t);
static void	 keeper_recv_add(struct ipc_peer *, struct imsg *);
static void	 keeper_recv_save(struct ipc_peer *, struct imsg *);
static void	 keeper_recv_saved(struct ipc_peer *, struct imsg *);

static const struct ipc_rule	 keeper_rules[] = {
	{ IMSG_KEEP_ADD, 8, IPC_STRING_MAX + 256, IPC_NOFD, IPC_PHASE_ANY,
	    keeper_recv_add },
	{ IMSG_KEEP_SAVE, 0, 0, IPC_NOFD, IPC_PHASE_ANY, keeper_recv_save }
};

static const struct ipc_rule	 parent_rules[] = {
	{ IMSG_KEEP_SAVED, 4, IPC_STRING_MAX, IPC_NOFD, IPC_PHASE_ANY,
	    keeper_recv_saved }
};

static void
keeper_gone(struct ipc_peer *peer)
{
	(void)peer;
	_exit(0);
}

static void
keeper_lost(struct ipc_peer *peer)
{
	ipc_close(peer);
	keeper_owes = 0;
	keeper_saved("the process that saves has ended");
}

void
keeper_base(char *text, size_t len)
{
	keeper.base = text;
	keeper.baselen = len;
	keeper.based = 1;
}

int
keeper_start(const char *path, int in_place)
{
	struct pollfd	 pfd;
	struct stat	 st;
	char		*cwd = NULL, *dir, *joined, *slash;
	pid_t		 pid;
	int		 pair[2];

	/* A link is followed: it stays, and so does where it leads. */
	if ((dir = realpath(path, NULL)) == NULL) {
		if (*path != '/' && (cwd = getcwd(NULL, 0)) == NULL)
			fatal("getcwd");
		(void)xasprintf(&joined, "%s/%s", cwd == NULL ? "" : cwd,
		    path);
		dir = path_fold(joined);
		free(joined);
		free(cwd);
	}
	slash = strrchr(dir, '/');
	keeper.name = xstrdup(slash + 1);
	slash[slash == dir] = '\0';
	keeper.dir = open(dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (keeper.dir == -1 || *keeper.name == '\0') {
		errors_write("Error: nothing can be saved in %s: %s\n", path,
		    keeper.dir == -1 ? strerror(errno) : "it is no file");
		free(dir);
		return -1;
	}
	keeper.path = dir;
	keeper.there = fstatat(keeper.dir, keeper.name, &st, 0) == 0;
	keeper.in_place = in_place;
	if (proc_pair(pair) == -1)
		fatal("socketpair");
	switch (pid = fork()) {
	case -1:
		fatal("fork");
	case 0:
		break;
	default:
		log_debug("process %d saves into %s", (int)pid, path);
		(void)close(keeper.dir);
		free(keeper.path);
		(void)close(pair[1]);
		keeper_fd = pair[0];
		return 0;
	}
	sandbox_follow(SIGCONT);
	(void)close(pair[0]);
	/* What the terminal sends is for the command. */
	if (setpgid(0, 0) == -1)
		fatal("setpgid");
	keeper_close(pair[1]);
	ipc_open(&keeper.peer, NULL, IPC_PARENT_FD, ROLE_PARENT, keeper_rules,
	    nitems(keeper_rules), keeper_gone);
	sandbox_enter(ROLE_KEEPER);
	pfd.fd = IPC_PARENT_FD;
	pfd.events = POLLIN;
	while (poll(&pfd, 1, -1) != -1 || errno == EINTR)
		(void)ipc_dispatch(&keeper.peer);
	_exit(0);
}

/* Leaves the pipe and the directory open, as 3 and 4. */
static void
keeper_close(int pipe)
{
	int	 a, b;

	if ((a = fcntl(pipe, F_DUPFD, KEEPER_DIR_FD + 1)) == -1 ||
	    (b = fcntl(keeper.dir, F_DUPFD, KEEPER_DIR_FD + 1)) == -1 ||
	    dup2(a, IPC_PARENT_FD) == -1 || dup2(b, KEEPER_DIR_FD) == -1)
		fatal("dup2");
	keeper.dir = KEEPER_DIR_FD;
	closefrom(KEEPER_DIR_FD + 1);
}

void
keeper_open(struct event_base *base, keeper_fn saved)
{
	keeper_saved = saved;
	ipc_open(&keeper_peer, base, keeper_fd, ROLE_KEEPER, parent_rules,
	    nitems(parent_rules), keeper_lost);
	keeper_fd = -1;
}

void
keeper_add(const char *key, const char *entry)
{
	struct ibuf	*buf;

	if (!keeper_peer.open)
		return;
	buf = ipc_create(&keeper_peer, IMSG_KEEP_ADD);
	ipc_add_str(buf, key);
	ipc_add_str(buf, entry);
	ipc_commit(&keeper_peer, buf);
}

void
keeper_save(void)
{
	if (keeper_peer.open) {
		keeper_owes++;
		ipc_send(&keeper_peer, IMSG_KEEP_SAVE, -1, NULL, 0);
	} else
		keeper_saved("the process that saves has ended");
}

void
keeper_finish(void)
{
	struct pollfd	 pfd = { .events = POLLIN };

	while (keeper_owes > 0 && ipc_flush(&keeper_peer) == 0) {
		pfd.fd = keeper_peer.ibuf.fd;
		switch (poll(&pfd, 1, KEEPER_GRACE * 1000)) {
		case -1:
			if (errno == EINTR)
				continue;
			fatal("poll");
		case 0:
			keeper_owes = 0;
			keeper_saved("the process that saves does not answer");
			return;
		}
		if (ipc_dispatch(&keeper_peer) == -1)
			return;
	}
}

static void
keeper_recv_saved(struct ipc_peer *peer, struct imsg *imsg)
{
	char	*why = ipc_recv_str(imsg);

	(void)peer;
	if (keeper_owes > 0)
		keeper_owes--;
	keeper_saved(*why == '\0' ? NULL : why);
	free(why);
}

/* --- the keeper itself */

static void
keeper_recv_add(struct ipc_peer *peer, struct imsg *imsg)
{
	struct ibuf	 buf;
	char		*key, *entry, *text;
	size_t		 len = 0;

	(void)peer;
	ipc_recv_ibuf(imsg, &buf);
	key = ipc_get_str(&buf);
	entry = ipc_get_str(&buf);
	ipc_get_end(&buf);
	/* What the file says by now counts: somebody may have edited it. */
	if ((keeper.text != NULL || keeper_load() == 0) &&
	    (text = settings_edit(keeper.text, keeper.len, key, entry,
	    &len)) != NULL) {
		free(keeper.text);
		keeper.text = text;
		keeper.len = len;
	} else
		keeper.failed = 1;
	free(key);
	free(entry);
}

static void
keeper_recv_save(struct ipc_peer *peer, struct imsg *imsg)
{
	const char	*why = "the settings file cannot be read, or is none";

	(void)imsg;
	/* The least that is valid, where nothing was added to nothing. */
	if (keeper.text == NULL && keeper.based && !keeper.failed &&
	    keeper_load() == 0 && keeper.text == NULL)
		keeper.text = settings_edit(NULL, 0, NULL, NULL, &keeper.len);
	if (keeper.based && keeper_moved())
		why = "its directory is not where it was";
	else if (keeper.text != NULL && keeper.failed)
		why = "it has no place for what is to be added";
	else if (keeper.text != NULL)
		why = keeper_store();
	free(keeper.text);
	keeper.text = NULL;
	keeper.failed = 0;
	ipc_send_str(peer, IMSG_KEEP_SAVED, why == NULL ? "" : why);
	(void)ipc_flush(peer);
}

/* A command that learns may have moved more than others. */
static int
keeper_moved(void)
{
	struct stat	 a, b;

	return fstatat(AT_FDCWD, keeper.path, &a, AT_SYMLINK_NOFOLLOW) == -1 ||
	    fstat(keeper.dir, &b) == -1 || a.st_dev != b.st_dev ||
	    a.st_ino != b.st_ino;
}

/* -1 if it cannot be read; one that is not there leaves the text NULL. */
static int
keeper_load(void)
{
	struct stat	 st;
	ssize_t		 n;
	size_t		 len = 0;
	char		*text = NULL;
	int		 fd;

	fd = openat(keeper.dir, keeper.name, O_RDONLY | O_CLOEXEC |
	    O_NONBLOCK | O_NOCTTY);
	if (fd == -1 && errno == ENOENT && keeper.base != NULL) {
		keeper.text = xstrndup(keeper.base, keeper.baselen);
		keeper.len = keeper.baselen;
		return 0;
	}
	if (fd == -1)
		return errno == ENOENT ? 0 : -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode) ||
	    st.st_size > JSON_SIZE_MAX)
		goto fail;
	text = xcalloc(1, (size_t)st.st_size + 1);
	while (len < (size_t)st.st_size) {
		n = read(fd, text + len, (size_t)st.st_size - len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			goto fail;
		len += (size_t)n;
	}
	(void)close(fd);
	keeper.text = text;
	keeper.len = len;
	return 0;
fail:
	free(text);
	(void)close(fd);
	return -1;
}

static int
keeper_write(int fd, const char *text, size_t len)
{
	ssize_t	 n;

	while (len > 0) {
		n = write(fd, text, len);
		if (n == -1 && errno == EINTR)
			continue;
		if (n == -1)
			return -1;
		text += n;
		len -= (size_t)n;
	}
	return fsync(fd);
}

/*
 * A new file takes the place of the old one in one step.  Not so where the
 * command may write to the directory: it could exchange the new file before
 * that, while it cannot touch the settings themselves.
 */
static const char *
keeper_store(void)
{
	static char	 why[256];
	struct stat	 st;
	char		 temp[64];
	int		 fd, there;

	there = fstatat(keeper.dir, keeper.name, &st, 0) == 0;
	/* What is made anew would lack all that it said. */
	if (keeper.there && !there)
		return "the settings file is gone";
	if (there && (st.st_mode & 0222) == 0)
		return "the settings file is read-only";
	if (keeper.in_place || !there) {
		fd = openat(keeper.dir, keeper.name, O_WRONLY | O_CLOEXEC |
		    O_NOCTTY | O_NOFOLLOW | O_NONBLOCK |
		    (there ? 0 : O_CREAT | O_EXCL), 0600);
		if (fd == -1 || keeper_write(fd, keeper.text, keeper.len) ==
		    -1 || ftruncate(fd, (off_t)keeper.len) == -1)
			goto fail;
		(void)close(fd);
		return NULL;
	}
	(void)snprintf(temp, sizeof(temp), ".srt-settings.%08x%08x",
	    arc4random(), arc4random());
	fd = openat(keeper.dir, temp, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd == -1)
		goto fail;
	if (keeper_write(fd, keeper.text, keeper.len) == -1 ||
	    fchmod(fd, st.st_mode & 07777) == -1 ||
	    renameat(keeper.dir, temp, keeper.dir, keeper.name) == -1) {
		(void)snprintf(why, sizeof(why), "%s", strerror(errno));
		(void)unlinkat(keeper.dir, temp, 0);
		(void)close(fd);
		return why;
	}
	(void)close(fd);
	return NULL;
fail:
	(void)snprintf(why, sizeof(why), "%s", strerror(errno));
	if (fd != -1)
		(void)close(fd);
	return why;
}
