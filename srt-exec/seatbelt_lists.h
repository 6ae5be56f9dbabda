/* SPDX-License-Identifier: ISC */
#ifndef SEATBELT_LISTS_H
#define SEATBELT_LISTS_H

/*
 * The lists that stand in every profile; seatbelt_lists.c.
 */

#include "compat.h"

/* One filter of a rule, "(global-name "com.apple.logd")". */
struct seatbelt_item {
	const char	*filter;
	const char	*text;
};

#define SEATBELT_RULES		12
#define SEATBELT_SERVICES	15
#define SEATBELT_TRUST		1
#define SEATBELT_EVENTS		3
#define SEATBELT_IOKIT		3
#define SEATBELT_SYSCTLS	58
#define SEATBELT_IOCTLS		6
#define SEATBELT_DEVICES	9

/* allowPty: those that are made by it. */
#define SEATBELT_PTYS		"(literal \"/dev/ptmx\") (regex \"^/dev/ttys\")"

extern const char *const		 seatbelt_rules[SEATBELT_RULES];
extern const struct seatbelt_item	 seatbelt_services[SEATBELT_SERVICES];
extern const struct seatbelt_item	 seatbelt_trust[SEATBELT_TRUST];
extern const struct seatbelt_item	 seatbelt_events[SEATBELT_EVENTS];
extern const struct seatbelt_item	 seatbelt_iokit[SEATBELT_IOKIT];
extern const struct seatbelt_item	 seatbelt_sysctls[SEATBELT_SYSCTLS];
extern const struct seatbelt_item	 seatbelt_ioctls[SEATBELT_IOCTLS];
extern const struct seatbelt_item	 seatbelt_devices[SEATBELT_DEVICES];

#endif /* SEATBELT_LISTS_H */
