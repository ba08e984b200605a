/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/service/metrics.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#define NS_PER_S INT64_C(1000000000)

enum metric_type { COUNTER, GAUGE };

struct reading {
	const struct board *board;
	struct clock_pair   now;
	bool		    is_healthy;
};

struct metric {
	const char	*name;
	enum metric_type type;
	const char	*labels; /* "sink,reason", or "" */
	/* Adds the samples there are now, none where it does not apply. */
	void (*print)(const struct metric *metric, const struct reading *reading, struct buf *out);
	size_t at; /* of the word in struct board or struct board_sink, for those that read one */
	const char *help;
};

/* labels: as between the braces, or "". */
static void add_sample(const struct metric *metric, const char *labels, uint64_t value,
		       struct buf *out)
{
	buf_printf(out, "%s%s%s%s %llu\n", metric->name, *labels ? "{" : "", labels,
		   *labels ? "}" : "", (unsigned long long)value);
}

static void add_seconds(const struct metric *metric, uint64_t ns, struct buf *out)
{
	buf_printf(out, "%s %llu.%09llu\n", metric->name, (unsigned long long)(ns / NS_PER_S),
		   (unsigned long long)(ns % NS_PER_S));
}

/* Since a time of the wall clock, which may have been put back in between. */
static uint64_t age_s(const struct reading *reading, uint64_t time_s)
{
	int64_t now_s = clock_seconds(reading->now.wall);

	return now_s > (int64_t)time_s ? (uint64_t)now_s - time_s : 0;
}

/* "ring full" → "ring_full". */
static void add_word(struct buf *out, const char *name)
{
	for (; *name; name++)
		buf_add_char(out, *name == ' ' ? '_' : (char)tolower((unsigned char)*name));
}

static uint64_t word_at(const struct metric *metric, const void *base)
{
	return board_get((const board_word *)(const void *)((const char *)base + metric->at));
}

static void print_word(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	add_sample(metric, "", word_at(metric, reading->board), out);
}

static void print_ns(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	add_seconds(metric, word_at(metric, reading->board), out);
}

static void print_model_word(const struct metric *metric, const struct reading *reading,
			     struct buf *out)
{
	if (reading->board->model.is_used)
		print_word(metric, reading, out);
}

/* A time that may not have come yet. */
static void print_model_time(const struct metric *metric, const struct reading *reading,
			     struct buf *out)
{
	if (word_at(metric, reading->board))
		print_word(metric, reading, out);
}

static void print_model_age(const struct metric *metric, const struct reading *reading,
			    struct buf *out)
{
	uint64_t time_s = word_at(metric, reading->board);

	if (time_s)
		add_sample(metric, "", age_s(reading, time_s), out);
}

static void print_heartbeat(const struct metric *metric, const struct reading *reading,
			    struct buf *out)
{
	uint64_t beat = word_at(metric, reading->board), now = reading->now.mono.ns;

	/* Before the first turn there is none. */
	if (beat)
		add_seconds(metric, now > beat ? now - beat : 0, out);
}

static void print_health(const struct metric *metric, const struct reading *reading,
			 struct buf *out)
{
	add_sample(metric, "", reading->is_healthy, out);
}

static void print_build(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	(void)reading;
	add_sample(metric, "version=\"" WEIR_VERSION "\"", 1, out);
}

static void print_stats(enum stat_kind kind, const struct metric *metric,
			const struct reading *reading, struct buf *out)
{
	auto_buf struct buf label = buf_make(256);

	for (size_t row = 0; row < STAT_COUNT; row++) {
		const struct stat_info *info = stat_info(row);

		if (info->kind != kind)
			continue;
		buf_clear(&label);
		buf_printf(&label, "%s=\"", metric->labels);
		add_word(&label, info->name);
		buf_add_char(&label, '"');
		add_sample(metric, label.data, board_get(&reading->board->counts[info->stat]), out);
	}
}

static void print_lost(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	print_stats(STAT_KIND_LOST, metric, reading, out);
}

static void print_notes(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	print_stats(STAT_KIND_NOTE, metric, reading, out);
}

static void print_verdicts(const struct metric *metric, const struct reading *reading,
			   struct buf *out)
{
	char label[64];

	for (size_t i = 0; i < BOARD_VERDICT_COUNT && reading->board->model.is_used; i++) {
		snprintf(label, sizeof(label), "verdict=\"%s\"", board_verdict_text(i));
		add_sample(metric, label, board_get(&reading->board->verdicts[i]), out);
	}
}

