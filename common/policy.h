/* SPDX-License-Identifier: ISC */
#ifndef POLICY_H
#define POLICY_H

/*
 * What the parent has made of the settings, in the form in which the roles
 * get their parts.
 */

#include "compat.h"

/* What the policy says of one existing, canonical path. */
enum fs_kind {
	FS_WRITE,		/* allowWrite and the defaults */
	FS_NOWRITE,		/* denyWrite */
	FS_PROTECT,		/* mandatory names, settings files */
	FS_NOREAD,		/* denyRead */
	FS_READ,		/* allowRead */
	FS_KIND_MAX
};

enum fs_type {
	FS_FILE,		/* anything that is no directory */
	FS_DIR,
	FS_TYPE_MAX
};

/*
 * Canonical: absolute, no ".", "..", empty component, trailing slash or
 * symbolic link in it when it was looked at.
 */
struct fs_path {
	TAILQ_ENTRY(fs_path)	 entry;
	enum fs_kind		 kind;
	enum fs_type		 type;
	char			*path;
};
TAILQ_HEAD(fs_paths, fs_path);

/* IMSG_EXEC_OPTIONS */
enum exec_flag {
	EXEC_FS_DISABLED = 1,	/* filesystem.disabled */
	EXEC_WEAKER_NESTED = 2,	/* enableWeakerNestedSandbox */
	EXEC_ALL_UNIX = 4,	/* network.allowAllUnixSockets */
	EXEC_NESTED_USERNS = 8	/* allowNestedUserNamespaces */
};

struct exec_options {
	uint32_t	 flags;		/* mask of enum exec_flag */
	uint32_t	 sigignored_lo;	/* signals 1-32 that srt found ignored */
	uint32_t	 sigignored_hi;
	uint32_t	 umask;		/* for the command */
};

/* Where the command's private temporary directory is, in its own tmpfs. */
#define SANDBOX_TMPDIR	"/dev/shm/tmp"

/* Ports that the proxy answers on inside the sandbox. */
#define SANDBOX_HTTP_PORT	3128
#define SANDBOX_SOCKS_PORT	1080

/* What a role takes at most; the parent refuses settings that hold more. */
#define POLICY_RULES_MAX	100000		/* domains and addresses */
#define POLICY_IGNORE_MAX	(1024 * 1024)	/* bytes of ignoreViolations */
#define POLICY_IGNORE_ENTRY	128		/* that each entry counts more */

/* IMSG_PROXY_RULES */
enum ruleset_flag {
	RULESET_STRICT = 1	/* network.strictAllowlist */
};

#endif /* POLICY_H */
