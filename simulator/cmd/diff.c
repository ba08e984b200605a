/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/diff.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/output.h"

enum { STATUS_SAME = 0, STATUS_DIFFERENT = 1, STATUS_UNDECIDED = 4 };

struct diff_args {
	struct input_args input; /* its snapshot is the second operand */
	struct cli_list	  output;
	const char	 *by, *client_ports, *at;
	uint64_t	  limit;
	bool		  all, quiet, no_header;
};

static const struct opt diff_opts[] = {
	OPT_STR(0, "by", struct diff_args, by, "WHAT",
		"instance, sg, subnet, vpc or tier; default tier with a policy, else sg"),
	OPT_ENV('p', "policy", struct diff_args, input.policy, "FILE", "WEIR_POLICY",
		"intended segmentation"),
	OPT_FLAG(0, "all", struct diff_args, all,
		 "list the changes that have no effect on any path"),
	UNKNOWN_OPT(struct diff_args),
	OPT_LIST('o', "output", struct diff_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	OPT_U64(0, "limit", struct diff_args, limit, "N", 0, UINT32_MAX,
		"rows of text and md; default 0, all"),
	QUESTION_OPTS(struct diff_args),
	OPT_FLAG('q', "quiet", struct diff_args, quiet, "exit status only"),
	OPT_FLAG('v', "verbose", struct diff_args, input.verbose,
		 "say what is doubtful about the snapshots"),
	OPT_FLAG(0, "no-header", struct diff_args, no_header, "tables without titles"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", diff_print_text },
	{ "json", diff_print_json },
	{ "csv", diff_print_csv },
	{ "md", diff_print_markdown },
	{ NULL, NULL },
};

/* All that a run holds; side 0 is A, side 1 is B. */
struct run {
	const struct diff_args *args;
	struct inputs		inputs[2];
	struct reach_options	options;
	enum party_by		by;
	struct delta		delta;
	struct reach	       *reaches[2];
	struct path_question	question;
	struct path_changes	changes;
};

static void run_done(struct run *run)
{
	path_changes_done(&run->changes);
	transitions_free(run->question.transitions);
	crowds_free(run->question.crowds);
	joint_free(run->question.joint);
	for (size_t side = 0; side < 2; side++)
		reach_free(run->reaches[side]);
	packet_sets_free(run->options.sets);
	delta_done(&run->delta);
	for (size_t side = 0; side < 2; side++)
		inputs_close(&run->inputs[side]);
}

/* The policy is read once, with B; A's interfaces are put into its tiers too. */
static int open_worlds(struct run *run, char **operands, struct err *err)
{
	struct input_args before = run->args->input, after = run->args->input;

	if (strcmp(operands[0], "-") == 0 && strcmp(operands[1], "-") == 0)
		return err_set(err, ERR_USAGE, "only one of the snapshots can be -");
	before.snapshot = operands[0];
	before.policy = NULL;
	after.snapshot = operands[1];
	if (inputs_open(&before, &run->inputs[0], err) < 0 ||
	    inputs_open(&after, &run->inputs[1], err) < 0)
		return -1;
	if (run->inputs[1].intent)
		run->inputs[0].judge = judge_new(run->inputs[1].intent, run->inputs[0].world);
	return 0;
}

static int parse_question(struct run *run, struct err *err)
{
	const struct diff_args *args = run->args;

	run->by = args->input.policy ? PARTY_BY_TIER : PARTY_BY_SG;
	if (args->by && party_by_parse(args->by, run->inputs[1].judge, &run->by, err) < 0)
		return -1;
	if (inputs_client_ports(args->client_ports, &run->options.client_ports, err) < 0)
		return -1;
	return inputs_day(args->at, &run->options.day, err);
}

static void find_changes(struct run *run)
{
	const struct judge *judges[2] = { run->inputs[0].judge, run->inputs[1].judge };

	delta_init(&run->delta, run->inputs[0].world, run->inputs[1].world);
	run->options.sets = packet_sets_new();
	for (size_t side = 0; side < 2; side++) {
		run->options.judge = judges[side];
		run->reaches[side] = reach_new(run->inputs[side].world, &run->options);
	}
	run->question.joint = joint_new(run->reaches[0], run->reaches[1]);
	run->question.crowds = crowds_new(run->question.joint, judges, run->by);
	run->question.transitions = transitions_new(run->options.sets, run->inputs[1].unknown_as);
	run->question.delta = &run->delta;
	run->question.judge = judges[1];
	run->question.by = run->by;
	path_changes_find(&run->question, &run->changes);
}

static int status_of(const struct run *run)
{
	const struct path_changes *changes = &run->changes;
	const struct inputs	  *after = &run->inputs[1];

	if (changes->count > changes->counts[PATH_UNDECIDED])
		return STATUS_DIFFERENT;
	if (after->unknown_as == VERDICT_UNKNOWN && empty_tiers_any(after->judge))
		return STATUS_UNDECIDED;
	return changes->count ? STATUS_UNDECIDED : STATUS_SAME;
}

static int answer(const struct run *run, char **operands, struct err *err)
{
	const struct diff_args *args = run->args;
	struct diff_answer	answer = {
		     .paths = { operands[0], operands[1] },
		     .delta = &run->delta,
		     .changes = &run->changes,
		     .crowds = run->question.crowds,
		     .joint = run->question.joint,
		     .sets = run->options.sets,
		     .by = run->by,
		     .judge = run->inputs[1].judge,
		     .all = args->all,
		     .no_header = args->no_header,
		     .limit = args->limit ? args->limit : SIZE_MAX,
		     .renewed = run->question.joint->renewed_count,
	};

	if (!args->quiet && output_write(&args->output, formats, &answer, err) < 0)
		return -1;
	return status_of(run);
}

static int diff_run(const void *args, char **operands, struct err *err)
{
	struct run run = { .args = args };
	int	   status = output_check(&run.args->output, formats, err);

	if (status == 0)
		status = open_worlds(&run, operands, err);
	if (status == 0)
		status = parse_question(&run, err);
	if (status == 0) {
		find_changes(&run);
		status = answer(&run, operands, err);
	}
	run_done(&run);
	return status;
}

const struct cmd cmd_diff = {
	.name = "diff",
	.operands = "A B",
	.summary = "which paths did a change open and close, and by which rule",
	.examples = "  What did last week's changes open and close, between the tiers?\n"
		    "    weir diff monday.snap today.snap -p shop.policy\n"
		    "  The same for every instance, with the changes that did nothing\n"
		    "    weir diff monday.snap today.snap --by instance --all\n"
		    "  For a pull request\n"
		    "    weir diff before/ after/ -p shop.policy -o text -o md=pr.md\n",
	.opts = diff_opts,
	.args_size = sizeof(struct diff_args),
	.operands_min = 2,
	.operands_max = 2,
	.statuses = { [0] = "no path differs",
		      [1] = "some do",
		      [4] = "only what is undecided differs" },
	.run = diff_run,
};
