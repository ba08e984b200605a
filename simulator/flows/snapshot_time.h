/* SPDX-License-Identifier: Apache-2.0 */
/*
 * When a snapshot was taken.  Its documents do not say; the modification time of its newest file is when it was
 * taken or later, because copying a file can make it younger and never older than what is in it.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

enum snapshot_time_source { SNAPSHOT_TIME_UNKNOWN, SNAPSHOT_TIME_GIVEN, SNAPSHOT_TIME_FILES };

struct snapshot_time {
	enum snapshot_time_source source;
	int64_t			  s; /* 0 when unknown */
};

/* given: as --snapshot-time, or NULL; path: as world_open's.  ERR_USAGE when given is no time. */
int snapshot_time_open(const char *given, const char *path, struct snapshot_time *out,
		       struct err *err) MUST_USE;