/* Of calls that can be made there is nothing to say. */
static void print_unreadable(const struct metric *metric, const struct reading *reading,
			     struct buf *out)
{
	char label[96];

	for (size_t i = 0; fetch_calls[i].action; i++) {
		uint64_t since_s = board_get(&reading->board->model.unreadable_since_s[i]);

		snprintf(label, sizeof(label), "action=\"%s:%s\"",
			 aws_service_name(fetch_calls[i].service), fetch_calls[i].action);
		if (since_s)
			add_sample(metric, label, since_s, out);
	}
}

/* The format's own escapes. */
static void add_label_value(struct buf *out, struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\\' || text.ptr[i] == '"')
			buf_add_char(out, '\\');
		buf_add_char(out, text.ptr[i]);
	}
}

static void add_sink_label(const struct board *board, size_t at, struct buf *out)
{
	auto_buf struct buf visible = buf_make(4096);

	/* No line break is left, nor what is not UTF-8. */
	board_print_name(&board->sinks[at], &visible);
	buf_printf(out, "sink=\"");
	add_label_value(out, buf_str(&visible));
	buf_add_char(out, '"');
}

static void add_sink_sample(const struct metric *metric, const struct board *board, size_t at,
			    uint64_t value, struct buf *out)
{
	auto_buf struct buf label = buf_make(4096);

	add_sink_label(board, at, &label);
	add_sample(metric, label.data, value, out);
}

static void print_sinks(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	const struct board *board = reading->board;

	for (size_t i = 0; i < board_sink_count(board); i++)
		add_sink_sample(metric, board, i, word_at(metric, &board->sinks[i]), out);
}

static void print_spools(const struct metric *metric, const struct reading *reading,
			 struct buf *out)
{
	const struct board *board = reading->board;

	for (size_t i = 0; i < board_sink_count(board); i++)
		if (board->sinks[i].has_spool)
			add_sink_sample(metric, board, i, word_at(metric, &board->sinks[i]), out);
}

static void print_sink_times(const struct metric *metric, const struct reading *reading,
			     struct buf *out)
{
	const struct board *board = reading->board;

	for (size_t i = 0; i < board_sink_count(board); i++)
		if (word_at(metric, &board->sinks[i]))
			add_sink_sample(metric, board, i, word_at(metric, &board->sinks[i]), out);
}

static void print_delays(const struct metric *metric, const struct reading *reading,
			 struct buf *out)
{
	const struct board *board = reading->board;

	for (size_t i = 0; i < board_sink_count(board); i++) {
		uint64_t oldest_s = board_oldest_s(&board->sinks[i]);

		add_sink_sample(metric, board, i, oldest_s ? age_s(reading, oldest_s) : 0, out);
	}
}

static void print_drops(const struct metric *metric, const struct reading *reading, struct buf *out)
{
	const struct board *board = reading->board;
	auto_buf struct buf label = buf_make(4096);

	for (size_t i = 0; i < board_sink_count(board); i++)
		for (size_t reason = 0; reason < BOARD_DROP_COUNT; reason++) {
			buf_clear(&label);
			add_sink_label(board, i, &label);
			buf_printf(&label, ",reason=\"%s\"", board_drop_label(reason));
			add_sample(metric, label.data, board_get(&board->sinks[i].dropped[reason]),
				   out);
		}
}

#define BOARD(member) offsetof(struct board, member)
#define SINK(member)  offsetof(struct board_sink, member)

