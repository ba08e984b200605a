/* SPDX-License-Identifier: Apache-2.0 */
/* The status page: what SIGUSR1 makes the sensor say on stderr, a line for each thing it has. */
#pragma once

#include "sensor/board.h"
#include "sensor/eni_set.h"
#include "sensor/run_talk.h"

struct run_status {
	const char	       *about, *privileges; /* as the ready line has them */
	const struct eni_set   *enis;
	const struct run_sizes *sizes;
	const struct board     *board;
	int64_t			seconds; /* since it began */
};

/* Says what fits into standard error without waiting for a reader. */
void run_say_status(const struct run_status *status);
void run_print_status(const struct run_status *status, struct wall now, struct buf *out);
