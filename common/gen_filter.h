/* SPDX-License-Identifier: ISC */
#ifndef GEN_FILTER_H
#define GEN_FILTER_H

/*
 * What the two generators of filters share.  They run on the build machine
 * and write for every architecture that srt knows.
 */

#include <linux/filter.h>

#include <seccomp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#ifndef nitems
#define nitems(a)	(sizeof(a) / sizeof((a)[0]))
#endif

struct gen_arch {
	const char	*name;		/* in the programs' names */
	const char	*macro;		/* how the compiler says it */
	uint32_t	 token;		/* libseccomp's */
	uint32_t	 audit;		/* seccomp_data.arch */
};

/* libseccomp's name for a kernel with user notification, 5.0. */
#define GEN_API		5

#define GEN_NARCHS	2
extern const struct gen_arch	gen_archs[GEN_NARCHS];

/* Every one of these ends the generator with a message on failure. */
scmp_filter_ctx	 gen_begin(uint32_t, const struct gen_arch *);
/* Number of the call there, or -1 if it has none. */
int		 gen_number(const struct gen_arch *, const char *);
void		 gen_rule(scmp_filter_ctx, uint32_t, const char *,
		    const struct scmp_arg_cmp *, unsigned int);
/* The finished program; free(3) it.  Releases the context. */
struct sock_filter *gen_end(scmp_filter_ctx, size_t *);
/* Writes "static const struct sock_filter NAME[] = { ... };". */
void		 gen_write(FILE *, const char *, const struct sock_filter *,
		    size_t);
/*
 * Writes the file named by the only argument: for every architecture its
 * programs, by the function.  FILTER_ARCH chooses among them by hand: the
 * tests run the programs of another machine in an interpreter.
 */
void		 gen_file(int, char *[], const char *,
		    void (*)(FILE *, const struct gen_arch *));

#endif /* GEN_FILTER_H */
