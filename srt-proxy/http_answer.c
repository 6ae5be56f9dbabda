/* SPDX-License-Identifier: ISC */

/*
 * What the proxy says on its own account (COMPAT section 8).  The words are
 * those of the reference implementation; Content-Length and Connection are
 * added, without which a client has to guess where the answer ends.
 */

#include "compat.h"

#include <string.h>

#include "http_parse.h"

#define ERROR_ALLOWLIST	"blocked-by-allowlist"
#define ERROR_RUNTIME	"blocked-by-sandbox-runtime"
#define ERROR_GATEWAY	"upstream-proxy"

/* A host as host_parse() makes it, and brackets. */
#define HOST_TEXT_MAX	260

struct answer {
	int		 status;
	const char	*phrase;
	const char	*field;		/* a further line, or NULL */
	const char	*body;		/* of a plain request; NULL: none */
};

static const struct answer answers[] = {
	{ 400, "Bad Request", NULL, NULL },
	{ 403, "Forbidden", NULL, NULL },
	{ 407, "Proxy Authentication Required",
	    "Proxy-Authenticate: Basic realm=\"srt\"\r\n", NULL },
	{ 408, "Request Timeout", NULL, NULL },
	{ 431, "Request Header Fields Too Large", NULL, NULL },
	{ 500, "Internal Server Error", NULL, "Internal Server Error" },
	{ 501, "Not Implemented", NULL, NULL },
	{ 502, "Bad Gateway", NULL, "Bad Gateway" },
	{ 503, "Service Unavailable", NULL, "Service Unavailable" },
	{ 504, "Gateway Timeout", NULL, "Gateway Timeout" },
	{ 505, "HTTP Version Not Supported", NULL, NULL }
};

static void
put_status(struct http_buf *b, int status, const char *phrase)
{
	http_buf_puts(b, "HTTP/1.1 ");
	http_buf_number(b, (uint64_t)status);
	http_buf_puts(b, " ");
	http_buf_puts(b, phrase);
	http_buf_puts(b, "\r\n");
}

/* From Content-Length to the end. */
static int
put_body(struct http_buf *b, const char *body, unsigned int flags)
{
	http_buf_puts(b, "Content-Length: ");
	http_buf_number(b, strlen(body));
	http_buf_puts(b, flags & HTTP_W_CLOSE ? "\r\nConnection: close" :
	    flags & HTTP_W_KEEPALIVE ? "\r\nConnection: keep-alive" : "");
	http_buf_puts(b, "\r\n\r\n");
	if (!(flags & HTTP_W_HEAD))
		http_buf_puts(b, body);
	return http_buf_failed(b);
}

int
http_answer(struct http_buf *b, int status, unsigned int flags)
{
	const struct answer *a = NULL;
	const char *body = NULL;
	size_t i;

	if (status == 200 && (flags & HTTP_W_CONNECT)) {
		put_status(b, status, "Connection Established");
		http_buf_puts(b, "\r\n");
		return http_buf_failed(b);
	}
	for (i = 0; i < nitems(answers); i++)
		if (answers[i].status == status ||
		    (a == NULL && answers[i].status == 500))
			a = &answers[i];
	put_status(b, a->status, a->phrase);
	if (a->field != NULL)
		http_buf_puts(b, a->field);
	if (!(flags & HTTP_W_CONNECT))
		body = a->body;
	if (body != NULL)
		http_buf_puts(b, "Content-Type: text/plain\r\n");
	return put_body(b, body == NULL ? "" : body, flags);
}

/* CONNECT has its reason in the status line, which clients show. */
static int
put_reason(struct http_buf *b, int status, const char *usual,
    const char *reason, const char *error, const char *body,
    unsigned int flags)
{
	char phrase[REASON_MAX];

	phrase[0] = '\0';
	if (flags & HTTP_W_CONNECT)
		reason_phrase(phrase, sizeof(phrase), reason);
	put_status(b, status, phrase[0] == '\0' ? usual : phrase);
	http_buf_puts(b, "Content-Type: text/plain\r\n");
	if (error != NULL) {
		http_buf_puts(b, "X-Proxy-Error: ");
		http_buf_puts(b, error);
		http_buf_puts(b, "\r\n");
	}
	return put_body(b, body, flags);
}

static int
put_refusal(struct http_buf *b, const char *reason, const char *error,
    const char *body, unsigned int flags)
{
	return put_reason(b, 403, "Forbidden", reason, error, body, flags);
}

static int
put_gateway(struct http_buf *b, const char *reason, const char *error,
    unsigned int flags)
{
	char body[REASON_MAX + 32], text[REASON_MAX];

	(void)strlcpy(body, "Bad Gateway: ", sizeof(body));
	reason_sanitise(text, sizeof(text), reason);
	(void)strlcat(body, text, sizeof(body));
	(void)strlcat(body, "\n", sizeof(body));
	return put_reason(b, 502, "Bad Gateway", reason, error, body, flags);
}

int
http_answer_gateway(struct http_buf *b, const char *reason,
    unsigned int flags)
{
	return put_gateway(b, reason, ERROR_GATEWAY, flags);
}

int
http_answer_unreached(struct http_buf *b, const char *host,
    const char *reason, unsigned int flags)
{
	char text[REASON_MAX];

	reason_sanitise(text, HOST_TEXT_MAX, host);
	(void)strlcat(text, ": ", sizeof(text));
	(void)strlcat(text, reason, sizeof(text));
	return put_gateway(b, text, NULL, flags);
}

int
http_answer_denied(struct http_buf *b, const char *reason, unsigned int flags)
{
	return put_refusal(b, reason, ERROR_ALLOWLIST,
	    flags & HTTP_W_CONNECT ?
	    "Connection blocked by network allowlist" :
	    "Connection blocked by network allowlist\n", flags);
}

int
http_answer_blocked(struct http_buf *b, const char *host, const char *reason,
    unsigned int flags)
{
	char body[HOST_TEXT_MAX + REASON_MAX + 32], text[REASON_MAX];

	/* Fits: the parts are bounded; a longer host is cut. */
	(void)strlcpy(body, "Connection to ", sizeof(body));
	reason_sanitise(text, HOST_TEXT_MAX, host);
	(void)strlcat(body, text, sizeof(body));
	(void)strlcat(body, " blocked: ", sizeof(body));
	reason_sanitise(text, sizeof(text), reason);
	(void)strlcat(body, text, sizeof(body));
	if (!(flags & HTTP_W_CONNECT))
		(void)strlcat(body, "\n", sizeof(body));
	return put_refusal(b, reason, ERROR_RUNTIME, body, flags);
}
