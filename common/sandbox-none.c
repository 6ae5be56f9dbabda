/* SPDX-License-Identifier: ISC */

/*
 * Systems for which no way to confine a process has been written yet.  A
 * role never runs unconfined, so nothing runs.
 */

#include "compat.h"

#include "log.h"
#include "sandbox.h"

void
sandbox_follow(int sig)
{
	(void)sig;
}

void
sandbox_drop(enum role role)
{
	(void)role;
	fatalx("srt cannot confine its own processes on this system yet");
}

void
sandbox_hide(void)
{
	fatalx("srt cannot confine its own processes on this system yet");
}

void
sandbox_enter(enum role role)
{
	(void)role;
	fatalx("srt cannot confine its own processes on this system yet");
}
