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
	struct outputs	   *made = outputs_new(&outputs, err);

	if (!made || args->snapshot || !outputs_take_events(made))
		return made;
	err_set(err, ERR_USAGE,
		"--events: there are none without a snapshot to judge by: give --snapshot PATH or "
		"--fetch EVERY");
	outputs_free(made);
	return NULL;
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

static void print_failure(const struct board_sink *sink, struct buf *out)
{
	struct board_text failure;

	if (board_read(&sink->failure, &failure) && failure.text[0])
		buf_printf(out, ": %s", failure.text);
}

static void say_sink(const struct board_sink *sink, const struct buf *text)
{
	auto_buf struct buf name = buf_make(1 << 10);

	board_print_name(sink, &name);
	run_say_sink(name.len ? name.data : "", text->data);
}

void run_outputs_say(struct run_outputs_said *said, const struct board *board)
{
	uint64_t now_ns = clock_now().mono.ns;

	for (size_t i = 0; i < board_sink_count(board); i++) {
		const struct board_sink *sink = &board->sinks[i];
		bool			 is_failing = board_get(&sink->is_failing), is_new;
		uint64_t		 lost_now = board_dropped(sink);
		auto_buf struct buf	 text = buf_make(1 << 10);

		is_new = is_failing != said->is_failing[i] || lost_now > said->lost[i];
		if (!is_new || (said->told_ns[i] && now_ns - said->told_ns[i] < TOLD_NS))
			continue;
		if (is_failing || lost_now > said->lost[i]) {
			buf_add_text(&text, is_failing ? "fails" : "loses");
			print_failure(sink, &text);
			board_print_drops(sink, &text);
		} else {
			buf_add_text(&text, "delivers again");
		}
		say_sink(sink, &text);
		said->is_failing[i] = is_failing;
		said->lost[i] = lost_now;
		said->told_ns[i] = now_ns;
	}
}

void run_outputs_say_end(const struct outputs *outputs, const struct board *board)
{
	for (size_t i = 0; outputs_are_several(outputs) && i < board_sink_count(board); i++) {
		const struct board_sink *sink = &board->sinks[i];
		auto_buf struct buf	 text = buf_make(1 << 10);

		buf_add_text(&text, "delivered ");
		buf_add_grouped(&text, board_get(&sink->delivered));
		buf_add_text(&text, ", dropped ");
		buf_add_grouped(&text, board_dropped(sink));
		board_print_drops(sink, &text);
		if (sink->has_spool) {
			buf_add_text(&text, ", still spooled ");
			buf_add_grouped(&text, board_get(&sink->spool_items));
		}
		if (board_waiting(sink)) {
			buf_add_text(&text, ", not taken by its process ");
			buf_add_grouped(&text, board_waiting(sink));
		}
		if (board_get(&sink->is_failing)) {
			buf_add_text(&text, ", failing");
			print_failure(sink, &text);
		}
		say_sink(sink, &text);
	}
}
