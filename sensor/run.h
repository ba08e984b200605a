/* SPDX-License-Identifier: Apache-2.0 */
/* One run of the sensor, from its options to its exit status. */
#pragma once

#include "lib/base/cli.h"

struct sensor_args {
	struct cli_list interfaces, locals;
	const char     *read, *account_id, *format, *output, *backend, *hook;
	uint64_t	interval_s, max_flows;
	bool		no_header, verbose;
};

/*
 * Captures until SIGINT or SIGTERM, or reads a file to its end.  Speaks on stderr: a line when it is ready,
 * one when eBPF is refused, a summary with every counter at the end.
 */
int sensor_run(const void *args, char **operands, struct err *err);
