/* SPDX-License-Identifier: ISC */

#ifndef STUB_SYS_PROC_INFO_H
#define STUB_SYS_PROC_INFO_H

#include <stdint.h>

#define PROC_PIDTBSDINFO	3

/* The members that srt reads. */
struct proc_bsdinfo {
	uint32_t	 pbi_pid;
	uint32_t	 pbi_ppid;
	uint32_t	 pbi_pgid;
	uint64_t	 pbi_start_tvsec;
	uint64_t	 pbi_start_tvusec;
};

#endif /* STUB_SYS_PROC_INFO_H */
