/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Records into a bucket, an object for each five minutes of a segment (sensor/delivery/log_object.h): mostly one, for such is
 * a segment's own period, more when windows are longer.  An object is only written where there is none of its key.  So one that was written by an attempt whose answer was lost is found at the next attempt, and not
 * written again; and one of another sensor, whose hash happens to be the same, is never overwritten: the next
 * key is tried.
 *
 * Not guaranteed: when an attempt is in doubt, an object that is there is taken for ours.  That it is another's after
 * all takes a lost answer and two equal hashes of 32 bits in the same five minutes and under the same flow-log-id.
 */
#include <stdlib.h>
#include <string.h>

#include "lib/aws/s3.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/doubt.h"
#include "sensor/delivery/host_name.h"
#include "sensor/delivery/log_object.h"
#include "sensor/delivery/refusal.h"
#include "sensor/delivery/sink_spec.h"
#include "sensor/eni.h"

enum {
	/*
	 * AWS's own files have at most 75 MB, where that is still said.  A segment is in memory while it is
	 * delivered, and this is some 100,000 records.
	 */
	SEGMENT_MAX = 16 << 20,
	HEADER_MAX = 4096,
	/* What gzip makes of bytes that it cannot compress: 5 for each 16 KiB. */
	OBJECT_MAX = SEGMENT_MAX + HEADER_MAX + (SEGMENT_MAX >> 10),
	TURNS_MAX = 16,
};

struct s3 {
	struct aws_creds_chain *chain;
	struct aws_s3	       *bucket;
	struct aws_http	       *http;
	struct board_sink      *board;
	const char	       *header;
	struct aws_s3_new	how; /* without key and body */
	struct log_layout	layout;
	char			host[HOST_NAME_SIZE], flow_log_id[FLOW_LOG_ID_SIZE];
	struct doubt		doubt;
};

static const char *const keys[] = { "hive", "hourly", "owner", "flow-log-id", "kms", NULL };
enum { FLAG_COUNT = 3 }; /* the first of them have no value */

/* "BUCKET/PREFIX/" */
static void split_target(const struct sink_spec *spec, struct str *bucket, struct str *prefix)
{
	struct str rest = spec->target;

	*bucket = str_cut(&rest, '/');
	if (rest.len && rest.ptr[rest.len - 1] == '/')
		rest.len--;
	*prefix = rest;
}

/* It stands between '_' in the names of files. */
static bool is_flow_log_id(struct str id)
{
	for (size_t i = 3; i < id.len; i++) {
		char c = id.ptr[i];

		if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9')))
			return false;
	}
	return str_starts(id, "fl-") && id.len > 3 && id.len < FLOW_LOG_ID_SIZE;
}

static struct str value_of(const struct sink_spec *spec, const char *key)
{
	struct str value;

	return sink_spec_get(spec, key, &value) ? value : (struct str){ 0 };
}

static bool is_given(const struct sink_spec *spec, const char *key)
{
	struct str value;

	return sink_spec_get(spec, key, &value);
}

static int check_values(const struct sink_spec *spec, struct err *err)
{
	struct str id = value_of(spec, "flow-log-id"), key = value_of(spec, "kms");

	for (size_t i = 0; i < FLAG_COUNT; i++)
		if (value_of(spec, keys[i]).len)
			return err_set(err, ERR_USAGE, "'%s': %s takes no value", spec->text,
				       keys[i]);
	if (is_given(spec, "flow-log-id") && !is_flow_log_id(id))
		return err_set(
			err, ERR_USAGE,
			"'%s': a flow-log-id is 'fl-' and at most %d small letters and digits",
			spec->text, FLOW_LOG_ID_SIZE - 4);
	if (is_given(spec, "kms") && !(key.len && eni_is_word(key)))
		return err_set(err, ERR_USAGE, "'%s': kms wants the ARN of a key", spec->text);
	return 0;
}

static int s3_check(const struct sink_spec *spec, struct err *err)
{
	struct aws_endpoint any = { .custom = true };
	struct str	    bucket, prefix;

	split_target(spec, &bucket, &prefix);
	if (sink_spec_check_keys(spec, keys, err) < 0)
		return -1;
	if (aws_endpoint_take_bucket(&any, bucket, err) < 0 || log_prefix_check(prefix, err) < 0)
		return err_wrap(err, "'%s'", spec->text);
	return check_values(spec, err);
}

static void s3_close(void *self)
{
	struct s3 *s3 = self;

	aws_s3_close(s3->bucket);
	aws_http_free(s3->http);
	if (s3->chain)
		aws_creds_close(s3->chain);
	free(s3);
}

/* What keys are made of. */
static int s3_check_setup(const struct delivery_setup *setup, struct err *err)
{
	if (!setup->identity->account_id[0])
		return err_set(err, ERR_USAGE,
			       "'%s': the account is part of every object's name and not known:"
			       " --account-id ID gives it, --identity imds asks EC2",
			       setup->spec->text);
	if (!setup->identity->region[0])
		return err_set(err, ERR_USAGE,
			       "'%s': the Region is part of every object's name and not known:"
			       " --region NAME gives it, --identity imds asks EC2",
			       setup->spec->text);
	return 0;
}

