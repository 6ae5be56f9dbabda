/* SPDX-License-Identifier: ISC */

/*
 * The command's environment.  What the caller has goes through "env" of the
 * settings: clear and keep, then unset, then set; git's safe directories are
 * added to what is left; and srt's own variables come last, as they describe
 * the sandbox and nothing else may.
 */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base64.h"
#include "parent.h"

/* Only what is really local: everything else goes through the proxy. */
#define NO_PROXY	"localhost,127.0.0.1,::1"

/* More directories than these become all. */
#define SAFE_MAX	8
/* Entries of git's that the caller may have; git itself takes INT_MAX. */
#define GIT_COUNT_MAX	100000

/* What a variable says; some say nothing where no token is demanded. */
enum env_value {
	VALUE_ONE,
	VALUE_NO_PROXY,
	VALUE_HTTP,		/* URL */
	VALUE_SOCKS,
	VALUE_PLACE,		/* host and port, or with user and password */
	VALUE_TYPE,
	VALUE_HOST,
	VALUE_PORT,
	VALUE_USER,
	VALUE_TOKEN,
	VALUE_GIT,
	VALUE_SSH,
	VALUE_SSH_SCRIPT,
	VALUE_MAX
};

static const struct {
	const char	*name;
	enum env_value	 value;
} env_table[] = {
	{ "SANDBOX_RUNTIME",		VALUE_ONE },
	{ "NO_PROXY",			VALUE_NO_PROXY },
	{ "no_proxy",			VALUE_NO_PROXY },
	{ "HTTP_PROXY",			VALUE_HTTP },
	{ "HTTPS_PROXY",		VALUE_HTTP },
	{ "http_proxy",			VALUE_HTTP },
	{ "https_proxy",		VALUE_HTTP },
	{ "ALL_PROXY",			VALUE_HTTP },
	{ "all_proxy",			VALUE_HTTP },
	{ "GRPC_PROXY",			VALUE_HTTP },
	{ "grpc_proxy",			VALUE_HTTP },
	{ "FTP_PROXY",			VALUE_SOCKS },
	{ "ftp_proxy",			VALUE_SOCKS },
	{ "RSYNC_PROXY",		VALUE_PLACE },
	{ "DOCKER_HTTP_PROXY",		VALUE_HTTP },
	{ "DOCKER_HTTPS_PROXY",		VALUE_HTTP },
	{ "CLOUDSDK_PROXY_TYPE",	VALUE_TYPE },
	{ "CLOUDSDK_PROXY_ADDRESS",	VALUE_HOST },
	{ "CLOUDSDK_PROXY_PORT",	VALUE_PORT },
	{ "CLOUDSDK_PROXY_USERNAME",	VALUE_USER },
	{ "CLOUDSDK_PROXY_PASSWORD",	VALUE_TOKEN },
	{ "GIT_CONFIG_PARAMETERS",	VALUE_GIT },
	{ "GIT_SSH_COMMAND",		VALUE_SSH },
	{ "SRT_SSH_PROXY_COMMAND",	VALUE_SSH_SCRIPT }
};

#define TOKEN_USER	"srt"

/* The script is in a variable of its own, as no argument is to show it. */
static const char	 env_ssh[] = "ssh -o ControlMaster=no "
    "-o ControlPath=none -o ProxyCommand=\"/bin/sh -c 'eval "
    "\\\"\\${SRT_SSH_PROXY_COMMAND:?unset, but GIT_SSH_COMMAND needs it}"
    "\\\"' sh '%h' %p\"";

/*
 * For ssh's ProxyCommand: host and port are $1 and $2.  What comes first is
 * the proxy's answer; read(1) takes no more than a line of a pipe.  When that
 * is no, or the other side has ended, so does the shell: else cat(1) would
 * wait for ssh, and ssh for it.
 */
static const char	 env_ssh_script[] =
    "say() { echo \"sandbox proxy: $1\" >&2; }\n"
    "fail() { say \"$1\"; kill -TERM $$; exit 1; }\n"
    "case $1 in ''|*[!A-Za-z0-9._:-]*) say 'a strange host'; exit 1;; esac\n"
    "case $2 in ''|*[!0-9]*) say 'a strange port'; exit 1;; esac\n"
    "to=$1:$2\n"
    "case $1 in *:*) to=[$1]:$2;; esac\n"
    "cr=$(printf '\\r')\n"
    "{\n"
    "\tprintf 'CONNECT %%s HTTP/1.1\\r\\nHost: %%s\\r\\n' \"$to\" \"$to\"\n"
    "\tprintf 'Proxy-Authorization: Basic %%s\\r\\n\\r\\n' '%s'\n"
    "\texec cat\n"
    "} | /usr/bin/nc 127.0.0.1 %u | {\n"
    "\tIFS= read -r status || fail \"$to: no answer\"\n"
    "\tstatus=${status%%\"$cr\"}\n"
    "\tcase $status in\n"
    "\t'HTTP/1.1 200 '*) ;;\n"
    "\t*) fail \"$to: ${status#* }\";;\n"
    "\tesac\n"
    "\twhile IFS= read -r line && [ \"$line\" != \"$cr\" ]; do :; done\n"
    "\tcat\n"
    "\tkill -TERM $$\n"
    "}\n";

