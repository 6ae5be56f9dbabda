/* SPDX-License-Identifier: ISC */

/*
 * Who may have written the administrator's policy.  The test has a file
 * system of its own, where it is root: a tmpfs that it has changed its root
 * to.
 */

#include "compat.h"

#include <sys/mount.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt/srt.h"

#define DIR		"/etc/srt"
#define GOOD		"{\"network\":{\"deniedDomains\":[\"bad.com\"]}}"
#define EMPTY \
	"{\"network\":{\"allowedDomains\":[],\"deniedDomains\":[]}," \
	"\"filesystem\":{\"denyRead\":[],\"allowWrite\":[],\"denyWrite\":[]}}"

static int	 outside;	/* could it be set up? */
static int	 others;	/* are there other users? */

static void
put(const char *path, const char *text)
{
	int	 fd;

	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	assert_int_not_equal(fd, -1);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	assert_int_equal(close(fd), 0);
}

static int
map(const char *path, unsigned int id)
{
	char	 text[64];
	int	 fd, n;

	if ((fd = open(path, O_WRONLY)) == -1)
		return -1;
	n = snprintf(text, sizeof(text), "0 %u 1\n", id);
	if (write(fd, text, (size_t)n) != n) {
		(void)close(fd);
		return -1;
	}
	return close(fd);
}

static int
enter(void)
{
	unsigned int	 uid = getuid(), gid = getgid();
	int		 fd;

	if (uid != 0) {
		if (unshare(CLONE_NEWUSER) == -1)
			return -1;
		if ((fd = open("/proc/self/setgroups", O_WRONLY)) != -1) {
			if (write(fd, "deny", 4) != 4)
				return -1;
			(void)close(fd);
		}
		if (map("/proc/self/uid_map", uid) == -1 ||
		    map("/proc/self/gid_map", gid) == -1)
			return -1;
	}
	if (unshare(CLONE_NEWNS) == -1 ||
	    mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == -1 ||
	    mount("test", "/tmp", "tmpfs", 0, "mode=755") == -1 ||
	    chroot("/tmp") == -1 || chdir("/") == -1)
		return -1;
	others = uid == 0;
	return 0;
}

static int
set_up(void **state)
{
	(void)state;
	if (!outside)
		return 0;
	(void)umask(022);
	if (mkdir("/etc", 0755) == -1 || mkdir(DIR, 0755) == -1)
		return -1;
	put(DIR "/policy.json", GOOD);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	admin_forget();
	/* A shell's worth of work: every name that a test makes. */
	(void)unlink(DIR "/policy.json");
	(void)rmdir(DIR "/policy.json");
	(void)unlink(DIR "/policy.d/10.json");
	(void)unlink(DIR "/policy.d/9.json");
	(void)unlink(DIR "/policy.d/.hidden.json");
	(void)unlink(DIR "/policy.d/note.txt");
	(void)unlink(DIR "/policy.d");
	(void)rmdir(DIR "/policy.d");
	(void)unlink(DIR);
	(void)rmdir(DIR);
	(void)rmdir("/etc/there");
	(void)unlink("/etc/there");
	(void)rmdir("/etc");
	return 0;
}

/* cmocka's own skip() counts as a failure for prove(1). */
static int
untried(const char *what)
{
	print_message("# not tried: %s\n", what);
	return 1;
}

static int
needless(void)
{
	return outside ? 0 : untried("no namespace to be root in");
}

/* What standard error holds after the call, and what that returned. */
static int
load(char *said, size_t size)
{
	ssize_t	 n;
	int	 fd, keep, ret;

	fd = open("/said", O_RDWR | O_CREAT | O_TRUNC, 0600);
	assert_int_not_equal(fd, -1);
	assert_int_not_equal(keep = dup(STDERR_FILENO), -1);
	assert_int_not_equal(dup2(fd, STDERR_FILENO), -1);
	ret = admin_load(DIR);
	assert_int_not_equal(dup2(keep, STDERR_FILENO), -1);
	(void)close(keep);
	n = pread(fd, said, size - 1, 0);
	assert_true(n >= 0);
	said[n] = '\0';
	(void)close(fd);
	return ret;
}

static size_t
denials(void)
{
	struct settings	*s;
	struct errors	 errs;
	size_t		 n;

	errors_init(&errs);
	assert_int_equal(settings_parse("user", EMPTY, strlen(EMPTY), &s,
	    &errs), 0);
	n = s->denied_domains.n;
	settings_free(s);
	errors_free(&errs);
	return n;
}

