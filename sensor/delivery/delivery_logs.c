/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records into a group of CloudWatch Logs: a stream for each interface, the record's start as the time of its event,
 * as AWS's own flow logs have it.  The batches of a segment (sensor/delivery/log_batch.h) go one after the other.
 *
 * PutLogEvents keeps what comes twice twice.  So an attempt that may have been carried out, before the sensor was
 * killed or its answer lost, is not made again: the stream is read first, and only what is not there is sent.
 *
 * Not guaranteed: CloudWatch Logs does not promise that an event can be read as soon as it was taken; seconds are
 * usual.  The stream is read no sooner than DOUBT_PAUSE_S after the attempt, and after the courier's own wait; what
 * takes longer to appear than that is sent twice.  Two equal records of one interface and second, in different
 * batches, of which one was in doubt, are taken for one.
 */
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/aws/client.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/doubt.h"
#include "sensor/delivery/host_name.h"
#include "sensor/delivery/log_batch.h"
#include "sensor/delivery/log_rest.h"
#include "sensor/delivery/refusal.h"
#include "sensor/delivery/sink_spec.h"

enum {
	SEGMENT_MAX = 8 << 20, /* some eight batches */
	STREAM_MAX = 512,
	DOUBT_PAUSE_S = 3,
};

struct logs {
	struct aws_creds_chain *chain;
	struct aws_logs		group;
	struct board_sink      *board;
	bool			creates;
	char			host[HOST_NAME_SIZE];
	struct doubt		doubt;
};

static int logs_check(const struct sink_spec *spec, struct err *err)
{
	static const char *const keys[] = { "create", NULL };
	struct str		 value;

	if (!aws_logs_is_group(spec->target))
		return err_set(err, ERR_USAGE,
			       "'%s': a log group's name is 1 to 512 letters, digits and ._/#-",
			       spec->text);
	if (sink_spec_check_keys(spec, keys, err) < 0)
		return -1;
	if (sink_spec_get(spec, "create", &value) && value.len)
		return err_set(err, ERR_USAGE, "'%s': create takes no value", spec->text);
	return 0;
}

static void logs_close(void *self)
{
	struct logs *logs = self;

	aws_client_free(logs->group.client);
	aws_http_free(logs->group.http);
	if (logs->chain)
		aws_creds_close(logs->chain);
	free(logs);
}

static struct aws_creds_chain *open_chain(const struct delivery_setup *setup, struct err *err)
{
	const char		      *region = setup->identity->region;
	const struct aws_creds_options options = { .profile = setup->profile,
						   .region = region[0] ? region : NULL,
						   .endpoint_url = setup->endpoint_url };
	struct aws_creds_chain	      *chain = aws_creds_open(&options, err);

	if (!chain || aws_creds_region(chain).len)
		return chain;
	aws_creds_close(chain);
	err_set(err, ERR_USAGE,
		"'%s': in which Region?  --region NAME says it, --identity imds asks EC2",
		setup->spec->text);
	return NULL;
}

static int logs_check_setup(const struct delivery_setup *setup, struct err *err)
{
	struct aws_creds_chain *chain = open_chain(setup, err);

	if (!chain)
		return -1;
	aws_creds_close(chain);
	return 0;
}

static void *logs_open(const struct delivery_setup *setup, struct err *err)
{
	struct logs *logs = mem_alloc(sizeof(*logs));
	struct str   value;

	host_name_find(setup->identity, logs->host);
	logs->board = setup->board;
	logs->creates = sink_spec_get(setup->spec, "create", &value);
	logs->group.group = setup->spec->target;
	logs->group.http = aws_http_new();
	logs->chain = open_chain(setup, err);
	if (logs->chain)
		logs->group.client = aws_client_open(logs->chain, AWS_LOGS,
						     aws_creds_region(logs->chain), err);
	if (!logs->group.client) {
		logs_close(logs);
		return NULL;
	}
	return logs;
}

/* One attempt at a batch. */
struct attempt {
	struct str		stream;
	struct aws_logs_event  *events;
	size_t			count;
	uint64_t		refused; /* of the whole batch */
	struct aws_logs_outcome outcome;
};

static bool is_missing(const struct attempt *attempt)
{
	return strcmp(attempt->outcome.fault.code, "ResourceNotFoundException") == 0;
}

static int put(struct logs *logs, struct attempt *attempt, struct err *err)
{
	const struct aws_logs_batch batch = { attempt->stream, attempt->events, attempt->count };

	return aws_logs_put(&logs->group, &batch, &attempt->outcome, err);
}

