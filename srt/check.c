/* SPDX-License-Identifier: ISC */

/*
 * srt --check: what this machine and these settings can enforce.  Each
 * feature is tried by itself, so that a refusal has a name; what counts in
 * the end is a run of true(1) under the settings.
 */

#include "compat.h"

#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "check.h"
#include "../srt-exec/bare.h"
#include "../srt-exec/exec.h"

/* Of the last step so long may nothing be heard, seconds. */
#define RUN_SECONDS	30

/* And nothing of a feature's probe. */
#define PROBE_SECONDS	10

/* Of what it says so much is told. */
#define DETAIL_MAX	(PATH_MAX + 256)

static const enum role	 programs[] = { ROLE_PROXY, ROLE_EXEC, ROLE_MONITOR,
			    ROLE_TLS };

static void
print_line(const char *name, int ok, const char *needs, const char *detail)
{
	char	*line, *safe;

	(void)xasprintf(&line, "%s  %s  %s%s%s", ok ? "ok" : "missing", name,
	    needs, *detail == '\0' ? "" : "  ", detail);
	safe = errors_escape(line);
	(void)printf("%s\n", safe);
	free(safe);
	free(line);
}

/* The texts are ours, the kernel's or paths: made fit for JSON. */
static void
print_object(const char *name, int ok, const char *needs, const char *detail,
    int counts)
{
	char	*safe = errors_escape(detail);

	(void)fputs("{\"feature\": ", stdout);
	json_print(stdout, name);
	(void)fputs(", \"status\": ", stdout);
	json_print(stdout, ok ? "ok" : "missing");
	(void)fputs(", \"needs\": ", stdout);
	json_print(stdout, needs);
	(void)fputs(", \"detail\": ", stdout);
	json_print(stdout, safe);
	(void)printf(", \"required\": %s}\n", counts ? "true" : "false");
	free(safe);
}

/* Tells it; 1 if it is missing and that counts. */
static int
say(const struct options *opts, const char *name, int ok, const char *needs,
    const char *detail, int counts)
{
	if (opts->json)
		print_object(name, ok, needs, detail, counts);
	else
		print_line(name, ok, needs, detail);
	return !ok && counts;
}

/* The owner's own group is no other, as where everybody has one. */
static const char *
writable_by(const struct stat *st)
{
	if (st->st_uid != 0 && st->st_uid != geteuid() &&
	    !check_unmapped(st->st_uid))
		return "belongs to another user";
	/* In such a directory nobody renames what is not his. */
	if (S_ISDIR(st->st_mode) && (st->st_mode & S_ISVTX) != 0)
		return NULL;
	if ((st->st_mode & S_IWOTH) != 0)
		return "can be written by everybody";
	if ((st->st_mode & S_IWGRP) != 0 && st->st_gid != 0 &&
	    st->st_gid != getegid())
		return "can be written by its group";
	return NULL;
}

/* Is the program there, and nobody else's to replace?  -1 with the detail. */
static int
program_check(enum role role, char *detail, size_t size)
{
	struct stat	 st;
	const char	*fault;
	char		 path[PATH_MAX], *real = NULL, *slash;
	int		 ret = 0;

	*path = '\0';
	if (proc_path(role, path, sizeof(path)) == -1 ||
	    (real = realpath(path, NULL)) == NULL ||
	    access(real, X_OK) == -1) {
		(void)snprintf(detail, size, "%s: %s: install srt completely",
		    path, strerror(errno));
		free(real);
		return -1;
	}
	(void)strlcpy(detail, real, size);
	for (;;) {
		fault = stat(real, &st) == -1 ? "cannot be looked at" :
		    writable_by(&st);
		if (fault != NULL) {
			(void)snprintf(detail, size, "%s %s: install srt "
			    "where only root or you can write", *real == '\0' ?
			    "/" : real, fault);
			ret = -1;
			break;
		}
		if (strcmp(real, "/") == 0)
			break;
		slash = strrchr(real, '/');
		slash[slash == real ? 1 : 0] = '\0';
	}
	free(real);
	return ret;
}

