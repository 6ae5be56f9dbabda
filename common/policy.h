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
	char			*rule;	/* of a report; the parent's alone */
};
TAILQ_HEAD(fs_paths, fs_path);

/* IMSG_EXEC_OPTIONS */
enum exec_flag {
	EXEC_FS_DISABLED = 1,	/* filesystem.disabled */
	EXEC_WEAKER_NESTED = 2,	/* enableWeakerNestedSandbox */
	EXEC_ALL_UNIX = 4,	/* network.allowAllUnixSockets */
	EXEC_NESTED_USERNS = 8,	/* allowNestedUserNamespaces */
	EXEC_GIT_CONFIG = 16,	/* filesystem.allowGitConfig */
	EXEC_STRICT_READS = 32,	/* filesystem.strictReadGlobs */
	EXEC_LEARN = 64,	/* what would be refused is recorded */
	EXEC_LEARN_DENY = 128,	/* and refused; else it is allowed */
	EXEC_AUDIT = 256,	/* connections are recorded */
	EXEC_LANDLOCK = 512,	/* mode: no namespaces */
	EXEC_LOCAL_BINDING = 1024 /* network.allowLocalBinding, there alone */
};

/* IMSG_EXEC_PROFILE, for macOS alone. */
struct exec_profile {
	uint32_t	 flags;		/* mask of enum seatbelt_flag */
	uint16_t	 http_port;	/* the proxy's on the loopback interface */
	uint16_t	 socks_port;
};

/*
 * IMSG_EXEC_GUARD: what the broker holds by name.  A path counts with all
 * that is beneath it, and so does what a pattern matches.  If there is any
 * GUARD_WRITE_*, nothing may be written that none of them covers; and where
 * there is a GUARD_CEILING*, nothing that none of those covers.  Likewise a
 * socket that no GUARD_UNIX_CEILING* names is not reached where there is one.
 */
enum guard_kind {
	GUARD_NOWRITE,		/* path: denyWrite, settings; there or not */
	GUARD_NOWRITE_GLOB,	/* pattern of denyWrite */
	GUARD_WRITE,		/* path: a write root */
	GUARD_WRITE_GLOB,	/* pattern of allowWrite */
	GUARD_NOREAD_GLOB,	/* pattern of denyRead: strictReadGlobs */
	GUARD_READ,		/* path of allowRead, within those */
	GUARD_READ_GLOB,	/* pattern of allowRead, likewise */
	GUARD_UNIX,		/* path of a socket: allowUnixSockets */
	GUARD_UNIX_GLOB,
	GUARD_CEILING,		/* path: the administrator's allowWrite */
	GUARD_CEILING_GLOB,
	GUARD_UNIX_CEILING,	/* path: the administrator's sockets */
	GUARD_UNIX_CEILING_GLOB,
	GUARD_NOWRITE_FOLD,	/* path: as GUARD_NOWRITE, in any case */
	GUARD_KIND_MAX
};

/* limits.*; 0: none */
enum exec_limit {
	EXEC_LIMIT_MEMORY,	/* bytes */
	EXEC_LIMIT_PIDS,
	EXEC_LIMIT_CPU,		/* seconds */
	EXEC_LIMIT_WALL,	/* seconds */
	EXEC_LIMIT_FSIZE,	/* bytes */
	EXEC_LIMIT_FILES,
	EXEC_LIMITS
};

struct exec_options {
	uint32_t	 flags;		/* mask of enum exec_flag */
	uint32_t	 sigignored_lo;	/* signals 1-32 that srt found ignored */
	uint32_t	 sigignored_hi;
	uint32_t	 umask;		/* for the command */
	uint64_t	 limit[EXEC_LIMITS];
};

/* Where the command's private temporary directory is, in its own tmpfs. */
#define SANDBOX_TMPDIR	"/dev/shm/tmp"

/* Ports that the proxy answers on inside the sandbox. */
/*
 * Where others can connect to the proxy as well, the command is told by this
 * many hexadecimal digits.
 */
#define PROXY_TOKEN_LEN		32

#define SANDBOX_HTTP_PORT	3128
#define SANDBOX_SOCKS_PORT	1080

/* Likewise, and on every address: names. */
#define SANDBOX_DNS_PORT	53

/*
 * The sandbox's own addresses, beside those of loopback, and the nets of the
 * addresses that stand for names: 198.18.0.0/15 of RFC 2544, and in a ULA
 * prefix, fd73:7274:6e65::/48, the same number in the last four bytes.
 */
#define SANDBOX_INET	0xc6120001U	/* 198.18.0.1 */
#define SANDBOX_INET6	{ 0xfd, 0, 0, 0x73, 0x72, 0x74, 0, 0, 0, 0, 0, 0, \
			    0, 0, 0, 1 }	/* fd00:73:7274::1 */
#define SYNTHETIC_INET	0xc6120000U
#define SYNTHETIC_MASK	0xfffe0000U
#define SYNTHETIC_INET6	{ 0xfd, 0x73, 0x72, 0x74, 0x6e, 0x65 }

/* What a role takes at most; the parent refuses settings that hold more. */
#define POLICY_RULES_MAX	100000		/* domains and addresses */
#define POLICY_GUARDS_MAX	16384		/* IMSG_EXEC_GUARD */
#define POLICY_MATCHES_MAX	16384		/* of patterns, at the start */
#define POLICY_IGNORE_MAX	(1024 * 1024)	/* bytes of ignoreViolations */
#define POLICY_IGNORE_ENTRY	128		/* that each entry counts more */

/* IMSG_PROXY_RULES */
enum ruleset_flag {
	RULESET_STRICT = 1,	/* network.strictAllowlist */
	RULESET_SNI_MISMATCH = 2, /* network.allowSniMismatch */
	RULESET_ASK = 4,	/* there is somebody to ask */
	RULESET_CEILING = 8,	/* the administrator says what may be allowed */
	RULESET_EXTERNAL = 16,	/* httpProxyPort, socksProxyPort decide */
	RULESET_LEARN = 32,	/* as EXEC_LEARN: what no rule decides */
	RULESET_LEARN_DENY = 64
};

#endif /* POLICY_H */
