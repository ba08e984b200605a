/* SPDX-License-Identifier: Apache-2.0 */
/* Lines that a spool is given, cut where another segment begins. */
#pragma once

#include "sensor/delivery/spool.h"

struct spool_run {
	struct str text;
	uint64_t   lines; /* 0: there are none */
	int64_t	   period_s, oldest_s;
};

/*
 * As many as belong together from the front of *rest, in a segment that begins with so many bytes; adds to *torn the
 * lines that are none and stood before them.
 */
struct spool_run spool_run_take(struct str *rest, const struct spool_args *args, size_t begin_size,
				uint64_t *torn);
