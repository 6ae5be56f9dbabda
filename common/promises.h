/* SPDX-License-Identifier: ISC */
#ifndef PROMISES_H
#define PROMISES_H

/*
 * Which system calls each role may still make once it has confined itself,
 * and why.  The table is read on the build machine by gen_role_filter, which
 * turns it into one BPF program per role and architecture, and by the tests;
 * no role carries it.
 */

#include <stddef.h>
#include <stdint.h>

/* enum role as a mask; of its own because ipc.h is more than a table needs. */
enum promise_role {
	PROMISE_PARENT = 1,
	PROMISE_PROXY = 2,
	PROMISE_EXEC = 4,
	PROMISE_MONITOR = 8,
	PROMISE_RESOLVER = 16,
	PROMISE_BROKER = 32,
	PROMISE_TLS = 64,
	PROMISE_DIALER = 128,
	PROMISE_KEEPER = 256,
	PROMISE_INIT = 512,
	PROMISE_ALL = 1023,
	PROMISE_SANITIZER = 1024 /* every role, where built with ASan and kin */
};

/* The argument is and-ed with the mask and must then be the value. */
struct promise_arg {
	int		 used;
	unsigned int	 arg;		/* 0-5 */
	uint64_t	 mask;
	uint64_t	 value;
};

#define PROMISE_ARGS	3

/*
 * A call is allowed if one of its rows holds for the role; error instead
 * refuses it with that errno.  Every other call kills the process.
 */
struct promise {
	const char		*call;
	uint32_t		 roles;
	const char		*reason;
	int			 error;
	struct promise_arg	 args[PROMISE_ARGS];
};

/*
 * Stands for the pid of the process that confines itself, which is known
 * only then: sandbox_enter() puts it in.  No argument of any row may have
 * this value for another reason.
 */
#define PROMISE_SELF	0x73656c66U

extern const struct promise	promises[];
extern const size_t		npromises;

#endif /* PROMISES_H */
