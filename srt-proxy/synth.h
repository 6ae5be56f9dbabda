/* SPDX-License-Identifier: ISC */
#ifndef SYNTH_H
#define SYNTH_H

#include "compat.h"

/*
 * Addresses that stand for names inside the sandbox.  Each name has one of
 * 198.18.0.0/15, without the first 256, which the sandbox's interface and
 * others may have, and the one of fd73:7274:6e65::/48 with the same low 32
 * bits.  Here it is a number in host order, that of the IPv4 address.  Pure.
 */

#define SYNTH_FIRST	0xc6120100U	/* 198.18.1.0 */
#define SYNTH_LAST	0xc613ffffU	/* 198.19.255.255 */
#define SYNTH_NAMES_MAX	16384

struct synth;

/* Room for that many names, 1 to SYNTH_NAMES_MAX; NULL: no memory. */
struct synth *synth_new(size_t);
void	 synth_free(struct synth *);
/*
 * The address of a name in canonical form (host_parse()), which is given one
 * if it has none.  The name not used for longest loses its own when there is
 * no room, and that address goes to no other until all have been used.
 * Returns 0 if there is no memory.
 */
uint32_t synth_addr(struct synth *, const char *);
/* The name that the address stands for, or NULL; good until the next call. */
const char *synth_name(struct synth *, uint32_t);

/* In network order.  Return 0 if it is not one of these addresses. */
uint32_t synth_from_inet(const unsigned char *);
uint32_t synth_from_inet6(const unsigned char *);
void	 synth_to_inet(uint32_t, unsigned char *);
void	 synth_to_inet6(uint32_t, unsigned char *);

#endif /* SYNTH_H */
