/* SPDX-License-Identifier: Apache-2.0 */
/* The ends of what an event is about, and how their names are cut; for the forms of events. */
#pragma once

#include "sensor/live/event.h"

/* One of the two ends of a packet. */
struct party {
	uint32_t  eni_idx; /* WORLD_NONE: of no interface of the snapshot */
	uint64_t  tiers;
	struct ip ip;
};

struct party event_source(const struct record_answer *answer);
struct party event_target(const struct record_answer *answer);

/* Its interface's; empty: it has none. */
struct str event_name(const struct event *event, struct party party);
struct str event_comm(const struct flow_process *process);

/* Harmless, and no longer than that. */
void event_add_cut(struct buf *out, struct str text, size_t max);
