/* SPDX-License-Identifier: ISC */

/*
 * Where the audit record goes, and the first thing in it.  Whatever it is
 * written to is opened here, before anything runs, and handed to srt-monitor:
 * neither that nor the command has a name for it.
 */

#include "compat.h"

#include <sys/socket.h>
#include <sys/stat.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

#define AUDIT_SOCKET	"/dev/log"

/* Bytes of the words that the record tells, and of other texts. */
#define AUDIT_WORDS	6144
#define AUDIT_TEXT	1280

/* As many digits as nobody guesses or makes twice. */
#define AUDIT_RUN	16

static struct {
	int			 on;
	int			 required;
	enum audit_kind		 kind;
	int			 fd;
} audit = { .fd = -1 };

static int	 audit_refuse(const char *, const char *);
static int	 audit_socket(void);

static const char *
audit_to(const struct settings *set)
{
	return set->audit == NULL ? "none" : set->audit;
}

const char *
audit_path(const struct settings *set)
{
	return strcmp(audit_to(set), "file") == 0 ? set->audit_file : NULL;
}

static int
audit_refuse(const char *path, const char *why)
{
	errors_write("Error: audit.file: %s: %s\n", path, why);
	return -1;
}

/* Whoever could put something else in the file's place could forge it. */
static int
audit_check_dir(int fd, const char *path, int last)
{
	struct stat	 st;

	if (fstat(fd, &st) == -1)
		return audit_refuse(path, strerror(errno));
	if (st.st_uid != 0)
		return audit_refuse(path, "a directory on the way is not "
		    "root's");
	if ((st.st_mode & (S_IWGRP | S_IWOTH)) != 0 &&
	    (last || (st.st_mode & S_ISVTX) == 0))
		return audit_refuse(path, "others than root may write to a "
		    "directory on the way");
	return 0;
}

