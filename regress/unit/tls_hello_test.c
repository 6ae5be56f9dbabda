/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/tls_hello.h"

#define SNI	"\0\0\0\x0b\0\x09\0\0\6a.test"

/* A stream that is put together. */
static unsigned char	 stream[2 * TLS_HELLO_MAX];
static size_t		 len;
static char		 name[TLS_NAME_MAX + 1];

static void
put(const void *data, size_t n)
{
	assert_true(len + n <= sizeof(stream));
	memcpy(stream + len, data, n);
	len += n;
}

static void
put8(unsigned int value)
{
	unsigned char	 c = (unsigned char)value;

	put(&c, 1);
}

static void
put16(size_t value)
{
	put8((unsigned int)value >> 8);
	put8((unsigned int)value & 0xff);
}

/* The message, with these extensions or, if NULL, none. */
static size_t
message(unsigned char *buf, const void *ext, size_t n)
{
	size_t	 total;

	len = 0;
	put("\1\0\0\0\3\3", 6);
	put("01234567890123456789012345678901", 32);
	put("\4sess", 5);
	put("\0\4\x13\1\x13\2", 6);
	put("\1\0", 2);
	if (ext != NULL) {
		put16(n);
		put(ext, n);
	}
	stream[2] = (unsigned char)((len - 4) >> 8);
	stream[3] = (unsigned char)((len - 4) & 0xff);
	total = len;
	memcpy(buf, stream, total);
	len = 0;
	return total;
}

/* Cuts it into records of that size. */
static void
cut(const unsigned char *msg, size_t n, size_t size)
{
	size_t	 k;

	len = 0;
	for (; n > 0; msg += k, n -= k) {
		k = n < size ? n : size;
		put("\x16\3\1", 3);
		put16(k);
		put(msg, k);
	}
}

static enum tls_hello
parse(void)
{
	struct tls_scan	 scan = { 0, 0 };
	unsigned char	*p = malloc(len == 0 ? 1 : len);
	enum tls_hello	 r;

	assert_non_null(p);
	memcpy(p, stream, len);
	r = tls_hello_parse(&scan, p, len, name);
	free(p);
	return r;
}

static enum tls_hello
parse_text(const void *data, size_t n)
{
	len = 0;
	put(data, n);
	return parse();
}

static enum tls_hello
parse_ext(const void *ext, size_t n)
{
	unsigned char	 msg[8192];

	n = message(msg, ext, n);
	cut(msg, n, 16384);
	return parse();
}

#define TEXT(s)	parse_text(s, sizeof(s) - 1)
#define EXT(s)	parse_ext(s, sizeof(s) - 1)

/* However it is cut, and whatever follows. */
static void
test_records(void **state)
{
	static const char	 ext[] = "\0\x2b\0\3\2\3\4" SNI "\xff\1\0\1\0";
	unsigned char		 msg[1024];
	struct tls_scan		 scan;
	size_t			 n, size, i, whole;
	enum tls_hello		 r;

	(void)state;
	n = message(msg, ext, sizeof(ext) - 1);
	for (size = 1; size <= n; size++) {
		cut(msg, n, size);
		whole = len;
		put("more", 4);
		memset(&scan, 0, sizeof(scan));
		for (i = 0; i <= len; i++) {
			/* Byte by byte, and also at once. */
			r = tls_hello_parse(&scan, stream, i, name);
			assert_int_equal(r, i < 2 ? TLS_MAYBE :
			    i < whole ? TLS_MORE : TLS_NAME);
			assert_string_equal(name, i < whole ? "" : "a.test");
			memset(&scan, 0, i % 2 * sizeof(scan));
		}
	}
}

static void
test_not(void **state)
{
	unsigned int	 c;
	char		 s[2];

	(void)state;
	assert_int_equal(parse_text("", 0), TLS_MAYBE);
	for (c = 0; c < 256; c++) {
		s[0] = (char)c;
		s[1] = 0;
		assert_int_equal(parse_text(s, 1), c >= 0x80 ||
		    (c >= 20 && c <= 24) ? TLS_MAYBE : TLS_NOT);
		if (c < 0x80)
			assert_int_equal(parse_text(s, 2),
			    c >= 20 && c <= 24 ? TLS_MAYBE : TLS_NOT);
		s[1] = 3;
		if (c < 0x80)
			assert_int_equal(parse_text(s, 2), c == 22 ?
			    TLS_MORE : c >= 20 && c <= 24 ? TLS_BAD :
			    TLS_NOT);
	}
}

