/* SPDX-License-Identifier: Apache-2.0 */
/* The verbs: one file each in this folder, one line each in main.c. */
#pragma once

#include "lib/base/cli.h"

extern const struct cmd cmd_can, cmd_check, cmd_check_snapshot, cmd_diff, cmd_explain, cmd_exposed,
	cmd_fetch, cmd_help_iam, cmd_matrix, cmd_reach, cmd_rules, cmd_sensor, cmd_top, cmd_who;
