# SPDX-License-Identifier: ISC

# The settings alone: tests and fuzzers link these.
SETTINGS_SRCS =	srt/errors.c srt/json.c srt/settings.c srt/settings_check.c \
		srt/settings_dump.c srt/settings_read.c srt/settings_table.c \
		srt/settings_value.c srt/utf8.c srt/xmalloc.c \
		$(PATTERN_SRCS)

# From the settings to paths, guards and what patterns match.
PATHS_SRCS =	srt/follow.c srt/guards.c srt/paths.c srt/protect.c \
		srt/reading.c srt/target.c srt/walk.c srt-exec/plan.c

SRT_SRCS =	srt/main.c srt/control.c srt/env.c \
		srt/options.c \
		srt/run.c srt/send.c srt/signals.c srt/words.c \
		$(PATHS_SRCS) \
		$(SETTINGS_SRCS) $(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS) \
		$(RULE_SRCS)
SRT_LIBS =	$(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)
