/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run.h"

#include <stdio.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "sensor/capture/capture.h"
#include "sensor/privileges.h"
#include "sensor/recorder.h"
#include "sensor/run_check.h"
#include "sensor/run_detach.h"
#include "sensor/run_fetch.h"
#include "sensor/run_identity.h"
#include "sensor/run_live.h"
#include "sensor/run_outputs.h"
#include "sensor/run_plug.h"
#include "sensor/run_status.h"
#include "sensor/run_talk.h"
#include "sensor/service/metrics.h"
#include "sensor/service/service.h"
#include "sensor/wake.h"

#define NS_PER_S UINT64_C(1000000000)

enum {
	FLOWS_DEFAULT = 65536,
	FLOWS_MIN = 16,
	FLOWS_MAX = 1 << 24,
	INTERFACES_DEFAULT = 64,
	END_WAIT_MS = 2000 /* how long the end waits for whoever reads the records */
};

struct sensor {
	struct sensor_args	  given; /* what it points to is borrowed, as the command line is */
	const struct sensor_args *args;	 /* … */
	struct eni_set		  enis;
	struct run_identity	  identity;
	struct board		 *board;
	struct run_fetch	  fetch;
	struct stats		  stats;
	struct recorder		  recorder;
	struct outputs		 *outputs;
	struct run_outputs_said	  said;
	struct windows		 *windows;
	const struct capture_ops *ops;
	struct capture_args	  capture_args;
	struct capture		 *capture;
	struct wake		  wake;
	struct service		  service;
	struct run_sizes	  sizes;
	struct run_live		  live;
	struct buf		  privileges; /* what is left of them, in words */
	struct buf		  begun_by;   /* what it judges by at the start, likewise */
	struct mono		  begin;
	struct run_plug		  plug;
};

static int set_up_enis(struct sensor *sensor, struct err *err)
{
	sensor->enis.max = sensor->args->max_interfaces ? sensor->args->max_interfaces
							: INTERFACES_DEFAULT;
	sensor->enis.wait = sensor->args->wait;
	if (!sensor->args->read)
		return eni_set_look_up(&sensor->enis, &sensor->args->interfaces, err);
	sensor->enis.count = sensor->enis.max = 1;
	return args_file_eni(sensor->args, &sensor->enis.enis[0], err);
}

static int set_up_board(struct sensor *sensor, struct err *err)
{
	sensor->board = board_new(err);
	if (!sensor->board)
		return -1;
	sensor->fetch.fetcher.board = &sensor->board->model;
	return 0;
}

static void set_up_recorder(struct sensor *sensor)
{
	sensor->recorder.enis = sensor->enis.enis;
	sensor->recorder.eni_count = sensor->enis.max;
	sensor->recorder.stats = &sensor->stats;
	sensor->recorder.common = args_common(sensor->args, &sensor->identity.known);
	sensor->recorder.scope = args_scope(sensor->args, &sensor->identity.known);
}

/* Live ones, in the order in which `auto` tries them. */
static const struct capture_ops *const backends[] = {
#if WEIR_BPF
	&capture_bpf,
#endif
	&capture_packet,
	&capture_pcap,
};

/* The first backend from that place on which `--backend` allows, or NULL. */
static const struct capture_ops *choose_backend(const struct sensor_args *args, size_t from)
{
	for (size_t i = from; i < ARRAY_LEN(backends); i++)
		if (args_allow_backend(args, backends[i]->name))
			return backends[i];
	return NULL;
}

/* All that is taken at start and grows with what was asked for. */
static size_t memory_for(const struct sensor *sensor, size_t max_flows)
{
	struct capture_args capture = sensor->capture_args;
	size_t		    bytes = windows_memory_bytes(max_flows, sensor->enis.max) +
		       outputs_memory_bytes(sensor->outputs);

	capture.max_flows = max_flows;
	if (sensor->args->snapshot)
		bytes += live_memory_bytes(max_flows);
	if (sensor->ops->memory_bytes)
		bytes += sensor->ops->memory_bytes(&capture);
	return bytes;
}

/* As many flows as the memory holds. */
static int choose_sizes(struct sensor *sensor, struct err *err)
{
	const struct sensor_args *args = sensor->args;
	uint64_t		  memory = args->memory_mib << 20;
	size_t			  fits = FLOWS_MIN, too_many = FLOWS_MAX + 1;

	sensor->sizes.interval_s = (uint32_t)args->interval_s;
	sensor->sizes.max_flows = args->max_flows ? args->max_flows : FLOWS_DEFAULT;
	if (memory && memory_for(sensor, FLOWS_MIN) > memory)
		return err_set(err, ERR_USAGE,
			       "--memory: %zu MiB are taken before there is a flow; "
			       "see also --output-queue",
			       (memory_for(sensor, FLOWS_MIN) >> 20) + 1);
	while (memory && fits + 1 < too_many) {
		size_t middle = fits + (too_many - fits) / 2;

		if (memory_for(sensor, middle) <= memory)
			fits = middle;
		else
			too_many = middle;
	}
	if (memory)
		sensor->sizes.max_flows = fits;
	sensor->sizes.memory_bytes = memory_for(sensor, sensor->sizes.max_flows);
	return 0;
}

