#include <sys/types.h>
#include <sys/queue.h>
#include <sys/uio.h>
#include <stdint.h>
#include <imsg.h>

int
main(void)
{
	struct imsgbuf	 b;
	struct imsg	 m;

	if (imsgbuf_init(&b, 3) == -1)
		return 1;
	imsgbuf_allow_fdpass(&b);
	return imsgbuf_get(&b, &m);
}
