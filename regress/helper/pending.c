/* SPDX-License-Identifier: ISC */

/*
 * Runs as the command and changes what a call means while the broker is at
 * it, from other processes and by means that no thread has: the working
 * directory is a write root in which .npmrc must never appear.  One line for
 * each attack, "held NAME" or "GOT NAME", and "tries NAME N", or "closed NAME"
 * where the means is refused.
 *
 *	pending race|filter|unreadable|sibling|traced
 *
 * What the tracer does is by registers, and so for x86_64 alone.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/user.h>
#include <sys/wait.h>

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tried.h"

#ifndef O_PATH
#define O_PATH		010000000
#endif

#define STACK		65536
#define CLOSED		77	/* status of who cannot even begin */
#define PAGE		65536	/* of any machine's */
#define SHARED_AT	((void *)0x10000000)

static const char	 good[8] = "plain/a", bad[8] = ".npmrc";
static char		*path;		/* what the calls are made with */
static int		 pages[2], dirs[3];

static int
make(const char *name)
{
	int	 fd = open(name, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd == -1)
		return 0;
	(void)close(fd);
	return 1;
}

static int
is_there(void)
{
	struct stat	 st;

	return lstat(bad, &st) == 0;
}

/* --- races */

static _Noreturn void
flip_mem(pid_t pid)
{
	char	 name[64];
	int	 i = 0, fd;

	(void)snprintf(name, sizeof(name), "/proc/%d/mem", (int)pid);
	if ((fd = open(name, O_RDWR)) == -1)
		_exit(CLOSED);
	for (;;) {
		i = !i;
		perhaps(pwrite(fd, i ? bad : good, sizeof(good),
		    (off_t)(uintptr_t)path));
	}
}

static _Noreturn void
flip_vm(pid_t pid)
{
	struct iovec	 from = { .iov_len = sizeof(good) };
	struct iovec	 to = { .iov_base = path, .iov_len = sizeof(good) };
	int		 i = 0;

	for (;;) {
		i = !i;
		from.iov_base = (char *)(uintptr_t)(i ? bad : good);
		perhaps(process_vm_writev(pid, &from, 1, &to, 1, 0));
	}
}

/* Stopped where it is, most often in the call, and changed meanwhile. */
static _Noreturn void
flip_stopped(pid_t pid)
{
	struct iovec	 from = { .iov_len = sizeof(good) };
	struct iovec	 to = { .iov_base = path, .iov_len = sizeof(good) };
	int		 i = 0;

	for (;;) {
		i = !i;
		from.iov_base = (char *)(uintptr_t)(i ? bad : good);
		(void)kill(pid, SIGSTOP);
		perhaps(process_vm_writev(pid, &from, 1, &to, 1, 0));
		(void)kill(pid, SIGCONT);
		(void)usleep(50);
	}
}

/* In the same memory, but no thread; each name in one store. */
static int
flip_shared(void *arg)
{
	_Atomic uint64_t	*at = (_Atomic uint64_t *)(void *)path;
	uint64_t		 words[2];
	int			 i = 0;

	(void)memcpy(&words[0], good, sizeof(good));
	(void)memcpy(&words[1], bad, sizeof(bad));
	for (;;) {
		i = !i;
		atomic_store(at, words[i]);
	}
	return arg == NULL;
}

/* Not what is in the page, but the page. */
static int
flip_page(void *arg)
{
	int	 i = 0;

	for (;;) {
		i = !i;
		(void)mmap(path, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED |
		    MAP_FIXED, pages[i], 0);
	}
	return arg == NULL;
}

/* In the same table of descriptors. */
static int
flip_files(void *arg)
{
	int	 i = 0;

	for (;;) {
		i = !i;
		perhaps(dup2(dirs[i], dirs[2]));
	}
	return arg == NULL;
}

/* With the same working directory. */
static int
flip_cwd(void *arg)
{
	int	 i = 0;

	for (;;) {
		i = !i;
		perhaps(fchdir(dirs[i]));
	}
	return arg == NULL;
}

static void
try_path(void)
{
	int	 fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd != -1)
		(void)close(fd);
}

static void
try_dir(void)
{
	int	 fd = openat(dirs[2], bad, O_WRONLY | O_CREAT | O_CLOEXEC,
		    0600);

	if (fd != -1)
		(void)close(fd);
}

static void
try_cwd(void)
{
	(void)make(bad);
}

/* Until it is there or the time is up; .npmrc is looked for in dirs[1]. */
static void
attempts(const char *name, void (*attempt)(void), pid_t other)
{
	struct stat	 st;
	long		 start = now_ms();
	unsigned long	 n = 0;
	int		 got = 0, status = 0;
	pid_t		 gone;

	do {
		attempt();
		n++;
		got = fstatat(dirs[1], bad, &st, AT_SYMLINK_NOFOLLOW) == 0;
		gone = waitpid(other, &status, __WALL | WNOHANG);
	} while (!got && gone == 0 && race_on(start, n));
	if (gone == 0) {
		(void)kill(other, SIGKILL);
		(void)waitpid(other, &status, __WALL);
	}
	if (fchdir(dirs[1]) == -1)
		err(1, "fchdir");
	perhaps(unlink(bad));
	perhaps(unlink("fresh/.npmrc"));
	if (WIFEXITED(status) && WEXITSTATUS(status) == CLOSED)
		(void)printf("closed %s\n", name);
	else if (WIFEXITED(status))
		errx(1, "%s: nobody raced", name);
	else
		(void)printf("tries %s %lu\n", name, n);
	tried(name, got);
}

