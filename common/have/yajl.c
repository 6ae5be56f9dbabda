#include <stddef.h>
#include <yajl/yajl_parse.h>

int
main(void)
{
	return yajl_alloc(NULL, NULL, NULL) == NULL;
}
