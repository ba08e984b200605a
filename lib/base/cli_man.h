/* SPDX-License-Identifier: Apache-2.0 */
/* Man pages out of the option tables, for man(7)'s macros as groff and mandoc have them.  `PROGRAM help --man` prints. */
#pragma once

#include "lib/base/buf.h"
#include "lib/base/cli.h"

/* The page of a program with verbs. */
void man_print_program(const struct cli_program *program, struct buf *out);

/* The page of a verb of it, or of a program that is one command: verbs is then NULL. */
void man_print_command(const struct cli_program *program, const struct cmd *cmd, struct buf *out);
