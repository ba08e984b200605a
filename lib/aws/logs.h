/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CloudWatch Logs as far as a writer of events needs it: a batch put, looked up, and the stream and group made
 * that it goes to.  Limits: "PutLogEvents" of CloudWatch Logs' API reference.
 */
#pragma once

#include "lib/aws/call.h"

enum {
	AWS_LOGS_BATCH_BYTES_MAX = 1048576, /* of messages, and so many for each event: */
	AWS_LOGS_EVENT_BYTES = 26,
	AWS_LOGS_BATCH_EVENTS_MAX = 10000,
	AWS_LOGS_SPAN_MAX_S = 24 * 3600, /* from the first event of a batch to the last */
	AWS_LOGS_FUTURE_MAX_S = 2 * 3600,
	AWS_LOGS_PAST_MAX_S = 14 * 24 * 3600,
};

/* A group; borrowed.  http is one thread's. */
struct aws_logs {
	struct aws_client *client;
	struct aws_http	  *http;
	struct str	   group;
};

struct aws_logs_event {
	int64_t	   time_ms; /* since 1970 */
	struct str message; /* not empty, UTF-8 */
};

struct aws_logs_batch {
	struct str		     stream;
	const struct aws_logs_event *events; /* ascending */
	size_t			     count;
};

struct aws_logs_outcome {
	size_t		 rejected; /* events of a batch that was taken: too old, or too new */
	bool		 in_doubt; /* the call failed and may have been carried out all the same */
	struct aws_fault fault;	   /* when it failed */
};

/* Not tried again when it is in doubt: the service keeps what comes twice twice. */
int aws_logs_put(const struct aws_logs *logs, const struct aws_logs_batch *batch,
		 struct aws_logs_outcome *outcome, struct err *err) MUST_USE;

/* A negative return ends the reading with *err. */
struct aws_logs_visitor {
	int (*visit)(void *context, const struct aws_logs_event *event, struct err *err);
	void *context;
};

struct aws_logs_range {
	struct str stream;
	int64_t	   start_ms, end_ms; /* the end is not part of it */
};

/* The events of a stream, in their order.  A stream or group that is not there has none. */
int aws_logs_read(const struct aws_logs *logs, const struct aws_logs_range *range,
		  const struct aws_logs_visitor *visitor, struct err *err) MUST_USE;

/* One that is there already is good. */
int aws_logs_create_stream(const struct aws_logs *logs, struct str stream,
			   struct err *err) MUST_USE;
int aws_logs_create_group(const struct aws_logs *logs, struct err *err) MUST_USE;

/* "[._/A-Za-z0-9#-]", 1 to 512 of them. */
bool aws_logs_is_group(struct str name);
