/* SPDX-License-Identifier: ISC */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

/*
 * HTTP/1.1 messages (RFC 9110, RFC 9112) as a proxy reads and writes them.
 * Pure: no event, imsg or socket header.  What is accepted has one meaning
 * only; everything else is refused, and what goes out is written anew from
 * the parsed parts, so that the next reader cannot understand it otherwise.
 *
 * The caller owns every buffer.  Spans point into the buffer that was given
 * and hold for as long as it neither moves nor changes: take from a message
 * what is needed (usually: decide, then write the head for the other side
 * into a struct http_buf, then copy .meta) before draining the input.
 */

#include "compat.h"

#define HTTP_HEAD_MAX		16384	/* bytes, start line to empty line */
#define HTTP_FIELDS_MAX		128	/* field lines in one section */
#define HTTP_METHOD_MAX		32	/* bytes */
#define HTTP_TRAILER_MAX	4096	/* bytes of a trailer section */
#define HTTP_CHUNK_EXT_MAX	256	/* bytes of extension of one chunk */
#define HTTP_CHUNK_EXT_TOTAL	16384	/* the same, of a whole body */
#define HTTP_CHUNK_HEAD_SIZE	20	/* 16 hex digits, CR LF, NUL */
#define HTTP_OUT_MAX		65536	/* bytes of a head that we write */

struct http_span {
	const char	*p;
	size_t		 len;
};

struct http_field {
	struct http_span name;
	struct http_span value;	/* without white space around it */
};

struct http_fields {
	size_t		  count;
	struct http_field field[HTTP_FIELDS_MAX];
};

enum http_result {
	HTTP_MORE,		/* call again with more bytes */
	HTTP_DONE,
	HTTP_ERROR		/* never recovers: answer and close */
};

/* How the end of the body is known. */
enum http_body {
	HTTP_BODY_NONE,
	HTTP_BODY_LENGTH,	/* meta.length bytes, may be 0 */
	HTTP_BODY_CHUNKED,	/* decode with http_chunk_next() */
	HTTP_BODY_CLOSE		/* responses only: until EOF */
};

/* The shape of a request-target (RFC 9112 section 3.2). */
enum http_form {
	HTTP_FORM_ORIGIN,	/* "/path": not for a proxy */
	HTTP_FORM_ABSOLUTE,	/* "http://host/path" or https */
	HTTP_FORM_AUTHORITY,	/* "host:port", with CONNECT and only there */
	HTTP_FORM_ASTERISK	/* "*", with OPTIONS and only there */
};

enum http_flag {
	HTTP_KEEPALIVE = 1,	/* this side lets the connection live on */
	HTTP_UPGRADE = 2,	/* request: asks to switch; response: a 101 */
	HTTP_EXPECT = 4,	/* request: waits for 100 (Continue) */
	HTTP_HEAD = 8,		/* request: HEAD */
	HTTP_CONNECT = 16,	/* request: CONNECT; response: tunnel open */
	HTTP_INTERIM = 32,	/* response: 1xx but not 101; another follows */
	HTTP_LENGTH = 64	/* response without body: .length was stated */
};

/* What outlives the buffer: copy it freely. */
struct http_meta {
	enum http_body	 body;
	uint64_t	 length;
	unsigned int	 minor;		/* HTTP/1.minor */
	unsigned int	 flags;		/* mask of enum http_flag */
};

/*
 * Where the search for the end of the head stands, so that bytes are looked
 * at once however they trickle in.  All zero at the start of each message;
 * kept by the caller between calls for the same head; the head must stay at
 * the start of the buffer meanwhile.
 */
struct http_scan {
	size_t		 off;
	unsigned int	 state;
};

struct http_request {
	size_t		 consumed;	/* HTTP_DONE: length of the head */
	struct http_meta meta;
	struct http_span method;
	enum http_form	 form;
	int		 https;		/* HTTP_FORM_ABSOLUTE: the scheme */
	/*
	 * Of the target, not of the Host field: text for host_parse(); IPv6
	 * keeps its brackets.  ABSOLUTE and AUTHORITY only, else empty.
	 */
	struct http_span host;
	uint16_t	 port;		/* explicit, or the scheme's default */
	struct http_span path;		/* path and query as spelled; may be
					   empty or start with '?' */
	struct http_span host_field;	/* value of Host, for origin-form */
	struct http_fields fields;
	int		 status;	/* HTTP_ERROR: 400, 431, 501, 505 */
	const char	*why;		/* HTTP_ERROR: static text */
};

struct http_response {
	size_t		 consumed;
	struct http_meta meta;
	int		 status;
	struct http_span phrase;	/* may be empty */
	struct http_fields fields;
	const char	*why;		/* HTTP_ERROR: static text; say 502 */
};

/* http_parse.c */

