/* SPDX-License-Identifier: ISC */
#ifndef BROKER_H
#define BROKER_H

/*
 * The broker: system calls of the command that name something are answered
 * here (seccomp user notification).  Linux only.
 *
 * Every call is handled the same way: copy what the caller's memory says,
 * once; resolve it to descriptors; decide; perform the call on these
 * descriptors; give back the result.  The kernel reads the caller's memory
 * again only after CALL_CONTINUE, which is sound where Landlock allows the
 * command nothing that matters: it may write nowhere but in its private /dev,
 * its own /proc and the files behind 0 to 2.
 */

#include <sys/types.h>
#include <sys/stat.h>
#include <sys/socket.h>

#include <linux/seccomp.h>

#include <limits.h>
#include <pthread.h>

#include "exec.h"
#include "guard.h"
#include "linux.h"
#include "violation.h"

/* Limits: everything that the command could make grow. */
#define BROKER_THREADS_MAX	32	/* while calls are slow */
#define BROKER_WAITING_MAX	4096	/* calls that wait for something */
#define BROKER_REPORTS_MAX	512	/* refusals that wait for the pipe */
#define BROKER_FRESH_MAX	(1U << 20)	/* directories made */
#define BROKER_SOCKETS_MAX	4096	/* Unix sockets bound */
#define BROKER_CHANGES_MAX	256	/* changes to look at, reported */

/* What a handler may return instead of a result or -errno. */
#define CALL_CONTINUE	LONG_MIN	/* the kernel is to do it */
#define CALL_TAKEN	(LONG_MIN + 1)	/* answered, or will be */

/*
 * One call of the command.  Each worker thread has one; what waits keeps a
 * copy.  Handlers may use the fields from path on as they like.
 */
struct call {
	uint64_t	 id;		/* of the notification */
	pid_t		 tid;		/* the caller, as the broker sees it */
	int		 nr;
	uint64_t	 arg[6];
	int		 fd;		/* >= 0: give this descriptor back */
	int		 fd_cloexec;	/* with close-on-exec */
	char		 path[PATH_MAX];
	char		 path2[PATH_MAX];
	char		 real[PATH_MAX + NAME_MAX + 2];
	char		 real2[PATH_MAX + NAME_MAX + 2];
};

/*
 * Where a path of the command's leads.  Of LOC_NAME the last component may
 * not exist; it is never "." or ".." and holds no slash, but "slash" says
 * that one followed it.
 *
 * LOC_KERNEL is not ours to decide on.  In /dev it has a dirfd and last, or an
 * fd; in /proc a procfd and last.  Without any of these it is beneath what
 * another process has open, or nothing of this mount namespace: then only the
 * kernel could act on it, by CALL_CONTINUE, where Landlock makes that sound.
 */
enum loc_kind {
	LOC_NAME,		/* last, in the directory dirfd */
	LOC_OBJECT,		/* an object: "/", "..", /proc/self/fd/N */
	LOC_KERNEL		/* in the command's own /proc or /dev, or
				 * nowhere that is known */
};

/* What a descriptor refers to, that is the fd of LOC_OBJECT. */
enum loc_object {
	LOC_NAMED,		/* real is its path */
	LOC_DELETED,		/* once had a name, or O_TMPFILE */
	LOC_ANONYMOUS,		/* a pipe, a socket, a memfd */
	LOC_FOREIGN		/* opened outside of the sandbox: stdio */
};

