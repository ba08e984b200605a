/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/log_run.h"

#include <inttypes.h>

int log_run_open(struct log_run *run, const struct input_args *input, const struct log_args *log,
		 struct err *err)
{
	*run = (struct log_run){ .format = format_default(), .batch = batch_new() };
	progress_start(&run->progress, !log->no_progress);
	if (period_parse(log->since, log->until, &run->period, err) < 0)
		return -1;
	if (log->log_format && format_parse(str_of(log->log_format), &run->format, NULL, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "--log-format");
	}
	if (inputs_open(input, &run->inputs, err) < 0)
		return -1;
	run->matcher = matcher_open(run->inputs.world);
	return 0;
}

void log_run_close(struct log_run *run)
{
	progress_done(&run->progress);
	if (run->batch && batch_not_learned(run->batch))
		cli_warn("%" PRIu64 " connections were too many to remember who opened them",
			 batch_not_learned(run->batch));
	batch_free(run->batch);
	matcher_free(run->matcher);
	inputs_close(&run->inputs);
	*run = (struct log_run){ 0 };
}

/* Whether --since and --until let a record in; what they leave out is counted. */
static bool is_wanted(struct log_run *run, const struct record *record)
{
	if (period_is_all(&run->period))
		return true;
	if (!record_has(record, FIELD_START) || !record_has(record, FIELD_END)) {
		run->timeless++;
		return false;
	}
	if (period_has(&run->period, record->start, record->end))
		return true;
	run->outside++;
	return false;
}

static void show_batch(struct log_run *run, const char *path, log_run_each *each, void *context)
{
	for (size_t i = 0; i < batch_count(run->batch); i++) {
		const struct batch_item *item = batch_item(run->batch, i);
		struct judged		 judged = { .record = &item->record,
						    .answer = batch_answer(run->batch, i),
						    .line = item->line,
						    .path = path,
						    .file = (uint32_t)run->files,
						    .line_number = item->line_number };

		progress_tell(&run->progress, ++run->records, "records");
		if (is_wanted(run, &item->record))
			each(context, &judged);
	}
}

static int read_file(struct log_run *run, const char *path, log_run_each *each, void *context,
		     struct err *err)
{
	auto_reader struct reader *reader = reader_open(path, &run->format, err);
	enum reader_result	   result;
	uint64_t		   bad_here = 0;

	if (!reader)
		return -1;
	run->files++;
	do {
		result = batch_fill(run->batch, reader, err);
		batch_judge(run->batch, run->matcher, run->inputs.judge);
		show_batch(run, path, each, context);
		if (result == READER_FAILED)
			return -1;
		if (result == READER_BAD_LINE && bad_here++ == 0)
			cli_complain(err);
	} while (result != READER_END);
	if (bad_here > 1)
		cli_warn("%s: %" PRIu64 " bad lines in all", path, bad_here);
	run->bad_lines += bad_here;
	return 0;
}

int log_run_read(struct log_run *run, char **operands, log_run_each *each, void *context,
		 struct err *err)
{
	for (; *operands; operands++)
		if (read_file(run, *operands, each, context, err) < 0)
			return -1;
	progress_done(&run->progress);
	return 0;
}
