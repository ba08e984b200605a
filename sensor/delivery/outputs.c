/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/outputs.h"

#include <assert.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/delivery/rotation.h"
#include "sensor/delivery/sink_spec.h"

#define NS_PER_MS UINT64_C(1000000)
#define NOTE_NS	  (1000 * NS_PER_MS)

enum { EVENT_QUEUE_SIZE = 1 << 20 };

/* A kind is a row here, and a file delivery_KIND.c beside this one. */
static const struct delivery_ops *const delivery_kinds[] = {
	&delivery_s3,
	&delivery_logs,
	&delivery_webhook,
	&delivery_securityhub,
	&delivery_journal,
	&delivery_syslog,
	NULL,
};

struct outputs {
	const struct delivery_ops *const *kinds;
	uint64_t			  queue_size, spool_max;
	bool				  is_file;
	uint32_t			  interval_s;
	struct output			  items[BOARD_SINKS_MAX];
	size_t				  count, opened;
	struct output *sole; /* the one sink of records; NULL: there are several */
	bool	       takes_events;
	uint64_t       noted_ns;
};

const struct delivery_ops *const *outputs_kinds(void)
{
	return delivery_kinds;
}

/* What a kind may be used for. */
static int check_use(const struct output *output, const struct outputs *outputs, struct err *err)
{
	const struct delivery_ops *ops = output->ops;
	bool is_path = output_is(output, SINK_PATH), is_none = output_is(output, SINK_NONE);
	bool takes_it = is_none || output_is(output, SINK_FILE) ||
			(output->takes_events
				 ? output_is(output, SINK_TERMINAL) ||
					   (is_path && str_is(output->spec.target, "-")) ||
					   (ops && ops->takes_events)
				 : is_path || (ops && ops->takes_records));
	const char *nearest = sink_spec_nearest(str_of(output->spec.text), outputs->kinds);

	if (!takes_it && is_path)
		return err_set(err, ERR_USAGE,
			       "'%s' is no sink of events%s%s%s (a file is file:%s)",
			       output->spec.text, nearest ? ", did you mean '" : "",
			       nearest ? nearest : "", nearest ? "'?" : "", output->spec.text);
	if (!takes_it)
		return err_set(err, ERR_USAGE, "'%s': %s takes %s only", output->spec.text,
			       output->spec.kind, output->takes_events ? "records" : "events");
	if (outputs->is_file && (output->takes_events || !(is_path || is_none)))
		return err_set(err, ERR_USAGE,
			       "'%s' goes with --interface: what is read with --read is written "
			       "to one file, or `-`",
			       output->spec.text);
	return 0;
}

static int check_options(const struct output *output, struct err *err)
{
	static const char *const none[] = { NULL };
	struct rotation		 rotation;

	if (output->ops)
		return output->ops->check ? output->ops->check(&output->spec, err) : 0;
	if (output_is(output, SINK_FILE))
		return rotation_parse(&output->spec, &rotation, err);
	return sink_spec_check_keys(&output->spec, none, err);
}

/* The same place twice would get everything twice, or two writers in one folder. */
static int check_twice(const struct outputs *outputs, const struct output *output, struct err *err)
{
	for (size_t i = 0; i < outputs->count; i++) {
		const struct output *other = &outputs->items[i];

		if (strcmp(other->spec.kind, output->spec.kind) == 0 &&
		    str_eq(other->spec.target, output->spec.target) &&
		    (output_is_courier(output) || other->takes_events == output->takes_events))
			return err_set(err, ERR_USAGE, "'%s' is given twice", output->spec.text);
	}
	return 0;
}

static int add(struct outputs *outputs, const char *text, bool takes_events, struct err *err)
{
	struct output output = { .takes_events = takes_events, .child = CHILD_NONE };

	if (outputs->count == BOARD_SINKS_MAX)
		return err_set(err, ERR_USAGE, "more than %d sinks", BOARD_SINKS_MAX);
	if (sink_spec_parse(text, outputs->kinds, &output.spec, err) < 0)
		return -1;
	output.ops = sink_spec_ops(&output.spec, outputs->kinds);
	output.queue_size = takes_events ? EVENT_QUEUE_SIZE : outputs->queue_size;
	output.spool_max = outputs->spool_max;
	if (check_use(&output, outputs, err) < 0 || check_options(&output, err) < 0 ||
	    check_twice(outputs, &output, err) < 0)
		return -1;
	outputs->takes_events |= takes_events && !output_is(&output, SINK_NONE);
	outputs->items[outputs->count++] = output;
	return 0;
}

