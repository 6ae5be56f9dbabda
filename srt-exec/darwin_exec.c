/* SPDX-License-Identifier: ISC */

/*
 * macOS: the policy becomes a profile, and sandbox-exec(1) the command.  The
 * kernel holds what the command starts to the profile, too.
 *
 * No namespace keeps these processes together.  A process of ours stands
 * between srt-exec and the command: it learns by kqueue(2) who has started
 * whom, and when the command ends, or srt-exec does, kills all that it knows,
 * and who has become an orphan in their process group.  A process that leaves
 * that group, and whose parent ends in the moment in which it was made, may
 * be missed: it lives on, within its profile, and reaches no proxy any more.
 * Should the process between be killed, srt-exec does the same with what it
 * finds then.
 */

#include "compat.h"

#include <sys/event.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <libproc.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "backend.h"
#include "kin.h"
#include "limits.h"
#include "log.h"
#include "sandbox.h"
#include "seatbelt.h"

#define SANDBOX_EXEC	"/usr/bin/sandbox-exec"

/* Rounds of killing, and how long one takes, nanoseconds. */
#define KILL_ROUNDS	200
#define KILL_PAUSE	10000000

/* What keeps a child from becoming the command. */
enum stage {
	STAGE_CWD,
	STAGE_LIMITS,
	STAGE_SEARCH,		/* there is no such program */
	STAGE_SANDBOX		/* sandbox-exec itself */
};

struct failure {
	enum stage	 stage;
	int		 error;
};

static struct seatbelt_guard	*guards;
static size_t			 nguards;
static struct seatbelt_text	 profile;
static struct kin_proc		*root;	/* the command; both of us see it */

/* In the process between. */
static struct {
	struct sandbox	*sb;
	int		 kq;
	pid_t		 command;
	struct kin	 kin;
} inner;

static void	 up_signal(struct ipc_peer *, struct imsg *);
static void	 up_gone(struct ipc_peer *);

static const struct ipc_rule up_rules[] = {
	{ IMSG_EXEC_SIGNAL, sizeof(uint32_t), sizeof(uint32_t), IPC_NOFD,
	    IPC_PHASE_RUN, up_signal }
};

int
backend_guard(struct sandbox *sb, enum guard_kind kind, const char *text,
    const char *rule)
{
	struct seatbelt_guard	*list;

	/* Whether it is one at all; the profile is made of the list. */
	if (guard_add(sb->guard, kind, text, rule) == -1)
		return -1;
	list = reallocarray(guards, nguards + 1, sizeof(*list));
	if (list == NULL)
		return -1;
	guards = list;
	guards[nguards].kind = kind;
	if ((guards[nguards].text = strdup(text)) == NULL)
		return -1;
	nguards++;
	return 0;
}

void
backend_check(struct sandbox *sb)
{
	if (!sb->profiled || sb->tag == NULL)
		fatalx("incomplete configuration");
}

/* The terminal that one of 0-2 is; NULL: none. */
static const char *
find_tty(char *buf, size_t size)
{
	int	 fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (isatty(fd) && ttyname_r(fd, buf, size) == 0)
			return buf;
	return NULL;
}

static int
make_profile(struct sandbox *sb)
{
	char		 tty[PATH_MAX];
	struct seatbelt	 s;

	memset(&s, 0, sizeof(s));
	s.flags = sb->opt.flags;
	s.mac = sb->profile.flags;
	s.paths = &sb->paths;
	s.guards = guards;
	s.nguards = nguards;
	s.http_port = sb->profile.http_port;
	s.socks_port = sb->profile.socks_port;
	s.mach = (const char *const *)sb->mach;
	s.nmach = sb->nmach;
	s.tty = find_tty(tty, sizeof(tty));
	s.tag = sb->tag;
	if (seatbelt_profile(&s, &profile) == -1)
		return whyx("the policy cannot be said in a profile: %s",
		    profile.error);
	return 0;
}

/* What an rlimit here would count for the user, or not at all. */
static int
check_limits(const struct sandbox *sb)
{
	if (sb->opt.limit[EXEC_LIMIT_MEMORY] != 0)
		return whyx("limits.memory cannot be enforced on this system");
	if (sb->opt.limit[EXEC_LIMIT_PIDS] != 0)
		return whyx("limits.pids cannot be enforced on this system");
	return 0;
}

/* -1 if there is no such process, or none any more. */
static int
look_at(pid_t pid, struct kin_proc *p)
{
	struct proc_bsdinfo	 info;

	if (proc_pidinfo(pid, PROC_PIDTBSDINFO, 0, &info, sizeof(info)) !=
	    (int)sizeof(info) || info.pbi_pid != (uint32_t)pid)
		return -1;
	p->pid = pid;
	p->parent = (pid_t)info.pbi_ppid;
	p->group = (pid_t)info.pbi_pgid;
	p->born = info.pbi_start_tvsec * 1000000 + info.pbi_start_tvusec;
	return 0;
}

