/* SPDX-License-Identifier: ISC */

/*
 * Writes command_filter.h: the filters between the command and the kernel,
 * from the tables of gen_command_table.c.  Runs on the build machine.
 *
 * A program goes by the number of the call and, of the few calls for which
 * they matter, by its arguments.  The kernel (5.11) remembers of which calls
 * the number alone decides.
 *
 * The broker's programs are filters of their own, on top of that: they notify
 * the broker of some calls and let all others through to the first.
 */

#include <linux/sched.h>
#include <linux/seccomp.h>

#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "gen_command_filter.h"
#include "gen_filter.h"
#include "linux_new.h"

/* O_LARGEFILE and O_DIRECTORY differ between machines; these do not. */
#define O_TMPFILE_BIT	020000000
#define WRITES		(O_ACCMODE | O_CREAT | O_TRUNC | O_TMPFILE_BIT)

/* Calls of the C library's that a later kernel has, by number alone. */
#define NR_FCHMODAT2	452

/* A program under construction. */
struct code {
	struct sock_filter	 insn[BPF_MAXINSNS];
	size_t			 n;
};

/* No machine has more; those of an ABI that shares its name come later. */
#define NUMBERS		1024
#define X32_BIT		0x40000000U

/* To a call: at once, or by a block that looks at its arguments. */
struct answer {
	uint32_t	 action;
	const void	*block;		/* a row, or one of notified[] */
};

/* Of a tree of numbers: all from the first one on have the answer. */
struct leaf {
	uint32_t	 first;
	struct answer	 answer;
	size_t		 at;		/* its instruction */
};

static struct answer	 answers[NUMBERS];
static struct leaf	 leaves[NUMBERS + 1];

#define RET_ALLOW	SECCOMP_RET_ALLOW
#define RET_ERRNO(e)	(SECCOMP_RET_ERRNO | (uint32_t)(e))

static size_t
emit(struct code *c, unsigned int code, uint32_t k)
{
	if (c->n == nitems(c->insn))
		errx(1, "program too long");
	memset(&c->insn[c->n], 0, sizeof(c->insn[c->n]));
	c->insn[c->n].code = (uint16_t)code;
	c->insn[c->n].k = k;
	return c->n++;
}

/* How far the conditional jump at i must go to get to the next instruction. */
static uint8_t
distance(const struct code *c, size_t i)
{
	if (c->n - i - 1 > UINT8_MAX)
		errx(1, "jump too long");
	return (uint8_t)(c->n - i - 1);
}

/* One row: its conditions, its answer; the next row if a condition fails. */
static void
emit_row(struct code *c, const struct row *row)
{
	const struct cond	*cond;
	size_t			 i, n = 0, jumps[CONDS];

	for (cond = row->conds; cond < row->conds + CONDS; cond++) {
		if (cond->test == TEST_NONE)
			break;
		/* Both machines are little-endian. */
		(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
		    (uint32_t)offsetof(struct seccomp_data, args) +
		    cond->arg * (uint32_t)sizeof(uint64_t));
		if (cond->test != TEST_ANY && cond->mask != WHOLE)
			(void)emit(c, BPF_ALU | BPF_AND | BPF_K, cond->mask);
		jumps[n++] = emit(c, BPF_JMP | BPF_K | (cond->test == TEST_ANY
		    ? BPF_JSET : BPF_JEQ), cond->value);
	}
	(void)emit(c, BPF_RET | BPF_K,
	    row->error == 0 ? RET_ALLOW : RET_ERRNO(row->error));
	for (i = 0; i < n; i++) {
		if (row->conds[i].test == TEST_NE)
			c->insn[jumps[i]].jt = distance(c, jumps[i]);
		else
			c->insn[jumps[i]].jf = distance(c, jumps[i]);
	}
}

/* All rows of one call. */
static void
emit_call_rows(struct code *c, const struct rows *all, const char *call,
    unsigned int lifted)
{
	size_t	 i;

	for (i = 0; i < all->n; i++)
		if (strcmp(all->row[i].call, call) == 0 &&
		    (all->row[i].lift & lifted) == 0)
			emit_row(c, &all->row[i]);
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
}

/* The same in a walk; behind it A holds the number of the call again. */
static void
emit_call(struct code *c, const struct gen_arch *arch, const struct rows *all,
    const char *call)
{
	size_t	 jump;

	jump = emit(c, BPF_JMP | BPF_JEQ | BPF_K,
	    (uint32_t)gen_number(arch, call));
	emit_call_rows(c, all, call, 0);
	c->insn[jump].jf = distance(c, jump);
}

/*
 * The calls of the table in its order; whatever is not decided, another
 * machine's calls among it, is allowed.
 */
