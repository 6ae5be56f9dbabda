/* SPDX-License-Identifier: ISC */

/*
 * Patterns over paths.  A pattern becomes a row of tokens, and a path is read
 * once while a set of bits keeps which tokens may come next: no backtracking,
 * so what a pattern costs does not depend on who chose the path.  Most paths
 * never get that far, because a piece of text that every match holds is not
 * in them.
 *
 * A character is one of UTF-8; a byte that is part of none stands for itself.
 */

#include "compat.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "pattern.h"

enum token_kind {
	TOKEN_CHAR,
	TOKEN_ANY,		/* ? */
	TOKEN_SET,
	TOKEN_RUN,		/* * */
	TOKEN_DEEP,		/* ** */
	/* Two tokens make up "**" before "/", which is included: */
	TOKEN_DIRS,		/* perhaps some directories */
	TOKEN_DIR		/* within them, up to a slash */
};

struct token {
	enum token_kind	 kind;
	uint32_t	 ch;		/* or the first range of a set */
	uint32_t	 nranges;
	size_t		 at;		/* where in the text it begins */
};

struct range {
	uint32_t	 lo, hi;
};

struct pattern {
	char		*text;
	char		*prefix;
	size_t		 len;		/* of what counts of the text */
	struct token	*tokens;
	size_t		 ntokens;
	struct range	*ranges;
	size_t		 nranges;
	/*
	 * The text and the tokens of the head, which is literal and ends in a
	 * slash.  What follows the head in a match holds the needle.
	 */
	size_t		 headlen;
	size_t		 head;
	char		*needle;
	/*
	 * What follows the head is "**" and a slash or not, then "*" or not,
	 * then the needle: almost all patterns that people write.
	 */
	int		 simple;
	int		 dirs;
	int		 run;
	size_t		 taillen;
};

#define WORD_BITS	64
/* Every byte makes at most one token; one bit more says "matched". */
#define STATE_WORDS	(PATTERN_MAX / WORD_BITS + 1)

struct state {
	uint64_t	 word[STATE_WORDS];
};

static const char	*ends(const struct pattern *, const char *, int);
static size_t		 meant_length(const char *);
static void		 compile(struct pattern *);
static const char	*compile_stars(struct pattern *, const char *,
			    const char *);
static const char	*compile_set(struct pattern *, const char *,
			    const char *);
static struct token	*add_token(struct pattern *, enum token_kind,
			    const char *);
static int		 find_literals(struct pattern *);
static void		 find_shape(struct pattern *);
static size_t		 text_at(const struct pattern *, size_t);
static int		 only_root(const struct pattern *);
static const char	*after_head(const struct pattern *, const char *);
static int		 simple_match(const struct pattern *, const char *,
			    size_t);
static void		 start(const struct pattern *, struct state *, size_t);
static void		 enter(const struct pattern *, struct state *,
			    size_t);
static int		 step(const struct pattern *, const struct state *,
			    struct state *, uint32_t);
static int		 accepts(const struct pattern *,
			    const struct token *, uint32_t);
static int		 matched(const struct pattern *, const struct state *);

int
pattern_is(const char *s)
{
	return strpbrk(s, "*?[]") != NULL;
}

struct pattern *
pattern_new(const char *text)
{
	struct pattern	*p;

	if (text[0] != '/') {
		errno = EINVAL;
		return NULL;
	}
	if (strlen(text) > PATTERN_MAX) {
		errno = ENAMETOOLONG;
		return NULL;
	}
	if ((p = calloc(1, sizeof(*p))) == NULL)
		return NULL;
	p->len = meant_length(text);
	if ((p->text = strdup(text)) == NULL ||
	    (p->tokens = calloc(p->len, sizeof(*p->tokens))) == NULL ||
	    (p->ranges = calloc(p->len, sizeof(*p->ranges))) == NULL)
		goto fail;
	compile(p);
	if (find_literals(p) == -1)
		goto fail;
	find_shape(p);
	return p;

 fail:
	pattern_free(p);
	errno = ENOMEM;
	return NULL;
}

void
pattern_free(struct pattern *p)
{
	if (p == NULL)
		return;
	free(p->text);
	free(p->prefix);
	free(p->needle);
	free(p->tokens);
	free(p->ranges);
	free(p);
}

const char *
pattern_text(const struct pattern *p)
{
	return p->text;
}

const char *
pattern_prefix(const struct pattern *p)
{
	return p->prefix;
}

