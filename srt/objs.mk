# SPDX-License-Identifier: ISC

# The settings alone: tests and fuzzers link these.
SETTINGS_SRCS =	srt/errors.c srt/home.c srt/json.c srt/settings.c \
		$(patsubst %,srt/settings_%.c,admin ceiling check dump \
		layer nearest override read table value) \
		srt/utf8.c srt/xmalloc.c $(PATTERN_SRCS)

# From the settings to paths, guards and what patterns match.
PATHS_SRCS =	srt/bounds.c $(CONF_CASEFOLD_SRCS) srt/follow.c srt/guards.c \
		srt/matches.c srt/output.c srt/paths.c srt/protect.c \
		srt/reading.c srt/target.c srt/walk.c srt-exec/plan.c

# --explain asks those who decide.
EXPLAIN_SRCS =	srt/explain.c srt/explain_bare.c srt/explain_host.c \
		srt/explain_path.c srt/explain_place.c srt/rules.c $(GUARD_DECIDE_SRCS) \
		srt-exec/bare.c srt-exec/own.c srt-exec/seatbelt_lists.c

# What depends on who holds the command; --check does what srt-exec does.
HERE_linux_SRCS = srt/again_linux.c srt/backend_here.c srt/check_linux.c \
		srt-exec/linux_ns.c srt-exec/linux_net.c \
		srt-exec/linux_landlock.c srt-exec/linux_seccomp.c \
		srt-exec/linux_end.c srt-exec/linux_bare.c \
		srt-exec/linux_tty.c srt-exec/cgroup.c
HERE_darwin_SRCS = srt/again_darwin.c srt/backend_darwin.c srt/check_darwin.c \
		srt-exec/end_none.c
HERE_none_SRCS = srt/again_none.c srt/backend_none.c srt/check_none.c \
		srt-exec/end_none.c

SRT_SRCS =	srt/main.c srt/audit.c \
		srt/bare.c srt/control.c srt/ask.c srt/ask_tty.c \
		srt/dial.c srt/env.c srt/keeper.c srt/learn.c srt/learn_add.c \
		srt/learn_paths.c \
		srt/lines.c srt/settings_edit.c srt/options.c \
		srt/options_table.c \
		$(EXPLAIN_SRCS) srt/check.c srt-exec/why.c \
		$(HERE_$(CONF_BACKEND)_SRCS) \
		srt/publish.c srt/route.c $(ROUTE_SRCS) $(CONF_FRONT_SRCS) \
		srt/run.c srt/run_recv.c srt/send.c srt/signals.c srt/tty.c \
		srt/words.c \
		$(PATHS_SRCS) \
		$(SETTINGS_SRCS) $(IPC_SRCS) $(PROC_SRCS) $(SANDBOX_SRCS) \
		$(RULE_SRCS)
SRT_LIBS =	$(CONF_YAJL_LIBS) $(EVENT_LIBS) $(BSD_LIBS) $(CONF_MD_LIBS)

# What shells complete comes of the table that --help comes of.
COMPLETE =	$(GEN)/complete
COMPLETIONS =	$(COMPLETE)/srt.bash $(COMPLETE)/srt.fish $(COMPLETE)/srt.zsh

$(HOST)/gen_complete: srt/gen_complete.c srt/options_table.c \
    srt/options_table.h
	@mkdir -p $(@D)
	$(HOSTCC) $(HOSTCFLAGS) -Isrt -o $@ $(filter %.c,$^)

$(COMPLETE)/srt.%: $(HOST)/gen_complete
	@mkdir -p $(@D)
	$< $* >$@.new && mv $@.new $@
