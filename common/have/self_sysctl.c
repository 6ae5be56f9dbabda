/* SPDX-License-Identifier: ISC */
#include <sys/types.h>
#include <sys/sysctl.h>

int
main(void)
{
	int	 mib[] = { CTL_KERN, KERN_PROC, KERN_PROC_PATHNAME, -1 };
	char	 buf[1024];
	size_t	 len = sizeof(buf);

	return sysctl(mib, 4, buf, &len, NULL, 0);
}
