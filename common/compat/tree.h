/* SPDX-License-Identifier: ISC */
#ifndef COMPAT_TREE_H
#define COMPAT_TREE_H

/*
 * As much of tree(3) as srt uses, for systems without <sys/tree.h>.  Not the
 * red-black trees of that page but treaps: every node draws a priority, and
 * none has a lower one than its parent.  Whoever chooses the keys does not
 * choose the shape.
 */

#include <stdint.h>
#include <stdlib.h>

#define RB_HEAD(name, type)						\
struct name {								\
	struct type	*root;						\
}

#define RB_ENTRY(type)							\
struct {								\
	struct type	*left;						\
	struct type	*right;						\
	uint32_t	 priority;					\
}

#define RB_INIT(head)	do { (head)->root = NULL; } while (0)
#define RB_ROOT(head)	((head)->root)
#define RB_EMPTY(head)	((head)->root == NULL)

#define RB_INSERT(name, head, elm)	name##_RB_INSERT(head, elm)
#define RB_REMOVE(name, head, elm)	name##_RB_REMOVE(head, elm)
#define RB_FIND(name, head, elm)	name##_RB_FIND(head, elm)

#define RB_PROTOTYPE(name, type, field, cmp)				\
struct type	*name##_RB_INSERT(struct name *, struct type *);	\
struct type	*name##_RB_REMOVE(struct name *, struct type *);	\
struct type	*name##_RB_FIND(struct name *, struct type *);

#define RB_GENERATE(name, type, field, cmp)				\
struct type *								\
name##_RB_FIND(struct name *head, struct type *key)			\
{									\
	struct type	*n = head->root;				\
	int		 c;						\
									\
	while (n != NULL && (c = cmp(key, n)) != 0)			\
		n = c < 0 ? n->field.left : n->field.right;		\
	return n;							\
}									\
									\
/* What is in the way is split by the key into the new node's halves. */ \
struct type *								\
name##_RB_INSERT(struct name *head, struct type *elm)			\
{									\
	struct type	**at, **left, **right, *n;			\
									\
	if ((n = name##_RB_FIND(head, elm)) != NULL)			\
		return n;						\
	elm->field.priority = arc4random();				\
	for (at = &head->root; (n = *at) != NULL &&			\
	    n->field.priority <= elm->field.priority;			\
	    at = cmp(elm, n) < 0 ? &n->field.left : &n->field.right)	\
		continue;						\
	*at = elm;							\
	left = &elm->field.left;					\
	right = &elm->field.right;					\
	while (n != NULL)						\
		if (cmp(elm, n) < 0) {					\
			*right = n;					\
			right = &n->field.left;				\
			n = *right;					\
		} else {						\
			*left = n;					\
			left = &n->field.right;				\
			n = *left;					\
		}							\
	*left = *right = NULL;						\
	return NULL;							\
}									\
									\
/* Its halves are joined in its place. */				\
struct type *								\
name##_RB_REMOVE(struct name *head, struct type *elm)			\
{									\
	struct type	**at, *l, *r;					\
									\
	for (at = &head->root; *at != NULL && *at != elm;		\
	    at = cmp(elm, *at) < 0 ? &(*at)->field.left :		\
	    &(*at)->field.right)					\
		continue;						\
	if (*at == NULL)						\
		return NULL;						\
	l = elm->field.left;						\
	r = elm->field.right;						\
	while (l != NULL && r != NULL)					\
		if (l->field.priority <= r->field.priority) {		\
			*at = l;					\
			at = &l->field.right;				\
			l = *at;					\
		} else {						\
			*at = r;					\
			at = &r->field.left;				\
			r = *at;					\
		}							\
	*at = l != NULL ? l : r;					\
	return elm;							\
}

#endif /* COMPAT_TREE_H */