static void
accepted(size_t n)
{
	char	 said[2000];

	assert_int_equal(load(said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_int_equal(denials(), n);
}

static void
refused(const char *path, const char *why)
{
	char	 said[2000];

	assert_int_equal(load(said, sizeof(said)), -1);
	if (strstr(said, path) == NULL || strstr(said, why) == NULL ||
	    strstr(said, "Refusing to run without") == NULL) {
		print_error("%s", said);
		fail();
	}
}

static void
test_absent(void **state)
{
	(void)state;
	if (needless())
		return;
	accepted(1);
	assert_int_equal(unlink(DIR "/policy.json"), 0);
	accepted(0);
	assert_int_equal(rmdir(DIR), 0);
	accepted(0);
	/* It is nobody's matter then who may write what is above. */
	assert_int_equal(chmod("/etc", 0777), 0);
	accepted(0);
	assert_int_equal(rmdir("/etc"), 0);
	accepted(0);
}

static void
test_order(void **state)
{
	struct settings	*s;
	struct errors	 errs;
	char		 said[2000];

	(void)state;
	if (needless())
		return;
	assert_int_equal(mkdir(DIR "/policy.d", 0755), 0);
	put(DIR "/policy.json", "{\"network\":{\"askTimeoutSeconds\":1}}");
	put(DIR "/policy.d/10.json", "{\"network\":{\"askTimeoutSeconds\":2,"
	    "\"deniedDomains\":[\"a.com\"]}}");
	put(DIR "/policy.d/9.json", "{\"network\":{\"askTimeoutSeconds\":3,"
	    "\"deniedDomains\":[\"b.com\"]}}");
	put(DIR "/policy.d/.hidden.json", "{");
	put(DIR "/policy.d/note.txt", "{");
	assert_int_equal(load(said, sizeof(said)), 0);
	assert_string_equal(said, "");
	errors_init(&errs);
	assert_int_equal(settings_parse("user", EMPTY, strlen(EMPTY), &s,
	    &errs), 0);
	assert_int_equal(s->ask_timeout, 3);
	assert_int_equal(s->denied_domains.n, 2);
	assert_string_equal(s->denied_domains.v[0].text, "a.com");
	assert_string_equal(s->denied_domains.v[0].file,
	    DIR "/policy.d/10.json");
	assert_string_equal(s->denied_domains.v[1].text, "b.com");
	settings_free(s);
	errors_free(&errs);
}

static void
test_modes(void **state)
{
	static const struct {
		const char	*path;
		mode_t		 mode;
		int		 good;
	} cases[] = {
		{ DIR "/policy.json", 0600, 1 },
		{ DIR "/policy.json", 0664, 0 },
		{ DIR "/policy.json", 0646, 0 },
		{ DIR "/policy.json", 0644, 1 },
		{ DIR, 0775, 0 }, { DIR, 0757, 0 }, { DIR, 01777, 0 },
		{ DIR, 0755, 1 }, { DIR "/policy.d", 01777, 0 },
		{ DIR "/policy.d", 0775, 0 }, { DIR "/policy.d", 0700, 1 },
		{ "/etc", 0777, 0 }, { "/etc", 0775, 0 }, { "/etc", 01777, 1 },
		{ "/etc", 0755, 1 }, { "/", 0777, 0 }, { "/", 0755, 1 },
		{ DIR "/policy.d/10.json", 0666, 0 },
		{ DIR "/policy.d/10.json", 0644, 1 }
	};
	size_t	 i;

	(void)state;
	if (needless())
		return;
	assert_int_equal(mkdir(DIR "/policy.d", 0755), 0);
	put(DIR "/policy.d/10.json", GOOD);
	for (i = 0; i < nitems(cases); i++) {
		assert_int_equal(chmod(cases[i].path, cases[i].mode), 0);
		if (cases[i].good)
			accepted(2);
		else
			refused(cases[i].path, "chmod go-w");
	}
}

static void
test_owners(void **state)
{
	static const char *const	 paths[] = {
		DIR "/policy.json", DIR, "/etc", "/", DIR "/policy.d",
		DIR "/policy.d/10.json"
	};
	size_t				 i;

	(void)state;
	if (needless() || (!others && untried("files of others need root")))
		return;
	assert_int_equal(mkdir(DIR "/policy.d", 0755), 0);
	put(DIR "/policy.d/10.json", GOOD);
	for (i = 0; i < nitems(paths); i++) {
		assert_int_equal(chown(paths[i], 1000, 0), 0);
		refused(paths[i], "chown root");
		/* Root's namespace has a root: this is somebody. */
		assert_int_equal(chown(paths[i], 65534, 0), 0);
		refused(paths[i], "chown root");
		assert_int_equal(chown(paths[i], 0, 1000), 0);
		accepted(2);
	}
}

static void
test_links(void **state)
{
	(void)state;
	if (needless())
		return;
	assert_int_equal(rename(DIR "/policy.json", "/etc/there"), 0);
	assert_int_equal(symlink("../there", DIR "/policy.json"), 0);
	refused(DIR "/policy.json", "it is a link");
	/* To nothing, too: it could come to be. */
	assert_int_equal(unlink("/etc/there"), 0);
	refused(DIR "/policy.json", "it is a link");
	assert_int_equal(unlink(DIR "/policy.json"), 0);

	assert_int_equal(symlink("/etc/there", DIR "/policy.d"), 0);
	refused(DIR "/policy.d", "link");
	assert_int_equal(unlink(DIR "/policy.d"), 0);

	assert_int_equal(rename(DIR, "/etc/there"), 0);
	assert_int_equal(symlink("there", DIR), 0);
	refused(DIR, "link");
}

static void
test_kinds(void **state)
{
	(void)state;
	if (needless())
		return;
	put(DIR "/policy.d", "");
	refused(DIR "/policy.d", "no directory");
	assert_int_equal(unlink(DIR "/policy.d"), 0);
	assert_int_equal(unlink(DIR "/policy.json"), 0);
	assert_int_equal(mkfifo(DIR "/policy.json", 0644), 0);
	refused(DIR "/policy.json", "it is no file");
	assert_int_equal(unlink(DIR "/policy.json"), 0);
	assert_int_equal(mkdir(DIR "/policy.json", 0755), 0);
	refused(DIR "/policy.json", "it is no file");
}

static void
test_texts(void **state)
{
	static const char *const	 bad[] = {
		"", "{", "[]", "{\"netwrk\":{}}", "{\"commands\":{}}",
		"{\"network\":{\"allowedDomains\":[\"*\"]}}",
		"{\"network\":{\"tlsTerminate\":{}}}",
		"{\"locked\":[\"x\"]}",
		"{\"audit\":{\"to\":\"none\"},\"requireAudit\":true}"
	};
	size_t				 i;

	(void)state;
	if (needless())
		return;
	for (i = 0; i < nitems(bad); i++) {
		put(DIR "/policy.json", bad[i]);
		refused(i == nitems(bad) - 1 ? DIR : DIR "/policy.json", "");
	}
	put(DIR "/policy.json", "{}");
	accepted(0);
}

/* What srt itself calls: the place is compiled in. */
static void
test_place(void **state)
{
	(void)state;
	if (needless() || (strcmp(SRT_SYSCONFDIR, DIR) != 0 &&
	    untried("the policy is kept elsewhere")))
		return;
	assert_int_equal(mkdir("/etc/there", 0755), 0);
	assert_int_equal(setenv("SRT_SYSCONFDIR", "/etc/there", 1), 0);
	assert_int_equal(setenv("SRT_POLICY", "/etc/there", 1), 0);
	assert_int_equal(setenv("XDG_CONFIG_HOME", "/etc/there", 1), 0);
	assert_int_equal(setenv("HOME", "/etc/there", 1), 0);
	assert_int_equal(settings_policy(), 0);
	assert_int_equal(denials(), 1);
}

int
main(void)
{
	static const struct CMUnitTest	 tests[] = {
		cmocka_unit_test_setup_teardown(test_absent, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_place, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_order, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_modes, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_owners, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_links, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_kinds, set_up,
		    tear_down),
		cmocka_unit_test_setup_teardown(test_texts, set_up,
		    tear_down)
	};
	int				 status;

	outside = enter() == 0;
	if (!outside)
		print_message("no namespace to be root in: %s\n",
		    strerror(errno));
	status = cmocka_run_group_tests(tests, NULL, NULL);
	/* There is no /proc here for a sanitizer to look at the end. */
	(void)fflush(NULL);
	_exit(status);
}
