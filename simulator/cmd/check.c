/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "lib/base/progress.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/flows/batch.h"
#include "simulator/flows/findings.h"
#include "simulator/report/check.h"
#include "simulator/report/output.h"
#include "simulator/report/record_json.h"

enum { STATUS_CLEAN = 0, STATUS_FINDINGS = 1, STATUS_UNDECIDED = 4 };

struct check_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *log_format, *since, *until, *fail_on, *snapshot_time;
	uint64_t	  limit;
	bool		  records, quiet, no_header, no_progress;
};

static const struct check_args check_defaults = { .limit = 20 };

static const struct opt check_opts[] = {
	INPUT_OPTS(struct check_args),
	UNKNOWN_OPT(struct check_args),
	OPT_LIST('o', "output", struct check_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	OPT_FLAG(0, "records", struct check_args, records, "one JSON line a record instead"),
	OPT_STR(0, "log-format", struct check_args, log_format, "FORMAT",
		"fields of the lines, as ${srcaddr} ${dstaddr} …, when there is no header"),
	OPT_STR(0, "since", struct check_args, since, "TIME",
		"records that end at or after it: a date, RFC 3339, Unix seconds, or an age like "
		"7d"),
	OPT_STR(0, "until", struct check_args, until, "TIME", "records that start before it"),
	OPT_STR(0, "snapshot-time", struct check_args, snapshot_time, "TIME",
		"when the snapshot was taken; default: its newest file's time"),
	OPT_STR(0, "fail-on", struct check_args, fail_on, "LIST",
		"what makes the status 1: none, or some of unexpected, contradiction, rejected, "
		"unknown, expired-waiver; default unexpected,contradiction,expired-waiver"),
	OPT_U64(0, "limit", struct check_args, limit, "N", 0, 100000, "groups to show; default 20"),
	OPT_FLAG('q', "quiet", struct check_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct check_args, no_header, "tables without titles"),
	OPT_FLAG(0, "no-progress", struct check_args, no_progress, "no progress on the terminal"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", check_print_text },
	{ "json", check_print_json },
	{ "csv", check_print_csv },
	{ "md", check_print_markdown },
	{ NULL, NULL },
};

/* One run over all files. */
struct run {
	const struct check_args *args;
	struct inputs		 inputs;
	struct format		 format;
	struct batch		*batch;
	struct matcher		*matcher;
	struct tally		*tally;
	struct check_answer	 answer;
	struct progress		 progress;
	uint32_t		 fail_on; /* bits of enum finding */
	uint64_t		 records;
};

/* Whether --since and --until let a record in; what they leave out is counted. */
static bool is_wanted(struct run *run, const struct record *record)
{
	if (period_is_all(&run->answer.period))
		return true;
	if (!record_has(record, FIELD_START) || !record_has(record, FIELD_END)) {
		run->answer.timeless++;
		return false;
	}
	if (period_has(&run->answer.period, record->start, record->end))
		return true;
	run->answer.outside++;
	return false;
}

static void add_item(struct run *run, const struct batch_item *item,
		     const struct record_answer *answer, const char *path)
{
	struct record_line line = { .world = run->inputs.world,
				    .judge = run->inputs.judge,
				    .source = path,
				    .line = item->line_number,
				    .record = &item->record,
				    .answer = answer };
	struct judged	   judged = { .record = &item->record,
				      .answer = answer,
				      .line = item->line,
				      .path = path,
				      .file = (uint32_t)run->answer.files,
				      .line_number = item->line_number };
	struct sums	   sums = { 0 };

	progress_tell(&run->progress, ++run->records, "records");
	if (!is_wanted(run, &item->record))
		return;
	sums_add(&sums, &item->record);
	tally_add(run->tally, tally_place(run->tally, &judged), &sums);
	if (run->args->records && !run->args->quiet)
		record_print_json(&line, stdout);
}

/* A bad line never stops the run: the first of a file is shown, all are counted. */
static int read_file(struct run *run, const char *path, struct err *err)
{
	auto_reader struct reader *reader = reader_open(path, &run->format, err);
	enum reader_result	   result;
	uint64_t		   bad_here = 0;

	if (!reader)
		return -1;
	run->answer.files++;
	do {
		result = batch_fill(run->batch, reader, err);
		batch_judge(run->batch, run->matcher, run->inputs.judge);
		for (size_t i = 0; i < batch_count(run->batch); i++)
			add_item(run, batch_item(run->batch, i), batch_answer(run->batch, i), path);
		if (result == READER_FAILED)
			return -1;
		if (result == READER_BAD_LINE && bad_here++ == 0)
			cli_complain(err);
	} while (result != READER_END);
	if (bad_here > 1)
		cli_warn("%s: %" PRIu64 " bad lines in all", path, bad_here);
	run->answer.bad_lines += bad_here;
	return 0;
}

static int status_of(const struct run *run)
{
	uint32_t found = findings_of(run->answer.tally, &run->answer.waivers);
	uint64_t undecided = run->answer.tally->undecided;

	if (run->answer.bad_lines)
		return err_exit_status(ERR_INPUT);
	if ((found & run->fail_on) || (undecided && run->inputs.unknown_as == VERDICT_DENY))
		return STATUS_FINDINGS;
	if (undecided && run->inputs.unknown_as == VERDICT_UNKNOWN)
		return STATUS_UNDECIDED;
	return STATUS_CLEAN;
}

static int open_options(struct run *run, struct err *err)
{
	const struct check_args *args = run->args;

	if (output_check(&args->output, formats, err) < 0 ||
	    findings_parse(args->fail_on, &run->fail_on, err) < 0 ||
	    period_parse(args->since, args->until, &run->answer.period, err) < 0)
		return -1;
	if (args->log_format &&
	    format_parse(str_of(args->log_format), &run->format, NULL, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "--log-format");
	}
	if (inputs_open(&args->input, &run->inputs, err) < 0)
		return -1;
	return snapshot_time_open(args->snapshot_time, args->input.snapshot, &run->answer.snapshot,
				  err);
}

static int check_all(struct run *run, char **operands, struct err *err)
{
	const struct check_args *args = run->args;

	if (open_options(run, err) < 0)
		return -1;
	run->matcher = matcher_open(run->inputs.world);
	run->tally = tally_new(run->inputs.world, run->inputs.judge);
	for (; *operands; operands++)
		if (read_file(run, *operands, err) < 0)
			return -1;
	progress_done(&run->progress);
	run->answer.world = run->inputs.world;
	run->answer.judge = run->inputs.judge;
	run->answer.tally = tally_finish(run->tally);
	waivers_open(&run->answer.waivers, run->inputs.judge, run->answer.tally);
	run->answer.limit = args->limit;
	run->answer.header = !args->no_header;
	if (!args->quiet && !args->records &&
	    output_write(&args->output, formats, &run->answer, err) < 0)
		return -1;
	return status_of(run);
}

static int check_run(const void *args, char **operands, struct err *err)
{
	struct run run = { .args = args, .format = format_default(), .batch = batch_new() };
	int	   status;

	progress_start(&run.progress, !run.args->no_progress && !run.args->records);
	status = check_all(&run, operands, err);
	progress_done(&run.progress);
	if (batch_not_learned(run.batch))
		cli_warn("%" PRIu64 " connections were too many to remember who opened them",
			 batch_not_learned(run.batch));
	batch_free(run.batch);
	waivers_close(&run.answer.waivers);
	tally_free(run.tally);
	matcher_free(run.matcher);
	inputs_close(&run.inputs);
	return status;
}

const struct cmd cmd_check = {
	.name = "check",
	.operands = "LOG…",
	.summary = "flow logs against configuration and policy: what ran that should not have?",
	.examples = "  weir check flow.log -s shop.snap -p shop.policy\n"
		    "  weir check logs/ -s shop.snap --since 24h -o json\n"
		    "  weir check flow.log --records | jq 'select(.verdict==\"unexpected\")'\n",
	.opts = check_opts,
	.args_size = sizeof(struct check_args),
	.defaults = &check_defaults,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.run = check_run,
};
