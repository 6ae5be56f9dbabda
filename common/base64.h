/* SPDX-License-Identifier: ISC */
#ifndef BASE64_H
#define BASE64_H

#include <stddef.h>

/* RFC 4648, section 4, padded.  Fresh; NULL: no memory. */
char	*base64_encode(const char *, size_t);

#endif /* BASE64_H */
