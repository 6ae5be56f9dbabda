/* SPDX-License-Identifier: ISC */
#ifndef POSIXFS_H
#define POSIXFS_H

/*
 * Checks of what POSIX.1-2008 says about file system calls, as TAP.
 */

#include <sys/types.h>
#include <sys/stat.h>

#include <errno.h>

/* posixfs.c */
void	 check(int, const char *, ...)
	    __attribute__((__format__ (printf, 2, 3)));
/* The result of a call and its errno against what was expected (0: none). */
void	 check_call(long, int, int, const char *);

/* The call must fail with the error; or not fail. */
#define FAILS(error, expr)						\
	do {								\
		long	 fails_r;					\
									\
		errno = 0;						\
		fails_r = (long)(expr);					\
		check_call(fails_r, errno, (error), #expr);		\
	} while (0)
#define WORKS(expr)	FAILS(0, expr)
/* A fact. */
#define HOLDS(expr)	check((expr) != 0, "%s", #expr)

/* A file with this content; its descriptor is closed. */
void		 file(const char *, const char *);
/* lstat(2); ends the program if that fails. */
struct stat	 get(const char *);
mode_t		 mode(const char *);
int		 exists(const char *);
/* Has the file this content? */
int		 holds(const char *, const char *);
/* Gives an object times of long ago; have they been marked since? */
void		 age(const char *);
int		 modified(const char *);
/* When the status changed cannot be set: before and after are compared. */
void		 mark(const char *);
int		 changed(const char *);
/* A name of n letters, and a path of n. */
const char	*long_name(size_t);
const char	*long_path(size_t);

/* posixfs_open.c */
void	 test_open(void), test_openat(void), test_descriptors(void),
	 test_fifo(void), test_paths(void), test_umask(void);

/* posixfs_names.c */
void	 test_mkdir(void), test_rmdir(void), test_mknod(void),
	 test_link(void), test_symlink(void), test_unlink(void),
	 test_rename(void), test_rename_dir(void);

/* posixfs_attrs.c */
void	 test_chmod(void), test_chown(void), test_times(void),
	 test_truncate(void), test_process(void);

#endif /* POSIXFS_H */
