# SPDX-License-Identifier: ISC

# The settings alone: tests and fuzzers link these.
SETTINGS_SRCS =	srt/errors.c srt/json.c srt/settings.c srt/settings_check.c \
		srt/settings_dump.c srt/settings_read.c srt/settings_table.c \
		srt/settings_value.c srt/utf8.c srt/xmalloc.c

SRT_SRCS =	srt/main.c srt/control.c srt/env.c srt/follow.c \
		srt/options.c srt/paths.c \
		srt/run.c srt/send.c srt/signals.c srt/words.c \
		srt-exec/plan.c \
		$(SETTINGS_SRCS) $(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS) \
		$(RULE_SRCS)
SRT_LIBS =	$(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS)