/* The stream is not there, or the group is not: which of both is not said. */
static int create_place(struct logs *logs, struct str stream, struct err *err)
{
	if (logs->creates && aws_logs_create_group(&logs->group, err) < 0)
		return -1;
	if (aws_logs_create_stream(&logs->group, stream, err) < 0)
		return logs->creates ? -1
				     : err_wrap(err, "the group must be there, or the sink say"
						     " ,create");
	return 0;
}

/* 1: it is there, but for what attempt->refused counts; 0: it will never be taken; -1. */
static int send_events(struct logs *logs, struct attempt *attempt, struct err *err)
{
	int result = put(logs, attempt, err);

	if (result < 0 && is_missing(attempt)) {
		if (create_place(logs, attempt->stream, err) < 0)
			return -1;
		result = put(logs, attempt, err);
	}
	if (result == 0) {
		attempt->refused += attempt->outcome.rejected;
		return 1;
	}
	return refusal_find(AWS_LOGS, &attempt->outcome.fault) ? 0 : -1;
}

/* Takes out what is in the stream already. */
static int look_up(struct logs *logs, struct attempt *attempt, struct err *err)
{
	struct timespec pause = { .tv_sec = DOUBT_PAUSE_S };

	nanosleep(&pause, NULL);
	if (log_rest_find(&logs->group, attempt->stream, attempt->events, &attempt->count, err) < 0)
		return err_wrap(err, "whether a batch arrived");
	return 0;
}

static void list_events(const struct log_batch *batch, struct aws_logs_event *out)
{
	for (size_t i = 0; i < batch->count; i++)
		out[i] = (struct aws_logs_event){ batch->events[i].start_s * 1000,
						  batch->events[i].text };
}

/* As send_events, once it is known what is to be sent. */
static int settle_batch(struct logs *logs, struct segment *segment, struct attempt *attempt,
			struct err *err)
{
	bool was_clear = !doubt_is(&logs->doubt, segment);
	int  result;

	if (!was_clear && attempt->count && look_up(logs, attempt, err) < 0)
		return -1;
	if (attempt->count == 0)
		return 1;
	if (segment_begin(segment, err) < 0)
		return -1;
	result = send_events(logs, attempt, err);
	if (result < 0)
		doubt_learn(&logs->doubt, segment, was_clear, attempt->outcome.in_doubt);
	return result;
}

static void say(struct logs *logs, const char *text)
{
	board_say(&logs->board->failure, clock_seconds(clock_now().wall), str_of(text));
}

static int deliver_batch(struct logs *logs, struct segment *segment, const struct log_batch *batch,
			 struct err *err)
{
	auto_buf struct buf		 stream = buf_make(STREAM_MAX);
	auto_free struct aws_logs_event *events = mem_alloc(batch->count * sizeof(*events));
	struct log_batch part = log_batch_of_time(batch, clock_seconds(clock_now().wall));
	struct attempt	 attempt = { .events = events, .count = part.count };
	int		 result;

	log_stream_name(batch->eni, str_of(logs->host), &stream);
	attempt.stream = buf_str(&stream);
	attempt.refused = batch->count - part.count;
	list_events(&part, events);
	result = settle_batch(logs, segment, &attempt, err);
	if (result < 0)
		return err_wrap(err, "log group '%.*s'", STR_ARG(logs->group.group));
	if (result == 0) {
		attempt.refused = batch->count;
		say(logs, err->text);
	} else if (attempt.refused) {
		say(logs, "records that are older than 14 days, or than the log group keeps them,"
			  " or more than 2 hours ahead of time");
	}
	board_add(&logs->board->dropped[BOARD_REFUSED], attempt.refused);
	return segment_ack(segment, batch->count - attempt.refused, result ? part.bytes : 0, err);
}

static int logs_deliver(void *self, struct segment *segment, struct err *err)
{
	struct logs			   *logs = self;
	auto_log_batches struct log_batches batches = { 0 };

	log_batches_make(&batches, segment);
	while (segment->acked < batches.count)
		if (deliver_batch(logs, segment, &batches.list[segment->acked], err) < 0)
			return -1;
	board_add(&logs->board->dropped[BOARD_REFUSED], batches.unfit);
	return 0;
}

const struct delivery_ops delivery_logs = {
	.kind = "logs",
	.usage = "logs:GROUP[,create]",
	.about = "events in a group of CloudWatch Logs, a stream for each interface",
	.takes_records = true,
	.bytes_max = SEGMENT_MAX,
	.needs = NEED_NETWORK,
	.check = logs_check,
	.check_setup = logs_check_setup,
	.open = logs_open,
	.deliver = logs_deliver,
	.close = logs_close,
};
