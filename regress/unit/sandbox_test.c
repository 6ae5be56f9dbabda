/* SPDX-License-Identifier: ISC */

/*
 * The confinement of srt's own roles: children enter each role's sandbox and
 * try what it must not do.
 */

#include "compat.h"

/* Its layers one by one. */
#include "../../common/sandbox-linux.c"

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>

#include <linux/netlink.h>
#include <netinet/in.h>

#include <pty.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

#include "sandbox_check.h"

#define BIT(role)	(1U << (role))
#define EVERY		((1U << ROLE_MAX) - 1)
#define NETWORKERS	(BIT(ROLE_PROXY) | BIT(ROLE_RESOLVER))
#define PARENTS		(BIT(ROLE_PARENT) | BIT(ROLE_DIALER))
#define REAPERS		(PARENTS | BIT(ROLE_EXEC) | BIT(ROLE_BROKER) | \
			    BIT(ROLE_INIT))

/* What confined children try. */

#define EXIT_REFUSED	10	/* the call failed with EACCES or EPERM */
#define EXIT_DONE	11	/* it did what it must not */

/* What a child may need that it can have only before it is confined. */
static struct {
	pid_t	 parent;
	int	 tty;		/* a pty that is not its own */
	int	 unix_fd;	/* an unconnected AF_UNIX socket */
	int	 tcp_fd;	/* an unbound TCP socket */
	int	 abi;		/* of Landlock, or 0 */
} world;

static int
run(enum role role, int (*fn)(enum role))
{
	pid_t	 pid;
	int	 r, status;

	if ((pid = fork()) == 0) {
		(void)alarm(30);
		sandbox_enter(role);
		r = fn(role);
		if (r == 0)
			_exit(EXIT_DONE);
		_exit(errno == EACCES || errno == EPERM ? EXIT_REFUSED : 1);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

/* Each returns 0 if the system did it, -1 with errno if not. */

static int
try_read(enum role role)
{
	(void)role;
	return open("/etc/passwd", O_RDONLY) == -1 ? -1 : 0;
}

static int
try_write(enum role role)
{
	(void)role;
	return open("/dev/null", O_WRONLY) == -1 ? -1 : 0;
}

static int
try_create(enum role role)
{
	(void)role;
	return open("/tmp", O_RDWR | O_TMPFILE, 0600) == -1 ? -1 : 0;
}

static int
try_openat2(enum role role)
{
	uint64_t	 how[3] = { O_RDONLY, 0, 0 };

	(void)role;
	return syscall(437, AT_FDCWD, "/etc/passwd", how, sizeof(how)) == -1 ?
	    -1 : 0;
}

static int
try_mkdir(enum role role)
{
	(void)role;
	return mkdirat(AT_FDCWD, "/tmp/.", 0700);
}

static int
try_unlink(enum role role)
{
	(void)role;
	return unlinkat(AT_FDCWD, "/nonexistent/x", 0);
}

static int
try_chmod(enum role role)
{
	(void)role;
	return fchmodat(AT_FDCWD, "/nonexistent/x", 0700, 0);
}

static int
try_exec(enum role role)
{
	char	*argv[] = { (char *)(uintptr_t)"true", NULL };

	(void)role;
	return execve("/bin/true", argv, argv + 1);
}

static int
try_fork(enum role role)
{
	pid_t	 pid;

	(void)role;
	if ((pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0)) == 0)
		_exit(0);
	return pid == -1 ? -1 : 0;
}

static int
try_namespace(enum role role)
{
	(void)role;
	return unshare(CLONE_NEWUSER);
}

static int
try_ptrace(enum role role)
{
	(void)role;
	return ptrace(PTRACE_ATTACH, world.parent, NULL, NULL) == -1 ? -1 : 0;
}

static int
try_peek(enum role role)
{
	(void)role;
	return syscall(SYS_process_vm_readv, world.parent, NULL, 0, NULL, 0,
	    0) == -1 ? -1 : 0;
}

static int
try_kill(enum role role)
{
	(void)role;
	return kill(world.parent, 0);
}

static int
try_tgkill(enum role role)
{
	(void)role;
	return syscall(SYS_tgkill, world.parent, world.parent, 0) == -1 ?
	    -1 : 0;
}

static int
try_setown(enum role role)
{
	(void)role;
	return fcntl(world.unix_fd, F_SETOWN, world.parent);
}

static int
try_inet(enum role role)
{
	(void)role;
	return socket(AF_INET, SOCK_STREAM, 0) == -1 ? -1 : 0;
}

static int
try_raw(enum role role)
{
	(void)role;
	return socket(AF_INET, SOCK_RAW, IPPROTO_ICMP) == -1 ? -1 : 0;
}

static int
try_udp(enum role role)
{
	(void)role;
	return socket(AF_INET, SOCK_DGRAM, 0) == -1 ? -1 : 0;
}

static int
try_unix(enum role role)
{
	(void)role;
	return socket(AF_UNIX, SOCK_STREAM, 0) == -1 ? -1 : 0;
}

static int
try_packet(enum role role)
{
	(void)role;
	return socket(AF_PACKET, SOCK_RAW, 0) == -1 ? -1 : 0;
}

static int
try_netlink(enum role role)
{
	(void)role;
	return socket(AF_NETLINK, SOCK_RAW, NETLINK_ROUTE) == -1 ? -1 : 0;
}

static int
try_connect(enum role role)
{
	struct sockaddr_un	 sun;

	(void)role;
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	(void)strlcpy(sun.sun_path, "/dev/log", sizeof(sun.sun_path));
	return connect(world.unix_fd, (struct sockaddr *)&sun, sizeof(sun));
}

static int
try_bind(enum role role)
{
	struct sockaddr_in	 sin;

	(void)role;
	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return bind(world.tcp_fd, (struct sockaddr *)&sin, sizeof(sin));
}

static int
try_listen(enum role role)
{
	(void)role;
	return listen(world.tcp_fd, 1);
}

static int
try_exec_memory(enum role role)
{
	(void)role;
	return mmap(NULL, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0) == MAP_FAILED ? -1 : 0;
}

static int
try_mprotect(enum role role)
{
	void	*p;

	(void)role;
	p = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE |
	    MAP_ANONYMOUS, -1, 0);
	CHECK(p != MAP_FAILED);
	return mprotect(p, 4096, PROT_READ | PROT_EXEC);
}

