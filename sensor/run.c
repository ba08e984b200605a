/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run.h"

#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>

#include "lib/base/mem.h"
#include "sensor/capture.h"
#include "sensor/sink.h"

#define NS_PER_S UINT64_C(1000000000)

struct sensor {
	const struct sensor_args *args; /* borrowed, as the command line is */
	struct eni		  enis[ENI_COUNT_MAX];
	size_t			  eni_count;
	struct str		  account_id;
	struct stats		  stats;
	struct sink		 *sink;
	struct windows		 *windows;
	const struct capture_ops *ops;
	struct capture		 *capture;
	int			  stop_fd;
	struct mono		  begin;
};

/* Live ones, in the order in which `auto` tries them. */
static const struct capture_ops *const backends[] = {
#if WEIR_BPF
	&capture_bpf,
#endif
	&capture_packet,
	&capture_pcap,
};

/* Whether `--backend` names that one, or any. */
static bool is_wanted(const struct sensor_args *args, const struct capture_ops *ops)
{
	return strcmp(args->backend, "auto") == 0 || strcmp(args->backend, ops->name) == 0;
}

static int check_args(const struct sensor_args *args, struct err *err)
{
	const char *backend = args->backend;

	if (!args->read && !args->interfaces.count)
		return err_set(err, ERR_USAGE,
			       "nothing to measure: expected --interface NAME or --read FILE");
	if (args->read && args->interfaces.count > 1)
		return err_set(err, ERR_USAGE, "--read takes one --interface at most");
	if (args->locals.count && !args->read)
		return err_set(err, ERR_USAGE,
			       "--local goes with --read: a live interface knows its addresses");
	if (strcmp(backend, "auto") != 0 && strcmp(backend, "bpf") != 0 &&
	    strcmp(backend, "packet") != 0 && strcmp(backend, "pcap") != 0)
		return err_set(err, ERR_USAGE,
			       "--backend: '%s' is none of auto, bpf, packet and pcap", backend);
	if (args->read && (strcmp(backend, "bpf") == 0 || strcmp(backend, "packet") == 0))
		return err_set(err, ERR_USAGE, "--backend %s cannot --read a file", backend);
	if (!WEIR_BPF && strcmp(backend, "bpf") == 0)
		return err_set(err, ERR_USAGE, "this sensor was built without eBPF");
	return 0;
}

/* A file's interface need not be one of this host: its number is only there to tell flows apart. */
static int set_up_file_eni(struct sensor *sensor, struct err *err)
{
	const struct cli_list *locals = &sensor->args->locals;
	struct eni	      *eni = &sensor->enis[0];

	if (sensor->args->interfaces.count &&
	    eni_parse(sensor->args->interfaces.items[0], eni, err) < 0)
		return err_wrap(err, "--interface");
	eni->ifindex = 1;
	sensor->eni_count = 1;
	for (size_t i = 0; i < locals->count; i++) {
		struct ip ip;

		if (ip_parse(str_of(locals->items[i]), &ip, err) < 0 ||
		    eni_add_local(eni, ip, err) < 0) {
			err->kind = ERR_USAGE;
			return err_wrap(err, "--local");
		}
	}
	return 0;
}

static int set_up_enis(struct sensor *sensor, struct err *err)
{
	const struct cli_list *list = &sensor->args->interfaces;

	if (sensor->args->read)
		return set_up_file_eni(sensor, err);
	for (size_t i = 0; i < list->count; i++) {
		if (eni_parse(list->items[i], &sensor->enis[i], err) < 0)
			return err_wrap(err, "--interface");
		if (eni_look_up(&sensor->enis[i], err) < 0)
			return -1;
		for (size_t j = 0; j < i; j++)
			if (sensor->enis[j].ifindex == sensor->enis[i].ifindex)
				return err_set(err, ERR_USAGE, "--interface: '%s' stands twice",
					       sensor->enis[i].name);
		sensor->eni_count++;
	}
	return 0;
}

static int set_up_sink(struct sensor *sensor, struct err *err)
{
	const struct sensor_args *args = sensor->args;
	struct format		  format = format_default();
	struct sink_args	  sink = { .path = args->output,
					   .format = &format,
					   .header = args->format && !args->no_header,
					   .whole = args->read != NULL };
	struct str		  unknown = { 0 };

	sensor->account_id = str_of(args->account_id);
	for (size_t i = 0; i < sensor->account_id.len; i++)
		if (sensor->account_id.ptr[i] <= ' ' || sensor->account_id.ptr[i] > '~')
			return err_set(err, ERR_USAGE, "--account-id: '%s' is not an account",
				       args->account_id);
	if (args->format && format_parse(str_of(args->format), &format, &unknown, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "--format");
	}
	if (unknown.len) {
		const char *known = field_suggest(unknown);

		cli_warn("--format: field '%.*s' is not known and is printed as '-'%s%s%s",
			 STR_ARG(unknown), known ? "; did you mean '" : "", known ? known : "",
			 known ? "'?" : "");
	}
	sensor->sink = sink_open(&sink, err);
	return sensor->sink ? 0 : -1;
}

/* flow_fn: what a closed window hands over becomes a line. */
static int write_flow(void *context, const struct flow *flow, struct err *err)
{
	struct sensor	 *sensor = context;
	const struct eni *eni = &sensor->enis[0];
	struct record	  record;

	for (size_t i = 0; i < sensor->eni_count; i++)
		if (sensor->enis[i].ifindex == flow->key.ifindex)
			eni = &sensor->enis[i];
	record = eni_record(eni, sensor->account_id, flow);
	sensor->stats.counts[STAT_FLOWS]++;
	sensor->stats.counts[STAT_PACKETS] += flow->count.packets;
	return sink_add(sensor->sink, &record, err);
}

