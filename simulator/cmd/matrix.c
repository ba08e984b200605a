/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/matrix.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/output.h"

/* Where more parties than these are not folded, a table or a list of them is not read. */
enum { PARTIES_APART = 12, LIMIT_MAX = 1000000000 };

enum { STATUS_AS_WANTED = 0, STATUS_EXTRA = 1, STATUS_UNDECIDED = 4 };

struct matrix_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *by, *client_ports, *at;
	uint64_t	  limit;
	bool		  quiet, no_header;
};

static const struct matrix_args matrix_defaults = { .limit = 50 };

static const struct opt matrix_opts[] = {
	OPT_STR(0, "by", struct matrix_args, by, "PARTY",
		"instance, sg, subnet, vpc or tier; default tier with a policy, else sg"),
	INPUT_OPTS(struct matrix_args),
	UNKNOWN_OPT(struct matrix_args),
	OPT_LIST('o', "output", struct matrix_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	OPT_U64(0, "limit", struct matrix_args, limit, "N", 0, LIMIT_MAX,
		"rows of text and md, and findings with their rules; default 50, 0 for all"),
	QUESTION_OPTS(struct matrix_args),
	OPT_FLAG('q', "quiet", struct matrix_args, quiet, "exit status only"),
	OPT_FLAG(0, "no-header", struct matrix_args, no_header, "tables without titles"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", matrix_print_text },
	{ "json", matrix_print_json },
	{ "csv", matrix_print_csv },
	{ "md", matrix_print_markdown },
	{ NULL, NULL },
};

/* What was asked, and what answers it. */
struct request {
	enum party_by	     by;
	struct ports	     ports; /* when ports_text */
	const char	    *ports_text;
	struct reach_options options;
};

static int request_fill(struct request *out, const struct matrix_args *args, char **operands,
			const struct inputs *inputs, struct err *err)
{
	out->by = inputs->judge ? PARTY_BY_TIER : PARTY_BY_SG;
	out->options.judge = inputs->judge;
	out->ports_text = operands[0];
	if ((args->by && party_by_parse(args->by, inputs->judge, &out->by, err) < 0) ||
	    inputs_client_ports(args->client_ports, &out->options.client_ports, err) < 0 ||
	    inputs_day(args->at, &out->options.day, err) < 0)
		return -1;
	return inputs_ports(out->ports_text, &out->ports, err);
}

static int status_of(const struct matrix_answer *answer)
{
	const struct matrix_summary *sum = &answer->summary;

	if (sum->unintended || (sum->doubtful && answer->unknown_as == VERDICT_ALLOW))
		return STATUS_EXTRA;
	if (parties_are_nobody(answer->parties))
		return STATUS_UNDECIDED;
	if (answer->unknown_as != VERDICT_UNKNOWN)
		return STATUS_AS_WANTED;
	/* What the author of an empty tier did not want is not known. */
	if (empty_tiers_any(answer->judge))
		return STATUS_UNDECIDED;
	return (answer->judge ? sum->doubtful : sum->undecided) ? STATUS_UNDECIDED
								: STATUS_AS_WANTED;
}

static int answer(const struct matrix_args *args, const struct inputs *inputs,
		  const struct request *request, struct err *err)
{
	auto_reach struct reach	    *reach = reach_new(inputs->world, &request->options);
	auto_parties struct parties *parties = parties_new(reach, inputs->judge, request->by);
	struct matrix_options	     options = { .asked = PACKET_SET_ALLOW,
						 .folded = request->by == PARTY_BY_INSTANCE ||
							   parties->count > PARTIES_APART };
	auto_matrix struct matrix   *matrix = NULL;
	struct matrix_answer	     answer = { .world = inputs->world,
						.reach = reach,
						.judge = inputs->judge,
						.parties = parties,
						.ports_text = request->ports_text,
						.unknown_as = inputs->unknown_as,
						.limit = args->limit,
						.no_header = args->no_header };

	if (request->ports_text)
		options.asked = packet_sets_ports(reach_sets(reach), &request->ports);
	matrix = matrix_new(reach, parties, &options, err);
	if (!matrix)
		return -1;
	answer.matrix = matrix;
	answer.summary = matrix_sum(reach, matrix);
	if (!args->quiet && output_write(&args->output, formats, &answer, err) < 0)
		return -1;
	if (!args->quiet && output_has(&args->output, "csv") && parties_are_nobody(parties))
		cli_warn("%s", PARTIES_NOBODY);
	return status_of(&answer);
}

static int matrix_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct matrix_args *args = args_ptr;
	auto_inputs struct inputs inputs = { 0 };
	struct request		  request = { 0 };

	if (output_check(&args->output, formats, err) < 0 ||
	    inputs_open(&args->input, &inputs, err) < 0 ||
	    request_fill(&request, args, operands, &inputs, err) < 0)
		return -1;
	return answer(args, &inputs, &request, err);
}

const struct cmd cmd_matrix = {
	.name = "matrix",
	.operands = "[PORT]",
	.summary = "who reaches whom, all pairs of tiers, groups, subnets, VPCs or instances",
	.examples = "  weir matrix -s shop.snap -p shop.policy\n"
		    "  weir matrix --by subnet tcp/22\n"
		    "  weir matrix --by instance --limit 0\n"
		    "  weir matrix -p shop.policy -o json=matrix.json -o md=pr.md\n",
	.opts = matrix_opts,
	.args_size = sizeof(struct matrix_args),
	.defaults = &matrix_defaults,
	.operands_min = 0,
	.operands_max = 1,
	.statuses = { [0] = "nothing is open that the policy does not allow",
		      [1] = "something is",
		      [4] = "something is undecided that the policy would not allow, or the policy "
			    "can say nothing" },
	.run = matrix_run,
};
