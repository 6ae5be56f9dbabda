/* SPDX-License-Identifier: ISC */

/*
 * What common/compat has for systems that lack a function, held against the
 * function of this one.  The files are included here under names of their
 * own.
 */

#include "compat.h"

#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

/* Before ours takes its name: this system's, where the text fits. */
static int
vis_here(char *dst, const char *src, size_t size, int flag)
{
#undef strnvis
	return strnvis(dst, src, size, flag);
}

#define STRINGS		20000
#define KEYS		512
#define CHANGES		200000

void	 our_closefrom(int);
void	 our_explicit_bzero(void *, size_t);
void	 our_freezero(void *, size_t);
const char *our_getprogname(void);
int	 our_memfd_create(const char *, unsigned int);
void	*our_reallocarray(void *, size_t, size_t);
void	*our_recallocarray(void *, size_t, size_t, size_t);
int	 compat_accept4(int, struct sockaddr *, socklen_t *, int);
int	 compat_pipe2(int[2], int);
int	 compat_socket(int, int, int);
int	 compat_socketpair(int, int, int, int[2]);
#ifdef HAVE_STRNVIS
int	 compat_strnvis(char *, const char *, size_t, int);
#endif

struct our_sha2 {
	uint64_t	 length;
	uint32_t	 state[8];
	uint8_t		 block[64];
};

void	 our_init(struct our_sha2 *);
void	 our_update(struct our_sha2 *, const uint8_t *, size_t);
void	 our_final(uint8_t *, struct our_sha2 *);

#define explicit_bzero	our_explicit_bzero
#include "../../common/compat/explicit_bzero.c"
#define freezero	our_freezero
#include "../../common/compat/freezero.c"
#define recallocarray	our_recallocarray
#include "../../common/compat/recallocarray.c"
#define closefrom	our_closefrom
#include "../../common/compat/closefrom.c"
#define getprogname	our_getprogname
#include "../../common/compat/getprogname.c"
#define memfd_create	our_memfd_create
#include "../../common/compat/memfd_create.c"
#define reallocarray	our_reallocarray
#include "../../common/compat/reallocarray.c"
#include "../../common/compat/accept4.c"
#include "../../common/compat/strnvis.c"

#define SHA2_CTX	struct our_sha2
#define SHA256Init	our_init
#define SHA256Update	our_update
#define SHA256Final	our_final
#include "../../common/compat/sha2.c"

#undef explicit_bzero
#undef freezero
#undef recallocarray
#undef closefrom
#undef getprogname
#undef memfd_create
#undef reallocarray
#undef SHA2_CTX
#undef SHA256Init
#undef SHA256Update
#undef SHA256Final

#undef RB_EMPTY
#undef RB_ENTRY
#undef RB_FIND
#undef RB_GENERATE
#undef RB_HEAD
#undef RB_INIT
#undef RB_INSERT
#undef RB_PROTOTYPE
#undef RB_REMOVE
#undef RB_ROOT
#include "../../common/compat/tree.h"

/* The same numbers every time: xorshift. */
static uint32_t	 seed = 0x5eed;

static uint32_t
next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed;
}

static void
test_memory(void **state)
{
	static const char	 zero[64];
	/* The compiler is not to know that it is too much. */
	volatile size_t		 much = SIZE_MAX / 2;
	unsigned char		*p;
	char			 buf[64];

	(void)state;
	memset(buf, 'x', sizeof(buf));
	our_explicit_bzero(buf, sizeof(buf) - 1);
	assert_memory_equal(buf, zero, sizeof(buf) - 1);
	assert_int_equal(buf[sizeof(buf) - 1], 'x');

	errno = 0;
	assert_null(our_reallocarray(NULL, much, 3));
	assert_int_equal(errno, ENOMEM);
	assert_non_null(p = our_reallocarray(NULL, 4, 8));
	memset(p, 'x', 32);
	assert_non_null(p = our_reallocarray(p, 8, 8));
	assert_int_equal(p[31], 'x');
	our_freezero(p, 64);
	our_freezero(NULL, 64);

	errno = 0;
	assert_null(our_recallocarray(NULL, 0, much, 3));
	assert_non_null(p = our_recallocarray(NULL, 0, 4, 8));
	assert_memory_equal(p, zero, 32);
	errno = 0;
	assert_null(our_recallocarray(p, 4, much, 8));
	assert_int_equal(errno, ENOMEM);
	memset(p, 'x', 32);
	assert_non_null(p = our_recallocarray(p, 4, 8, 8));
	assert_int_equal(p[31], 'x');
	assert_memory_equal(p + 32, zero, 32);
	assert_non_null(p = our_recallocarray(p, 8, 1, 8));
	assert_int_equal(p[7], 'x');
	our_freezero(p, 8);
}

