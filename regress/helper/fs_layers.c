/* SPDX-License-Identifier: ISC */

/*
 * The attacks on files, and which layer holds each of them alone.  The table
 * below is true in both directions: fs_layers.t runs it with each layer alone,
 * with some together and with none, and what is not said to hold must not.
 *
 *	fs_layers list user|root	number, layers and name of each attack
 *	fs_layers make NUMBER ...	their folders, in the working directory
 *	fs_layers run PID NUMBER ...	"GOT n", "held n" or "none n" for each
 *
 * PID is a process of the caller's; 8 and 9 are descriptors that he has left
 * open: of a file, for appending, and of "/".
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fs_layers.h"

#define SECONDS		60
/* Of a child, told apart from that of err(3). */
#define STATUS_HELD	40
#define STATUS_GOT	41
#define STATUS_NONE	42

/*
 * What holds alone:
 *	b	the broker
 *	s	the broker with strictReadGlobs, where b does not
 *	m	mounts
 *	l	Landlock
 *	f	the filter
 *	y	mounts and Landlock around a broker that refuses nothing
 *	n	what every setting has: namespaces, no capability, and that
 *		srt-exec closes what it was not to inherit
 * and which attack it is:
 *	u	an ordinary user's alone
 *	r	root's alone
 *	-	held by nothing, as PRIVSEP.md says
 *	x	not held in mode "landlock", likewise
 */
struct attack {
	const char	*id;
	const char	*held;
	const char	*name;
	try_fn		 try;
	const char	*path;
};

/* What can be done to a file, and which layers know such a call. */
enum knows {
	NAMES,		/* all but the filter: names and contents */
	ATTRS,		/* Landlock does not know modes, times and owners */
	FLAGS,		/* the broker does not know ioctl(2) either */
	NKNOWS
};

static const struct deed {
	const char	*name;
	try_fn		 try;
	enum knows	 knows;
} changes[] = {
	{ "written", try_write, NAMES },
	{ "appended to", try_append, NAMES },
	{ "opened and cut", try_open_trunc, NAMES },
	{ "cut", try_truncate, NAMES },
	{ "opened again by /proc", try_reopen, NAMES },
	{ "opened by openat2", try_openat2, NAMES },
	{ "mapped", try_mmap, NAMES },
	{ "spliced into", try_splice, NAMES },
	{ "copied into", try_copy, NAMES },
	{ "cloned into", try_clone, NAMES },
	{ "removed", try_unlink, NAMES },
	{ "moved away", try_away, NAMES },
	{ "given another name", try_link_away, NAMES },
	{ "replaced", try_onto, NAMES },
	{ "exchanged", try_exchange, NAMES },
	{ "moved, a whiteout left", try_whiteout, NAMES },
	{ "given a mode", try_chmod, ATTRS },
	{ "given a mode by descriptor", try_fchmod, ATTRS },
	{ "given an owner", try_chown, ATTRS },
	{ "given times", try_times, ATTRS },
	{ "given an attribute", try_xattr, ATTRS },
	{ "given flags", try_flags, FLAGS },
	{ "given an attribute by setxattrat", try_new_xattr, FLAGS },
	{ "given flags by file_setattr", try_new_flags, FLAGS },
}, makes[] = {
	{ "created", try_create, NAMES },
	{ "made a directory", try_mkdir, NAMES },
	{ "made a fifo", try_mkfifo, NAMES },
	{ "made a link", try_symlink, NAMES },
	{ "linked", try_link, NAMES },
	{ "moved to", try_rename, NAMES },
	{ "a nameless file linked", try_tmpfile, NAMES },
	{ "bound", try_bind, NAMES },
};

/* Which files, and which layers hold what is done to them. */
static const struct place {
	const char	*id;
	const char	*name;
	const char	*path;
	int		 there;
	const char	*held[NKNOWS];
} places[] = {
	{ "F2", "a file outside", "../h/victim", 1,
	    { "bmly", "bmy", "fmy" } },
	{ "F2", "a name outside", "../h/new", 0, { "bmly", NULL, NULL } },
	/* At the top of a write root mounts hold what is there. */
	{ "F9", "a protected file", ".bashrc", 1,
	    { "bmly", "bmy", "fmy" } },
	{ "F8", "git's configuration", ".git/config", 1,
	    { "bmly", "bmy", "fmy" } },
	{ "P7", "a file of denyWrite", "kept", 1,
	    { "bmly", "bmy", "fmy" } },
	/* Deeper, and of a pattern, they do not; nor what is not there. */
	{ "F9", "a protected file further down", "sub/.bashrc", 1,
	    { "bl", "b", "f" } },
	{ "F8", "a nested repository's", "sub/.git/config", 1,
	    { "bl", "b", "f" } },
	{ "P7", "a file of a pattern", "sub/x.lock", 1,
	    { "bl", "b", "f" } },
	{ "F1", "a protected name", ".npmrc", 0, { "bl", NULL, NULL } },
	{ "F1", "one further down", "sub/.npmrc", 0, { "bl", NULL, NULL } },
	{ "F7", "a hook far down", "a/b/c/d/e/f/g/h/i/j/k/.git/hooks/x", 0,
	    { "bl", NULL, NULL } },
	{ "F10", "another spelling", ".NpmRc", 0, { "bl", NULL, NULL } },
	{ "P7", "a name of a pattern", "sub/y.lock", 0,
	    { "bl", NULL, NULL } },
};

