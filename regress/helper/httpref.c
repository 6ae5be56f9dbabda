/* SPDX-License-Identifier: ISC */

/*
 * What libhttp-parser, which was once node's, makes of bytes: reads records
 * as httpread does and prints for each a line of JSON, {"error": its name,
 * "messages": [...]}.  Names and values of fields take turns in one list, to
 * which trailers are added.
 */

#include "compat.h"

#include <err.h>
#include <http_parser.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define RECORD_MAX	(16 * 1024 * 1024)

/* The message that is being read, as it will be printed. */
static struct {
	FILE		*fp[3];		/* url, fields, body: hexadecimal */
	char		*text[3];
	size_t		 size[3];
	int		 open;
	int		 in_value;
	int		 named;		/* a field has begun */
	int		 head;
	unsigned int	 count;
} msg;

enum { URL, FIELDS, BODY };

static void
add_hex(int part, const char *p, size_t len)
{
	size_t	 i;

	for (i = 0; i < len; i++)
		fprintf(msg.fp[part], "%02x", (unsigned char)p[i]);
}

static int
on_begin(http_parser *p)
{
	int	 i;

	(void)p;
	for (i = URL; i <= BODY; i++)
		if ((msg.fp[i] = open_memstream(&msg.text[i],
		    &msg.size[i])) == NULL)
			err(1, "open_memstream");
	msg.open = 1;
	msg.in_value = msg.named = 0;
	return 0;
}

static int
on_url(http_parser *p, const char *data, size_t len)
{
	(void)p;
	add_hex(URL, data, len);
	return 0;
}

/* A name or a value may come in several pieces. */
static int
on_name(http_parser *p, const char *data, size_t len)
{
	(void)p;
	if (msg.in_value || !msg.named)
		fprintf(msg.fp[FIELDS], "%s\"", msg.named ? "\"," : "");
	msg.named = 1;
	msg.in_value = 0;
	add_hex(FIELDS, data, len);
	return 0;
}

static int
on_value(http_parser *p, const char *data, size_t len)
{
	(void)p;
	if (!msg.in_value)
		fprintf(msg.fp[FIELDS], "\",\"");
	msg.in_value = 1;
	add_hex(FIELDS, data, len);
	return 0;
}

static int
on_head(http_parser *p)
{
	(void)p;
	return msg.head;
}

static int
on_body(http_parser *p, const char *data, size_t len)
{
	(void)p;
	add_hex(BODY, data, len);
	return 0;
}

static void
print_message(const http_parser *p, const char *end)
{
	int	 i;

	if (msg.named)
		putc('"', msg.fp[FIELDS]);
	for (i = URL; i <= BODY; i++)
		if (fclose(msg.fp[i]) != 0)
			err(1, "open_memstream");
	printf("%s{\"url\":\"%s\",\"fields\":[%s],\"body\":\"%s\","
	    "\"method\":\"%s\",\"code\":%u,\"minor\":%u,\"end\":%s}",
	    msg.count++ == 0 ? "" : ",", msg.text[URL], msg.text[FIELDS],
	    msg.text[BODY], p->type == HTTP_REQUEST ?
	    http_method_str((enum http_method)p->method) : "",
	    p->type == HTTP_REQUEST ? 0U : p->status_code, p->http_minor, end);
	for (i = URL; i <= BODY; i++)
		free(msg.text[i]);
	msg.open = 0;
}

static int
on_complete(http_parser *p)
{
	print_message(p, "true");
	return 0;
}

static void
run(enum http_parser_type type, const char *data, size_t len)
{
	static const http_parser_settings	 set = {
		.on_message_begin = on_begin,
		.on_url = on_url,
		.on_header_field = on_name,
		.on_header_value = on_value,
		.on_headers_complete = on_head,
		.on_body = on_body,
		.on_message_complete = on_complete
	};
	http_parser				 p;
	size_t					 n;

	msg.count = 0;
	http_parser_init(&p, type);
	printf("{\"messages\":[");
	n = http_parser_execute(&p, &set, data, len);
	/* The end of the connection may be that of a message. */
	if (n == len && HTTP_PARSER_ERRNO(&p) == HPE_OK)
		(void)http_parser_execute(&p, &set, NULL, 0);
	if (msg.open)
		print_message(&p, "false");
	printf("],\"error\":\"%s\"}\n", http_errno_name(HTTP_PARSER_ERRNO(&p)));
}

int
main(void)
{
	char		*data, *line = NULL;
	size_t		 len, size = 0;
	unsigned int	 head, minor;

	while (getline(&line, &size, stdin) > 0) {
		head = 0;
		if (sscanf(line, "Q %zu", &len) != 1 && sscanf(line,
		    "R %u %u %zu", &head, &minor, &len) != 3)
			errx(2, "no record: %s", line);
		if (len > RECORD_MAX || (data = malloc(len + !len)) == NULL ||
		    fread(data, 1, len, stdin) != len)
			errx(2, "a record of %zu bytes", len);
		msg.head = head != 0;
		run(line[0] == 'Q' ? HTTP_REQUEST : HTTP_RESPONSE, data, len);
		free(data);
	}
	free(line);
	return ferror(stdin) || fflush(stdout) == EOF;
}
