/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "parent.h"

#define STR(n)		#n
#define XSTR(n)		STR(n)
#define HTTP_HOST	"localhost:" XSTR(SANDBOX_HTTP_PORT)
#define HTTP_URL	"http://" HTTP_HOST
#define SOCKS_URL	"socks5h://localhost:" XSTR(SANDBOX_SOCKS_PORT)
/* Only what is really local: everything else goes through the proxy. */
#define NO_PROXY	"localhost,127.0.0.1,::1"

static const struct {
	const char	*name;
	const char	*value;
} env_table[] = {
	{ "SANDBOX_RUNTIME",		"1" },
	{ "NO_PROXY",			NO_PROXY },
	{ "no_proxy",			NO_PROXY },
	{ "HTTP_PROXY",			HTTP_URL },
	{ "HTTPS_PROXY",		HTTP_URL },
	{ "http_proxy",			HTTP_URL },
	{ "https_proxy",		HTTP_URL },
	{ "ALL_PROXY",			HTTP_URL },
	{ "all_proxy",			HTTP_URL },
	{ "GRPC_PROXY",			HTTP_URL },
	{ "grpc_proxy",			HTTP_URL },
	{ "FTP_PROXY",			SOCKS_URL },
	{ "ftp_proxy",			SOCKS_URL },
	{ "RSYNC_PROXY",		HTTP_HOST },
	{ "DOCKER_HTTP_PROXY",		HTTP_URL },
	{ "DOCKER_HTTPS_PROXY",		HTTP_URL },
	{ "CLOUDSDK_PROXY_TYPE",	"http" },
	{ "CLOUDSDK_PROXY_ADDRESS",	"localhost" },
	{ "CLOUDSDK_PROXY_PORT",	XSTR(SANDBOX_HTTP_PORT) }
};

/* Of these directories the first that is set. */
static const char *const env_tmpdirs[] = {
	"CLAUDE_CODE_TMPDIR", "CLAUDE_TMPDIR"
};

static const char	*env_get(char *const *, const char *);
static int		 env_ours(const char *, const struct settings *);

/* The value of a variable of the vector, or NULL. */
static const char *
env_get(char *const *env, const char *name)
{
	size_t	 len = strlen(name);

	for (; *env != NULL; env++)
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return *env + len + 1;
	return NULL;
}

/* Is it a variable that srt sets? */
static int
env_ours(const char *entry, const struct settings *settings)
{
	size_t	 i, len = strcspn(entry, "=");

	for (i = 0; i < nitems(env_table); i++)
		if (strncmp(env_table[i].name, entry, len) == 0 &&
		    env_table[i].name[len] == '\0')
			return 1;
	return !settings->fs_disabled && len == strlen("TMPDIR") &&
	    strncmp(entry, "TMPDIR", len) == 0;
}

static const char *
env_tmpdir(char *const *env)
{
	const char	*dir;
	size_t		 i;

	for (i = 0; i < nitems(env_tmpdirs); i++)
		if ((dir = env_get(env, env_tmpdirs[i])) != NULL &&
		    *dir != '\0')
			return dir;
	return SANDBOX_TMPDIR;
}

char **
env_new(char *const *caller, const struct settings *settings)
{
	char	**env;
	size_t	  i, n = 0, ncaller;

	for (ncaller = 0; caller[ncaller] != NULL; ncaller++)
		continue;
	env = xcalloc(ncaller + nitems(env_table) + 2, sizeof(*env));
	for (i = 0; i < nitems(env_table); i++)
		(void)xasprintf(&env[n++], "%s=%s", env_table[i].name,
		    env_table[i].value);
	if (!settings->fs_disabled)
		(void)xasprintf(&env[n++], "TMPDIR=%s", env_tmpdir(caller));
	/* The rest of the caller's environment as it is. */
	for (i = 0; i < ncaller; i++)
		if (!env_ours(caller[i], settings))
			env[n++] = xstrdup(caller[i]);
	return env;
}
