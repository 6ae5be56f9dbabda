/* SPDX-License-Identifier: ISC */

/*
 * Linked into the programs of "make asan".  Looking for leaks at exit needs
 * ptrace(2), which no role may use; the unit tests look for them.
 */

const char	*__asan_default_options(void);

const char *
__asan_default_options(void)
{
	return "detect_leaks=0:exitcode=99:symbolize=0";
}