/* From here on SIGINT and SIGTERM wait in stop_fd until the loop asks; a closed pipe is a write error. */
static int hold_signals(struct sensor *sensor, struct err *err)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	signal(SIGPIPE, SIG_IGN);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sensor->stop_fd = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	return sensor->stop_fd < 0 ? err_sys(err, "cannot wait for signals") : 0;
}

static bool is_stopped(const struct sensor *sensor)
{
	struct pollfd stop = { .fd = sensor->stop_fd, .events = POLLIN };

	return poll(&stop, 1, 0) > 0;
}

static int open_capture(struct sensor *sensor, struct err *err)
{
	const struct sensor_args *args = sensor->args;
	struct capture_args	  capture = { .enis = sensor->enis,
					      .eni_count = sensor->eni_count,
					      .path = args->read,
					      .max_flows = args->max_flows,
					      .verbose = args->verbose,
					      .stop_fd = sensor->stop_fd,
					      .windows = sensor->windows,
					      .stats = &sensor->stats };

	if (args->read) {
		sensor->ops = &capture_file;
		sensor->capture = capture_file.open(&capture, err);
	}
	for (size_t i = 0; i < ARRAY_LEN(backends) && !args->read && !sensor->capture; i++) {
		if (!is_wanted(args, backends[i]))
			continue;
		if (sensor->ops)
			cli_warn("--backend %s is refused, trying %s: %s", sensor->ops->name,
				 backends[i]->name, err->text);
		sensor->ops = backends[i];
		sensor->capture = sensor->ops->open(&capture, err);
	}
	return sensor->capture ? 0 : -1;
}

static void say_ready(const struct sensor *sensor)
{
	if (sensor->args->read)
		return;
	fprintf(stderr, "sensor: %s on", sensor->ops->about);
	for (size_t i = 0; i < sensor->eni_count; i++)
		fprintf(stderr, " %s", sensor->enis[i].name);
	fprintf(stderr, ", windows of %llu s, at most %llu flows\n",
		(unsigned long long)sensor->args->interval_s,
		(unsigned long long)sensor->args->max_flows);
}

/* A file is summed up only when something in it was not recorded, or on request. */
static void say_summary(struct sensor *sensor)
{
	auto_buf struct buf text = buf_make(4096);
	uint64_t	    seconds = (clock_now().mono.ns - sensor->begin.ns) / NS_PER_S;

	if (sensor->args->read && !sensor->args->verbose && !stats_lost(&sensor->stats))
		return;
	if (!sensor->args->read)
		buf_printf(&text, "%llu s  ", (unsigned long long)seconds);
	stats_print(&sensor->stats, &text);
	fprintf(stderr, "%s\n", text.data);
}

/* Takes what came; windows are written as they end, and all that is known of one goes out at once. */
static enum capture_state step(struct sensor *sensor, struct wall *done, struct err *err)
{
	enum capture_state state = sensor->ops->collect(sensor->capture, done, err);

	if (state == CAPTURE_FAILED || windows_close(sensor->windows, *done, err) < 0 ||
	    sink_flush(sensor->sink, err) < 0)
		return CAPTURE_FAILED;
	return state;
}

static int capture_all(struct sensor *sensor, struct err *err)
{
	struct wall	   done = { .ns = INT64_MIN };
	enum capture_state state = CAPTURE_ON;

	while (state == CAPTURE_ON && !is_stopped(sensor))
		state = step(sensor, &done, err);
	if (sensor->args->read && state == CAPTURE_ON)
		return err_at(err, sensor->args->read, 0, 0, "interrupted");
	return state == CAPTURE_FAILED ? -1 : 0;
}

/*
 * What a live capture saw before it failed is written all the same, so every step is taken; a file's records
 * are written only whole.  *err keeps the first failure.
 */
static int finish(struct sensor *sensor, bool failed, struct err *err)
{
	struct err late;

	if (failed && sensor->args->read)
		return -1;
	failed |= sensor->ops->stop(sensor->capture, failed ? &late : err) < 0;
	failed |= windows_close_all(sensor->windows, failed ? &late : err) < 0;
	failed |= sink_commit(sensor->sink, failed ? &late : err) < 0;
	sensor->ops->count(sensor->capture);
	say_summary(sensor);
	return failed ? -1 : 0;
}

static int run(struct sensor *sensor, struct err *err)
{
	struct windows_args windows = { .interval_s = (uint32_t)sensor->args->interval_s,
					.max_flows = sensor->args->max_flows,
					.emit = write_flow,
					.context = sensor,
					.stats = &sensor->stats };
	bool		    failed;

	if (set_up_enis(sensor, err) < 0 || set_up_sink(sensor, err) < 0 ||
	    hold_signals(sensor, err) < 0)
		return -1;
	sensor->windows = windows_new(&windows);
	if (open_capture(sensor, err) < 0)
		return -1;
	sensor->begin = clock_now().mono;
	say_ready(sensor);
	failed = capture_all(sensor, err) < 0;
	return finish(sensor, failed, err);
}

int sensor_run(const void *args, char **operands, struct err *err)
{
	struct sensor *sensor = mem_alloc(sizeof(*sensor));
	int	       result;

	(void)operands;
	sensor->args = args;
	sensor->stop_fd = -1;
	result = check_args(args, err);
	if (result == 0)
		result = run(sensor, err);
	if (sensor->capture)
		sensor->ops->close(sensor->capture);
	windows_free(sensor->windows);
	sink_close(sensor->sink);
	mem_close_at(&sensor->stop_fd);
	free(sensor);
	return result;
}