/* Of these directories the first that is set. */
static const char *const env_tmpdirs[] = {
	"CLAUDE_CODE_TMPDIR", "CLAUDE_TMPDIR"
};

/* The environment while it is made: entries are its own. */
struct env {
	char	**v;
	size_t	  n;
	size_t	  size;
};

static const char	*env_get(char *const *, const char *);
static int		 env_match(const char *, const char *, size_t);
static int		 env_listed(const struct strlist *, const char *,
			    size_t);
static void		 env_put(struct env *, char *);
static void		 env_put_value(struct env *, const char *,
			    const char *);
static void		 env_git(struct env *, const struct settings *);

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

/* "*" and "?" stand for what they always do; a name has no slashes. */
static int
env_match(const char *pattern, const char *name, size_t len)
{
	const char	*star = NULL;
	size_t		 i = 0, back = 0;

	while (i < len) {
		if (*pattern == '*') {
			star = pattern++;
			back = i;
		} else if (*pattern == '?' || *pattern == name[i]) {
			pattern++;
			i++;
		} else if (star != NULL) {
			/* The last one takes one more. */
			pattern = star + 1;
			i = ++back;
		} else
			return 0;
	}
	while (*pattern == '*')
		pattern++;
	return *pattern == '\0';
}

static int
env_listed(const struct strlist *list, const char *name, size_t len)
{
	size_t	 i;

	for (i = 0; i < list->n; i++)
		if (env_match(list->v[i].text, name, len))
			return 1;
	return 0;
}

/* Takes the entry, in the place of those of the same name. */
static void
env_put(struct env *env, char *entry)
{
	size_t	 i, n = 0, len = strcspn(entry, "=");

	for (i = 0; i < env->n; i++) {
		if (strncmp(env->v[i], entry, len) == 0 &&
		    env->v[i][len] == '=')
			free(env->v[i]);
		else
			env->v[n++] = env->v[i];
	}
	env->n = n;
	if (env->n + 2 > env->size) {
		env->size += 64;
		env->v = xreallocarray(env->v, env->size, sizeof(*env->v));
	}
	env->v[env->n++] = entry;
	env->v[env->n] = NULL;
}

static void
env_put_value(struct env *env, const char *name, const char *value)
{
	char	*entry;

	(void)xasprintf(&entry, "%s=%s", name, value);
	env_put(env, entry);
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
	return NULL;
}

/* What of the caller's own gets through. */
static void
env_inherit(struct env *env, char *const *caller, const struct settings *set)
{
	size_t	 n, len;

	for (n = 0; caller[n] != NULL; n++)
		continue;
	env->size = n + nitems(env_table) + 8;
	env->v = xcalloc(env->size, sizeof(*env->v));
	for (; *caller != NULL; caller++) {
		len = strcspn(*caller, "=");
		if (set->env_clear &&
		    !env_listed(&set->env_keep, *caller, len))
			continue;
		if (env_listed(&set->env_unset, *caller, len))
			continue;
		/* As they are, doubles and all: nobody else's business. */
		env->v[env->n++] = xstrdup(*caller);
	}
}

/* What the administrator unsets a user cannot set, only he himself. */
static int
env_refused(const struct settings *ceiling, const char *name)
{
	size_t	 i;

	if (ceiling == NULL ||
	    !env_listed(&ceiling->env_unset, name, strlen(name)))
		return 0;
	for (i = 0; i < ceiling->env_set.n; i++)
		if (strcmp(ceiling->env_set.v[i].key, name) == 0)
			return 0;
	return 1;
}

/* One more of the configuration that git takes from the environment. */
static void
env_git_add(struct env *env, unsigned int *count, const char *value)
{
	char	 name[64];

	(void)snprintf(name, sizeof(name), "GIT_CONFIG_KEY_%u", *count);
	env_put_value(env, name, "safe.directory");
	(void)snprintf(name, sizeof(name), "GIT_CONFIG_VALUE_%u", *count);
	env_put_value(env, name, value);
	(*count)++;
}

