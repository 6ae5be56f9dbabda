/* SPDX-License-Identifier: ISC */

/*
 * See gen_filter.h.  A tool of the build machine: no compat.h, which
 * describes the machine that srt is built for.
 */

#include <linux/audit.h>

#include <err.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "gen_filter.h"

const struct gen_arch gen_archs[GEN_NARCHS] = {
	{ "x86_64", "__x86_64__", SCMP_ARCH_X86_64, AUDIT_ARCH_X86_64 },
	{ "aarch64", "__aarch64__", SCMP_ARCH_AARCH64, AUDIT_ARCH_AARCH64 }
};

scmp_filter_ctx
gen_begin(uint32_t action, const struct gen_arch *arch)
{
	scmp_filter_ctx	 ctx;
	int		 e;

	/*
	 * Nothing is installed here: whether the kernel that builds knows the
	 * actions, as an emulated one does not, is none of our business.
	 */
	if ((e = seccomp_api_set(GEN_API)) != 0)
		errx(1, "seccomp_api_set: %s", strerror(-e));
	if ((ctx = seccomp_init(action)) == NULL)
		errx(1, "seccomp_init");
	if (arch->token != seccomp_arch_native()) {
		if ((e = seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE)) != 0 ||
		    (e = seccomp_arch_add(ctx, arch->token)) != 0)
			errx(1, "%s: %s", arch->name, strerror(-e));
	}
	/* Another ABI of the same machine must not be a way around. */
	if ((e = seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH,
	    SCMP_ACT_KILL_PROCESS)) != 0 ||
	    (e = seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2)) != 0)
		errx(1, "seccomp_attr_set: %s", strerror(-e));
	return ctx;
}

int
gen_number(const struct gen_arch *arch, const char *call)
{
	int	 nr;

	nr = seccomp_syscall_resolve_name_arch(arch->token, call);
	return nr < 0 ? -1 : nr;
}

/*
 * libseccomp takes the number that the call has (or would have) on the build
 * machine and translates it.
 */
void
gen_rule(scmp_filter_ctx ctx, uint32_t action, const char *call,
    const struct scmp_arg_cmp *args, unsigned int nargs)
{
	int	 e, nr;

	nr = seccomp_syscall_resolve_name(call);
	if (nr == __NR_SCMP_ERROR)
		errx(1, "%s: unknown here", call);
	if ((e = seccomp_rule_add_array(ctx, action, nr, nargs, args)) != 0)
		errx(1, "%s: %s", call, strerror(-e));
}

struct sock_filter *
gen_end(scmp_filter_ctx ctx, size_t *n)
{
	struct sock_filter	*prog;
	FILE			*fp;
	long			 size;
	int			 e;

	if ((fp = tmpfile()) == NULL)
		err(1, "tmpfile");
	if ((e = seccomp_export_bpf(ctx, fileno(fp))) != 0)
		errx(1, "seccomp_export_bpf: %s", strerror(-e));
	seccomp_release(ctx);

	if (fseek(fp, 0, SEEK_END) == -1 || (size = ftell(fp)) == -1)
		err(1, "tmpfile");
	rewind(fp);
	*n = (size_t)size / sizeof(*prog);
	if (*n == 0 || *n > BPF_MAXINSNS)
		errx(1, "%zu instructions", *n);
	if ((prog = calloc(*n, sizeof(*prog))) == NULL)
		err(1, NULL);
	if (fread(prog, sizeof(*prog), *n, fp) != *n)
		err(1, "tmpfile");
	(void)fclose(fp);
	return prog;
}

void
gen_write(FILE *fp, const char *name, const struct sock_filter *prog,
    size_t n)
{
	size_t	 i;

	(void)fprintf(fp, "static const struct sock_filter %s[] = {\n", name);
	for (i = 0; i < n; i++)
		(void)fprintf(fp, "\t{ 0x%02x, %u, %u, 0x%08x },\n",
		    prog[i].code, prog[i].jt, prog[i].jf, prog[i].k);
	(void)fprintf(fp, "};\n");
}

void
gen_file(int argc, char *argv[], const char *name,
    void (*write_arch)(FILE *, const struct gen_arch *))
{
	const struct gen_arch	*arch;
	FILE			*fp;

	if (argc != 2)
		errx(1, "usage: %s file", name);
	if ((fp = fopen(argv[1], "w")) == NULL)
		err(1, "%s", argv[1]);
	(void)fprintf(fp, "/* Written by %s. */\n", name);
	for (arch = gen_archs; arch < gen_archs + GEN_NARCHS; arch++) {
		(void)fprintf(fp, "#%s (!defined(FILTER_ARCH) && "
		    "defined(%s)) || \\\n"
		    "    (defined(FILTER_ARCH) && FILTER_ARCH == 0x%xU)\n"
		    "#define FILTER_AUDIT_ARCH 0x%xU\n",
		    arch == gen_archs ? "if" : "elif", arch->macro,
		    arch->audit, arch->audit);
		write_arch(fp, arch);
	}
	(void)fprintf(fp, "#else\n#error \"no filter for this machine\"\n"
	    "#endif\n");
	if (ferror(fp) || fclose(fp) == EOF)
		err(1, "%s", argv[1]);
}
