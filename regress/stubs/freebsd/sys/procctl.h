/* SPDX-License-Identifier: ISC */
#ifndef STUB_PROCCTL_H
#define STUB_PROCCTL_H

/* For tests: procctl(2). */
#include <sys/types.h>
#include <sys/wait.h>

#define PROC_TRACE_CTL		1
#define PROC_TRACE_CTL_DISABLE	2
#define PROC_PDEATHSIG_CTL	3

int	 procctl(idtype_t, id_t, int, void *);

#endif
