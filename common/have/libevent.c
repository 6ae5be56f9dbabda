#include <stddef.h>
#include <event2/event.h>

int
main(void)
{
	return event_base_new() == NULL;
}