static const struct metric metrics[] = {
	{ "weir_sensor_build_info", GAUGE, "version", print_build, 0, "1, with the version." },
	{ "weir_sensor_start_time_seconds", GAUGE, "", print_word, BOARD(started_s),
	  "When the sensor was started, in seconds since 1970." },
	{ "weir_sensor_healthy", GAUGE, "", print_health, 0, "1 while /healthz says ok, else 0." },
	{ "weir_sensor_heartbeat_age_seconds", GAUGE, "", print_heartbeat, BOARD(heartbeat_ns),
	  "Since the loop that captures turned last; it does at least four times a second." },
	{ "weir_sensor_cpu_seconds_total", COUNTER, "", print_ns, BOARD(cpu_ns),
	  "Processor time of the process that captures." },
	{ "weir_sensor_metrics_restarts_total", COUNTER, "", print_word, BOARD(metrics_restarts),
	  "How often the process that answers here was started again." },
	{ "weir_sensor_memory_bytes", GAUGE, "", print_word, BOARD(memory_bytes),
	  "Memory that was set apart at start, the kernel's share too." },
	{ "weir_sensor_interfaces", GAUGE, "", print_word, BOARD(interfaces),
	  "Interfaces that are measured." },
	{ "weir_sensor_open_flows", GAUGE, "", print_word, BOARD(flows_open),
	  "Flows whose window has not ended, in the sensor's table." },
	{ "weir_sensor_open_flows_limit", GAUGE, "", print_word, BOARD(flows_max),
	  "How many of them the table takes." },

	{ "weir_sensor_records_total", COUNTER, "", print_word, BOARD(counts[STAT_FLOWS]),
	  "Flow records written." },
	{ "weir_sensor_packets_total", COUNTER, "", print_word, BOARD(counts[STAT_PACKETS]),
	  "Packets in those records." },
	{ "weir_sensor_frames_total", COUNTER, "", print_word, BOARD(counts[PARSE_FLOW]),
	  "Frames of IP that were seen; offloading makes one of many packets." },
	{ "weir_sensor_lost_total", COUNTER, "reason", print_lost, 0,
	  "Packets that should be in records and are not." },
	{ "weir_sensor_notes_total", COUNTER, "kind", print_notes, 0,
	  "What a reader of the records may want to know; none of it is a loss of packets." },

	{ "weir_sensor_flows_total", COUNTER, "verdict", print_verdicts, 0,
	  "Flows that were judged by the snapshot and the policy." },
	{ "weir_sensor_flows_unjudged_total", COUNTER, "", print_model_word, BOARD(unjudged),
	  "New flows that were not judged as they began: too many at once." },
	{ "weir_sensor_events_total", COUNTER, "", print_model_word, BOARD(events),
	  "Events that were said." },
	{ "weir_sensor_events_suppressed_total", COUNTER, "", print_model_word, BOARD(suppressed),
	  "Events that the limit of one path left unsaid." },

	{ "weir_sensor_snapshot_age_seconds", GAUGE, "", print_model_age, BOARD(model.snapshot_s),
	  "Since the snapshot was taken that flows are judged by." },
	{ "weir_sensor_model_loaded_timestamp_seconds", GAUGE, "", print_model_time,
	  BOARD(model.loaded_s), "When snapshot and policy were last taken up." },
	{ "weir_sensor_model_loads_total", COUNTER, "", print_model_word, BOARD(model.loads),
	  "How often snapshot and policy were taken up." },
	{ "weir_sensor_model_refused_total", COUNTER, "", print_model_word, BOARD(model.refused),
	  "How often they were broken, and the ones before were kept." },
	{ "weir_sensor_model_interfaces", GAUGE, "", print_model_word, BOARD(model.interfaces),
	  "Interfaces in the snapshot." },
	{ "weir_sensor_model_missing_interfaces", GAUGE, "", print_model_word,
	  BOARD(model.strangers),
	  "Interfaces that are measured and not in the snapshot: what flows there is unknown." },
	{ "weir_sensor_model_rules", GAUGE, "", print_model_word, BOARD(model.rules),
	  "Rules in the snapshot." },
	{ "weir_sensor_model_bytes", GAUGE, "", print_model_word, BOARD(model.bytes),
	  "Memory that the model takes." },
	{ "weir_sensor_fetches_total", COUNTER, "", print_model_word, BOARD(model.fetches),
	  "Snapshots that were asked of AWS." },
	{ "weir_sensor_fetch_failures_total", COUNTER, "", print_model_word,
	  BOARD(model.fetch_failures), "Those that failed." },
	{ "weir_sensor_fetch_timestamp_seconds", GAUGE, "", print_model_time,
	  BOARD(model.fetched_s), "When the last one succeeded." },
	{ "weir_sensor_fetch_unreadable_timestamp_seconds", GAUGE, "action", print_unreadable, 0,
	  "Calls that the fetch may not make, since when; none while there are none." },

	{ "weir_sensor_sink_taken_total", COUNTER, "sink", print_sinks, SINK(taken),
	  "Records or events that reached the process of the sink." },
	{ "weir_sensor_sink_delivered_total", COUNTER, "sink", print_sinks, SINK(delivered),
	  "Records or events that were acknowledged." },
	{ "weir_sensor_sink_delivered_bytes_total", COUNTER, "sink", print_sinks,
	  SINK(delivered_bytes), "Their bytes." },
	{ "weir_sensor_sink_deliveries_total", COUNTER, "sink", print_sinks, SINK(deliveries),
	  "Objects, batches, messages or files that they were delivered in." },
	{ "weir_sensor_sink_attempts_total", COUNTER, "sink", print_sinks, SINK(attempts),
	  "Deliveries that were begun." },
	{ "weir_sensor_sink_failures_total", COUNTER, "sink", print_sinks, SINK(failures),
	  "Deliveries that failed and are tried again." },
	{ "weir_sensor_sink_dropped_total", COUNTER, "sink,reason", print_drops, 0,
	  "Records or events that will not be delivered." },
	{ "weir_sensor_sink_failing", GAUGE, "sink", print_sinks, SINK(is_failing),
	  "1 when the last attempt failed." },
	{ "weir_sensor_sink_gone", GAUGE, "sink", print_sinks, SINK(is_gone),
	  "1 when its processes have all ended: only another start of the sensor begins them "
	  "again." },
	{ "weir_sensor_sink_delay_seconds", GAUGE, "sink", print_delays, SINK(oldest_s),
	  "How long ago the oldest was finished that is not delivered; 0: there is none." },
	{ "weir_sensor_sink_delivered_timestamp_seconds", GAUGE, "sink", print_sink_times,
	  SINK(delivered_s), "When something was delivered last." },
	{ "weir_sensor_sink_restarts_total", COUNTER, "sink", print_sinks, SINK(restarts),
	  "How often the process of the sink was started again." },
	{ "weir_sensor_spool_bytes", GAUGE, "sink", print_spools, SINK(spool_bytes),
	  "On disk, finished and not delivered." },
	{ "weir_sensor_spool_limit_bytes", GAUGE, "sink", print_spools, SINK(spool_max_bytes),
	  "How much of it is kept; then the oldest makes room." },
	{ "weir_sensor_spool_items", GAUGE, "sink", print_spools, SINK(spool_items),
	  "Records or events on disk." },
};

