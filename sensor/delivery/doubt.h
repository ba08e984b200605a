/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Whether a batch of a segment may have reached the service before.  The spool's mark is durable and cautious: it
 * stands from before the first attempt on.  Here is what this process knows better: that all of its attempts failed
 * before anything was carried out, as in an outage they do.
 */
#pragma once

#include "sensor/delivery/delivery.h"

/* Zeroed: nothing is known. */
struct doubt {
	char	 segment[64]; /* of this one's batch nothing has arrived */
	uint64_t batch;
};

/* Of batch `acked`. */
bool doubt_is(const struct doubt *doubt, const struct segment *segment);

/* An attempt at it failed.  was_clear: there was no doubt when it was made; in_doubt: there is some now. */
void doubt_learn(struct doubt *doubt, const struct segment *segment, bool was_clear, bool in_doubt);
