/* SPDX-License-Identifier: ISC */
#ifndef IMSG_LOCAL_H
#define IMSG_LOCAL_H

/* Between imsg-buffer.c and imsg-queue.c. */

/* Value of fd in a buffer that is a view of somebody else's memory. */
#define FD_VIEW		(-2)

int	 ibuf_is_view(const struct ibuf *);
/* Closes it if it is one, and leaves errno alone. */
void	 ibuf_close_fd(int);

#endif /* IMSG_LOCAL_H */
