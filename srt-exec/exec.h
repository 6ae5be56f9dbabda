/* SPDX-License-Identifier: ISC */
#ifndef EXEC_H
#define EXEC_H

#include <sys/types.h>

#include "compat.h"
#include "guard.h"
#include "ipc.h"
#include "plan.h"
#include "policy.h"

/*
 * Functions that build the sandbox return -1 after they have said why with
 * why() or whyx(): one line for the user, the first one wins.
 */

/* All that the processes inside need, as the parent sent it. */
struct sandbox {
	struct exec_options	 opt;
	struct fs_paths		 paths;
	struct plan		*plan;
	struct guard		*guard;
	struct ipc_strv		 argv_strv;
	struct ipc_strv		 env_strv;
	char			**argv;
	char			**envp;
	char			*cwd;
	int			 proxy_fd;
	int			 monitor_fd;
	int			 null_fd;
	int			 listener_fd;	/* inside: the listener goes here */
	int			 cgroup_fd;	/* of limits.c: -1 for none */
	int			 profiled;	/* macOS: there is the next */
	struct exec_profile	 profile;
	char			*tag;		/* of the system's log */
	char			**mach;		/* network.allowMachLookup */
	size_t			 nmach;
	pid_t			 outer;
	struct ipc_peer		 up;	/* inside: the pipe to srt-exec */
};

/* From this ABI on Landlock keeps signals and abstract sockets inside. */
#define LANDLOCK_ABI_SCOPE	6

/* Landlock's rules, while they are collected. */
struct landlock {
	int			 fd;		/* -1: there is nothing to do */
	int			 abi;
	uint64_t		 handled;
};

/* The mount tree while it is built. */
struct mounts {
	const struct plan	*plan;
	uint32_t		 flags;		/* EXEC_* */
	int			 oldroot;	/* the host's tree */
	int			 newroot;	/* the command's */
	int			 priv;		/* tmpfs of masks and /dev */
	int			 hostproc;	/* EXEC_WEAKER_NESTED, or -1 */
	int			 console;	/* the terminal of 0-2, or -1 */
	int			 dir;		/* of the last path, or -1 */
	const char		*dirof;		/* that path */
	int			 under;		/* see linux_mount.c, or -1 */
	const char		*underof;	/* the path that it is at */
	int			 underdir;	/* as dir, beneath it, or -1 */
	struct landlock		 landlock;
};

/* broker.c */
__dead void	 broker_main(struct sandbox *);
/* Tells the parent that the command cannot be run, and ends. */
__dead void	 sandbox_fail(struct sandbox *, uint32_t, const char *);

/* init.c */
__dead void	 init_main(struct sandbox *, struct mounts *, int);

/* command.c */
#define COMMAND_NSIG	64		/* signals are 1 to this */
/*
 * In the child of pid 1: hands its calls to the broker and becomes the
 * command.  It is pid 1's memory that it works in until then.  If it cannot be
 * executed the errno is left there; negated, if the broker could not be had.
 */
__dead void	 command_exec(struct sandbox *, volatile int *);

/* become.c */
/* What the terminal and others send is for the command: ignored here. */
void		 command_signals(void);
/* In what becomes the command: the signals and the umask of srt's caller. */
void		 command_restore(const struct exec_options *);
/*
 * Looks for the command as a shell does: along the PATH that it is given, in
 * the sandbox.  Unlike execvp(3) a folder of the PATH that may not be entered
 * does not turn "not found" into "permission denied".  Has each file tried
 * until that returns 0; else the errno that counts.
 */
int		 command_search(const struct sandbox *,
		    int (*)(const char *, const struct sandbox *));