/* Opens the directory of the file, no link followed; -1 after a message. */
static int
audit_dir(const char *path)
{
	const char	*end, *s = path;
	char		*name;
	int		 dir, fd, last;

	fd = open("/", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd == -1)
		return audit_refuse(path, strerror(errno));
	for (;;) {
		s += strspn(s, "/");
		end = s + strcspn(s, "/");
		last = end[strspn(end, "/")] == '\0';
		if (audit_check_dir(fd, path, last) == -1) {
			(void)close(fd);
			return -1;
		}
		if (last)
			return fd;
		name = xstrndup(s, (size_t)(end - s));
		dir = fd;
		fd = strcmp(name, "..") == 0 ? -1 : openat(dir, name,
		    O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		(void)close(dir);
		free(name);
		if (fd == -1)
			return audit_refuse(path, "a directory on the way is "
			    "a link, \"..\" or not there");
		s = end;
	}
}

static int
audit_check_file(int fd, const char *path)
{
	struct stat	 st;

	if (fstat(fd, &st) == -1)
		return audit_refuse(path, strerror(errno));
	if (!S_ISREG(st.st_mode) || st.st_nlink != 1)
		return audit_refuse(path, "it is no file, or has another "
		    "name as well");
	if (st.st_uid != 0 || (st.st_mode & (S_IWGRP | S_IWOTH)) != 0)
		return audit_refuse(path, "it is not root's, or others may "
		    "write to it");
	return 0;
}

/* Returns a descriptor, or -1 after a message. */
static int
audit_file(const struct settings *set)
{
	const char	*path = set->audit_file, *name;
	int		 dir, fd;

	if (getuid() != 0)
		return audit_refuse(path, "only what root starts can write "
		    "its record to a file: set audit.to to \"syslog\"");
	if (set->fs_disabled)
		return audit_refuse(path, "the command could write to it "
		    "with filesystem.disabled: remove one of the two");
	if ((dir = audit_dir(path)) == -1)
		return -1;
	name = strrchr(path, '/') + 1;
	if (*name == '\0' || strcmp(name, ".") == 0 ||
	    strcmp(name, "..") == 0) {
		(void)close(dir);
		return audit_refuse(path, "it is no file");
	}
	fd = openat(dir, name, O_WRONLY | O_APPEND | O_CREAT | O_NOFOLLOW |
	    O_NONBLOCK | O_NOCTTY | O_CLOEXEC, 0600);
	(void)close(dir);
	if (fd == -1)
		return audit_refuse(path, strerror(errno));
	if (audit_check_file(fd, path) == -1) {
		(void)close(fd);
		return -1;
	}
	return fd;
}

/*
 * As syslog(3) does it, but it never waits.  -1 with errno.  Also called when
 * the daemon has been started anew, by a process that is confined.
 */
static int
audit_socket(void)
{
	return dial_unix(AUDIT_SOCKET, SOCK_DGRAM);
}

int
audit_open(const struct settings *set)
{
	const char	*to = audit_to(set);

	if (strcmp(to, "none") == 0)
		return 0;
	audit.required = set->require_audit;
	if (strcmp(to, "file") == 0) {
		audit.kind = AUDIT_FILE;
		if ((audit.fd = audit_file(set)) == -1)
			return -1;
	} else {
		audit.kind = AUDIT_SYSLOG;
		audit.fd = audit_socket();
		if (audit.fd == -1 && audit.required) {
			errors_write("Error: requireAudit: no record can be "
			    "written: %s: %s: start a syslog daemon\n",
			    AUDIT_SOCKET, strerror(errno));
			return -1;
		}
		if (audit.fd == -1)
			log_warn("there is no audit record of this run: %s",
			    AUDIT_SOCKET);
	}
	audit.on = audit.fd != -1;
	return 0;
}

int
audit_on(void)
{
	return audit.on;
}

int
audit_required(void)
{
	return audit.on && audit.required;
}

int
audit_dials(void)
{
	return audit.on && audit.kind == AUDIT_SYSLOG;
}

/* Of the effective settings, as -nn prints them. */
static void
audit_sum(const struct settings *set, char *sum)
{
	SHA2_CTX	 ctx;
	uint8_t		 digest[SHA256_DIGEST_LENGTH];
	FILE		*fp;
	char		*text;
	size_t		 i, len;

	if ((fp = open_memstream(&text, &len)) == NULL ||
	    settings_dump(fp, set) == -1 || fclose(fp) == EOF)
		fatal("the settings");
	SHA256Init(&ctx);
	SHA256Update(&ctx, (const uint8_t *)text, len);
	SHA256Final(digest, &ctx);
	free(text);
	for (i = 0; i < sizeof(digest); i++)
		(void)snprintf(sum + 2 * i, 3, "%02x", digest[i]);
}

static void
audit_add(struct ibuf *buf, const char *s)
{
	char	 cut[AUDIT_TEXT];

	if (strlcpy(cut, s, sizeof(cut)) >= sizeof(cut))
		memcpy(cut + sizeof(cut) - 4, "...", 4);
	ipc_add_str(buf, cut);
}

/* How many of the words fit, with as much of the last as does. */
static size_t
audit_words(char *const *argv)
{
	size_t	 i, size = 0;

	for (i = 0; argv[i] != NULL && size < AUDIT_WORDS; i++)
		size += strlen(argv[i]) + sizeof(uint32_t);
	return i;
}

static void
audit_send_start(struct ipc_peer *peer, const struct policy *policy)
{
	const struct settings	*set = policy->settings;
	struct ibuf		*buf;
	char			 sum[2 * SHA256_DIGEST_LENGTH + 1];
	char			 word[AUDIT_WORDS], *file = NULL, *name;
	size_t			 i, n = audit_words(policy->argv), left;

	audit_sum(set, sum);
	buf = ipc_create(peer, IMSG_MON_START);
	ipc_add_u32(buf, (uint32_t)getuid());
	ipc_add_u32(buf, (uint32_t)geteuid());
	for (left = 0; policy->argv[n + left] != NULL; left++)
		continue;
	ipc_add_u32(buf, left > UINT32_MAX ? UINT32_MAX : (uint32_t)left);
	ipc_add_str(buf, SRT_VERSION);
	audit_add(buf, policy->cwd);
	if (set->name != NULL) {
		(void)xasprintf(&name, "%s/%s", *set->name == '/' ? "" :
		    policy->cwd, set->name);
		file = path_fold(name);
		free(name);
	}
	audit_add(buf, file == NULL ? "" : file);
	free(file);
	ipc_add_str(buf, sum);
	for (i = 0; i < n; i++) {
		/* The monitor cuts it further, and says so. */
		(void)strlcpy(word, policy->argv[i], sizeof(word));
		ipc_add_str(buf, word);
	}
	ipc_commit(peer, buf);
}

void
audit_send(struct ipc_peer *peer, const struct policy *policy)
{
	struct ibuf	*buf;
	uint8_t		 id[AUDIT_RUN];
	char		 run[2 * AUDIT_RUN + 1];
	size_t		 i;

	if (!audit.on)
		return;
	arc4random_buf(id, sizeof(id));
	for (i = 0; i < sizeof(id); i++)
		(void)snprintf(run + 2 * i, 3, "%02x", id[i]);
	buf = ipc_create(peer, IMSG_MON_AUDIT);
	ipc_add_u32(buf, (uint32_t)audit.kind);
	ipc_add_u32(buf, (uint32_t)audit.required);
	ipc_add_u32(buf, (uint32_t)getpid());
	ipc_add_str(buf, run);
	ibuf_fd_set(buf, audit.fd);
	audit.fd = -1;
	ipc_commit(peer, buf);
	audit_send_start(peer, policy);
}

void
audit_update(struct ipc_peer *peer, const struct settings *set)
{
	char	 sum[2 * SHA256_DIGEST_LENGTH + 1];

	if (!audit.on)
		return;
	audit_sum(set, sum);
	ipc_send_str(peer, IMSG_MON_SETTINGS, sum);
}

void
audit_reopen(struct ipc_peer *peer)
{
	int	 fd;

	if (!audit_dials())
		fatalx("srt-monitor dials a daemon that it has no use for");
	if ((fd = audit_socket()) != -1)
		ipc_send(peer, IMSG_MON_REOPENED, fd, NULL, 0);
	else
		ipc_send_u32(peer, IMSG_MON_UNOPENED, -1, (uint32_t)errno);
}
