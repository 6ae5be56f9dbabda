/* SPDX-License-Identifier: ISC */
#ifndef TAKEN_H
#define TAKEN_H

/*
 * Programs of srt that obey their tester: they are made of srt's own objects,
 * and the linker puts functions of taken*.c in the place of some (--wrap).
 * None of this is in a program that is installed.
 *
 * What is to happen, and what came of it, is in a file that the tester makes
 * beside the programs, and that every process of theirs shares.
 */

#include <stdint.h>
#include <sys/types.h>

/* Stands in every such program and in no other. */
#define TAKEN_MARK	"srt-test-build-that-obeys"

enum taken_mode {
	TAKEN_NOTHING,
	TAKEN_TRY,		/* tries what the role must not do */
	TAKEN_TRY_FREE,		/* the same without confinement */
	TAKEN_RAVE,		/* says to its peers what it must not */
	TAKEN_TRACE,		/* writes down which calls it makes */
	TAKEN_FAULT,		/* one of them fails, or is the end */
	TAKEN_FORGE		/* before one of them it says "text" */
};

/* Beside enum role, whose numbers come first. */
enum taken_who {
	TAKEN_INIT = 16,	/* pid 1 of the command */
	TAKEN_COMMAND,		/* until its execve */
	TAKEN_ROLE,		/* forked by srt, until its execve */
	TAKEN_CGROUP,		/* forked by srt-exec */
	TAKEN_WHO_MAX
};

struct taken {
	uint32_t	 mode;
	uint32_t	 who;
	uint32_t	 nth;		/* of such calls, from 1; how it raves */
	int32_t		 action;	/* errno; or a signal, negated; to
					 * which of its pipes it speaks */
	uint32_t	 sticky;	/* and every such call after that */
	uint32_t	 seed;
	int32_t		 host;		/* a process of the same user */
	uint32_t	 port;		/* on 127.0.0.1 somebody listens */
	char		 secret[256];	/* a file of the user's */
	char		 settings[256];
	char		 work[256];	/* where the command may write */
	char		 socket[104];	/* a Unix socket of the host */
	char		 datagram[104];	/* likewise */
	char		 call[32];	/* which call is to fail */
	/* what came of it */
	uint32_t	 fired;
	int32_t		 pid;
	uint32_t	 calls;
	uint32_t	 len;
	char		 text[60000];
};

extern struct taken	*taken;		/* NULL: there is no such file */

/* Who is this process?  A new one says so, and counts its own calls. */
void		 taken_become(unsigned int);
unsigned int	 taken_self(void);
/* Has the tester chosen it, and for that? */
int		 taken_is(enum taken_mode);
void		 taken_say(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));

/* taken_try.c: runs every try in a child that calls the function first. */
void		 taken_try(void (*)(void));
/*
 * taken_rave.c: first to look and to prepare, then to speak, which does not
 * return.
 */
void		 taken_look(void);
void		 taken_prepare(void);
__dead void	 taken_rave(void);
/* Says what the tester has written, and hands him what comes back. */
void		 taken_forge(void);

#endif /* TAKEN_H */
