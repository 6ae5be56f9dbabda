/* SPDX-License-Identifier: ISC */

/*
 * A server that wants another key share answers the first hello with a
 * HelloRetryRequest, and then takes the client's name from a second one.
 * Whether that is what it does shows in its first message; until then, and
 * until the second hello is there, a client's messages are not let through.
 * Data that it sends early is: a server takes no hello from that.
 */

#include "compat.h"

#include <string.h>

#include "tls_hello.h"

/* Of the answer so much decides: type, length, version, random. */
#define RANDOM_OFFSET	6
#define RANDOM_SIZE	32
/* As long as a record of any version may be, encrypted. */
#define RECORD_MAX	(16384 + 2048)

enum {
	CONTENT_CHANGE_CIPHER = 20,
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CONTENT_DATA = 23,
	SERVER_HELLO = 2
};

_Static_assert(TLS_ANSWER_SIZE == RANDOM_OFFSET + RANDOM_SIZE,
    "up to the random");

/* RFC 8446, section 4.1.3: SHA-256 of "HelloRetryRequest". */
static const unsigned char	 retry_random[RANDOM_SIZE] = {
	0xcf, 0x21, 0xad, 0x74, 0xe5, 0x9a, 0x61, 0x11,
	0xbe, 0x1d, 0x8c, 0x02, 0x1e, 0x65, 0xb8, 0x91,
	0xc2, 0xa2, 0x11, 0x16, 0x7a, 0xbb, 0x8c, 0x5e,
	0x07, 0x9e, 0x09, 0xe2, 0xc8, 0xa8, 0x33, 0x9c
};

/* The kind of a record, and how long it is without its header; or 0. */
static unsigned int
record_parse(const unsigned char *p, size_t *n)
{
	*n = (size_t)(p[3] << 8 | p[4]);
	if (p[0] < CONTENT_CHANGE_CIPHER || p[0] > CONTENT_DATA ||
	    p[1] != 3 || *n > RECORD_MAX)
		return 0;
	return p[0];
}

enum tls_answer
tls_answer_parse(struct tls_answer_scan *scan, const void *data, size_t len)
{
	const unsigned char	*p = data;
	size_t			 n;

	while (len > 0) {
		if (scan->nhead < sizeof(scan->head)) {
			scan->head[scan->nhead++] = *p++;
			len--;
			if (scan->nhead < sizeof(scan->head))
				continue;
			/* A warning may come first, as of an unknown name. */
			switch (record_parse(scan->head, &scan->left)) {
			case CONTENT_HANDSHAKE:
			case CONTENT_CHANGE_CIPHER:
			case CONTENT_ALERT:
				break;
			default:
				return TLS_ANSWER_OTHER;
			}
		}
		n = scan->left < len ? scan->left : len;
		if (scan->head[0] == CONTENT_HANDSHAKE) {
			if (n > sizeof(scan->text) - scan->ntext)
				n = sizeof(scan->text) - scan->ntext;
			memcpy(scan->text + scan->ntext, p, n);
			scan->ntext += n;
			if (scan->ntext > 0 && scan->text[0] != SERVER_HELLO)
				return TLS_ANSWER_OTHER;
			if (scan->ntext == sizeof(scan->text))
				return memcmp(scan->text + RANDOM_OFFSET,
				    retry_random, RANDOM_SIZE) == 0 ?
				    TLS_ANSWER_RETRY : TLS_ANSWER_OTHER;
		}
		scan->left -= n;
		p += n;
		len -= n;
		if (scan->left == 0)
			scan->nhead = 0;
	}
	return TLS_ANSWER_MORE;
}

enum tls_pass
tls_pass_records(size_t *left, const void *data, size_t len, size_t *off)
{
	const unsigned char	*p = data;
	size_t			 n;

	*off = 0;
	for (;;) {
		n = *left < len - *off ? *left : len - *off;
		*left -= n;
		*off += n;
		if (len - *off < TLS_RECORD_HEADER)
			return TLS_PASS_MORE;
		switch (record_parse(p + *off, &n)) {
		case CONTENT_CHANGE_CIPHER:
		case CONTENT_ALERT:
		case CONTENT_DATA:
			*left = TLS_RECORD_HEADER + n;
			break;
		case CONTENT_HANDSHAKE:
			return TLS_PASS_MESSAGE;
		default:
			return TLS_PASS_BAD;
		}
	}
}
