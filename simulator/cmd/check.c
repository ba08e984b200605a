/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/flow/line_at.h"
#include "simulator/cmd/log_run.h"
#include "simulator/cmd/verbs.h"
#include "simulator/flows/findings.h"
#include "simulator/report/check.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/output.h"
#include "simulator/report/record_json.h"

enum { STATUS_CLEAN = 0, STATUS_FINDINGS = 1, STATUS_UNDECIDED = 4 };

/* Bytes of text read again for them. */
#define LINES_BUDGET (UINT64_C(256) << 20)

struct check_args {
	struct input_args input;
	struct log_args	  log;
	struct cli_list	  output;
	const char	 *fail_on, *snapshot_time;
	uint64_t	  limit;
	bool		  records, quiet, no_header;
};

static const struct check_args check_defaults = { .limit = 20 };

static const struct opt check_opts[] = {
	INPUT_OPTS(struct check_args),
	UNKNOWN_OPT(struct check_args),
	OPT_LIST('o', "output", struct check_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	OPT_FLAG(0, "records", struct check_args, records, "one JSON line a record instead"),
	LOG_OPTS(struct check_args),
	OPT_STR(0, "snapshot-time", struct check_args, snapshot_time, "TIME",
		"when the snapshot was taken; default: its newest file's time"),
	OPT_STR(0, "fail-on", struct check_args, fail_on, "LIST",
		"what makes the status 1: none, or some of unexpected, contradiction, rejected, "
		"unknown, expired-waiver; default unexpected,contradiction,expired-waiver"),
	OPT_U64(0, "limit", struct check_args, limit, "N", 0, LOG_LIMIT_MAX,
		"groups to show; default 20, 0 for all"),
	OPT_FLAG('q', "quiet", struct check_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct check_args, no_header, "tables without titles"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", check_print_text },
	{ "json", check_print_json },
	{ "csv", check_print_csv },
	{ "md", check_print_markdown },
	{ NULL, NULL },
};

struct check {
	const struct check_args *args;
	struct log_run		 run;
	struct tally		*tally;
	struct snapshot_time	 snapshot;
	uint32_t		 fail_on; /* bits of enum finding */
};

static void add_record(void *context, const struct judged *judged)
{
	struct check	  *check = context;
	struct record_line line = { .world = check->run.inputs.world,
				    .judge = check->run.inputs.judge,
				    .source = judged->path,
				    .line = judged->line_number,
				    .record = judged->record,
				    .answer = judged->answer };
	struct sums	   sums = { 0 };
	uint32_t	   place_;

	sums_add(&sums, judged->record);
	place_ = tally_place(check->tally, judged);
	tally_add(check->tally, place_, &sums);
	for (int i = 0; i < 2; i++) {
		struct judged_end end = judged_end_of(judged->answer, i);

		tally_note(check->tally, place_, &end);
	}
	if (check->args->records && !check->args->quiet)
		record_print_json(&line, stdout);
}

static uint32_t place(void *tally, const struct judged *judged)
{
	return tally_place(tally, judged);
}

static uint64_t note(void *tally, uint32_t place_, const struct judged_end *end)
{
	return tally_note(tally, place_, end);
}

static void add(void *tally, uint32_t place_, const struct sums *sums)
{
	tally_add(tally, place_, sums);
}

/* A tally for each thread, merged into the first. */
static void judge_all(struct check *check)
{
	struct log_run		 *run = &check->run;
	struct verdicts_consumer *consumers = mem_alloc(run->threads * sizeof(*consumers));

	for (unsigned i = 0; i < run->threads; i++)
		consumers[i] = (struct verdicts_consumer){
			.self = i ? tally_new(run->inputs.world, run->inputs.judge) : check->tally,
			.place = place,
			.note = note,
			.add = add
		};
	log_run_judge(run, consumers, false);
	for (unsigned i = 1; i < run->threads; i++) {
		tally_merge(check->tally, consumers[i].self);
		tally_free(consumers[i].self);
	}
	free(consumers);
}

static int open_options(struct check *check, char **operands, struct err *err)
{
	const struct check_args *args = check->args;

	if (args->records && args->output.count)
		return err_set(err, ERR_USAGE, "--records is a form of its own: not with --output");
	if (inputs_need_snapshot(&args->input, err) < 0 ||
	    output_check(&args->output, formats, err) < 0 ||
	    findings_parse(args->fail_on, &check->fail_on, err) < 0 ||
	    snapshot_time_open(args->snapshot_time, args->input.snapshot, &check->snapshot, err) <
		    0)
		return -1;
	return log_run_open(&check->run, &args->input, &args->log, operands, err);
}

static int status_of(const struct check *check, const struct tally_answer *answer,
		     const struct waivers *waivers)
{
	uint32_t     found = findings_of(answer, waivers);
	enum verdict unknown_as = check->run.inputs.unknown_as;
	/* What the author of an empty tier forbade is expected: data that matters is missing. */
	bool undecided = answer->undecided || empty_tiers_any(check->run.inputs.judge);

	if ((found & check->fail_on) || (undecided && unknown_as == VERDICT_DENY))
		return STATUS_FINDINGS;
	if (log_run_is_partial(&check->run, &answer->all) ||
	    (undecided && unknown_as == VERDICT_UNKNOWN))
		return STATUS_UNDECIDED;
	return STATUS_CLEAN;
}

/* What waited until the end left its line behind: the examples that are shown get theirs from the file. */
static void find_lines(const struct tally_answer *tally, uint64_t limit)
{
	uint64_t budget = LINES_BUDGET;

	for (size_t i = 0; i < tally->count && i < limit; i++) {
		struct tally_group *group = &tally->groups[i];
		auto_buf struct buf line = buf_make(FORMAT_LINE_MAX);

		if (group->example_len == 0 && group->example_path &&
		    line_at(group->example_path, group->example_line, &budget, &line))
			tally_set_line(group, str_trim(buf_str(&line)));
	}
}

static int answer_it(const struct check *check, struct err *err)
{
	const struct check_args	   *args = check->args;
	const struct log_run	   *run = &check->run;
	const struct tally_answer  *tally = tally_finish(check->tally);
	auto_waivers struct waivers waivers = { 0 };
	struct check_answer	    answer = { .world = run->inputs.world,
					       .judge = run->inputs.judge,
					       .tally = tally,
					       .waivers = &waivers,
					       .period = run->period,
					       .snapshot = check->snapshot,
					       .head = { .all = tally->all,
							 .files = run->report.files,
							 .nodata = tally->nodata,
							 .skipdata = tally->skipdata,
							 .bad_lines = run->report.bad.total,
							 .outside = run->outside,
							 .timeless = run->timeless,
							 .left_out = run->left_out,
							 .partial = run->report.interrupted,
							 .unread = &run->report.unread },
					       .limit = args->limit ? args->limit : UINT64_MAX,
					       .header = !args->no_header };
	int			    status, unread;

	find_lines(tally, answer.limit);
	waivers_open(&waivers, run->inputs.judge, tally);
	if (!args->quiet && !args->records &&
	    output_write(&args->output, formats, &answer, err) < 0)
		return -1;
	status = status_of(check, tally, &waivers);
	unread = log_run_tell(run, &tally->all);
	return unread ? unread : status;
}

static int check_all(struct check *check, char **operands, struct err *err)
{
	if (open_options(check, operands, err) < 0)
		return -1;
	check->tally = tally_new(check->run.inputs.world, check->run.inputs.judge);
	if (check->args->records)
		log_run_read(&check->run, add_record, check);
	else
		judge_all(check);
	return answer_it(check, err);
}

static int check_run(const void *args, char **operands, struct err *err)
{
	struct check check = { .args = args };
	int	     status = check_all(&check, operands, err);

	tally_free(check.tally);
	log_run_close(&check.run);
	return status;
}

const struct cmd cmd_check = {
	.name = "check",
	.operands = "LOG…",
	.summary = "flow logs against configuration and policy: what ran that should not have?",
	.examples = "  weir check flow.log -s shop.snap -p shop.policy\n"
		    "  weir check flow.log -s shop.snap --since 24h -o json\n"
		    "  weir check flow.log --records | jq 'select(.verdict==\"unexpected\")'\n",
	.opts = check_opts,
	.args_size = sizeof(struct check_args),
	.defaults = &check_defaults,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.statuses = { [0] = "no findings",
		      [1] = "findings, of what --fail-on lists",
		      [4] = "no findings, and records that could not be judged or a policy that "
			    "can say nothing" },
	.run = check_run,
};