static int add_all(struct outputs *outputs, const struct outputs_args *args, struct err *err)
{
	for (size_t i = 0; i < args->records->count; i++)
		if (add(outputs, args->records->items[i], false, err) < 0)
			return err_wrap(err, "--output");
	if (!args->records->count && add(outputs, "-", false, err) < 0)
		return -1;
	if (outputs->is_file && outputs->count > 1)
		return err_set(err, ERR_USAGE, "--read writes to one --output");
	outputs->sole = outputs->count == 1 ? &outputs->items[0] : NULL;
	for (size_t i = 0; i < args->events->count; i++)
		if (add(outputs, args->events->items[i], true, err) < 0)
			return err_wrap(err, "--events");
	if (!args->events->count && args->events_default)
		return add(outputs, args->events_default, true, err);
	return 0;
}

struct outputs *outputs_new(const struct outputs_args *args, struct err *err)
{
	struct outputs *outputs = mem_alloc(sizeof(*outputs));

	outputs->kinds = args->kinds ? args->kinds : delivery_kinds;
	outputs->queue_size = args->queue_size;
	outputs->spool_max = args->spool_max;
	outputs->is_file = args->is_file;
	if (add_all(outputs, args, err) == 0)
		return outputs;
	outputs_free(outputs);
	return NULL;
}

void outputs_free(struct outputs *outputs)
{
	if (!outputs)
		return;
	for (size_t i = 0; i < outputs->opened; i++)
		output_close(&outputs->items[i]);
	free(outputs);
}

size_t outputs_memory_bytes(const struct outputs *outputs)
{
	size_t bytes = sizeof(*outputs);

	for (size_t i = 0; i < outputs->count; i++)
		bytes += output_memory_bytes(&outputs->items[i]);
	return bytes;
}

/* Records and events on standard output are lines of one queue, so that none stands within another. */
static struct sink *shared_with(const struct outputs *outputs, const struct output *output)
{
	for (size_t i = 0; i < outputs->opened; i++)
		if (output_is(output, SINK_PATH) && output_is(&outputs->items[i], SINK_PATH) &&
		    str_eq(output->spec.target, outputs->items[i].spec.target))
			return outputs->items[i].sink;
	return NULL;
}

int outputs_open(struct outputs *outputs, const struct outputs_setup *setup, struct err *err)
{
	outputs->interval_s = setup->interval_s;
	for (size_t i = 0; i < outputs->count; i++) {
		struct output *output = &outputs->items[i];
		struct sink   *shared = shared_with(outputs, output);

		if (!outputs->sole && !output->takes_events)
			output->owed = mem_alloc(sizeof(*output->owed));
		outputs->opened++;
		if (output_open(output, setup, shared, err) < 0)
			return -1;
	}
	return 0;
}

int outputs_entrust(struct outputs *outputs, struct err *err)
{
	for (size_t i = 0; i < outputs->count; i++)
		if (outputs->items[i].sink && !outputs->items[i].is_shared &&
		    sink_entrust(outputs->items[i].sink, err) < 0)
			return -1;
	return 0;
}

static void tolerate(struct output *output, int result, const struct err *err)
{
	if (result < 0)
		output_note_failure(output, err);
}

/* What is owed comes first; a sink that has no room for it has none for more. */
static bool pay(struct output *output)
{
	struct record record;
	struct err    err;

	while (output->owed && owed_record(output->owed, 0, &record)) {
		int result = output->is_dead ? 0 : sink_add(output->sink, &record, &err);

		tolerate(output, result, &err);
		if (result <= 0)
			return false;
		output_count(output);
		owed_forget_first(output->owed);
	}
	return true;
}

static void add_to_one_of_many(struct outputs *outputs, struct output *output,
			       const struct record *record)
{
	struct err err;
	int	   result = -1;

	if (!output->sink)
		return;
	if (pay(output)) {
		result = output_add_record(output, record, &err);
		tolerate(output, result, &err);
	}
	if (result > 0)
		return;
	if (result < 0 && record->log_status == LOG_STATUS_OK)
		board_add(&output->board->dropped[BOARD_QUEUE_FULL], 1);
	owed_add(output->owed, record, outputs->interval_s);
}

int outputs_add_record(struct outputs *outputs, const struct record *record, struct err *err)
{
	if (outputs->sole)
		return output_add_record(outputs->sole, record, err);
	for (size_t i = 0; i < outputs->count; i++)
		if (!outputs->items[i].takes_events)
			add_to_one_of_many(outputs, &outputs->items[i], record);
	return 1;
}

bool outputs_take_events(const struct outputs *outputs)
{
	return outputs->takes_events;
}

void outputs_add_event(struct outputs *outputs, const struct event_line *line)
{
	struct err err;

	for (size_t i = 0; i < outputs->count; i++) {
		struct output *output = &outputs->items[i];

		if (output->takes_events)
			tolerate(output, output_add_event(output, line, &err), &err);
	}
}