static const struct attack odd[] = {
	{ "F1", "bl", "a directory first, then the file", try_in_new,
	    ".vscode/tasks.json" },
	{ "F1", "bl", "a protected name's parent first", try_in_new,
	    "sub/.claude/settings.json" },
	{ "F1", "bl", "by a link that dangles", try_dangling, ".npmrc" },
	{ "F1", "bl", "by /proc/self/cwd", try_create,
	    "/proc/self/cwd/.npmrc" },
	{ "F1", "bl", "from a directory that is gone", try_deleted,
	    "../.npmrc" },
	{ "F2", "bmly", "by a link out of the write root", try_write,
	    "link/victim" },
	{ "F2", "bmly", "by a link that the command makes", try_by_link,
	    "../h" },
	{ "F2", "bmly", "from a working directory outside", try_by_chdir,
	    "../h" },
	{ "F2", "bmly", "from a directory opened outside", try_by_dirfd,
	    "../h" },
	/* A read-only mount does not keep anybody from writing to it. */
	{ "F2", "bl", "a FIFO outside", try_fifo, "../h/fifo" },
	{ "F3", "bmly", "behind a link with a protected name", try_create,
	    ".idea/evil" },
	{ "F3", "bmly", "behind a link that allowWrite names", try_create,
	    "out/evil" },
	{ "F5", "bmly", "the repository away, and anew", try_anew,
	    ".git" },
	{ "F5", "bl", "what is above a repository away", try_anew,
	    "sub/.git" },
	{ "F5", "bmly", "the repository exchanged", try_exchange_dir,
	    ".git" },
	{ "F5", "bl", "one further down exchanged", try_exchange_dir,
	    "sub/.git" },
	{ "F6", "bl", "a .git file", try_create, "plain/.git" },
	{ "F6", "bl", "a .git file that is there", try_write,
	    "module/.git" },
	{ "F6", "bl", "commondir", try_create, ".git/commondir" },
	{ "F7", "bl", "a hook at the top", try_create,
	    ".git/info/attributes" },
	{ "F7", "bmly", "a hook in the folder of hooks", try_create,
	    ".git/hooks/x" },
	{ "F7", "bl", "a hook of a nested repository", try_create,
	    "sub/.git/hooks/x" },
	{ "F8", "bl", "the configuration of a bare repository", try_write,
	    "bare/config" },
	{ "F8", "bl", "a hook of a bare repository", try_create,
	    "bare/hooks/x" },
	{ "F8", "bl", "the configuration of a worktree", try_create,
	    ".git/config.worktree" },
	{ "F10", "bl", "hooks in other case", try_mkdir, ".git/HOOKS" },
	{ "F11", "bmly", "a link to a denied file", try_link_away,
	    "../h/secret" },
	{ "F11", "-", "a link from before the start", try_append, "before" },
	{ "F12", "n", "a file that was left open", try_fd_write, NULL },
	{ "F12", "n", "a directory that was left open", try_fd_dir,
	    "etc/passwd" },
	{ "F14", "n", "the program of a process outside", try_exe, NULL },
	{ "F18", "uf", "a user namespace", try_namespace, NULL },
	/* There the broker leaves writing to the kernel, and so to others. */
	{ "F18", "umly", "written in a namespace of its own", try_remount,
	    "../h/victim" },
	{ "F18", "uby", "a mode in a namespace of its own",
	    try_remount_chmod, "sub/.bashrc" },
	/* In another mount namespace the strict broker finds nothing. */
	{ "F18", "smy", "a mask lifted", try_unmask, "../h/secret" },
	/* The links of others the broker leaves to the kernel to follow. */
	{ "F19", "ly", "a name by another's cwd", try_other_create,
	    ".npmrc" },
	{ "F19", "mly", "a file by another's cwd", try_other_write,
	    "../h/victim" },
	{ "F19", "by", "a mode by another's cwd", try_other_chmod,
	    "sub/.bashrc" },
	{ "F19", "smy", "a denied file by another's cwd", try_other_read,
	    "../h/secret" },
	{ "F19", "n", "by the root of a process outside", try_outer_root,
	    NULL },
	{ "F19", "rnf", "by a file handle", try_handle, "../h/victim" },
	{ "F13", "rn", "a knob of the machine", try_knob,
	    "/proc/sys/kernel/core_pattern" },
	{ "P5", "msy", "a denied file", try_read, "../h/secret" },
	{ "P5", "msy", "a denied directory", try_list, "../h/shut" },
	{ "P5", "msy", "a file in a denied directory", try_read,
	    "../h/shut/secret" },
	{ "P5", "smy", "a file of a pattern", try_read,
	    "keys/x.key" },
	{ "P5", "s", "a file of a pattern that comes later", try_late,
	    "keys/late.key" },
	{ "P5", "msly", "a denied file moved from its rule", try_away,
	    "hidden" },
	{ "P5", "msly", "a denied file exchanged", try_exchange, "hidden" },
	{ "P5", "msly", "what is above a denied file moved", try_away,
	    "shut" },
	{ "P9", "bmly", "the settings in use", try_settings,
	    "settings.json" },
	{ "F24", "myx", "a denied file watched", try_watch, "../h/secret" },
	{ "F24", "mfy", "a denied file marked", try_fanotify,
	    "../h/secret" },
	{ "F24", "myx", "a denied file measured", try_size, "../h/secret" },
	{ "F24", "msy", "a denied file locked", try_lock, "../h/secret" },
	{ "F24", "myx", "an attribute of a denied file", try_getxattr,
	    "../h/secret" },
	/* The broker sees nothing of these two. */
	{ "K3", "fly", "a protected name by io_uring", try_uring, ".npmrc" },
	{ "K3", "fmly", "a name outside by io_uring", try_uring,
	    "../h/new" },
	/* Who may write to a file could lend his rights to others by it. */
	{ "F26", "by", "a set-user-ID file", try_setid, "plain/f" },
	{ "F26", "bly", "a set-user-ID file, made so", try_setid_new,
	    "plain/new" },
	{ "F26", "bly", "a set-user-ID file, by mknod", try_setid_node,
	    "plain/new" },
	{ "F26", "bly", "a set-user-ID file, without a name",
	    try_setid_tmpfile, "plain/new" },
	{ "F26", "rn", "a file with a capability", try_capable, "plain/f" },
	{ "F28", "-", "what a protected link further down leads to", try_write,
	    "files/rc" },
	{ "F28", "bmly", "what one at the top leads to", try_write,
	    "top/profile" },
	{ "F25", "ly", "a core file for a denied name", try_core, "sub" },
};