static void set_layout(struct s3 *s3, const struct delivery_setup *setup, struct str prefix)
{
	const struct sink_spec *spec = setup->spec;
	struct str		id = value_of(spec, "flow-log-id");

	host_name_find(setup->identity, s3->host);
	flow_log_id_make(setup->identity->account_id, str_of(s3->host), s3->flow_log_id);
	s3->layout = (struct log_layout){
		.prefix = prefix,
		.hive = is_given(spec, "hive"),
		.hourly = is_given(spec, "hourly"),
		.account_id = setup->identity->account_id,
		.region = setup->identity->region,
		.flow_log_id = id.len ? id : str_of(s3->flow_log_id),
		.host = str_of(s3->host),
	};
	s3->how = (struct aws_s3_new){
		.content_type = str_of("application/gzip"),
		.kms_key = value_of(spec, "kms"),
		.owner_full_control = is_given(spec, "owner"),
	};
}

static void *s3_open(const struct delivery_setup *setup, struct err *err)
{
	const struct aws_creds_options options = { .profile = setup->profile,
						   .region = setup->identity->region,
						   .endpoint_url = setup->endpoint_url };
	struct s3		      *s3;
	struct str		       bucket, prefix;

	if (s3_check_setup(setup, err) < 0)
		return NULL;
	s3 = mem_alloc(sizeof(*s3));
	split_target(setup->spec, &bucket, &prefix);
	set_layout(s3, setup, prefix);
	s3->board = setup->board;
	s3->header = setup->header;
	s3->http = aws_http_new();
	s3->chain = aws_creds_open(&options, err);
	if (s3->chain)
		s3->bucket = aws_s3_open(s3->chain, bucket, err);
	if (!s3->bucket) {
		s3_close(s3);
		return NULL;
	}
	return s3;
}

/* Under the first key that is ours.  1: it is there; 0: S3 will never take it; -1. */
static int write_object(struct s3 *s3, struct segment *segment, struct log_object *object,
			struct str body, struct err *err)
{
	bool		      was_clear = !doubt_is(&s3->doubt, segment);
	struct aws_s3_outcome outcome;

	if (segment_begin(segment, err) < 0)
		return -1;
	for (; object->turn < TURNS_MAX; object->turn++) {
		auto_buf struct buf key = buf_make(LOG_OBJECT_KEY_MAX);
		struct aws_s3_new   written = s3->how;

		if (log_object_key(&s3->layout, object, &key, err) < 0)
			return -1;
		written.key = buf_str(&key);
		written.body = body;
		if (aws_s3_create(s3->bucket, s3->http, &written, &outcome, err) < 0) {
			doubt_learn(&s3->doubt, segment, was_clear, outcome.in_doubt);
			return refusal_find(AWS_S3, &outcome.fault) ? 0 : -1;
		}
		if (outcome.fate == AWS_S3_WRITTEN || !was_clear)
			return 1;
	}
	return err_set(err, ERR_REMOTE, "the keys of segment %s are all taken", segment->name);
}

static int deliver_period(struct s3 *s3, struct segment *segment, int64_t period_s, struct err *err)
{
	auto_buf struct buf body = buf_make(OBJECT_MAX);
	struct log_object   object = { .segment = segment, .period_s = period_s };
	/* A segment that was damaged may have lost its own. */
	struct str header = segment->header.len ? segment->header : str_of(s3->header);
	uint64_t   lines = log_object_write(&object, header, &body);
	int	   result;

	if (body.overflow)
		return err_set(err, ERR_INPUT, "segment %s is larger than one may be",
			       segment->name);
	result = write_object(s3, segment, &object, buf_str(&body), err);
	if (result < 0)
		return -1;
	if (result == 0) {
		board_add(&s3->board->dropped[BOARD_REFUSED], lines);
		board_say(&s3->board->failure, clock_seconds(clock_now().wall), str_of(err->text));
		return segment_ack(segment, 0, 0, err);
	}
	return segment_ack(segment, lines, body.len, err);
}

/* A batch of the segment is the object of one period, the oldest first. */
static int s3_deliver(void *self, struct segment *segment, struct err *err)
{
	int64_t	 period_s = -1;
	uint64_t batch = 0;

	while ((period_s = log_object_period(segment, period_s)) >= 0) {
		if (batch++ < segment->acked)
			continue;
		if (deliver_period(self, segment, period_s, err) < 0)
			return -1;
	}
	return 0;
}

const struct delivery_ops delivery_s3 = {
	.kind = "s3",
	.usage = "s3:BUCKET[/PREFIX][,hive][,hourly][,flow-log-id=ID][,owner][,kms=KEY-ARN]",
	.about = "objects in a bucket, with the names that AWS's own flow logs have",
	.takes_records = true,
	.period_s = LOG_OBJECT_PERIOD_S,
	.bytes_max = SEGMENT_MAX,
	.needs = NEED_NETWORK,
	.check = s3_check,
	.check_setup = s3_check_setup,
	.open = s3_open,
	.deliver = s3_deliver,
	.close = s3_close,
};