/* status_fn: what was lost is told once, when it is first recorded. */
static int write_status(void *context, const struct window_status *status, struct err *err)
{
	struct sensor *sensor = context;

	if (status->lost)
		run_say_lost(status, sensor->sizes.interval_s);
	return recorder_add_status(&sensor->recorder, status, err);
}

static int write_flow(void *context, const struct flow *flow, struct err *err)
{
	struct sensor *sensor = context;

	return recorder_add_flow(&sensor->recorder, flow, err);
}

static void set_up_windows(struct sensor *sensor)
{
	struct windows_args windows = { .interval_s = sensor->sizes.interval_s,
					.max_flows = sensor->sizes.max_flows,
					.enis = sensor->enis.enis,
					.eni_count = sensor->enis.max,
					.emit = write_flow,
					.emit_status = write_status,
					.context = sensor,
					.stats = &sensor->stats };

	sensor->windows = windows_new(&windows);
	sensor->recorder.outputs = sensor->outputs;
	sensor->recorder.windows = sensor->windows;
}

/* event_fn */
static void write_event(void *context, const struct event_line *line)
{
	struct sensor *sensor = context;

	outputs_add_event(sensor->outputs, line);
}

/* see_fn */
static void see_flow(void *context, const struct flow *flow, const struct flow_process *process)
{
	struct sensor *sensor = context;

	if (sensor->live.live)
		live_see(sensor->live.live, flow, process);
}

static int open_live(struct sensor *sensor, struct err *err)
{
	const struct run_live_args live = { .args = sensor->args,
					    .recorder = &sensor->recorder,
					    .board = sensor->board,
					    .max_flows = sensor->sizes.max_flows,
					    .interval_s = sensor->sizes.interval_s,
					    .say = write_event,
					    .context = sensor };

	return run_live_open(&sensor->live, &live, &sensor->begun_by, err);
}

/* Also the end of what may be opened, and of what comes from the command line alone. */
static int drop_privileges(struct sensor *sensor, unsigned needs, struct err *err)
{
	needs |= run_live_needs(sensor->args);
	if (sensor->args->no_drop)
		buf_printf(&sensor->privileges, "with all privileges it was started with");
	else if (privileges_drop(sensor->args->user, needs, &sensor->privileges, err) < 0)
		return -1;
	if (sensor->ops->keeper) {
		buf_printf(&sensor->privileges, ", ");
		device_keeper_print(sensor->ops->keeper(sensor->capture), &sensor->privileges);
	}
	return open_live(sensor, err);
}

/* capture_args.opened: before the first byte of a file, which anybody may have made. */
static int drop_for_file(void *context, struct err *err)
{
	struct sensor *sensor = context;

	/* With all of its rights the sensor can make its file appear by itself. */
	if (!sensor->args->no_drop && outputs_entrust(sensor->outputs, err) < 0)
		return -1;
	return drop_privileges(sensor, 0, err);
}

static void set_up_capture(struct sensor *sensor)
{
	const struct sensor_args *args = sensor->args;

	sensor->ops = args->read ? &capture_file : choose_backend(args, 0);
	sensor->capture_args = (struct capture_args){
		.enis = sensor->enis.enis,
		.eni_count = sensor->enis.max,
		.reserved = args->max_interfaces,
		.asked = sensor->enis.asked,
		.asked_count = sensor->enis.asked_count,
		.any_kind = eni_set_may_find_any(&sensor->enis),
		.user = args->user,
		.no_drop = args->no_drop,
		.path = args->read,
		.verbose = args->verbose,
		.hook = args_hook(args),
		.stats = &sensor->stats,
		.see = args->snapshot && !args->read ? see_flow : NULL,
		.opened = drop_for_file,
		.context = sensor,
	};
}

static int open_capture(struct sensor *sensor, struct err *err)
{
	const struct sensor_args *args = sensor->args;

	/* A file is left off by a signal to stop only; what waits for packets wakes for the others too. */
	sensor->capture_args.stop_fd = args->read ? sensor->wake.stop_fd : sensor->wake.fd;
	sensor->capture_args.windows = sensor->windows;
	sensor->capture_args.max_flows = sensor->sizes.max_flows;
	sensor->capture = sensor->ops->open(&sensor->capture_args, err);
	for (size_t i = 1; !args->read && !sensor->capture; i++) {
		const struct capture_ops *next = choose_backend(args, i);

		if (!next || next == sensor->ops)
			break;
		cli_warn("--backend %s is refused, trying %s: %s", sensor->ops->name, next->name,
			 err->text);
		sensor->ops = next;
		sensor->sizes.memory_bytes = memory_for(sensor, sensor->sizes.max_flows);
		sensor->capture = next->open(&sensor->capture_args, err);
	}
	if (!sensor->capture)
		return -1;
	return args->read ? 0 : drop_privileges(sensor, sensor->ops->needs(sensor->capture), err);
}

