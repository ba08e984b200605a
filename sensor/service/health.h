/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether the sensor does what it is there for, judged by the board alone.  A reason appears when something has been
 * so for long enough to matter and stays for HEALTH_HOLD_S after it was last so: whoever asks now and then misses
 * none, and nothing flaps.
 *
 *	the loop does not turn             HEARTBEAT_MAX_S
 *	something was lost or dropped      at once
 *	a sink fails without a success     FAILING_MAX_S
 *	a sink's processes are gone        at once
 *	a sink is behind                   DELAY_MAX_S, by the oldest that is not delivered
 *	the last model was refused         at once, until one is taken up
 *	the last fetch failed              FETCH_MAX_S since the last success
 *	the snapshot is old                SNAPSHOT_MAX_S
 *	it lacks an interface of ours      STRANGERS_MAX_S: what flows there is unknown
 *	it lacks the VPC of one            at once
 *	a call of the fetch is denied      at once: what it tells is old, or unknown
 */
#pragma once

#include <stdbool.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "sensor/board.h"

enum {
	HEALTH_HOLD_S = 300,
	HEARTBEAT_MAX_S = 10,
	FAILING_MAX_S = 300,
	DELAY_MAX_S = 1800,
	FETCH_MAX_S = 6 * 3600,
	SNAPSHOT_MAX_S = 7 * 86400,
	STRANGERS_MAX_S = 300
};

struct health;

/* What was lost before the first look is old. */
struct health *health_new(const struct board *board, struct clock_pair now) MUST_USE;
void	       health_free(struct health *health); /* accepts NULL */

/* Every few seconds, or more often. */
void health_look(struct health *health, const struct board *board, struct clock_pair now);

/* True: all is well.  Otherwise the reasons of the last look, one a line. */
bool health_print(const struct health *health, const struct board *board, struct buf *out);
