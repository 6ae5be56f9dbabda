/* SPDX-License-Identifier: ISC */

/* What srt needs and this system does not have: somebody to hold a command. */

#include "compat.h"

#include <string.h>

#include "check.h"

static int
probe_backend(struct probe *p)
{
	(void)p;
	return -1;
}

const struct feature	 check_features[] = {
	{ "backend", "a system on which srt can hold a command: Linux",
	    probe_backend, 0, NULL }
};
const size_t		 check_nfeatures = nitems(check_features);

int
check_probe(const struct feature *f, const struct policy *policy,
    char *detail, size_t size)
{
	struct probe	 p;

	memset(&p, 0, sizeof(p));
	p.policy = policy;
	*detail = '\0';
	if (f->probe(&p) == 0)
		return 0;
	(void)strlcpy(detail, "nobody would enforce the settings", size);
	return -1;
}

/* No namespace of users: everybody can be told by his number. */
int
check_unmapped(uid_t uid)
{
	(void)uid;
	return 0;
}
