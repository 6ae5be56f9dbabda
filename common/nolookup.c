/* SPDX-License-Identifier: ISC */

/*
 * libevent can look up names, and with them would come all that a C library
 * loads at run time to do so.  A role that never asks for it is linked with
 * these instead, and so can be linked as a whole.
 */

#include "compat.h"

#include <netdb.h>

int
getaddrinfo(const char *node, const char *service,
    const struct addrinfo *hints, struct addrinfo **res)
{
	(void)node;
	(void)service;
	(void)hints;
	(void)res;
	return EAI_FAIL;
}

void
freeaddrinfo(struct addrinfo *res)
{
	(void)res;
}

struct servent *
getservbyname(const char *name, const char *proto)
{
	(void)name;
	(void)proto;
	return NULL;
}

struct protoent *
getprotobynumber(int proto)
{
	(void)proto;
	return NULL;
}
