/* SPDX-License-Identifier: ISC */

/*
 * Runs a program as a kernel without these would:
 *
 *	oldkernel FEATURE ... -- PROGRAM [ARGUMENT ...]
 *
 * Calls fail by a filter that all inherit.  Which ABI Landlock has is told by
 * the result of a call, which no filter can give: for that the processes are
 * traced, and what a ruleset may ask for is held to it as well.  So they are
 * where one name is missing from /proc.
 */

#include "compat.h"

#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/types.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <err.h>
#include <errno.h>
#include <sched.h>
#include <seccomp.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define WAIT_KILLABLE_RECV	(1U << 5)
#define LANDLOCK_VERSION	1

/* A call that fails; with bits only if all of them are set in the argument. */
static const struct {
	const char	*feature;
	const char	*call;
	int		 error;
	unsigned int	 arg;
	uint64_t	 bits;
} rows[] = {
	{ "no-notify-flags", "seccomp", EINVAL, 1, WAIT_KILLABLE_RECV },
	{ "no-landlock", "landlock_create_ruleset", ENOSYS, 0, 0 },
	{ "landlock-off", "landlock_create_ruleset", EOPNOTSUPP, 0, 0 },
	{ "no-mount_setattr", "mount_setattr", ENOSYS, 0, 0 },
	{ "no-openat2", "openat2", ENOSYS, 0, 0 },
	{ "no-pidfd_getfd", "pidfd_getfd", ENOSYS, 0, 0 },
	{ "pidfd_getfd-denied", "pidfd_getfd", EPERM, 0, 0 },
	{ "no-pidfd_open", "pidfd_open", ENOSYS, 0, 0 },
	{ "no-clone3", "clone3", ENOSYS, 0, 0 },
	{ "no-userns", "clone", EPERM, 0, CLONE_NEWUSER },
	{ "no-userns", "unshare", EPERM, 0, CLONE_NEWUSER },
	{ "userns-limit", "clone", ENOSPC, 0, CLONE_NEWUSER },
	{ "userns-limit", "unshare", ENOSPC, 0, CLONE_NEWUSER },
	/* AppArmor: there is one, and it is of no use. */
	{ "userns-useless", "fsopen", EPERM, 0, 0 },
	{ "userns-useless", "fsmount", EPERM, 0, 0 },
	{ "userns-useless", "open_tree", EPERM, 0, 0 },
	{ "userns-useless", "move_mount", EPERM, 0, 0 },
	{ "userns-useless", "mount_setattr", EPERM, 0, 0 },
	{ "userns-useless", "mount", EPERM, 0, 0 },
	{ "userns-useless", "umount2", EPERM, 0, 0 },
	{ "userns-useless", "pivot_root", EPERM, 0, 0 },
	{ "userns-useless", "sethostname", EPERM, 0, 0 }
};

static int	 abi;		/* 0: as it is */
static int	 traced;

static void
add_rows(scmp_filter_ctx ctx, const char *feature)
{
	struct scmp_arg_cmp	 arg;
	size_t			 i;
	int			 found = 0, nr, rc;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		if (strcmp(rows[i].feature, feature) != 0)
			continue;
		found = 1;
		nr = seccomp_syscall_resolve_name(rows[i].call);
		arg = SCMP_CMP(rows[i].arg, SCMP_CMP_MASKED_EQ, rows[i].bits,
		    rows[i].bits);
		rc = seccomp_rule_add_array(ctx, SCMP_ACT_ERRNO((uint32_t)
		    rows[i].error), nr, rows[i].bits != 0, &arg);
		if (rc != 0)
			errx(2, "%s: %s", rows[i].call, strerror(-rc));
	}
	if (!found)
		errx(2, "%s: not a feature", feature);
}

static void
add_traced(scmp_filter_ctx ctx, const char *call)
{
	int	 nr, rc;

	traced = 1;
	nr = seccomp_syscall_resolve_name(call);
	if ((rc = seccomp_rule_add(ctx, SCMP_ACT_TRACE(0), nr, 0)) != 0)
		errx(2, "%s: %s", call, strerror(-rc));
}

static scmp_filter_ctx
make_filter(char **features)
{
	scmp_filter_ctx	 ctx;

	if ((ctx = seccomp_init(SCMP_ACT_ALLOW)) == NULL)
		errx(2, "seccomp_init");
	for (; *features != NULL && strcmp(*features, "--") != 0;
	    features++) {
		if (strncmp(*features, "landlock-abi=", 13) == 0) {
			abi = (*features)[13] - '0';
			if (abi < 1 || abi > 6)
				errx(2, "landlock-abi is from 1 to 6");
			add_traced(ctx, "landlock_create_ruleset");
		} else if (strcmp(*features, "no-children") == 0) {
			add_traced(ctx, "open");
			add_traced(ctx, "openat");
		} else
			add_rows(ctx, *features);
	}
	return ctx;
}

#ifdef __x86_64__
/*
 * Up to that many words; -1 of a process that cannot be dumped, for that keeps
 * tracers out of its memory as well.
 */