/*
 * Reads the head of a request from the first bytes of the buffer.  The
 * result does not depend on how the bytes were cut into calls.  One empty
 * line before the request line is skipped (RFC 9112 section 2.2).
 */
enum http_result http_parse_request(const char *, size_t, struct http_scan *,
	    struct http_request *);
/*
 * Reads the head of a response to the request with the given meta (HEAD,
 * CONNECT and Upgrade change what it means; with HTTP_CONNECT set in it, a
 * 2xx gives HTTP_CONNECT: the bytes after the head belong to the tunnel).
 * With HTTP_INTERIM set another head follows: parse again with a fresh scan.
 */
enum http_result http_parse_response(const char *, size_t, struct http_scan *,
	    const struct http_meta *, struct http_response *);
/*
 * Splits "host", "host:port", "[v6]", "[v6]:port" (no user part).  The port
 * stays untouched where none is stated.  -1 if malformed.
 */
int	 http_parse_authority(struct http_span, struct http_span *, uint16_t *);

/* http_field.c */

/* Case-insensitive comparison with a C string. */
int	 http_span_is(struct http_span, const char *);
/* First field of that name, or NULL. */
const struct http_field *http_field_find(const struct http_fields *,
	    const char *);
/* Does a comma-separated list in any field of that name hold the token? */
int	 http_field_has(const struct http_fields *, const char *, const char *);
/*
 * Cuts the next element off a comma-separated list; empty ones are skipped.
 * Returns 0 at the end.
 */
int	 http_list_next(struct http_span *, struct http_span *);
/* Is this field for one hop only (RFC 9110 7.6.1), or named by Connection? */
int	 http_field_hop(const struct http_fields *, struct http_span);
/* May this field never stand in a trailer section (RFC 9110 6.5.1)? */
int	 http_field_no_trailer(struct http_span);
int	 http_is_token(struct http_span);

enum http_section {
	HTTP_SECTION_REQUEST,
	HTTP_SECTION_RESPONSE,
	HTTP_SECTION_TRAILER
};
/*
 * Looks for the empty line that ends a section of at most that many bytes;
 * refuses bare CR, bare LF and control characters on the way.  On HTTP_DONE
 * scan->off is the section's length; on HTTP_ERROR *why and *status (400,
 * 431) are set.
 */
enum http_result http_scan(const char *, size_t, struct http_scan *,
	    enum http_section, size_t, const char **, int *);
/*
 * Reads the field lines of a section that http_scan() has accepted, up to
 * and with the empty line.  -1 with *why and *status (400, 431).
 */
int	 http_parse_fields(const char *, size_t, struct http_fields *,
	    const char **, int *);

/* http_body.c */

/*
 * Sets meta from version, method, status and fields: framing (RFC 9112
 * section 6), persistence, Upgrade, Expect.  -1 with why and, in a request,
 * status set.  Called by the parsers.
 */
int	 http_frame_request(struct http_request *);
int	 http_frame_response(struct http_response *, const struct http_meta *);

/* http_chunk.c */

/*
 * Decoder for the chunked coding.  All zero at the start of each body.
 *
 * Call http_chunk_next() with what the input holds; drain *used bytes after
 * every call, also after an error.
 *   HTTP_CHUNK_MORE   needs more input than is there (what is left undrained
 *                     must be offered again, at most HTTP_TRAILER_MAX bytes)
 *   HTTP_CHUNK_DATA   *data is a piece of the body, within the bytes used
 *   HTTP_CHUNK_END    the body is over; fields hold the trailers, if any
 *   HTTP_CHUNK_ERROR  chunk->why says why; close both sides
 * data and fields must be given; fields only count after HTTP_CHUNK_END.
 */
enum http_chunk_event {
	HTTP_CHUNK_MORE,
	HTTP_CHUNK_DATA,
	HTTP_CHUNK_END,
	HTTP_CHUNK_ERROR
};

struct http_chunk {
	unsigned int	 state;
	unsigned int	 digits;
	unsigned int	 ext;		/* bytes of this chunk's extension */
	unsigned int	 exttotal;
	uint64_t	 left;		/* of the chunk being read */
	struct http_scan scan;
	const char	*why;
};

enum http_chunk_event http_chunk_next(struct http_chunk *, const char *,
	    size_t, size_t *, struct http_span *, struct http_fields *);
/*
 * For a relay that moves the data without looking at it (splice): how many
 * bytes of plain data come next, and that n of them have gone by.
 */
uint64_t http_chunk_left(const struct http_chunk *);
void	 http_chunk_skip(struct http_chunk *, uint64_t);
/*
 * Writes the line before a chunk of n > 0 bytes, NUL-terminated, and returns
 * its length.  After the data goes HTTP_CHUNK_TAIL.
 */
#define HTTP_CHUNK_TAIL		"\r\n"
size_t	 http_chunk_head(char [HTTP_CHUNK_HEAD_SIZE], uint64_t);

