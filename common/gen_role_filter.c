/* SPDX-License-Identifier: ISC */

/*
 * Writes role_filter.h: the promises as BPF programs, one per role, once for
 * plain builds and once for those with a sanitizer.  Runs on the build
 * machine.
 */

#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "gen_filter.h"
#include "promises.h"

static const struct {
	const char	*name;
	uint32_t	 role;
} roles[] = {
	{ "parent",	PROMISE_PARENT },
	{ "proxy",	PROMISE_PROXY },
	{ "exec",	PROMISE_EXEC },
	{ "monitor",	PROMISE_MONITOR },
	{ "resolver",	PROMISE_RESOLVER },
	{ "broker",	PROMISE_BROKER },
	{ "tls",	PROMISE_TLS },
	{ "dialer",	PROMISE_DIALER },
	{ "keeper",	PROMISE_KEEPER },
	{ "init",	PROMISE_INIT }
};

static unsigned int
promise_args(const struct promise *p, struct scmp_arg_cmp *args)
{
	unsigned int	 i, n = 0;

	for (i = 0; i < PROMISE_ARGS; i++) {
		if (!p->args[i].used)
			continue;
		args[n].arg = p->args[i].arg;
		args[n].op = SCMP_CMP_MASKED_EQ;
		args[n].datum_a = p->args[i].mask;
		args[n].datum_b = p->args[i].value;
		n++;
	}
	return n;
}

/* Is there a row for the call that holds whatever the arguments are? */
static int
promised_always(const char *call, uint32_t who)
{
	struct scmp_arg_cmp	 args[PROMISE_ARGS];
	size_t			 i;

	for (i = 0; i < npromises; i++)
		if ((promises[i].roles & who) != 0 &&
		    strcmp(promises[i].call, call) == 0 &&
		    promise_args(&promises[i], args) == 0)
			return 1;
	return 0;
}

/*
 * Calls that came to Linux after this one, set_mempolicy_home_node, are known
 * to no row of the table.  A libc newer than srt may try them, and does
 * without where there is ENOSYS: no reason to die.
 */
#define NEWEST_CALL	450
#define X32_BIT		0x40000000U

static void
role_write(FILE *fp, const char *name, uint32_t who,
    const struct gen_arch *arch)
{
	struct scmp_arg_cmp	 args[PROMISE_ARGS];
	const struct promise	*p;
	struct sock_filter	*prog, *all;
	scmp_filter_ctx		 ctx;
	size_t			 i, n;
	unsigned int		 nargs;
	char			 title[64];
	const struct sock_filter newer[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, arch)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch->audit, 0, 4),
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
		    offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, NEWEST_CALL, 0, 2),
		BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SCMP_ACT_ERRNO(ENOSYS))
	};

	ctx = gen_begin(SCMP_ACT_KILL_PROCESS, arch);
	for (i = 0; i < npromises; i++) {
		p = &promises[i];
		if ((p->roles & who) == 0 || gen_number(arch, p->call) == -1)
			continue;
		nargs = promise_args(p, args);
		if (nargs > 0 && promised_always(p->call, who))
			continue;
		gen_rule(ctx, p->error != 0 ?
		    SCMP_ACT_ERRNO((unsigned int)p->error) : SCMP_ACT_ALLOW,
		    p->call, args, nargs);
	}
	prog = gen_end(ctx, &n);
	/* Jumps are relative: the one can stand before the other. */
	if ((all = calloc(n + nitems(newer), sizeof(*all))) == NULL)
		err(1, NULL);
	memcpy(all, newer, sizeof(newer));
	memcpy(all + nitems(newer), prog, n * sizeof(*prog));
	(void)snprintf(title, sizeof(title), "role_filter_%s", name);
	gen_write(fp, title, all, n + nitems(newer));
	free(all);
	free(prog);
}

static void
arch_write(FILE *fp, const struct gen_arch *arch)
{
	size_t	 i;

	(void)fprintf(fp, "#ifdef SRT_SANITIZER\n");
	for (i = 0; i < nitems(roles); i++)
		role_write(fp, roles[i].name,
		    roles[i].role | PROMISE_SANITIZER, arch);
	(void)fprintf(fp, "#else\n");
	for (i = 0; i < nitems(roles); i++)
		role_write(fp, roles[i].name, roles[i].role, arch);
	(void)fprintf(fp, "#endif /* SRT_SANITIZER */\n");
}

int
main(int argc, char *argv[])
{
	gen_file(argc, argv, "gen_role_filter", arch_write);
	return 0;
}
