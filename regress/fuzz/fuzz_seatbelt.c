/* SPDX-License-Identifier: ISC */

/*
 * Any policy: either what it is that cannot be said, or a profile in which
 * every parenthesis and every string ends, and where no text of the policy
 * has become a rule.
 *
 * Input: a byte of flags, then for each entry a byte for what it is and its
 * text up to a zero byte.
 */

#include "compat.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "pattern.h"
#include "../../srt-exec/seatbelt.h"

#define MAXENTRIES	24

int	LLVMFuzzerTestOneInput(const uint8_t *, size_t);

/* Past a string, whose first quote is before it. */
static const char *
check_string(const char *s)
{
	const char	*from = s;

	for (; *s != '"'; s++) {
		if (*s == '\0' || *s == '\n' || *s == (char)0xff)
			abort();
		if (*s == '\\' && strchr("\"\\nrt", *++s) == NULL)
			abort();
	}
	if (s - from > 1025)
		abort();
	return s + 1;
}

/* Lines of rules, each closed in its own line or in lines that go on. */
static void
check_profile(const char *s)
{
	int	 depth = 0;

	while (*s != '\0') {
		switch (*s) {
		case '"':
			if (depth == 0)
				abort();
			s = check_string(s + 1);
			continue;
		case '(':
			if (depth == 0 && strncmp(s, "(allow ", 7) != 0 &&
			    strncmp(s, "(deny ", 6) != 0 &&
			    strncmp(s, "(version ", 9) != 0)
				abort();
			depth++;
			break;
		case ')':
			if (depth-- == 0)
				abort();
			break;
		case '\n':
			break;
		default:
			/* Outside of strings there are words of our own. */
			if (*s < ' ' || *s > '~' || *s == ';' || *s == '#' ||
			    *s == '\\')
				abort();
			if (depth == 0)
				abort();
		}
		s++;
	}
	if (depth != 0)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct seatbelt_guard	 guards[MAXENTRIES];
	struct fs_path		 pool[MAXENTRIES];
	const char		*mach[MAXENTRIES];
	struct fs_paths		 paths;
	struct seatbelt_text	 out;
	struct seatbelt		 sb;
	char			*text, *s, *end;
	unsigned char		 what;
	size_t			 n, npaths = 0;

	if (size == 0 || (text = malloc(size + 1)) == NULL)
		return 0;
	memcpy(text, data, size);
	text[size] = '\0';
	memset(&sb, 0, sizeof(sb));
	TAILQ_INIT(&paths);
	sb.flags = data[0] & (EXEC_FS_DISABLED | EXEC_ALL_UNIX |
	    EXEC_GIT_CONFIG);
	sb.mac = data[0] >> 3;
	sb.paths = &paths;
	sb.guards = guards;
	sb.mach = mach;
	sb.http_port = data[0];
	sb.tag = "tag";
	end = text + size;
	for (s = text + 1, n = 0; s < end && n < MAXENTRIES;
	    s += strlen(s) + 1, n++) {
		what = (unsigned char)*s++;
		if (s > end)
			break;
		if (what % 32 < GUARD_KIND_MAX) {
			guards[sb.nguards].kind = what % 32;
			guards[sb.nguards++].text = s;
		} else if (what % 32 < GUARD_KIND_MAX + FS_KIND_MAX) {
			memset(&pool[npaths], 0, sizeof(pool[0]));
			pool[npaths].kind = what % 32 - GUARD_KIND_MAX;
			pool[npaths].type = what / 32 % FS_TYPE_MAX;
			pool[npaths].path = s;
			TAILQ_INSERT_TAIL(&paths, &pool[npaths], entry);
			npaths++;
		} else if (what % 32 < 28)
			mach[sb.nmach++] = s;
		else if (what % 32 < 30)
			sb.tty = s;
		else
			sb.tag = s;
	}
	if (seatbelt_profile(&sb, &out) == 0)
		check_profile(out.buf);
	else if (out.error[0] == '\0')
		abort();
	text_free(&out);
	free(text);
	return 0;
}