struct loc {
	enum loc_kind	 kind;
	enum loc_object	 object;
	int		 dirfd;		/* LOC_NAME: O_PATH; else -1 */
	int		 fd;		/* LOC_OBJECT: O_PATH or as it was */
	int		 slash;
	int		 magic;		/* LOC_OBJECT by a link of /proc */
	int		 procfd;	/* in /proc, of a link, too: the directory
				 * of last, O_PATH; else -1 */
	int		 links;		/* followed so far, by hand */
	int		 error;		/* LOC_KERNEL: what a change of it
					 * comes to */
	char		 last[NAME_MAX + 3];	/* LOC_OBJECT: ".", "..", "/",
						 * or the name of the link */
	char		*real;		/* canonical path, of c->real or real2:
					 * that of the name or the object; ""
					 * for what has none */
	size_t		 dirlen;	/* of the directory's part of it,
					 * without the slash: 0 is the root */
	uint64_t	 dirino;	/* LOC_NAME: the directory's number */
};

/* The one broker of this process. */
struct broker {
	struct sandbox	*sb;
	struct mounts	 mounts;
	struct ipc_peer	 proxy;
	struct ipc_peer	 monitor;
	struct guard	*guard;
	int		 listener;	/* of the notifications */
	int		 procfd;	/* the host's /proc, O_PATH */
	int		 rootfd;	/* the command's root, O_PATH */
	int		 wakefd;	/* eventfd of the main thread */
	int		 endfd;		/* EXEC_LANDLOCK: of pid 1's; or -1 */
	dev_t		 procdev;	/* of the command's own /proc */
	/*
	 * Held for reading from the resolution of a path until the call on
	 * it is done; for writing by what changes the path of directories.
	 */
	pthread_rwlock_t tree;
};
extern struct broker	broker;

/* mode "landlock": the host's mounts, network and processes are all around */
static inline int
broker_is_bare(void)
{
	return (broker.sb->opt.flags & EXEC_LANDLOCK) != 0;
}

/* broker.c: the main thread */

/* Wakes the main thread. */
void	 broker_wake(void);
/* The owner of the peers and of all waiting calls is the main thread. */

/* broker_notify.c: receiving and answering */

/* Starts the first worker. */
void	 notify_start(void);
/*
 * Main thread: has another worker receive if a call lasts; the argument says
 * whether time has passed.  Milliseconds until the next look is due, -1 if
 * none is.
 */
int	 notify_tend(int);
/* From now on no call makes a process. */
void	 notify_end(void);
/* clone(2) and its kin */
long	 call_clone(struct call *);
/* Is the caller still there, waiting for this very call? */
int	 call_valid(const struct call *);
/* Answers: a result or -errno as of a handler; uses c->fd, and closes it. */
void	 call_answer(struct call *, long);
/*
 * Is a signal pending for a caller that waits?  1: it has been answered so
 * that the kernel delivers the signal and restarts the call or ends it with
 * EINTR; 0: no; -1: the caller is gone.
 */
int	 call_interrupt(struct call *);

/* broker_wait.c */

/*
 * Calls that cannot be answered now.  retry() is called by the main thread
 * every few milliseconds until it returns something else than CALL_TAKEN,
 * which is the answer.  It finds the fields of the call before path, with fd,
 * which it must leave open, in c->fd; to give another one to the caller it
 * puts that there.  It is not called again when the caller is gone; a caller
 * for which a signal is pending is answered so that the kernel delivers it
 * and, if that is due, restarts the call.  Returns CALL_TAKEN, or -EAGAIN
 * where too many wait; fd, or -1, is taken over in any case.
 */
long	 call_wait(struct call *, int, long (*)(struct call *));
/* Main thread: the next round; milliseconds until it is due again, or -1. */
int	 call_retry(void);
/*
 * Puts a call aside until call_unpark().  Returns the ticket; 0 where too
 * many wait.
 */
uint32_t call_park(struct call *);
/*
 * The main thread: takes the call out again and fills in the fields before
 * path.  -1 if there is none (any more).
 */
int	 call_unpark(uint32_t, struct call *);
/* Likewise, but leaves it there. */
int	 call_peek(uint32_t, struct call *);

/* broker_task.c: what the caller is and has */

/*
 * Copy from the caller.  A string with its NUL, at most PATH_MAX: 0 or
 * -ENAMETOOLONG, -EFAULT.  The bytes: 0 or -EFAULT.
 */
long	 task_string(const struct call *, uint64_t, char *);
long	 task_read(const struct call *, uint64_t, void *, size_t);
/*
 * The strings of a call that has two, to path and path2; what is wrong with
 * the second one is for later.
 */
long	 task_strings(struct call *, uint64_t, uint64_t, long *);
/* A duplicate of the caller's descriptor, close-on-exec; or -errno. */
int	 task_fd(const struct call *, int);
/*
 * The caller's working directory, O_PATH; or -errno.  It is the same for all
 * of a call.  To be closed by base_close() alone.
 */
int	 task_cwd(const struct call *);
/* A thread ends that has asked for these. */
void	 task_forget(void);
/* The pid of the caller's process as it sees itself, and its thread's. */
int	 task_ns_pid(const struct call *, pid_t *, pid_t *);
/*
 * Makes the caller's umask that of this thread, which shares none with
 * others.
 */
long	 task_take_umask(const struct call *);
/*
 * How many descriptors the caller has, as /proc/PID/fd tells as its size since
 * Linux 6.2; 0 before.
 */
uint64_t task_fds(const struct call *);
/* The caller's soft limit. */
uint64_t task_limit(const struct call *, int);
/* Is there a signal that would end or handle a wait of the caller? */
int	 task_signalled(const struct call *);
/*
 * Has the caller's session begun in the sandbox?  Then the number of the
 * terminal that it has, 0 for none, is in *dev.
 */
int	 task_session(const struct call *, dev_t *);
/*
 * Without (1), and again with (0), the right to look into all processes: for
 * this thread, while it opens something in /proc for the caller.
 */
int	 task_lower(int);
/* The program's name, for reports. */
void	 task_program(pid_t, char *, size_t);
/* The process that the thread belongs to, as the broker sees it. */
pid_t	 task_process(pid_t);
/* umask(2): from now on umasks have to be asked for. */
long	 call_umask(struct call *);
/* setpriority(2), prlimit(2) and their kin, of a process with a number. */
long	 call_numbered(struct call *);

/* broker_kept.c */

/* A thread ends that has kept directories. */
void	 kept_forget(void);

/* broker_moves.c: changes of the working directory */

/* A call has come: whatever its thread has asked for before is over. */
void	 moves_call(const struct call *);
/* How often somebody has begun to: to be asked before one looks. */
uint64_t moves_begin(void);
/* Has nobody since that many, and is nobody about to? */
int	 moves_none(uint64_t);
/* chdir(2), fchdir(2) */
long	 call_chdir(struct call *);
/* clone(2), unshare(2): threads with directories of their own, or processes
 * with the same one. */
long	 call_share(struct call *);

/* broker_path.c: resolution */

/*
 * Resolves the path, as the kernel would for the caller.  real is c->real or
 * c->real2.  The last component is not followed, except where it is a link of
 * /proc that leads to the caller's own (LOC_OBJECT with magic).  0 or -errno;
 * loc_close() in any case.  The tree lock is held.
 */
long	 loc_resolve(struct call *, int, const char *, char *, struct loc *);
/* The same with flags of openat2(2). */
long	 loc_resolve_how(struct call *, int, const char *, uint64_t, char *,
	    struct loc *);
/*
 * Follows the final symbolic link, if it is one, to its end: *loc becomes
 * where it leads to.  0 or -errno, -ELOOP as the kernel.
 */
long	 loc_follow(struct call *, struct loc *);
/*
 * One step of it: 1, or 0 if it is no link (any more), or -errno.  In /proc a
 * link that leads to what another process has is none.
 */
long	 loc_hop(struct call *, struct loc *);
/* AT_EMPTY_PATH: the caller's descriptor itself. */
long	 loc_fd(struct call *, int, char *, struct loc *);
void	 loc_close(struct loc *);
/* The last component as it was spelt, with its slash if it had one. */
const char *loc_spelt(struct loc *);
/*
 * The path of a descriptor of ours: its length or -errno.  -ENAMETOOLONG
 * fails closed, -ENOENT is for what has been deleted.
 */
