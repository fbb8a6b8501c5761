// SPDX-License-Identifier: GPL-2.0
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include "demo.h"

static int held, wrong, titles;

void title(const char *text)
{
	printf("\n%d. %s\n", ++titles, text);
}

void note(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("       ");
	vprintf(fmt, args);
	putchar('\n');
	va_end(args);
}

void claim(const char *label, const char *seen, const char *expected)
{
	bool ok = !strcmp(seen, expected);

	printf("%5s  %s%s\n", ok ? "ok" : "WRONG", label, seen);
	if (!ok)
		printf("%5s  %s%s\n", "want", label, expected);
	held += ok;
	wrong += !ok;
}

int report(void)
{
	printf("\ndemo: %d claims hold, %d do not\n", held, wrong);
	return wrong ? 1 : 0;
}

void die(const char *fmt, ...)
{
	char why[256];
	va_list args;

	va_start(args, fmt);
	vsnprintf(why, sizeof(why), fmt, args);	/* first: %m is errno as it is now */
	va_end(args);
	fflush(stdout);
	fprintf(stderr, "demo: %s\n", why);
	exit(2);
}
