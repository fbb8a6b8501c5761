/* SPDX-License-Identifier: GPL-2.0 */
/* What the programs of checks/ say of each thing that they look at */
#include <stdio.h>

static int failures;

static void claim(const char *what, long long seen, long long want)
{
	if (seen == want) {
		printf("  ok    %s\n", what);
		return;
	}
	failures++;
	printf("  WRONG %s: %lld, must be %lld\n", what, seen, want);
}
