/* SPDX-License-Identifier: ISC */

#include "compat.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "log.h"

#define LOG_LINE_MAX	2048

static const char	*log_name = "srt";
static enum log_level	 log_level = LOG_LEVEL_WARN;
static log_sink_fn	 log_sink;

void
log_init(const char *name, enum log_level level)
{
	log_name = name;
	log_level = level;
}

enum log_level
log_getlevel(void)
{
	return log_level;
}

void
log_setsink(log_sink_fn sink)
{
	log_sink = sink;
}

static int	 lost;

void
log_stderr(const char *name, enum log_level level, const char *text)
{
	char	 line[LOG_LINE_MAX * 4 + 128], safe[LOG_LINE_MAX * 4 + 1];
	ssize_t	 w;
	size_t	 len, off;
	int	 n;

	/* Not VIS_SAFE, which lets backspace, bell and return through. */
	(void)strnvis(safe, text, sizeof(safe), VIS_NL | VIS_NOSLASH);
	n = snprintf(line, sizeof(line), "%s: %s%s\n", name,
	    level == LOG_LEVEL_DEBUG ? "debug: " : "", safe);
	if (n < 0)
		return;
	len = (size_t)n < sizeof(line) ? (size_t)n : sizeof(line) - 1;

	/* One write where possible: lines of several roles do not mix. */
	for (off = 0; off < len; off += (size_t)w) {
		w = write(STDERR_FILENO, line + off, len - off);
		if (w == -1) {
			if (errno == EINTR) {
				w = 0;
				continue;
			}
			lost = 1;
			return;
		}
	}
}

int
log_lost(void)
{
	return lost;
}

static void
log_emit(enum log_level level, int error, const char *fmt, va_list ap)
{
	char	 text[LOG_LINE_MAX];
	size_t	 len;
	int	 saved = errno;

	if (level > log_level)
		return;

	(void)vsnprintf(text, sizeof(text), fmt, ap);
	if (error != 0) {
		len = strlen(text);
		(void)snprintf(text + len, sizeof(text) - len, ": %s",
		    strerror(error));
	}
	if (log_sink != NULL)
		log_sink(level, text);
	else
		log_stderr(log_name, level, text);
	errno = saved;
}

void
log_warn(const char *fmt, ...)
{
	int	 saved = errno;
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_WARN, saved, fmt, ap);
	va_end(ap);
}

void
log_warnx(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_WARN, 0, fmt, ap);
	va_end(ap);
}

void
log_info(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_INFO, 0, fmt, ap);
	va_end(ap);
}

void
log_debug(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_DEBUG, 0, fmt, ap);
	va_end(ap);
}

void
fatal(const char *fmt, ...)
{
	int	 saved = errno;
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_FATAL, saved, fmt, ap);
	va_end(ap);
	exit(EXIT_SRT);
}

void
fatalx(const char *fmt, ...)
{
	va_list	 ap;

	va_start(ap, fmt);
	log_emit(LOG_LEVEL_FATAL, 0, fmt, ap);
	va_end(ap);
	exit(EXIT_SRT);
}