static void
rows_write(FILE *fp, const struct gen_arch *arch, struct code *c,
    const char *name, const struct rows *all)
{
	const char	*call, *last = "";
	size_t		 i, arch_jump, skip;

	c->n = 0;
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	arch_jump = emit(c, BPF_JMP | BPF_JEQ | BPF_K, arch->audit);
	c->insn[arch_jump].jt = 1;
	skip = emit(c, BPF_JMP | BPF_JA, 0);
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
	for (i = 0; i < all->n; i++, last = call) {
		call = all->row[i].call;
		if (gen_number(arch, call) == -1)
			errx(1, "%s: unknown", call);
		if (strcmp(call, last) != 0)
			emit_call(c, arch, all, call);
	}
	c->insn[skip].k = (uint32_t)(c->n - skip - 1);
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
	gen_write(fp, name, c->insn, c->n);
}

static const struct refusal *
refusal_find(const char *call)
{
	size_t	 i;

	for (i = 0; i < nrefusals; i++)
		if (strcmp(refusals[i].call, call) == 0)
			return &refusals[i];
	return NULL;
}

static int
call_reviewed(int nr, const char *call)
{
	size_t	 i;

	if (nr <= REVIEWED_MAX)
		return 1;
	for (i = 0; i < nreviewed; i++)
		if (strcmp(reviewed[i], call) == 0)
			return 1;
	return 0;
}

/* To begin with: all numbers that no call has, now or later. */
static void
answers_fill(uint32_t action)
{
	size_t	 nr;

	for (nr = 0; nr < NUMBERS; nr++) {
		answers[nr].action = action;
		answers[nr].block = NULL;
	}
}

static struct answer *
answer_of(int nr)
{
	if (nr < 0 || nr >= NUMBERS)
		errx(1, "system call %d", nr);
	return &answers[nr];
}

/* Neighbours with the same answer share a leaf; the last one is for more. */
static size_t
leaves_make(uint32_t beyond)
{
	const struct answer	*a, *last = NULL;
	size_t			 n = 0;

	for (a = answers; a < answers + NUMBERS; a++) {
		if (last == NULL || a->action != last->action ||
		    a->block != last->block) {
			leaves[n].first = (uint32_t)(a - answers);
			leaves[n++].answer = *a;
		}
		last = a;
	}
	leaves[n].first = NUMBERS;
	leaves[n].answer.action = beyond;
	leaves[n].answer.block = NULL;
	return n + 1;
}

/*
 * A search in halves.  The kernel translates a program when it is loaded,
 * and runs it for every number there is to learn which are always allowed:
 * what is short and shallow starts the command sooner.
 */
static void
emit_tree(struct code *c, struct leaf *l, size_t n)
{
	size_t	 jump;

	if (n == 1) {
		l->at = l->answer.block == NULL ?
		    emit(c, BPF_RET | BPF_K, l->answer.action) :
		    emit(c, BPF_JMP | BPF_JA, 0);
		return;
	}
	jump = emit(c, BPF_JMP | BPF_JGE | BPF_K, l[n / 2].first);
	emit_tree(c, l, n / 2);
	c->insn[jump].jt = distance(c, jump);
	emit_tree(c, l + n / 2, n - n / 2);
}

/* What a leaf jumps to comes next. */
static void
emit_here(struct code *c, const struct leaf *l)
{
	c->insn[l->at].k = (uint32_t)(c->n - l->at - 1);
}

/* Another machine's call has no number; A holds that of all others. */
static void
emit_arch(struct code *c, const struct gen_arch *arch, uint32_t foreign)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, arch));
	c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, arch->audit)].jt = 1;
	(void)emit(c, BPF_RET | BPF_K, foreign);
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, nr));
}

/* x32 has the machine's own name; -1 is what a tracer makes of a call. */
static void
emit_no_x32(struct code *c, const struct gen_arch *arch)
{
	if (arch->token != SCMP_ARCH_X86_64)
		return;
	c->insn[emit(c, BPF_JMP | BPF_JGE | BPF_K, X32_BIT)].jf = 2;
	c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, UINT32_MAX)].jt = 1;
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS);
}

/* What every number is answered without a look at arguments. */
static void
answer_numbers(const struct gen_arch *arch, unsigned int lifted)
{
	const struct refusal	*refusal;
	char			*call;
	int			 nr;

	answers_fill(RET_ERRNO(ENOSYS));
	for (nr = 0; nr < NUMBERS; nr++) {
		call = seccomp_syscall_resolve_num_arch(arch->token, nr);
		if (call == NULL)
			continue;
		refusal = refusal_find(call);
		if (refusal != NULL && (refusal->lift & lifted) == 0)
			answer_of(nr)->action = RET_ERRNO(refusal->error);
		else if (call_reviewed(nr, call))
			answer_of(nr)->action = RET_ALLOW;
		free(call);
	}
}