/* The other one is a child that acts on us, or on what we share with it. */
static void
race_child(const char *name, void (*other)(pid_t))
{
	pid_t	 pid, me = getpid();

	(void)memcpy(path, good, sizeof(good));
	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)prctl(PR_SET_PDEATHSIG, SIGKILL);
		other(me);
	}
	attempts(name, try_path, pid);
}

static void
race_clone(const char *name, int (*other)(void *), int flags,
    void (*attempt)(void))
{
	static char	 stack[STACK] __attribute__((aligned(16)));
	pid_t		 pid;

	(void)memcpy(path, good, sizeof(good));
	(void)fflush(stdout);
	pid = clone(other, stack + sizeof(stack), flags | SIGCHLD, NULL);
	if (pid == -1)
		err(1, "clone");
	attempts(name, attempt, pid);
}

/*
 * Many children call while they are replaced by a program that has .npmrc
 * where they had the harmless path.
 */
static void
race_exec(const char *self)
{
	long	 start = now_ms();
	unsigned n = 0;
	pid_t	 pid;

	do {
		if ((pid = fork()) == -1)
			err(1, "fork");
		if (pid == 0) {
			(void)execl(self, self, "caller", (char *)NULL);
			_exit(1);
		}
		(void)waitpid(pid, NULL, 0);
		n++;
	} while (!is_there() && race_on(start, n));
	(void)printf("tries K25 execve during a call %u\n", n);
	tried("K25 execve during a call", is_there());
	perhaps(unlink(bad));
}

static int
call_on(void *arg)
{
	for (;;)
		perhaps(open(SHARED_AT, O_WRONLY | O_CREAT | O_CLOEXEC, 0600));
	return arg == NULL;
}

static char *
map_at(const char *content)
{
	char	*p = mmap(SHARED_AT, PAGE, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);

	if (p == MAP_FAILED)
		err(1, "mmap");
	(void)strlcpy(p, content, PAGE);
	return p;
}

static void
caller(const char *self)
{
	static char	 stack[STACK] __attribute__((aligned(16)));

	(void)map_at(good);
	if (clone(call_on, stack + sizeof(stack), CLONE_VM | CLONE_FS |
	    CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD, NULL) == -1)
		err(1, "clone");
	(void)usleep(300);
	(void)execl(self, self, "called", (char *)NULL);
	err(1, "%s", self);
}

static void
page_of(int i, const char *content)
{
	if ((pages[i] = memfd_create("page", MFD_CLOEXEC)) == -1 ||
	    ftruncate(pages[i], PAGE) == -1 ||
	    pwrite(pages[i], content, strlen(content) + 1, 0) == -1)
		err(1, "memfd");
}

static void
race(const char *self)
{
	if (mkdir("fresh", 0700) == -1 ||
	    (dirs[0] = open("fresh", O_PATH | O_DIRECTORY)) == -1 ||
	    (dirs[1] = open(".", O_PATH | O_DIRECTORY)) == -1 ||
	    (dirs[2] = dup(dirs[0])) == -1)
		err(1, "fresh");
	page_of(0, good);
	page_of(1, bad);
	path = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED |
	    MAP_ANONYMOUS, -1, 0);
	if (path == MAP_FAILED)
		err(1, "mmap");
	race_child("K25 /proc/PID/mem during a call", flip_mem);
	race_child("K25 process_vm_writev during a call", flip_vm);
	race_child("K25 stopped during a call", flip_stopped);
	race_clone("K25 a process in the same memory", flip_shared, CLONE_VM,
	    try_path);
	race_clone("K25 a page exchanged during a call", flip_page, CLONE_VM,
	    try_path);
	race_clone("K25 a process in the same table of descriptors",
	    flip_files, CLONE_FILES, try_dir);
	race_clone("K25 a process in the same working directory", flip_cwd,
	    CLONE_FS, try_cwd);
	race_exec(self);
}

/* --- filters and tracers of the command's own */

static int
filter(uint32_t nr, uint32_t action, unsigned long flags)
{
	struct sock_filter	 insn[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
	};
	struct sock_fprog	 prog = { nitems(insn), insn };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		return -1;
	return (int)syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags,
	    &prog);
}

static void
on_sigsys(int sig)
{
	(void)sig;
}

/* Whatever another filter says of the call or of another one. */
static void
filter_child(const char *name, uint32_t nr, uint32_t action)
{
	pid_t	 pid;

	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		(void)signal(SIGSYS, on_sigsys);
		if (filter(nr, action, SECCOMP_FILTER_FLAG_TSYNC) == -1)
			_exit(1);
		(void)make(bad);
		perhaps(syscall(SYS_mknodat, AT_FDCWD, bad, S_IFREG | 0600,
		    0));
		_exit(0);
	}
	(void)waitpid(pid, NULL, 0);
	tried(name, is_there());
	perhaps(unlink(bad));
}

