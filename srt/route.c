/* SPDX-License-Identifier: ISC */

/*
 * The parent's part of network.parentProxy, mitmProxy, httpProxyPort and
 * socksProxyPort: it looks at their values, opens what has to be opened with
 * the user's rights, and connects to the one socket that mitmProxy names.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"
#include "../srt-proxy/route_parse.h"

#define URL_MAX		2048
#define FROM_ENV	"network.parentProxy.fromEnvironment"

static struct {
	const struct settings	*first;		/* as of the start */
	char			*http;
	char			*https;
	char			*no;
	char			*mitm;		/* may change */
	int			 trust;
	int			 dials;
} route = { .trust = -1 };

static char	*route_env(const char *, const char *);
static char	*route_env_url(const char *, char *, const char *);
static void	 route_env_open(void);
static int	 route_trust(void);

/* What is wrong with a URL, without telling it. */
static const char *
url_check(const char *text)
{
	struct proxy_url	 url;
	const char		*why;

	if (strlen(text) > URL_MAX)
		return "it is too long";
	if ((why = proxy_url_parse(text, &url)) == NULL)
		proxy_url_free(&url);
	return why;
}

static const char *
url_fault(const char *key, const char *text)
{
	static char	 fault[160];
	const char	*why;

	if (text == NULL || (why = url_check(text)) == NULL)
		return NULL;
	(void)snprintf(fault, sizeof(fault), "network.parentProxy.%s: %s",
	    key, why);
	return fault;
}

/* The path of mitmProxy's socket; fresh. */
static char *
mitm_path(const char *text)
{
	const char	*home = getenv("HOME");
	char		*path;

	if (strncmp(text, "~/", 2) != 0 || home == NULL || *home == '\0')
		return xstrdup(text);
	xasprintf(&path, "%s%s", home, text + 1);
	return path;
}

static int
mitm_too_long(const char *text)
{
	struct sockaddr_un	 sun;
	char			*path = mitm_path(text);
	int			 too_long;

	too_long = strlen(path) >= sizeof(sun.sun_path);
	free(path);
	return too_long;
}

const char *
route_check(const struct settings *set)
{
	const char	*why;

	if ((why = url_fault("http", set->parent_http)) != NULL ||
	    (why = url_fault("https", set->parent_https)) != NULL)
		return why;
	if (set->parent_no != NULL && strlen(set->parent_no) >= IPC_STRING_MAX)
		return "network.parentProxy.noProxy is too long";
	if (set->mitm_socket != NULL && mitm_too_long(set->mitm_socket))
		return "network.mitmProxy.socketPath is too long for the path "
		    "of a socket";
	if (!settings_names(set->ceiling, "network.allowedDomains") &&
	    !settings_names(set->ceiling, "network.deniedDomains"))
		return NULL;
	/* What such a proxy reaches is not for srt to bound. */
	if (set->http_port != 0)
		return "network.httpProxyPort cannot be used where the "
		    "administrator's policy is about domains";
	if (set->socks_port != 0)
		return "network.socksProxyPort cannot be used where the "
		    "administrator's policy is about domains";
	return NULL;
}

int
route_open(const struct settings *set, int live)
{
	static const char	*warning = "%s: the proxy at 127.0.0.1:%d "
	    "decides what is reached through it; network.allowedDomains and "
	    "network.deniedDomains are not enforced for that";

	route.first = set;
	if (set->parent_http != NULL)
		route.http = xstrdup(set->parent_http);
	if (set->parent_https != NULL)
		route.https = xstrdup(set->parent_https);
	if (set->parent_no != NULL)
		route.no = xstrdup(set->parent_no);
	if (set->parent_from_env) {
		route_env_open();
		if (route.no != NULL && strlen(route.no) >= IPC_STRING_MAX) {
			errors_write("Error: NO_PROXY is too long\n");
			return -1;
		}
	} else if (set->parent_proxy && route.http == NULL &&
	    route.https == NULL)
		log_warnx("network.parentProxy: it names no proxy; srt "
		    "connects directly");
	if (set->http_port != 0)
		log_warnx(warning, "network.httpProxyPort", set->http_port);
	if (set->socks_port != 0)
		log_warnx(warning, "network.socksProxyPort", set->socks_port);
	route.dials = live || set->mitm_socket != NULL;
	route_update(set);
	return route_trust();
}

static char *
route_env(const char *upper, const char *lower)
{
	const char	*value;

	if ((value = getenv(upper)) == NULL || *value == '\0')
		value = getenv(lower);
	return value == NULL || *value == '\0' ? NULL : xstrdup(value);
}

