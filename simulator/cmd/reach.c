/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/peers_run.h"
#include "simulator/cmd/verbs.h"

static int reach_run(const void *args, char **operands, struct err *err)
{
	return peers_run(args, operands, true, err);
}

const struct cmd cmd_reach = {
	.name = "reach",
	.operands = "SRC [PORT]",
	.summary = "what X can reach, by which rules: the blast radius; without PORT: on any port",
	.examples = "  weir reach web-1 -s shop.snap -p shop.policy\n"
		    "  weir reach internet -s shop.snap\n"
		    "  weir reach i-0123456789abcdef0 tcp/22 --by instance -s shop.snap\n"
		    "  weir reach subnet:shop-web-* --by vpc -o json -s shop.snap\n"
		    "  weir reach 203.0.113.9 -s shop.snap\n",
	.opts = peers_opts,
	.args_size = sizeof(struct peers_args),
	.operands_min = 1,
	.operands_max = 2,
	.statuses = { [0] = "something can be reached",
		      [1] = "nothing can",
		      [4] = "nothing can for certain, and something may" },
	.run = reach_run,
};
