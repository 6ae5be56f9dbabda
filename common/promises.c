/* SPDX-License-Identifier: ISC */

/*
 * The table of promises; see promises.h.  Runs on the build machine too, so
 * it leaves compat.h and the target's config.h alone.  Every constant is the
 * same on x86_64 and aarch64.
 */

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>

#include <linux/membarrier.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <time.h>

#include "promises.h"

/* The parent dials only where the settings may name a mitmProxy. */
#define PARENT		(PROMISE_PARENT | PROMISE_DIALER)
#define DIALER		PROMISE_DIALER
#define PROXY		PROMISE_PROXY
#define EXEC		PROMISE_EXEC
#define MONITOR		PROMISE_MONITOR
#define RESOLVER	PROMISE_RESOLVER
#define BROKER		PROMISE_BROKER
#define TLS		PROMISE_TLS
#define KEEPER		PROMISE_KEEPER
#define INIT		PROMISE_INIT
#define SANITIZER	PROMISE_SANITIZER
#define ALL		PROMISE_ALL
#define NETWORK		(PROXY | RESOLVER)	/* who makes sockets */
#define REAPER		(PARENT | EXEC | BROKER | INIT) /* has children */
#define STDIO		(PARENT | MONITOR | RESOLVER)	/* who has FILEs */

/* An int or unsigned int: the kernel looks at the low 32 bits alone. */
#define IS(n, v)	{ 1, (n), 0xffffffff, (v) }
/* Of these bits exactly those are set. */
#define BITS(n, m, v)	{ 1, (n), (m), (v) }
#define NONE(n, m)	{ 1, (n), (m), 0 }
#define NULLPTR(n)	{ 1, (n), UINT64_MAX, 0 }

#define MAY(c, r, why)	{ .call = (c), .roles = (r), .reason = (why) }
#define MAY1(c, r, a, why)						\
	{ .call = (c), .roles = (r), .reason = (why), .args = { a } }
#define MAY2(c, r, a, b, why)						\
	{ .call = (c), .roles = (r), .reason = (why), .args = { a, b } }
#define MAY3(c, r, a, b, d, why)					\
	{ .call = (c), .roles = (r), .reason = (why), .args = { a, b, d } }
#define FAILS(c, r, e, why)						\
	{ .call = (c), .roles = (r), .reason = (why), .error = (e) }

/* <asm/fcntl.h> hides it; O_DIRECTORY, its other half, differs by machine. */
#define O_TMPFILE_BIT	020000000
#define O_WRITING	(O_ACCMODE | O_CREAT | O_TRUNC | O_APPEND | \
			    O_TMPFILE_BIT)
/* Linux 6.6 */
#define SECCOMP_NOTIF_SET_FLAGS	SECCOMP_IOW(4, __u64)
#define FREEBIND_INET6	78		/* IPV6_FREEBIND, Linux 4.15 */
#define SOCK_KIND	0xf		/* the type without its flags */
#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | \
			    CLONE_SIGHAND | CLONE_THREAD)
#define NAMESPACE_FLAGS	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | \
			    CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			    CLONE_NEWNET)

#define ONLY_READ	NONE(2, O_WRITING)
#define NO_EXEC		NONE(2, PROT_EXEC)
/* Landlock knows TCP alone: MPTCP and the like are not to be had. */
#define PLAIN		IS(2, 0)
#define STREAM		BITS(1, SOCK_KIND, SOCK_STREAM)
#define DGRAM		BITS(1, SOCK_KIND, SOCK_DGRAM)

