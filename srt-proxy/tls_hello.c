/* SPDX-License-Identifier: ISC */

/*
 * What is checked here is what a server could be made to see, so whatever
 * starts like TLS and is not a well-formed hello in the records of the first
 * flight is bad: a server that is more lenient must not find another name in
 * it.  That holds for alerts and the like before the hello, which some
 * servers skip, for a version that there is not, which many do not look at
 * (RFC 8446, section 5.1), and for the hello of SSL version 2, which some
 * still accept and which has no name.
 */

#include "compat.h"

#include <string.h>
#include <strings.h>

#include "tls_hello.h"

#define RECORD_MAX	16384
#define RECORD_EXTRA	2048	/* more, where the server thinks of ciphers */
#define HANDSHAKE_HEADER 4
#define RANDOM_SIZE	32

enum {
	CONTENT_FIRST = 20,	/* change_cipher_spec */
	CONTENT_ALERT = 21,
	CONTENT_HANDSHAKE = 22,
	CONTENT_LAST = 24,	/* heartbeat */
	CLIENT_HELLO = 1,
	EXT_SERVER_NAME = 0,
	NAME_HOST = 0
};

/* Reads the messages across the borders of records. */
struct reader {
	const unsigned char	*p;
	size_t			 record;	/* left in this record */
	size_t			 left;		/* of the message */
	int			 failed;
};

static enum tls_hello	 odd_scan(struct tls_scan *, const unsigned char *,
			    size_t);
static enum tls_hello	 ssl2_parse(const unsigned char *, size_t);
static enum tls_hello	 hello_parse(struct reader *, char *);

static unsigned int
read8(struct reader *r)
{
	if (r->left == 0) {
		r->failed = 1;
		return 0;
	}
	/* All records of the message are there, and none is empty. */
	if (r->record == 0) {
		r->record = (size_t)(r->p[3] << 8 | r->p[4]);
		r->p += TLS_RECORD_HEADER;
	}
	r->record--;
	r->left--;
	return *r->p++;
}

static unsigned int
read16(struct reader *r)
{
	unsigned int	 high = read8(r);

	return high << 8 | read8(r);
}

static void
skip(struct reader *r, size_t n)
{
	while (n-- > 0 && !r->failed)
		(void)read8(r);
}

/*
 * Goes on over the records that are there.  Returns TLS_NAME once they hold
 * the first message, whose length is then in *need.
 */
static enum tls_hello
records_scan(struct tls_scan *scan, const unsigned char *p, size_t len,
    size_t *need)
{
	struct reader	 r;
	size_t		 n;

	for (;;) {
		if (scan->got >= HANDSHAKE_HEADER) {
			memset(&r, 0, sizeof(r));
			r.p = p;
			r.left = HANDSHAKE_HEADER;
			skip(&r, 1);
			*need = (size_t)read8(&r) << 16;
			*need |= read16(&r);
			*need += HANDSHAKE_HEADER;
			if (*need > TLS_HELLO_MAX)
				return TLS_BAD;
			/* Nothing follows in its last record. */
			if (scan->got >= *need)
				return scan->got == *need ? TLS_NAME : TLS_BAD;
		}
		if (scan->next + TLS_RECORD_HEADER > TLS_HELLO_MAX)
			return TLS_BAD;
		if (len < scan->next + TLS_RECORD_HEADER)
			break;
		n = (size_t)(p[scan->next + 3] << 8 | p[scan->next + 4]);
		if (p[scan->next] != CONTENT_HANDSHAKE ||
		    p[scan->next + 1] != 3 || n == 0 || n > RECORD_MAX ||
		    scan->next + TLS_RECORD_HEADER + n > TLS_HELLO_MAX)
			return TLS_BAD;
		if (scan->next == 0 && len > TLS_RECORD_HEADER &&
		    p[TLS_RECORD_HEADER] != CLIENT_HELLO)
			return TLS_BAD;
		if (len < scan->next + TLS_RECORD_HEADER + n)
			break;
		scan->next += TLS_RECORD_HEADER + n;
		scan->got += n;
	}
	return TLS_MORE;
}

enum tls_hello
tls_hello_parse(struct tls_scan *scan, const void *data, size_t len,
    char *name)
{
	const unsigned char	*p = data;
	struct reader		 r;
	enum tls_hello		 result;
	size_t			 need = 0;

	name[0] = '\0';
	if (len == 0)
		return TLS_MAYBE;
	if ((p[0] & 0x80) != 0)
		return ssl2_parse(p, len);
	if (p[0] < CONTENT_FIRST || p[0] > CONTENT_LAST)
		return TLS_NOT;
	if (len == 1)
		return TLS_MAYBE;
	if (p[1] != 3)
		return odd_scan(scan, p, len);
	if (p[0] != CONTENT_HANDSHAKE)
		return TLS_BAD;

	if ((result = records_scan(scan, p, len, &need)) != TLS_NAME)
		return result;
	memset(&r, 0, sizeof(r));
	r.p = p;
	r.left = need;
	skip(&r, HANDSHAKE_HEADER);
	result = hello_parse(&r, name);
	if (r.failed || result == TLS_BAD) {
		name[0] = '\0';
		return TLS_BAD;
	}
	return result;
}

