/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/service/service.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/cli.h"

#define NS_PER_S  UINT64_C(1000000000)
#define NS_PER_US UINT64_C(1000)

int service_start(struct service *service, const struct sensor_args *args, struct board *board,
		  struct err *err)
{
	const struct metrics_server_args metrics = { .address = args->metrics,
						     .user = args->user,
						     .no_drop = args->no_drop,
						     .board = board };

	service->board = board;
	board_set(&board->started_s, (uint64_t)clock_seconds(clock_now().wall));
	/* Left over in a shell it must not keep a sensor from starting. */
	if (notify_open(&service->notify, err) < 0)
		cli_warn("the service manager hears nothing: %s", err->text);
	if (strcmp(args->metrics, "none") == 0)
		return 0;
	return metrics_server_start(&service->metrics, &metrics, err);
}

void service_ready(struct service *service)
{
	notify_say(&service->notify, "READY=1");
}

static void tell_status(struct service *service, const struct stats *stats, struct mono now)
{
	const struct board *board = service->board;
	auto_buf struct buf text = buf_make(1024);
	size_t		    failing = 0;

	for (size_t i = 0; i < board_sink_count(board); i++)
		failing += board_get(&board->sinks[i].is_failing) != 0;
	buf_add_grouped(&text, stats->counts[STAT_FLOWS]);
	buf_printf(&text, " flows, ");
	buf_add_grouped(&text, stats_lost(stats));
	buf_printf(&text, " packets lost");
	if (failing)
		buf_printf(&text, ", %zu of %zu sinks fail", failing, board_sink_count(board));
	notify_status(&service->notify, text.data, now);
}

static uint64_t cpu_ns(void)
{
	struct timespec used = { 0 };

	(void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}

static uint64_t models(const struct board *board)
{
	return board_get(&board->model.loads) + board_get(&board->model.refused);
}

void service_reload(struct service *service, struct mono now)
{
	char message[64];

	snprintf(message, sizeof(message), "RELOADING=1\nMONOTONIC_USEC=%llu",
		 (unsigned long long)(now.ns / NS_PER_US));
	service->is_reloading = true;
	service->models = models(service->board);
	notify_say(&service->notify, message);
}

static void tell_reloaded(struct service *service)
{
	if (!service->is_reloading || models(service->board) == service->models)
		return;
	service->is_reloading = false;
	notify_say(&service->notify, "READY=1");
}

void service_turn(struct service *service, const struct stats *stats, struct mono now)
{
	board_take_stats(service->board, stats, now);
	board_set(&service->board->cpu_ns, cpu_ns());
	notify_turn(&service->notify, now);
	tell_reloaded(service);
	if (notify_wants_status(&service->notify, now))
		tell_status(service, stats, now);
}

void service_stopping(struct service *service)
{
	notify_say(&service->notify, "STOPPING=1");
}

void service_end(struct service *service)
{
	metrics_server_end(&service->metrics);
	notify_close(&service->notify);
}
