# SPDX-License-Identifier: ISC
#
# GNU make.  "make help" lists the targets; everything is built into $(O).

O ?=		build
MAKEFLAGS +=	--no-builtin-rules --no-print-directory

# What make itself thinks of as CC is not a wish of the user's.
ifeq ($(origin CC),default)
CC =		cc
endif

all: programs completions

# These work without a configured tree.
UNCONFIGURED =	help setup check demo clean distclean dist dist-checksums \
		package-test

ifneq ($(filter-out $(UNCONFIGURED),$(or $(MAKECMDGOALS),all)),)
include $(O)/config.mk
endif

# Once configured, the same arguments again: config.mk remembers them.
$(O)/config.mk: common/configure common/version $(wildcard common/have/*.c)
	@CC='$(CC)' sh common/configure -o $(O) $(CONFIGURE_ARGS) $(WISHES)

# The programs know where they belong: "make PREFIX=/usr" is configured anew
# where they would be for another place.
PLACES =	PREFIX BINDIR LIBEXECDIR SYSCONFDIR DATADIR MANDIR
known =		$(shell sed -n 's/^$(1) =[[:space:]]*//p' \
		$(O)/config.mk 2>/dev/null)
lower =		$(shell echo $(1) | tr '[:upper:]' '[:lower:]')
define place
ifeq ($$(origin $(1)),command line)
WISHES +=	--$$(call lower,$(1))='$$($(1))'
ifneq ($$($(1)),$$(call known,$(1)))
$$(O)/config.mk: FORCE
endif
endif
endef
$(foreach p,$(PLACES),$(eval $(call place,$(p))))
FORCE:

GEN =		$(O)/gen
# A header of the system's may have the name of one of ours: <sandbox.h>.
ALLCPPFLAGS =	-I$(O) -I$(GEN) -iquote common $(CONF_CPPFLAGS) $(CPPFLAGS)
ALLCFLAGS =	$(CONF_CFLAGS) $(REMAP) $(CFLAGS)
ALLLDFLAGS =	$(CONF_LDFLAGS) $(LDFLAGS)

# Two builds are identical, whatever the folders are called.  The compiler
# believes PWD, which can be another name of this one.
export PWD :=	$(CURDIR)
ifneq ($(CONF_REMAP),)
REMAP =		$(foreach m,$(CURDIR)=. $(abspath $(O))=build $(O)/=build/,\
		'-ffile-prefix-map=$(m)')
endif

obj =		$(patsubst %.c,$(O)/obj/%.o,$(1))

# V=1 shows the commands whole.
V ?=		0
ifeq ($(V),1)
say =
Q =
else
say =		@echo "$(1) $(2)"
Q =		@
endif

# What each program is made of.
include common/objs.mk
include common/filters.mk
include srt/objs.mk
include srt-proxy/objs.mk
include srt-exec/objs.mk
include srt-monitor/objs.mk

ifneq ($(CONF_SANITIZE),)
SANITIZE_SRCS =	regress/sanitize.c
SANITIZE_LOG =	$(abspath $(O))/sanitize.log
SANITIZE_LINK =	-Wl,--wrap=sandbox_enter
$(O)/obj/regress/sanitize.o: CPPFLAGS += -DSANITIZE_LOG='"$(SANITIZE_LOG)"'
endif

# $(call program,FILE,SOURCES,LIBRARIES)
define program
$(1): $(sort $(call obj,$(2) $(SANITIZE_SRCS)))
	@mkdir -p $$(@D) $(O)/map
	$$(call say,ld,$$(@F))
	$$(Q)$$(CC) $$(ALLCFLAGS) $$(ALLLDFLAGS) -o $$@ $$^ $(3) \
	    $(SANITIZE_LINK) $(if $(CONF_MAP),$(CONF_MAP)$(O)/map/$$(@F))
endef

LIBEXEC =	$(O)/libexec/srt
ROLES =		$(LIBEXEC)/srt-proxy $(LIBEXEC)/srt-exec \
		$(LIBEXEC)/srt-monitor $(LIBEXEC)/srt-tls
PROGRAMS =	$(O)/bin/srt $(ROLES)
PROGRAM_SRCS =	$(sort $(SRT_SRCS) $(SRT_PROXY_SRCS) $(SRT_EXEC_SRCS) \
		$(SRT_MONITOR_SRCS) $(SRT_TLS_SRCS) $(SEATBELT_SRCS) \
		$(SEATBELT_LOG_SRCS) srt-exec/kin.c srt/front_local.c)

$(eval $(call program,$(O)/bin/srt,$(SRT_SRCS),$(SRT_LIBS)))
$(eval $(call program,$(LIBEXEC)/srt-proxy,$(SRT_PROXY_SRCS),\
    $(SRT_PROXY_LIBS)))
$(eval $(call program,$(LIBEXEC)/srt-exec,$(SRT_EXEC_SRCS),\
    $(SRT_EXEC_LIBS)))
$(eval $(call program,$(LIBEXEC)/srt-monitor,$(SRT_MONITOR_SRCS),\
    $(SRT_MONITOR_LIBS)))
$(eval $(call program,$(LIBEXEC)/srt-tls,$(SRT_TLS_SRCS),$(SRT_TLS_LIBS)))

programs: $(PROGRAMS)

completions: $(COMPLETIONS)

# What they are made of here, one a line.
sources:
	@printf '%s\n' $(PROGRAM_SRCS)

# Compiled only: for a look at a second compiler's warnings.
objects: $(call obj,$(PROGRAM_SRCS))

$(O)/obj/%.o: %.c $(O)/config.mk
	@mkdir -p $(@D)
	$(call say,$(notdir $(firstword $(CC))),$<)
	$(Q)$(CC) $(ALLCPPFLAGS) $(ALLCFLAGS) -MMD -MP -c -o $@ $<

include regress/tests.mk
include regress/rules.mk

-include $(shell find $(O)/obj -name '*.d' 2>/dev/null)

# Installing.  MANGZ=1 compresses the man pages.
MAN =		$(wildcard man/*.[1-9])
EXAMPLES =	$(wildcard etc/*.json etc/examples/*)
EXAMPLEDIR =	$(DATADIR)/examples/srt
BASHDIR =	$(DATADIR)/bash-completion/completions
FISHDIR =	$(DATADIR)/fish/vendor_completions.d
ZSHDIR =	$(DATADIR)/zsh/site-functions
INSTALL ?=	install

install: programs completions
	$(INSTALL) -d $(DESTDIR)$(BINDIR) $(DESTDIR)$(LIBEXECDIR)/srt
	$(INSTALL) -m 755 $(O)/bin/srt $(DESTDIR)$(BINDIR)/srt
	$(INSTALL) -m 755 $(ROLES) $(DESTDIR)$(LIBEXECDIR)/srt/
	@set -e; for page in $(MAN); do \
		dir=$(DESTDIR)$(MANDIR)/man$${page##*.}; \
		to=$$dir/$${page##*/}; \
		echo "$(INSTALL) -m 644 $$page $$to"; \
		$(INSTALL) -d "$$dir"; \
		$(INSTALL) -m 644 "$$page" "$$to"; \
		rm -f "$$to.gz"; \
		[ -z "$(MANGZ)" ] || gzip -9nf "$$to"; \
	done
	@set -e; for file in $(EXAMPLES); do \
		echo "$(INSTALL) -m 644 $$file $(DESTDIR)$(EXAMPLEDIR)"; \
		$(INSTALL) -d "$(DESTDIR)$(EXAMPLEDIR)"; \
		$(INSTALL) -m 644 "$$file" "$(DESTDIR)$(EXAMPLEDIR)/"; \
	done
	$(INSTALL) -d $(addprefix $(DESTDIR),$(BASHDIR) $(FISHDIR) $(ZSHDIR))
	$(INSTALL) -m 644 $(COMPLETE)/srt.bash $(DESTDIR)$(BASHDIR)/srt
	$(INSTALL) -m 644 $(COMPLETE)/srt.fish $(DESTDIR)$(FISHDIR)/srt.fish
	$(INSTALL) -m 644 $(COMPLETE)/srt.zsh $(DESTDIR)$(ZSHDIR)/_srt

uninstall:
	rm -f $(DESTDIR)$(BINDIR)/srt
	rm -f $(patsubst $(O)/libexec/%,$(DESTDIR)$(LIBEXECDIR)/%,$(ROLES))
	rm -f $(foreach p,$(MAN),\
	    $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)) \
	    $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(p)))/$(notdir $(p)).gz)
	rm -f $(foreach f,$(EXAMPLES),\
	    $(DESTDIR)$(EXAMPLEDIR)/$(notdir $(f)))
	rm -f $(DESTDIR)$(BASHDIR)/srt $(DESTDIR)$(FISHDIR)/srt.fish \
	    $(DESTDIR)$(ZSHDIR)/_srt
	-rmdir $(DESTDIR)$(LIBEXECDIR)/srt
	-[ ! -d $(DESTDIR)$(EXAMPLEDIR) ] || rmdir $(DESTDIR)$(EXAMPLEDIR)

include etc/release.mk

# Only what we make: $(O) may be any folder.
clean:
	rm -rf $(addprefix $(O)/,obj gen host map bin libexec regress asan \
	    tsan fuzz cover afl other packaging sanitize.log srt-$(VERSION).spdx.json)

distclean: clean
	rm -f $(addprefix $(O)/,config.mk config.h config.log)
	rm -f srt-$(VERSION).tar.gz srt-$(VERSION).tar.gz.sha256
	[ ! -d $(O) ] || rmdir $(O)

help:
	@sed -n 's/^## //p' regress/rules.mk

.PHONY: all programs completions sources objects install uninstall clean \
	distclean help FORCE
.DELETE_ON_ERROR:
