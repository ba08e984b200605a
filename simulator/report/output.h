/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Where an answer goes: `-o FORMAT[=FILE]`, repeatable.  A verb has a table of the formats it supports; all
 * outputs are written in full before the first of them appears.
 */
#pragma once

#include <stdio.h>

#include "lib/base/cli.h"

struct output_format {
	const char *name; /* NULL ends the table; the first is the default */
	void (*print)(const void *answer, FILE *out);
};

/* ERR_USAGE for a format that the verb does not have. */
int  output_check(const struct cli_list *specs, const struct output_format *formats,
		  struct err *err) MUST_USE;
bool output_has(const struct cli_list *specs, const char *name); /* given, as "csv" */
int  output_write(const struct cli_list *specs, const struct output_format *formats,
		  const void *answer, struct err *err) MUST_USE;
