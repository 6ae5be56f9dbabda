/* SPDX-License-Identifier: ISC */

/* For cppcheck, which reads no system header: what loops it cannot see. */
#define TAILQ_ENTRY(type)	struct { struct type *tqe_next; }
#define TAILQ_HEAD(name, type)	struct name { struct type *tqh_first; }
#define TAILQ_FIRST(head)	((head)->tqh_first)
#define TAILQ_NEXT(var, field)	((var)->field.tqe_next)
#define TAILQ_FOREACH(var, head, field)					\
	for ((var) = TAILQ_FIRST(head); (var) != NULL;			\
	    (var) = TAILQ_NEXT(var, field))
#define TAILQ_FOREACH_REVERSE(var, head, name, field)			\
	for ((var) = TAILQ_FIRST(head); (var) != NULL;			\
	    (var) = TAILQ_NEXT(var, field))
#define TAILQ_FOREACH_SAFE(var, head, field, next)			\
	for ((var) = TAILQ_FIRST(head); (var) != NULL &&		\
	    ((next) = TAILQ_NEXT(var, field), 1); (var) = (next))
/* Their functions it takes for unknown ones. */
#define RB_ENTRY(type)		struct { struct type *rbe_left; }
#define RB_HEAD(name, type)	struct name { struct type *rbh_root; }
#define RB_PROTOTYPE(name, type, field, compare)
#define RB_GENERATE(name, type, field, compare)
