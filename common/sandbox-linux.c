/* SPDX-License-Identifier: ISC */

/*
 * How a role gives up what it does not need on Linux: no new privileges, no
 * capability, rlimits, Landlock, and a seccomp program made from the table of
 * promises.c at build time.
 *
 * The sanitizers need more calls than the roles.  Builds with ASan, MSan or
 * TSan, and those with -DSRT_SANITIZER (UBSan alone cannot be detected), get
 * the programs with the rows for PROMISE_SANITIZER, and no leak check once
 * confined: it would ptrace its own process.
 *
 * A build with -DSRT_SANDBOX_DEBUG names the call that a role died of.
 */

#include "compat.h"

#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <pwd.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "log.h"
#include "promises.h"
#include "sandbox.h"

#if !defined(SRT_SANITIZER) && (defined(__SANITIZE_ADDRESS__) || \
    defined(__SANITIZE_THREAD__))
#define SRT_SANITIZER
#endif
#if !defined(SRT_SANITIZER) && defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(memory_sanitizer) || \
    __has_feature(thread_sanitizer) || \
    __has_feature(undefined_behavior_sanitizer)
#define SRT_SANITIZER
#endif
#endif

#include "role_filter.h"

/* Headers lag behind the kernel: the numbers and shapes are from its API. */
#ifndef SYS_landlock_create_ruleset
#define SYS_landlock_create_ruleset	444
#define SYS_landlock_add_rule		445
#define SYS_landlock_restrict_self	446
#endif
#define LL_CREATE_VERSION	1
#define LL_RULE_PATH_BENEATH	1
#define LL_FS_WRITE_FILE	(1ULL << 1)
#define LL_FS_READ_FILE		(1ULL << 2)
#define LL_FS_READ_DIR		(1ULL << 3)
#define LL_FS_REMOVE_FILE	(1ULL << 5)
#define LL_FS_MAKE_REG		(1ULL << 8)
#define LL_FS_ABI1		((1ULL << 13) - 1)
#define LL_FS_REFER		(1ULL << 13)	/* ABI 2 */
#define LL_FS_TRUNCATE		(1ULL << 14)	/* ABI 3 */
#define LL_FS_IOCTL_DEV		(1ULL << 15)	/* ABI 5 */
#define LL_NET_BIND_TCP		1ULL		/* ABI 4 */
#define LL_NET_CONNECT_TCP	2ULL		/* ABI 4 */
#define LL_SCOPE_ABSTRACT_UNIX	1ULL		/* ABI 6 */
#define LL_SCOPE_SIGNAL		2ULL		/* ABI 6 */

struct ll_ruleset_attr {
	uint64_t	 handled_access_fs;
	uint64_t	 handled_access_net;
	uint64_t	 scoped;
};

struct ll_path_attr {
	uint64_t	 allowed_access;
	int32_t		 parent_fd;
} __attribute__((__packed__));

#define DROP_USER	"_srt"
#define DROP_FALLBACK	"nobody"
#define DROP_UID	65534	/* nobody, where there is no passwd file */

/* What a role keeps, apart from system calls. */
enum keep {
	KEEP_FILES = 1,		/* reads beneath the root */
	KEEP_WRITES = 2,	/* writes to files that it was handed */
	KEEP_TASKS = 4,		/* makes threads */
	KEEP_CONNECT = 8,	/* dials TCP */
	KEEP_SIGNALS = 16,	/* signals processes outside its domain */
	KEEP_CAPS = 32,		/* root's right to signal other users */
	KEEP_WORLD = 64,	/* acts on files: no Landlock domain */
	KEEP_DIR = 128		/* acts on the files of SANDBOX_DIR_FD */
};

