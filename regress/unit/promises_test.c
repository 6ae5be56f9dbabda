/* SPDX-License-Identifier: ISC */

/*
 * The programs made from the table of promises, for both machines, run in an
 * interpreter and compared with the table.
 */

#include "compat.h"

#include <linux/seccomp.h>

#include <errno.h>
#include <seccomp.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "bpf.h"
#include "promises.h"

#define NEWEST_CALL	450	/* as in gen_role_filter.c */

static int
row_holds(const struct promise *p, const uint64_t *args)
{
	size_t	 i;

	for (i = 0; i < PROMISE_ARGS; i++)
		if (p->args[i].used && (args[p->args[i].arg] &
		    p->args[i].mask) != p->args[i].value)
			return 0;
	return 1;
}

static uint32_t
table_answer(const char *call, uint32_t who, const uint64_t *args)
{
	size_t	 i;

	for (i = 0; call != NULL && i < npromises; i++)
		if ((promises[i].roles & who) != 0 &&
		    strcmp(promises[i].call, call) == 0 &&
		    row_holds(&promises[i], args))
			return promises[i].error == 0 ? SECCOMP_RET_ALLOW :
			    SECCOMP_RET_ERRNO | (uint32_t)promises[i].error;
	return SECCOMP_RET_KILL_PROCESS;
}

static unsigned long	 compared;

static void
compare(const struct role_programs *m, size_t role, int nr, const char *call,
    const uint64_t *args)
{
	struct seccomp_data	 sd;
	uint32_t		 got, want;

	memset(&sd, 0, sizeof(sd));
	sd.nr = nr;
	sd.arch = m->arch;
	memcpy(sd.args, args, sizeof(sd.args));
	got = bpf_run(m->role[role].insn, m->role[role].len, &sd);
	want = nr > NEWEST_CALL ? SECCOMP_RET_ERRNO | ENOSYS :
	    table_answer(call, 1U << role, args);
	if (got != want)
		fail_msg("%s %d %s(0x%llx, 0x%llx, 0x%llx, 0x%llx): "
		    "0x%x, not 0x%x", m == &role_x86_64 ? "x86_64" : "aarch64",
		    nr, call, (unsigned long long)args[0],
		    (unsigned long long)args[1], (unsigned long long)args[2],
		    (unsigned long long)args[3], got, want);
	compared++;
}

/* The arguments that a row asks for, then each of them spoilt. */
static void
compare_row(const struct role_programs *m, size_t role, int nr,
    const struct promise *p)
{
	const struct promise_arg	*a;
	uint64_t			 args[6];
	size_t				 i;
	unsigned int			 bit;

	memset(args, 0, sizeof(args));
	for (i = 0; i < PROMISE_ARGS; i++)
		if (p->args[i].used)
			args[p->args[i].arg] = p->args[i].value;
	compare(m, role, nr, p->call, args);
	for (i = 0; i < PROMISE_ARGS; i++) {
		if (!p->args[i].used)
			continue;
		a = &p->args[i];
		for (bit = 0; bit < 64; bit++) {
			args[a->arg] ^= 1ULL << bit;
			compare(m, role, nr, p->call, args);
			args[a->arg] ^= 1ULL << bit;
		}
		args[a->arg] = ~a->value;
		compare(m, role, nr, p->call, args);
		args[a->arg] = a->value;
	}
}

static void
compare_machine(const struct role_programs *m, uint32_t token)
{
	const uint64_t		 zero[6] = { 0 };
	const uint64_t		 ones[6] = {
		UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX,
		UINT64_MAX
	};
	struct seccomp_data	 sd;
	size_t			 i, role;
	char			*call;
	int			 nr;

	for (role = 0; role < nitems(m->role); role++) {
		for (nr = 0; nr < 600; nr++) {
			call = seccomp_syscall_resolve_num_arch(token, nr);
			compare(m, role, nr, call, zero);
			compare(m, role, nr, call, ones);
			free(call);
		}
		for (i = 0; i < npromises; i++) {
			nr = seccomp_syscall_resolve_name_arch(token,
			    promises[i].call);
			if (nr >= 0)
				compare_row(m, role, nr, &promises[i]);
		}
		/* Another ABI, and x32, die whatever they call. */
		memset(&sd, 0, sizeof(sd));
		for (sd.nr = 0; sd.nr < 600; sd.nr++) {
			sd.arch = SCMP_ARCH_X86;
			assert_int_equal(bpf_run(m->role[role].insn,
			    m->role[role].len, &sd), SECCOMP_RET_KILL_PROCESS);
		}
		for (sd.nr = 0x40000000; sd.nr < 0x40000000 + 600; sd.nr++) {
			sd.arch = m->arch;
			assert_int_not_equal(bpf_run(m->role[role].insn,
			    m->role[role].len, &sd), SECCOMP_RET_ALLOW);
		}
	}
}

static void
test_programs_are_the_table(void **state)
{
	(void)state;
	compare_machine(&role_x86_64, SCMP_ARCH_X86_64);
	compare_machine(&role_aarch64, SCMP_ARCH_AARCH64);
	assert_true(compared > 50000);
}

static void
test_every_promise_has_a_reason(void **state)
{
	size_t	 i;

	(void)state;
	for (i = 0; i < npromises; i++) {
		assert_non_null(promises[i].reason);
		assert_true(promises[i].roles != 0);
		assert_true(seccomp_syscall_resolve_name(promises[i].call) !=
		    __NR_SCMP_ERROR);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_programs_are_the_table),
		cmocka_unit_test(test_every_promise_has_a_reason)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
