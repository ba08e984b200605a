/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The objects that a segment of records becomes in a bucket, one for each five minutes in which records of it end:
 * their keys as AWS's own flow logs have them, so that whatever reads those reads these ("Flow log files" of the VPC
 * User Guide), and their bytes.  Both follow from the segment alone, today and after a restart.
 */
#pragma once

#include "sensor/delivery/delivery.h"

enum { LOG_OBJECT_PERIOD_S = 300, LOG_OBJECT_KEY_MAX = 1024, FLOW_LOG_ID_SIZE = 32 };

/* Where objects go, and what they say of where they were made; borrowed. */
struct log_layout {
	struct str  prefix; /* without '/' at its ends; empty: none */
	bool	    hive, hourly;
	const char *account_id, *region;
	struct str  flow_log_id;
	struct str  host; /* what no other sensor has: an instance-id */
};

/* ERR_USAGE unless it may stand in front of AWSLogs/. */
int log_prefix_check(struct str prefix, struct err *err) MUST_USE;

/*
 * "fl-" and 17 hexadecimal digits, as AWS's are: the first of SHA-256 over "ACCOUNT/HOST".  AWS has no flow log of
 * that id; it tells the sensors' files apart.
 */
void flow_log_id_make(const char *account_id, struct str host, char out[static FLOW_LOG_ID_SIZE]);

/* The first five minutes after those that begin at `after` in which a record ends; -1: there are none. */
int64_t log_object_period(const struct segment *segment, int64_t after_s);

/* Whose object, and of which of its five minutes. */
struct log_object {
	const struct segment *segment;
	int64_t		      period_s;
	unsigned	      turn; /* how often a key of it was found to be another's */
};

/* The hash in the key is the first 8 digits of SHA-256 over host, segment and turn. */
int log_object_key(const struct log_layout *layout, const struct log_object *object,
		   struct buf *out, struct err *err) MUST_USE;

/* The names of the fields, then the records: one member of gzip, without a time or a name.  Returns how many. */
uint64_t log_object_write(const struct log_object *object, struct str header, struct buf *out);
