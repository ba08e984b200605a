/* SPDX-License-Identifier: Apache-2.0 */
/* The rows of a command's option table: found by name, set from text.  The command line and the config file share it. */
#pragma once

#include "lib/base/cli.h"
#include "lib/base/str.h"

/* What one source of settings says: the command's struct, and by row of the table whether the source had a word on it. */
struct cli_values {
	char *args;
	bool *given;
};

size_t opt_count(const struct cmd *cmd);

/* By letter when there is one, else by name.  NULL when the command has no such option. */
const struct opt *opt_find(const struct cmd *cmd, struct str name, char letter);

/* The name that a misspelt one is nearest to, or NULL. */
const char *opt_nearest(const struct cmd *cmd, struct str name);

/* Of a flag the value is not looked at.  The value is kept, not copied. */
int opt_set(const struct cmd *cmd, const struct opt *opt, const char *value,
	    const struct cli_values *values, struct err *err) MUST_USE;

/* What `from` says and `to` does not goes to `to`. */
void opt_fill(const struct cmd *cmd, const struct cli_values *from, const struct cli_values *to);