/* The settings have none of these keys beside fromEnvironment. */
static void
route_env_open(void)
{
	char	*http = route_env("HTTP_PROXY", "http_proxy");
	char	*https = route_env("HTTPS_PROXY", "https_proxy");

	if (http == NULL && https == NULL)
		log_warnx(FROM_ENV ": neither HTTP_PROXY nor HTTPS_PROXY is "
		    "set; srt connects directly");
	route.http = route_env_url("HTTP_PROXY", http, "plain HTTP");
	route.https = route_env_url("HTTPS_PROXY", https,
	    "what is not plain HTTP");
	route.no = route_env("NO_PROXY", "no_proxy");
}

/*
 * A proxy of the environment: one without a scheme is spoken to in HTTP.
 * Takes over the value, which may be NULL.
 */
static char *
route_env_url(const char *name, char *value, const char *what)
{
	const char	*why;
	char		*url;

	if (value == NULL)
		return NULL;
	xasprintf(&url, "%s%s", strstr(value, "://") == NULL ? "http://" : "",
	    value);
	freezero(value, strlen(value));
	if ((why = url_check(url)) == NULL)
		return url;
	log_warnx(FROM_ENV ": %s: %s; it is not used: srt connects directly "
	    "for %s", name, why, what);
	freezero(url, strlen(url));
	return NULL;
}

static int
is_https(const char *url)
{
	return url != NULL && strncasecmp(url, "https:", 6) == 0;
}

static int
trust_file(const char *path)
{
	struct stat	 st;
	int		 fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	if (fd == -1)
		return -1;
	if (fstat(fd, &st) == -1 || !S_ISREG(st.st_mode)) {
		(void)close(fd);
		errno = EINVAL;
		return -1;
	}
	return fd;
}

/*
 * The certificates that parents are known by: those of the file that
 * SSL_CERT_FILE names, as for every program with OpenSSL, else the system's.
 * Opened here, before anything is confined.
 */
static int
route_trust(void)
{
	static const char *const	 files[] = {
		"/etc/ssl/certs/ca-certificates.crt",	/* Debian, Alpine */
		"/etc/pki/tls/certs/ca-bundle.crt",	/* Fedora */
		"/etc/ssl/cert.pem",			/* BSD, macOS, Arch */
		"/etc/ssl/ca-bundle.pem"		/* SUSE */
	};
	const char			*path = getenv("SSL_CERT_FILE");
	size_t				 i;

	if (!is_https(route.http) && !is_https(route.https))
		return 0;
	if (path != NULL && *path != '\0') {
		if ((route.trust = trust_file(path)) == -1)
			errors_write("Error: network.parentProxy: "
			    "SSL_CERT_FILE %s: %s\n", path, strerror(errno));
		return route.trust == -1 ? -1 : 0;
	}
	for (i = 0; i < nitems(files); i++)
		if ((route.trust = trust_file(files[i])) != -1)
			return 0;
	errors_write("Error: network.parentProxy: there are no certificates "
	    "to know an https proxy by: install ca-certificates, or name "
	    "them in SSL_CERT_FILE\n");
	return -1;
}

static void
route_send_value(struct ipc_peer *peer, enum route_value value,
    const char *text)
{
	struct ibuf	*buf;

	if (text == NULL)
		return;
	buf = ipc_create(peer, IMSG_PROXY_ROUTE);
	ipc_add_u32(buf, (uint32_t)value);
	ipc_add_str(buf, text);
	ipc_commit(peer, buf);
}

void
route_send(struct ipc_peer *peer)
{
	route_send_value(peer, ROUTE_PARENT_HTTP, route.http);
	route_send_value(peer, ROUTE_PARENT_HTTPS, route.https);
	route_send_value(peer, ROUTE_PARENT_NO, route.no);
	if (route.trust != -1)
		ipc_send(peer, IMSG_TLS_TRUST, route.trust, NULL, 0);
	route.trust = -1;
}

int
route_external(void)
{
	return route.first->http_port != 0 || route.first->socks_port != 0;
}

void
route_update(const struct settings *set)
{
	free(route.mitm);
	route.mitm = set->mitm_socket == NULL ? NULL :
	    mitm_path(set->mitm_socket);
}

int
route_dials(void)
{
	return route.dials;
}

/* Connects to mitmProxy; -1 with errno, EAGAIN if its queue is full. */
static int
mitm_connect(void)
{
	if (route.mitm == NULL) {
		errno = ENOENT;
		return -1;
	}
	return dial_unix(route.mitm, SOCK_STREAM);
}

void
route_dial(struct ipc_peer *peer, uint32_t id)
{
	struct ibuf	*buf;
	int		 fd;

	if (!route.dials)
		fatalx("srt-proxy dials a proxy that nobody named");
	if ((fd = mitm_connect()) != -1) {
		ipc_send_u32(peer, IMSG_ROUTE_DIALLED, fd, id);
		return;
	}
	buf = ipc_create(peer, IMSG_ROUTE_UNDIALLED);
	ipc_add_u32(buf, id);
	ipc_add_u32(buf, (uint32_t)errno);
	ipc_commit(peer, buf);
}
