/* SPDX-License-Identifier: ISC */

/*
 * A line with the URL of a proxy, a line with a host, a line with noProxy;
 * what is missing is empty.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/route_parse.h"

#define BASE64 \
	"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/="

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* The next line, terminated; *data and *len are moved behind it. */
static char *
next_line(const uint8_t **data, size_t *len)
{
	const uint8_t	*end = NULL;
	char		*line;
	size_t		 n;

	if (*len > 0)
		end = memchr(*data, '\n', *len);
	n = end == NULL ? *len : (size_t)(end - *data);
	check((line = malloc(n + 1)) != NULL);
	if (n > 0)
		memcpy(line, *data, n);
	line[n] = '\0';
	*data += n + (end != NULL);
	*len -= n + (end != NULL);
	return line;
}

static void
check_url(const char *text)
{
	struct proxy_url	 url;
	struct host		 h;

	if (proxy_url_parse(text, &url) != NULL) {
		check(url.auth == NULL);
		return;
	}
	check(url.port != 0);
	check(host_parse(url.host.name, strlen(url.host.name), &h) == 0);
	check(strcmp(h.name, url.host.name) == 0);
	if (url.auth != NULL) {
		check(strlen(url.auth) % 4 == 0);
		check(strspn(url.auth, BASE64) == strlen(url.auth));
	}
	proxy_url_free(&url);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct bypasses	 list = TAILQ_HEAD_INITIALIZER(list);
	struct bypass	*b;
	struct host	 h;
	char		*url, *host, *no;

	url = next_line(&data, &len);
	host = next_line(&data, &len);
	no = next_line(&data, &len);
	check_url(url);
	check(bypasses_parse(no, &list) == 0);
	TAILQ_FOREACH(b, &list, entry) {
		check(b->prefix <= 128);
		if (!b->any)
			check(bypasses_match(&list, &b->host) == 1);
	}
	if (host_parse(host, strlen(host), &h) == 0)
		(void)bypasses_match(&list, &h);
	bypasses_free(&list);
	free(url);
	free(host);
	free(no);
	return 0;
}
