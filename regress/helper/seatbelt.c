/* SPDX-License-Identifier: ISC */

/*
 * The policy of settings as a profile for macOS, and what decides elsewhere.
 *
 *	seatbelt [-n] [-a policy] [-p port] [-s port] FILE
 *				prints the profile; the administrator's
 *				policy is in that file; 0 is no port; with
 *				-n the network is not held
 *	seatbelt		answers what standard input asks, each with a
 *				NUL at its end:
 *
 *	admin JSON		the administrator's policy for those that
 *				follow, "" for none: "ok" or "error"
 *	policy JSON		settings: "profile N" and its N bytes, or
 *				"error WHY"
 *	ask QUERY		"allow" or "deny", as --explain says it of
 *				such a query on macOS
 *	name PATH		"deny" if a mandatory name is in it
 */

#include "compat.h"

#include <err.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"
#include "../../srt/parent.h"
#include "../../srt/explain.h"
#include "../../srt-exec/seatbelt.h"

#define TAG	"CMD64_dHJ1ZQ==_END__0a1b2c3d4_SBX"

static struct settings	*set;
static struct policy	 policy;
static struct explain	*ex;
static uint32_t		 network;
static uint16_t		 http = 3128, socks = 3128;

static void
drop(void)
{
	if (ex != NULL)
		explain_free(ex);
	ex = NULL;
	paths_free(&policy.paths);
	guards_free(&policy.guards);
	settings_free(set);
	set = NULL;
}

static int
load(const char *name, const char *text, size_t len, char *cwd)
{
	struct errors	 errs;

	errors_init(&errs);
	if (settings_parse(name, text, len, &set, &errs) == -1) {
		printf("error %s\n", TAILQ_FIRST(&errs.list)->text);
		errors_free(&errs);
		return -1;
	}
	errors_free(&errs);
	/* As front_settings() does there. */
	set->strict_reads = set->absent_reads = set->profile = 1;
	policy.settings = set;
	policy.flags = (set->fs_disabled ? EXEC_FS_DISABLED : 0U) |
	    (set->all_unix_sockets ? EXEC_ALL_UNIX : 0U) |
	    (set->git_config ? EXEC_GIT_CONFIG : 0U) | EXEC_STRICT_READS;
	policy.cwd = cwd;
	if (paths_resolve(set, cwd, NULL, 0, &policy.paths,
	    &policy.guards) == -1) {
		printf("error paths\n");
		return -1;
	}
	ex = explain_new(&policy);
	return 0;
}

static int
profile(struct seatbelt_text *out)
{
	struct seatbelt			 sb;
	struct seatbelt_guard		*list;
	const struct guard_entry	*g;
	const char			**mach;
	size_t				 i;
	int				 ret;

	list = xcalloc(policy.guards.n + 1, sizeof(*list));
	mach = xcalloc(set->mach_lookup.n + 1, sizeof(*mach));
	memset(&sb, 0, sizeof(sb));
	sb.flags = policy.flags;
	sb.mac = network | (set->local_binding ? SEATBELT_LOCAL_BINDING : 0U) |
	    (set->weaker_network ? SEATBELT_TRUSTD : 0U) |
	    (set->apple_events ? SEATBELT_APPLE_EVENTS : 0U) |
	    (set->pty ? SEATBELT_PTY : 0U);
	sb.paths = &policy.paths;
	TAILQ_FOREACH(g, &policy.guards.list, entry) {
		list[sb.nguards].kind = g->kind;
		list[sb.nguards++].text = g->text;
	}
	sb.guards = list;
	sb.http_port = set->http_port != 0 ? (uint16_t)set->http_port : http;
	sb.socks_port = set->socks_port != 0 ? (uint16_t)set->socks_port :
	    socks;
	for (i = 0; i < set->mach_lookup.n; i++)
		mach[i] = set->mach_lookup.v[i].text;
	sb.mach = mach;
	sb.nmach = set->mach_lookup.n;
	sb.tag = TAG;
	ret = seatbelt_profile(&sb, out);
	free(list);
	free(mach);
	return ret;
}