static int64_t seconds_since(struct mono begin)
{
	return (int64_t)((clock_now().mono.ns - begin.ns) / NS_PER_S);
}

/* A file is summed up only when something in it was not recorded, or on request. */
static void say_end(const struct sensor *sensor)
{
	if (!sensor->args->read)
		run_say_summary(&sensor->stats, seconds_since(sensor->begin), END_WAIT_MS);
	else if (sensor->args->verbose || stats_lost(&sensor->stats))
		run_say_summary(&sensor->stats, -1, END_WAIT_MS);
}

static void put_on_board(struct sensor *sensor)
{
	board_set(&sensor->board->flows_open, windows_flow_count(sensor->windows));
	board_set(&sensor->board->interfaces, windows_left(sensor->windows));
	service_turn(&sensor->service, &sensor->stats, clock_now().mono);
}

static void say_status(struct sensor *sensor)
{
	const struct run_status status = { .about = sensor->ops->about(sensor->capture),
					   .privileges = sensor->privileges.data,
					   .enis = &sensor->enis,
					   .sizes = &sensor->sizes,
					   .board = sensor->board,
					   .seconds = seconds_since(sensor->begin) };

	put_on_board(sensor);
	run_say_status(&status);
}

static void answer(struct sensor *sensor)
{
	if (!wake_is_asked(&sensor->wake))
		return;
	sensor->ops->count(sensor->capture);
	if (!sensor->args->read)
		say_status(sensor);
	run_say_summary(&sensor->stats, seconds_since(sensor->begin), 0);
}

/* Who asks in vain is told: `systemctl reload` does, and ends nothing by it. */
static bool is_to_reload(struct sensor *sensor)
{
	if (!wake_is_to_reload(&sensor->wake))
		return false;
	if (sensor->live.models)
		service_reload(&sensor->service, clock_now().mono);
	else
		run_say_line(str_of("sensor: SIGHUP: there is nothing to load again"));
	return true;
}

/* Whether the interfaces are the ones that are measured: of a file they always are. */
static int plug(struct sensor *sensor, struct err *err)
{
	return sensor->args->read ? 0 : run_plug_turn(&sensor->plug, err);
}

/* Live: hears of interfaces that come from now on. */
static int begin_plug(struct sensor *sensor, struct err *err)
{
	int fd;

	sensor->plug.enis = &sensor->enis;
	sensor->plug.windows = sensor->windows;
	sensor->plug.metadata = sensor->identity.metadata;
	sensor->plug.live = sensor->live.live;
	sensor->plug.ops = sensor->ops;
	sensor->plug.capture = sensor->capture;
	run_plug_begin(&sensor->plug);
	fd = run_plug_fd(&sensor->plug);
	return fd < 0 ? 0 : wake_on_input(&sensor->wake, fd, err);
}

static int watch(struct sensor *sensor, struct err *err)
{
	return sensor->args->read ? 0 : windows_watch(sensor->windows, clock_now(), err);
}

/*
 * Takes what came; windows are written as they end, and all that is known of one goes out at once.  What was
 * queued goes out first: it makes room for what waits to be said of windows that found none.
 */
static enum capture_state step(struct sensor *sensor, struct err *err)
{
	struct wall	   done = { .ns = INT64_MIN };
	enum capture_state state = sensor->ops->collect(sensor->capture, &done, err);
	int		   fds[BOARD_SINKS_MAX];

	if (state == CAPTURE_FAILED || watch(sensor, err) < 0 ||
	    outputs_flush(sensor->outputs, err) < 0 ||
	    windows_close(sensor->windows, done, err) < 0 ||
	    outputs_flush(sensor->outputs, err) < 0 || plug(sensor, err) < 0)
		return CAPTURE_FAILED;
	run_identity_take(&sensor->identity, &sensor->enis);
	run_live_turn(&sensor->live, is_to_reload(sensor));
	wake_on_outputs(&sensor->wake, fds, outputs_wait_fds(sensor->outputs, fds));
	run_outputs_say(&sensor->said, sensor->board);
	if (!sensor->args->read)
		put_on_board(sensor);
	answer(sensor);
	return state;
}