int
pattern_match(const struct pattern *p, const char *path)
{
	struct state	 states[2];
	const char	*s, *end;
	int		 now = 0;

	/* "/" has no name that a wildcard could stand for. */
	if (path[0] == '/' && path[1] == '\0')
		return only_root(p);
	if ((s = after_head(p, path)) == NULL)
		return 0;
	end = s + strlen(s);
	if (p->simple)
		return simple_match(p, s, (size_t)(end - s));
	for (start(p, &states[now], p->head); s < end; now = !now)
		if (!step(p, &states[now], &states[!now], pattern_char(&s, end)))
			return 0;
	return matched(p, &states[now]);
}

int
pattern_covers(const struct pattern *p, const char *path)
{
	return ends(p, path, 0) != NULL;
}

int
pattern_deepest(const struct pattern *p, const char *path)
{
	const char	*end;
	int		 n = 0;

	if ((end = ends(p, path, 1)) == NULL)
		return -1;
	while (path < end && path[1] != '\0')
		if (*path++ == '/')
			n++;
	return n;
}

int
pattern_beneath(const struct pattern *p, const char *dir)
{
	struct state	 states[2];
	const char	*s, *end;
	size_t		 i, len = strlen(dir);
	int		 now = 0;

	if (only_root(p))
		return 0;
	if (len == 1)
		len = 0;
	/* The head ends in the directory or beneath it. */
	if (len < p->headlen)
		return strncmp(dir, p->text, len) == 0 && p->text[len] == '/';
	if (strncmp(dir, p->text, p->headlen) != 0)
		return 0;
	if (p->tokens[p->head].kind == TOKEN_DIRS ||
	    p->tokens[p->head].kind == TOKEN_DEEP)
		return 1;
	s = dir + p->headlen;
	end = dir + len;
	for (start(p, &states[now], p->head); s < end; now = !now)
		if (!step(p, &states[now], &states[!now],
		    pattern_char(&s, end)))
			return 0;
	if (!step(p, &states[now], &states[!now], '/'))
		return 0;
	now = !now;
	/* Some text satisfies any token; no token is left of a match. */
	for (i = 0; i < p->ntokens; i++)
		if (states[now].word[i / WORD_BITS] >> i % WORD_BITS & 1)
			return 1;
	return 0;
}

size_t
pattern_after(const struct pattern *p, const char *dir, size_t *at)
{
	struct state	 states[2];
	const char	*s = dir, *end = dir + strlen(dir);
	size_t		 i, n = 0;
	int		 now = 0;

	if (only_root(p))
		return 0;
	if (dir[1] == '\0')
		end = dir;
	for (start(p, &states[now], 0); s < end; now = !now)
		if (!step(p, &states[now], &states[!now],
		    pattern_char(&s, end)))
			return 0;
	if (!step(p, &states[now], &states[!now], '/'))
		return 0;
	now = !now;
	for (i = 0; i < p->ntokens; i++)
		if ((states[now].word[i / WORD_BITS] >> i % WORD_BITS & 1) &&
		    (n == 0 || at[n - 1] != p->tokens[i].at))
			at[n++] = p->tokens[i].at;
	return n;
}

/*
 * Where the first, or the last, path ends that matches: the path itself or
 * one above it.  NULL if there is none.
 */
static const char *
ends(const struct pattern *p, const char *path, int last)
{
	struct state	 states[2];
	const char	*rest, *s, *end, *found = NULL;
	int		 now = 0;

	if (only_root(p))
		return path;
	if (path[0] == '/' && path[1] == '\0')
		return NULL;
	if ((rest = s = after_head(p, path)) == NULL)
		return NULL;
	end = s + strlen(s);
	if (p->simple) {
		for (; (s = strchr(s, '/')) != NULL; s++) {
			if (!simple_match(p, rest, (size_t)(s - rest)))
				continue;
			found = s;
			if (!last)
				return found;
		}
		return simple_match(p, rest, (size_t)(end - rest)) ? end :
		    found;
	}
	for (start(p, &states[now], p->head); s < end; now = !now) {
		if (*s == '/' && matched(p, &states[now])) {
			found = s;
			if (!last)
				return found;
		}
		if (!step(p, &states[now], &states[!now],
		    pattern_char(&s, end)))
			return found;
	}
	return matched(p, &states[now]) ? end : found;
}

/* The length without what adds nothing: a last "/", and a last slash-"**". */
static size_t
meant_length(const char *text)
{
	size_t	 len = strlen(text);

	for (;;) {
		if (len > 1 && text[len - 1] == '/')
			len--;
		else if (len > 2 && strncmp(text + len - 3, "/**", 3) == 0)
			len = len == 3 ? 1 : len - 3;
		else
			return len;
	}
}

