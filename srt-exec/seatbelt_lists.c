/* SPDX-License-Identifier: ISC */

/*
 * What programs of macOS need of their system, whatever the policy: without
 * these a shell, a compiler or an interpreter does not start.
 */

#include "compat.h"

#include "seatbelt_lists.h"

/* Without an argument that the policy could have a say in. */
const char *const	 seatbelt_rules[SEATBELT_RULES] = {
	/* Programs are executed and watched, within the sandbox alone. */
	"(allow process-exec)",
	"(allow process-fork)",
	"(allow process-info* (target same-sandbox))",
	"(allow signal (target same-sandbox))",
	"(allow mach-priv-task-port (target same-sandbox))",
	"(allow user-preference-read)",
	/* Shared memory and semaphores, as Python's multiprocessing has. */
	"(allow ipc-posix-shm)",
	"(allow ipc-posix-sem)",
	"(allow iokit-get-properties)",
	/* SYSPROTO_CONTROL: events of the kernel, no network. */
	("(allow system-socket (require-all (socket-domain AF_SYSTEM) "
	    "(socket-protocol 2)))"),
	/* V8 counts its threads by it. */
	"(allow sysctl-write (sysctl-name \"kern.tcsm_enable\"))",
	"(allow distributed-notification-post)"
};

/* Sound, fonts, log, users and groups, keys and certificates. */
const struct seatbelt_item	 seatbelt_services[SEATBELT_SERVICES] = {
	{ "global-name", "com.apple.audio.systemsoundserver" },
	{ "global-name", "com.apple.distributed_notifications@Uv3" },
	{ "global-name", "com.apple.FontObjectsServer" },
	{ "global-name", "com.apple.fonts" },
	{ "global-name", "com.apple.logd" },
	{ "global-name", "com.apple.lsd.mapdb" },
	{ "global-name", "com.apple.PowerManagement.control" },
	{ "global-name", "com.apple.system.logger" },
	{ "global-name", "com.apple.system.notification_center" },
	{ "global-name", "com.apple.system.opendirectoryd.libinfo" },
	{ "global-name", "com.apple.system.opendirectoryd.membership" },
	{ "global-name", "com.apple.bsd.dirhelper" },
	{ "global-name", "com.apple.securityd.xpc" },
	{ "global-name", "com.apple.coreservices.launchservicesd" },
	{ "global-name", "com.apple.SecurityServer" }
};

/* Go asks it whether to trust a certificate; it goes to the network. */
const struct seatbelt_item	 seatbelt_trust[SEATBELT_TRUST] = {
	{ "global-name", "com.apple.trustd.agent" }
};

/* open(1), osascript(1): macOS 14 and 15 need the last two. */
const struct seatbelt_item	 seatbelt_events[SEATBELT_EVENTS] = {
	{ "global-name", "com.apple.coreservices.appleevents" },
	{ "global-name", "com.apple.CoreServices.coreservicesd" },
	{ "global-name", "com.apple.coreservices.quarantine-resolver" }
};

const struct seatbelt_item	 seatbelt_iokit[SEATBELT_IOKIT] = {
	{ "iokit-registry-entry-class", "IOSurfaceRootUserClient" },
	{ "iokit-registry-entry-class", "RootDomainUserClient" },
	{ "iokit-user-client-class", "IOSurfaceSendRight" }
};

