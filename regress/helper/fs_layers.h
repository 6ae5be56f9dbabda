/* SPDX-License-Identifier: ISC */
#ifndef FS_LAYERS_H
#define FS_LAYERS_H

/*
 * Attacks on files, each in a folder of its own: "w", a write root and the
 * working directory, and beside it "h", the host's.  See fs_layers.c.
 */

/* What the kernel or the file system does not have, even without srt. */
#define TRY_NONE	(-1)

/* An attack on a path: 1 if it succeeded, 0, or TRY_NONE. */
typedef int		 (*try_fn)(const char *);

/* A process outside, whose number only makes sense there. */
extern int		 try_outside;

/* fs_layers_tree.c */

/* Makes both folders in the working directory. */
void			 tree_make(void);

/* fs_layers_try.c: of what is there */

int			 try_write(const char *), try_append(const char *),
			 try_open_trunc(const char *),
			 try_truncate(const char *), try_reopen(const char *),
			 try_openat2(const char *), try_mmap(const char *),
			 try_splice(const char *), try_copy(const char *),
			 try_clone(const char *),
			 try_unlink(const char *), try_away(const char *),
			 try_link_away(const char *), try_onto(const char *),
			 try_exchange(const char *), try_whiteout(const char *),
			 try_chmod(const char *), try_fchmod(const char *),
			 try_chown(const char *), try_times(const char *),
			 try_xattr(const char *), try_flags(const char *),
			 try_new_xattr(const char *),
			 try_new_flags(const char *);

/* of what is not, or not yet */

int			 try_create(const char *), try_mkdir(const char *),
			 try_mkfifo(const char *), try_symlink(const char *),
			 try_link(const char *), try_rename(const char *),
			 try_tmpfile(const char *), try_bind(const char *);

/* fs_layers_odd.c: in a way of their own */

int			 try_in_new(const char *), try_dangling(const char *),
			 try_by_link(const char *), try_by_chdir(const char *),
			 try_by_dirfd(const char *), try_deleted(const char *),
			 try_fifo(const char *), try_anew(const char *),
			 try_exchange_dir(const char *),
			 try_fd_write(const char *), try_fd_dir(const char *),
			 try_exe(const char *), try_namespace(const char *),
			 try_remount(const char *),
			 try_remount_chmod(const char *),
			 try_unmask(const char *),
			 try_other_create(const char *),
			 try_other_write(const char *),
			 try_other_chmod(const char *),
			 try_other_read(const char *),
			 try_outer_root(const char *),
			 try_handle(const char *), try_read(const char *),
			 try_list(const char *), try_late(const char *),
			 try_watch(const char *), try_fanotify(const char *),
			 try_size(const char *), try_lock(const char *),
			 try_getxattr(const char *), try_uring(const char *),
			 try_core(const char *), try_knob(const char *),
			 try_setid(const char *), try_setid_new(const char *),
			 try_setid_node(const char *),
			 try_setid_tmpfile(const char *),
			 try_capable(const char *),
			 try_settings(const char *);

#endif /* FS_LAYERS_H */
