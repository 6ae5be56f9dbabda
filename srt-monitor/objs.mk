# SPDX-License-Identifier: ISC
# What macOS logs of refusals; tests link it everywhere.
SEATBELT_LOG_SRCS = srt-monitor/seatbelt_log.c
SRT_MONITOR_SRCS = srt-monitor/monitor.c srt-monitor/events.c \
		srt-monitor/audit.c srt-monitor/audit_record.c \
		srt-monitor/ignore.c srt-monitor/output.c srt-monitor/store.c \
		$(CONF_OSLOG_SRCS) $(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS)
SRT_MONITOR_LIBS = $(EVENT_LIBS) $(BSD_LIBS)
