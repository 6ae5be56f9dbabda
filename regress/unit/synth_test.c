/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "../../srt-proxy/synth.h"

static uint32_t
numbered(struct synth *t, unsigned int i)
{
	char	 name[32];

	(void)snprintf(name, sizeof(name), "n%u.test", i);
	return synth_addr(t, name);
}

static void
test_names(void **state)
{
	struct synth	*t;
	uint32_t	 a, b;

	(void)state;
	assert_non_null(t = synth_new(10));
	a = synth_addr(t, "a.test");
	b = synth_addr(t, "b.test");
	assert_true(a >= SYNTH_FIRST && a <= SYNTH_LAST);
	assert_true(b >= SYNTH_FIRST && b <= SYNTH_LAST);
	assert_int_not_equal(a, b);
	assert_int_equal(synth_addr(t, "a.test"), a);
	assert_string_equal(synth_name(t, a), "a.test");
	assert_string_equal(synth_name(t, b), "b.test");
	assert_null(synth_name(t, SYNTH_LAST));
	assert_null(synth_name(t, SYNTH_FIRST - 1));
	assert_null(synth_name(t, SYNTH_LAST + 1));
	assert_null(synth_name(t, 0));
	assert_null(synth_name(t, UINT32_MAX));
	synth_free(t);
	synth_free(NULL);
}

static void
test_oldest(void **state)
{
	struct synth	*t;
	uint32_t	 addr[5];
	unsigned int	 i;

	(void)state;
	assert_non_null(t = synth_new(3));
	for (i = 0; i < 3; i++)
		addr[i] = numbered(t, i);
	/* Looked up, and connected to: 2 is the oldest now. */
	assert_int_equal(numbered(t, 0), addr[0]);
	assert_non_null(synth_name(t, addr[1]));
	addr[3] = numbered(t, 3);
	assert_null(synth_name(t, addr[2]));
	assert_string_equal(synth_name(t, addr[0]), "n0.test");
	assert_string_equal(synth_name(t, addr[1]), "n1.test");
	assert_string_equal(synth_name(t, addr[3]), "n3.test");
	/* Who still has the address of 2 gets nobody else. */
	addr[4] = numbered(t, 2);
	for (i = 0; i < 4; i++)
		assert_int_not_equal(addr[4], addr[i]);
	synth_free(t);

	assert_non_null(t = synth_new(0));
	addr[0] = numbered(t, 0);
	assert_non_null(synth_name(t, addr[0]));
	addr[1] = numbered(t, 1);
	assert_null(synth_name(t, addr[0]));
	assert_non_null(synth_name(t, addr[1]));
	synth_free(t);
}

/* All addresses are gone through, and those in use are passed over. */
static void
test_around(void **state)
{
	struct synth	*t;
	uint32_t	 kept, addr, first = 0;
	unsigned int	 i, count = SYNTH_LAST - SYNTH_FIRST + 1;

	(void)state;
	assert_non_null(t = synth_new(SYNTH_NAMES_MAX + 1));
	kept = synth_addr(t, "kept.test");
	for (i = 0; i < count + SYNTH_NAMES_MAX; i++) {
		addr = numbered(t, i);
		assert_true(addr >= SYNTH_FIRST && addr <= SYNTH_LAST);
		assert_int_not_equal(addr, kept);
		assert_string_equal(synth_name(t, kept), "kept.test");
		if (i == 0)
			first = addr;
		if (i == count - 1)
			assert_int_equal(addr, first);
	}
	/* The table is as full as it may be. */
	for (i = count; i < count + SYNTH_NAMES_MAX; i++)
		(void)numbered(t, i);
	for (addr = SYNTH_FIRST, i = 0; addr <= SYNTH_LAST; addr++)
		i += synth_name(t, addr) != NULL;
	assert_int_equal(i, SYNTH_NAMES_MAX);
	synth_free(t);
}

static void
test_forms(void **state)
{
	static const unsigned char	 first6[16] = {
		0xfd, 0x73, 0x72, 0x74, 0x6e, 0x65, [12] = 198, 18, 1, 0
	};
	unsigned char			 in[4], in6[16];

	(void)state;
	synth_to_inet(SYNTH_FIRST, in);
	assert_memory_equal(in, "\xc6\x12\1\0", 4);
	assert_int_equal(synth_from_inet(in), SYNTH_FIRST);
	synth_to_inet6(SYNTH_FIRST, in6);
	assert_memory_equal(in6, first6, 16);
	assert_int_equal(synth_from_inet6(in6), SYNTH_FIRST);
	in6[7] = 1;
	assert_int_equal(synth_from_inet6(in6), 0);
	synth_to_inet(SYNTH_LAST, in);
	assert_memory_equal(in, "\xc6\x13\xff\xff", 4);
	assert_int_equal(synth_from_inet(in), SYNTH_LAST);
	assert_int_equal(synth_from_inet((const unsigned char *)
	    "\xc6\x12\0\xff"), 0);
	assert_int_equal(synth_from_inet((const unsigned char *)
	    "\xc6\x14\0\0"), 0);
	assert_int_equal(synth_from_inet((const unsigned char *)
	    "\x7f\0\0\1"), 0);
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_oldest),
		cmocka_unit_test(test_around),
		cmocka_unit_test(test_forms),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
