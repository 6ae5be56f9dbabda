/* SPDX-License-Identifier: ISC */
#ifndef COMPAT_H
#define COMPAT_H

/*
 * What the system lacks of the OpenBSD C library.  Every source file
 * includes this one first.  config.h is written by common/configure; the
 * prototypes below stand for the functions of common/compat/, one file each.
 */

#include "config.h"

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#ifdef HAVE_LIBBSD
#define LIBBSD_OPENBSD_VIS
#include <bsd/stdlib.h>
#include <bsd/string.h>
#include <bsd/unistd.h>
#include <bsd/vis.h>
#include <bsd/sys/queue.h>
#ifdef HAVE_TREE
#include <bsd/sys/tree.h>
#endif
#else
#include <sys/queue.h>
#ifdef HAVE_TREE
#include <sys/tree.h>
#endif
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <vis.h>
#endif

#ifndef HAVE_TREE
#include "compat/tree.h"
#endif

#ifdef HAVE_SHA2
#include <sha2.h>
#endif

/* There may be one that says nothing. */
#undef __dead
#define __dead		__attribute__((__noreturn__))

#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

#ifndef HAVE_FREEZERO
void	 freezero(void *, size_t);
#endif
#ifndef HAVE_RECALLOCARRAY
void	*recallocarray(void *, size_t, size_t, size_t);
#endif
#ifndef HAVE_CLOSEFROM
void	 closefrom(int);
#endif
#ifndef HAVE_GETPROGNAME
const char *getprogname(void);
#endif
#ifndef HAVE_TIMINGSAFE_BCMP
int	 timingsafe_bcmp(const void *, const void *, size_t);
#endif

#ifndef HAVE_REALLOCARRAY
void	*reallocarray(void *, size_t, size_t);
#endif
#ifndef HAVE_EXPLICIT_BZERO
void	 explicit_bzero(void *, size_t);
#endif

#ifndef HAVE_MEMFD_CREATE
#include <sys/mman.h>

#undef MFD_CLOEXEC
#define MFD_CLOEXEC	1U
int	 memfd_create(const char *, unsigned int);
#endif

#ifndef HAVE_ACCEPT4
#include <fcntl.h>
#include <sys/socket.h>

#undef SOCK_CLOEXEC
#undef SOCK_NONBLOCK
#define SOCK_CLOEXEC	0x10000000
#define SOCK_NONBLOCK	0x20000000
#define socket(d, t, p)	compat_socket(d, t, p)
#define socketpair(d, t, p, fds)	compat_socketpair(d, t, p, fds)
#define accept4(s, sa, len, f)	compat_accept4(s, sa, len, f)
#define pipe2(fds, f)	compat_pipe2(fds, f)
int	 compat_socket(int, int, int);
int	 compat_socketpair(int, int, int, int[2]);
int	 compat_accept4(int, struct sockaddr *, socklen_t *, int);
int	 compat_pipe2(int[2], int);
#endif

#ifndef HAVE_OPATH
#include <fcntl.h>

/* Then the directory has to be one that can be read. */
#undef O_PATH
#define O_PATH		O_RDONLY
#endif

#include <fcntl.h>

/* POSIX knows it not; there nothing has to be cleared. */
#ifndef O_DIRECT
#define O_DIRECT	0
#endif

#ifndef HAVE_NOSIGNAL
#include <sys/socket.h>

/* Every role ignores SIGPIPE. */
#undef MSG_NOSIGNAL
#define MSG_NOSIGNAL	0
#endif

#ifndef HAVE_VFORK
/* Out of favour: what may follow it may follow fork(2). */
#define vfork()		fork()
#endif

#ifndef HAVE_STRNVIS
#define strnvis(dst, src, size, flag)	compat_strnvis(dst, src, size, flag)
int	 compat_strnvis(char *, const char *, size_t, int);
#endif

#ifndef HAVE_SHA2
#define SHA256_DIGEST_LENGTH	32

typedef struct {
	uint64_t	 length;	/* bytes */
	uint32_t	 state[8];
	uint8_t		 block[64];
} SHA2_CTX;

/* libbsd may bring functions of these names, for itself. */
#define SHA256Init	compat_SHA256Init
#define SHA256Update	compat_SHA256Update
#define SHA256Final	compat_SHA256Final
void	 SHA256Init(SHA2_CTX *);
void	 SHA256Update(SHA2_CTX *, const uint8_t *, size_t);
void	 SHA256Final(uint8_t *, SHA2_CTX *);
#endif

#endif /* COMPAT_H */
