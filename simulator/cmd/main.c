/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/verbs.h"

static const struct cmd *const cmds[] = { &cmd_can,   &cmd_check,    &cmd_check_snapshot,
					  &cmd_diff,  &cmd_explain,  &cmd_exposed,
					  &cmd_fetch, &cmd_matrix,   &cmd_reach,
					  &cmd_rules, &cmd_sensor,   &cmd_top,
					  &cmd_who,   &cmd_help_iam, NULL };

static const struct cli_program program = {
	.name = "weir",
	.summary = "See, judge and answer what AWS networks let through.",
	.cmds = cmds,
	.section = 1,
	.see_also = "weir-sensor(8)",
};

int main(int argc, char **argv)
{
	return cli_main(&program, argc, argv);
}
