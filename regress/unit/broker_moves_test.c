/* SPDX-License-Identifier: ISC */

/*
 * Changes of the working directory as the broker counts them.  The callers
 * are this process and threads of it.
 */

#include "compat.h"

#include <sys/syscall.h>

#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdarg.h>
#include <unistd.h>

#include <cmocka.h>

#include "../../srt-exec/broker.h"

#define MANY	100		/* threads, and calls of one */

struct broker		 broker;
static struct sandbox	 sandbox;
static pthread_mutex_t	 gate = PTHREAD_MUTEX_INITIALIZER;

static void
called(pid_t tid)
{
	struct call	 c = { .tid = tid };

	moves_call(&c);
}

static void
moved(pid_t tid)
{
	struct call	 c = { .tid = tid };

	called(tid);
	assert_true(call_chdir(&c) == CALL_CONTINUE);
}

static void *
stays(void *arg)
{
	(void)pthread_mutex_lock(&gate);
	(void)pthread_mutex_unlock(&gate);
	return arg;
}

static void *
moves_and_ends(void *arg)
{
	moved((pid_t)syscall(SYS_gettid));
	return arg;
}

static void
start(pthread_t *t, void *(*fn)(void *))
{
	assert_int_equal(pthread_create(t, NULL, fn, NULL), 0);
}

static void
stay(pthread_t *t)
{
	assert_int_equal(pthread_mutex_lock(&gate), 0);
	start(t, stays);
}

static void
leave(pthread_t t)
{
	assert_int_equal(pthread_mutex_unlock(&gate), 0);
	assert_int_equal(pthread_join(t, NULL), 0);
}

static void
test_alone(void **state)
{
	uint64_t	 n = moves_begin();

	(void)state;
	assert_true(moves_none(n));
	moved(getpid());
	assert_false(moves_none(n));
	n = moves_begin();
	assert_true(moves_none(n));
}

/* While one is on its way nobody can know. */
static void
test_on_its_way(void **state)
{
	pthread_t	 t;
	uint64_t	 n;
	int		 none;

	(void)state;
	stay(&t);
	moved(getpid());
	n = moves_begin();
	none = moves_none(n);
	called(getpid());
	leave(t);
	assert_false(none);
	assert_true(moves_none(moves_begin()));
}

/* Who looked meanwhile may have seen the old directory or the new one. */
static void
test_meanwhile(void **state)
{
	pthread_t	 t;
	uint64_t	 n;

	(void)state;
	stay(&t);
	moved(getpid());
	n = moves_begin();
	called(getpid());
	leave(t);
	assert_false(moves_none(n));
}

/* Threads that end on their way are not waited for. */
static void
test_ended(void **state)
{
	pthread_t	 other, t;
	int		 i;

	(void)state;
	stay(&other);
	for (i = 0; i < MANY; i++) {
		start(&t, moves_and_ends);
		assert_int_equal(pthread_join(t, NULL), 0);
	}
	for (i = 0; i < MANY && !moves_none(moves_begin()); i++)
		called(getpid());
	leave(other);
	assert_true(moves_none(moves_begin()));
}

/* The last one: nothing is known from then on. */
static void
test_shared(void **state)
{
	struct call	 c = { .tid = getpid() };

	(void)state;
	assert_true(call_share(&c) == CALL_CONTINUE);
	called(getpid());
	assert_false(moves_none(moves_begin()));
}

int
main(void)
{
	const struct CMUnitTest	 tests[] = {
		cmocka_unit_test(test_alone),
		cmocka_unit_test(test_on_its_way),
		cmocka_unit_test(test_meanwhile),
		cmocka_unit_test(test_ended),
		cmocka_unit_test(test_shared)
	};

	broker.sb = &sandbox;
	broker.procfd = open("/proc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (broker.procfd == -1)
		return 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
