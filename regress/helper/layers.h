/* SPDX-License-Identifier: ISC */
#ifndef LAYERS_H
#define LAYERS_H

/*
 * What execd -x asks of the program that layers.c makes: bits of the flags of
 * IMSG_EXEC_OPTIONS that mean nothing to srt-exec itself.  srt, which knows
 * no such bits, starts it as PREFIX/libexec/srt/srt-exec: there the last part
 * of PREFIX says the same, as in "without-broker-filter".
 */
#define LAYERS_NO_MOUNTS	0x00100000U
#define LAYERS_NO_LANDLOCK	0x00200000U
#define LAYERS_NO_BROKER	0x00400000U	/* it is there, never asked */
#define LAYERS_NO_FILTER	0x00800000U
#define LAYERS_ORPHAN		0x01000000U	/* pid 1 outlives the broker */
#define LAYERS_YES		0x02000000U	/* the broker refuses nothing */

#endif /* LAYERS_H */
