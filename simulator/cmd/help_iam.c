/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/verbs.h"
#include "simulator/report/print_fetch.h"

static int help_iam_run(const void *args, char **operands, struct err *err)
{
	(void)args;
	(void)operands;
	(void)err;
	print_iam_policy(stdout);
	return 0;
}

const struct cmd cmd_help_iam = {
	.name = "iam",
	.operands = "",
	.summary = "the least policy of IAM that `fetch` needs",
	.is_topic = true,
	.run = help_iam_run,
};
