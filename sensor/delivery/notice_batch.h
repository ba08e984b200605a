/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The events of a segment, cut into batches and handed to a sink's own way of sending.  How they are cut follows from
 * the lines and the limits alone, so each attempt has the same batches, after a restart too.
 *
 * A batch that is refused for good is sent again event by event: one that the service does not like takes no
 * others with it.  What was sent of such a batch is not sent again by this process.
 */
#pragma once

#include "sensor/delivery/delivery.h"
#include "sensor/delivery/notice.h"

enum { NOTICE_BATCH_MAX = 100 };

/* What is sent at once: some events of one batch. */
struct notice_parcel {
	const char	    *segment; /* its name */
	uint64_t	     batch;   /* its number in the segment */
	const struct notice *notices;
	size_t		     count;   /* at least one */
	bool		    *refused; /* for each of them; false */
};

enum notice_fate {
	NOTICE_TAKEN,
	NOTICE_PARTLY, /* all but those that the sender marks in parcel->refused; *err says why */
	NOTICE_LATER,  /* *err says why */
	NOTICE_REFUSED /* for good; *err says why */
};

struct notice_sender {
	size_t lines_max; /* of a batch: at most NOTICE_BATCH_MAX */
	size_t bytes_max; /* of its lines; a line that is longer is a batch by itself */
	enum notice_fate (*send)(void *self, struct notice_parcel *parcel, struct err *err);
	void		       *self;
	struct board_sink      *board;
	struct notice_progress *progress; /* kept from one attempt to the next */
};

/* How far a batch was sent event by event.  Zeroed: nothing was. */
struct notice_progress {
	char	 segment[48]; /* "": of none */
	uint64_t batch;
	size_t	 done;
	bool	 refused[NOTICE_BATCH_MAX];
};

/* As delivery_ops.deliver.  What is no event is counted as torn. */
int notices_deliver(struct segment *segment, const struct notice_sender *sender,
		    struct err *err) MUST_USE;
