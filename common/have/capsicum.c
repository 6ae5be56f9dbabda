/* SPDX-License-Identifier: ISC */
#include <sys/types.h>
#include <sys/capsicum.h>
#include <sys/procctl.h>

int
main(void)
{
	int	 sig = 0;

	return procctl(P_PID, 0, PROC_PDEATHSIG_CTL, &sig) == -1 ||
	    cap_enter() == -1;
}
