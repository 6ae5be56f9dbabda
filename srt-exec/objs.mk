# SPDX-License-Identifier: ISC
PLAN_SRCS =	srt-exec/plan.c
GUARD_DECIDE_SRCS = srt-exec/guard.c srt-exec/guard_fold.c \
		srt-exec/guard_list.c
# The policy as macOS takes it; tests link it everywhere.
SEATBELT_SRCS =	srt-exec/seatbelt.c srt-exec/seatbelt_files.c \
		srt-exec/seatbelt_lists.c srt-exec/seatbelt_make.c \
		srt-exec/seatbelt_names.c srt-exec/seatbelt_net.c \
		srt-exec/seatbelt_reads.c srt-exec/seatbelt_regex.c \
		srt-exec/seatbelt_text.c
GUARD_SRCS =	$(GUARD_DECIDE_SRCS) $(PATTERN_SRCS)
# What builds the sandbox; tests link it too.
SRT_BUILD_SRCS = srt-exec/why.c srt-exec/linux_ns.c srt-exec/linux_mount.c \
		srt-exec/linux_private.c srt-exec/linux_dev.c \
		srt-exec/linux_proc.c srt-exec/linux_landlock.c \
		srt-exec/linux_end.c srt-exec/linux_wake.c \
		srt-exec/own.c
# What answers the command's calls.
SRT_BROKER_SRCS = srt-exec/broker.c srt-exec/broker_notify.c \
		srt-exec/broker_wait.c \
		srt-exec/broker_task.c srt-exec/broker_report.c \
		srt-exec/broker_path.c srt-exec/broker_walk.c \
		srt-exec/broker_kept.c srt-exec/broker_moves.c \
		srt-exec/broker_mounts.c srt-exec/broker_lifted.c \
		srt-exec/broker_tree.c \
		srt-exec/broker_check.c srt-exec/broker_bare.c \
		srt-exec/broker_same.c \
		srt-exec/broker_fresh.c srt-exec/broker_learn.c \
		srt-exec/broker_open.c srt-exec/broker_openat2.c \
		srt-exec/broker_fifo.c \
		srt-exec/broker_name.c srt-exec/broker_rename.c \
		srt-exec/broker_attr.c \
		srt-exec/broker_socket.c srt-exec/broker_unix.c \
		srt-exec/broker_tcp.c srt-exec/broker_connect.c \
		srt-exec/broker_dial.c
# What makes a sandbox: common/configure says which.
BACKEND_linux_SRCS = srt-exec/linux_exec.c srt-exec/init.c \
		srt-exec/command.c srt-exec/limits.c srt-exec/cgroup.c \
		srt-exec/linux_net.c srt-exec/linux_seccomp.c \
		srt-exec/bare.c srt-exec/linux_bare.c \
		srt-exec/linux_tty.c $(SRT_BROKER_SRCS) $(SRT_BUILD_SRCS)
BACKEND_darwin_SRCS = srt-exec/darwin_exec.c srt-exec/kin.c srt-exec/why.c \
		$(SEATBELT_SRCS)
SRT_EXEC_SRCS =	srt-exec/exec.c srt-exec/become.c srt-exec/wall.c \
		$(BACKEND_$(CONF_BACKEND)_SRCS) $(GUARD_SRCS) \
		$(PLAN_SRCS) $(IPC_NOLOOP_SRCS) common/ipc_noloop.c \
		$(PROC_SRCS) $(SANDBOX_SRCS)
# Where nothing can hold a command, it says so.
ifeq ($(CONF_BACKEND),none)
SRT_EXEC_SRCS =	srt-exec/none_exec.c common/log.c $(COMPAT_SRCS)
endif
SRT_EXEC_LIBS =	$(CONF_STATIC) $(BSD_LIBS) -lpthread
