/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Writes a flow log of bench/made_flowlog to standard output, or the snapshot and the policy that belong to it
 * into a folder.
 */
#include <stdio.h>

#include "bench/made_estate.h"
#include "bench/made_flowlog.h"
#include "lib/base/cli.h"

struct flowlog_generator_args {
	uint64_t    lines, seed, member_bytes;
	const char *snapshot;
	bool	    v5, gzip;
};

static int flowlog_generator_run(const void *context, char **operands, struct err *err)
{
	const struct flowlog_generator_args *args = context;
	struct made_flowlog		     what = { .lines = args->lines,
						      .seed = args->seed,
						      .format = args->v5 ? MADE_V5 : MADE_V2,
						      .gzip = args->gzip,
						      .member_bytes = args->member_bytes };

	(void)operands;
	if (args->snapshot) {
		if (made_estate_write(args->snapshot) < 0)
			return err_sys(err, "cannot write into '%s'", args->snapshot);
		return 0;
	}
	if (made_flowlog_write(&what, stdout) < 0)
		return err_sys(err, "cannot write");
	return 0;
}

static const struct flowlog_generator_args defaults = { .lines = 10000000,
							.seed = 1,
							.member_bytes = 5000000 };

static const struct opt opts[] = {
	OPT_U64('n', "lines", struct flowlog_generator_args, lines, "N", 1, UINT64_C(100000000000),
		"records, 10000000"),
	OPT_U64(0, "seed", struct flowlog_generator_args, seed, "N", 0, UINT64_MAX, "1"),
	OPT_FLAG(0, "v5", struct flowlog_generator_args, v5,
		 "29 fields instead of the default format"),
	OPT_FLAG(0, "gzip", struct flowlog_generator_args, gzip, "packed"),
	OPT_U64(0, "member", struct flowlog_generator_args, member_bytes, "BYTES", 0, UINT64_MAX,
		"text in a member of gzip, 5000000; 0: one member"),
	OPT_STR(0, "snapshot", struct flowlog_generator_args, snapshot, "FOLDER",
		"write snapshot.json and estate.policy there, and no log"),
	OPT_END
};

static const struct cmd command = { .name = "flowlog_generator",
				    .summary = "a seeded flow log, for benchmarks",
				    .opts = opts,
				    .args_size = sizeof(struct flowlog_generator_args),
				    .defaults = &defaults,
				    .run = flowlog_generator_run };

int main(int argc, char **argv)
{
	return cli_single(&command, argc, argv);
}