/* Processor, memory, kernel, limits; the processes there are; routes. */
const struct seatbelt_item	 seatbelt_sysctls[SEATBELT_SYSCTLS] = {
	{ "sysctl-name", "hw.activecpu" },
	{ "sysctl-name", "hw.busfrequency_compat" },
	{ "sysctl-name", "hw.byteorder" },
	{ "sysctl-name", "hw.cacheconfig" },
	{ "sysctl-name", "hw.cachelinesize_compat" },
	{ "sysctl-name", "hw.cpufamily" },
	{ "sysctl-name", "hw.cpufrequency" },
	{ "sysctl-name", "hw.cpufrequency_compat" },
	{ "sysctl-name", "hw.cputype" },
	{ "sysctl-name", "hw.l1dcachesize_compat" },
	{ "sysctl-name", "hw.l1icachesize_compat" },
	{ "sysctl-name", "hw.l2cachesize_compat" },
	{ "sysctl-name", "hw.l3cachesize_compat" },
	{ "sysctl-name", "hw.logicalcpu" },
	{ "sysctl-name", "hw.logicalcpu_max" },
	{ "sysctl-name", "hw.machine" },
	{ "sysctl-name", "hw.memsize" },
	{ "sysctl-name", "hw.ncpu" },
	{ "sysctl-name", "hw.nperflevels" },
	{ "sysctl-name", "hw.packages" },
	{ "sysctl-name", "hw.pagesize_compat" },
	{ "sysctl-name", "hw.pagesize" },
	{ "sysctl-name", "hw.physicalcpu" },
	{ "sysctl-name", "hw.physicalcpu_max" },
	{ "sysctl-name", "hw.tbfrequency_compat" },
	{ "sysctl-name", "hw.vectorunit" },
	{ "sysctl-name", "kern.argmax" },
	{ "sysctl-name", "kern.bootargs" },
	{ "sysctl-name", "kern.hostname" },
	{ "sysctl-name", "kern.maxfiles" },
	{ "sysctl-name", "kern.maxfilesperproc" },
	{ "sysctl-name", "kern.maxproc" },
	{ "sysctl-name", "kern.ngroups" },
	{ "sysctl-name", "kern.osproductversion" },
	{ "sysctl-name", "kern.osrelease" },
	{ "sysctl-name", "kern.ostype" },
	{ "sysctl-name", "kern.osvariant_status" },
	{ "sysctl-name", "kern.osversion" },
	{ "sysctl-name", "kern.secure_kernel" },
	{ "sysctl-name", "kern.tcsm_available" },
	{ "sysctl-name", "kern.tcsm_enable" },
	{ "sysctl-name", "kern.usrstack64" },
	{ "sysctl-name", "kern.version" },
	{ "sysctl-name", "kern.willshutdown" },
	{ "sysctl-name", "machdep.cpu.brand_string" },
	{ "sysctl-name", "machdep.ptrauth_enabled" },
	{ "sysctl-name", "security.mac.lockdown_mode_state" },
	{ "sysctl-name", "sysctl.proc_cputype" },
	{ "sysctl-name", "vm.loadavg" },
	{ "sysctl-name-prefix", "hw.optional.arm" },
	{ "sysctl-name-prefix", "hw.optional.arm." },
	{ "sysctl-name-prefix", "hw.optional.armv8_" },
	{ "sysctl-name-prefix", "hw.perflevel" },
	{ "sysctl-name-prefix", "kern.proc.all" },
	{ "sysctl-name-prefix", "kern.proc.pgrp." },
	{ "sysctl-name-prefix", "kern.proc.pid." },
	{ "sysctl-name-prefix", "machdep.cpu." },
	{ "sysctl-name-prefix", "net.routetable." }
};

const struct seatbelt_item	 seatbelt_ioctls[SEATBELT_IOCTLS] = {
	{ "literal", "/dev/null" },
	{ "literal", "/dev/zero" },
	{ "literal", "/dev/random" },
	{ "literal", "/dev/urandom" },
	{ "literal", "/dev/dtracehelper" },
	{ "literal", "/dev/tty" }
};

/* COMPAT 16.2, and what every program may write to. */
const struct seatbelt_item	 seatbelt_devices[SEATBELT_DEVICES] = {
	{ "literal", "/dev/null" },
	{ "literal", "/dev/zero" },
	{ "literal", "/dev/random" },
	{ "literal", "/dev/urandom" },
	{ "literal", "/dev/tty" },
	{ "literal", "/dev/stdout" },
	{ "literal", "/dev/stderr" },
	{ "literal", "/dev/dtracehelper" },
	{ "literal", "/dev/autofs_nowait" }
};
