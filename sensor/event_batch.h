/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of a segment, cut into batches and handed to a sink's own way of sending.  How they are cut follows from
 * the lines and the limits alone, so each attempt has the same batches, after a restart too.
 *
 * A batch that is refused for good is sent again event by event: one that the service does not like takes no
 * others with it.  What was sent of such a batch is not sent again by this process.
 */
#pragma once

#include "sensor/delivery.h"
#include "sensor/event_read.h"

enum { EVENT_BATCH_MAX = 100 };

/* What is sent at once: some events of one batch. */
struct event_parcel {
	const char	   *segment; /* its name */
	uint64_t	    batch;   /* its number in the segment */
	const struct event *events;
	size_t		    count;   /* at least one */
	bool		   *refused; /* for each of them; false */
};

enum event_fate {
	EVENT_TAKEN,
	EVENT_PARTLY, /* all but those that the sender marks in parcel->refused; *err says why */
	EVENT_LATER,  /* *err says why */
	EVENT_REFUSED /* for good; *err says why */
};

struct event_sender {
	size_t lines_max; /* of a batch: at most EVENT_BATCH_MAX */
	size_t bytes_max; /* of its lines; a line that is longer is a batch by itself */
	bool is_single; /* events are sent one by one; a batch is only what is acknowledged at once */
	enum event_fate (*send)(void *self, struct event_parcel *parcel, struct err *err);
	void		      *self;
	struct board_sink     *board;
	struct event_progress *progress; /* kept from one attempt to the next */
};

/* How far a batch was sent event by event.  Zeroed: nothing was. */
struct event_progress {
	char	 segment[48]; /* "": of none */
	uint64_t batch;
	size_t	 done;
	bool	 refused[EVENT_BATCH_MAX];
};

/* As delivery_ops.deliver.  What is no event is counted as torn. */
int event_batches_deliver(struct segment *segment, const struct event_sender *sender,
			  struct err *err) MUST_USE;
