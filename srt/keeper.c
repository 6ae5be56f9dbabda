/* SPDX-License-Identifier: ISC */

/*
 * Writes what was learned while the command runs into the settings file.
 * srt itself has no right to open anything by then, so a process that was
 * forked before does it, and nothing else.
 */

#include "compat.h"

#include <sys/file.h>
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
#define KEEPER_WAIT	2000		/* milliseconds for the lock on it */
#define KEEPER_PAUSE	10		/* likewise between two looks */
#define KEEPER_TRIES	16		/* while others write to it */

/* An entry of a list that is to be saved. */
struct addition {
	TAILQ_ENTRY(addition) entry;
	char		*key;
	char		*text;
};
TAILQ_HEAD(additions, addition);

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
	struct additions additions;
	/* While it is being written. */
	int		 waited;	/* for the lock, milliseconds */
	int		 fd;		/* as it is, and locked; -1: not there */
	struct stat	 st;
	char		*old;		/* what it says; base; or NULL */
	size_t		 oldlen;
	char		*text;		/* what it is to say */
	size_t		 len;
	struct ipc_peer	 peer;
} keeper = {
	.additions = TAILQ_HEAD_INITIALIZER(keeper.additions), .fd = -1
};

/* In the parent. */
static struct ipc_peer	 keeper_peer;
static int		 keeper_fd = -1;
static keeper_fn	 keeper_saved;
static unsigned int	 keeper_owes;		/* answers to keeper_save() */

static void	 keeper_close(int);
static int	 keeper_edit(void);
static int	 keeper_find(const struct output *);
static const char *keeper_load(int *);
static int	 keeper_lock(void);
static int	 keeper_look(void);
static int	 keeper_moved(void);
static const char *keeper_overwrite(int);
static int	 keeper_read(void);
static const char *keeper_replace(void);
static const char *keeper_store(int *);
static const char *keeper_update(int *);
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

/* A link that led here has been followed, and stays.  -1 with errno. */
static int
keeper_find(const struct output *out)
{
	struct stat	 st;

	if ((keeper.dir = output_dir(out)) == -1)
		return -1;
	keeper.name = xstrdup(output_name(out));
	keeper.path = path_above(out->path);
	keeper.there = fstatat(keeper.dir, keeper.name, &st,
	    AT_SYMLINK_NOFOLLOW) == 0;
	if (!keeper.there || !S_ISLNK(st.st_mode))
		return 0;
	errno = ELOOP;
	return -1;
}

