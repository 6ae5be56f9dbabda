# SPDX-License-Identifier: ISC
PLAN_SRCS =	srt-exec/plan.c
# What builds the sandbox; tests link it too.
SRT_BUILD_SRCS = srt-exec/why.c srt-exec/linux_ns.c srt-exec/linux_mount.c \
		srt-exec/linux_private.c srt-exec/linux_dev.c \
		srt-exec/linux_proc.c srt-exec/linux_landlock.c
SRT_EXEC_SRCS =	srt-exec/exec.c srt-exec/broker.c srt-exec/init.c srt-exec/command.c \
		srt-exec/linux_net.c srt-exec/linux_seccomp.c \
		$(PLAN_SRCS) $(SRT_BUILD_SRCS) \
		$(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS)
SRT_EXEC_LIBS =	$(EVENT_LIBS) $(BSD_LIBS)
