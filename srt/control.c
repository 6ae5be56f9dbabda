/* SPDX-License-Identifier: ISC */

/*
 * --control-fd (COMPAT 21): lines that each hold complete settings, of which
 * the live keys apply to the command that runs; and --control-ack, which gets
 * a line for each of them.  The command itself never has the descriptors:
 * srt-exec closes all but 0-2.
 */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "parent.h"

/* So many changes may be on their way before the next line is read. */
#define CONTROL_AHEAD	16

/* What is to be said about a line. */
struct answer {
	TAILQ_ENTRY(answer)	 entry;
	char			*text;	/* NULL: not known yet */
};

static struct {
	int		 number;	/* as the user gave it */
	int		 ack_number;
	struct lines	*in;
	struct lines	*ack;
	int		 delivered;
	unsigned int	 ahead;		/* changes on their way */
	unsigned int	 line;		/* so many have come */
	TAILQ_HEAD(, answer) answers;
	void		(*update)(const struct settings *);
	void		(*lost)(void);
} control = { .answers = TAILQ_HEAD_INITIALIZER(control.answers) };

static void	 control_end(void *, const char *);
static void	 control_expect(char *);
static void	 control_flush(void);
static void	 control_invalid(const struct errors *);
static void	 control_line(void *, char *, size_t);
static char	*control_text(const struct errors *);

static const struct lines_sink	 control_sink = { control_line, control_end };

int
control_open(int fd, int ack)
{
	if ((control.in = lines_open(fd, LINES_IN)) == NULL) {
		errors_write("Error: --control-fd %d is not usable: %s. "
		    "Refusing to run the command without the control channel "
		    "it asks for.\n", fd, strerror(errno));
		return -1;
	}
	control.number = fd;
	if (ack != -1) {
		if ((control.ack = lines_open(ack, LINES_OUT)) == NULL) {
			errors_write("Error: --control-ack %d is not usable: "
			    "%s. Refusing to run the command without the "
			    "answers it asks for.\n", ack, strerror(errno));
			return -1;
		}
		control.ack_number = ack;
		if (ack != fd && ack > STDERR_FILENO)
			(void)close(ack);
	}
	(void)close(fd);
	return 0;
}

void
control_start(struct event_base *base, void (*update)(const struct settings *),
    void (*lost)(void))
{
	control.update = update;
	control.lost = lost;
	if (control.ack != NULL)
		lines_start(control.ack, base, 0, NULL, NULL);
	lines_start(control.in, base, JSON_SIZE_MAX, &control_sink, NULL);
}

static void
control_end(void *arg, const char *why)
{
	(void)arg;
	if (why != NULL && control.delivered)
		errors_write("Error reading control fd %d: %s. The control "
		    "channel is closed; no further updates will be "
		    "applied.\n", control.number, why);
	else if (why != NULL)
		errors_write("Error: control fd %d failed before delivering "
		    "an update: %s. Refusing to run the command without the "
		    "control channel it asks for.\n", control.number, why);
	lines_close(control.in);
	control.in = NULL;
	if (why != NULL && !control.delivered)
		control.lost();
}

/* A line, or NULL for one that is too long. */
static void
control_line(void *arg, char *line, size_t len)
{
	struct settings	*set = NULL;
	struct errors	 errors;
	const char	*why;

	(void)arg;
	errors_init(&errors);
	errors.first = ++control.line;
	if (line == NULL) {
		errors_add(&errors, FAULT_JSON, control.line, 1, NULL,
		    "the line is longer than %d bytes", JSON_SIZE_MAX);
		control_invalid(&errors);
		errors_free(&errors);
		return;
	}
	if (len > 0 && line[len - 1] == '\r')
		len--;
	while (len > 0 && (*line == ' ' || *line == '\t')) {
		line++;
		len--;
	}
	if (len == 0)
		return;
	control.delivered = 1;
	if (settings_parse("control fd", line, len, &set, &errors) == -1)
		control_invalid(&errors);
	else if ((why = send_check(set)) != NULL) {
		errors_add(&errors, FAULT_VALUE, control.line, 1, NULL, "%s",
		    why);
		control_invalid(&errors);
	} else {
		errors_explain(&errors, "control fd");
		control_expect(NULL);
		if (++control.ahead == CONTROL_AHEAD)
			lines_pause(control.in, 1);
		control.update(set);
	}
	settings_free(set);
	errors_free(&errors);
}

static void
control_invalid(const struct errors *errors)
{
	errors_write("Invalid config on control fd %d: ignored, previous "
	    "config still in force\n", control.number);
	errors_explain(errors, "control fd");
	control_expect(control_text(errors));
	control_flush();
}

void
control_applied(void)
{
	struct answer	*a;

	/* Changes are put in force in the order of the lines. */
	TAILQ_FOREACH(a, &control.answers, entry) {
		if (a->text == NULL) {
			a->text = xstrdup("{\"applied\":true}\n");
			control.ahead--;
			break;
		}
	}
	if (control.in != NULL && control.ahead < CONTROL_AHEAD)
		lines_pause(control.in, 0);
	control_flush();
}

/* {"applied":false, ...}: fresh. */
static char *
control_text(const struct errors *errors)
{
	const struct fault	*f;
	const char		*comma = "";
	FILE			*fp;
	size_t			 len;
	char			*text;

	if ((fp = open_memstream(&text, &len)) == NULL)
		fatal("open_memstream");
	fputs("{\"applied\":false,\"errors\":[", fp);
	TAILQ_FOREACH(f, &errors->list, entry) {
		if (f->kind >= FAULT_WARNING)
			continue;
		fprintf(fp, "%s{\"key\":", comma);
		json_print(fp, f->path == NULL ? "" : f->path);
		fputs(",\"message\":", fp);
		json_print(fp, f->text);
		putc('}', fp);
		comma = ",";
	}
	fputs("]}\n", fp);
	if (fclose(fp) != 0)
		fatal("open_memstream");
	return text;
}

/* The answer to a line; NULL: once the change is in force. */
static void
control_expect(char *text)
{
	struct answer	*a;

	a = xcalloc(1, sizeof(*a));
	a->text = text;
	TAILQ_INSERT_TAIL(&control.answers, a, entry);
}

/* Answers come in the order of the lines. */
static void
control_flush(void)
{
	struct answer	*a;

	while ((a = TAILQ_FIRST(&control.answers)) != NULL &&
	    a->text != NULL) {
		if (control.ack != NULL && lines_write(control.ack, a->text,
		    strlen(a->text)) == -1) {
			errors_write("Error writing --control-ack %d: %s. "
			    "Updates go on without answers.\n",
			    control.ack_number, strerror(errno));
			lines_close(control.ack);
			control.ack = NULL;
		}
		TAILQ_REMOVE(&control.answers, a, entry);
		free(a->text);
		free(a);
	}
}