/* why.c */
int		 why(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
int		 whyx(const char *, ...)
		    __attribute__((__format__(printf, 1, 2)));
const char	*why_text(void);
void		 why_clear(void);

/* linux_ns.c */
/* Like why(), but looks for what commonly stands behind a refusal. */
int		 ns_why(const char *);
/* A knob of the machine: its number, or -1 if it is not there. */
long		 sysctl_number(const char *);
/*
 * Starts the broker in namespaces of its own, but with EXEC_LANDLOCK; the pid,
 * 0 in it, or -1.
 */
pid_t		 ns_clone_broker(uint32_t);
/* Starts pid 1 of a new pid namespace, likewise. */
pid_t		 ns_clone_init(uint32_t);
/* Writes the id maps of the broker, from outside. */
int		 ns_map_ids(pid_t);
/*
 * SIGKILL for this process when its parent dies.  The kernel forgets that
 * with a change of credentials.
 */
int		 ns_die_with_parent(void);
/* For a parent in another pid namespace: has it died already? */
int		 ns_parent_gone(int);
int		 ns_undumpable(void);
/*
 * linux_wake.c: this child is continued whenever somebody stops it, by its
 * number or, where that is not allowed, by the pidfd.  For a child that is not
 * waited for before the process ends.
 */
void		 wake_stopped(pid_t, int);
/*
 * Gives up every capability for good but those of the mask, and any way to
 * get one.  Inside the namespaces everything can be given up, and must.
 */
int		 ns_drop_caps(int, uint64_t);
/* A terminal among 0-2, or -1.  0-2 must not be directories. */
int		 ns_check_stdio(int *);

/* linux_mount.c */
/* Takes the host's tree apart from the host and makes the new root. */
int		 mounts_begin(struct mounts *, const struct plan *, uint32_t,
		    int);
/* The operations before /proc; /proc and those after, in pid 1. */
int		 mounts_apply(struct mounts *);
int		 mounts_apply_proc(struct mounts *);
int		 mounts_apply_op(struct mounts *, const struct plan_op *);
/* Makes the new root the root of all processes and lets the old one go. */
int		 mounts_finish(struct mounts *);
/* Closes the descriptors, in a process that goes on without them. */
void		 mounts_close(struct mounts *);
/* A path in the host's or the new tree, without following any link. */
int		 mounts_open(int, const char *, int);
int		 mounts_attach(int, int, const char *);

/* linux_private.c */
int		 private_build(struct mounts *);
/* Makes an empty file of mode 000, to mount on; -1 with errno. */
int		 private_file(int, const char *);
#define PRIVATE_RESOLV	"resolv.conf"	/* in the private tmpfs */
#define PRIVATE_HOSTS	"hosts"
/* A fresh detached tree from the private tmpfs, by name there. */
int		 private_clone(const struct mounts *, const char *);
/* The name of the tree of an operation. */
void		 private_tree_name(char *, size_t, int);
/* A new detached mount; options are "key=value" or "key". */
int		 private_mount(const char *, const char *const *, unsigned int);

/* linux_dev.c */
int		 dev_populate(const struct mounts *);
int		 dev_attach(struct mounts *);
int		 dev_console(int, int);

/* linux_proc.c */
int		 proc_attach(struct mounts *);

/* linux_net.c */
/* Brings lo up and sends the listeners to the proxy. */
int		 net_build(struct ipc_peer *);

/* linux_landlock.c */
/* For landlock_begin(), in mode "landlock": reading needs rules, too. */
#define LANDLOCK_READS	0x80000000U
#define LANDLOCK_LISTS	0x40000000U	/* and of directories */
int		 landlock_begin(struct landlock *, uint32_t);
/*
 * Lets the command write at or beneath what the descriptor refers to, without
 * the broker: FS_FILE is for existing files only, also of a directory.
 */
int		 landlock_allow(const struct landlock *, int, enum fs_type);
/* What the caller opened may be opened again by its name, for the same. */
int		 landlock_allow_stdio(const struct landlock *);
int		 landlock_enter(struct landlock *);
/* With LANDLOCK_READS: to read at or beneath it.  -1 with errno. */
int		 landlock_allow_reading(const struct landlock *, int,
		    enum fs_type);
/* A device that the command may use as it likes. */
int		 landlock_allow_device(const struct landlock *, int);

/* linux_tty.c: mode "landlock" */
/* Before the others; where drivers cannot be told nearly all are terminals. */
void		 terminals_learn(void);
/* Is the character device one? */
int		 terminal_is(dev_t);
/* Is one of 0 to 2 a terminal of others, for reading alone? */
int		 terminals_lent(void);

/* linux_end.c: mode "landlock" */
/* Before there is a child: orphans of its fall to this process. */
int		 end_hold(void);
/*
 * Kills and reaps all that is left below, but what was there at end_hold();
 * nothing without that.
 */
void		 end_all(void);

/* linux_bare.c: mode "landlock" */
/* The rules for the plan, which no mount holds. */
int		 bare_rules(struct landlock *, const struct plan *, uint32_t);

/* linux_seccomp.c */
/* For command_filter_install(): Landlock has no scope for signals here. */
#define COMMAND_FILTER_SIGNALS	0x80000000U
/*
 * The filter of the command, for the calling thread and all it starts, with
 * no_new_privs; flags are EXEC_* and the one above.  Returns -1 with errno.
 */
int		 command_filter_install(uint32_t);
/*
 * The filter that hands calls to the broker, on top of the other one; flags
 * are EXEC_*.  Returns the listener, close-on-exec, or -1 with errno: EINVAL
 * before Linux 5.19, where a signal could tear a call from the broker's hands
 * and have it done twice; EBUSY within another sandbox that listens.
 */
int		 notify_filter_install(uint32_t);

#endif /* EXEC_H */