static void
compile(struct pattern *p)
{
	const char	*s = p->text, *end = p->text + p->len, *t;
	struct token	*token;

	while (s < end) {
		if (*s == '*')
			s = compile_stars(p, s, end);
		else if (*s == '?')
			(void)add_token(p, TOKEN_ANY, s++);
		else if (*s == '[' && (t = compile_set(p, s, end)) != NULL)
			s = t;
		else {
			token = add_token(p, TOKEN_CHAR, s);
			token->ch = pattern_char(&s, end);
		}
	}
}

/*
 * A row of stars: the last two of it are "**" with the slash that follows
 * them; of the rest every two are "**", and more of the same adds nothing.
 */
static const char *
compile_stars(struct pattern *p, const char *s, const char *end)
{
	const char	*t = s;
	size_t		 n;
	int		 dirs;

	while (t < end && *t == '*')
		t++;
	n = (size_t)(t - s);
	dirs = n >= 2 && t < end && *t == '/';
	if (dirs)
		n -= 2;
	if (n >= 2)
		(void)add_token(p, TOKEN_DEEP, s);
	else if (n == 1)
		(void)add_token(p, TOKEN_RUN, s);
	if (!dirs)
		return t;
	(void)add_token(p, TOKEN_DIRS, t - 2);
	(void)add_token(p, TOKEN_DIR, t - 2);
	return t + 1;
}

/* NULL if the bracket opens no set: then it is text. */
static const char *
compile_set(struct pattern *p, const char *open, const char *end)
{
	struct token	*token;
	struct range	*r;
	const char	*s = open + 1, *close;
	uint32_t	 n = 0;

	close = memchr(s, ']', (size_t)(end - s));
	if (close == NULL || close == s)
		return NULL;
	while (s < close) {
		/* Each takes a byte of the text, so there is room. */
		r = &p->ranges[p->nranges + n++];
		r->lo = r->hi = pattern_char(&s, close);
		if (close - s < 2 || *s != '-')
			continue;
		s++;
		r->hi = pattern_char(&s, close);
		if (r->hi < r->lo)
			return NULL;
	}
	token = add_token(p, TOKEN_SET, open);
	token->ch = (uint32_t)p->nranges;
	token->nranges = n;
	p->nranges += n;
	return close + 1;
}

static struct token *
add_token(struct pattern *p, enum token_kind kind, const char *s)
{
	struct token	*token = &p->tokens[p->ntokens++];

	token->kind = kind;
	token->at = (size_t)(s - p->text);
	return token;
}

/* Where the token begins, or the last one ends. */
static size_t
text_at(const struct pattern *p, size_t token)
{
	return token == p->ntokens ? p->len : p->tokens[token].at;
}

/* The head, the prefix, and the longest run of text after the head. */
static int
find_literals(struct pattern *p)
{
	size_t	 i, n, from, at = 0, len = 0;

	for (n = 0; n < p->ntokens && p->tokens[n].kind == TOKEN_CHAR; n++)
		if (p->tokens[n].ch == '/')
			p->head = n + 1;
	p->headlen = text_at(p, p->head);
	from = n == p->ntokens ? p->len : p->headlen == 1 ? 1 : p->headlen - 1;
	if ((p->prefix = strndup(p->text, from)) == NULL)
		return -1;

	for (i = from = p->head; i <= p->ntokens; i++) {
		if (i < p->ntokens && p->tokens[i].kind == TOKEN_CHAR)
			continue;
		n = text_at(p, i) - text_at(p, from);
		if (from < i && n >= len) {
			at = text_at(p, from);
			len = n;
		}
		from = i + 1;
	}
	p->needle = strndup(p->text + at, len);
	return p->needle == NULL ? -1 : 0;
}

static void
find_shape(struct pattern *p)
{
	size_t	 i = p->head, tail;

	if (i < p->ntokens && p->tokens[i].kind == TOKEN_DIRS) {
		p->dirs = 1;
		i += 2;
	}
	if (i < p->ntokens && p->tokens[i].kind == TOKEN_RUN) {
		p->run = 1;
		i++;
	}
	tail = text_at(p, i);
	while (i < p->ntokens && p->tokens[i].kind == TOKEN_CHAR)
		i++;
	p->taillen = p->len - tail;
	/* Bytes are compared: so no character may begin before the tail. */
	p->simple = i == p->ntokens &&
	    (p->taillen == 0 || (p->text[tail] & 0xc0) != 0x80);
}

/* Is "/" all there is, as of a slash and "**"? */
static int
only_root(const struct pattern *p)
{
	return p->len == 1;
}

/* What follows the head of the pattern in the path; NULL: no match. */
static const char *
after_head(const struct pattern *p, const char *path)
{
	if (strncmp(path, p->text, p->headlen) != 0)
		return NULL;
	path += p->headlen;
	return strstr(path, p->needle) == NULL ? NULL : path;
}