static int
is_open(int fd)
{
	return fcntl(fd, F_GETFD) != -1;
}

static void
test_closefrom(void **state)
{
	pid_t	 pid;
	int	 fd, status;

	(void)state;
	if ((pid = fork()) == 0) {
		if ((fd = fcntl(STDERR_FILENO, F_DUPFD, 100)) == -1)
			_exit(2);
		our_closefrom(fd + 1);
		if (!is_open(fd))
			_exit(3);
		our_closefrom(3);
		_exit(is_open(fd) || !is_open(STDERR_FILENO) ? 4 : 0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
}

static void
test_names(void **state)
{
	struct stat	 st;
	int		 fd;

	(void)state;
	assert_string_equal(our_getprogname(), getprogname());
	assert_true((fd = our_memfd_create("compat", MFD_CLOEXEC)) != -1);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fstat(fd, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_nlink, 0);
	assert_int_equal(st.st_mode & 077, 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(close(fd), 0);
	errno = 0;
	assert_int_equal(our_memfd_create("compat", 0), -1);
	assert_int_equal(errno, EINVAL);
}

static void
assert_flags(int fd, int cloexec, int nonblock)
{
	assert_true(fd != -1);
	assert_int_equal(fcntl(fd, F_GETFD), cloexec ? FD_CLOEXEC : 0);
	assert_int_equal((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0, nonblock);
	assert_int_equal(close(fd), 0);
}

static void
test_sockets(void **state)
{
	struct sockaddr_storage	 ss;
	socklen_t		 len = sizeof(ss);
	int			 c, fds[2], l;

	(void)state;
	assert_flags(compat_socket(AF_UNIX, SOCK_STREAM, 0), 0, 0);
	assert_flags(compat_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0),
	    1, 0);
	assert_flags(compat_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC |
	    SOCK_NONBLOCK, 0), 1, 1);
	assert_int_equal(compat_socketpair(AF_UNIX, SOCK_STREAM |
	    SOCK_CLOEXEC | SOCK_NONBLOCK, 0, fds), 0);
	assert_flags(fds[0], 1, 1);
	assert_flags(fds[1], 1, 1);
	assert_int_equal(compat_pipe2(fds, O_CLOEXEC | O_NONBLOCK), 0);
	assert_flags(fds[0], 1, 1);
	assert_flags(fds[1], 1, 1);
	assert_int_equal(compat_pipe2(fds, 0), 0);
	assert_flags(fds[0], 0, 0);
	assert_flags(fds[1], 0, 0);
	errno = 0;
	assert_int_equal(compat_pipe2(fds, O_APPEND), -1);
	assert_int_equal(errno, EINVAL);

	/* By a name that the kernel chooses, and nobody else can. */
	memset(&ss, 0, sizeof(ss));
	ss.ss_family = AF_INET;
	assert_true((l = compat_socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(listen(l, 1), 0);
	assert_int_equal(getsockname(l, (struct sockaddr *)&ss, &len), 0);
	assert_true((c = compat_socket(AF_INET, SOCK_STREAM, 0)) != -1);
	assert_int_equal(connect(c, (struct sockaddr *)&ss, len), 0);
	assert_flags(compat_accept4(l, NULL, NULL, SOCK_CLOEXEC |
	    SOCK_NONBLOCK), 1, 1);
	(void)close(c);
	(void)close(l);
}

/* libbsd's is not asked for what does not fit: see there. */
static void
compare_vis(const char *text, int flag, size_t size)
{
	char	 here[128], ours[128];
	size_t	 len;
	int	 n;

	n = vis_here(here, text, sizeof(here), flag);
	memset(ours, 1, sizeof(ours));
	assert_int_equal(compat_strnvis(ours, text, size, flag), n);
	if (size == 0) {
		assert_int_equal(ours[0], 1);
		return;
	}
	len = strlen(ours);
	if ((size_t)n < size)
		assert_int_equal(len, n);
	assert_true(len < size && len <= (size_t)n);
	assert_memory_equal(ours, here, len);
	/* The next one would not have had room, and nothing is behind. */
	assert_true(len == (size_t)n || len + 4 >= size);
	assert_int_equal(ours[len + 1], 1);
}

static void
test_strnvis(void **state)
{
	static const int	 flags[] = {
		VIS_NL | VIS_NOSLASH, VIS_CSTYLE | VIS_NL | VIS_TAB, 0,
		VIS_CSTYLE | VIS_SP, VIS_NL, VIS_TAB | VIS_NOSLASH
	};
	static const char	 odd[] = "\\\n\t\r\a\b\v\f\033 \177\200\237\240"
				    "\377a0";
	char			 text[24];
	size_t			 i, k, len;

	(void)state;
	for (i = 0; i < STRINGS; i++) {
		len = next() % sizeof(text);
		for (k = 0; k < len; k++)
			text[k] = next() % 2 == 0 ? (char)(1 + next() % 255) :
			    odd[next() % (sizeof(odd) - 1)];
		text[len] = '\0';
		for (k = 0; k < nitems(flags); k++) {
			compare_vis(text, flags[k], 128);
			compare_vis(text, flags[k], next() % 20);
		}
	}
}

static void
test_sha2(void **state)
{
	struct our_sha2	 mine;
	SHA2_CTX	 here;
	uint8_t		 data[300], a[SHA256_DIGEST_LENGTH],
			 b[SHA256_DIGEST_LENGTH];
	size_t		 cut, i, len;

	(void)state;
	for (len = 0; len < sizeof(data); len++) {
		for (i = 0; i < len; i++)
			data[i] = (uint8_t)next();
		cut = len == 0 ? 0 : next() % len;
		SHA256Init(&here);
		SHA256Update(&here, data, len);
		SHA256Final(a, &here);
		our_init(&mine);
		our_update(&mine, data, cut);
		our_update(&mine, data + cut, len - cut);
		our_final(b, &mine);
		assert_memory_equal(a, b, sizeof(a));
	}
}

struct node {
	RB_ENTRY(node)	 entry;
	int		 key;
	int		 in;
};
RB_HEAD(tree, node);

static int
node_cmp(const struct node *a, const struct node *b)
{
	return a->key < b->key ? -1 : a->key > b->key;
}

RB_PROTOTYPE(tree, node, entry, node_cmp)
RB_GENERATE(tree, node, entry, node_cmp)

/* How many there are, all in order, none before its parent; the depth. */
static size_t
check(const struct node *n, int low, int high, size_t *depth)
{
	size_t	 count, left = 0, right = 0;

	if (n == NULL) {
		*depth = 0;
		return 0;
	}
	assert_true(n->in && n->key >= low && n->key <= high);
	assert_true(n->entry.left == NULL ||
	    n->entry.left->entry.priority >= n->entry.priority);
	assert_true(n->entry.right == NULL ||
	    n->entry.right->entry.priority >= n->entry.priority);
	count = 1 + check(n->entry.left, low, n->key - 1, &left) +
	    check(n->entry.right, n->key + 1, high, &right);
	*depth = 1 + (left > right ? left : right);
	return count;
}

static void
test_tree(void **state)
{
	static struct node	 nodes[KEYS];
	struct node		*n, other;
	struct tree		 t;
	size_t			 count = 0, depth, i;

	(void)state;
	RB_INIT(&t);
	assert_true(RB_EMPTY(&t));
	for (i = 0; i < CHANGES; i++) {
		/* Ascending at first, the worst that could be asked. */
		n = &nodes[i < KEYS ? i : next() % KEYS];
		n->key = (int)(n - nodes);
		memset(&other, 0, sizeof(other));
		other.key = n->key;
		assert_ptr_equal(RB_FIND(tree, &t, &other), n->in ? n : NULL);
		if (!n->in) {
			assert_null(RB_INSERT(tree, &t, n));
			n->in = 1;
			count++;
			assert_ptr_equal(RB_INSERT(tree, &t, &other), n);
		} else {
			assert_ptr_equal(RB_REMOVE(tree, &t, n), n);
			n->in = 0;
			count--;
			assert_null(RB_REMOVE(tree, &t, n));
		}
		if (i != KEYS - 1 && i % 1000 != 0)
			continue;
		assert_int_equal(check(RB_ROOT(&t), 0, KEYS, &depth), count);
		/* Of 512 at random 20 or so: 60 is a matter of universes. */
		assert_true(depth < 60);
	}
	while ((n = RB_ROOT(&t)) != NULL)
		assert_ptr_equal(RB_REMOVE(tree, &t, n), n);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_memory),
		cmocka_unit_test(test_closefrom),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_sockets),
		cmocka_unit_test(test_strnvis),
		cmocka_unit_test(test_sha2),
		cmocka_unit_test(test_tree)
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
