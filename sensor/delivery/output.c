/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/output.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "sensor/call_filter.h"
#include "sensor/delivery/sink_spec.h"
#include "sensor/hearer.h"

bool output_is(const struct output *output, const char *kind)
{
	return strcmp(output->spec.kind, kind) == 0;
}

bool output_is_courier(const struct output *output)
{
	return output->ops || output_is(output, SINK_FILE);
}

size_t output_memory_bytes(const struct output *output)
{
	size_t bytes = sizeof(*output);

	if (!output_is(output, SINK_NONE) && !output_is(output, SINK_TERMINAL))
		bytes += sink_memory_bytes(output->queue_size);
	if (output_is_courier(output))
		bytes += inbox_memory_bytes();
	return bytes + (output->takes_events ? 0 : sizeof(*output->owed));
}

static char *print_header(const struct format *format)
{
	auto_buf struct buf text = buf_make(FORMAT_LINE_MAX);

	format_print(format, &text);
	return mem_copy_str(text.len ? text.data : "");
}

static void set_up_board(struct output *output, struct board *board)
{
	auto_buf struct buf name = buf_make(1 << 12);

	sink_spec_name(&output->spec, output->ops, &name);
	output->board = board_add_sink(board, buf_str(&name));
	output->board->takes_events = output->takes_events;
	output->board->has_spool = output->ops != NULL;
	if (output->ops)
		board_set(&output->board->spool_max_bytes, output->spool_max);
}

/* folder/name of a path; a path without one is in this folder. */
static int set_up_rotation(struct output *output, const struct outputs_setup *setup,
			   struct err *err)
{
	struct str  path = output->spec.target;
	const char *slash = memrchr(path.ptr, '/', path.len);
	size_t	    len = slash ? (size_t)(slash - path.ptr) : 0;

	if (rotation_parse(&output->spec, &output->rotation, err) < 0)
		return -1;
	if (len >= sizeof(output->folder))
		return err_set(err, ERR_USAGE, "'%s' is too long", output->spec.text);
	if (slash)
		snprintf(output->folder, sizeof(output->folder), "%.*s", len ? (int)len : 1,
			 path.ptr);
	else
		snprintf(output->folder, sizeof(output->folder), ".");
	path = slash ? str_skip(path, len + 1) : path;
	free(output->file_name);
	output->file_name = mem_alloc(path.len + 1);
	memcpy(output->file_name, path.ptr, path.len);
	output->rotation.folder = output->folder;
	output->rotation.name = output->file_name;
	output->rotation.header = setup->has_header && !output->takes_events ? output->header
									     : NULL;
	output->rotation.board = output->board;
	output->rotation.inbox = output->inbox;
	return 0;
}

static int set_up_courier(struct output *output, const struct outputs_setup *setup, struct err *err)
{
	char id[SINK_ID_SIZE];
	int  len;

	sink_spec_id(&output->spec, output->ops, id);
	len = snprintf(output->folder, sizeof(output->folder), "%s/spool/%s", setup->state, id);
	if (len < 0 || (size_t)len >= sizeof(output->folder))
		return err_set(err, ERR_USAGE, "--state: '%s' is too long", setup->state);
	output->courier = (struct courier){
		.ops = output->ops,
		.setup = { .spec = &output->spec,
			   .identity = setup->identity,
			   .header = output->takes_events ? NULL : output->header,
			   .interval_s = output->takes_events ? 0 : setup->interval_s,
			   .board = output->board,
			   .endpoint_url = setup->endpoint_url,
			   .profile = setup->profile },
		.folder = output->folder,
		.spool_max = output->spool_max,
		.inbox = output->inbox,
	};
	return output->ops->check_setup ? output->ops->check_setup(&output->courier.setup, err) : 0;
}

static int start_child(struct output *output, const struct outputs_setup *setup, struct err *err)
{
	struct child_args child = { .name = output->child_name,
				    .channel = CHILD_READS,
				    .needs = NEED_FILES,
				    .user = setup->user,
				    .no_drop = setup->no_drop,
				    .folders = { output->folder },
				    .run = rotation_run,
				    .context = &output->rotation,
				    .restarts = &output->board->restarts };

	snprintf(output->child_name, sizeof(output->child_name), "weir-%.10s", output->spec.kind);
	if (output->ops) {
		child.needs |= NEED_THREADS | output->ops->needs;
		child.run = courier_run;
		child.context = &output->courier;
	}
	output->inbox = inbox_new(err);
	if (!output->inbox)
		return -1;
	output->header = print_header(setup->format);
	if ((output->ops ? set_up_courier(output, setup, err)
			 : set_up_rotation(output, setup, err)) < 0)
		return -1;
	return child_start(&output->child, &child, err);
}

int output_open(struct output *output, const struct outputs_setup *setup, struct sink *shared,
		struct err *err)
{
	struct sink_args sink = { .path = output->spec.text,
				  .format = setup->format,
				  .header = setup->has_header && !output->takes_events,
				  .whole = setup->is_whole,
				  .queue_size = output->queue_size };

