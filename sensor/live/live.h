/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judges flows by the model that there is: each new one soon after its first packet, and each when its window ends,
 * because its record needs an action and because the news of it may have been lost.  What should not flow becomes an
 * event, once for a conversation and limited by path.
 *
 * All memory is taken at start; what is new and finds no room is counted (board->unjudged) and judged at the end of
 * its window.  One thread.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/clock.h"
#include "lib/flow/record.h"
#include "sensor/board.h"
#include "sensor/delivery/event_line.h"
#include "sensor/flow_table.h"
#include "sensor/live/model_keeper.h"

struct live;
struct recorder;

/* One that is measured; "": not known. */
struct live_interface {
	uint32_t    ifindex;
	const char *ifname;
	struct str  id, vpc_id;
};

/* All borrowed. */
struct live_args {
	struct model_keeper *models;
	struct board	    *board;

	/*
	 * The record of a flow as it will be written, but for its action, and the name of its interface.  false: flow
	 * logs leave it out.
	 */
	bool (*record)(const struct recorder *recorder, const struct flow *flow,
		       struct record *record, const char **ifname);
	const struct recorder *recorder;

	/* In a place of the recorder's, as its records say it.  false: none is measured there. */
	bool (*interface)(const struct recorder *recorder, size_t place,
			  struct live_interface *out);
	size_t interface_count; /* places */

	/*
	 * Once for an interface: the snapshot has none of that id, so nothing of it is judged.  Its VPC is named when the
	 * snapshot does not have that either.
	 */
	void (*say_stranger)(const struct live_interface *stranger);
	event_fn *say;
	void	 *context; /* of say */

	size_t	 max_flows;
	uint32_t interval_s, event_interval_s;
	unsigned cpu_percent; /* of one processor; 0: no limit */
};

struct live *live_new(const struct live_args *args, struct clock_pair now) MUST_USE;
void	     live_free(struct live *live); /* accepts NULL */
size_t	     live_memory_bytes(size_t max_flows);

/* A flow may be new: its first packet, or all so far.  process: NULL when it is not known.  Allocates nothing. */
void live_see(struct live *live, const struct flow *flow, const struct flow_process *process);

/* An interface came after the start and is watched from then on. */
void live_come(struct live *live, uint32_t ifindex, struct wall from);

/* At each turn of the loop: takes a new model, judges what is new, says what is due. */
void live_turn(struct live *live, struct clock_pair now);

/* A window's flow is about to be recorded: counts its verdict and sets the action of its record. */
void live_finish(struct live *live, const struct flow *flow, const char *ifname,
		 struct record *record);

/* At the end: what was suppressed. */
void live_flush(struct live *live);
