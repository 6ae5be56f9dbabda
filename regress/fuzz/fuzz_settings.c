/* SPDX-License-Identifier: ISC */

/*
 * A settings file of any bytes.  One that is accepted prints as one that is
 * accepted without a fault, and that prints as itself.
 */

#include "settings_check.h"

int	 LLVMFuzzerTestOneInput(const uint8_t *, size_t);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	check_settings((const char *)data, len);
	return 0;
}
