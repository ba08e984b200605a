/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_status.h"

enum { PAGE_MAX = 1 << 18, S_PER_MIN = 60, S_PER_H = 3600, S_PER_DAY = 86400 };

/* "3 h 20 min": the two largest units. */
static void add_duration(struct buf *out, uint64_t seconds)
{
	if (seconds >= S_PER_DAY)
		buf_printf(out, "%llu d %llu h", (unsigned long long)(seconds / S_PER_DAY),
			   (unsigned long long)(seconds % S_PER_DAY / S_PER_H));
	else if (seconds >= S_PER_H)
		buf_printf(out, "%llu h %llu min", (unsigned long long)(seconds / S_PER_H),
			   (unsigned long long)(seconds % S_PER_H / S_PER_MIN));
	else if (seconds >= S_PER_MIN)
		buf_printf(out, "%llu min %llu s", (unsigned long long)(seconds / S_PER_MIN),
			   (unsigned long long)(seconds % S_PER_MIN));
	else
		buf_printf(out, "%llu s", (unsigned long long)seconds);
}

static void add_age(struct buf *out, struct wall now, uint64_t time_s)
{
	int64_t now_s = clock_seconds(now);

	add_duration(out, now_s > (int64_t)time_s ? (uint64_t)now_s - time_s : 0);
}

static void add_time(struct buf *out, int64_t time_s)
{
	char text[CLOCK_TIME_SIZE];

	clock_print_time(time_s, text);
	buf_add_text(out, text);
}

static void add_count(struct buf *out, const char *before, const board_word *word)
{
	buf_add_text(out, before);
	buf_add_grouped(out, board_get(word));
}

/* "sink s3:x: failed at 2026-…: text" */
static void add_failure(struct buf *out, const char *name, const char *what,
			const struct board_text *place)
{
	struct board_text said;

	if (!board_read(place, &said))
		return;
	buf_printf(out, "%s: %s at ", name, what);
	add_time(out, said.time_s);
	buf_printf(out, ": %s\n", said.text);
}

static void print_sensor(const struct run_status *status, struct buf *out)
{
	const struct board *board = status->board;

	buf_printf(out, "status: %s, up ", status->about);
	add_duration(out, (uint64_t)status->seconds);
	buf_printf(out, ", %s\ninterfaces:", status->privileges);
	for (size_t i = 0; i < status->enis->max; i++) {
		const struct eni *eni = &status->enis->enis[i];

		if (!eni->ifindex)
			continue;
		buf_add_char(out, ' ');
		buf_add_visible(out, str_of(eni->name));
		if (eni_id(eni).len)
			buf_printf(out, "=%.*s", STR_ARG(eni_id(eni)));
		if (eni->is_gone)
			buf_printf(out, " (gone)");
	}
	buf_printf(out, "\nwindows: %u s, ", status->sizes->interval_s);
	add_count(out, "", &board->flows_open);
	buf_printf(out, " flows open of at most ");
	buf_add_grouped(out, status->sizes->max_flows);
	buf_printf(out, ", memory ");
	buf_add_size(out, status->sizes->memory_bytes);
	buf_add_char(out, '\n');
}

static void print_judged(const struct board *board, struct buf *out)
{
	const char *gap = "verdicts: ";

	for (size_t i = 0; i < BOARD_VERDICT_COUNT; i++) {
		if (!board_get(&board->verdicts[i]))
			continue;
		buf_printf(out, "%s%s ", gap, board_verdict_text(i));
		buf_add_grouped(out, board_get(&board->verdicts[i]));
		gap = ", ";
	}
	if (*gap == ',')
		buf_add_char(out, '\n');
	add_count(out, "events: ", &board->events);
	add_count(out, ", left unsaid ", &board->suppressed);
	add_count(out, ", flows not judged as they began ", &board->unjudged);
	buf_add_char(out, '\n');
}

