/* SPDX-License-Identifier: ISC */

/* Of macOS, as far as srt uses it: declarations alone, for a look at code. */

#ifndef STUB_SYS_EVENT_H
#define STUB_SYS_EVENT_H

#include <stdint.h>
#include <time.h>

struct kevent {
	uintptr_t	 ident;
	int16_t		 filter;
	uint16_t	 flags;
	uint32_t	 fflags;
	intptr_t	 data;
	void		*udata;
};

#define EVFILT_READ	(-1)
#define EVFILT_PROC	(-5)
#define EVFILT_SIGNAL	(-6)
#define EV_ADD		0x0001
#define NOTE_EXIT	0x80000000U
#define NOTE_FORK	0x40000000U

#define EV_SET(kev, a, b, c, d, e, f) do {				\
	struct kevent	*kev_ = (kev);					\
									\
	kev_->ident = (uintptr_t)(a);					\
	kev_->filter = (b);						\
	kev_->flags = (c);						\
	kev_->fflags = (d);						\
	kev_->data = (e);						\
	kev_->udata = (f);						\
} while (0)

int	 kqueue(void);
int	 kevent(int, const struct kevent *, int, struct kevent *, int,
	    const struct timespec *);

#endif /* STUB_SYS_EVENT_H */