/* All processes, to be freed; -1 with errno. */
static ssize_t
look_around(struct kin_proc **list)
{
	pid_t	*pids;
	size_t	 size, i, n = 0;
	int	 count;

	*list = NULL;
	if ((count = proc_listallpids(NULL, 0)) <= 0)
		return -1;
	/* Some more may be there by then; the next round sees the rest. */
	size = (size_t)count + 256;
	if ((pids = calloc(size, sizeof(*pids))) == NULL ||
	    (*list = calloc(size, sizeof(**list))) == NULL) {
		free(pids);
		return -1;
	}
	count = proc_listallpids(pids, (int)(size * sizeof(*pids)));
	for (i = 0; count > 0 && i < (size_t)count && i < size; i++)
		if (pids[i] > 1 && look_at(pids[i], *list + n) == 0)
			n++;
	free(pids);
	return (ssize_t)n;
}

/* The command, and from then on who becomes an orphan in its group. */
static int
kin_begin(struct kin *kin)
{
	kin->group = getpgrp();
	kin->born = root->born;
	return kin_add(kin, root);
}

/* One round.  How many there were; -1 if that could not be found out. */
static int
kill_round(struct kin *kin)
{
	struct kin_proc	*list;
	ssize_t		 n, i;
	int		 left = 0;

	if ((n = look_around(&list)) == -1 ||
	    kin_spread(kin, list, (size_t)n) == -1) {
		free(list);
		return -1;
	}
	for (i = 0; i < n; i++)
		if (kin_has(kin, &list[i]) && list[i].pid != getpid() &&
		    kill(list[i].pid, SIGKILL) == 0)
			left++;
	free(list);
	return left;
}

static void
kill_all(struct kin *kin)
{
	const struct timespec	 pause = { .tv_nsec = KILL_PAUSE };
	int			 i;

	for (i = 0; i < KILL_ROUNDS; i++) {
		while (waitpid(-1, NULL, WNOHANG) > 0)
			continue;
		if (kill_round(kin) == 0)
			return;
		(void)nanosleep(&pause, NULL);
	}
	log_warnx("processes of the command do not end");
}

/* In the child: what srt's caller had, and nothing else open. */
static int
child_prepare(const struct sandbox *sb, struct failure *f)
{
	static const struct {
		enum exec_limit	 limit;
		int		 resource;
		uint64_t	 soft_less;
	} limits[] = {
		{ EXEC_LIMIT_CPU,	RLIMIT_CPU,	1 },
		{ EXEC_LIMIT_FSIZE,	RLIMIT_FSIZE,	0 },
		{ EXEC_LIMIT_FILES,	RLIMIT_NOFILE,	0 }
	};
	size_t	 i;

	command_restore(&sb->opt);
	f->stage = STAGE_CWD;
	if (chdir(sb->cwd) == -1)
		return -1;
	f->stage = STAGE_LIMITS;
	for (i = 0; i < nitems(limits); i++)
		if (sb->opt.limit[limits[i].limit] != 0 &&
		    limits_lower(limits[i].resource,
		    sb->opt.limit[limits[i].limit],
		    limits[i].soft_less) == -1)
			return -1;
	return 0;
}

/* sandbox-exec looks for it in the same way, but does not say what it met. */
static int
try_access(const char *path, const struct sandbox *sb)
{
	(void)sb;
	return access(path, X_OK) == -1 ? errno : 0;
}

/* "sandbox-exec -p PROFILE WORD ..." */
static void
child_exec(const struct sandbox *sb)
{
	char	**argv;
	size_t	  n;

	for (n = 0; sb->argv[n] != NULL; n++)
		continue;
	if ((argv = calloc(n + 4, sizeof(*argv))) == NULL)
		return;
	argv[0] = (char *)(uintptr_t)"sandbox-exec";
	argv[1] = (char *)(uintptr_t)"-p";
	argv[2] = profile.buf;
	memcpy(argv + 3, sb->argv, n * sizeof(*argv));
	(void)execve(SANDBOX_EXEC, argv, sb->envp);
	free(argv);
}