/* Whether a message of an odd stream, of which so much is there, is a hello. */
static enum tls_hello
odd_message(const unsigned char *p, size_t record, size_t len)
{
	if (len == 0)
		return TLS_MAYBE;
	if (p[0] != CLIENT_HELLO)
		return TLS_NOT;
	if (record < HANDSHAKE_HEADER)
		return TLS_BAD;
	if (len < HANDSHAKE_HEADER)
		return TLS_MAYBE;
	/* No server takes one that has no room for what each begins with. */
	return p[1] == 0 && p[2] == 0 && p[3] < 2 + RANDOM_SIZE ? TLS_NOT :
	    TLS_BAD;
}

/*
 * Records of which the first has a version that there is not.  Such bytes
 * begin other protocols, too (a length in MongoDB's), so that they are TLS
 * only where a hello stands behind all that a server would skip.
 */
static enum tls_hello
odd_scan(struct tls_scan *scan, const unsigned char *p, size_t len)
{
	const unsigned char	*head;
	size_t			 n, end;

	while (len - scan->next >= TLS_RECORD_HEADER) {
		head = p + scan->next;
		n = (size_t)(head[3] << 8 | head[4]);
		end = scan->next + TLS_RECORD_HEADER + n;
		if (head[0] < CONTENT_FIRST || head[0] > CONTENT_LAST ||
		    n > RECORD_MAX + RECORD_EXTRA)
			return TLS_NOT;
		if (end + TLS_RECORD_HEADER > TLS_HELLO_MAX)
			return TLS_BAD;
		if (head[0] == CONTENT_HANDSHAKE && n > 0)
			return odd_message(head + TLS_RECORD_HEADER, n,
			    len - scan->next - TLS_RECORD_HEADER);
		/* Of the others these have something in them. */
		if (n > 0 && head[0] != CONTENT_ALERT &&
		    (head[0] != CONTENT_FIRST || n != 1))
			return TLS_NOT;
		if (len < end)
			break;
		scan->next = end;
	}
	return TLS_MAYBE;
}

/*
 * RFC 5246, appendix E.2.  Its first bytes are no rare ones, so that the
 * whole head has to fit before it is taken for one.
 */
static enum tls_hello
ssl2_parse(const unsigned char *p, size_t len)
{
	unsigned int	 total, ciphers, session, challenge;

	if (len > 2 && p[2] != CLIENT_HELLO)
		return TLS_NOT;
	/* Its version, which is next, is no more looked at than a record's. */
	if (len < 11)
		return TLS_MAYBE;
	total = (p[0] & 0x7fU) << 8 | p[1];
	ciphers = (unsigned int)p[5] << 8 | p[6];
	session = (unsigned int)p[7] << 8 | p[8];
	challenge = (unsigned int)p[9] << 8 | p[10];
	if (ciphers % 3 != 0 || session > 32 ||
	    total != 9 + ciphers + session + challenge)
		return TLS_NOT;
	return TLS_NONAME;
}

/* The server_name extension, of n bytes. */
static enum tls_hello
name_parse(struct reader *r, size_t n, char *name)
{
	size_t		 i, len;
	unsigned int	 c;

	/* One name, of the only kind there is. */
	if (n < 5 || read16(r) != n - 2 || read8(r) != NAME_HOST)
		return TLS_BAD;
	len = read16(r);
	if (len == 0 || len != n - 5 || len > TLS_NAME_MAX)
		return TLS_BAD;
	for (i = 0; i < len; i++) {
		c = read8(r);
		if (c <= ' ' || c > '~')
			return TLS_BAD;
		name[i] = (char)c;
	}
	name[len] = '\0';
	return TLS_NAME;
}

static enum tls_hello
extensions_parse(struct reader *r, char *name)
{
	enum tls_hello	 result = TLS_NONAME;
	unsigned int	 type;
	size_t		 n;

	if (read16(r) != r->left)
		return TLS_BAD;
	while (r->left > 0 && !r->failed) {
		type = read16(r);
		n = read16(r);
		if (r->failed || n > r->left)
			return TLS_BAD;
		if (type != EXT_SERVER_NAME) {
			skip(r, n);
			continue;
		}
		if (result != TLS_NONAME ||
		    (result = name_parse(r, n, name)) == TLS_BAD)
			return TLS_BAD;
	}
	return result;
}

/* RFC 8446, section 4.1.2, and all versions before. */
static enum tls_hello
hello_parse(struct reader *r, char *name)
{
	size_t	 n;

	skip(r, 2 + RANDOM_SIZE);
	if ((n = read8(r)) > 32)
		return TLS_BAD;
	skip(r, n);
	if ((n = read16(r)) == 0 || n % 2 != 0)
		return TLS_BAD;
	skip(r, n);
	if ((n = read8(r)) == 0)
		return TLS_BAD;
	skip(r, n);
	if (r->failed)
		return TLS_BAD;
	/* Before RFC 3546 that was all. */
	if (r->left == 0)
		return TLS_NONAME;
	return extensions_parse(r, name);
}

int
tls_name_equal(const char *a, const char *b)
{
	size_t	 alen = strlen(a), blen = strlen(b);

	if (alen > 1 && a[alen - 1] == '.')
		alen--;
	if (blen > 1 && b[blen - 1] == '.')
		blen--;
	/* strncasecmp(3) goes by the locale, which is "C". */
	return alen == blen && strncasecmp(a, b, alen) == 0;
}