static const char *const types[] = { [COUNTER] = "counter", [GAUGE] = "gauge" };

void metrics_print(const struct board *board, struct clock_pair now, bool is_healthy,
		   struct buf *out)
{
	const struct reading reading = { .board = board, .now = now, .is_healthy = is_healthy };
	auto_buf struct buf  samples = buf_make(METRICS_PAGE_MAX);

	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		buf_clear(&samples);
		metrics[i].print(&metrics[i], &reading, &samples);
		if (samples.len)
			buf_printf(out, "# HELP %s %s\n# TYPE %s %s\n%s", metrics[i].name,
				   metrics[i].help, metrics[i].name, types[metrics[i].type],
				   samples.data);
	}
}

static void print_stat_values(enum stat_kind kind, const char *label, struct buf *out)
{
	for (size_t row = 0; row < STAT_COUNT; row++) {
		const struct stat_info *info = stat_info(row);

		if (info->kind != kind)
			continue;
		buf_printf(out, "    %s=\"", label);
		add_word(out, info->name);
		buf_printf(out, "\"  %s\n", info->about);
	}
}

static void print_label_values(const struct metric *metric, struct buf *out)
{
	if (metric->print == print_lost)
		print_stat_values(STAT_KIND_LOST, metric->labels, out);
	if (metric->print == print_notes)
		print_stat_values(STAT_KIND_NOTE, metric->labels, out);
	for (size_t i = 0; metric->print == print_verdicts && i < BOARD_VERDICT_COUNT; i++)
		buf_printf(out, "    verdict=\"%s\"\n", board_verdict_text(i));
	for (size_t i = 0; metric->print == print_unreadable && fetch_calls[i].action; i++)
		if (fetch_calls[i].judges)
			buf_printf(out, "    action=\"%s:%s\"\n",
				   aws_service_name(fetch_calls[i].service), fetch_calls[i].action);
	for (size_t i = 0; metric->print == print_drops && i < BOARD_DROP_COUNT; i++)
		buf_printf(out, "    reason=\"%s\"  %s\n", board_drop_label(i),
			   board_drop_about(i));
}

void metrics_print_table(struct buf *out)
{
	for (size_t i = 0; i < ARRAY_LEN(metrics); i++) {
		const struct metric *metric = &metrics[i];

		buf_printf(out, "%s%s%s%s %s: %s\n", metric->name, *metric->labels ? "{" : "",
			   metric->labels, *metric->labels ? "}" : "", types[metric->type],
			   metric->help);
		print_label_values(metric, out);
	}
}