static int
try_sti(enum role role)
{
	char	 c = 'x';

	(void)role;
	return ioctl(world.tty, TIOCSTI, &c);
}

static int
try_prctl(enum role role)
{
	(void)role;
	return prctl(PR_SET_DUMPABLE, 1, 0, 0, 0);
}

static int
try_setuid(enum role role)
{
	(void)role;
	return setuid(getuid());
}

static int
try_mount(enum role role)
{
	(void)role;
	return mount("none", "/nonexistent", "tmpfs", 0, NULL);
}

static int
try_chroot(enum role role)
{
	(void)role;
	return chroot("/");
}

static int
try_memfd(enum role role)
{
	(void)role;
	return memfd_create("x", 0) == -1 ? -1 : 0;
}

static int
try_bpf(enum role role)
{
	(void)role;
	return syscall(SYS_bpf, 0, NULL, 0) == -1 ? -1 : 0;
}

static int
try_io_uring(enum role role)
{
	(void)role;
	return syscall(425, 1, NULL) == -1 ? -1 : 0;
}

static int
try_filter(enum role role)
{
	(void)role;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_STRICT, 0, NULL) == -1 ?
	    -1 : 0;
}

static int
try_limits(enum role role)
{
	struct rlimit	 rl = { 0, 0 };

	(void)role;
	return setrlimit(RLIMIT_NOFILE, &rl);
}

static const struct {
	const char	*name;
	int		(*fn)(enum role);
	unsigned int	 may;		/* roles that need it */
	int		 sanitizer;	/* sanitizers need it, too */
} tries[] = {
	{ "open for reading", try_read, BIT(ROLE_RESOLVER) | BIT(ROLE_BROKER), 0 },
	{ "open for writing", try_write, BIT(ROLE_BROKER), 0 },
	{ "O_TMPFILE", try_create, BIT(ROLE_BROKER), 0 },
	{ "openat2", try_openat2, BIT(ROLE_BROKER), 0 },
	{ "mkdir", try_mkdir, BIT(ROLE_BROKER), 0 },
	{ "unlink", try_unlink, BIT(ROLE_BROKER), 0 },
	{ "chmod", try_chmod, BIT(ROLE_BROKER), 0 },
	{ "execve", try_exec, 0, 0 },
	{ "fork", try_fork, 0, 0 },
	{ "unshare", try_namespace, 0, 0 },
	{ "ptrace", try_ptrace, 0, 0 },
	{ "process_vm_readv", try_peek, BIT(ROLE_BROKER), 0 },
	{ "kill", try_kill, REAPERS, 0 },
	{ "tgkill", try_tgkill, 0, 0 },
	{ "F_SETOWN", try_setown, 0, 0 },
	{ "TCP socket", try_inet, NETWORKERS | BIT(ROLE_BROKER), 0 },
	{ "UDP socket", try_udp, BIT(ROLE_RESOLVER), 0 },
	{ "raw socket", try_raw, 0, 0 },
	{ "Unix socket", try_unix, BIT(ROLE_RESOLVER) | BIT(ROLE_DIALER), 0 },
	{ "packet socket", try_packet, 0, 0 },
	{ "netlink socket", try_netlink, BIT(ROLE_RESOLVER), 0 },
	{ "connect", try_connect, NETWORKERS | BIT(ROLE_BROKER) |
	    BIT(ROLE_DIALER), 0 },
	{ "bind", try_bind, BIT(ROLE_BROKER), 0 },
	{ "listen", try_listen, BIT(ROLE_BROKER), 0 },
	{ "executable memory", try_exec_memory, 0, 1 },
	{ "mprotect", try_mprotect, 0, 1 },
	{ "TIOCSTI", try_sti, 0, 0 },
	{ "prctl", try_prctl, 0, 1 },
	{ "setuid", try_setuid, 0, 0 },
	{ "mount", try_mount, 0, 0 },
	{ "chroot", try_chroot, 0, 0 },
	{ "memfd_create", try_memfd, 0, 0 },
	{ "bpf", try_bpf, 0, 0 },
	{ "io_uring_setup", try_io_uring, 0, 0 },
	{ "seccomp", try_filter, 0, 0 },
	{ "setrlimit", try_limits, 0, 0 }
};