static const struct role_sandbox {
	const struct sock_filter	*prog;
	size_t				 len;
	unsigned int			 keep;
} sandboxes[ROLE_MAX] = {
	[ROLE_PARENT] = { role_filter_parent, nitems(role_filter_parent),
	    KEEP_WRITES | KEEP_SIGNALS | KEEP_CAPS },
	/* Of its own it can send none: its death is to kill its children. */
	[ROLE_PROXY] = { role_filter_proxy, nitems(role_filter_proxy),
	    KEEP_CONNECT | KEEP_SIGNALS },
	[ROLE_EXEC] = { role_filter_exec, nitems(role_filter_exec),
	    KEEP_WRITES | KEEP_SIGNALS | KEEP_CAPS },
	[ROLE_MONITOR] = { role_filter_monitor, nitems(role_filter_monitor),
	    KEEP_WRITES },
	[ROLE_RESOLVER] = { role_filter_resolver,
	    nitems(role_filter_resolver),
	    KEEP_FILES | KEEP_TASKS | KEEP_CONNECT },
	[ROLE_BROKER] = { role_filter_broker, nitems(role_filter_broker),
	    KEEP_WRITES | KEEP_TASKS | KEEP_CAPS | KEEP_WORLD },
	[ROLE_KEEPER] = { role_filter_keeper, nitems(role_filter_keeper),
	    KEEP_WRITES | KEEP_DIR },
	[ROLE_TLS] = { role_filter_tls, nitems(role_filter_tls), 0 },
	[ROLE_DIALER] = { role_filter_dialer, nitems(role_filter_dialer),
	    KEEP_WRITES | KEEP_SIGNALS | KEEP_CAPS },
	[ROLE_INIT] = { role_filter_init, nitems(role_filter_init),
	    KEEP_SIGNALS }
};

static void	 find_user(uid_t *, gid_t *);
static void	 drop_root(void);
static void	 drop_user(uid_t, gid_t);
static int	 empty_dir(void);
static void	 drop_capabilities(void);
static void	 limit_resources(unsigned int);
static void	 landlock_enter(unsigned int);
static int	 landlock_allow(int, int, uint64_t);
static int	 landlock_allow_reading(int);
static void	 filter_enter(const struct role_sandbox *);
static int	 filter_bind_self(struct sock_filter *, size_t);

#ifdef SRT_SANITIZER
static int	 confined;

/* Asked by LeakSanitizer at exit. */
int		 __lsan_is_turned_off(void);

int
__lsan_is_turned_off(void)
{
	return confined;
}
#endif

void
sandbox_follow(int sig)
{
	if (prctl(PR_SET_PDEATHSIG, sig, 0, 0, 0) == -1)
		fatal("prctl(PR_SET_PDEATHSIG)");
}

void
sandbox_drop(enum role role)
{
	uid_t	 uid;
	gid_t	 gid;

	if (geteuid() != 0)
		return;
	/* While /etc can still be read. */
	find_user(&uid, &gid);
	if (role != ROLE_RESOLVER)
		drop_root();
	drop_user(uid, gid);
	drop_capabilities();
	/* A change of user makes the kernel forget it. */
	sandbox_follow(role == ROLE_RESOLVER || role == ROLE_TLS ? SIGKILL :
	    SIGCONT);
}

void
sandbox_hide(void)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == -1)
		fatal("prctl(PR_SET_NO_NEW_PRIVS)");
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == -1)
		fatal("prctl(PR_SET_DUMPABLE)");
}

void
sandbox_enter(enum role role)
{
	const struct role_sandbox	*s;

	if ((unsigned int)role >= ROLE_MAX)
		fatalx("sandbox_enter: no such role");
	s = &sandboxes[role];

	/*
	 * glibc reads /etc/localtime the first time that it tells the time.
	 * Pid 1 tells none, and the command may have changed that file.
	 */
	if (role != ROLE_INIT)
		tzset();

	sandbox_hide();
	if ((s->keep & KEEP_CAPS) == 0)
		drop_capabilities();
	limit_resources(s->keep);
	if ((s->keep & KEEP_WORLD) == 0)
		landlock_enter(s->keep);
#ifdef SRT_SANITIZER
	confined = 1;
#endif
	filter_enter(s);
}

static void
find_user(uid_t *uid, gid_t *gid)
{
	struct passwd	*pw;
	FILE		*fp;
	int		 found = 0;

	*uid = *gid = DROP_UID;
	/*
	 * Both are the system's own users, of its own file: nothing that NSS
	 * would load is trusted with root's rights.
	 */
	if ((fp = fopen("/etc/passwd", "re")) == NULL)
		return;
	while (!found && (pw = fgetpwent(fp)) != NULL) {
		found = strcmp(pw->pw_name, DROP_USER) == 0;
		if (!found && strcmp(pw->pw_name, DROP_FALLBACK) != 0)
			continue;
		if (pw->pw_uid == 0 || pw->pw_gid == 0)
			fatalx("user %s is root", pw->pw_name);
		*uid = pw->pw_uid;
		*gid = pw->pw_gid;
	}
	(void)fclose(fp);
}

/*
 * The root becomes a directory that exists no more: it is made, opened and
 * removed again before anybody is in it.  Nothing can ever be created in a
 * removed directory, and nothing of it is left behind.
 */