static int
simple_match(const struct pattern *p, const char *s, size_t len)
{
	size_t	 mid;

	/* With nothing else in it, the longest text is the last one. */
	if (len < p->taillen || memcmp(s + len - p->taillen, p->needle,
	    p->taillen) != 0)
		return 0;
	mid = len - p->taillen;
	if (p->dirs)
		return p->run || mid == 0 || s[mid - 1] == '/';
	if (p->run)
		return memchr(s, '/', mid) == NULL;
	return mid == 0;
}

static void
start(const struct pattern *p, struct state *state, size_t token)
{
	memset(state, 0, (p->ntokens / WORD_BITS + 1) * sizeof(uint64_t));
	enter(p, state, token);
}

/* The token may come next, and what may follow it if it is nothing. */
static void
enter(const struct pattern *p, struct state *state, size_t i)
{
	uint64_t	 bit;

	for (;;) {
		bit = (uint64_t)1 << i % WORD_BITS;
		if (state->word[i / WORD_BITS] & bit)
			return;
		state->word[i / WORD_BITS] |= bit;
		if (i == p->ntokens)
			return;
		switch (p->tokens[i].kind) {
		case TOKEN_RUN:
		case TOKEN_DEEP:
			i++;
			break;
		case TOKEN_DIRS:
			i++;
			state->word[i / WORD_BITS] |=
			    (uint64_t)1 << i % WORD_BITS;
			i++;
			break;
		default:
			return;
		}
	}
}

/* Reads one character; 0 if nothing can match any more. */
static int
step(const struct pattern *p, const struct state *from, struct state *to,
    uint32_t ch)
{
	uint64_t	 bits, any = 0;
	size_t		 w, i, nwords = p->ntokens / WORD_BITS + 1;

	memset(to, 0, nwords * sizeof(uint64_t));
	for (w = 0; w < nwords; w++) {
		for (bits = from->word[w]; bits != 0; bits &= bits - 1) {
			i = w * WORD_BITS + (size_t)__builtin_ctzll(bits);
			if (i == p->ntokens ||
			    !accepts(p, &p->tokens[i], ch))
				continue;
			switch (p->tokens[i].kind) {
			case TOKEN_RUN:
			case TOKEN_DEEP:
				enter(p, to, i);
				break;
			case TOKEN_DIR:
				to->word[w] |= bits & -bits;
				if (ch == '/')
					enter(p, to, i + 1);
				break;
			default:
				enter(p, to, i + 1);
				break;
			}
		}
	}
	for (w = 0; w < nwords; w++)
		any |= to->word[w];
	return any != 0;
}

static int
accepts(const struct pattern *p, const struct token *token, uint32_t ch)
{
	const struct range	*r;
	uint32_t		 n;

	switch (token->kind) {
	case TOKEN_CHAR:
		return ch == token->ch;
	case TOKEN_ANY:
	case TOKEN_RUN:
		return ch != '/';
	case TOKEN_SET:
		r = &p->ranges[token->ch];
		for (n = token->nranges; n > 0; n--, r++)
			if (ch >= r->lo && ch <= r->hi)
				return 1;
		return 0;
	case TOKEN_DEEP:
	case TOKEN_DIR:
		return 1;
	case TOKEN_DIRS:
		/* Its state is only there for what may follow. */
		return 0;
	}
	return 0;
}

static int
matched(const struct pattern *p, const struct state *state)
{
	return (state->word[p->ntokens / WORD_BITS] >>
	    p->ntokens % WORD_BITS & 1) != 0;
}

uint32_t
pattern_char(const char **sp, const char *end)
{
	static const uint32_t	 least[] = { 0, 0, 0x80, 0x800, 0x10000 };
	const unsigned char	*s = (const unsigned char *)*sp;
	size_t			 n, i, left = (size_t)(end - *sp);
	uint32_t		 ch;

	(*sp)++;
	if (s[0] < 0x80)
		return s[0];
	if (s[0] >= 0xc2 && s[0] <= 0xdf)
		n = 2;
	else if ((s[0] & 0xf0) == 0xe0)
		n = 3;
	else if (s[0] >= 0xf0 && s[0] <= 0xf4)
		n = 4;
	else
		return PATTERN_BYTE + s[0];
	ch = s[0] & (0x7fU >> n);
	for (i = 1; i < n; i++) {
		if (i >= left || (s[i] & 0xc0) != 0x80)
			return PATTERN_BYTE + s[0];
		ch = ch << 6 | (s[i] & 0x3f);
	}
	if (ch < least[n] || ch > 0x10ffff || (ch >= 0xd800 && ch <= 0xdfff))
		return PATTERN_BYTE + s[0];
	*sp += n - 1;
	return ch;
}
