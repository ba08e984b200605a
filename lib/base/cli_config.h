/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The config file of a command: lines `key = value`, keys are the long names of its options.
 *
 *	# the sensor of the web tier
 *	interface = ens5=eni-0a1b2c3d4e5f60718
 *	no-header = yes
 *
 * A list takes a line for each item, any other key comes once; a flag is `yes` or `no`.  Blanks around key and value
 * do not count, and nothing is quoted: what begins with # is a comment only as a line of its own.  An unknown key, a
 * value that the command line would refuse, and a line that is none of these are errors with their line.
 */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/cli_opt.h"

enum { CLI_CONFIG_MAX = 1 << 20 }; /* bytes */

/* Cuts the text up where it stands: values lie in it. */
int cli_config_parse(const struct cmd *cmd, struct buf *text, const char *source,
		     const struct cli_values *out, struct err *err) MUST_USE;
