/* SPDX-License-Identifier: ISC */

/* The command's environment (COMPAT 15). */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "../../srt/parent.h"

/* Name and value of every variable that srt sets. */
static const char *const ours[][2] = {
	{ "SANDBOX_RUNTIME", "1" },
	{ "TMPDIR", SANDBOX_TMPDIR },
	{ "NO_PROXY", "localhost,127.0.0.1,::1" },
	{ "no_proxy", "localhost,127.0.0.1,::1" },
	{ "HTTP_PROXY", "http://localhost:3128" },
	{ "HTTPS_PROXY", "http://localhost:3128" },
	{ "http_proxy", "http://localhost:3128" },
	{ "https_proxy", "http://localhost:3128" },
	{ "ALL_PROXY", "http://localhost:3128" },
	{ "all_proxy", "http://localhost:3128" },
	{ "GRPC_PROXY", "http://localhost:3128" },
	{ "grpc_proxy", "http://localhost:3128" },
	{ "FTP_PROXY", "socks5h://localhost:1080" },
	{ "ftp_proxy", "socks5h://localhost:1080" },
	{ "RSYNC_PROXY", "localhost:3128" },
	{ "DOCKER_HTTP_PROXY", "http://localhost:3128" },
	{ "DOCKER_HTTPS_PROXY", "http://localhost:3128" },
	{ "CLOUDSDK_PROXY_TYPE", "http" },
	{ "CLOUDSDK_PROXY_ADDRESS", "localhost" },
	{ "CLOUDSDK_PROXY_PORT", "3128" }
};

static const struct front	 inside = {
	.http_port = SANDBOX_HTTP_PORT, .socks_port = SANDBOX_SOCKS_PORT,
	.tmpdir = SANDBOX_TMPDIR
};

/* The reference sets these; srt leaves the caller's alone. */
static const char *const theirs[] = {
	"GIT_SSH_COMMAND=ssh -v", "GIT_CONFIG_PARAMETERS='a=b'",
	"JAVA_TOOL_OPTIONS=-Dx", "NODE_EXTRA_CA_CERTS=/ca", "HTTP_PROXYX=1",
	"HTTP_PROX=1", "TMPDIRS=/x", "A=", "=B", "C", "", "Http_Proxy=x",
	"X=HTTP_PROXY=1"
};

static size_t
count(char *const *env, const char *name)
{
	size_t	 n = 0, len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			n++;
	return n;
}

static const char *
value(char *const *env, const char *name)
{
	size_t	 len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return "(none)";
}

static void
env_free(char **env)
{
	size_t	 i;

	for (i = 0; env[i] != NULL; i++)
		free(env[i]);
	free(env);
}

static void
test_table(void **state)
{
	struct settings	 set;
	char		*none[] = { NULL }, **env;
	size_t		 i;

	(void)state;
	memset(&set, 0, sizeof(set));
	env = env_new(none, &set, &inside);
	for (i = 0; i < nitems(ours); i++)
		assert_string_equal(value(env, ours[i][0]), ours[i][1]);
	for (i = 0; env[i] != NULL; i++)
		continue;
	assert_int_equal(i, nitems(ours));
	env_free(env);
}

/* Whatever the caller has there, once or twice. */
static void
test_override(void **state)
{
	struct settings	 set;
	char		*caller[2 * nitems(ours) + 1], **env;
	size_t		 i;

	(void)state;
	memset(&set, 0, sizeof(set));
	for (i = 0; i < 2 * nitems(ours); i++)
		(void)xasprintf(&caller[i], "%s=http://corp:8080",
		    ours[i / 2][0]);
	caller[i] = NULL;
	env = env_new(caller, &set, &inside);
	for (i = 0; i < nitems(ours); i++) {
		assert_int_equal(count(env, ours[i][0]), 1);
		assert_string_equal(value(env, ours[i][0]), ours[i][1]);
	}
	env_free(env);
	env_free(memcpy(xcalloc(nitems(caller), sizeof(*caller)), caller,
	    sizeof(caller)));
}

static void
test_keep(void **state)
{
	struct settings	 set;
	char		*caller[nitems(theirs) + 1], **env;
	size_t		 i;

	(void)state;
	memset(&set, 0, sizeof(set));
	for (i = 0; i < nitems(theirs); i++)
		caller[i] = (char *)(uintptr_t)theirs[i];
	caller[i] = NULL;
	env = env_new(caller, &set, &inside);
	/* In order, before srt's own. */
	for (i = 0; i < nitems(theirs); i++)
		assert_string_equal(env[i], theirs[i]);
	for (; i < nitems(theirs) + nitems(ours); i++)
		assert_non_null(env[i]);
	assert_null(env[i]);
	env_free(env);
}

static void
tmpdir(const char *a, const char *b, const char *want)
{
	struct settings	 set;
	char		*caller[] = {
		(char *)(uintptr_t)a, (char *)(uintptr_t)b, NULL
	};
	char		**env;

	memset(&set, 0, sizeof(set));
	env = env_new(caller, &set, &inside);
	assert_string_equal(value(env, "TMPDIR"), want);
	env_free(env);
	/* The caller's stays where the file system is left alone. */
	set.fs_disabled = 1;
	env = env_new(caller, &set, &inside);
	assert_string_equal(value(env, "TMPDIR"),
	    strncmp(a, "TMPDIR=", 7) == 0 ? a + 7 : "(none)");
	env_free(env);
}

