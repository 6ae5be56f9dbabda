/* SPDX-License-Identifier: ISC */
#ifndef BROKER_ATTACK_H
#define BROKER_ATTACK_H

/*
 * Old trees, for each try one of its own: what another try has made or moved
 * is neither in its way nor in the defence's.
 */

/* On the host: what a mode with this first letter finds where it is. */
void	 tree_make(char);
/*
 * So many of them, 0 and so on; for "bare" in the first one directories o/0
 * and so on as well, for every order in every way.
 */
void	 trees_make(unsigned int, char);
#define TREE_ORDERS	192

/*
 * In the sandbox: into the first of them, and what is to be done in each
 * before a try.
 */
void	 trees_begin(void (*)(void));
/* What came of a try in this tree, as tried() says it; on to the next one. */
void	 tried_tree(const char *, int);

#endif /* BROKER_ATTACK_H */