static int capture_all(struct sensor *sensor, struct err *err)
{
	enum capture_state state = CAPTURE_ON;

	while (state == CAPTURE_ON && !wake_is_stopped(&sensor->wake))
		state = step(sensor, err);
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
	service_stopping(&sensor->service);
	failed |= watch(sensor, failed ? &late : err) < 0;
	failed |= sensor->ops->stop(sensor->capture, failed ? &late : err) < 0;
	sensor->ops->count(sensor->capture);
	failed |= windows_close_all(sensor->windows, failed ? &late : err) < 0;
	run_live_end(&sensor->live);
	failed |= outputs_commit(sensor->outputs, END_WAIT_MS, failed ? &late : err) < 0;
	recorder_count_left(&sensor->recorder);
	outputs_end(sensor->outputs, RUN_OUTPUTS_END_MS);
	run_outputs_say_end(sensor->outputs, sensor->board);
	say_end(sensor);
	return failed ? -1 : 0;
}

/* Its processes, before there is much memory that they would share. */
static int start_service(struct sensor *sensor, struct err *err)
{
	board_set(&sensor->board->flows_max, sensor->sizes.max_flows);
	return service_start(&sensor->service, sensor->args, sensor->board, err);
}

static void tell_ready(struct sensor *sensor)
{
	board_set(&sensor->board->memory_bytes, sensor->sizes.memory_bytes);
	put_on_board(sensor);
	run_say_ready(sensor->ops->about(sensor->capture), &sensor->enis, &sensor->sizes,
		      sensor->privileges.data, sensor->begun_by.data);
	if (sensor->service.metrics.url[0])
		run_say_metrics(sensor->service.metrics.url);
	service_ready(&sensor->service);
}

static int run(struct sensor *sensor, struct err *err)
{
	bool failed;

	if (sensor->args->detach)
		return run_detach(sensor->args, err);
	if (privileges_check_user(sensor->args->user, err) < 0)
		return -1;
	if (sensor->args->check_privileges)
		return run_check(sensor->args, backends, ARRAY_LEN(backends), err);
	/* What is wrong with the command line is told before anybody is asked anything. */
	sensor->outputs = run_outputs_new(sensor->args, err);
	if (!sensor->outputs || run_fetch_place(&sensor->fetch, &sensor->given, err) < 0 ||
	    set_up_enis(sensor, err) < 0 ||
	    run_identity_begin(&sensor->identity, sensor->args, &sensor->enis, err) < 0 ||
	    set_up_board(sensor, err) < 0 ||
	    run_fetch_begin(&sensor->fetch, sensor->args, &sensor->identity, &sensor->enis, err) <
		    0)
		return -1;
	set_up_recorder(sensor);
	set_up_capture(sensor);
	if (choose_sizes(sensor, err) < 0 ||
	    run_outputs_open(sensor->outputs, sensor->args, &sensor->identity.known, sensor->board,
			     err) < 0 ||
	    wake_open(&sensor->wake, !sensor->args->read, err) < 0 ||
	    run_identity_watch(&sensor->identity, &sensor->wake, err) < 0)
		return -1;
	if (!sensor->args->read && start_service(sensor, err) < 0)
		return -1;
	set_up_windows(sensor);
	if (open_capture(sensor, err) < 0)
		return -1;
	sensor->begin = clock_now().mono;
	failed = watch(sensor, err) < 0;
	if (!sensor->args->read)
		tell_ready(sensor);
	failed = failed || (!sensor->args->read && begin_plug(sensor, err) < 0) ||
		 capture_all(sensor, err) < 0;
	return finish(sensor, failed, err);
}

static int print_metrics(void)
{
	auto_buf struct buf text = buf_make(METRICS_PAGE_MAX);

	metrics_print_table(&text);
	fputs(text.data, stdout);
	return 0;
}

int sensor_run(const void *args, char **operands, struct err *err)
{
	struct sensor *sensor = mem_alloc(sizeof(*sensor));
	int	       result;

	(void)operands;
	sensor->given = *(const struct sensor_args *)args;
	sensor->args = &sensor->given;
	sensor->wake = WAKE_NONE;
	sensor->service = SERVICE_NONE;
	sensor->privileges = buf_make(1 << 10);
	sensor->begun_by = buf_make(1 << 12);
	result = args_check(args, err);
	if (result == 0)
		result = sensor->args->help_metrics ? print_metrics() : run(sensor, err);
	if (sensor->capture)
		sensor->ops->close(sensor->capture);
	run_fetch_end(&sensor->fetch);
	run_identity_end(&sensor->identity);
	run_live_close(&sensor->live);
	windows_free(sensor->windows);
	outputs_free(sensor->outputs);
	wake_close(&sensor->wake);
	service_end(&sensor->service);
	board_free(sensor->board);
	buf_done(&sensor->privileges);
	buf_done(&sensor->begun_by);
	free(sensor);
	return result;
}
