/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/peers_run.h"
#include "simulator/cmd/verbs.h"

static int who_run(const void *args, char **operands, struct err *err)
{
	return peers_run(args, operands, false, err);
}

const struct cmd cmd_who = {
	.name = "who",
	.operands = "DST [PORT]",
	.summary = "who can reach Y, by which rules; without PORT: on any port",
	.examples = "  weir who db-1 tcp/5432 -s shop.snap -p shop.policy\n"
		    "  weir who sg:shop-db --by instance -s shop.snap\n"
		    "  weir who tier:db -s shop.snap -p shop.policy -o csv\n"
		    "  weir who lb:shop https -s shop.snap\n"
		    "  weir who internet 443 --by subnet -s shop.snap\n"
		    "  weir who 10.0.0.0/16 tcp/22 -q -s shop.snap\n",
	.opts = peers_opts,
	.args_size = sizeof(struct peers_args),
	.operands_min = 1,
	.operands_max = 2,
	.statuses = { [0] = "somebody can",
		      [1] = "nobody can",
		      [4] = "nobody can for certain, and somebody may" },
	.run = who_run,
};