static void
check_refusals(enum role role)
{
	size_t	 i;
	int	 refused, status;

	for (i = 0; i < nitems(tries); i++) {
		if ((tries[i].may & BIT(role)) != 0)
			continue;
		/* Its bind(2), for netlink, is Landlock's to refuse. */
		if (role == ROLE_RESOLVER && tries[i].fn == try_bind &&
		    world.abi < 4)
			continue;
#ifdef SRT_SANITIZER
		if (tries[i].sanitizer ||
		    (tries[i].fn == try_read && world.abi == 0))
			continue;
#endif
		status = run(role, tries[i].fn);
		refused = (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
		    || (WIFEXITED(status) &&
		    WEXITSTATUS(status) == EXIT_REFUSED);
		if (!refused)
			fail_msg("role %d: %s: status 0x%x", role,
			    tries[i].name, status);
	}
}

static void
test_parent_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_PARENT);
}

static void
test_proxy_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_PROXY);
}

static void
test_exec_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_EXEC);
}

static void
test_monitor_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_MONITOR);
}

static void
test_resolver_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_RESOLVER);
}

static void
test_broker_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_BROKER);
}

static void
test_tls_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_TLS);
}

static void
test_init_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_INIT);
}

static void
test_dialer_is_refused(void **state)
{
	(void)state;
	check_refusals(ROLE_DIALER);
}

/* The same in a child that is not confined, lest the tries be wrong. */
static void
test_tries_are_real(void **state)
{
	size_t	 i;
	pid_t	 pid;
	int	 status;

	(void)state;
	for (i = 0; i < nitems(tries); i++) {
		if (tries[i].fn != try_read && tries[i].fn != try_write &&
		    tries[i].fn != try_exec && tries[i].fn != try_fork &&
		    tries[i].fn != try_kill && tries[i].fn != try_tgkill &&
		    tries[i].fn != try_inet && tries[i].fn != try_unix &&
		    tries[i].fn != try_exec_memory &&
		    tries[i].fn != try_mprotect && tries[i].fn != try_bind &&
		    tries[i].fn != try_setown)
			continue;
		if ((pid = fork()) == 0)
			_exit(tries[i].fn(ROLE_MAX) == 0 ? 0 : 1);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		if (status != 0)
			fail_msg("%s does not work unconfined: 0x%x",
			    tries[i].name, status);
	}
}

/* Landlock and the limits alone. */

static void
landlock_alone(void)
{
	struct sockaddr_in	 sin;
	struct sockaddr_un	 sun;

	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	landlock_enter(0);
	CHECK(open("/etc/passwd", O_RDONLY) == -1 && errno == EACCES);
	CHECK(open("/", O_RDONLY | O_DIRECTORY) == -1 && errno == EACCES);
	CHECK(open("/dev/null", O_WRONLY) == -1 && errno == EACCES);
	CHECK(try_exec(ROLE_PROXY) == -1 && errno == EACCES);
	if (world.abi >= 4) {
		CHECK(try_bind(ROLE_PROXY) == -1 && errno == EACCES);
		memset(&sin, 0, sizeof(sin));
		sin.sin_family = AF_INET;
		sin.sin_port = htons(9);
		sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		CHECK(connect(world.tcp_fd, (struct sockaddr *)&sin,
		    sizeof(sin)) == -1 && errno == EACCES);
	}
	if (world.abi >= 6) {
		CHECK(kill(world.parent, 0) == -1 && errno == EPERM);
		memset(&sun, 0, sizeof(sun));
		sun.sun_family = AF_UNIX;
		(void)snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
		    "srt-sandbox-test-%d", (int)world.parent);
		CHECK(connect(world.unix_fd, (struct sockaddr *)&sun,
		    sizeof(sun)) == -1 && errno == EPERM);
	}
}

