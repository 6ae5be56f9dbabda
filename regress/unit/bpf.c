/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <err.h>
#include <stdlib.h>
#include <string.h>

#include "bpf.h"

uint32_t
bpf_run(const struct sock_filter *prog, size_t len,
    const struct seccomp_data *sd)
{
	const struct sock_filter	*p;
	uint32_t			 a = 0;
	size_t				 pc = 0;
	int				 hit;

	for (;;) {
		if (pc >= len)
			errx(1, "jump out of the program");
		p = &prog[pc++];
		switch (p->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (p->k % 4 != 0 || p->k > sizeof(*sd) - 4)
				errx(1, "load from offset %u", p->k);
			memcpy(&a, (const char *)sd + p->k, sizeof(a));
			continue;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= p->k;
			continue;
		case BPF_JMP | BPF_JA:
			pc += p->k;
			continue;
		case BPF_RET | BPF_K:
			return p->k;
		case BPF_JMP | BPF_JEQ | BPF_K:
			hit = a == p->k;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			hit = a > p->k;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			hit = a >= p->k;
			break;
		case BPF_JMP | BPF_JSET | BPF_K:
			hit = (a & p->k) != 0;
			break;
		default:
			errx(1, "instruction 0x%x", p->code);
		}
		pc += hit ? p->jt : p->jf;
	}
}
