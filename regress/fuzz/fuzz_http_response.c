/* SPDX-License-Identifier: ISC */

/*
 * Heads of responses; the first byte of the input is the request they answer.
 * The outcome does not depend on how the bytes come in, and what is written
 * for the client is read with the same meaning.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/http_check.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct http_response first, second;

static void
check(int ok)
{
	if (!ok)
		abort();
}

static size_t
count_fields(const struct http_fields *fs, const char *name)
{
	size_t i, n = 0;

	for (i = 0; i < fs->count; i++)
		n += (size_t)http_span_is(fs->field[i].name, name);
	return n;
}

static void
check_written(const struct http_response *r, const struct http_meta *req,
    unsigned int flags)
{
	struct http_scan scan = { 0, 0 };
	struct http_buf b;
	enum http_body body;

	body = http_response_body(r, req);
	http_buf_init(&b, HTTP_OUT_MAX);
	check(http_write_response(&b, r, req, flags) == 0);
	if (http_parse_response(b.data, b.len, &scan, req, &second) !=
	    HTTP_DONE) {
		check(strcmp(second.why, "header too large") == 0 ||
		    strcmp(second.why, "too many header fields") == 0);
		http_buf_free(&b);
		return;
	}
	check(second.consumed == b.len);
	check(second.status == r->status);
	check(same_span(second.phrase, r->phrase));
	check(second.meta.minor == 1 && second.meta.body == body);
	check(second.meta.length == r->meta.length ||
	    body == HTTP_BODY_CHUNKED || body == HTTP_BODY_CLOSE ||
	    body == HTTP_BODY_NONE);
	check(count_fields(&second.fields, "content-length") +
	    count_fields(&second.fields, "transfer-encoding") <= 1);
	check(count_fields(&second.fields, "connection") <= 1);
	check(count_fields(&second.fields, "proxy-authenticate") == 0);
	check(count_fields(&second.fields, "upgrade") == 0 ||
	    r->status == 101);
	/* HTTP/1.0 readers learn no coding that they do not know. */
	if (req->minor == 0)
		check(count_fields(&second.fields, "transfer-encoding") == 0);
	if (body == HTTP_BODY_CLOSE)
		check(!(second.meta.flags & HTTP_KEEPALIVE));
	http_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const unsigned int kinds[] = { 0, HTTP_HEAD, HTTP_CONNECT,
	    HTTP_UPGRADE };
	struct http_meta req = { HTTP_BODY_NONE, 0, 1, 0 };
	struct http_scan scan = { 0, 0 };
	enum http_result res;
	char *buf;

	if (size == 0)
		return 0;
	req.flags = kinds[data[0] & 3];
	req.minor = data[0] & 4 ? 0 : 1;
	data++;
	size--;
	buf = exact_copy((const char *)data, size);
	res = http_parse_response(buf, size, &scan, &req, &first);
	check(response_in_steps(buf, size, 1, &req, &second) == res);
	check(res == HTTP_MORE || same_response(&first, &second));
	check(response_in_steps(buf, size, size / 3 + 1, &req, &second) ==
	    res);
	check(res == HTTP_MORE || same_response(&first, &second));
	if (res == HTTP_DONE) {
		check(first.consumed <= size);
		check(first.status >= 100 && first.status <= 999);
	}
	/* A tunnel's head is never passed on. */
	if (res == HTTP_DONE && !(first.meta.flags & HTTP_CONNECT)) {
		check_written(&first, &req, 0);
		check_written(&first, &req, HTTP_W_CLOSE);
		check_written(&first, &req, HTTP_W_KEEPALIVE);
	}
	free(buf);
	return 0;
}
