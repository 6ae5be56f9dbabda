/* SPDX-License-Identifier: ISC */
#ifndef BUF_H
#define BUF_H

#include "compat.h"

/*
 * A queue of bytes.  All zero is empty; an empty one holds no memory, so
 * that an idle connection costs none.  Pure.
 */
struct buf {
	char	*data;
	size_t	 off;		/* of the first byte in data */
	size_t	 len;
	size_t	 size;
};

/* Appends.  Returns -1 with ENOMEM, also beyond the limit for all queues. */
int	 buf_add(struct buf *, const void *, size_t);
char	*buf_data(const struct buf *);
/* Takes bytes off the front. */
void	 buf_drain(struct buf *, size_t);
void	 buf_clear(struct buf *);
/* Memory that all queues hold together; the limit, 0 for none. */
size_t	 buf_total(void);
void	 buf_limit(size_t);

#endif /* BUF_H */
