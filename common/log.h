/* SPDX-License-Identifier: ISC */
#ifndef LOG_H
#define LOG_H

#include <stdarg.h>

/*
 * Diagnostics.  A message goes to the sink: to begin with standard error,
 * in a role the pipe to the parent, so that only the parent writes to the
 * user's terminal.  Every message is escaped (vis(3)) on its way out; callers
 * may pass what the network or the command sent.  errno is left alone.
 */

enum log_level {
	LOG_LEVEL_FATAL,	/* the process ends */
	LOG_LEVEL_WARN,		/* always shown */
	LOG_LEVEL_INFO,		/* shown with -v */
	LOG_LEVEL_DEBUG		/* shown with -d or SRT_DEBUG */
};

typedef void (*log_sink_fn)(enum log_level, const char *);

/* Shows messages up to this level; the name leads every line on stderr. */
void	 log_init(const char *, enum log_level);
/* The level in force. */
enum log_level log_getlevel(void);
/* Is there a message that standard error has not taken? */
int	 log_lost(void);
/* Replaces standard error; NULL restores it.  The text is not escaped. */
void	 log_setsink(log_sink_fn);
/* Writes one line to standard error, escaped, as the named program. */
void	 log_stderr(const char *, enum log_level, const char *);

/* The ones without x append ": " and strerror(errno). */
void	 log_warn(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_warnx(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_info(const char *, ...) __attribute__((__format__(printf, 1, 2)));
void	 log_debug(const char *, ...) __attribute__((__format__(printf, 1, 2)));

/* End the process with status 125 (EXIT_SRT); see STYLE on when to. */
__dead void fatal(const char *, ...)
	    __attribute__((__format__(printf, 1, 2)));
__dead void fatalx(const char *, ...)
	    __attribute__((__format__(printf, 1, 2)));

/* srt's own failures, and the shell's two, as exit statuses. */
#define EXIT_SRT		125
#define EXIT_NOTEXECUTABLE	126
#define EXIT_NOTFOUND		127

#endif /* LOG_H */
