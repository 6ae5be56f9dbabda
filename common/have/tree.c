/* SPDX-License-Identifier: ISC */
#include <stddef.h>
#ifdef __linux__
#include <bsd/sys/tree.h>
#else
#include <sys/tree.h>
#endif

struct node {
	RB_ENTRY(node)	 entry;
};
RB_HEAD(tree, node);

int
main(void)
{
	struct tree	 t;

	RB_INIT(&t);
	return RB_ROOT(&t) != NULL;
}
