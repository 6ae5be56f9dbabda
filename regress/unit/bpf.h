/* SPDX-License-Identifier: ISC */
#ifndef UNIT_BPF_H
#define UNIT_BPF_H

#include <linux/filter.h>
#include <linux/seccomp.h>

#include <stddef.h>
#include <stdint.h>

/*
 * Runs a seccomp program as the kernel would, so that the programs for
 * another machine can be tested, too.  Returns its answer; aborts where the
 * kernel would not have taken the program.
 */
uint32_t	 bpf_run(const struct sock_filter *, size_t,
		    const struct seccomp_data *);

struct bpf_prog {
	const struct sock_filter	*insn;
	size_t				 len;
};

/* The embedded programs of one machine. */
struct command_programs {
	uint32_t	 arch;
	struct bpf_prog	 command[4];
	struct bpf_prog	 signals;
	struct bpf_prog	 landlock;
	struct bpf_prog	 notify[4];
};

struct role_programs {
	uint32_t	 arch;
	struct bpf_prog	 role[8];	/* in the order of enum promise_role */
};

extern const struct command_programs	command_x86_64, command_aarch64;
extern const struct role_programs	role_x86_64, role_aarch64;

#endif /* UNIT_BPF_H */