long	 path_of_fd(int, char *, size_t);
/*
 * Likewise, of what has been deleted: its last name, in the directory that
 * this was in, whatever that is called by now.
 */
long	 path_of_lost(int, char *, size_t);
/* openat2(2) by descriptor with close-on-exec; a descriptor or -errno. */
int	 path_open(int, const char *, uint64_t, uint64_t, uint64_t);
/*
 * For what has to be done by a path to an object that is open already: a
 * directory, and the name of the descriptor in it, at least FD_NAME_MAX long.
 */
#define FD_NAME_MAX	16
int	 path_fds(void);
const char *path_fd_name(int, char *);
/*
 * fchdir(2) for this thread.  Its working directory is no more than a means to
 * an end, and may be anywhere.
 */
int	 path_enter(int);
/* Closes what has been resolved, unless it is to stay open. */
void	 base_close(int);
/* Are the caller's user ids those of the broker? */
int	 path_same_users(const struct call *);

/* As many links as the kernel follows in a path. */
#define LINKS_MAX	40

/* broker_check.c: the decisions, and their report */

/* What is done to a name, for reports: "file-write-create", ... */
enum deed {
	DEED_CREATE, DEED_WRITE, DEED_REMOVE, DEED_RENAME, DEED_LINK,
	DEED_MODE, DEED_OWNER, DEED_TIMES, DEED_XATTR, DEED_TRUNCATE,
	DEED_READ, DEED_BIND, DEED_CONNECT,
	DEED_OPEN,		/* made, or written if it is there */
	DEED_MKDIR,
	DEED_RMDIR,
	DEED_REPLACE,		/* the new name of rename(2) */
	DEED_MAX
};
/*
 * May it be done there?  0, or -EPERM after a report.  What would have failed
 * anyway does so as without srt: -ENOENT, -EEXIST.
 */
long	 check_write(struct call *, const struct loc *, enum deed);
/*
 * Mode "landlock": is it a symbolic link where nothing may be written, which
 * may lead to where it may?  The mounts would say so of what it leads to.
 */
int	 check_leads(const struct loc *);
/* May a link be made, or a tree be moved, there?  As check_write(). */
long	 check_stem(struct call *, const struct loc *, enum deed);
/*
 * What is there now stands in the place of what is above a protected name, in
 * a tree of the command's own: that is to be looked at.
 */
void	 check_stood(const struct loc *);
/*
 * May the first, if it is a socket, have the second name as well or instead?
 * A socket of the host's must not come to be listed.
 */
long	 check_socket(struct call *, const struct loc *, const struct loc *,
	    enum deed);
/*
 * The path leads to what there is no descriptor of: CALL_CONTINUE if Landlock
 * makes that sound, else a refusal with this number after a report.
 */
long	 check_kernel(struct call *, const char *, enum deed, int);
/* Does Landlock keep the command from writing where that would matter? */
int	 check_confined(void);
/*
 * Are opens for reading looked at?  Patterns hide files, or, in mode
 * "landlock", Landlock cannot tell what may be read.
 */
int	 check_reads(void);
/*
 * The fd of a LOC_OBJECT, that is the caller's own if it has one: was it
 * opened, for writing at that, when somebody decided on it?  With O_PATH
 * nobody did.
 */
int	 check_opened(int, int);
/*
 * May it be read, or be made so that it can?  0, or after a report -EACCES for
 * DEED_READ, else -EPERM.
 */
long	 check_read(struct call *, const struct loc *, enum deed);
/* A file that is about to become set-user-ID or set-group-ID: -EPERM. */
long	 check_setid(struct call *, const struct loc *, enum deed);
/*
 * What the kernel said about a write: EROFS of a path outside the write
 * roots becomes EPERM with a report, all else stays.
 */