	output->child = CHILD_NONE;
	set_up_board(output, setup->board);
	if (output_is(output, SINK_NONE) || output_is(output, SINK_TERMINAL))
		return 0;
	if (shared) {
		output->sink = shared;
		output->is_shared = true;
		return 0;
	}
	if (output_is_courier(output)) {
		if (start_child(output, setup, err) < 0)
			return -1;
		sink.path = output->board->name;
		sink.is_courier = true;
		sink.header = sink.whole = false;
		sink.fd = output->child.fd;
	}
	output->sink = sink_open(&sink, err);
	return output->sink ? 0 : -1;
}

void output_close(struct output *output)
{
	if (!output->is_shared)
		sink_close(output->sink);
	(void)child_end(&output->child, 0);
	inbox_free(output->inbox);
	free(output->owed);
	free(output->header);
	free(output->file_name);
}

void output_note_failure(struct output *output, const struct err *err)
{
	const char *text = err->text;
	bool	    is_gone;

	/* Its process is the one that writes what else is said of a courier; it is gone when its pipe fails. */
	output->is_dead |= err->sys_errno == EPIPE;
	is_gone = output->is_dead && output_is_courier(output);
	if (is_gone)
		text = "its processes are gone, only another start of the sensor begins them again";
	board_say(&output->board->failure, clock_seconds(clock_now().wall), str_of(text));
	if (!board_get(&output->board->is_failing))
		board_add(&output->board->failures, 1);
	board_set(&output->board->is_failing, 1);
	board_set(&output->board->is_gone, is_gone);
}

void output_count(struct output *output)
{
	board_add(output_is_courier(output) ? &output->board->handed : &output->board->taken, 1);
}

/* What is no flow comes again as SKIPDATA, and is not lost yet. */
static int count_refused(struct output *output, bool is_lost, int result, struct err *err)
{
	if (result < 0 && output_is_courier(output)) {
		output_note_failure(output, err);
		result = 0;
	}
	if (result == 0 && is_lost)
		board_add(&output->board->dropped[BOARD_QUEUE_FULL], 1);
	else if (result > 0)
		output_count(output);
	return result;
}

int output_add_record(struct output *output, const struct record *record, struct err *err)
{
	if (!output->sink)
		return 1;
	return count_refused(output, record->log_status == LOG_STATUS_OK,
			     output->is_dead ? 0 : sink_add(output->sink, record, err), err);
}

/* A terminal, or whoever reads standard error, is not waited for. */
static bool say_on_terminal(const struct event_line *line)
{
	return hearer_is_there(0) &&
	       dprintf(STDERR_FILENO, "%.*s\n", (int)line->terminal.len, line->terminal.ptr) >= 0;
}

int output_add_event(struct output *output, const struct event_line *line, struct err *err)
{
	struct sink_text text = { .time_s = line->time_s, .eni = line->eni, .text = line->json };

	if (output_is(output, SINK_TERMINAL))
		return count_refused(output, true, say_on_terminal(line), err);
	if (!output->sink)
		return 1;
	return count_refused(output, true,
			     output->is_dead ? 0 : sink_add_text(output->sink, &text, err), err);
}

int output_flush(struct output *output, struct err *err)
{
	if (!output->sink || output->is_dead)
		return 0;
	if (sink_flush(output->sink, err) < 0)
		return -1;
	if (!output_is_courier(output))
		board_set(&output->board->is_failing, 0);
	return 0;
}

/* A process that hangs says nothing of itself: what it does not take is seen from here. */
static void note_waiting(struct output *output)
{
	struct board_sink *board = output->board;

	if (!output->handed_s || board_get(&board->taken) >= output->handed) {
		output->handed = board_get(&board->handed);
		output->handed_s = clock_seconds(clock_now().wall);
		board_set(&board->waits_since_s, 0);
	} else {
		board_set(&board->waits_since_s, (uint64_t)output->handed_s);
	}
}

/* The process that delivers and the one that begins it again: seen before there is something to write, too. */
static void note_end(struct output *output)
{
	struct pollfd pipe = { .fd = output->child.fd };
	struct err    err;

	if (output->is_dead || poll(&pipe, 1, 0) <= 0 || !(pipe.revents & POLLERR))
		return;
	errno = EPIPE;
	err_sys(&err, "nobody reads");
	output_note_failure(output, &err);
}

/* Of what is written directly this process is the one that counts. */
void output_note(struct output *output)
{
	struct sink_left left = { 0 };
	uint64_t	 taken = board_get(&output->board->taken), waits;

	if (output_is_courier(output)) {
		note_end(output);
		note_waiting(output);
		return;
	}
	if (output->sink)
		left = sink_left(output->sink);
	waits = output->takes_events ? left.texts : left.records;
	board_set(&output->board->delivered, taken > waits ? taken - waits : 0);
}

/* A terminal that is gone can be written to, says poll, and fails at once: that is tried again, not waited for. */
int output_wait_fd(const struct output *output)
{
	bool is_failing = !output_is_courier(output) && board_get(&output->board->is_failing);

	return output->sink && !output->is_dead && !output->is_shared && !is_failing
		       ? sink_wait_fd(output->sink)
		       : -1;
}
