/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "../srt-exec/plan.h"

/* POSIX leaves this to the program.  NOLINTNEXTLINE(*-redundant-declaration) */
extern char	**environ;

/* Two programs; settings, report, what is learned, audit record. */
#define OWN_MAX		6

#define RULE_REPORT	"srt's report"

static void	 open_stdio(void);
static int	 open_report(const char *, const struct output *);
static int	 open_number(const char *);
static void	 hold_report(struct policy *);
static size_t	 own_programs(struct own_file *);
static void	 policy_make(const struct options *, const struct settings *,
		    int, struct policy *);
static int	 asker_start(const struct options *, const struct settings *,
		    struct policy *);
static int	 check(const struct options *, const struct settings *,
		    const struct policy *);
static int	 launch(const struct options *, struct policy *);

/* A closed 0, 1 or 2 must not become a pipe to a role. */
static void
open_stdio(void)
{
	int	 fd;

	do {
		if ((fd = open("/dev/null", O_RDWR)) == -1)
			fatal("/dev/null");
	} while (fd <= STDERR_FILENO);
	(void)close(fd);
}

static int
is_number(const char *where)
{
	return strncmp(where, "fd:", 3) == 0;
}

/* --violations: a file to add to, or a descriptor.  Exits on failure. */
static int
open_report(const char *where, const struct output *out)
{
	int	 fd;

	if (where == NULL)
		return -1;
	if (is_number(where))
		return open_number(where);
	if ((fd = output_open(out, O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY |
	    O_NONBLOCK)) == -1)
		fatalx("--violations %s: %s", where, output_why(out));
	return fd;
}

static int
open_number(const char *where)
{
	const char	*errstr;
	int		 fd, n;

	n = (int)strtonum(where + 3, 1, INT_MAX, &errstr);
	if (errstr != NULL)
		fatalx("--violations %s: the number is %s", where, errstr);
	if ((fd = fcntl(n, F_DUPFD_CLOEXEC, STDERR_FILENO + 1)) == -1)
		fatal("--violations %s", where);
	if ((fcntl(fd, F_GETFL) & O_ACCMODE) == O_RDONLY)
		fatalx("--violations %s: it is not open for writing", where);
	return fd;
}

/* One that was made only now has no mount yet that keeps it as it is. */
static void
hold_report(struct policy *policy)
{
	const char	*path = policy->report.path;
	struct stat	 st;

	if (policy->json == -1 || path == NULL ||
	    policy->report.link != NULL || policy->settings->fs_disabled)
		return;
	if (fstat(policy->json, &st) == 0 && S_ISREG(st.st_mode) &&
	    !paths_has(&policy->paths, FS_PROTECT, path))
		paths_add(&policy->paths, FS_PROTECT, path, st.st_mode,
		    RULE_REPORT);
}

/* What the next run would execute outside of any sandbox; at most two. */
static size_t
own_programs(struct own_file *own)
{
	static char	 self[PATH_MAX], roles[PATH_MAX];
	struct stat	 st;
	char		*slash;
	size_t		 n = 0;

	own[0].rule = own[1].rule = "srt itself";
	if (proc_self(self, sizeof(self), &st) == 0)
		own[n++].path = self;
	if (proc_path(ROLE_EXEC, roles, sizeof(roles)) == 0 &&
	    (slash = strrchr(roles, '/')) != NULL && slash != roles) {
		*slash = '\0';
		own[n++].path = roles;
	}
	return n;
}

/* enum exec_flag, as far as the settings say. */
static uint32_t
policy_flags(const struct settings *set)
{
	uint32_t	 flags = 0;

	if (set->fs_disabled)
		flags |= EXEC_FS_DISABLED;
	if (set->weaker_nested)
		flags |= EXEC_WEAKER_NESTED;
	if (set->all_unix_sockets) {
		log_warnx("network.allowAllUnixSockets: the command can ask "
		    "every daemon of its user to act in its place; "
		    "network.allowUnixSockets names single sockets");
		flags |= EXEC_ALL_UNIX;
	}
	if (set->git_config)
		flags |= EXEC_GIT_CONFIG;
	if (set->nested_userns)
		flags |= EXEC_NESTED_USERNS;
	return flags;
}

