/* SPDX-License-Identifier: ISC */

/*
 * Chunked bodies.  The first byte says how the input is cut; the outcome does
 * not depend on it.  What was decoded is coded anew and decoded to the same.
 */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "../unit/http_check.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

static struct chunk_result first, second;

static void
check(int ok)
{
	if (!ok)
		abort();
}

/* Trailers that may pass, in their order. */
static void
check_trailers(const struct http_fields *was, const struct http_fields *is)
{
	size_t i, n = 0;

	for (i = 0; i < was->count; i++) {
		if (http_field_no_trailer(was->field[i].name))
			continue;
		check(n < is->count);
		check(same_span(was->field[i].name, is->field[n].name));
		check(same_span(was->field[i].value, is->field[n].value));
		n++;
	}
	check(n == is->count);
}

static void
check_again(const struct chunk_result *r, size_t step)
{
	struct http_buf b;
	char head[HTTP_CHUNK_HEAD_SIZE];
	size_t off, n;

	http_buf_init(&b, r->data.len * 8 + HTTP_OUT_MAX);
	for (off = 0; off < r->data.len; off += n) {
		n = r->data.len - off < step ? r->data.len - off : step;
		http_buf_put(&b, head, http_chunk_head(head, n));
		http_buf_put(&b, r->data.data + off, n);
		http_buf_puts(&b, HTTP_CHUNK_TAIL);
	}
	check(http_write_last_chunk(&b, &r->trailers) == 0);
	chunk_in_steps(b.data, b.len, step + 1, &second);
	/* ": " may make a trailer section too long to be read again. */
	if (second.end != HTTP_CHUNK_ERROR) {
		check(second.end == HTTP_CHUNK_END);
		check(second.consumed == b.len);
		check_trailers(&r->trailers, &second.trailers);
	} else
		check(strcmp(second.why, "header too large") == 0);
	check(second.data.len == r->data.len);
	check(r->data.len == 0 ||
	    memcmp(second.data.data, r->data.data, r->data.len) == 0);
	http_buf_free(&second.data);
	http_buf_free(&b);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	size_t step;
	char *buf;

	if (size == 0)
		return 0;
	step = data[0] + 1U;
	data++;
	size--;
	buf = exact_copy((const char *)data, size);
	chunk_in_steps(buf, size, size + 1, &first);
	check(first.consumed <= size && first.data.len <= size);
	check((first.end == HTTP_CHUNK_ERROR) == (first.why != NULL));
	chunk_in_steps(buf, size, 1, &second);
	check(same_chunks(&first, &second));
	http_buf_free(&second.data);
	chunk_in_steps(buf, size, step, &second);
	check(same_chunks(&first, &second));
	http_buf_free(&second.data);
	if (first.end == HTTP_CHUNK_END)
		check_again(&first, step);
	http_buf_free(&first.data);
	free(buf);
	return 0;
}
