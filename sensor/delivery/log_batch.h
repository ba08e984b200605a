/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The batches that a segment of records becomes in CloudWatch Logs: the events of one interface each, in the order of
 * their times, within the limits of PutLogEvents (lib/aws/logs.h).  They follow from the segment alone, so that batch
 * 3 is the same after a restart; what the clock makes too old is found when one is sent.
 */
#pragma once

#include "lib/aws/logs.h"
#include "sensor/delivery/delivery.h"

struct log_event {
	struct str eni, text; /* of the segment */
	int64_t	   start_s;
};

struct log_batch {
	struct str	  eni;
	struct log_event *events; /* ascending */
	size_t		  count;
	uint64_t	  bytes; /* as AWS counts them */
};

struct log_batches {
	struct log_batch *list;
	size_t		  count, capacity;
	struct log_event *events;
	size_t		  event_count, event_capacity;
	uint64_t	  unfit; /* lines that no batch takes: empty, or too long */
};

/* Borrows from the segment. */
void log_batches_make(struct log_batches *batches, const struct segment *segment);
void log_batches_done(struct log_batches *batches);

/* Without the events that CloudWatch Logs refuses at that time; a part of it, as they stand at its ends. */
struct log_batch log_batch_of_time(const struct log_batch *batch, int64_t now_s);

/* "eni-0a1b2c3d4e5f60718-all", as AWS's own; what no stream's name may have becomes '_'. */
void log_stream_name(struct str eni, struct str host, struct buf *out);

#define auto_log_batches __attribute__((cleanup(log_batches_done)))
