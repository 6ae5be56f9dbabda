/* SPDX-License-Identifier: ISC */

/*
 * Where a directory cannot be asked whether names that differ in case are the
 * same to it, they are: a protected file then has all of its names.
 */

#include "compat.h"

#include "parent.h"

void
path_folds_known(int on)
{
	(void)on;
}

int
path_folds(const char *path)
{
	(void)path;
	return 1;
}