static void
test_ssl2(void **state)
{
#define SSL2	"\x80\x1c\1\3\1\0\3\0\0\0\x10"
	static const char	 hello[] = SSL2 "\0\0\x35" "0123456789abcdef";
	size_t			 i;

	(void)state;
	for (i = 0; i < sizeof(hello); i++)
		assert_int_equal(parse_text(hello, i), i < 11 ? TLS_MAYBE :
		    TLS_NONAME);
	assert_int_equal(TEXT("\x80\x2e\1\0\2\0\x15\0\0\0\x10"), TLS_NONAME);
	/* Whatever its version. */
	assert_int_equal(TEXT("\x80\x2e\1\4\1\0\x15\0\0\0\x10"), TLS_NONAME);
	assert_int_equal(TEXT("\x80\x2e\1\0\1\0\x15\0\0\0\x10"), TLS_NONAME);
	/* Other things that begin with such a byte. */
	assert_int_equal(TEXT("\x80\x1c\2"), TLS_NOT);
	assert_int_equal(TEXT("\x80\x1d\1\3\1\0\3\0\0\0\x10"), TLS_NOT);
	assert_int_equal(TEXT("\x80\x1d\1\3\1\0\4\0\0\0\x10"), TLS_NOT);
	assert_int_equal(TEXT("\x80\x4c\1\3\1\0\3\0\x30\0\x10"), TLS_NOT);
	/* A frame of WebSocket, masked. */
	assert_int_equal(TEXT("\x81\x85\1\3\3\4hello"), TLS_NOT);
}

static void
test_record_layer(void **state)
{
	static const char	 sni[] = SNI;
	unsigned char		 msg[1024];
	size_t			 n, i;

	(void)state;
	n = message(msg, sni, sizeof(sni) - 1);
	for (i = 0; i < 3; i++) {
		/* An empty one; another kind; another version: between. */
		cut(msg, 10, 10);
		put(i == 0 ? "\x16\3\1\0\0" : i == 1 ? "\x15\3\1\0\1" :
		    "\x16\2\1\0\1", 5);
		assert_int_equal(parse(), TLS_BAD);
	}
	assert_int_equal(TEXT("\x16\3\1\0\0"), TLS_BAD);
	assert_int_equal(TEXT("\x16\3\1\x40\1"), TLS_BAD);
	assert_int_equal(TEXT("\x16\3\1\x40\0"), TLS_MORE);
	/* No hello: a server's, and whatever else. */
	assert_int_equal(TEXT("\x16\3\1\x40\0\2"), TLS_BAD);
	assert_int_equal(TEXT("\x16\3\1\x40\0\1"), TLS_MORE);
	assert_int_equal(TEXT("\x16\3\1\0\1\0"), TLS_BAD);
	/* As long as its length says, and no longer than we keep. */
	assert_int_equal(TEXT("\x16\3\1\0\4\1\0\xff\xfc"), TLS_MORE);
	assert_int_equal(TEXT("\x16\3\1\0\4\1\0\xff\xfd"), TLS_BAD);
	assert_int_equal(TEXT("\x16\3\1\0\4\1\1\0\0"), TLS_BAD);
	len = 0;
	for (i = 0; i < TLS_HELLO_MAX / 6 + 1; i++) {
		put("\x16\3\1\0\1", 5);
		put8(i == 0 ? 1 : i == 1 ? 0 : 0xf0);
	}
	assert_int_equal(parse(), TLS_BAD);
	assert_true(n > 10);
}

static void
test_long(void **state)
{
	static unsigned char	 ext[60000], msg[65536];
	size_t			 n;

	(void)state;
	/* A large extension, such as a post-quantum key, then the name. */
	memset(ext, 0, sizeof(ext));
	memcpy(ext, "\0\x33\xe9\0", 4);
	memcpy(ext + 4 + 0xe900, SNI, sizeof(SNI) - 1);
	n = message(msg, ext, 4 + 0xe900 + sizeof(SNI) - 1);
	cut(msg, n, 16384);
	assert_int_equal(parse(), TLS_NAME);
	assert_string_equal(name, "a.test");
	cut(msg, n, 100);
	assert_int_equal(parse(), TLS_NAME);
	len--;
	assert_int_equal(parse(), TLS_MORE);
}

