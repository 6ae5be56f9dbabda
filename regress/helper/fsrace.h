/* SPDX-License-Identifier: ISC */
#ifndef FSRACE_H
#define FSRACE_H

/*
 * What the racers and their watcher know of each other: the tree.
 *
 *	DIR/.bashrc			an existing protected file
 *	DIR/repo/.git/...		an existing repository
 *	DIR/b/.claude/settings.json	existing settings
 *	DIR/oNN, DIR/oNN/in		old directories for racer NN
 *	DIR/f/NN			the racer's new directory
 */

#define RACERS	16

/* fsrace_watch.c */

/* Makes the old tree in the working directory. */
void	 tree_prepare(void);
/*
 * Looks for what must not be in the working directory's tree until standard
 * input ends; reports on standard output.  Returns the exit status.
 */
int	 watch(void);

#endif /* FSRACE_H */