static uint64_t
now_ms(void)
{
	struct timespec	 ts;

	if (clock_gettime(CLOCK_MONOTONIC, &ts) == -1)
		fatal("clock_gettime");
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

/* The last line that is worth telling: without our own name before it. */
static void
last_line(char *text)
{
	char	*line, *end;

	for (end = text + strlen(text); end > text && end[-1] == '\n'; end--)
		end[-1] = '\0';
	if ((line = strrchr(text, '\n')) != NULL)
		memmove(text, line + 1, strlen(line + 1) + 1);
	if (strncmp(text, "srt: ", 5) == 0)
		memmove(text, text + 5, strlen(text + 5) + 1);
}

/* Takes what is said until that ends; 0 if it took too many seconds. */
static int
hear(int fd, int seconds, char *text, size_t size)
{
	struct pollfd	 pfd = { .fd = fd, .events = POLLIN };
	uint64_t	 end = now_ms() + (uint64_t)seconds * 1000, now;
	char		 buf[512];
	size_t		 len = 0, keep;
	ssize_t		 n;

	while ((now = now_ms()) < end) {
		if (poll(&pfd, 1, (int)(end - now)) <= 0)
			continue;
		if ((n = read(fd, buf, sizeof(buf))) == 0)
			return 1;
		if (n < 0) {
			if (errno != EINTR)
				return 1;
			continue;
		}
		/* The end is what counts. */
		if ((size_t)n > size - 1 - len) {
			keep = size / 2;
			memmove(text, text + len - keep, keep);
			len = keep;
		}
		memcpy(text + len, buf, (size_t)n);
		len += (size_t)n;
		text[len] = '\0';
	}
	return 0;
}

__dead void
probe_do(const struct feature *f, const struct policy *policy, int out)
{
	struct probe	 p = { .policy = policy };
	int		 rc;

	if ((rc = f->probe(&p)) == -1)
		(void)strlcpy(p.detail, why_text(), sizeof(p.detail));
	if (write(out, p.detail, strlen(p.detail)) == -1)
		_exit(1);
	_exit(rc == 0 ? 0 : 2);
}

/* Waits for a child that has ended, or is about to. */
static int
wait_for(pid_t pid)
{
	int	 status;

	while (waitpid(pid, &status, 0) == -1)
		if (errno != EINTR)
			fatal("waitpid");
	return status;
}

void
probe_end(pid_t pid)
{
	(void)kill(pid, SIGKILL);
	(void)wait_for(pid);
}

int
probe_await(pid_t pid, int fd, char *detail, size_t size)
{
	int	 status;

	*detail = '\0';
	if (!hear(fd, PROBE_SECONDS, detail, size)) {
		probe_end(pid);
		(void)snprintf(detail, size, "it did not end in %d seconds",
		    PROBE_SECONDS);
		return -1;
	}
	status = wait_for(pid);
	if (WIFEXITED(status) && (WEXITSTATUS(status) == 0 ||
	    WEXITSTATUS(status) == 2))
		return WEXITSTATUS(status) == 0 ? 0 : -1;
	(void)strlcpy(detail, "it was killed", size);
	return -1;
}

/* A real run of true(1), whose standard error is ours to read. */
static __dead void
run_true(const struct options *opts, struct policy *policy, int fd,
    check_run_fn launch)
{
	static char	 name[] = "true";
	static char	*words[] = { name, NULL };
	struct options	 own = *opts;
	int		 null;

	own.words = words;
	own.string = own.shell = own.violations = NULL;
	own.control_fd = own.control_ack = own.ask_fd = -1;
	own.ask = 0;
	own.quiet = 1;
	if ((null = open("/dev/null", O_RDWR | O_CLOEXEC)) == -1 ||
	    dup2(null, STDIN_FILENO) == -1 ||
	    dup2(null, STDOUT_FILENO) == -1 ||
	    dup2(fd, STDERR_FILENO) == -1)
		_exit(EXIT_SRT);
	(void)close(fd);
	exit(launch(&own, policy));
}

static int
run_check(const struct options *opts, struct policy *policy,
    check_run_fn launch, char *detail, size_t size)
{
	pid_t	 pid;
	int	 pair[2], status, ended;

	*detail = '\0';
	if (fflush(stdout) != 0 || pipe2(pair, O_CLOEXEC) == -1 ||
	    (pid = fork()) == -1)
		fatal("cannot start a run");
	if (pid == 0) {
		(void)close(pair[0]);
		run_true(opts, policy, pair[1], launch);
		/* NOTREACHED */
	}
	(void)close(pair[1]);
	if (!(ended = hear(pair[0], RUN_SECONDS, detail, size)))
		(void)kill(pid, SIGKILL);
	(void)close(pair[0]);
	status = wait_for(pid);
	last_line(detail);
	if (!ended) {
		(void)snprintf(detail, size, "it did not end in %d seconds",
		    RUN_SECONDS);
		return -1;
	}
	if (!WIFEXITED(status)) {
		(void)snprintf(detail, size, "it was killed by signal %d",
		    WTERMSIG(status));
		return -1;
	}
	switch (WEXITSTATUS(status)) {
	case 0:
		*detail = '\0';
		return 0;
	case EXIT_NOTEXECUTABLE:
	case EXIT_NOTFOUND:
		/* The sandbox stood; these settings hide the program. */
		(void)strlcpy(detail, "true(1) cannot be executed in it",
		    size);
		return 0;
	}
	if (*detail == '\0')
		(void)snprintf(detail, size, "it ended with status %d",
		    WEXITSTATUS(status));
	return -1;
}

/* What mode "landlock" cannot do, wherever it runs. */
static void
print_limits(const struct options *opts)
{
	size_t	 i;

	for (i = 0; bare_limits[i] != NULL; i++) {
		if (!opts->json) {
			(void)printf("less  mode  %s\n", bare_limits[i]);
			continue;
		}
		(void)fputs("{\"feature\": \"mode\", \"status\": \"less\", "
		    "\"needs\": \"\", \"detail\": ", stdout);
		json_print(stdout, bare_limits[i]);
		(void)puts(", \"required\": false}");
	}
}

/*
 * A run that the policy has in namespaces shows that there are some: srt-exec
 * may make them where srt may not.  The first features are tried in the
 * namespace that all others are beneath; if there is nothing to be done in
 * that one, the others say nothing.
 */
static int
shown_by_run(const struct feature *f, int *none)
{
	if (f->clone != 0 && f->clone == check_features[0].clone)
		*none = 1;
	return *none && f->clone != 0;
}

int
check_machine(const struct options *opts, struct policy *policy,
    check_run_fn launch)
{
	const struct feature	*f;
	char			 detail[DETAIL_MAX], run_detail[DETAIL_MAX];
	size_t			 i;
	int			 ok, counts, missing = 0, none = 0, ran;

	ran = run_check(opts, policy, launch, run_detail,
	    sizeof(run_detail)) == 0;

	for (i = 0; i < nitems(programs); i++) {
		ok = program_check(programs[i], detail, sizeof(detail)) == 0;
		missing |= say(opts, role_name(programs[i]), ok,
		    "a program that no other user can write", detail, 1);
	}
	for (i = 0; i < check_nfeatures; i++) {
		f = &check_features[i];
		ok = check_probe(f, policy, detail, sizeof(detail)) == 0;
		counts = f->spare == NULL || !f->spare(policy);
		if (!ok && ran && counts && f->spare != NULL &&
		    shown_by_run(f, &none)) {
			ok = 1;
			(void)strlcat(detail, "; for srt-exec alone",
			    sizeof(detail));
		}
		if (!ok && !counts)
			(void)strlcat(detail, "; these settings do not need "
			    "it", sizeof(detail));
		missing |= say(opts, f->name, ok, f->needs, detail, counts);
	}
	if ((policy->flags & EXEC_LANDLOCK) != 0)
		print_limits(opts);
	missing |= say(opts, "run", ran, "true(1) under these settings",
	    run_detail, 1);
	if (fflush(stdout) != 0 || ferror(stdout)) {
		log_warn("standard output");
		return EXIT_SRT;
	}
	return missing;
}