static void
drop_root(void)
{
	int	 fd;

	if ((fd = empty_dir()) == -1)
		fatal("no empty directory for chroot");
	if (fchdir(fd) == -1 || chroot(".") == -1)
		fatal("chroot");
	if (chdir("/") == -1)
		fatal("chdir");
	(void)close(fd);
}

static int
empty_dir(void)
{
	static const char *const names[] = {
		"/run/srt.XXXXXXXXXX", "/tmp/srt.XXXXXXXXXX",
		"/dev/shm/srt.XXXXXXXXXX"
	};
	struct stat	 sb;
	char		 path[32];
	size_t		 i;
	int		 fd;

	for (i = 0; i < nitems(names); i++) {
		(void)strlcpy(path, names[i], sizeof(path));
		if (mkdtemp(path) == NULL)
			continue;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
		    O_CLOEXEC);
		if (rmdir(path) == -1)
			log_warn("%s", path);
		/* Somebody may have put another one in its place. */
		if (fd != -1 && fstat(fd, &sb) == 0 && sb.st_uid == 0 &&
		    (sb.st_mode & 07777) == 0700)
			return fd;
		if (fd != -1)
			(void)close(fd);
	}
	/* A world that is read-only throughout: where sshd goes, too. */
	fd = open("/var/empty", O_RDONLY | O_DIRECTORY | O_NOFOLLOW |
	    O_CLOEXEC);
	if (fd != -1 && fstat(fd, &sb) == 0 && sb.st_uid == 0 &&
	    (sb.st_mode & 022) == 0)
		return fd;
	if (fd != -1)
		(void)close(fd);
	errno = EROFS;
	return -1;
}

/*
 * In a user namespace that maps no other id root is an ordinary user of the
 * host already; it stays itself and loses its capabilities.
 */
static void
drop_user(uid_t uid, gid_t gid)
{
	uid_t	 r, e, s;

	if (setresgid(gid, gid, gid) == -1) {
		if (errno != EINVAL)
			fatal("setresgid");
		log_debug("no id but 0 in this user namespace: not dropped");
		return;
	}
	if (setgroups(1, &gid) == -1)
		fatal("setgroups");
	if (setresuid(uid, uid, uid) == -1)
		fatal("setresuid");
	if (getresuid(&r, &e, &s) == -1 || r != uid || e != uid || s != uid)
		fatalx("still root");
}

/* Permitted, effective, inheritable, and with them the ambient ones. */
static void
drop_capabilities(void)
{
	struct __user_cap_header_struct	 hdr;
	struct __user_cap_data_struct	 data[_LINUX_CAPABILITY_U32S_3];

	memset(&hdr, 0, sizeof(hdr));
	hdr.version = _LINUX_CAPABILITY_VERSION_3;
	memset(data, 0, sizeof(data));
	if (syscall(SYS_capset, &hdr, data) == -1)
		fatal("capset");
}

static void
limit_resources(unsigned int keep)
{
	const struct rlimit	 none = { 0, 0 };

	if (setrlimit(RLIMIT_CORE, &none) == -1)
		fatal("setrlimit(RLIMIT_CORE)");
	if ((keep & KEEP_WRITES) == 0 && setrlimit(RLIMIT_FSIZE, &none) == -1)
		fatal("setrlimit(RLIMIT_FSIZE)");
	if ((keep & KEEP_TASKS) == 0 && setrlimit(RLIMIT_NPROC, &none) == -1)
		fatal("setrlimit(RLIMIT_NPROC)");
}

/*
 * The second layer.  A kernel may lack it (before 5.13, or not switched on);
 * the seccomp program refuses the same on its own.
 */