static int
may(const char *query)
{
	struct answer	 a;
	const char	*why;
	int		 ret;

	if ((why = explain_ask(ex, query, &a)) != NULL)
		errx(1, "%s: %s", query, why);
	ret = a.allowed;
	answer_free(&a);
	return ret;
}

static int
may_name(const char *path)
{
	struct guard	*names;
	int		 ret;

	if ((names = guard_new(policy.flags)) == NULL)
		err(1, "guard");
	ret = !guard_write(names, path, GUARD_OLD, NULL) &&
	    guard_stem(names, path, GUARD_OLD, NULL) != GUARD_STEM_NAME;
	guard_free(names);
	return ret;
}

static int
administrator(const char *name, const char *text)
{
	admin_forget();
	if (*text == '\0')
		return 0;
	return admin_add(name, text, strlen(text)) == -1 ? -1 :
	    admin_check(name);
}

static void
answer(const char *line, char *cwd)
{
	struct seatbelt_text	 out;
	int			 ret;

	if (strncmp(line, "admin ", 6) == 0) {
		puts(administrator("admin.json", line + 6) == 0 ? "ok" :
		    "error");
		return;
	}
	if (strncmp(line, "policy ", 7) == 0) {
		drop();
		if (load("test.json", line + 7, strlen(line + 7), cwd) == -1)
			return;
		if (profile(&out) == -1)
			printf("error %s\n", out.error);
		else
			printf("profile %zu\n%s", out.len, out.buf);
		text_free(&out);
		return;
	}
	if (strncmp(line, "name ", 5) == 0)
		ret = may_name(line + 5);
	else if (strncmp(line, "ask ", 4) == 0)
		ret = may(line + 4);
	else
		errx(1, "what is \"%s\"?", line);
	puts(ret ? "allow" : "deny");
}

static char *
read_file(const char *path)
{
	char	*text, *ended;
	size_t	 len;
	int	 fd;

	if ((fd = open(path, O_RDONLY | O_CLOEXEC)) == -1 ||
	    settings_read_all(fd, &text, &len) == -1)
		err(1, "%s", path);
	(void)close(fd);
	ended = xstrndup(text, len);
	free(text);
	return ended;
}

static int
print_file(const char *path, char *cwd)
{
	struct seatbelt_text	 out;
	char			*text = read_file(path);
	int			 ret = 1;

	if (load(path, text, strlen(text), cwd) == 0) {
		ret = profile(&out) == -1;
		printf("%s%s", ret ? out.error : out.buf, ret ? "\n" : "");
		text_free(&out);
	}
	free(text);
	drop();
	return ret;
}

static void
quiet(enum log_level level, const char *text)
{
	(void)level;
	(void)text;
}

int
main(int argc, char *argv[])
{
	char	*line = NULL, *cwd, *text;
	size_t	 size = 0;
	ssize_t	 len;
	int	 ch, ret;

	log_setsink(quiet);
	while ((ch = getopt(argc, argv, "a:np:s:")) != -1) {
		if (ch == 'a') {
			text = read_file(optarg);
			if (administrator(optarg, text) == -1)
				errx(1, "%s is no policy", optarg);
			free(text);
		} else if (ch == 'n')
			network = SEATBELT_NET_ANY;
		else if (ch == 'p')
			http = (uint16_t)atoi(optarg);
		else if (ch == 's')
			socks = (uint16_t)atoi(optarg);
		else
			errx(1, "usage: seatbelt [-n] [-a policy] [-p port] "
			    "[-s port] [file]");
	}
	TAILQ_INIT(&policy.paths);
	guards_init(&policy.guards);
	if ((cwd = getcwd(NULL, 0)) == NULL)
		err(1, "getcwd");
	if (optind < argc) {
		ret = print_file(argv[optind], cwd);
		free(cwd);
		return ret;
	}
	/* A path may hold a newline. */
	while ((len = getdelim(&line, &size, '\0', stdin)) > 0) {
		answer(line, cwd);
		(void)fflush(stdout);
	}
	drop();
	admin_forget();
	free(line);
	free(cwd);
	return 0;
}
