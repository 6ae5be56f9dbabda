/* SPDX-License-Identifier: ISC */
#ifndef FSCALLS_H
#define FSCALLS_H

/*
 * A corpus of file system calls: what is chosen at random, and how a call
 * and its result are written down.
 */

#include <sys/types.h>

#include <stddef.h>
#include <stdint.h>

#define FD_WORK		3	/* the working tree's, never closed */
#define FD_LIMIT	40	/* RLIMIT_NOFILE */
#define SIZE_LIMIT	(1L << 20)	/* RLIMIT_FSIZE */
#define ABOVE		8	/* directories between DIR and the tree */
#define DEEP		11	/* directories of 255 letters */

/* Arguments of call(). */
#define L(x)	((long)(x))
#define P(p)	((long)(p)->ptr)

/* A path as an argument: what the kernel gets, and how it is written down. */
struct path {
	const char	*ptr;
	char		 text[160];
};

/* fscalls.c */

/* Less than n. */
unsigned int	 rnd(unsigned int);
/* Once in n times. */
int		 chance(unsigned int);
/* As printf(3); the line ends with result() or result_fd(). */
void		 out(const char *, ...)
		    __attribute__((__format__ (printf, 1, 2)));
/* Makes the call, keeps its result and errno for result(). */
long		 call(long, ...);
void		 result(void);
/* The result is a descriptor: shows what it is. */
void		 result_fd(void);
/* Writes text with the tree's folder as "@", and what is odd escaped. */
void		 show(char *, size_t, const char *);

/* fscalls_args.c: arguments */

void		 args_init(const char *);
/* Any path, by slot 0 or 1. */
struct path	*any_path(int);
/* One whose objects can be opened, but made or removed nowhere. */
struct path	*open_path(int);
/* The target of a symbolic link. */
struct path	*any_target(int);
/* A short string or something that is none: extended attributes. */
struct path	*any_xattr(int);
int		 any_dirfd(void);
/* A number that is open, most of the time. */
int		 any_fd(void);
/* One to close or replace: never FD_WORK, nor 0 to 2. */
int		 spare_fd(void);
const char	*fd_text(int);
unsigned int	 any_open_flags(void);
unsigned int	 file_mode(void);
unsigned int	 dir_mode(void);
/* A pointer that cannot be read. */
const void	*bad_ptr(void);

/* fscalls_calls.c: the calls */

void		 any_call(void);
/* One of a list of so many. */
unsigned int	 pick(const unsigned int *, unsigned int);

/* fscalls_attrs.c: of them those that change attributes */

void		 do_truncate(void), do_chmod(void), do_fchmod(void),
		    do_fchmodat(void), do_fchmodat2(void), do_chown(void),
		    do_fchownat(void), do_utime(void), do_utimes(void),
		    do_utimensat(void), do_setxattr(void),
		    do_removexattr(void);

/* fscalls_tree.c: the tree before and after */

/* Makes in the directory what is not there. */
void		 tree_make(int, const char *);
/* Writes down all that is beneath. */
void		 tree_dump(int, const char *);

#endif /* FSCALLS_H */
