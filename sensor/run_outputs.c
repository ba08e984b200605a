/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_outputs.h"

#include <stdio.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "sensor/run_talk.h"

#define TOLD_NS UINT64_C(60000000000) /* between two lines of the same sink */

/* Whoever starts a sensor by hand sees events. */
static const char *events_default(const struct sensor_args *args)
{
	return args->snapshot && !args->read && isatty(STDERR_FILENO) ? "terminal" : NULL;
}

struct outputs *run_outputs_new(const struct sensor_args *args, struct err *err)
{
	struct outputs_args outputs = { .records = &args->outputs,
					.events = &args->events,
					.events_default = events_default(args),
					.queue_size = args->output_queue_mib << 20,
					.spool_max = args->spool_mib << 20,
					.is_file = args->read != NULL };

	return outputs_new(&outputs, err);
}

int run_outputs_identity(const struct sensor_args *args, struct identity *out, struct err *err)
{
	struct identity identity = { 0 };
	const struct {
		const char *option, *text;
		char	   *place;
		size_t	    size;
	} words[] = {
		{ "account-id", args->account_id, identity.account_id,
		  sizeof(identity.account_id) },
		{ "region", args->region, identity.region, sizeof(identity.region) },
		{ "az-id", args->az_id, identity.az_id, sizeof(identity.az_id) },
		{ "vpc-id", args->vpc_id, identity.vpc_id, sizeof(identity.vpc_id) },
		{ "subnet-id", args->subnet_id, identity.subnet_id, sizeof(identity.subnet_id) },
		{ "instance-id", args->instance_id, identity.instance_id,
		  sizeof(identity.instance_id) },
	};

	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (words[i].text && (size_t)snprintf(words[i].place, words[i].size, "%s",
						      words[i].text) >= words[i].size)
			return err_set(err, ERR_USAGE, "--%s: '%s' is too long", words[i].option,
				       words[i].text);
	*out = identity;
	return 0;
}

int run_outputs_open(struct outputs *outputs, const struct sensor_args *args,
		     const struct identity *identity, struct board *board, struct err *err)
{
	struct format	     format;
	struct str	     unknown;
	struct outputs_setup setup = { .format = &format,
				       .has_header = args->format && !args->no_header,
				       .is_whole = args->read != NULL,
				       .interval_s = (uint32_t)args->interval_s,
				       .state = args->state,
				       .identity = identity,
				       .endpoint_url = args->endpoint_url,
				       .profile = args->profile,
				       .user = args->user,
				       .no_drop = args->no_drop,
				       .board = board };

	if (args_format(args, &format, &unknown, err) < 0)
		return -1;
	if (unknown.len)
		run_say_unknown_field(unknown);
	return outputs_open(outputs, &setup, err);
}

static uint64_t lost(const struct board_sink *sink)
{
	uint64_t sum = 0;

	for (int i = 0; i < BOARD_DROP_COUNT; i++)
		sum += board_get(&sink->dropped[i]);
	return sum;
}

static void print_failure(const struct board_sink *sink, struct buf *out)
{
	struct board_text failure;

	if (board_read(&sink->failure, &failure) && failure.text[0])
		buf_printf(out, ": %s", failure.text);
}

static void print_drops(const struct board_sink *sink, struct buf *out)
{
	const char *gap = " (";

	for (int i = 0; i < BOARD_DROP_COUNT; i++) {
		uint64_t count = board_get(&sink->dropped[i]);

		if (!count)
			continue;
		buf_printf(out, "%s%s ", gap, board_drop_text((enum board_drop)i));
		buf_add_grouped(out, count);
		gap = ", ";
	}
	buf_add_text(out, lost(sink) ? ")" : "");
}

void run_outputs_say(struct run_outputs_said *said, const struct board *board)
{
	uint64_t now_ns = clock_now().mono.ns;

	for (size_t i = 0; i < board->sink_count; i++) {
		const struct board_sink *sink = &board->sinks[i];
		bool			 is_failing = board_get(&sink->is_failing), is_new;
		uint64_t		 lost_now = lost(sink);
		auto_buf struct buf	 text = buf_make(1 << 10);

		is_new = is_failing != said->is_failing[i] || lost_now > said->lost[i];
		if (!is_new || (said->told_ns[i] && now_ns - said->told_ns[i] < TOLD_NS))
			continue;
		if (is_failing || lost_now > said->lost[i]) {
			buf_add_text(&text, is_failing ? "fails" : "loses");
			print_failure(sink, &text);
			print_drops(sink, &text);
		} else {
			buf_add_text(&text, "delivers again");
		}
		run_say_sink(sink->name, text.data);
		said->is_failing[i] = is_failing;
		said->lost[i] = lost_now;
		said->told_ns[i] = now_ns;
	}
}

void run_outputs_say_end(const struct outputs *outputs, const struct board *board)
{
	for (size_t i = 0; outputs_are_several(outputs) && i < board->sink_count; i++) {
		const struct board_sink *sink = &board->sinks[i];
		auto_buf struct buf	 text = buf_make(1 << 10);

		buf_add_text(&text, "delivered ");
		buf_add_grouped(&text, board_get(&sink->delivered));
		buf_add_text(&text, ", dropped ");
		buf_add_grouped(&text, lost(sink));
		print_drops(sink, &text);
		if (sink->has_spool) {
			buf_add_text(&text, ", still spooled ");
			buf_add_grouped(&text, board_get(&sink->spool_items));
		}
		if (board_get(&sink->is_failing)) {
			buf_add_text(&text, ", failing");
			print_failure(sink, &text);
		}
		run_say_sink(sink->name, text.data);
	}
}
