/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/run_live.h"

#include <stdio.h>

#include "sensor/call_filter.h"
#include "sensor/live/model_talk.h"

unsigned run_live_needs(const struct sensor_args *args)
{
	if (!args->snapshot)
		return 0;
	return args->read ? NEED_READ_FILES : NEED_READ_FILES | NEED_THREADS;
}

static int open_models(struct run_live *run, const struct run_live_args *args, struct err *err)
{
	const struct recorder	*recorder = args->recorder;
	struct model_keeper_args models = { .snapshot = args->args->snapshot,
					    .policy = args->args->policy,
					    .memory_bytes = args->args->model_memory_mib << 20,
					    .interface_ids = run->ids,
					    .may_be_missing = args->args->fetch != NULL,
					    .board = &args->board->model,
					    .loaded = model_talk_loaded,
					    .refused = model_talk_refused };
	struct err_list		 errors;

	for (size_t i = 0; i < recorder->eni_count; i++) {
		struct str id = eni_id(&recorder->enis[i]);
		char	  *text = run->id_texts[i];

		if (!id.len)
			continue;
		snprintf(text, ENI_WORD_SIZE, "%.*s", STR_ARG(id));
		run->ids[models.interface_count++] = str_of(text);
	}
	args->board->model.is_used = true;
	run->models = model_keeper_open(&models, &errors);
	return run->models ? 0 : cli_complain_all(&errors, err);
}

static void say_model(const struct model *model, struct buf *said)
{
	if (!model) {
		buf_add_text(said, "no snapshot until the first fetch");
		return;
	}
	model_talk_print(model, said);
	model_talk_warn(model);
}

int run_live_open(struct run_live *run, const struct run_live_args *args, struct buf *said,
		  struct err *err)
{
	struct live_args live = { .board = args->board,
				  .record = recorder_make,
				  .say = args->say,
				  .say_stranger = model_talk_stranger,
				  .context = args->context,
				  .recorder = args->recorder,
				  .interface = recorder_interface,
				  .interface_count = args->recorder->eni_count,
				  .max_flows = args->max_flows,
				  .interval_s = args->interval_s,
				  .event_interval_s = (uint32_t)args->args->event_interval_s,
				  .cpu_percent = (unsigned)args->args->cpu_percent };

	if (!args->args->snapshot)
		return 0;
	if (open_models(run, args, err) < 0)
		return -1;
	buf_add_text(said, "; ");
	say_model(model_keeper_take(run->models), said);
	live.models = run->models;
	run->live = live_new(&live, clock_now());
	args->recorder->live = run->live;
	return args->args->read ? 0 : model_keeper_start(run->models, err);
}

void run_live_turn(struct run_live *run, bool reload)
{
	if (reload && run->models)
		model_keeper_reload(run->models);
	if (run->live)
		live_turn(run->live, clock_now());
}

void run_live_end(struct run_live *run)
{
	if (run->live)
		live_flush(run->live);
}

void run_live_close(struct run_live *run)
{
	live_free(run->live);
	model_keeper_close(run->models);
}