static __dead void
child_become(const struct sandbox *sb, int report)
{
	struct failure	 f = { STAGE_CWD, 0 };
	int		 fd = STDERR_FILENO + 1;

	if (report != fd && dup2(report, fd) == -1)
		_exit(EXIT_SRT);
	closefrom(fd + 1);
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1)
		_exit(EXIT_SRT);
	if (child_prepare(sb, &f) == -1)
		f.error = errno;
	else {
		f.stage = STAGE_SEARCH;
		f.error = command_search(sb, try_access);
	}
	/* A word that begins so would be taken for an option of its own. */
	if (f.error == 0 && sb->argv[0][0] == '-')
		f.error = ENOENT;
	if (f.error == 0) {
		child_exec(sb);
		f.stage = STAGE_SANDBOX;
		f.error = errno;
	}
	/* Where that fails the status has to do. */
	_exit(write(fd, &f, sizeof(f)) == (ssize_t)sizeof(f) ? EXIT_SRT :
	    EXIT_NOTFOUND);
}

/* Tells the parent that the command cannot be run, and ends. */
static __dead void
inner_fail(uint32_t status, const char *text)
{
	ipc_send_failed(&inner.sb->up, status, text);
	(void)ipc_flush(&inner.sb->up);
	_exit(0);
}

static __dead void
start_failed(const struct failure *f)
{
	const struct sandbox	*sb = inner.sb;
	char			 text[1024];

	errno = f->error;
	switch (f->stage) {
	case STAGE_CWD:
		(void)why("the working directory %s", sb->cwd);
		break;
	case STAGE_LIMITS:
		(void)why("limits cannot be set");
		break;
	case STAGE_SEARCH:
		(void)snprintf(text, sizeof(text), "%s: %s", sb->argv[0],
		    strerror(f->error));
		inner_fail(f->error == ENOENT ? EXIT_NOTFOUND :
		    EXIT_NOTEXECUTABLE, text);
		/* NOTREACHED */
	case STAGE_SANDBOX:
		(void)why("%s", SANDBOX_EXEC);
		break;
	}
	inner_fail(EXIT_SRT, why_text());
}

static void
watch(uintptr_t ident, int16_t filter, uint32_t fflags)
{
	struct kevent	 change;

	EV_SET(&change, ident, filter, EV_ADD, fflags, 0, NULL);
	/* ESRCH: a process that has ended is looked for no more. */
	if (kevent(inner.kq, &change, 1, NULL, 0, NULL) == -1 &&
	    errno != ESRCH)
		fatal("kevent");
}

/* Who is new among all is watched as well. */
static void
kin_look(void)
{
	struct kin	 before = inner.kin;
	struct kin_proc	*list;
	ssize_t		 n, i;

	if ((n = look_around(&list)) == -1) {
		log_warn("processes of the command may be missed");
		return;
	}
	/* Asked of what was known before: the copy lives as long as that. */
	before.v = NULL;
	if (inner.kin.n != 0 && (before.v = calloc(inner.kin.n,
	    sizeof(*before.v))) == NULL)
		fatal("calloc");
	if (inner.kin.n != 0)
		memcpy(before.v, inner.kin.v,
		    inner.kin.n * sizeof(*before.v));
	if (kin_spread(&inner.kin, list, (size_t)n) == -1)
		log_warn("processes of the command may be missed");
	for (i = 0; i < n; i++)
		if (kin_has(&inner.kin, &list[i]) &&
		    !kin_has(&before, &list[i]))
			watch((uintptr_t)list[i].pid, EVFILT_PROC,
			    NOTE_FORK | NOTE_EXIT);
	kin_free(&before);
	free(list);
}

static void
start_command(void)
{
	struct sandbox	*sb = inner.sb;
	struct failure	 f;
	struct timespec	 ts;
	uint64_t	 born = 0;
	int		 report[2];
	ssize_t		 n;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == 0)
		born = (uint64_t)ts.tv_sec * 1000000000 +
		    (uint64_t)ts.tv_nsec;
	if (pipe(report) == -1 || (inner.command = fork()) == -1) {
		(void)why("cannot start the command");
		inner_fail(EXIT_SRT, why_text());
	}
	if (inner.command == 0)
		child_become(sb, report[1]);
	(void)close(report[1]);
	if (look_at(inner.command, root) == 0 &&
	    kin_begin(&inner.kin) == -1)
		fatal("kin_add");
	watch((uintptr_t)inner.command, EVFILT_PROC, NOTE_FORK | NOTE_EXIT);
	while ((n = read(report[0], &f, sizeof(f))) == -1 && errno == EINTR)
		continue;
	(void)close(report[0]);
	if (n == (ssize_t)sizeof(f))
		start_failed(&f);
	/* It has all that it needs of these. */
	text_free(&profile);
	kin_look();
	ipc_send(&sb->up, IMSG_EXEC_STARTED, -1, &born, sizeof(born));
	(void)ipc_flush(&sb->up);
}

static void
up_gone(struct ipc_peer *peer)
{
	(void)peer;
	kill_all(&inner.kin);
	_exit(EXIT_SRT);
}

