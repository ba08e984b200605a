/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/flows/batch.h"
#include "simulator/report/check.h"
#include "simulator/report/output.h"
#include "simulator/report/record_json.h"

enum { STATUS_CLEAN = 0, STATUS_FINDINGS = 1, STATUS_UNDECIDED = 4, WHY_MAX = 2048 };

struct check_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *log_format;
	uint64_t	  limit;
	bool		  records, quiet, no_header, no_progress;
};

static const struct check_args check_defaults = { .limit = 20 };

static const struct opt check_opts[] = {
	INPUT_OPTS(struct check_args),
	UNKNOWN_OPT(struct check_args),
	OPT_LIST('o', "output", struct check_args, output, "FORMAT[=FILE]",
		 "text (default) or json"),
	OPT_FLAG(0, "records", struct check_args, records, "one JSON line a record instead"),
	OPT_STR(0, "log-format", struct check_args, log_format, "FORMAT",
		"fields of the lines, as ${srcaddr} ${dstaddr} …, when there is no header"),
	OPT_U64(0, "limit", struct check_args, limit, "N", 0, 100000, "groups to show; default 20"),
	OPT_FLAG('q', "quiet", struct check_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct check_args, no_header, "tables without titles"),
	OPT_FLAG(0, "no-progress", struct check_args, no_progress, "no progress on the terminal"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", check_print_text },
	{ "json", check_print_json },
	{ NULL, NULL },
};

/* One run over all files. */
struct run {
	const struct check_args *args;
	struct inputs		 inputs;
	struct format		 format;
	struct batch		*batch;
	struct matcher		*matcher;
	struct tally		 tally;
	struct check_answer	 answer;
	uint64_t		 undecided; /* unknown, and not for lack of traffic */
};

static void add_item(struct run *run, const struct batch_item *item,
		     const struct record_answer *answer, const char *file)
{
	const struct inputs *inputs = &run->inputs;
	struct record_line   line = { .world = inputs->world,
				      .judge = inputs->judge,
				      .source = file,
				      .line = item->line_number,
				      .record = &item->record,
				      .answer = answer };
	struct tally_record  added = { .world = inputs->world,
				       .judge = inputs->judge,
				       .record = &item->record,
				       .answer = answer,
				       .line = item->line,
				       .file = file,
				       .line_number = item->line_number };
	struct tally_group  *opened = tally_add(&run->tally, &added);
	auto_buf struct buf  why = buf_make(WHY_MAX);

	run->answer.records++;
	run->undecided += answer->verdict == RECORD_UNKNOWN &&
			  !(record_has(&item->record, FIELD_LOG_STATUS) &&
			    item->record.log_status == LOG_STATUS_NODATA);
	if (run->args->records && !run->args->quiet)
		record_print_json(&line, stdout);
	if (!opened)
		return;
	record_explain(&line, &why);
	opened->why = arena_str(&run->tally.arena, buf_str(&why));
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
	const struct tally_total *totals = run->tally.totals;
	bool findings = totals[RECORD_UNEXPECTED].records || totals[RECORD_CONTRADICTION].records;

	if (run->answer.bad_lines)
		return err_exit_status(ERR_INPUT);
	if (findings || (run->undecided && run->inputs.unknown_as == VERDICT_DENY))
		return STATUS_FINDINGS;
	if (run->undecided && run->inputs.unknown_as == VERDICT_UNKNOWN)
		return STATUS_UNDECIDED;
	return STATUS_CLEAN;
}

static int check_all(struct run *run, char **operands, struct err *err)
{
	const struct check_args *args = run->args;

	if (output_check(&args->output, formats, err) < 0)
		return -1;
	if (args->log_format &&
	    format_parse(str_of(args->log_format), &run->format, NULL, err) < 0) {
		err->kind = ERR_USAGE;
		return err_wrap(err, "--log-format");
	}
	if (inputs_open(&args->input, &run->inputs, err) < 0)
		return -1;
	run->matcher = matcher_open(run->inputs.world);
	for (; *operands; operands++)
		if (read_file(run, *operands, err) < 0)
			return -1;
	tally_sort(&run->tally);
	run->answer.world = run->inputs.world;
	run->answer.judge = run->inputs.judge;
	run->answer.tally = &run->tally;
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

	status = check_all(&run, operands, err);
	if (batch_not_learned(run.batch))
		cli_warn("%" PRIu64 " connections were too many to remember who opened them",
			 batch_not_learned(run.batch));
	batch_free(run.batch);
	tally_done(&run.tally);
	matcher_free(run.matcher);
	inputs_close(&run.inputs);
	return status;
}

const struct cmd cmd_check = {
	.name = "check",
	.operands = "LOG…",
	.summary = "flow logs against configuration and policy: what ran that should not have?",
	.examples = "  weir check flow.log -s shop.snap -p shop.policy\n"
		    "  zcat *.log.gz | weir check - -s shop.snap -o json\n"
		    "  weir check flow.log --records | jq 'select(.verdict==\"unexpected\")'\n",
	.opts = check_opts,
	.args_size = sizeof(struct check_args),
	.defaults = &check_defaults,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.run = check_run,
};