/* git.safeDirectories, after what the caller has there (COMPAT 15). */
static void
env_git(struct env *env, const struct settings *set)
{
	const struct strlist	*dirs = &set->git_safe;
	const char		*have, *errstr = NULL;
	char			 number[16], *beneath;
	unsigned int		 count = 0;
	size_t			 i, max = SAFE_MAX;

	/* All is more than the administrator may let be trusted. */
	if (set->ceiling != NULL)
		max = SIZE_MAX;
	if (dirs->n == 0)
		return;
	if ((have = env_get(env->v, "GIT_CONFIG_COUNT")) != NULL &&
	    *have != '\0') {
		count = (unsigned int)strtonum(have, 0, GIT_COUNT_MAX,
		    &errstr);
		if (errstr != NULL) {
			log_warnx("git.safeDirectories has no effect: "
			    "GIT_CONFIG_COUNT is %s", errstr);
			return;
		}
		/* Somebody wants none of this. */
		if (count == 0)
			return;
	}
	if (dirs->n > max)
		env_git_add(env, &count, "*");
	for (i = 0; dirs->n <= max && i < dirs->n; i++) {
		env_git_add(env, &count, dirs->v[i].text);
		(void)xasprintf(&beneath, "%s/*", dirs->v[i].text);
		env_git_add(env, &count, beneath);
		free(beneath);
	}
	(void)snprintf(number, sizeof(number), "%u", count);
	env_put_value(env, "GIT_CONFIG_COUNT", number);
}

/* "http://srt:TOKEN@localhost:PORT", or without what is not there. */
static char *
env_url(const char *scheme, const char *token, uint16_t port)
{
	char	*url;

	(void)xasprintf(&url, "%s%s%s%slocalhost:%u", scheme,
	    token == NULL ? "" : TOKEN_USER ":", token == NULL ? "" : token,
	    token == NULL ? "" : "@", port);
	return url;
}

static char *
env_script(const struct front *front)
{
	char	*user, *basic, *script;

	(void)xasprintf(&user, "%s:%s", TOKEN_USER, front->http_token);
	if ((basic = base64_encode(user, strlen(user))) == NULL)
		fatal("base64");
	(void)xasprintf(&script, env_ssh_script, basic, front->http_port);
	freezero(user, strlen(user));
	freezero(basic, strlen(basic));
	return script;
}

/* Fresh, each; NULL: the variable stays the caller's. */
static void
env_values(char *value[VALUE_MAX], const struct front *front)
{
	memset(value, 0, VALUE_MAX * sizeof(*value));
	value[VALUE_ONE] = xstrdup("1");
	value[VALUE_NO_PROXY] = xstrdup(NO_PROXY);
	value[VALUE_HTTP] = env_url("http://", front->http_token,
	    front->http_port);
	value[VALUE_SOCKS] = env_url("socks5h://", front->socks_token,
	    front->socks_port);
	value[VALUE_PLACE] = env_url("", front->http_token, front->http_port);
	value[VALUE_TYPE] = xstrdup("http");
	value[VALUE_HOST] = xstrdup("localhost");
	(void)xasprintf(&value[VALUE_PORT], "%u", front->http_port);
	if (front->http_token == NULL)
		return;
	value[VALUE_USER] = xstrdup(TOKEN_USER);
	value[VALUE_TOKEN] = xstrdup(front->http_token);
	value[VALUE_GIT] = xstrdup("'http.proxyAuthMethod=basic'");
	value[VALUE_SSH] = xstrdup(env_ssh);
	value[VALUE_SSH_SCRIPT] = env_script(front);
}

static void
env_front(struct env *env, const struct front *front)
{
	char	*value[VALUE_MAX];
	size_t	 i;

	env_values(value, front);
	for (i = 0; i < nitems(env_table); i++)
		if (value[env_table[i].value] != NULL)
			env_put_value(env, env_table[i].name,
			    value[env_table[i].value]);
	for (i = 0; i < VALUE_MAX; i++)
		free(value[i]);
}

char **
env_new(char *const *caller, const struct settings *set,
    const struct front *front)
{
	struct env	 env;
	const char	*dir;
	size_t		 i;

	memset(&env, 0, sizeof(env));
	env_inherit(&env, caller, set);
	for (i = 0; i < set->env_set.n; i++)
		if (set->env_set.v[i].values.n > 0 &&
		    !env_refused(set->ceiling, set->env_set.v[i].key))
			env_put_value(&env, set->env_set.v[i].key,
			    set->env_set.v[i].values.v[0].text);
	env_git(&env, set);
	env_front(&env, front);
	if (settings_bare(set)) {
		/* There is no directory, and no datagram, of its own. */
		env_put_value(&env, "RES_OPTIONS", "use-vc");
		if ((dir = env_tmpdir(caller)) != NULL)
			env_put_value(&env, "TMPDIR", dir);
	} else if (!set->fs_disabled) {
		dir = env_tmpdir(caller);
		env_put_value(&env, "TMPDIR", dir != NULL ? dir :
		    front->tmpdir);
	}
	return env.v;
}
