# SPDX-License-Identifier: ISC
# Shared by the programs; each names what it links.
COMPAT_SRCS =	$(CONF_COMPAT_SRCS)
IMSG_SRCS =	$(CONF_IMSG_SRCS)
IPC_NOLOOP_SRCS = common/log.c common/ipc.c common/violation.c common/access.c \
		$(IMSG_SRCS) $(COMPAT_SRCS)
IPC_SRCS =	$(IPC_NOLOOP_SRCS) common/ipc_loop.c
RULE_SRCS =	common/rule.c common/ruleset.c common/rule_index.c \
		common/rule_cure.c common/host.c common/addr.c
BASE64_SRCS =	common/base64.c
PATTERN_SRCS =	common/pattern.c
SANDBOX_SRCS =	$(CONF_SANDBOX_SRCS)
PROC_SRCS =	common/proc.c $(CONF_SELF_SRCS)
EVENT_LIBS =	$(CONF_EVENT_LIBS)
BSD_LIBS =	$(CONF_BSD_LIBS)
