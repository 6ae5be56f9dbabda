/* SPDX-License-Identifier: ISC */
#ifndef TRIED_H
#define TRIED_H

/* What programs that attack say, and for how long they race. */

/* "GOT NAME" or "held NAME" on standard output. */
void	 tried(const char *, int);
/* For what may fail: who looks afterwards sees what came of it. */
void	 perhaps(long);
/* Milliseconds of a clock that nobody sets. */
long	 now_ms(void);
/*
 * Does a race that began then go on after n tries?  For RACE_MS, and on a slow
 * machine until there were RACE_TRIES of them, within RACE_MS_MAX.
 */
int	 race_on(long, unsigned long);

#define RACE_MS		1200
#define RACE_MS_MAX	20000
#define RACE_TRIES	60

#endif /* TRIED_H */
