/* SPDX-License-Identifier: ISC */

/*
 * A reason of the policy's or the user's, and a host as the command spelled
 * it: what is said of them is an answer that our own parser accepts, holds
 * nothing that a terminal acts on, and ends where it says.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../../srt-proxy/http_parse.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static void
check(int ok)
{
	if (!ok)
		abort();
}

static void
check_texts(const char *text)
{
	char	 out[REASON_MAX], phrase[REASON_MAX], again[REASON_MAX];
	char	*p;

	reason_sanitise(out, sizeof(out), text);
	reason_phrase(phrase, sizeof(phrase), text);
	for (p = out; *p != '\0'; p++)
		check((unsigned char)*p >= ' ' && *p != 0x7f && *p != '<' &&
		    *p != '>');
	for (p = phrase; *p != '\0'; p++)
		check(*p >= ' ' && *p < 0x7f);
	/* Nothing is left to be done. */
	reason_sanitise(again, sizeof(again), out);
	check(strcmp(out, again) == 0);
}

/* To a request with these flags. */
static void
check_answer(struct http_buf *b, int ret, unsigned int flags)
{
	static struct http_response	 r;
	struct http_scan		 scan = { 0, 0 };
	struct http_meta		 req = { HTTP_BODY_NONE, 0, 1, 0 };

	check(ret == 0);
	if (flags & HTTP_W_HEAD)
		req.flags |= HTTP_HEAD;
	if (flags & HTTP_W_CONNECT)
		req.flags |= HTTP_CONNECT;
	check(http_parse_response(b->data, b->len, &scan, &req, &r) ==
	    HTTP_DONE);
	check(r.status == 403 || r.status == 502);
	if (r.meta.body == HTTP_BODY_LENGTH)
		check(r.consumed + r.meta.length == b->len);
	else
		check(r.meta.body == HTTP_BODY_NONE && r.consumed == b->len);
	http_buf_free(b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct http_buf	 b;
	unsigned int	 flags;
	char		*text;

	if (len == 0 || len > 8192)
		return 0;
	flags = data[0] & (HTTP_W_CLOSE | HTTP_W_KEEPALIVE | HTTP_W_HEAD |
	    HTTP_W_CONNECT);
	if ((text = malloc(len)) == NULL)
		abort();
	memcpy(text, data + 1, len - 1);
	text[len - 1] = '\0';
	check_texts(text);
	http_buf_init(&b, HTTP_OUT_MAX);
	check_answer(&b, http_answer_denied(&b, text, flags), flags);
	http_buf_init(&b, HTTP_OUT_MAX);
	check_answer(&b, http_answer_gateway(&b, text, flags), flags);
	/* A host is what host_parse() has let through. */
	if (strspn(text, "abcdefghijklmnopqrstuvwxyz0123456789.-_:") ==
	    len - 1 && len < 256) {
		http_buf_init(&b, HTTP_OUT_MAX);
		check_answer(&b, http_answer_unreached(&b, text, "x", flags),
		    flags);
		http_buf_init(&b, HTTP_OUT_MAX);
		check_answer(&b, http_answer_blocked(&b, text, "x", flags),
		    flags);
	}
	free(text);
	return 0;
}