/* "fetch: ec2:DescribeNetworkAcls cannot be read since 2026-…; judging by the snapshot from before" */
static void add_unreadable(struct buf *out, const struct board_model *model)
{
	for (size_t i = 0; fetch_calls[i].action; i++) {
		uint64_t since_s = board_get(&model->unreadable_since_s[i]);

		if (!since_s)
			continue;
		buf_printf(out, "fetch: %s:%s cannot be read since ",
			   aws_service_name(fetch_calls[i].service), fetch_calls[i].action);
		add_time(out, (int64_t)since_s);
		buf_add_text(out, board_get(&model->is_kept)
					  ? "; judging by the snapshot from before\n"
					  : "; what it would tell is unknown\n");
	}
}

static void print_model(const struct board *board, struct wall now, struct buf *out)
{
	const struct board_model *model = &board->model;
	uint64_t		  snapshot_s = board_get(&model->snapshot_s);

	if (!model->is_used)
		return;
	add_count(out, "model: loaded ", &model->loads);
	add_count(out, " times, refused ", &model->refused);
	add_count(out, ", interfaces ", &model->interfaces);
	add_count(out, ", rules ", &model->rules);
	buf_printf(out, ", memory ");
	buf_add_size(out, board_get(&model->bytes));
	if (snapshot_s) {
		buf_printf(out, ", snapshot ");
		add_age(out, now, snapshot_s);
		buf_printf(out, " old");
	}
	buf_add_char(out, '\n');
	add_failure(out, "model", "refused", &model->failure);
	if (board_get(&model->strangers)) {
		add_count(out, "model: interfaces that it lacks ", &model->strangers);
		add_count(out, ", of VPCs that it lacks ", &model->foreign);
		buf_add_char(out, '\n');
	}
	if (board_get(&model->fetches)) {
		add_count(out, "fetch: ", &model->fetches);
		add_count(out, ", failed ", &model->fetch_failures);
		buf_add_char(out, '\n');
	}
	add_failure(out, "fetch", "failed", &model->fetch_failure);
	add_unreadable(out, model);
	print_judged(board, out);
}

/* Of a process that takes what comes there is little for a moment. */
static void add_waiting(struct buf *out, const struct board_sink *sink)
{
	if (!board_get(&sink->waits_since_s))
		return;
	buf_add_text(out, ", not taken by its process ");
	buf_add_grouped(out, board_waiting(sink));
}

static void print_sink(const struct board_sink *sink, struct wall now, struct buf *out)
{
	uint64_t	    oldest_s = board_oldest_s(sink);
	auto_buf struct buf name = buf_make(1 << 10);

	board_print_name(sink, &name);
	buf_add_text(out, "sink ");
	buf_add_str(out, buf_str(&name));
	buf_add_text(out, ": ");
	add_count(out, "taken ", &sink->taken);
	add_count(out, ", delivered ", &sink->delivered);
	add_count(out, " in ", &sink->deliveries);
	if (sink->has_spool) {
		add_count(out, ", in its spool ", &sink->spool_items);
		buf_printf(out, " (");
		buf_add_size(out, board_get(&sink->spool_bytes));
		buf_add_char(out, ')');
	}
	add_waiting(out, sink);
	if (oldest_s) {
		buf_printf(out, ", behind by ");
		add_age(out, now, oldest_s);
	}
	if (board_dropped(sink)) {
		buf_add_text(out, ", dropped ");
		buf_add_grouped(out, board_dropped(sink));
		board_print_drops(sink, out);
	}
	if (board_get(&sink->restarts))
		add_count(out, ", restarts ", &sink->restarts);
	buf_printf(out, "%s\n",
		   board_get(&sink->is_gone)	  ? ", GONE"
		   : board_get(&sink->is_failing) ? ", FAILING"
						  : "");
	/* Its name once more: whoever reads a log may see one line alone. */
	add_failure(out, name.len ? name.data : "", "failed", &sink->failure);
}

void run_print_status(const struct run_status *status, struct wall now, struct buf *out)
{
	const struct board *board = status->board;

	print_sensor(status, out);
	print_model(board, now, out);
	for (size_t i = 0; i < board_sink_count(board); i++)
		print_sink(&board->sinks[i], now, out);
}

void run_say_status(const struct run_status *status)
{
	auto_buf struct buf page = buf_make(PAGE_MAX);
	struct str	    rest;

	run_print_status(status, clock_now().wall, &page);
	rest = buf_str(&page);
	while (rest.len)
		run_say_line(str_cut(&rest, '\n'));
}
