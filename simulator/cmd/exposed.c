/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/endpoint.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/exposed.h"
#include "simulator/report/output.h"

enum { STATUS_NOTHING = 0, STATUS_EXPOSED = 1, STATUS_UNDECIDED = 4 };

struct exposed_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *client_ports, *at;
	uint64_t	  limit;
	bool		  quiet, no_header;
};

static const struct opt exposed_opts[] = {
	INPUT_OPTS(struct exposed_args),
	UNKNOWN_OPT(struct exposed_args),
	OPT_LIST('o', "output", struct exposed_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	QUESTION_OPTS(struct exposed_args),
	OPT_U64(0, "limit", struct exposed_args, limit, "N", 0, UINT64_MAX,
		"lines to show; default 0, all"),
	OPT_FLAG(0, "no-header", struct exposed_args, no_header, "tables without titles"),
	OPT_FLAG('q', "quiet", struct exposed_args, quiet, "exit status only"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", exposed_print_text },
	{ "json", exposed_print_json },
	{ "csv", exposed_print_csv },
	{ "md", exposed_print_markdown },
	{ NULL, NULL },
};

/* What was asked, resolved against the snapshot. */
struct request {
	struct endpoint	     endpoint; /* when query */
	struct ports	     ports;    /* when ports_text */
	const char	    *query, *ports_text;
	struct reach_options options;
};

/* One operand alone may be either: what reads as a port is one. */
static int read_operands(struct request *out, char **operands, struct err *err)
{
	struct err ignored;

	if (!operands[0])
		return 0;
	if (!operands[1] && ports_parse(str_of(operands[0]), &out->ports, &ignored) == 0) {
		out->ports_text = operands[0];
		return 0;
	}
	out->query = operands[0];
	out->ports_text = operands[1];
	return inputs_ports(out->ports_text, &out->ports, err);
}

static int request_fill(struct request *out, const struct exposed_args *args, char **operands,
			const struct inputs *inputs, struct err *err)
{
	out->options.judge = inputs->judge;
	if (inputs_client_ports(args->client_ports, &out->options.client_ports, err) < 0 ||
	    inputs_day(args->at, &out->options.day, err) < 0 ||
	    read_operands(out, operands, err) < 0)
		return -1;
	if (!out->query)
		return 0;
	if (endpoint_resolve(out->query, inputs->world, inputs->judge, &out->endpoint, err) < 0)
		return -1;
	for (size_t i = 0; i < out->endpoint.count; i++)
		if (out->endpoint.ends[i].eni_idx != WORLD_NONE)
			return 0;
	endpoint_done(&out->endpoint);
	return err_set(err, ERR_USAGE,
		       "'%s' is no interface of the snapshot: expected what the internet may reach",
		       out->query);
}

/* A CSV file cannot say itself that lines are missing. */
static void tell_left_out(const struct exposed_args *args, const struct exposed_answer *answer)
{
	uint64_t lines = output_has(&args->output, "csv") ? exposed_csv_lines(answer) : 0;

	if (lines > answer->limit)
		cli_warn("csv: %llu more lines are left out: --limit 0 shows all",
			 (unsigned long long)(lines - answer->limit));
}

static int status_of(const struct exposure *exposure, const struct inputs *inputs)
{
	enum verdict unknown_as = inputs->unknown_as;
	size_t	     found[EXPOSURE_EXPECTED + 1];

	for (int grade = 0; grade <= EXPOSURE_EXPECTED; grade++)
		found[grade] = exposure->interfaces.grades[grade] + exposure->lbs.grades[grade];
	if (found[EXPOSURE_UNEXPECTED])
		return STATUS_EXPOSED;
	if (exposure->asked == 0)
		return STATUS_UNDECIDED;
	/* What the author of an empty tier expects is not known. */
	if (unknown_as == VERDICT_UNKNOWN && empty_tiers_any(inputs->judge))
		return STATUS_UNDECIDED;
	if (!found[EXPOSURE_UNDECIDED] || unknown_as == VERDICT_DENY)
		return STATUS_NOTHING;
	return unknown_as == VERDICT_ALLOW ? STATUS_EXPOSED : STATUS_UNDECIDED;
}

static int answer_it(const struct exposed_args *args, const struct inputs *inputs,
		     const struct request *request, struct err *err)
{
	auto_reach struct reach	      *reach = reach_new(inputs->world, &request->options);
	auto_exposure struct exposure  exposure = { 0 };
	const struct exposure_question question = {
		.reach = reach,
		.judge = inputs->judge,
		.day = request->options.day,
		.ports = request->ports_text ? &request->ports : NULL,
		.ends = request->query ? request->endpoint.ends : NULL,
		.end_count = request->endpoint.own_count,
	};
	const struct exposed_answer answer = {
		.world = inputs->world,
		.exposure = &exposure,
		.judge = inputs->judge,
		.query = request->query,
		.ports_text = request->ports_text,
		.unknown_as = inputs->unknown_as,
		.limit = args->limit ? args->limit : UINT64_MAX,
		.header = !args->no_header,
	};

	exposure_find(&question, &exposure);
	if (!args->quiet) {
		if (output_write(&args->output, formats, &answer, err) < 0)
			return -1;
		tell_left_out(args, &answer);
	}
	return status_of(&exposure, inputs);
}

static int exposed_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct exposed_args *args = args_ptr;
	auto_inputs struct inputs  inputs = { 0 };
	struct request		   request = { 0 };
	int			   status = -1;

	if (output_check(&args->output, formats, err) < 0 ||
	    inputs_open(&args->input, &inputs, err) < 0)
		return -1;
	if (request_fill(&request, args, operands, &inputs, err) == 0)
		status = answer_it(args, &inputs, &request, err);
	endpoint_done(&request.endpoint);
	return status;
}

const struct cmd cmd_exposed = {
	.name = "exposed",
	.operands = "[SELECTOR] [PORT]",
	.summary = "what can the internet reach, over IPv4 and IPv6, by which gateway and rule",
	.examples = "  weir exposed -s shop.snap -p shop.policy\n"
		    "  weir exposed -s shop.snap -o csv=exposed.csv\n"
		    "  weir exposed tier:db -s shop.snap -p shop.policy\n"
		    "  weir exposed tcp/22,3389 -s shop.snap\n"
		    "  weir exposed lb:shop https -o json\n",
	.opts = exposed_opts,
	.args_size = sizeof(struct exposed_args),
	.operands_min = 0,
	.operands_max = 2,
	.statuses = { [0] = "nothing is exposed but what the policy allows or waives",
		      [1] = "something is",
		      [4] = "something only may be, or the policy can say nothing" },
	.run = exposed_run,
};
