/* SPDX-License-Identifier: ISC */
#ifndef LINUX_NEW_H
#define LINUX_NEW_H

/*
 * What headers of the C library or the kernel lack where they are older, or
 * the machine is newer, than what srt knows of.  Most headers that may have it
 * come first; values are written as the kernel writes them, so that those that
 * follow may say the same.
 */

#include <sys/socket.h>
#include <sys/syscall.h>

#include <linux/seccomp.h>
#include <netinet/in.h>
#include <netinet/tcp.h>

#include <fcntl.h>
#include <signal.h>
#include <stdio.h>

#ifndef AT_EMPTY_PATH
#define AT_EMPTY_PATH		0x1000
#endif
#ifndef AT_RECURSIVE
#define AT_RECURSIVE		0x8000
#endif
#ifndef CLONE_NEWTIME
#define CLONE_NEWTIME		0x00000080
#endif
#ifndef IPV6_FREEBIND
#define IPV6_FREEBIND		78
#endif
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN		0x20000000
#endif
#ifndef O_PATH
#define O_PATH			010000000
#endif
#ifndef PIDFD_THREAD
#define PIDFD_THREAD		O_EXCL		/* Linux 6.9 */
#endif
#ifndef RENAME_NOREPLACE
#define RENAME_NOREPLACE	(1 << 0)
#define RENAME_EXCHANGE		(1 << 1)
#define RENAME_WHITEOUT		(1 << 2)
#endif
#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV	(1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS		SECCOMP_IOW(4, __u64)
#endif
#ifndef SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP	(1UL << 0)
#endif
#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE		71		/* Linux 5.14 */
#endif
#ifndef TCP_FASTOPEN_CONNECT
#define TCP_FASTOPEN_CONNECT	30
#endif

/* glibc's name of it is younger than most of glibc. */
#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id	_sigev_un._tid
#endif

/* Rows of a table for calls that newer machines do not have. */
#ifdef SYS_renameat
#define WITH_RENAMEAT(...)	__VA_ARGS__
#else
#define WITH_RENAMEAT(...)
#endif
#ifdef SYS_open
#define WITH_OPEN(...)		__VA_ARGS__
#else
#define WITH_OPEN(...)
#endif

#endif /* LINUX_NEW_H */
