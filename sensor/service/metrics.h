/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The board as Prometheus reads it: one table of metrics, with the names, units and text format that its own client
 * libraries have.  What a sensor does not have (a snapshot, a spool) is left out.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "sensor/board.h"

#define METRICS_CONTENT_TYPE "text/plain; version=0.0.4; charset=utf-8"

enum { METRICS_PAGE_MAX = 1 << 20 };

/* is_healthy: as sensor/service/health.h has it. */
void metrics_print(const struct board *board, struct clock_pair now, bool is_healthy,
		   struct buf *out);

/* For people: every metric and every value that a label of it may have. */
void metrics_print_table(struct buf *out);