#ifdef __x86_64__
/* At the entry of a call, before any filter, it becomes another one. */
static void
tracer(void)
{
	struct user_regs_struct	 regs;
	pid_t			 pid;
	int			 status;

	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(1);
		(void)raise(SIGSTOP);
		(void)syscall(SYS_getppid, bad, O_WRONLY | O_CREAT, 0600);
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		if (ptrace(PTRACE_GETREGS, pid, 0, &regs) == 0 &&
		    regs.orig_rax == SYS_getppid) {
			regs.orig_rax = SYS_open;
			(void)ptrace(PTRACE_SETREGS, pid, 0, &regs);
		}
	}
	tried("K24 a tracer at the entry of a call", is_there());
	perhaps(unlink(bad));
}

/* The path is written anew at the call's entry stop, by its tracer. */
static void
tracer_poke(void)
{
	long	 word = 0;
	pid_t	 pid;
	int	 status, entry = 0;

	path = map_at(good);
	(void)fflush(stdout);
	if ((pid = fork()) == -1)
		err(1, "fork");
	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
			_exit(1);
		(void)raise(SIGSTOP);
		(void)syscall(SYS_open, path, O_WRONLY | O_CREAT, 0600);
		_exit(0);
	}
	(void)waitpid(pid, &status, 0);
	(void)memcpy(&word, bad, sizeof(word));
	while (ptrace(PTRACE_SYSCALL, pid, 0, 0) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFSTOPPED(status)) {
		entry = !entry;
		if (entry)
			(void)ptrace(PTRACE_POKEDATA, pid, path, word);
	}
	tried("K24 a tracer that writes the path anew", is_there());
	perhaps(unlink(bad));
}
#endif

static void
filters(void)
{
	filter_child("K24 a filter that logs", SYS_mknodat, SECCOMP_RET_LOG);
	filter_child("K24 a filter that traps", SYS_getppid,
	    SECCOMP_RET_TRAP);
	filter_child("K24 a filter that traps the call", SYS_openat,
	    SECCOMP_RET_TRAP);
	filter_child("K24 a filter that answers first", SYS_openat,
	    SECCOMP_RET_ERRNO);
	filter_child("K24 a filter that asks a tracer", SYS_openat,
	    SECCOMP_RET_TRACE);
#ifdef __x86_64__
	tracer();
	tracer_poke();
#endif
}

/* --- a process at which the broker may not look */

static void
unreadable(const char *what)
{
	char	 name[64];

	(void)snprintf(name, sizeof(name), "K26 create: %s", what);
	tried(name, make(bad));
	perhaps(unlink(bad));
	(void)snprintf(name, sizeof(name), "K26 link: %s", what);
	tried(name, symlink("x", bad) == 0);
	perhaps(unlink(bad));
	(void)snprintf(name, sizeof(name), "K26 chmod: %s", what);
	tried(name, chmod(".bashrc", 0700) == 0);
	(void)snprintf(name, sizeof(name), "K26 write: %s", what);
	tried(name, open(".bashrc", O_WRONLY) != -1);
}

/* --- pid 1, whose child the command is */

static int
end_soon(void *arg)
{
	(void)arg;
	return 77;
}

/* Children of pid 1's own, which end before the command and after. */
static int
sibling(void)
{
	static char	 stack[2][STACK] __attribute__((aligned(16)));
	int		 i;

	for (i = 0; i < 2; i++)
		if (clone(end_soon, stack[i] + STACK, CLONE_PARENT |
		    (i == 0 ? SIGCHLD : 0), NULL) == -1)
			err(1, "clone");
	(void)usleep(200000);
	return 5;
}

/* pid 1 becomes our tracer, which it has not asked for. */
static int
traced(void)
{
	int	 i;

	if (ptrace(PTRACE_TRACEME, 0, 0, 0) == -1)
		err(1, "PTRACE_TRACEME");
	(void)signal(SIGUSR1, SIG_IGN);
	for (i = 0; i < 3; i++)
		(void)raise(SIGUSR1);
	(void)printf("went on\n");
	return 6;
}

int
main(int argc, char *argv[])
{
	const char	*mode = argc > 1 ? argv[1] : "";

	(void)signal(SIGPIPE, SIG_IGN);
	if (strcmp(mode, "race") == 0)
		race(argv[0]);
	else if (strcmp(mode, "caller") == 0)
		caller(argv[0]);
	else if (strcmp(mode, "called") == 0) {
		(void)map_at(bad);
		(void)usleep(300);
	} else if (strcmp(mode, "sibling") == 0)
		return sibling();
	else if (strcmp(mode, "traced") == 0)
		return traced();
	else if (strcmp(mode, "filter") == 0)
		filters();
	else if (strcmp(mode, "unreadable") == 0) {
		unreadable("a program that cannot be read");
		if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
			err(1, "prctl");
		unreadable("not dumpable");
	} else
		errx(2, "usage: pending MODE");
	return fflush(stdout) == 0 ? 0 : 1;
}
