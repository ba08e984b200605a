/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "simulator/cmd/verbs.h"
#include "simulator/report/print_fetch.h"

static int help_iam_run(const void *args, char **operands, struct err *err)
{
	(void)args;
	if (!operands[0])
		print_iam_policy(stdout);
	else if (strcmp(operands[0], "sensor") == 0)
		print_iam_policy_of_sensor(stdout);
	else
		return err_set(err, ERR_USAGE, "'%s': expected `sensor`, or nothing for `fetch`",
			       operands[0]);
	return 0;
}

const struct cmd cmd_help_iam = {
	.name = "iam",
	.operands = "[sensor]",
	.summary = "the least policy of IAM that `fetch` needs, or weir-sensor",
	.operands_max = 1,
	.is_topic = true,
	.run = help_iam_run,
};
