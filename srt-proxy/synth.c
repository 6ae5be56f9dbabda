/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <stdlib.h>
#include <string.h>

#include "synth.h"

#define SYNTH_COUNT	(SYNTH_LAST - SYNTH_FIRST + 1)

struct entry {
	RB_ENTRY(entry)		 node;
	TAILQ_ENTRY(entry)	 use;
	uint32_t		 addr;
	char			 name[];
};
RB_HEAD(synth_names, entry);

struct synth {
	struct synth_names	 names;
	TAILQ_HEAD(, entry)	 uses;		/* the last one used last */
	size_t			 count;
	size_t			 max;
	uint32_t		 next;		/* to be tried */
	struct entry		*addrs[SYNTH_COUNT];
};

static const unsigned char	 synth_prefix[12] = {
	0xfd, 0x73, 0x72, 0x74, 0x6e, 0x65
};

static int	 entry_compare(struct entry *, struct entry *);

RB_PROTOTYPE(synth_names, entry, node, entry_compare)
RB_GENERATE(synth_names, entry, node, entry_compare)

static int
entry_compare(struct entry *a, struct entry *b)
{
	return strcmp(a->name, b->name);
}

struct synth *
synth_new(size_t max)
{
	struct synth	*t;

	if ((t = calloc(1, sizeof(*t))) == NULL)
		return NULL;
	RB_INIT(&t->names);
	TAILQ_INIT(&t->uses);
	t->max = max > SYNTH_NAMES_MAX ? SYNTH_NAMES_MAX : max;
	if (t->max == 0)
		t->max = 1;
	t->next = SYNTH_FIRST;
	return t;
}

static void
entry_remove(struct synth *t, struct entry *e)
{
	RB_REMOVE(synth_names, &t->names, e);
	TAILQ_REMOVE(&t->uses, e, use);
	t->addrs[e->addr - SYNTH_FIRST] = NULL;
	t->count--;
	free(e);
}

void
synth_free(struct synth *t)
{
	struct entry	*e;

	if (t == NULL)
		return;
	while ((e = TAILQ_FIRST(&t->uses)) != NULL)
		entry_remove(t, e);
	free(t);
}

static void
entry_used(struct synth *t, struct entry *e)
{
	TAILQ_REMOVE(&t->uses, e, use);
	TAILQ_INSERT_TAIL(&t->uses, e, use);
}

/* There are always more addresses than names. */
static uint32_t
addr_next(struct synth *t)
{
	uint32_t	 addr;

	do {
		addr = t->next;
		t->next = addr == SYNTH_LAST ? SYNTH_FIRST : addr + 1;
	} while (t->addrs[addr - SYNTH_FIRST] != NULL);
	return addr;
}

uint32_t
synth_addr(struct synth *t, const char *name)
{
	struct entry	*e, *old;
	size_t		 len = strlen(name) + 1;

	if ((e = malloc(sizeof(*e) + len)) == NULL)
		return 0;
	memcpy(e->name, name, len);
	if ((old = RB_INSERT(synth_names, &t->names, e)) != NULL) {
		free(e);
		entry_used(t, old);
		return old->addr;
	}
	e->addr = addr_next(t);
	t->addrs[e->addr - SYNTH_FIRST] = e;
	TAILQ_INSERT_TAIL(&t->uses, e, use);
	if (++t->count > t->max)
		entry_remove(t, TAILQ_FIRST(&t->uses));
	return e->addr;
}

const char *
synth_name(struct synth *t, uint32_t addr)
{
	struct entry	*e;

	if (addr < SYNTH_FIRST || addr > SYNTH_LAST ||
	    (e = t->addrs[addr - SYNTH_FIRST]) == NULL)
		return NULL;
	entry_used(t, e);
	return e->name;
}

uint32_t
synth_from_inet(const unsigned char *p)
{
	uint32_t	 addr;

	addr = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 |
	    (uint32_t)p[2] << 8 | p[3];
	return addr >= SYNTH_FIRST && addr <= SYNTH_LAST ? addr : 0;
}

uint32_t
synth_from_inet6(const unsigned char *p)
{
	if (memcmp(p, synth_prefix, sizeof(synth_prefix)) != 0)
		return 0;
	return synth_from_inet(p + sizeof(synth_prefix));
}

void
synth_to_inet(uint32_t addr, unsigned char *p)
{
	p[0] = (unsigned char)(addr >> 24);
	p[1] = (unsigned char)(addr >> 16);
	p[2] = (unsigned char)(addr >> 8);
	p[3] = (unsigned char)addr;
}

void
synth_to_inet6(uint32_t addr, unsigned char *p)
{
	memcpy(p, synth_prefix, sizeof(synth_prefix));
	synth_to_inet(addr, p + sizeof(synth_prefix));
}