long	 check_result(struct call *, const struct loc *, enum deed, long);
/* The depth for guard_write(). */
unsigned int check_fresh(const struct loc *);
/* Is there nothing but "." and ".." in the directory? */
int	 check_empty(int);
/*
 * May the directory, with all that is in it, go from the first to the second
 * place?  The tree lock is held for writing.
 */
long	 check_tree(struct call *, const struct loc *, const struct loc *);
/* Has a refusal by the guard that is told why; for broker_tree.c. */
long	 check_refused(struct call *, const char *, enum deed,
	    const struct guard_hit *);

/* broker_learn.c: what srt --learn is told */

/* Is anything told? */
int	 learn_wanted(void);
/* Is it allowed as well? */
int	 learn_allows(void);
/* Tells that the settings do not allow it. */
void	 learn_write(struct call *, const struct loc *, enum deed);
/* Likewise, of a file without a name in a directory. */
void	 learn_tmpfile(struct call *, const struct loc *);
/* Likewise, of a socket of the host; 1 if it is allowed. */
int	 learn_unix(struct call *, int, const char *);
/* An operation of VIOLATION_LEARN, its target, and a reason. */
void	 learn_note(struct call *, const char *, const char *, const char *);

/* Beneath the directory whose path is so long, O_PATH; or -errno. */
int	 check_dir(const struct loc *, size_t);
/* Would check_write() refuse it for its name?  Without a report. */
int	 check_held(const struct loc *, enum deed);

/* broker_bare.c: repositories of any name */

/*
 * Does the name, in this directory, make one of what is none, or change what
 * one says is executed?  1 if it is refused, and why.  The depth is that of
 * fresh_depth().
 */
int	 bare_refuses(int, const char *, enum deed, unsigned int,
	    struct guard_hit *);
int	 bare_check(const struct loc *, enum deed, struct guard_hit *);
/* The same for what is put in the place of "info". */
int	 bare_stem(const struct loc *, struct guard_hit *);
/*
 * Must nobody else make a name there meanwhile?  1 and the number of the
 * repository's directory, or 0.
 */
int	 bare_alone(const struct loc *, uint64_t *);

/* broker_same.c */

/*
 * Are these two regular files alike in all that matters, and may the second
 * one be replaced by the first as far as the kernel is concerned?
 */
int	 same_files(const struct loc *, const struct loc *);

/* broker_name.c */

/* What a call returned, or -errno. */
long	 errno_result(long);
/* A link of /proc is meant as such. */
void	 loc_as_name(struct loc *);
/* Is there a directory that it is a name in? */
int	 loc_has_name(const struct loc *);
int	 loc_is_nowhere(const struct loc *);
/* The directory for a call on the last component. */
int	 loc_dirfd(const struct loc *);
/* Only the caller may write to its /proc/self/fd, as far as it goes. */
int	 loc_is_own_fd(const struct loc *);

/* So that what one finds is so until it has acted. */
struct dirs_held {
	unsigned int	 n;
	unsigned int	 i[3];
};
/* The directory of the first one, if it is none of the two below; and those
 * in which the second and third one could complete a repository. */
void	 dirs_hold(struct dirs_held *, const struct loc *, const struct loc *,
	    const struct loc *);
void	 dirs_free(const struct dirs_held *);

/* broker_fresh.c: directories and files that the command has made */

struct fresh_id {
	uint64_t	 dev;
	uint64_t	 ino;
	uint64_t	 born;		/* in ns, as numbers are used again */
};

/* The directory last in dirfd was made by the command just now; "": dirfd. */
void	 fresh_add(int, const char *);
/* The directory that the descriptor refers to: 1 if the command made it. */
int	 fresh_has(int);
/* The same by name; its id, for fresh_remove() once it is gone. */
int	 fresh_find(int, const char *, struct fresh_id *);
void	 fresh_remove(const struct fresh_id *);
int	 fresh_known(const struct fresh_id *);
/*
 * The depth of the highest fresh directory at or above the directory whose
 * path this is, but none above the given depth; or GUARD_OLD.
 */
