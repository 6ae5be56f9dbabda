/* SPDX-License-Identifier: ISC */

/*
 * Where the command has no network of its own, as on macOS: the listeners are
 * on the host's loopback, on ports that the system chooses, and every user of
 * the machine can connect to them.  So they demand a token, new for each run,
 * which goes to srt-proxy over its pipe and to the command in its environment,
 * and nowhere else.
 *
 * The tag that the system logs refusals with is no secret: it only has to be
 * another one for each run.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <netinet/in.h>

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base64.h"
#include "parent.h"
#include "../srt-exec/seatbelt.h"

#define BACKLOG		128
/* COMPAT 15, 16: in the caller's own, or this. */
#define TMPDIR		"/tmp/claude"
/* So much of the command's text is in the tag (COMPAT 19). */
#define TAG_TEXT	100
#define TAG_RANDOM	9

static struct front	 front;
static char		 token[PROXY_TOKEN_LEN + 1];
static char		*tag;
static char		 tmpdir[PATH_MAX];
static int		 http_fd = -1;
static int		 socks_fd = -1;

/* On a port of the system's choice; -1 with errno. */
static int
listen_local(uint16_t *port)
{
	struct sockaddr_in	 sin;
	socklen_t		 len = sizeof(sin);
	int			 fd, saved;

	memset(&sin, 0, sizeof(sin));
	sin.sin_family = AF_INET;
	sin.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if ((fd = socket(AF_INET, SOCK_STREAM, 0)) == -1)
		return -1;
	if (fcntl(fd, F_SETFD, FD_CLOEXEC) == -1 ||
	    bind(fd, (struct sockaddr *)&sin, len) == -1 ||
	    listen(fd, BACKLOG) == -1 ||
	    getsockname(fd, (struct sockaddr *)&sin, &len) == -1) {
		saved = errno;
		(void)close(fd);
		errno = saved;
		return -1;
	}
	*port = ntohs(sin.sin_port);
	return fd;
}

static void
make_token(void)
{
	static const char	 digit[] = "0123456789abcdef";
	unsigned char		 random[PROXY_TOKEN_LEN / 2];
	size_t			 i;

	arc4random_buf(random, sizeof(random));
	for (i = 0; i < sizeof(random); i++) {
		token[2 * i] = digit[random[i] >> 4];
		token[2 * i + 1] = digit[random[i] & 15];
	}
	token[PROXY_TOKEN_LEN] = '\0';
	explicit_bzero(random, sizeof(random));
}

/* "CMD64_<the command>_END__<run>_SBX"; a character may be cut there. */
static void
make_tag(const char *text)
{
	static const char	 digit[] =
	    "0123456789abcdefghijklmnopqrstuvwxyz";
	char			 run[TAG_RANDOM + 1], *key;
	size_t			 i;

	for (i = 0; i < TAG_RANDOM; i++)
		run[i] = digit[arc4random_uniform(sizeof(digit) - 1)];
	run[i] = '\0';
	if ((key = base64_encode(text, strnlen(text, TAG_TEXT))) == NULL)
		fatal("base64");
	free(tag);
	(void)xasprintf(&tag, "CMD64_%s_END__%s_SBX", key, run);
	free(key);
}

/* A proxy of the user's own has a port, and no token of ours. */
static int
front_port(long long external, int *fd, uint16_t *port, const char **secret)
{
	*secret = NULL;
	if (external != 0) {
		*port = (uint16_t)external;
		return 0;
	}
	if ((*fd = listen_local(port)) == -1) {
		log_warn("cannot listen on the loopback interface");
		return -1;
	}
	*secret = token;
	return 0;
}

const struct front *
front_open(const struct settings *set, const char *text)
{
	make_token();
	make_tag(text);
	front.tmpdir = tmpdir;
	if (front_port(set->http_port, &http_fd, &front.http_port,
	    &front.http_token) == -1 ||
	    front_port(set->socks_port, &socks_fd, &front.socks_port,
	    &front.socks_token) == -1)
		return NULL;
	return &front;
}

/* A directory that nobody else can change. */
static int
is_private(const char *path)
{
	struct stat	 st;

	return lstat(path, &st) == 0 && S_ISDIR(st.st_mode) &&
	    st.st_uid == geteuid() &&
	    (st.st_mode & (S_IWGRP | S_IWOTH)) == 0;
}

/*
 * There is no file system of the command's own.  macOS gives each user a
 * temporary directory that is his alone; in /tmp another one may have been
 * first: then the command has none.
 */
static void
make_tmpdir(void)
{
	const char	*dir = getenv("TMPDIR");
	int		 n = -1;

	if (dir != NULL && *dir == '/' && is_private(dir))
		n = snprintf(tmpdir, sizeof(tmpdir), "%s%sclaude", dir,
		    dir[strlen(dir) - 1] == '/' ? "" : "/");
	if (n < 0 || (size_t)n >= sizeof(tmpdir))
		(void)strlcpy(tmpdir, TMPDIR, sizeof(tmpdir));
	if (mkdir(tmpdir, 0700) == -1 && errno != EEXIST)
		log_warn("%s, for temporary files", tmpdir);
	else if (!is_private(tmpdir))
		log_warnx("%s is not yours alone: the command cannot write "
		    "temporary files", tmpdir);
}

/* A profile knows names: of files that appear later, too. */
void
front_settings(struct settings *set)
{
	if (!set->fs_disabled) {
		make_tmpdir();
		set->tmpdir = tmpdir;
	}
	set->strict_reads = 1;
	set->absent_reads = 1;
	set->profile = 1;
}

static void
send_listener(struct ipc_peer *peer, int *fd, enum listener_kind kind)
{
	if (*fd == -1)
		return;
	ipc_send_u32(peer, IMSG_PROXY_LOCAL, *fd, (uint32_t)kind);
	*fd = -1;
}

void
front_send_proxy(struct ipc_peer *peer)
{
	if (http_fd != -1 || socks_fd != -1)
		ipc_send_str(peer, IMSG_PROXY_TOKEN, token);
	send_listener(peer, &http_fd, LISTENER_HTTP);
	send_listener(peer, &socks_fd, LISTENER_SOCKS);
}

void
front_send_exec(struct ipc_peer *peer, const struct settings *set)
{
	struct exec_profile	 profile;
	size_t			 i;

	memset(&profile, 0, sizeof(profile));
	profile.flags = (set->local_binding ? SEATBELT_LOCAL_BINDING : 0U) |
	    (set->weaker_network ? SEATBELT_TRUSTD : 0U) |
	    (set->apple_events ? SEATBELT_APPLE_EVENTS : 0U) |
	    (set->pty ? SEATBELT_PTY : 0U);
	profile.http_port = front.http_port;
	profile.socks_port = front.socks_port;
	ipc_send(peer, IMSG_EXEC_PROFILE, -1, &profile, sizeof(profile));
	ipc_send_str(peer, IMSG_EXEC_TAG, tag);
	for (i = 0; i < set->mach_lookup.n; i++)
		ipc_send_str(peer, IMSG_EXEC_MACH,
		    set->mach_lookup.v[i].text);
}

void
front_send_monitor(struct ipc_peer *peer)
{
	ipc_send_str(peer, IMSG_MON_TAG, tag);
}
