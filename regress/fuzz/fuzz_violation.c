/* SPDX-License-Identifier: ISC */

/*
 * The strings of a violation are the command's: whatever they hold, the line
 * stays one line without anything a terminal acts on, and the JSON stays
 * JSON.  The input is six strings between NULs, numbers in front.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include <yajl/yajl_parse.h>

#include "../../srt-monitor/monitor.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check_line(const char *line)
{
	const unsigned char	*p;

	if (strlen(line) > EVENTS_LINE_MAX || strpbrk(line, "<>") != NULL)
		abort();
	for (p = (const unsigned char *)line; *p != '\0'; p++)
		if (*p < 0x20 || *p == 0x7f ||
		    (p[0] == 0xc2 && p[1] < 0xa0))
			abort();
}

static void
check_json(const char *json, size_t len)
{
	yajl_handle	 y;

	if (len == 0 || strlen(json) != len || json[len - 1] != '\n' ||
	    memchr(json, '\n', len) != json + len - 1)
		abort();
	if ((y = yajl_alloc(NULL, NULL, NULL)) == NULL)
		abort();
	if (yajl_parse(y, (const unsigned char *)json, len) !=
	    yajl_status_ok || yajl_complete_parse(y) != yajl_status_ok)
		abort();
	yajl_free(y);
}

static uint64_t
take_number(const uint8_t **data, size_t *size)
{
	uint64_t	 n = 0;
	size_t		 len = *size < sizeof(n) ? *size : sizeof(n);

	memcpy(&n, *data, len);
	*data += len;
	*size -= len;
	return n;
}

static char *
take_string(const uint8_t **data, size_t *size)
{
	char	*s;
	size_t	 len = 0;

	while (len < *size && (*data)[len] != '\0')
		len++;
	if ((s = malloc(len + 1)) == NULL)
		abort();
	memcpy(s, *data, len);
	s[len] = '\0';
	if (len < *size)
		len++;
	*data += len;
	*size -= len;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ignore_list	 list = TAILQ_HEAD_INITIALIZER(list);
	struct violation	 v;
	uint64_t		 lost;
	char			*line, *again, *json;
	size_t			 len;

	v.time = take_number(&data, &size);
	v.count = take_number(&data, &size);
	v.pid = take_number(&data, &size);
	lost = take_number(&data, &size);
	v.operation = take_string(&data, &size);
	v.target = take_string(&data, &size);
	v.reason = take_string(&data, &size);
	v.rule = take_string(&data, &size);
	v.cure = take_string(&data, &size);
	v.program = take_string(&data, &size);

	if ((line = events_line(&v)) == NULL ||
	    (again = events_clean(line)) == NULL ||
	    (json = events_json(&v, lost, &len)) == NULL)
		abort();
	check_line(line);
	if (strcmp(line, again) != 0)
		abort();
	check_json(json, len);
	if (ignore_fits(v.rule, v.program) &&
	    ignore_add(&list, v.rule, v.cure) == -1)
		abort();
	(void)ignore_match(&list, &v, line);
	ignore_clear(&list);

	free(line);
	free(again);
	free(json);
	free(v.operation);
	free(v.target);
	free(v.reason);
	free(v.rule);
	free(v.cure);
	free(v.program);
	return 0;
}