/* The n-th attack of them all; 0 if there is none. */
static int
attack_nth(size_t n, struct attack *a)
{
	const struct place	*p;
	const struct deed	*d;
	size_t			 i, count;
	static char		 name[128];

	for (i = 0; i < nitems(places); i++) {
		p = &places[i];
		count = p->there ? nitems(changes) : nitems(makes);
		if (n >= count) {
			n -= count;
			continue;
		}
		d = p->there ? &changes[n] : &makes[n];
		(void)snprintf(name, sizeof(name), "%s: %s", p->name,
		    d->name);
		a->id = p->id;
		a->held = p->held[d->knows];
		a->name = name;
		a->try = d->try;
		a->path = p->path;
		return 1;
	}
	if (n >= nitems(odd))
		return 0;
	*a = odd[n];
	return 1;
}

static void
list(int root)
{
	struct attack	 a;
	size_t		 n;

	for (n = 0; attack_nth(n, &a); n++)
		if (strchr(a.held, root ? 'u' : 'r') == NULL)
			(void)printf("%zu %s %s %s\n", n, a.held, a.id,
			    a.name);
}

static void
go(const char *dir)
{
	if (chdir(dir) == -1)
		err(1, "%s", dir);
}

static void
make(const char *number)
{
	if (mkdir(number, 0755) == -1)
		err(1, "%s", number);
	go(number);
	tree_make();
	go("..");
}

/* In a process of its own, which may be killed for it. */
static void
run(const char *number)
{
	struct attack	 a;
	size_t		 n = (size_t)strtoul(number, NULL, 10);
	pid_t		 pid;
	int		 status, got;

	if (!attack_nth(n, &a))
		errx(2, "no attack %s", number);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)alarm(SECONDS);
		go(number);
		go("w");
		got = a.try(a.path);
		_exit(got == TRY_NONE ? STATUS_NONE : got ? STATUS_GOT :
		    STATUS_HELD);
	}
	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			err(1, "waitpid");
	(void)printf("%s %s\n", !WIFEXITED(status) ? "killed" :
	    WEXITSTATUS(status) == STATUS_GOT ? "GOT" :
	    WEXITSTATUS(status) == STATUS_NONE ? "none" :
	    WEXITSTATUS(status) == STATUS_HELD ? "held" : "broken", number);
	(void)fflush(stdout);
}

int
main(int argc, char *argv[])
{
	int	 i;

	(void)umask(022);
	if (argc == 3 && strcmp(argv[1], "list") == 0)
		list(strcmp(argv[2], "root") == 0);
	else if (argc > 2 && strcmp(argv[1], "make") == 0)
		for (i = 2; i < argc; i++)
			make(argv[i]);
	else if (argc > 3 && strcmp(argv[1], "run") == 0) {
		try_outside = atoi(argv[2]);
		for (i = 3; i < argc; i++)
			run(argv[i]);
	} else
		errx(2, "usage: fs_layers list|make|run [ARGUMENT ...]");
	return fflush(stdout) == 0 ? 0 : 1;
}