const struct promise promises[] = {
	/* descriptors it already has */
	MAY("read", ALL, "pipes, the signal pair of libevent"),
	MAY("readv", ALL, "evbuffers"),
	MAY("write", ALL, "pipes, the signal pair of libevent"),
	MAY("writev", ALL, "evbuffers, the C library's last words"),
	MAY("recvmsg", ALL, "imsg with its descriptors"),
	/* By its address a socket for datagrams reaches every other one. */
	MAY("sendmsg", PROXY | RESOLVER | BROKER | TLS | DIALER,
	    "imsg with its descriptors, DNS"),
	MAY("recvfrom", ALL, "recv"),
	MAY("sendto", RESOLVER, "DNS, NSS daemons"),
	MAY1("sendto", BROKER, BITS(3, MSG_FASTOPEN, MSG_FASTOPEN),
	    "connects a program's socket without waiting"),
	MAY1("sendto", ALL, NULLPTR(4), "send"),
	MAY("close", ALL, "peers that left"),
	MAY("shutdown", ALL & ~MONITOR, "the end of one direction"),
	MAY1("fcntl", ALL, IS(1, F_GETFL), "O_NONBLOCK"),
	MAY1("fcntl", ALL, IS(1, F_SETFL), "O_NONBLOCK"),
	MAY1("fcntl", ALL, IS(1, F_GETFD), "FD_CLOEXEC"),
	MAY1("fcntl", ALL, IS(1, F_SETFD), "FD_CLOEXEC"),
	/* not F_SETOWN: it would send signals */
	MAY1("fcntl", ALL, IS(1, F_DUPFD_CLOEXEC), "a descriptor to pass on"),
	MAY1("fcntl", PROXY, IS(1, F_SETPIPE_SZ), "the pipes of splice"),
	MAY1("fcntl", PROXY, IS(1, F_GETPIPE_SZ), "the pipes of splice"),
	MAY("fstat", ALL, "what a descriptor is"),
	MAY1("newfstatat", STDIO, BITS(3, AT_EMPTY_PATH, AT_EMPTY_PATH),
	    "fstat of glibc 2.33 and later"),
	MAY("lseek", STDIO, "the offset of a FILE"),
	MAY("lseek", EXEC, "its children, in /proc, once more"),
	MAY("fsync", MONITOR, "a record on disk before the answer"),
	MAY("fdatasync", MONITOR, "a record on disk before the answer"),

	/* the event loop */
	MAY("epoll_create1", ALL, "libevent"),
	MAY("epoll_ctl", ALL, "libevent"),
	MAY("epoll_wait", ALL, "libevent"),
	MAY("epoll_pwait", ALL, "libevent where there is no epoll_wait"),
	MAY("epoll_pwait2", ALL, "libevent 2.2"),
	MAY("poll", ALL, "a wait for one peer"),
	MAY("ppoll", ALL, "poll where the machine lacks it"),
	MAY("pselect6", PARENT, "an answer at the terminal, or a signal"),
	MAY("eventfd2", ALL, "libevent's wake-up"),
	MAY("timerfd_create", ALL, "libevent's precise timer"),
	MAY("timerfd_settime", ALL, "libevent's precise timer"),
	MAY("pipe2", PROXY, "the pipes of splice"),

	/* time, memory, signals of its own */
	MAY("clock_gettime", ALL, "where the vDSO cannot tell"),
	MAY("clock_getres", ALL, "libevent"),
	MAY("gettimeofday", ALL, "where the vDSO cannot tell"),
	MAY("time", ALL, "where the vDSO cannot tell"),
	MAY("nanosleep", ALL, "a pause"),
	MAY("clock_nanosleep", ALL, "a pause"),
	MAY("brk", ALL, "malloc"),
	MAY1("mmap", ALL, NO_EXEC, "malloc"),
	MAY1("mprotect", ALL, NO_EXEC, "malloc"),
	MAY("munmap", ALL, "free"),
	MAY("mremap", ALL, "realloc"),
	MAY("madvise", ALL, "free"),
	MAY("futex", ALL, "locks of the C library"),
	MAY("rt_sigaction", ALL, "signal events, abort"),
	MAY("rt_sigprocmask", ALL, "signal events, abort"),
	MAY("rt_sigreturn", ALL, "the end of a handler"),
	MAY("sigaltstack", ALL, "musl's threads, sanitizers"),
	MAY("restart_syscall", ALL, "the kernel makes it after SIGCONT"),
	MAY("sched_yield", ALL, "spinning locks"),
	MAY("getrandom", ALL, "arc4random, seeds of hash tables"),
	MAY("getpid", ALL, "imsg, abort"),
	MAY("gettid", ALL, "abort"),
	MAY("getppid", ALL, "is the parent still there"),
	MAY("getuid", ALL, "harmless, of itself"),
	MAY("geteuid", ALL, "harmless, of itself"),
	MAY("getgid", ALL, "harmless, of itself"),
	MAY("getegid", ALL, "harmless, of itself"),
	MAY("getrusage", ALL, "harmless, of itself"),
	MAY2("prlimit64", ALL, IS(0, 0), NULLPTR(2), "how many descriptors"),
	MAY("getrlimit", ALL, "how many descriptors"),
	MAY1("tgkill", ALL, IS(0, PROMISE_SELF), "abort"),
	MAY1("tkill", ALL, IS(0, PROMISE_SELF), "abort of musl"),
	MAY("exit", ALL, "the end of a thread"),
	MAY("exit_group", ALL, "the end"),

	/* children */
	MAY("wait4", REAPER | PROXY, "how a child ended"),
	MAY("waitid", REAPER | PROXY, "how a child ended"),
	MAY("kill", PARENT | EXEC | INIT, "the command's signals, its end"),
	MAY1("pidfd_send_signal", BROKER, IS(1, SIGXFSZ),
	    "truncate beyond a limit"),
	MAY1("pidfd_send_signal", BROKER, IS(1, SIGCONT),
	    "pid 1, which somebody has stopped"),
	MAY("pidfd_send_signal", PARENT | EXEC, "the same, not by number"),

	/* the terminal and its job control */
	MAY1("ioctl", PARENT, IS(1, TIOCSPGRP), "fg and bg"),
	MAY1("ioctl", PARENT, IS(1, TIOCGPGRP), "fg and bg"),
	MAY1("ioctl", PARENT, IS(1, TCSETSW), "a terminal as it was"),
	MAY1("ioctl", PARENT, IS(1, TCFLSH), "no answer before its question"),
	MAY1("ioctl", STDIO, IS(1, TCGETS), "isatty"),
	MAY1("ioctl", PARENT, IS(1, TIOCGWINSZ), "the width of a report"),
	MAY("getpgrp", PARENT, "is srt in the foreground"),
	MAY("getpgid", PARENT, "is srt in the foreground"),
	MAY("getsid", PARENT, "is this its terminal"),

	/* connections */
	MAY("accept4", PROXY, "the listeners of the sandbox"),
	MAY("accept", PROXY, "the listeners of the sandbox"),
	MAY3("socket", NETWORK, IS(0, AF_INET), STREAM, PLAIN,
	    "dial; DNS over TCP"),
	MAY3("socket", NETWORK, IS(0, AF_INET6), STREAM, PLAIN,
	    "dial; DNS over TCP"),
	MAY3("socket", NETWORK, IS(0, AF_INET), STREAM, IS(2, IPPROTO_TCP),
	    "the same, as others spell it"),
	MAY3("socket", NETWORK, IS(0, AF_INET6), STREAM, IS(2, IPPROTO_TCP),
	    "the same, as others spell it"),
	MAY("connect", NETWORK, "dial; a name server, an NSS daemon"),
	MAY("getsockname", NETWORK, "where the program wanted to go; RFC 6724"),
	MAY("getpeername", NETWORK, "who is there"),
	MAY("getsockopt", NETWORK, "how a connect went"),
	MAY1("setsockopt", PROXY, IS(1, IPPROTO_TCP), "delays, time-outs"),
	MAY2("setsockopt", PROXY, IS(1, SOL_SOCKET), IS(2, SO_KEEPALIVE),
	    "idle tunnels"),
	MAY2("setsockopt", PROXY, IS(1, SOL_SOCKET), IS(2, SO_LINGER),
	    "a reset where the other side had one"),
	MAY2("setsockopt", PROXY, IS(1, SOL_SOCKET), IS(2, SO_SNDBUF),
	    "bounded memory"),
	MAY2("setsockopt", PROXY, IS(1, SOL_SOCKET), IS(2, SO_RCVBUF),
	    "bounded memory"),
	MAY2("setsockopt", PROXY, IS(1, SOL_SOCKET), IS(2, SO_RCVLOWAT),
	    "fewer wake-ups"),
	MAY1("ioctl", PROXY | RESOLVER, IS(1, FIONREAD),
	    "how much to read: evbuffers, DNS"),
	MAY1("ioctl", PROXY | RESOLVER, IS(1, FIONBIO), "O_NONBLOCK"),
	MAY("splice", PROXY, "the relay of opaque tunnels"),

	MAY2("socket", DIALER, IS(0, AF_UNIX), STREAM, "mitmProxy"),
	MAY2("socket", DIALER, IS(0, AF_UNIX), DGRAM, "the syslog daemon"),
	MAY("connect", DIALER, "mitmProxy, the syslog daemon"),
	MAY2("socketpair", TLS, IS(0, AF_UNIX), STREAM, "what the proxy gets"),

	/* getaddrinfo and whatever NSS modules it loads */
	MAY3("socket", RESOLVER, IS(0, AF_INET), DGRAM, PLAIN, "DNS"),
	MAY3("socket", RESOLVER, IS(0, AF_INET6), DGRAM, PLAIN, "DNS"),
	MAY3("socket", RESOLVER, IS(0, AF_INET), DGRAM, IS(2, IPPROTO_UDP),
	    "RFC 6724 with musl"),
	MAY3("socket", RESOLVER, IS(0, AF_INET6), DGRAM, IS(2, IPPROTO_UDP),
	    "RFC 6724 with musl"),
	MAY2("socket", RESOLVER, IS(0, AF_UNIX), STREAM, "NSS daemons"),
	MAY2("socket", RESOLVER, IS(0, AF_UNIX), DGRAM, "NSS daemons"),
	MAY2("socket", RESOLVER, IS(0, AF_NETLINK), IS(2, NETLINK_ROUTE),
	    "AI_ADDRCONFIG, RFC 6724"),
	MAY("bind", RESOLVER, "netlink; Landlock refuses TCP"),
	MAY("setsockopt", RESOLVER, "IP_RECVERR, NSS daemons"),
	MAY("sendmmsg", RESOLVER, "A and AAAA at once"),
	MAY("recvmmsg", RESOLVER, "NSS modules"),
	MAY1("openat", RESOLVER, ONLY_READ, "/etc/hosts, NSS modules"),
	MAY1("open", RESOLVER, NONE(1, O_WRITING), "the same with musl"),
	MAY("newfstatat", RESOLVER, "has resolv.conf changed"),
	MAY("stat", RESOLVER, "has resolv.conf changed"),
	MAY("lstat", RESOLVER, "NSS modules"),
	MAY("statx", RESOLVER, "NSS modules"),
	MAY("statfs", RESOLVER, "NSS modules"),
	MAY("fstatfs", RESOLVER, "NSS modules"),
	MAY("access", RESOLVER, "the dynamic linker"),
	MAY("faccessat", RESOLVER, "the dynamic linker"),
	MAY("faccessat2", RESOLVER, "the dynamic linker"),
	MAY("readlink", RESOLVER, "NSS modules"),
	MAY("readlinkat", RESOLVER, "NSS modules"),
	MAY("getdents64", RESOLVER, "NSS modules"),
	MAY("pread64", RESOLVER, "ELF headers, caches of NSS daemons"),
	MAY("fadvise64", RESOLVER, "files read from end to end"),
	MAY("getcwd", RESOLVER, "the dynamic linker"),
	MAY2("mmap", RESOLVER, BITS(2, PROT_WRITE | PROT_EXEC, PROT_EXEC),
	    NONE(3, MAP_ANONYMOUS), "the code of NSS modules"),
	MAY("uname", RESOLVER, "gethostname"),
	MAY("sysinfo", RESOLVER | BROKER, "qsort's limit"),
	MAY("getresuid", RESOLVER, "NSS daemons ask who it is"),
	MAY("getresgid", RESOLVER, "NSS daemons ask who it is"),
	MAY("getgroups", RESOLVER, "NSS daemons ask who it is"),
	MAY1("clone", RESOLVER,
	    BITS(0, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS),
	    "a thread per query"),
	FAILS("clone3", RESOLVER, ENOSYS,
	    "its flags are in memory: libc falls back on clone"),
	MAY("set_robust_list", RESOLVER, "a new thread"),
	MAY("set_tid_address", RESOLVER, "a new thread"),
	MAY("rseq", RESOLVER, "a new thread"),
	MAY("membarrier", RESOLVER, "musl's dlopen"),
	MAY("sched_getaffinity", RESOLVER, "malloc's arenas"),
	MAY("getcpu", RESOLVER, "malloc's arenas"),
	MAY1("fcntl", RESOLVER, IS(1, F_SETLK), "caches of NSS daemons"),
	MAY1("fcntl", RESOLVER, IS(1, F_SETLKW), "caches of NSS daemons"),
	MAY1("fcntl", RESOLVER, IS(1, F_GETLK), "caches of NSS daemons"),

	/* the broker: its threads, its callers */
	MAY1("clone", BROKER,
	    BITS(0, THREAD_FLAGS | NAMESPACE_FLAGS, THREAD_FLAGS),
	    "a thread for calls that would wait"),
	FAILS("clone3", BROKER, ENOSYS,
	    "its flags are in memory: libc falls back on clone"),
	MAY1("unshare", BROKER, IS(0, CLONE_FS),
	    "each thread takes its caller's umask"),
	MAY("set_robust_list", BROKER, "a new thread"),
	MAY("set_tid_address", BROKER, "a new thread"),
	MAY("rseq", BROKER, "a new thread"),
	MAY1("membarrier", BROKER,
	    IS(0, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED),
	    "the first thread with musl"),
	MAY("sched_getaffinity", BROKER, "the caller's, to put it back"),
	MAY("sched_setaffinity", BROKER, "meets the caller on one processor"),
	MAY("getcpu", BROKER, "meets the caller on one processor"),
	MAY1("seccomp", BROKER, IS(0, SECCOMP_GET_NOTIF_SIZES),
	    "the size of a notification"),
	MAY1("ioctl", BROKER, IS(1, SECCOMP_IOCTL_NOTIF_RECV),
	    "the next call"),
	MAY1("ioctl", BROKER, IS(1, SECCOMP_IOCTL_NOTIF_SEND), "its answer"),
	MAY1("ioctl", BROKER, IS(1, SECCOMP_IOCTL_NOTIF_ID_VALID),
	    "is the caller still there"),
	MAY1("ioctl", BROKER, IS(1, SECCOMP_IOCTL_NOTIF_ADDFD),
	    "a descriptor for the caller"),
	MAY1("ioctl", BROKER, IS(1, SECCOMP_NOTIF_SET_FLAGS),
	    "wakes the caller on the same processor"),
	MAY("process_vm_readv", BROKER, "what the caller's memory says"),
	MAY("pidfd_open", BROKER, "the caller, not by number"),
	MAY("pidfd_getfd", BROKER, "a descriptor of the caller's"),
	MAY1("prlimit64", BROKER, NULLPTR(2), "the caller's limits"),
	MAY("umask", BROKER, "the caller's"),
	MAY("capset", BROKER, "opens in /proc with the caller's rights"),
	MAY("pipe2", BROKER, "to look into a FIFO"),
	MAY("tee", BROKER, "does somebody write to a FIFO"),

	/* the broker: the command's files, within the broker's Landlock */
	MAY("openat2", BROKER, "directories, files; no link is followed"),
	MAY("openat", BROKER, "what lies in a directory, /proc/PID"),
	MAY("open", BROKER, "the same with musl"),
	MAY("openat", KEEPER, "the settings file, and the new one"),
	MAY("statx", BROKER, "what it is, on which mount, how old"),
	MAY("newfstatat", BROKER | KEEPER, "stat of libc"),
	MAY("stat", BROKER | KEEPER, "stat of musl"),
	MAY("lstat", BROKER | KEEPER, "lstat of musl"),
	MAY("readlinkat", BROKER, "the path of a descriptor, links"),
	MAY("fstatfs", BROKER, "is it a pipe or a socket"),
	MAY("getdents64", BROKER, "a directory before it is renamed"),
	MAY("lseek", BROKER, "where that went on"),
	MAY("lseek", KEEPER, "the old text comes back"),
	MAY("flock", KEEPER, "one at a time"),
	MAY("faccessat", BROKER, "could a directory be made anew"),
	MAY("faccessat2", BROKER, "the same of glibc 2.33 and later"),
	MAY("mkdirat", BROKER, "the command's mkdir"),
	MAY("mknodat", BROKER, "the command's mknod"),
	MAY("unlinkat", BROKER, "the command's unlink and rmdir"),
	MAY("unlinkat", KEEPER, "a new file that could not be finished"),
	MAY("renameat2", BROKER, "the command's rename"),
	MAY("renameat", KEEPER, "the new file takes the old one's place"),
	MAY1("renameat2", KEEPER, IS(4, 0), "the same"),
	MAY("fsync", KEEPER, "before that"),
	MAY("linkat", BROKER, "the command's link"),
	MAY("symlinkat", BROKER, "the command's symlink"),
	MAY("ftruncate", BROKER, "the command's truncate"),
	MAY("ftruncate", KEEPER, "a file that is written in place"),
	MAY("fchmod", BROKER, "the command's fchmod"),
	MAY("fchmod", KEEPER, "the new file's mode, as the old one's"),
	MAY("fchmodat", BROKER, "the command's chmod"),
	MAY("fchown", BROKER, "the command's fchown"),
	MAY("fchownat", BROKER, "the command's chown"),
	MAY("utimensat", BROKER, "the command's utimensat and its kin"),
	MAY("fchdir", BROKER, "to reach a file by its descriptor's name"),
	MAY("getcwd", BROKER, "the path of a directory"),
	MAY("setxattr", BROKER, "the command's setxattr"),
	MAY("fsetxattr", BROKER, "the command's fsetxattr"),
	MAY("removexattr", BROKER, "the command's removexattr"),
	MAY("fremovexattr", BROKER, "the command's fremovexattr"),

	/* the broker: bind and connect */
	MAY3("socket", BROKER, IS(0, AF_INET), STREAM, PLAIN,
	    "what listens for a program's connection"),
	MAY3("socket", BROKER, IS(0, AF_INET6), STREAM, PLAIN,
	    "what listens for a program's connection"),
	MAY("bind", BROKER, "a program's socket, a listener for it"),
	MAY("listen", BROKER, "what listens for a program's connection"),
	MAY("accept4", BROKER, "the end for the proxy"),
	MAY("connect", BROKER, "a program's socket"),
	MAY("getsockname", BROKER, "whose connection it is"),
	MAY("getsockopt", BROKER, "what a program's socket is"),
	MAY2("setsockopt", BROKER, IS(1, SOL_SOCKET), IS(2, SO_REUSEADDR),
	    "a port that has just been used"),
	MAY2("setsockopt", BROKER, IS(1, SOL_SOCKET), IS(2, SO_LINGER),
	    "a reset where the proxy refuses"),
	MAY2("setsockopt", BROKER, IS(1, IPPROTO_IPV6), IS(2, FREEBIND_INET6),
	    "any address is local"),
	MAY1("timer_create", BROKER, IS(0, CLOCK_MONOTONIC),
	    "the end of a wait in connect"),
	MAY("timer_settime", BROKER, "the end of a wait in connect"),
	MAY("timer_delete", BROKER, "the end of a wait in connect"),

	/* Sanitizers look at themselves; only their builds get these. */
	MAY1("openat", SANITIZER, ONLY_READ, "/proc/self/maps, symbols"),
	MAY1("open", SANITIZER, NONE(1, O_WRITING), "the same"),
	MAY("mmap", SANITIZER, "shadow memory, any protection"),
	MAY("mprotect", SANITIZER, "shadow memory"),
	MAY("newfstatat", SANITIZER, "symbols"),
	MAY("stat", SANITIZER, "symbols"),
	MAY("lstat", SANITIZER, "symbols"),
	MAY("statx", SANITIZER, "symbols"),
	MAY("readlink", SANITIZER, "/proc/self/exe"),
	MAY("readlinkat", SANITIZER, "/proc/self/exe"),
	MAY("access", SANITIZER, "symbols"),
	MAY("faccessat", SANITIZER, "symbols"),
	MAY("lseek", SANITIZER, "symbols"),
	MAY("pread64", SANITIZER, "symbols"),
	MAY("getcwd", SANITIZER, "symbols"),
	MAY("prctl", SANITIZER, "names of mappings, is it dumpable"),
	MAY("uname", SANITIZER, "the kernel's version"),
	MAY("sysinfo", SANITIZER, "how much memory"),
	MAY("sched_getaffinity", SANITIZER, "how many processors"),
	MAY1("ioctl", SANITIZER, IS(1, TCGETS), "may the report have colours"),
	MAY("set_robust_list", SANITIZER, "a thread of its own"),
	MAY("pipe2", SANITIZER, "to a symbolizer"),
	MAY("pipe", SANITIZER, "to a symbolizer"),
	FAILS("fork", SANITIZER, EPERM, "no symbolizer: bare addresses"),
};

const size_t npromises = sizeof(promises) / sizeof(promises[0]);
