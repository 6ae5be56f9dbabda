/* SPDX-License-Identifier: ISC */

/*
 * Settings of the right shape: the bytes choose keys of settings_table and
 * values that suit them, for the most part, so that what is tested is not
 * the JSON but what comes after it.
 */

#include "settings_check.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

struct input {
	const uint8_t	*p;
	size_t		 len;
};

static const char *const	 words[] = {
	"a.test", "*.a.test", "a.test:443", "*", "*:80", "localhost",
	"127.0.0.1", "10.0.0.0/8", "[::1]:22", "[fd00::]/8", "a.test:80-90",
	"/tmp", "/", "~/x", "./y", "/tmp/**", "**/.env", "/tmp/[a-c]?*",
	"http://p.test:3128", "https://u:p@p.test", "socks5://p.test", "KEY",
	"/run/x.sock", "git *", "8080", "127.0.0.1:8080:80", "200M", "1G",
	"deny", "mask", "warn", "error", "jwt", "none", "syslog", "file",
	"refuse", "passthrough", "", "a b", "\\u0000", "\\ud83d\\ude00",
	"127.1",
	"network.allowedDomains", "filesystem", "*.test", "a..test", "(a|b)+"
};
static const char *const	 numbers[] = {
	"0", "1", "80", "65535", "65536", "-1", "1.5", "1e3", "256", "100",
	"600001", "9007199254740991", "9007199254740993", "4194304", "1e999"
};

static unsigned int
next(struct input *in)
{
	if (in->len == 0)
		return 0;
	in->len--;
	return *in->p++;
}

static void
put_string(FILE *fp, struct input *in)
{
	unsigned int	 n = next(in);

	/* Or so many bytes of the input. */
	if (n < nitems(words)) {
		fprintf(fp, "\"%s\"", words[n]);
		return;
	}
	putc('"', fp);
	for (n %= 24; n > 0 && in->len > 0; n--)
		putc((int)next(in), fp);
	putc('"', fp);
}

static void
put_list(FILE *fp, struct input *in, void (*put)(FILE *, struct input *))
{
	unsigned int	 i, n = next(in) % 5;

	putc('[', fp);
	for (i = 0; i < n; i++) {
		if (i > 0)
			putc(',', fp);
		put(fp, in);
	}
	putc(']', fp);
}

static void
put_number(FILE *fp, struct input *in)
{
	fputs(numbers[next(in) % nitems(numbers)], fp);
}

static void
put_path(FILE *fp, struct input *in)
{
	if (next(in) % 4 != 0) {
		put_string(fp, in);
		return;
	}
	fputs("{\"path\":", fp);
	put_string(fp, in);
	fprintf(fp, ",\"literal\":%s}", next(in) % 2 ? "true" : "false");
}

static void
put_port(FILE *fp, struct input *in)
{
	if (next(in) % 2)
		put_number(fp, in);
	else
		put_string(fp, in);
}

static void
put_map(FILE *fp, struct input *in, int lists)
{
	unsigned int	 i, n = next(in) % 4;

	putc('{', fp);
	for (i = 0; i < n; i++) {
		if (i > 0)
			putc(',', fp);
		put_string(fp, in);
		putc(':', fp);
		if (lists)
			put_list(fp, in, put_string);
		else
			put_string(fp, in);
	}
	putc('}', fp);
}

static void	 put_members(FILE *, struct input *, const char *, int);

static void
put_value(FILE *fp, struct input *in, const struct setting *s, int depth)
{
	unsigned int	 type = s->type;

	/* Now and then what does not belong there. */
	if (next(in) >= 250)
		type = next(in) % (SETTING_NEVER + 1);
	switch (type) {
	case SETTING_BOOL:
		fputs(next(in) % 2 ? "true" : "false", fp);
		break;
	case SETTING_INT:
	case SETTING_COUNT:
		put_number(fp, in);
		break;
	case SETTING_SIZE:
		put_port(fp, in);
		break;
	case SETTING_STRING:
		put_string(fp, in);
		break;
	case SETTING_ENUM:
		if (s->choices == NULL || next(in) % 8 == 0)
			put_string(fp, in);
		else
			fprintf(fp, "\"%s\"", s->choices[0]);
		break;
	case SETTING_STRINGS:
		put_list(fp, in, put_string);
		break;
	case SETTING_PATHS:
		put_list(fp, in, put_path);
		break;
	case SETTING_PORTS:
		put_list(fp, in, put_port);
		break;
	case SETTING_STRMAP:
	case SETTING_LISTMAP:
		put_map(fp, in, type == SETTING_LISTMAP);
		break;
	case SETTING_OBJECTS:
		putc('[', fp);
		put_members(fp, in, s->name, depth + 1);
		putc(']', fp);
		break;
	case SETTING_OVERLAYS:
		putc('{', fp);
		put_string(fp, in);
		putc(':', fp);
		put_members(fp, in, "", depth + 1);
		putc('}', fp);
		break;
	case SETTING_FOREIGN:
	case SETTING_OBJECT:
		put_members(fp, in, s->name, depth + 1);
		break;
	default:
		fputs("null", fp);
		break;
	}
}

/* An object of rows directly below the prefix. */
static void
put_members(FILE *fp, struct input *in, const char *prefix, int depth)
{
	const struct setting	*s;
	const char		*leaf, *comma = "";

	putc('{', fp);
	for (s = settings_table; s->name != NULL && depth < 6; s++) {
		if ((leaf = setting_leaf(s, prefix)) == NULL)
			continue;
		/* Objects and what is required are there more often. */
		if (next(in) % 4 < ((s->flags & SETTING_REQUIRED) != 0 ? 1U :
		    2U + (s->state != 0)))
			continue;
		fprintf(fp, "%s\"%s\":", comma, leaf);
		put_value(fp, in, s, depth);
		comma = ",";
	}
	putc('}', fp);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	struct input	 in = { data, len };
	FILE		*fp;
	char		*text;
	size_t		 size;

	if ((fp = open_memstream(&text, &size)) == NULL)
		abort();
	put_members(fp, &in, "", 0);
	if (fclose(fp) != 0)
		abort();
	check_settings(text, size);
	free(text);
	return 0;
}
