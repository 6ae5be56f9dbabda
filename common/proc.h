/* SPDX-License-Identifier: ISC */
#ifndef PROC_H
#define PROC_H

#include <sys/types.h>
#include <sys/stat.h>

#include "ipc.h"

/* How long an orderly end may take before SIGKILL, seconds. */
#define PROC_GRACE	5

struct proc_child {
	enum role	 role;
	pid_t		 pid;		/* 0 once reaped */
	int		 fd;		/* our end of its pipe; -1 if taken */
};

/*
 * The absolute path of a role's program: where it was configured to be; for a
 * binary that is not, beside it in ../libexec/srt, if these belong to whom the
 * binary belongs to, root or the caller.  Returns -1 with errno if the name
 * does not fit.
 */
int	 proc_path(enum role, char *, size_t);
/*
 * self_*.c: the path of the program that runs, and its state.  Returns -1
 * with errno where the system does not tell it.
 */
int	 proc_self(char *, size_t, struct stat *);
/*
 * Executes a role with its pipe as descriptor 3, nothing else but
 * 0-2 open, an empty environment, no argument, no signal blocked or ignored.
 * 0-2 are /dev/null, for ROLE_EXEC the caller's own.  Roles but exec leave the
 * session, so that the terminal's signals do not reach them, and the working
 * directory.  A program that cannot be executed shows as a child that ends:
 * see proc_log_end().  Returns -1 with errno.
 */
int	 proc_start(struct proc_child *, enum role);
/*
 * A pair of connected, non-blocking, close-on-exec stream sockets for two
 * roles.  Returns -1 with errno.
 */
int	 proc_pair(int [2]);
/* For a child that the kernel ends when we do, milliseconds. */
#define PROC_BRIEF	1000

/* Waits for a child for so many milliseconds.  Returns -1 if it goes on. */
int	 proc_wait(pid_t, int);
/*
 * Waits for a child that has been told to end, by what closed its pipe; kills
 * it if it takes longer than PROC_GRACE.
 */
void	 proc_await(pid_t);
/* Says how a role ended, from its wait status: a crash is a warning. */
void	 proc_log_end(enum role, int);

/* What a role does first: checks that it was started by srt. */
void	 proc_role_start(enum role, int, char *[]);

#endif /* PROC_H */