static const char *
settings_path(const struct options *opts)
{
	return opts->settings != NULL ? opts->settings :
	    settings_default_path();
}

/* Does somebody answer, and may have that saved in the settings? */
static int
asks(const struct options *opts)
{
	return opts->ask || opts->ask_fd != -1;
}

/*
 * What of srt's own the command must not change, at most OWN_MAX; of what srt
 * writes to the policy says where.
 */
static size_t
own_files(const struct options *opts, const char *audit,
    struct policy *policy, struct own_file *own)
{
	const char	*settings = asks(opts) ? settings_path(opts) :
			    opts->settings;
	size_t		 n;

	memset(own, 0, OWN_MAX * sizeof(*own));
	n = own_programs(own);
	if (settings != NULL) {
		own[n].path = settings;
		own[n].output = asks(opts) ? &policy->saves : NULL;
		own[n++].rule = "srt's settings";
	}
	if (opts->violations != NULL && !is_number(opts->violations)) {
		own[n].path = opts->violations;
		own[n].output = &policy->report;
		own[n++].rule = RULE_REPORT;
	}
	if (opts->learn != NULL) {
		own[n].path = opts->learn;
		own[n].output = &policy->saves;
		own[n++].rule = "srt's settings";
	}
	if (audit != NULL) {
		own[n].path = audit;
		own[n++].rule = "srt's audit record";
	}
	return n;
}

/*
 * From the settings to what the roles get, and for a run the report.  Exits on
 * failure.
 */
static void
policy_make(const struct options *opts, const struct settings *set, int runs,
    struct policy *policy)
{
	struct own_file	 own[OWN_MAX];
	const char	*audit = audit_path(set);
	size_t		 nown;

	memset(policy, 0, sizeof(*policy));
	nown = own_files(opts, audit, policy, own);
	TAILQ_INIT(&policy->paths);
	guards_init(&policy->guards);
	policy->settings = set;
	policy->flags = policy_flags(set);
	if ((policy->cwd = getcwd(NULL, 0)) == NULL || *policy->cwd != '/') {
		log_warn("the working directory");
		exit(EXIT_SRT);
	}
	if (paths_resolve(set, policy->cwd, own, nown, &policy->paths,
	    &policy->guards) == -1)
		exit(EXIT_SRT);
	/* No earlier command has made a link on the way to it: that is known
	 * now. */
	policy->json = runs ? open_report(opts->violations, &policy->report) :
	    -1;
	hold_report(policy);
	learn_policy(opts, set, own, nown, policy);
	/* The root of the sandbox is its owner, too. */
	if (audit != NULL && !set->fs_disabled)
		paths_add(&policy->paths, FS_NOREAD, audit, S_IFREG,
		    "srt's audit record");
	if (paths_again(&policy->paths, &policy->guards) == -1)
		exit(EXIT_SRT);
	/* It costs something, so it needs something to enforce. */
	if (set->strict_reads) {
		if (guards_have(&policy->guards, GUARD_NOREAD_GLOB))
			policy->flags |= EXEC_STRICT_READS;
		else
			log_info("filesystem.strictReadGlobs has no effect: "
			    "filesystem.denyRead is empty");
	}
	if (bare_policy(opts, policy) == -1)
		exit(EXIT_SRT);
}

/* --ask, --ask-fd: who asks, and who saves what is answered. */
static int
asker_start(const struct options *opts, const struct settings *set,
    struct policy *policy)
{
	const struct fs_path	*p;
	char			*dir;
	int			 fd = opts->ask_fd, in_place;

	if (opts->ask && (fd = ask_tty_start(set->ask_timeout)) == -1)
		return -1;
	if (ask_open(fd) == -1)
		return -1;
	(void)close(fd);
	if (policy->saves.spelt == NULL)
		return 0;
	dir = policy->saves.path == NULL ? xstrdup("/") :
	    path_above(policy->saves.path);
	in_place = guards_have(&policy->guards, GUARD_WRITE_GLOB);
	TAILQ_FOREACH(p, &policy->paths, entry)
		if (p->kind == FS_WRITE && path_beneath(dir, p->path))
			in_place = 1;
	free(dir);
	if (keeper_start(&policy->saves, in_place) == -1)
		return -1;
	policy->keeper = 1;
	return 0;
}

