/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/cmd/log_run.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/output.h"
#include "simulator/report/rules.h"

struct rules_args {
	struct input_args input;
	struct log_args	  log;
	struct cli_list	  output;
	const char	 *group, *sort;
	uint64_t	  limit;
	bool		  unused, no_header;
};

static const struct rules_args rules_defaults = { .limit = 50 };

static const struct opt rules_opts[] = {
	OPT_ENV('s', "snapshot", struct rules_args, input.snapshot, "PATH", "WEIR_SNAPSHOT",
		"snapshot: a folder or file of what the AWS CLI prints, or -"),
	OPT_FLAG('v', "verbose", struct rules_args, input.verbose,
		 "say what is doubtful about the snapshot"),
	OPT_LIST('o', "output", struct rules_args, output, "FORMAT[=FILE]",
		 "text (default), json or csv"),
	OPT_FLAG(0, "unused", struct rules_args, unused,
		 "only rules that can be removed: never hit, all of their interfaces in the logs"),
	OPT_STR(0, "group", struct rules_args, group, "NAME",
		"only of the group or ACL with this id or name; * and ? match any"),
	OPT_STR(0, "sort", struct rules_args, sort, "KEY",
		"hits (default, fewest first), only, bytes, last, share or rule"),
	LOG_OPTS(struct rules_args),
	OPT_U64(0, "limit", struct rules_args, limit, "N", 0, LOG_LIMIT_MAX,
		"rules to show; default 50, 0 for all"),
	OPT_FLAG(0, "no-header", struct rules_args, no_header, "tables without titles"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", rules_print_text },
	{ "json", rules_print_json },
	{ "csv", rules_print_csv },
	{ NULL, NULL },
};

static uint32_t place(void *usage, const struct judged *judged)
{
	return usage_place(usage, judged);
}

static uint64_t note(void *usage, uint32_t at, const struct judged_end *end)
{
	return usage_note(usage, at, end);
}

static void add(void *usage, uint32_t at, const struct sums *sums)
{
	usage_add(usage, at, sums);
}

/* A usage for each thread, merged into the first. */
static struct usage *judge_all(struct log_run *run)
{
	auto_free struct verdicts_consumer *consumers = mem_alloc(run->threads *
								  sizeof(*consumers));
	struct usage			   *usage;

	for (unsigned i = 0; i < run->threads; i++)
		consumers[i] = (struct verdicts_consumer){ .self = usage_new(run->inputs.world),
							   .place = place,
							   .note = note,
							   .add = add };
	log_run_judge(run, consumers, true);
	usage = consumers[0].self;
	for (unsigned i = 1; i < run->threads; i++) {
		usage_merge(usage, consumers[i].self);
		usage_free(consumers[i].self);
	}
	return usage;
}

static int answer_it(const struct rules_args *args, const struct log_run *run, struct usage *usage,
		     struct err *err)
{
	const struct usage_answer *answer = usage_finish(usage);
	struct usage_view	   view = { .unused = args->unused, .group = args->group };
	struct rules_answer	   rules = { .world = run->inputs.world,
					     .usage = answer,
					     .head = { .all = answer->all,
						       .files = run->report.files,
						       .nodata = answer->nodata,
						       .skipdata = answer->skipdata,
						       .bad_lines = run->report.bad.total,
						       .outside = run->outside,
						       .timeless = run->timeless,
						       .left_out = run->left_out,
						       .partial = run->report.interrupted,
						       .unread = &run->report.unread },
					     .period = run->period,
					     .limit = args->limit ? args->limit : UINT64_MAX,
					     .header = !args->no_header };
	int			   result;

	if (usage_sort_parse(args->sort, &view.sort, err) < 0)
		return -1;
	rules.rules = usage_select(run->inputs.world, answer, &view, &rules.count);
	result = output_write(&args->output, formats, &rules, err);
	free(rules.rules);
	if (result < 0)
		return -1;
	result = log_run_tell(run, &answer->all);
	return result == 0 && log_run_is_partial(run, &answer->all) ? STATUS_PARTIAL : result;
}

static int rules_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct rules_args	   *args = args_ptr;
	auto_log_run struct log_run run = { 0 };
	auto_usage struct usage	   *usage = NULL;
	enum usage_sort		    sort;

	if (inputs_need_snapshot(&args->input, err) < 0 ||
	    output_check(&args->output, formats, err) < 0 ||
	    usage_sort_parse(args->sort, &sort, err) < 0 ||
	    log_run_open(&run, &args->input, &args->log, operands, err) < 0 ||
	    usage_group_check(run.inputs.world, args->group, err) < 0)
		return -1;
	usage = judge_all(&run);
	return answer_it(args, &run, usage, err);
}

const struct cmd cmd_rules = {
	.name = "rules",
	.operands = "LOG…",
	.summary = "what each rule was good for in flow logs, and which were never hit",
	.examples = "  weir rules logs/ -s shop.snap --unused\n"
		    "  weir rules flow.log -s shop.snap --group shop-db --sort bytes\n"
		    "  weir rules flow.log -s shop.snap -o csv=rules.csv\n",
	.opts = rules_opts,
	.args_size = sizeof(struct rules_args),
	.defaults = &rules_defaults,
	.operands_min = 1,
	.operands_max = SIZE_MAX,
	.statuses = { [0] = "answered",
		      [4] = "partial: interrupted, or records that could not be taken in" },
	.run = rules_run,
};