static int
read_words(pid_t pid, uint64_t addr, uint64_t *word, size_t n)
{
	size_t	 i;

	for (i = 0; i < n; i++) {
		errno = 0;
		word[i] = (uint64_t)ptrace(PTRACE_PEEKDATA, pid,
		    (void *)(uintptr_t)(addr + i * sizeof(word[0])), NULL);
		if (errno != 0)
			return -1;
	}
	return 0;
}

/* Would that ABI have taken the ruleset?  What cannot be told it would. */
static int
is_known(pid_t pid, uint64_t attr, uint64_t size)
{
	static const unsigned int	 fs_bits[] = {
		0, 13, 14, 15, 15, 16, 16
	};
	uint64_t			 word[3] = { 0, 0, 0 };
	size_t				 n = size / sizeof(word[0]);

	if (read_words(pid, attr, word, n < 3 ? n : 3) == -1)
		return 1;
	return word[0] >> fs_bits[abi] == 0 && (word[1] == 0 || abi >= 4) &&
	    (word[2] == 0 || abi >= 6);
}

/* Is the path one that ends so?  A longer one than these is not. */
static int
is_children(pid_t pid, uint64_t addr)
{
	static const char	 end[] = "/children";
	union {
		uint64_t	 word[8];
		char		 text[64];
	}			 path;
	size_t			 i, len;

	for (i = 0; i < nitems(path.word); i++) {
		if (read_words(pid, addr + i * sizeof(path.word[0]),
		    &path.word[i], 1) == -1)
			return 0;
		len = strnlen(path.text, (i + 1) * sizeof(path.word[0]));
		if (len < (i + 1) * sizeof(path.word[0]))
			return len >= sizeof(end) - 1 && strcmp(path.text +
			    len - (sizeof(end) - 1), end) == 0;
	}
	return 0;
}

/* Answers the call in the kernel's place, where that would be another one. */
static void
answer(pid_t pid)
{
	struct user_regs_struct	 regs;
	long			 result;

	if (ptrace(PTRACE_GETREGS, pid, NULL, &regs) == -1)
		return;
	if (regs.orig_rax == SYS_open || regs.orig_rax == SYS_openat) {
		if (!is_children(pid, regs.orig_rax == SYS_open ? regs.rdi :
		    regs.rsi))
			return;
		result = -ENOENT;
	} else if (regs.rdx == LANDLOCK_VERSION)
		result = abi;
	else if (!is_known(pid, regs.rdi, regs.rsi))
		result = -EINVAL;
	else
		return;
	regs.orig_rax = (unsigned long long)-1;
	regs.rax = (unsigned long long)result;
	(void)ptrace(PTRACE_SETREGS, pid, NULL, &regs);
}
#else
static void
answer(pid_t pid)
{
	(void)pid;
	errx(2, "landlock-abi and no-children are for x86-64 alone");
}
#endif

/* Until the first process ends; its status. */
static int
trace(pid_t first)
{
	pid_t	 pid;
	int	 status, sig;

	for (;;) {
		if ((pid = waitpid(-1, &status, __WALL)) == -1) {
			if (errno == EINTR)
				continue;
			err(2, "waitpid");
		}
		if (!WIFSTOPPED(status)) {
			if (pid == first)
				return status;
			continue;
		}
		sig = 0;
		switch (status >> 16) {
		case PTRACE_EVENT_SECCOMP:
			answer(pid);
			break;
		case PTRACE_EVENT_STOP:
			if (WSTOPSIG(status) != SIGTRAP) {
				(void)ptrace(PTRACE_LISTEN, pid, NULL, NULL);
				continue;
			}
			break;
		case 0:
			sig = WSTOPSIG(status);
			break;
		default:
			break;
		}
		(void)ptrace(PTRACE_CONT, pid, NULL, (void *)(intptr_t)sig);
	}
}

static void
become(scmp_filter_ctx ctx, char **argv)
{
	int	 rc;

	if ((rc = seccomp_load(ctx)) != 0)
		errx(2, "seccomp_load: %s", strerror(-rc));
	(void)execv(argv[0], argv);
	err(2, "%s", argv[0]);
}

int
main(int argc, char *argv[])
{
	scmp_filter_ctx	 ctx;
	pid_t		 pid;
	char		 c;
	int		 go[2], i, status;

	for (i = 1; i < argc && strcmp(argv[i], "--") != 0; i++)
		continue;
	if (i + 1 >= argc)
		errx(2, "no program");
	ctx = make_filter(argv + 1);
	if (!traced)
		become(ctx, argv + i + 1);
	if (pipe(go) == -1 || (pid = fork()) == -1)
		err(2, "fork");
	if (pid == 0) {
		(void)close(go[1]);
		if (read(go[0], &c, 1) != 1)
			_exit(2);
		(void)close(go[0]);
		become(ctx, argv + i + 1);
	}
	seccomp_release(ctx);
	if (ptrace(PTRACE_SEIZE, pid, NULL, PTRACE_O_TRACESECCOMP |
	    PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
	    PTRACE_O_EXITKILL) == -1)
		err(2, "ptrace");
	(void)close(go[0]);
	if (write(go[1], "", 1) != 1)
		err(2, "write");
	(void)close(go[1]);
	status = trace(pid);
	return WIFEXITED(status) ? WEXITSTATUS(status) :
	    128 + WTERMSIG(status);
}