static void note_all(struct outputs *outputs)
{
	for (size_t i = 0; i < outputs->count; i++)
		output_note(&outputs->items[i]);
}

/* Then nothing is kept from anybody by ending, and another start begins all of them again. */
static bool are_all_gone(const struct outputs *outputs)
{
	bool is_any = false;

	for (size_t i = 0; i < outputs->count; i++) {
		if (output_is(&outputs->items[i], SINK_NONE))
			continue;
		if (!outputs->items[i].is_dead)
			return false;
		is_any = true;
	}
	return is_any;
}

int outputs_flush(struct outputs *outputs, struct err *err)
{
	uint64_t   now_ns = clock_now().mono.ns;
	struct err late;

	for (size_t i = 0; i < outputs->count; i++) {
		struct output *output = &outputs->items[i];
		bool	       is_strict = output == outputs->sole && !output_is_courier(output);

		if (output_flush(output, is_strict ? err : &late) == 0)
			(void)(output->sink && pay(output));
		else if (is_strict)
			return -1;
		else
			output_note_failure(output, &late);
	}
	if (now_ns - outputs->noted_ns >= NOTE_NS) {
		note_all(outputs);
		outputs->noted_ns = now_ns;
	}
	if (are_all_gone(outputs))
		return err_set(err, ERR_SYSTEM,
			       "no sink is left: whoever reads them or delivers is gone");
	return 0;
}

size_t outputs_wait_fds(const struct outputs *outputs, int fds[static BOARD_SINKS_MAX])
{
	size_t count = 0;

	for (size_t i = 0; i < outputs->count; i++) {
		int fd = output_wait_fd(&outputs->items[i]);

		if (fd >= 0)
			fds[count++] = fd;
	}
	return count;
}

static void wait_for_room(const struct outputs *outputs, int wait_ms)
{
	int	      fds[BOARD_SINKS_MAX];
	struct pollfd polled[BOARD_SINKS_MAX];
	size_t	      count = outputs_wait_fds(outputs, fds);

	for (size_t i = 0; i < count; i++)
		polled[i] = (struct pollfd){ .fd = fds[i], .events = POLLOUT };
	poll(polled, count, wait_ms);
}

/* First together, so that one that does not read takes no time of the others. */
int outputs_commit(struct outputs *outputs, int wait_ms, struct err *err)
{
	uint64_t   now_ns = clock_now().mono.ns, end_ns = now_ns + (uint64_t)wait_ms * NS_PER_MS;
	int	   fds[BOARD_SINKS_MAX];
	struct err late;

	if (outputs_flush(outputs, err) < 0)
		return -1;
	while (outputs_wait_fds(outputs, fds) && now_ns < end_ns) {
		wait_for_room(outputs, (int)((end_ns - now_ns) / NS_PER_MS) + 1);
		if (outputs_flush(outputs, err) < 0)
			return -1;
		now_ns = clock_now().mono.ns;
	}
	for (size_t i = 0; i < outputs->count; i++) {
		struct output *output = &outputs->items[i];

		if (!output->sink || output->is_shared || output->is_dead)
			continue;
		if (sink_commit(output->sink, 0, output == outputs->sole ? err : &late) == 0)
			continue;
		if (output == outputs->sole && !output_is_courier(output))
			return -1;
		output_note_failure(output, &late);
	}
	note_all(outputs);
	return 0;
}

struct sink_left outputs_left(struct outputs *outputs)
{
	struct sink_left sole = { 0 };

	for (size_t i = 0; i < outputs->count; i++) {
		struct output	*output = &outputs->items[i];
		struct sink_left left = output->sink ? sink_left(output->sink) : sole;

		uint64_t lost = output->takes_events ? left.texts : left.records;

		board_add(&output->board->dropped[BOARD_QUEUE_FULL], lost);
		if (output_is_courier(output))
			board_set(&output->board->handed, board_get(&output->board->handed) - lost);
	}
	if (outputs->sole && outputs->sole->sink)
		sole = sink_left(outputs->sole->sink);
	return sole;
}

void outputs_end(struct outputs *outputs, int wait_ms)
{
	uint64_t end_ns = clock_now().mono.ns + (uint64_t)wait_ms * NS_PER_MS;

	for (size_t i = 0; i < outputs->opened; i++)
		child_hang_up(&outputs->items[i].child);
	for (size_t i = 0; i < outputs->opened; i++) {
		uint64_t now_ns = clock_now().mono.ns;

		(void)child_end(&outputs->items[i].child,
				now_ns < end_ns ? (int)((end_ns - now_ns) / NS_PER_MS) : 0);
	}
}

bool outputs_are_several(const struct outputs *outputs)
{
	return outputs->count > 1 || output_is_courier(&outputs->items[0]);
}