/* http_buf.c */

/*
 * A small string that grows up to a limit.  The first failure (limit, out of
 * memory) sticks: write everything, then ask http_buf_failed() once.
 */
struct http_buf {
	char		*data;
	size_t		 len;
	size_t		 size;
	size_t		 max;
	int		 failed;
};

void	 http_buf_init(struct http_buf *, size_t);
void	 http_buf_free(struct http_buf *);
void	 http_buf_put(struct http_buf *, const void *, size_t);
void	 http_buf_puts(struct http_buf *, const char *);
void	 http_buf_span(struct http_buf *, struct http_span);
void	 http_buf_number(struct http_buf *, uint64_t);
int	 http_buf_failed(const struct http_buf *);

/* http_write.c */

/* Where a request goes: the decided, canonical destination. */
struct http_target {
	const char	*host;		/* IPv6 without brackets */
	uint16_t	 port;
	int		 https;
	const char	*auth;	/* Basic, for the proxy that gets it, or NULL */
};

enum http_write_flag {
	HTTP_W_CLOSE = 1,	/* "Connection: close" */
	HTTP_W_KEEPALIVE = 2,	/* "Connection: keep-alive" (for HTTP/1.0) */
	HTTP_W_UPGRADE = 4,	/* pass the Upgrade on (meta has HTTP_UPGRADE) */
	HTTP_W_ABSOLUTE = 8,	/* absolute-form, for a parent proxy */
	HTTP_W_HEAD = 16,	/* answers: the request was HEAD: no body */
	HTTP_W_CONNECT = 32	/* answers: the request was CONNECT */
};

/*
 * Writes the head of a request other than CONNECT: Host and the target from
 * http_target, the other end-to-end fields in their order, then framing as
 * meta.body says (the body of HTTP_BODY_CHUNKED is to be chunked anew or
 * passed on unchanged chunk by chunk), always as HTTP/1.1.  -1 with errno
 * ENOMEM or EMSGSIZE.
 */
int	 http_write_request(struct http_buf *, const struct http_request *,
	    const struct http_target *, unsigned int);
/*
 * How the body of a response goes to the client of that request: CHUNKED
 * becomes CLOSE for HTTP/1.0; CLOSE becomes CHUNKED for HTTP/1.1.
 */
enum http_body http_response_body(const struct http_response *,
	    const struct http_meta *);
/* An interim response has no place on an HTTP/1.0 connection: drop it. */
int	 http_response_wanted(const struct http_response *,
	    const struct http_meta *);
/*
 * Writes the head of a response to the client of that request, framed as
 * http_response_body() says.  With HTTP_BODY_CLOSE the connection has to end
 * after the body, and "Connection: close" is written whatever the flags are.
 */
int	 http_write_response(struct http_buf *, const struct http_response *,
	    const struct http_meta *, unsigned int);
/* The last chunk and the trailers that may pass (NULL: none). */
int	 http_write_last_chunk(struct http_buf *, const struct http_fields *);
/* "host" or "host:port", IPv6 in brackets; port 0: none. */
void	 http_write_authority(struct http_buf *, const char *, uint16_t);

/* http_answer.c */

/*
 * Our own answers (COMPAT section 8), complete with Content-Length.  Give
 * HTTP_W_CLOSE when the connection ends after it, HTTP_W_HEAD and
 * HTTP_W_CONNECT as the request was.  -1 with errno ENOMEM or EMSGSIZE.
 */
/* 200 (CONNECT only), 400, 403, 407, 408, 431, 500-505; others as 500. */
int	 http_answer(struct http_buf *, int, unsigned int);
/* 403 of the policy; a CONNECT gets the reason in the status line. */
int	 http_answer_denied(struct http_buf *, const char *, unsigned int);
/* 502 of the proxy on the way: a CONNECT has the reason in its status line. */
int	 http_answer_gateway(struct http_buf *, const char *, unsigned int);
/* 502 of a server that cannot be reached, likewise: host, reason. */
int	 http_answer_unreached(struct http_buf *, const char *, const char *,
	    unsigned int);
/* 403 of the resolved-address check: host, reason. */
int	 http_answer_blocked(struct http_buf *, const char *, const char *,
	    unsigned int);

/* reason.c */

#define REASON_MAX_UNITS	500	/* UTF-16 code units */
#define REASON_MAX		(REASON_MAX_UNITS * 3 + 1)	/* bytes */

/*
 * Makes a reason fit to be shown: runs of control and invisible characters
 * become one space, '<' and '>' go, so does white space at the ends, and
 * what exceeds 500 UTF-16 units.  Bytes that are no UTF-8 become '?'.
 */
void	 reason_sanitise(char *, size_t, const char *);
/* The same in printable ASCII for a status line; other characters are '?'. */
void	 reason_phrase(char *, size_t, const char *);

#endif /* HTTP_PARSE_H */