/* -n, -nn */
static int
check(const struct options *opts, const struct settings *set,
    const struct policy *policy)
{
	const struct guard_entry *guard;
	const struct plan_op	*op;
	struct plan		*plan;
	size_t			 i;

	if (opts->check < 2)
		return 0;
	if (settings_dump(stdout, set) == -1) {
		log_warn("standard output");
		return EXIT_SRT;
	}
	settings_dump_origins(set);
	if ((plan = plan_new(&policy->paths, policy->flags)) == NULL)
		fatal("plan");
	/* As plan_print() does it, but for a terminal. */
	for (i = 0; i < plan->nops; i++) {
		op = &plan->ops[i];
		errors_write("%s %s\n", plan_kind_name(op->kind), op->path);
	}
	plan_free(plan);
	TAILQ_FOREACH(guard, &policy->guards.list, entry)
		errors_write("%s %s: %s\n", guard_kind_name(guard->kind),
		    guard->text, guard->rule);
	return 0;
}

/* Runs the command; or in its place true(1), for --check. */
static int
launch(const struct options *opts, struct policy *policy)
{
	const struct settings	*set = policy->settings;
	const struct front	*front;
	static struct listeners	 publish;
	int			 block = -1;

	if (backend_check(set) == -1)
		return EXIT_SRT;
	if (opts->machine) {
		run_start();
		(void)atexit(run_abort);
	}
	if ((policy->argv = words_command(opts, &policy->text)) == NULL)
		return EXIT_SRT;
	if ((front = front_open(set, policy->text)) == NULL)
		return EXIT_SRT;
	policy->env = env_new(environ, set, front);
	if (publish_open(set, &publish) == -1)
		return EXIT_SRT;
	policy->publish = &publish;
	if (asks(opts) && asker_start(opts, set, policy) == -1)
		return EXIT_SRT;
	if (learn_on() && learn_start() == -1)
		return EXIT_SRT;
	if (audit_open(set) == -1)
		return EXIT_SRT;
	if (!opts->quiet &&
	    (block = fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) == -1)
		fatal("standard error");
	return run(opts, policy, block, policy->json);
}

int
main(int argc, char *argv[])
{
	struct options	 opts;
	struct policy	 policy;
	struct settings	*set;
	const char	*why;
	char		*text;
	size_t		 len = 0;
	int		 runs;

	if (argc < 1)
		return EXIT_SRT;
	open_stdio();
	signals_init();
	options_parse(argc, argv, &opts);
	log_init("srt", opts.log_level);

	runs = opts.check == 0 && opts.nexplain == 0 && !opts.machine;
	if (runs && opts.string == NULL && opts.words[0] == NULL) {
		errors_write("Error: No command specified. Use -c <command> "
		    "or provide command arguments.\n");
		return EXIT_SRT;
	}
	if (opts.control_fd != -1 && control_open(opts.control_fd,
	    opts.control_ack) == -1)
		return EXIT_SRT;

	/* The roles load while the settings are read. */
	if (runs && backend_there()) {
		run_start();
		(void)atexit(run_abort);
	}
	if (learn_settings(&opts) == -1)
		return EXIT_SRT;
	if (opts.string == NULL)
		settings_command(opts.words);
	if (settings_policy() == -1 || settings_load(settings_path(&opts),
	    opts.settings != NULL, &set, &text, &len) == -1)
		return EXIT_SRT;
	learn_base(text, len);

	front_settings(set);
	if ((why = send_check(set)) != NULL) {
		errors_write("Error: %s\n", why);
		return EXIT_SRT;
	}
	policy_make(&opts, set, runs, &policy);
	if (opts.check != 0)
		return check(&opts, set, &policy);
	if (opts.nexplain != 0)
		return explain(&opts, &policy);
	if (opts.machine)
		return check_machine(&opts, &policy, launch);
	return launch(&opts, &policy);
}
