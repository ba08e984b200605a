/* SPDX-License-Identifier: Apache-2.0 */
/* The completion of bash out of the option tables.  `PROGRAM help --completion` prints it. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/cli.h"

/* A script to be sourced; of a program that is one command verbs is NULL and cmd that command. */
void completion_print(const struct cli_program *program, const struct cmd *cmd, struct buf *out);
