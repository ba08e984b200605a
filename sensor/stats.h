/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor counts: every frame by what became of it, and every place where something can be lost.
 * One table gives the names, so that no summary can leave a counter out.
 */
#pragma once

#include <stddef.h>
#include <stdint.h>

#include "bpf/flow_abi.h"
#include "lib/base/buf.h"

/* The first FLOW_COUNTER_COUNT are those of enum flow_counter. */
enum stat_index {
	STAT_SOCKET_FULL = FLOW_COUNTER_COUNT,
	STAT_OUTPUT_BLOCKED,
	STAT_RECORDS_DROPPED,
	STAT_NO_DIRECTION,
	STAT_EARLY,
	STAT_LATE,
	STAT_FLOWS,
	STAT_PACKETS,
	STAT_NODATA,
	STAT_SKIPDATA,
	STAT_LEFT_OUT_FLOWS,
	STAT_LEFT_OUT_PACKETS,
	STAT_COUNT
};

struct stats {
	uint64_t counts[STAT_COUNT];
};

enum stat_kind {
	STAT_KIND_TOTAL, /* what was recorded */
	STAT_KIND_LOST,	 /* what should have been */
	STAT_KIND_NOTE,	 /* what a reader of the records may want to know */
	STAT_KIND_COUNT
};

struct stat_info {
	unsigned       stat; /* index into counts: enum stat_index or enum flow_counter */
	const char    *name;
	enum stat_kind kind;
	const char    *about;
};

/* Row 0 to STAT_COUNT - 1 of the table: each counter once. */
const struct stat_info *stat_info(size_t row);

uint64_t stats_lost(const struct stats *stats);

/* "flows 18,204  packets 99,120  lost 0 (ring full 0, …)  besides: not IP 3, …" with every counter. */
void stats_print(const struct stats *stats, struct buf *out);

/* "ring full 2, socket full 1,204": the counters that are not zero. */
void stats_print_amounts(const uint64_t counts[STAT_COUNT], struct buf *out);