int
keeper_start(const struct output *out, int in_place)
{
	struct pollfd	 pfd;
	pid_t		 pid;
	int		 pair[2];

	if (keeper_find(out) == -1) {
		errors_write("Error: %s: nothing can be saved: %s\n",
		    out->spelt, output_why(out));
		return -1;
	}
	keeper.in_place = in_place;
	if (proc_pair(pair) == -1)
		fatal("socketpair");
	switch (pid = fork()) {
	case -1:
		fatal("fork");
	case 0:
		break;
	default:
		log_debug("process %d saves into %s", (int)pid, out->spelt);
		(void)close(keeper.dir);
		free(keeper.name);
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
	/* At a limit for the size of files writing fails, and is undone. */
	(void)signal(SIGXFSZ, SIG_IGN);
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
	struct addition	*add;
	struct ibuf	 buf;

	(void)peer;
	add = xcalloc(1, sizeof(*add));
	ipc_recv_ibuf(imsg, &buf);
	add->key = ipc_get_str(&buf);
	add->text = ipc_get_str(&buf);
	ipc_get_end(&buf);
	TAILQ_INSERT_TAIL(&keeper.additions, add, entry);
}

static void
keeper_recv_save(struct ipc_peer *peer, struct imsg *imsg)
{
	struct addition	*add;
	const char	*why = NULL;
	int		 n, again = 1;

	(void)imsg;
	keeper.waited = 0;
	for (n = 0; n < KEEPER_TRIES && again; n++) {
		again = 0;
		why = keeper_update(&again);
		if (keeper.fd != -1)
			(void)close(keeper.fd);
		keeper.fd = -1;
		free(keeper.old);
		free(keeper.text);
		keeper.old = keeper.text = NULL;
	}
	while ((add = TAILQ_FIRST(&keeper.additions)) != NULL) {
		TAILQ_REMOVE(&keeper.additions, add, entry);
		free(add->key);
		free(add->text);
		free(add);
	}
	ipc_send_str(peer, IMSG_KEEP_SAVED, again ?
	    "other programs write to it all the time" :
	    why == NULL ? "" : why);
	(void)ipc_flush(peer);
}

/*
 * What the file says by now counts: somebody may have edited it.  NULL, or why
 * not; *again if that was another file by the end.
 */
static const char *
keeper_update(int *again)
{
	const char	*why;

	if ((why = keeper_load(again)) != NULL || *again)
		return why;
	if (keeper.fd != -1 && TAILQ_EMPTY(&keeper.additions))
		return NULL;
	if (keeper_edit() == -1)
		return "it has no place for what is to be added";
	if (keeper.based && keeper_moved())
		return "its directory is not where it was";
	return keeper_store(again);
}

/* Makes the new text out of the old one; the least that is valid of none. */
static int
keeper_edit(void)
{
	struct addition	*add;
	char		*text;
	size_t		 len;

	if (keeper.old == NULL)
		keeper.text = settings_edit(NULL, 0, NULL, NULL, &keeper.len);
	else {
		keeper.text = xstrndup(keeper.old, keeper.oldlen);
		keeper.len = keeper.oldlen;
	}
	TAILQ_FOREACH(add, &keeper.additions, entry) {
		text = settings_edit(keeper.text, keeper.len, add->key,
		    add->text, &len);
		if (text == NULL)
			return -1;
		free(keeper.text);
		keeper.text = text;
		keeper.len = len;
	}
	return keeper.text == NULL ? -1 : 0;
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

/*
 * Other runs save into the same file: who has locked it goes first.  The
 * command can lock what it can read, so this does not wait for ever.  Not
 * every file system can lock: there the last one to save may win.
 */
static int
keeper_lock(void)
{
	while (flock(keeper.fd, LOCK_EX | LOCK_NB) == -1) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return 0;
		if (keeper.waited >= KEEPER_WAIT)
			return -1;
		(void)poll(NULL, 0, KEEPER_PAUSE);
		keeper.waited += KEEPER_PAUSE;
	}
	return 0;
}

static int
keeper_read(void)
{
	ssize_t	 n;

	if (!S_ISREG(keeper.st.st_mode) || keeper.st.st_size > JSON_SIZE_MAX)
		return -1;
	keeper.old = xcalloc(1, (size_t)keeper.st.st_size + 1);
	keeper.oldlen = 0;
	while (keeper.oldlen < (size_t)keeper.st.st_size) {
		n = read(keeper.fd, keeper.old + keeper.oldlen,
		    (size_t)keeper.st.st_size - keeper.oldlen);
		if (n == -1 && errno == EINTR)
			continue;
		if (n <= 0)
			return -1;
		keeper.oldlen += (size_t)n;
	}
	return 0;
}

/* NFS locks only what is open for writing; not everything may be. */
static int
keeper_look(void)
{
	const int	 flags = O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK |
			    O_NOCTTY;
	int		 fd;

	fd = openat(keeper.dir, keeper.name, O_RDWR | flags);
	if (fd == -1 && errno != ENOENT)
		fd = openat(keeper.dir, keeper.name, O_RDONLY | flags);
	return fd;
}

static const char *
keeper_load(int *again)
{
	static const char	 none[] =
	    "the settings file cannot be read, or is none";
	struct stat		 st;

	keeper.fd = keeper_look();
	if (keeper.fd == -1 && errno == ENOENT) {
		/* What is made anew would lack all that it said. */
		if (keeper.there)
			return "the settings file is gone";
		if (keeper.base != NULL) {
			keeper.old = xstrndup(keeper.base, keeper.baselen);
			keeper.oldlen = keeper.baselen;
		}
		return NULL;
	}
	if (keeper.fd == -1)
		return none;
	if (keeper_lock() == -1)
		return "another program has locked the settings file";
	if (fstat(keeper.fd, &keeper.st) == -1 || keeper_read() == -1)
		return none;
	/* Whoever had the lock may have put another file in its place. */
	*again = fstatat(keeper.dir, keeper.name, &st,
	    AT_SYMLINK_NOFOLLOW) == -1 ||
	    st.st_dev != keeper.st.st_dev || st.st_ino != keeper.st.st_ino;
	return NULL;
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

/* In place.  Where there is no room for all of it the old text comes back. */
static const char *
keeper_overwrite(int fd)
{
	static char	 why[256];

	if (keeper_write(fd, keeper.text, keeper.len) == 0 &&
	    ftruncate(fd, (off_t)keeper.len) == 0)
		return NULL;
	(void)strlcpy(why, strerror(errno), sizeof(why));
	if (lseek(fd, 0, SEEK_SET) == -1 ||
	    keeper_write(fd, keeper.old, keeper.oldlen) == -1 ||
	    ftruncate(fd, (off_t)keeper.oldlen) == -1)
		(void)strlcat(why, ", and the settings file is damaged",
		    sizeof(why));
	return why;
}

/*
 * A new file takes the place of the old one in one step.  NULL, or why not; ""
 * if none can be made, or not with the owner and group of the old one.
 */
static const char *
keeper_replace(void)
{
	static char	 why[256];
	struct stat	 st;
	char		 temp[64];
	int		 fd;

	(void)snprintf(temp, sizeof(temp), ".srt-settings.%08x%08x",
	    arc4random(), arc4random());
	fd = openat(keeper.dir, temp, O_WRONLY | O_CREAT | O_EXCL |
	    O_NOFOLLOW | O_CLOEXEC, 0600);
	/* A directory in which only that file may be written. */
	if (fd == -1)
		return errno == EACCES ? "" : strerror(errno);
	*why = '\0';
	if (fstat(fd, &st) == 0 && (st.st_uid != keeper.st.st_uid ||
	    st.st_gid != keeper.st.st_gid))
		(void)unlinkat(keeper.dir, temp, 0);
	else if (keeper_write(fd, keeper.text, keeper.len) == -1 ||
	    fchmod(fd, keeper.st.st_mode & 07777) == -1 ||
	    renameat(keeper.dir, temp, keeper.dir, keeper.name) == -1) {
		(void)strlcpy(why, strerror(errno), sizeof(why));
		(void)unlinkat(keeper.dir, temp, 0);
	} else {
		(void)close(fd);
		return NULL;
	}
	(void)close(fd);
	return why;
}

/*
 * Not replaced where the command may write to the directory: it could exchange
 * the new file before that, while it cannot touch the settings themselves; nor
 * where the file is somebody else's, or of another group.
 */
static const char *
keeper_store(int *again)
{
	const char	*why;
	struct stat	 st;
	int		 fd, there = keeper.fd != -1;

	if (there && (keeper.st.st_mode & 0222) == 0)
		return "the settings file is read-only";
	if (there && !keeper.in_place &&
	    ((why = keeper_replace()) == NULL || *why != '\0'))
		return why;
	fd = openat(keeper.dir, keeper.name, O_WRONLY | O_CLOEXEC | O_NOCTTY |
	    O_NOFOLLOW | O_NONBLOCK | (there ? 0 : O_CREAT | O_EXCL), 0600);
	if (fd == -1) {
		/* Another run was faster. */
		*again = !there && errno == EEXIST;
		return strerror(errno);
	}
	why = NULL;
	if (there && (fstat(fd, &st) == -1 || st.st_dev != keeper.st.st_dev ||
	    st.st_ino != keeper.st.st_ino))
		*again = 1;
	else if (there)
		why = keeper_overwrite(fd);
	else if (keeper_write(fd, keeper.text, keeper.len) == -1) {
		why = strerror(errno);
		(void)unlinkat(keeper.dir, keeper.name, 0);
	}
	(void)close(fd);
	return why;
}