static void
up_signal(struct ipc_peer *peer, struct imsg *imsg)
{
	uint32_t	 sig = ipc_recv_u32(imsg);

	(void)peer;
	if (sig == 0 || sig > COMMAND_NSIG)
		fatalx("signal %u", sig);
	/* It may just have gone: then there is nobody to tell. */
	(void)kill(inner.command, (int)sig);
}

/* The command has ended, and nothing that it started may live on. */
static __dead void
command_ended(int status)
{
	kill_all(&inner.kin);
	ipc_send_u32(&inner.sb->up, IMSG_EXEC_EXITED, -1, (uint32_t)status);
	(void)ipc_flush(&inner.sb->up);
	_exit(0);
}

static void
reap(void)
{
	struct ipc_peer	*up = &inner.sb->up;
	int		 status;

	while (waitpid(inner.command, &status,
	    WNOHANG | WUNTRACED | WCONTINUED) > 0) {
		if (WIFSTOPPED(status))
			ipc_send_u32(up, IMSG_EXEC_STOPPED, -1,
			    (uint32_t)WSTOPSIG(status));
		else if (WIFCONTINUED(status))
			ipc_send(up, IMSG_EXEC_CONTINUED, -1, NULL, 0);
		else
			command_ended(status);
		(void)ipc_flush(up);
	}
}

static void
happened(const struct kevent *ev)
{
	switch (ev->filter) {
	case EVFILT_SIGNAL:
		reap();
		break;
	case EVFILT_READ:
		(void)ipc_dispatch(&inner.sb->up);
		break;
	case EVFILT_PROC:
		if ((pid_t)ev->ident == inner.sb->outer)
			up_gone(&inner.sb->up);
		if ((ev->fflags & NOTE_FORK) != 0)
			kin_look();
		if ((ev->fflags & NOTE_EXIT) != 0)
			kin_gone(&inner.kin, (pid_t)ev->ident);
		break;
	default:
		fatalx("an event of filter %d", ev->filter);
	}
}

static __dead void
inner_loop(void)
{
	struct kevent	 events[16];
	int		 i, n;

	/* What has happened before it was watched. */
	reap();
	for (;;) {
		n = kevent(inner.kq, NULL, 0, events, nitems(events), NULL);
		if (n == -1 && errno != EINTR)
			fatal("kevent");
		for (i = 0; i < n; i++)
			happened(&events[i]);
	}
}

/* The process between, from here on. */
static __dead void
inner_main(struct sandbox *sb, int fd)
{
	int	 i;

	inner.sb = sb;
	ipc_open(&sb->up, NULL, fd, ROLE_EXEC, up_rules, nitems(up_rules),
	    up_gone);
	ipc_phase(&sb->up, IPC_PHASE_RUN);
	if ((inner.kq = kqueue()) == -1) {
		(void)why("kqueue");
		inner_fail(EXIT_SRT, why_text());
	}
	watch((uintptr_t)sb->outer, EVFILT_PROC, NOTE_EXIT);
	if (getppid() != sb->outer)
		_exit(EXIT_SRT);
	watch(SIGCHLD, EVFILT_SIGNAL, 0);
	watch((uintptr_t)fd, EVFILT_READ, 0);
	start_command();
	for (i = STDIN_FILENO; i <= STDERR_FILENO; i++)
		if (dup2(sb->null_fd, i) == -1)
			fatal("dup2");
	sandbox_enter(ROLE_INIT);
	inner_loop();
}

pid_t
backend_start(struct sandbox *sb, struct ipc_peer *parent, const int pair[2])
{
	pid_t	 pid;

	if (check_limits(sb) == -1 || make_profile(sb) == -1)
		return -1;
	root = mmap(NULL, sizeof(*root), PROT_READ | PROT_WRITE,
	    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (root == MAP_FAILED) {
		root = NULL;
		return why("mmap");
	}
	if ((pid = fork()) == -1)
		return why("fork");
	if (pid == 0) {
		ipc_log_to(NULL);
		ipc_close(parent);
		(void)close(pair[0]);
		inner_main(sb, pair[1]);
		/* NOTREACHED */
	}
	text_free(&profile);
	return pid;
}

int
backend_release(struct sandbox *sb, pid_t pid, int fd)
{
	(void)sb;
	(void)pid;
	(void)fd;
	return 0;
}

/* There is no right that a set-user-id program would not get anyway. */
int
backend_confine(pid_t pid)
{
	(void)pid;
	return 0;
}

/* Where the process between could not do it. */
void
backend_end(struct sandbox *sb)
{
	struct kin	 kin = { 0 };

	(void)sb;
	if (root == NULL || root->pid == 0)
		return;
	if (kin_begin(&kin) == 1)
		kill_all(&kin);
	kin_free(&kin);
}