static void
test_extensions(void **state)
{
	char	 ext[400];
	size_t	 n;

	(void)state;
	assert_int_equal(parse_ext(NULL, 0), TLS_NONAME);
	assert_int_equal(parse_ext("", 0), TLS_NONAME);
	assert_int_equal(EXT("\0\x2b\0\3\2\3\4"), TLS_NONAME);
	assert_int_equal(EXT(SNI), TLS_NAME);
	assert_string_equal(name, "a.test");
	assert_int_equal(EXT(SNI "\0\x2b\0\3\2\3\4"), TLS_NAME);
	/* Twice; two names; none; of another kind; lengths that lie. */
	assert_int_equal(EXT(SNI SNI), TLS_BAD);
	assert_string_equal(name, "");
	assert_int_equal(EXT("\0\0\0\x14\0\x12\0\0\6a.test\0\0\6b.test"),
	    TLS_BAD);
	assert_int_equal(EXT("\0\0\0\0"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\2\0\0"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\5\0\3\0\0\0"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\1\0\6a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x08\0\0\6a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\5a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\7a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0c\0\x09\0\0\6a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0a\0\x09\0\0\6a.test"), TLS_BAD);
	assert_int_equal(EXT("\0\x2b\0\3\2\3\4\0"), TLS_BAD);
	assert_int_equal(EXT("\0\x2b\0\3\2\3"), TLS_BAD);
	assert_int_equal(EXT("\0"), TLS_BAD);
	/* Bytes that some programs stop at. */
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\6a\0test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\6a test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\6a\xe4test"), TLS_BAD);
	assert_int_equal(EXT("\0\0\0\x0b\0\x09\0\0\6a\x7ftest"), TLS_BAD);

	/* 255 bytes, and one more. */
	for (n = TLS_NAME_MAX; n <= TLS_NAME_MAX + 1; n++) {
		memset(ext, 'x', sizeof(ext));
		memcpy(ext, "\0\0\1\0\1\0\0\1\0", 9);
		ext[3] = (char)(n + 5 - 256);
		ext[5] = (char)(n + 3 - 256);
		ext[7] = (char)(n >> 8);
		ext[8] = (char)n;
		assert_int_equal(parse_ext(ext, n + 9), n == TLS_NAME_MAX ?
		    TLS_NAME : TLS_BAD);
	}
	assert_int_equal(strlen(name), 0);
}

/* What comes before the extensions. */
static void
test_body(void **state)
{
	static const struct {
		size_t		 at;		/* in the message */
		unsigned char	 value;
		enum tls_hello	 result;
	} t[] = {
		{ 4, 9, TLS_NAME },		/* the version is no matter */
		{ 38, 33, TLS_BAD },		/* session id too long */
		{ 38, 3, TLS_BAD },		/* all shifted */
		{ 44, 3, TLS_BAD },		/* odd list of ciphers */
		{ 44, 0, TLS_BAD },
		{ 49, 0, TLS_BAD },		/* no compression */
		{ 49, 200, TLS_BAD },
		{ 52, 99, TLS_BAD },		/* extensions too long */
		{ 52, 3, TLS_BAD },		/* and too short */
		{ 3, 10, TLS_BAD },		/* the message ends there */
		{ 3, 0, TLS_BAD },
	};
	static const char	 sni[] = SNI;
	unsigned char		 msg[1024];
	size_t			 i, n;

	(void)state;
	for (i = 0; i < nitems(t); i++) {
		n = message(msg, sni, sizeof(sni) - 1);
		msg[t[i].at] = t[i].value;
		cut(msg, n, 16384);
		assert_int_equal(parse(), t[i].result);
	}
}

static void
test_equal(void **state)
{
	(void)state;
	assert_true(tls_name_equal("a.test", "A.TEST"));
	assert_true(tls_name_equal("a.test.", "a.test"));
	assert_true(tls_name_equal("a.test", "a.test."));
	assert_false(tls_name_equal("a.test..", "a.test"));
	assert_false(tls_name_equal("b.test", "a.test"));
	assert_false(tls_name_equal("a.test", "x.a.test"));
	assert_false(tls_name_equal("a.tes", "a.test"));
	assert_false(tls_name_equal("", "a.test"));
	assert_false(tls_name_equal(".", ""));
}

/* A server's first words, in pieces of that size; how many it took. */
static enum tls_answer
answer(const void *data, size_t n, size_t size, size_t *took)
{
	struct tls_answer_scan	 scan;
	enum tls_answer		 r = TLS_ANSWER_MORE;
	const char		*p = data;
	size_t			 k;

	memset(&scan, 0, sizeof(scan));
	for (*took = 0; *took < n && r == TLS_ANSWER_MORE; *took += k) {
		k = n - *took < size ? n - *took : size;
		r = tls_answer_parse(&scan, p + *took, k);
	}
	return r;
}

#define RETRY	"\2\0\0\x54\3\3" \
	"\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91" \
	"\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

/* What a server says first, however it is cut. */
static void
test_retry_N6(void **state)
{
	static const char	 alert[] = "\x15\3\3\0\2\1\x70";
	static const char	 cipher[] = "\x14\3\3\0\1\1";
	static const unsigned char empty[] = { 22, 3, 3, 0, 0 };
	unsigned char		 msg[64];
	size_t			 size, piece, took, whole;

	(void)state;
	memcpy(msg, RETRY "....", 42);
	for (size = 1; size <= 42; size++) {
		cut(msg, 42, size);
		whole = len;
		for (piece = 1; piece <= whole; piece++)
			assert_int_equal(answer(stream, len, piece, &took),
			    TLS_ANSWER_RETRY);
		/* Each byte before the end of the random counts. */
		cut(msg, 37, size);
		assert_int_equal(answer(stream, len, 1, &took),
		    TLS_ANSWER_MORE);
		msg[37] ^= 1;
		cut(msg, 42, size);
		assert_int_equal(answer(stream, len, 7, &took),
		    TLS_ANSWER_OTHER);
		msg[37] ^= 1;
	}
	len = 0;
	put(alert, sizeof(alert) - 1);
	put(cipher, sizeof(cipher) - 1);
	put(empty, sizeof(empty));
	put("\x16\3\3\0\x26" RETRY, 43);
	for (piece = 1; piece <= len; piece++)
		assert_int_equal(answer(stream, len, piece, &took),
		    TLS_ANSWER_RETRY);
	assert_int_equal(answer("220 ready", 9, 1, &took), TLS_ANSWER_OTHER);
	assert_int_equal(took, 5);
	assert_int_equal(answer("\x17\3\3\0\1", 5, 5, &took),
	    TLS_ANSWER_OTHER);
	assert_int_equal(answer("\x16\2\3\0\1", 5, 5, &took),
	    TLS_ANSWER_OTHER);
	assert_int_equal(answer("\x16\3\3\0\1\0", 6, 6, &took),
	    TLS_ANSWER_OTHER);
	assert_int_equal(answer("\x16\3\3\xff\1\2", 6, 6, &took),
	    TLS_ANSWER_OTHER);
}

/* What a client sends meanwhile goes on up to the next message. */
static void
test_pass_N6(void **state)
{
	static const char	 data[] = "\x14\3\3\0\1\1"
				    "\x17\3\3\0\4abcd\x15\3\3\0\2\2\x28"
				    "\x17\3\3\0\0\x16\3\3\0\1";
	size_t			 off, n, left, total, piece;
	enum tls_pass		 r;

	(void)state;
	for (piece = 1; piece < sizeof(data); piece++) {
		left = total = 0;
		for (n = piece; ; n += piece) {
			if (n > sizeof(data) - 1)
				n = sizeof(data) - 1;
			r = tls_pass_records(&left, data + total, n - total,
			    &off);
			total += off;
			if (r != TLS_PASS_MORE)
				break;
			assert_true(n < sizeof(data) - 1);
		}
		assert_int_equal(r, TLS_PASS_MESSAGE);
		assert_int_equal(total, sizeof(data) - 1 - 5);
	}
	left = 0;
	r = tls_pass_records(&left, "\x80\x2e\1\3\1", 5, &off);
	assert_int_equal(r, TLS_PASS_BAD);
	assert_int_equal(off, 0);
	r = tls_pass_records(&left, "\x17\3\3\xff\xff", 5, &off);
	assert_int_equal(r, TLS_PASS_BAD);
	r = tls_pass_records(&left, "\x17\3\3\x48\0", 5, &off);
	assert_int_equal(r, TLS_PASS_MORE);
	assert_int_equal(off, 5);
	assert_int_equal(left, 0x4800);
}

/* Two hellos in one record: the second would go on with the first. */
static void
test_trailing_N6(void **state)
{
	static const char	 ext[] = SNI;
	unsigned char		 msg[1024];
	size_t			 n;

	(void)state;
	n = message(msg, ext, sizeof(ext) - 1);
	cut(msg, n, 16384);
	assert_int_equal(parse(), TLS_NAME);
	msg[n] = 1;
	cut(msg, n + 1, 16384);
	assert_int_equal(parse(), TLS_BAD);
	memcpy(msg + n, msg, n);
	cut(msg, 2 * n, 16384);
	assert_int_equal(parse(), TLS_BAD);
	/* In records of their own the first one ends where it should. */
	cut(msg, 2 * n, n);
	assert_int_equal(parse(), TLS_NAME);
}

/* Another major version in the first record, or in what comes before it. */
static void
test_version_N6(void **state)
{
	static const struct {
		size_t		 len;
		char		 text[16];
	} before[] = {
		{ 0, "" },
		{ 5, "\x16.\1\0\0" },			/* empty */
		{ 7, "\x15.\1\0\2\1\x70" },		/* a warning */
		{ 10, "\x15.\1\0\5\7\x70..." },	/* which has more */
		{ 6, "\x14.\1\0\1\1" },
		{ 11, "\x17.\1\0\0\x14.\1\0\1\1" },	/* both */
	};
	static const char	 ext[] = SNI;
	unsigned char		 msg[1024], records[2048];
	unsigned int		 major;
	struct tls_scan		 scan;
	size_t			 n, i, k, size, cutlen;
	enum tls_hello		 r;

	(void)state;
	n = message(msg, ext, sizeof(ext) - 1);
	for (i = 0; i < nitems(before) * 256 * 2; i++) {
		major = i / 2 % 256;
		if (major == 3)
			continue;
		size = i % 2 == 0 ? n : 2;
		cut(msg, n, size);
		cutlen = len;
		memcpy(records, stream, cutlen);
		len = 0;
		put(before[i / 512].text, before[i / 512].len);
		put(records, cutlen);
		stream[1] = (unsigned char)major;
		memset(&scan, 0, sizeof(scan));
		for (k = 0, r = TLS_MAYBE; k <= len && r == TLS_MAYBE; k++)
			r = tls_hello_parse(&scan, stream, k, name);
		assert_int_equal(r, TLS_BAD);
		/* Before any of the hello but its length can go on. */
		assert_true(k <= before[i / 512].len + 5 + 4 + 1);
		assert_int_equal(parse(), TLS_BAD);
	}
}

/* What is none must go on, and soon. */
static void
test_version_other(void **state)
{
	static const char	 zeros[0x4800];
	size_t			 i;

	(void)state;
	/* A length in MongoDB's order, the number of a request, and zeros. */
	for (i = 0; i < 65536; i++) {
		len = 0;
		put("\x16\1\0\0", 4);
		put8(i & 0xff);
		put8((unsigned int)i >> 8);
		put("\0\0\0\0\0\0\xdd\7\0\0", 10);
		/* Few of all numbers are taken for a record of 1 to 3 bytes. */
		assert_int_equal(parse(), i >> 8 == 1 && (i & 0xff) > 0 &&
		    (i & 0xff) < 4 ? TLS_BAD : TLS_NOT);
		stream[0] = 0x17;
		if ((i & 0xff) > 0)
			assert_int_equal(parse(), TLS_NOT);
	}
	assert_int_equal(TEXT("\x15\1\0\0\1\0\0\0\0\0\0\xdd"), TLS_NOT);
	assert_int_equal(TEXT("\x16\4\1\0\5\2"), TLS_NOT);
	assert_int_equal(TEXT("\x16\4\1\x48\1"), TLS_NOT);
	assert_int_equal(TEXT("\x16\4\1\x48\0"), TLS_MAYBE);
	assert_int_equal(TEXT("\x14\4\1\0\2"), TLS_NOT);
	assert_int_equal(TEXT("\x16\4\1\0\0GET"), TLS_MAYBE);
	assert_int_equal(TEXT("\x16\4\1\0\0GET /"), TLS_NOT);
	/* What goes on so is not kept without end. */
	len = 0;
	for (i = 0; i < 3; i++) {
		put("\x15\4\1\x48\0", 5);
		put(zeros, sizeof(zeros));
	}
	assert_int_equal(parse(), TLS_MAYBE);
	put("\x15\4\1\x48\0", 5);
	assert_int_equal(parse(), TLS_BAD);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_records),
		cmocka_unit_test(test_not),
		cmocka_unit_test(test_ssl2),
		cmocka_unit_test(test_record_layer),
		cmocka_unit_test(test_long),
		cmocka_unit_test(test_extensions),
		cmocka_unit_test(test_body),
		cmocka_unit_test(test_equal),
		cmocka_unit_test(test_retry_N6),
		cmocka_unit_test(test_pass_N6),
		cmocka_unit_test(test_trailing_N6),
		cmocka_unit_test(test_version_N6),
		cmocka_unit_test(test_version_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