unsigned int fresh_depth(int, const char *, size_t, unsigned int);
/* A name of a new tree was made that would be protected elsewhere. */
void	 fresh_note(const char *path, const char *name);
/* So much of the path was written, and others execute it. */
void	 fresh_watch(const char *path, size_t len);
/* The directory whose path was the first one has got the second, or both have
 * been exchanged. */
void	 fresh_moved(const char *, const char *, int);
/* Main thread: sends the noted ones as changes to look at. */
void	 fresh_report(void);

/* broker_report.c: refusals, from any thread */

/*
 * Queues a violation: operation, target, reason, rule, cure.  Equal ones in
 * a row are counted.  What does not fit is counted as lost.
 */
void	 report(const struct call *, const char *, const char *,
	    const char *, const char *, const char *);
/* Main thread: passes on what is queued; milliseconds until the next look
 * is due, -1 if none is. */
int	 report_flush(int);
/* An event that there was no room for. */
void	 report_lost(void);
/*
 * Main thread: something to look at, which nobody was refused: target, reason,
 * rule, cure, and of how many.
 */
void	 report_change(const char *, const char *, const char *, const char *,
	    uint64_t);

/* broker_lifted.c: whether what hides a file is still there; main thread */

/* From now on, if there is anything to watch. */
void	 lifted_watch(void);
/* To be polled for POLLPRI, or -1. */
int	 lifted_fd(void);
/*
 * Tells of what nothing hides any more; the argument says whether mounts have
 * changed.  Milliseconds until the next look is due, -1 if none is.
 */
int	 lifted_tend(int);
/* The last look. */
void	 lifted_end(void);

/* broker_open.c, broker_name.c, broker_rename.c, broker_attr.c: file calls */
long	 call_open(struct call *), call_openat(struct call *),
	 call_openat2(struct call *), call_creat(struct call *);
long	 call_mkdir(struct call *), call_mkdirat(struct call *),
	 call_mknod(struct call *), call_mknodat(struct call *),
	 call_unlink(struct call *), call_unlinkat(struct call *),
	 call_rmdir(struct call *), call_rename(struct call *),
	 call_renameat(struct call *), call_renameat2(struct call *),
	 call_link(struct call *), call_linkat(struct call *),
	 call_symlink(struct call *), call_symlinkat(struct call *);
long	 call_truncate(struct call *), call_chmod(struct call *),
	 call_fchmod(struct call *), call_fchmodat(struct call *),
	 call_fchmodat2(struct call *), call_chown(struct call *),
	 call_lchown(struct call *), call_fchown(struct call *),
	 call_fchownat(struct call *), call_utime(struct call *),
	 call_utimes(struct call *), call_futimesat(struct call *),
	 call_utimensat(struct call *), call_setxattr(struct call *),
	 call_lsetxattr(struct call *), call_fsetxattr(struct call *),
	 call_removexattr(struct call *), call_lremovexattr(struct call *),
	 call_fremovexattr(struct call *);

/* broker_socket.c: bind and connect */
long	 call_bind(struct call *), call_connect(struct call *);
/* Mode "landlock" alone: elsewhere a network namespace is all around. */
long	 call_listen(struct call *);

/* broker_connect.c: connections that leave the sandbox */

/*
 * Main thread: sends what workers ask the proxy, looks after those that wait
 * for it.  Milliseconds until it is to be called again, -1 if there is no
 * need.
 */
int	 connect_tend(void);
/* Messages of the proxy: IMSG_BROKER_VERDICT, IMSG_BROKER_LOCAL. */
extern const struct ipc_rule connect_rules[];
extern const size_t	 nconnect_rules;

#endif /* BROKER_H */
