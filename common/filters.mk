# SPDX-License-Identifier: ISC
#
# The seccomp programs: written by two small tools that run on the build
# machine with libseccomp, embedded into the roles.  HOSTCC and HOST_SECCOMP
# are what configure has found for that machine.

HOSTCFLAGS ?=	-std=gnu11 -O1 -g -Wall -Wextra -Wshadow \
		-Wstrict-prototypes -Wmissing-prototypes -Werror
HOST =		$(O)/host

GEN_FILTER =	common/gen_filter.c common/gen_filter.h

$(HOST)/gen_role_filter: common/gen_role_filter.c common/promises.c \
    common/promises.h $(GEN_FILTER)
	$(call say,ld,$(@F))
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTCFLAGS) -Icommon -o $@ $(filter %.c,$^) \
	    $(HOST_SECCOMP)

$(HOST)/gen_command_filter: srt-exec/gen_command_filter.c \
    srt-exec/gen_command_table.c srt-exec/gen_command_filter.h \
    srt-exec/linux_new.h $(GEN_FILTER)
	$(call say,ld,$(@F))
	@mkdir -p $(@D)
	$(Q)$(HOSTCC) $(HOSTCFLAGS) -Icommon -o $@ $(filter %.c,$^) \
	    $(HOST_SECCOMP)

$(GEN)/role_filter.h: $(HOST)/gen_role_filter
	$(call say,gen,$(@F))
	@mkdir -p $(@D)
	$(Q)$< $@.new && mv $@.new $@

$(GEN)/command_filter.h: $(HOST)/gen_command_filter
	$(call say,gen,$(@F))
	@mkdir -p $(@D)
	$(Q)$< $@.new && mv $@.new $@

# Objects that include them.
$(O)/obj/common/sandbox-linux.o $(O)/obj/regress/unit/sandbox_test.o: \
    $(GEN)/role_filter.h
$(O)/obj/srt-exec/linux_seccomp.o: $(GEN)/command_filter.h
$(O)/obj/regress/unit/filter_x86_64.o $(O)/obj/regress/unit/filter_aarch64.o: \
    $(GEN)/role_filter.h $(GEN)/command_filter.h