static void
landlock_enter(unsigned int keep)
{
	struct ll_ruleset_attr	 attr;
	int			 abi, fd;

	abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LL_CREATE_VERSION);
	if (abi < 1) {
		log_debug("no Landlock in this kernel: seccomp alone");
		return;
	}

	memset(&attr, 0, sizeof(attr));
	attr.handled_access_fs = LL_FS_ABI1;
	if (abi >= 2)
		attr.handled_access_fs |= LL_FS_REFER;
	if (abi >= 3)
		attr.handled_access_fs |= LL_FS_TRUNCATE;
	if (abi >= 5)
		attr.handled_access_fs |= LL_FS_IOCTL_DEV;
	if (abi >= 4)
		attr.handled_access_net = LL_NET_BIND_TCP |
		    ((keep & KEEP_CONNECT) != 0 ? 0 : LL_NET_CONNECT_TCP);
	if (abi >= 6)
		attr.scoped = LL_SCOPE_ABSTRACT_UNIX |
		    ((keep & KEEP_SIGNALS) != 0 ? 0 : LL_SCOPE_SIGNAL);

	fd = (int)syscall(SYS_landlock_create_ruleset, &attr, sizeof(attr), 0);
	if (fd == -1)
		fatal("landlock_create_ruleset");
	if ((keep & KEEP_FILES) != 0 && landlock_allow_reading(fd) == -1)
		fatal("landlock_add_rule");
	if ((keep & KEEP_DIR) != 0 && landlock_allow(fd, SANDBOX_DIR_FD,
	    attr.handled_access_fs & (LL_FS_WRITE_FILE | LL_FS_READ_FILE |
	    LL_FS_REMOVE_FILE | LL_FS_MAKE_REG | LL_FS_TRUNCATE)) == -1)
		fatal("landlock_add_rule");
	if (syscall(SYS_landlock_restrict_self, fd, 0) == -1) {
		/* The kernel stacks at most 16 domains. */
		if (errno != E2BIG)
			fatal("landlock_restrict_self");
		log_debug("nested too deep for Landlock: seccomp alone");
	}
	(void)close(fd);
}

static int
landlock_allow(int ruleset, int dir, uint64_t access)
{
	struct ll_path_attr	 attr;

	memset(&attr, 0, sizeof(attr));
	attr.allowed_access = access;
	attr.parent_fd = dir;
	return (int)syscall(SYS_landlock_add_rule, ruleset,
	    LL_RULE_PATH_BENEATH, &attr, 0);
}

static int
landlock_allow_reading(int ruleset)
{
	int	 fd, r, saved;

	fd = open("/", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return -1;
	r = landlock_allow(ruleset, fd, LL_FS_READ_FILE | LL_FS_READ_DIR);
	saved = errno;
	(void)close(fd);
	errno = saved;
	return r;
}

#ifdef SRT_SANDBOX_DEBUG
/* For whoever adds a row to the table; not fit for anything else. */
static void
filter_trap(int sig, siginfo_t *si, void *context)
{
	(void)sig;
	(void)context;
	(void)dprintf(STDERR_FILENO, "system call %d is not promised\n",
	    si->si_syscall);
	log_warnx("system call %d is not promised", si->si_syscall);
	_exit(EXIT_SRT);
}

static void
filter_debug(struct sock_filter *prog, size_t len)
{
	struct sigaction	 sa;
	size_t			 i;

	memset(&sa, 0, sizeof(sa));
	sa.sa_sigaction = filter_trap;
	sa.sa_flags = SA_SIGINFO;
	if (sigaction(SIGSYS, &sa, NULL) == -1)
		fatal("sigaction");
	for (i = 0; i < len; i++)
		if (BPF_CLASS(prog[i].code) == BPF_RET &&
		    prog[i].k == SECCOMP_RET_KILL_PROCESS)
			prog[i].k = SECCOMP_RET_TRAP;
}
#endif /* SRT_SANDBOX_DEBUG */

static void
filter_enter(const struct role_sandbox *s)
{
	struct sock_fprog	 fprog;
	struct sock_filter	*prog;

	if ((prog = calloc(s->len, sizeof(*prog))) == NULL)
		fatal("calloc");
	memcpy(prog, s->prog, s->len * sizeof(*prog));
	if (filter_bind_self(prog, s->len) == 0)
		fatalx("the filter has no place for the process's own id");
#ifdef SRT_SANDBOX_DEBUG
	filter_debug(prog, s->len);
#endif
	fprog.filter = prog;
	fprog.len = (unsigned short)s->len;
	/* TSYNC: no thread, whoever made it, is left out. */
	if (syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
	    SECCOMP_FILTER_FLAG_TSYNC, &fprog) != 0)
		fatal("seccomp");
	free(prog);
}

/* Puts the process's id where the table says PROMISE_SELF. */
static int
filter_bind_self(struct sock_filter *prog, size_t len)
{
	size_t	 i;
	int	 n = 0;

	for (i = 0; i < len; i++) {
		if (prog[i].code != (BPF_JMP | BPF_JEQ | BPF_K) ||
		    prog[i].k != PROMISE_SELF)
			continue;
		prog[i].k = (uint32_t)getpid();
		n++;
	}
	return n;
}