static void
command_write(FILE *fp, const struct gen_arch *arch, struct code *c,
    unsigned int lifted)
{
	const struct row	*row;
	size_t			 i, n;
	int			 nr;
	char			 name[64];

	answer_numbers(arch, lifted);
	for (i = 0; i < command_rows.n; i++) {
		row = &command_rows.row[i];
		if ((nr = gen_number(arch, row->call)) == -1)
			errx(1, "%s: unknown", row->call);
		if (answer_of(nr)->block == NULL)
			answer_of(nr)->block = row;
	}
	c->n = 0;
	emit_arch(c, arch, SECCOMP_RET_KILL_PROCESS);
	emit_no_x32(c, arch);
	n = leaves_make(RET_ERRNO(ENOSYS));
	emit_tree(c, leaves, n);
	for (i = 0; i < n; i++) {
		if ((row = leaves[i].answer.block) == NULL)
			continue;
		emit_here(c, &leaves[i]);
		emit_call_rows(c, &command_rows, row->call, lifted);
	}
	(void)snprintf(name, sizeof(name), "command_filter_%u", lifted);
	gen_write(fp, name, c->insn, c->n);
}

/* A call of the broker's of which only some flags are: allowed without. */
static void
emit_flags(struct code *c, const struct notified *n, int reads)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args) +
	    (uint32_t)n->flags * (uint32_t)sizeof(uint64_t));
	/* The kernel ignores all other flags beside O_PATH. */
	c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, O_PATH)].jt =
	    reads ? 0 : 1;
	if (!reads)
		c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, WRITES)].jt = 1;
	else
		c->insn[c->n - 1].jf = 1;
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
}

/*
 * A working directory is that of a process, unless one of these makes it that
 * of two, or of one thread of them.
 */
static void
emit_sharing(struct code *c, int kind)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    offsetof(struct seccomp_data, args));
	if (kind == CLONING) {
		(void)emit(c, BPF_ALU | BPF_AND | BPF_K,
		    CLONE_FS | CLONE_THREAD);
		c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, CLONE_FS)].jt = 1;
		c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K,
		    CLONE_THREAD)].jf = 1;
	} else
		c->insn[emit(c, BPF_JMP | BPF_JSET | BPF_K, CLONE_FS)].jf = 1;
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
}

/* Not for 0, which is the caller. */
static void
emit_numbered(struct code *c, int kind)
{
	(void)emit(c, BPF_LD | BPF_W | BPF_ABS,
	    (uint32_t)offsetof(struct seccomp_data, args) +
	    (kind == NUMBERED_1 ? (uint32_t)sizeof(uint64_t) : 0));
	c->insn[emit(c, BPF_JMP | BPF_JEQ | BPF_K, 0)].jf = 1;
	(void)emit(c, BPF_RET | BPF_K, RET_ALLOW);
	(void)emit(c, BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF);
}

static void
emit_notified(struct code *c, const struct notified *n, int reads)
{
	if (n->flags >= 0)
		emit_flags(c, n, reads);
	else if (n->flags == NUMBERED_0 || n->flags == NUMBERED_1)
		emit_numbered(c, n->flags);
	else
		emit_sharing(c, n->flags);
}

static int
notified_number(const struct gen_arch *arch, const char *call)
{
	int	 nr = gen_number(arch, call);

	/* libseccomp 2.5.5 is the first that knows it. */
	if (nr == -1 && strcmp(call, "fchmodat2") == 0)
		return NR_FCHMODAT2;
	return nr;
}

static void
notify_write(FILE *fp, const struct gen_arch *arch, struct code *c,
    unsigned int what)
{
	size_t	 i, n;
	int	 nr;
	char	 name[64];

	answers_fill(RET_ALLOW);
	for (i = 0; i < nnotified; i++) {
		if ((notified[i].when & what) != notified[i].when)
			continue;
		/* The older calls do not exist on newer machines. */
		if ((nr = notified_number(arch, notified[i].call)) < 0)
			continue;
		answer_of(nr)->action = SECCOMP_RET_USER_NOTIF;
		/* Of two that are about the same call the last one holds. */
		answer_of(nr)->block = notified[i].flags == ALWAYS ? NULL :
		    &notified[i];
	}
	c->n = 0;
	emit_arch(c, arch, RET_ALLOW);
	n = leaves_make(RET_ALLOW);
	emit_tree(c, leaves, n);
	for (i = 0; i < n; i++) {
		if (leaves[i].answer.block == NULL)
			continue;
		emit_here(c, &leaves[i]);
		emit_notified(c, leaves[i].answer.block,
		    (what & NOTIFY_READS) != 0);
	}
	(void)snprintf(name, sizeof(name), "notify_filter_%u", what);
	gen_write(fp, name, c->insn, c->n);
}

static void
arch_write(FILE *fp, const struct gen_arch *arch)
{
	static struct code	 c;
	unsigned int		 lifted, what;

	for (lifted = 0; lifted < LIFT_MAX; lifted++)
		command_write(fp, arch, &c, lifted);
	rows_write(fp, arch, &c, "signal_filter", &signal_rows);
	rows_write(fp, arch, &c, "landlock_filter", &landlock_rows);
	for (what = 0; what < NOTIFY_MAX; what++)
		notify_write(fp, arch, &c, what);
}

int
main(int argc, char *argv[])
{
	gen_file(argc, argv, "gen_command_filter", arch_write);
	return 0;
}