static void
landlock_reading(void)
{
	CHECK(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
	landlock_enter(KEEP_FILES | KEEP_CONNECT | KEEP_SIGNALS);
	CHECK(open("/etc/passwd", O_RDONLY) != -1);
	CHECK(open("/etc", O_RDONLY | O_DIRECTORY) != -1);
	CHECK(open("/dev/null", O_WRONLY) == -1 && errno == EACCES);
	CHECK(try_exec(ROLE_PROXY) == -1 && errno == EACCES);
	CHECK(kill(world.parent, 0) == 0);
}

static void
test_landlock_alone(void **state)
{
	struct sockaddr_un	 sun;
	int			 s;

	(void)state;
	if (world.abi < 1) {
		print_message("no Landlock in this kernel\n");
		return;
	}
	/* Somebody to connect to, had it been allowed. */
	memset(&sun, 0, sizeof(sun));
	sun.sun_family = AF_UNIX;
	(void)snprintf(sun.sun_path + 1, sizeof(sun.sun_path) - 1,
	    "srt-sandbox-test-%d", (int)world.parent);
	assert_int_not_equal(s = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC,
	    0), -1);
	assert_int_equal(bind(s, (struct sockaddr *)&sun, sizeof(sun)), 0);
	assert_int_equal(listen(s, 1), 0);
	child(landlock_alone);
	child(landlock_reading);
	(void)close(s);
}

static void
test_state_of_a_confined_process(void **state)
{
	char	 buf[64], c;
	size_t	 i;
	pid_t	 pid;
	int	 status, sv[2];

	(void)state;
	for (i = 0; i < nitems(roles); i++) {
		assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, sv), 0);
		if ((pid = fork()) == 0) {
			(void)close(sv[0]);
			sandbox_enter(roles[i]);
			CHECK(write(sv[1], "x", 1) == 1);
			CHECK(read(sv[1], &c, 1) == 0);
			_exit(0);
		}
		(void)close(sv[1]);
		assert_int_equal(read(sv[0], &c, 1), 1);
		status_line(pid, "NoNewPrivs", buf, sizeof(buf));
		assert_string_equal(buf, "1");
		status_line(pid, "Seccomp", buf, sizeof(buf));
		assert_string_equal(buf, "2");
		if ((sandboxes[roles[i]].keep & KEEP_CAPS) == 0) {
			status_line(pid, "CapPrm", buf, sizeof(buf));
			assert_string_equal(buf, "0000000000000000");
			status_line(pid, "CapEff", buf, sizeof(buf));
			assert_string_equal(buf, "0000000000000000");
		}
		(void)close(sv[0]);
		assert_int_equal(waitpid(pid, &status, 0), pid);
		assert_int_equal(status, 0);
	}
}

static int
write_file(enum role role)
{
	(void)role;
	return write(world.tty, "x", 1) == 1 ? 0 : -1;
}

/* A role that writes no file is killed by the first byte of one. */
static void
test_proxy_writes_no_file(void **state)
{
	int	 saved = world.tty, status;

	(void)state;
	world.tty = memfd_create("file", MFD_CLOEXEC);
	assert_int_not_equal(world.tty, -1);
	status = run(ROLE_PROXY, write_file);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGXFSZ);
	status = run(ROLE_MONITOR, write_file);
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), EXIT_DONE);
	(void)close(world.tty);
	world.tty = saved;
}

static int
setup(void **state)
{
	int	 master;

	(void)state;
	world.parent = getpid();
	world.unix_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	world.tcp_fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	world.abi = (int)syscall(SYS_landlock_create_ruleset, NULL, 0,
	    LL_CREATE_VERSION);
	if (world.abi < 0)
		world.abi = 0;
	return openpty(&master, &world.tty, NULL, NULL, NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_tries_are_real),
		cmocka_unit_test(test_parent_is_refused),
		cmocka_unit_test(test_proxy_is_refused),
		cmocka_unit_test(test_exec_is_refused),
		cmocka_unit_test(test_monitor_is_refused),
		cmocka_unit_test(test_resolver_is_refused),
		cmocka_unit_test(test_broker_is_refused),
		cmocka_unit_test(test_tls_is_refused),
		cmocka_unit_test(test_init_is_refused),
		cmocka_unit_test(test_dialer_is_refused),
		cmocka_unit_test(test_landlock_alone),
		cmocka_unit_test(test_state_of_a_confined_process),
		cmocka_unit_test(test_proxy_writes_no_file)
	};

	return cmocka_run_group_tests(tests, setup, NULL);
}
