/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/verbs.h"

static const struct cmd *const cmds[] = { &cmd_can,   &cmd_check,    &cmd_check_snapshot,
					  &cmd_diff,  &cmd_explain,  &cmd_exposed,
					  &cmd_fetch, &cmd_matrix,   &cmd_reach,
					  &cmd_rules, &cmd_sensor,   &cmd_top,
					  &cmd_who,   &cmd_help_iam, NULL };

int main(int argc, char **argv)
{
	return cli_main("weir", "See, judge and answer what AWS networks let through.", cmds, argc,
			argv);
}