static void
test_tmpdir(void **state)
{
	(void)state;
	tmpdir("TMPDIR=/caller", "X=", SANDBOX_TMPDIR);
	tmpdir("CLAUDE_TMPDIR=/c", "X=", "/c");
	tmpdir("CLAUDE_TMPDIR=/c", "CLAUDE_CODE_TMPDIR=/cc", "/cc");
	tmpdir("CLAUDE_TMPDIR=/c", "CLAUDE_CODE_TMPDIR=", "/c");
	tmpdir("CLAUDE_TMPDIR=", "CLAUDE_CODE_TMPDIR=", SANDBOX_TMPDIR);
}

/* On macOS: other ports, and what they demand. */
static void
test_token(void **state)
{
	static const struct front	 local = {
		.http_port = 40001, .socks_port = 40002,
		.http_token = "00112233445566778899aabbccddeeff",
		.socks_token = "00112233445566778899aabbccddeeff",
		.tmpdir = "/tmp/claude"
	};
	static const char *const	 want[][2] = {
		{ "HTTPS_PROXY", "http://srt:00112233445566778899aabbccddeeff"
		    "@localhost:40001" },
		{ "all_proxy", "http://srt:00112233445566778899aabbccddeeff"
		    "@localhost:40001" },
		{ "ftp_proxy", "socks5h://srt:00112233445566778899aabbccddeeff"
		    "@localhost:40002" },
		{ "RSYNC_PROXY", "srt:00112233445566778899aabbccddeeff"
		    "@localhost:40001" },
		{ "TMPDIR", "/tmp/claude" },
		{ "CLOUDSDK_PROXY_PORT", "40001" },
		{ "CLOUDSDK_PROXY_USERNAME", "srt" },
		{ "CLOUDSDK_PROXY_PASSWORD",
		    "00112233445566778899aabbccddeeff" },
		{ "GIT_CONFIG_PARAMETERS", "'http.proxyAuthMethod=basic'" },
		{ "GIT_SSH_COMMAND", "ssh -o ControlMaster=no "
		    "-o ControlPath=none -o ProxyCommand=\"/bin/sh -c 'eval "
		    "\\\"\\${SRT_SSH_PROXY_COMMAND:?unset, but "
		    "GIT_SSH_COMMAND needs it}\\\"' sh '%h' %p\"" }
	};
	struct front	 external = local;
	struct settings	 set;
	char		*caller[] = {
		(char *)(uintptr_t)"GIT_SSH_COMMAND=ssh -v", NULL
	};
	char		**env;
	size_t		 i;

	(void)state;
	memset(&set, 0, sizeof(set));
	env = env_new(caller, &set, &local);
	for (i = 0; i < nitems(want); i++) {
		assert_int_equal(count(env, want[i][0]), 1);
		assert_string_equal(value(env, want[i][0]), want[i][1]);
	}
	assert_non_null(strstr(value(env, "SRT_SSH_PROXY_COMMAND"),
	    "Basic %s\\r\\n\\r\\n' 'c3J0OjAwMTEyMjMzNDQ1NTY2Nzc4ODk5YWFiYm"
	    "NjZGRlZWZm'\n"));
	assert_non_null(strstr(value(env, "SRT_SSH_PROXY_COMMAND"),
	    "nc 127.0.0.1 40001 "));
	env_free(env);
	/* A proxy of the user's own knows nothing of it. */
	external.http_token = NULL;
	env = env_new(caller, &set, &external);
	assert_string_equal(value(env, "HTTP_PROXY"),
	    "http://localhost:40001");
	assert_string_equal(value(env, "GIT_SSH_COMMAND"), "ssh -v");
	assert_string_equal(value(env, "SRT_SSH_PROXY_COMMAND"), "(none)");
	assert_string_equal(value(env, "CLOUDSDK_PROXY_PASSWORD"), "(none)");
	assert_non_null(strstr(value(env, "FTP_PROXY"), external.socks_token));
	env_free(env);
}

/* Quadratic, this would take minutes. */
static void
test_huge(void **state)
{
	struct settings	 set;
	char		**caller, **env;
	size_t		  i, n = 200000;
	clock_t		  before;

	(void)state;
	memset(&set, 0, sizeof(set));
	caller = xcalloc(n + 1, sizeof(*caller));
	for (i = 0; i < n; i++)
		(void)xasprintf(&caller[i], "VARIABLE_%zu=%zu", i, i);
	before = clock();
	env = env_new(caller, &set, &inside);
	assert_true(clock() - before < 5 * CLOCKS_PER_SEC);
	for (i = 0; env[i] != NULL; i++)
		continue;
	assert_int_equal(i, n + nitems(ours));
	env_free(env);
	env_free(caller);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_table),
		cmocka_unit_test(test_override),
		cmocka_unit_test(test_keep),
		cmocka_unit_test(test_tmpdir),
		cmocka_unit_test(test_token),
		cmocka_unit_test(test_huge)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
