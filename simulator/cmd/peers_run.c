/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/peers_run.h"

#include "simulator/endpoint.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/output.h"
#include "simulator/report/peers.h"

enum { STATUS_REACHABLE = 0, STATUS_UNREACHABLE = 1, STATUS_UNDECIDED = 4 };

const struct opt peers_opts[] = {
	INPUT_OPTS(struct peers_args),
	UNKNOWN_OPT(struct peers_args),
	OPT_STR(0, "by", struct peers_args, by, "PARTY",
		"instance, sg, subnet, vpc or tier; default tier with a policy, else sg"),
	OPT_LIST('o', "output", struct peers_args, output, "FORMAT[=FILE]",
		 "text (default), json, csv or md"),
	QUESTION_OPTS(struct peers_args),
	OPT_U64(0, "limit", struct peers_args, limit, "N", 0, UINT32_MAX,
		"rows to show; default 0, all"),
	OPT_FLAG(0, "no-header", struct peers_args, no_header, "tables without titles"),
	OPT_FLAG('q', "quiet", struct peers_args, quiet, "exit status only"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", peers_print_text },
	{ "json", peers_print_json },
	{ "csv", peers_print_csv },
	{ "md", peers_print_markdown },
	{ NULL, NULL },
};

/* What was asked, resolved against the snapshot. */
struct request {
	struct reach_options options;
	struct endpoint	     endpoint;
	struct ports	     ports; /* when ports_text */
	const char	    *ports_text;
	enum party_by	     by;
};

static int request_fill(struct request *out, const struct peers_args *args, char **operands,
			const struct inputs *inputs, struct err *err)
{
	out->options.judge = inputs->judge;
	out->ports_text = operands[1];
	out->by = inputs->judge ? PARTY_BY_TIER : PARTY_BY_SG;
	if (inputs_client_ports(args->client_ports, &out->options.client_ports, err) < 0 ||
	    inputs_day(args->at, &out->options.day, err) < 0)
		return -1;
	if (args->by && party_by_parse(args->by, inputs->judge, &out->by, err) < 0)
		return -1;
	if (inputs_ports(out->ports_text, &out->ports, err) < 0)
		return -1;
	return endpoint_resolve(operands[0], inputs->world, inputs->judge, &out->endpoint, err);
}

/* Whether the ports are one packet. */
static bool is_single(const struct request *request)
{
	const struct ports *ports = &request->ports;

	return request->ports_text && proto_has_ports(ports->protocol) && ports->count == 1 &&
	       ports->ranges[0].min == ports->ranges[0].max;
}

static int status_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? STATUS_REACHABLE
	       : verdict == VERDICT_DENY ? STATUS_UNREACHABLE
					 : STATUS_UNDECIDED;
}

/* What a CSV file cannot say itself. */
static void tell_of_csv(const struct peers_args *args, const struct peers_answer *answer)
{
	uint64_t rows = answer->peers->row_count;

	if (!output_has(&args->output, "csv"))
		return;
	if (rows > answer->limit)
		cli_warn("csv: %llu more rows are left out: --limit 0 shows all",
			 (unsigned long long)(rows - answer->limit));
	if (parties_are_nobody(answer->peers->parties))
		cli_warn("%s", PARTIES_NOBODY);
}

static int answer_it(const struct peers_args *args, const struct inputs *inputs,
		     const struct request *request, const struct peers *peers, struct err *err)
{
	struct peers_answer answer = { .peers = peers,
				       .world = inputs->world,
				       .ports_text = request->ports_text,
				       .is_single = is_single(request),
				       .verdict = peers->verdict,
				       .limit = args->limit ? args->limit : UINT64_MAX,
				       .header = !args->no_header };

	answer.assumed = answer.verdict == VERDICT_UNKNOWN &&
			 inputs->unknown_as != VERDICT_UNKNOWN &&
			 !parties_are_nobody(peers->parties);
	if (answer.assumed)
		answer.verdict = inputs->unknown_as;
	if (!args->quiet) {
		if (output_write(&args->output, formats, &answer, err) < 0)
			return -1;
		tell_of_csv(args, &answer);
	}
	/* Whom the author of an empty tier meant is not known, nor what he wants of the rows. */
	if (inputs->unknown_as == VERDICT_UNKNOWN && empty_tiers_any(inputs->judge))
		return STATUS_UNDECIDED;
	return status_of(answer.verdict);
}

static int ask(const struct peers_args *args, const struct inputs *inputs,
	       const struct request *request, bool is_src, struct err *err)
{
	auto_reach struct reach *reach = reach_new(inputs->world, &request->options);
	struct peers_query	 query = { .endpoint = &request->endpoint,
					   .is_src = is_src,
					   .asked = PACKET_SET_ALLOW,
					   .by = request->by,
					   .judge = inputs->judge,
					   .day = request->options.day,
					   .is_brief = args->quiet };
	struct peers		 peers;
	int			 status;

	if (request->ports_text)
		query.asked = packet_sets_ports(reach_sets(reach), &request->ports);
	if (peers_find(reach, &query, &peers, err) < 0)
		return -1;
	status = answer_it(args, inputs, request, &peers, err);
	peers_done(&peers);
	return status;
}

int peers_run(const struct peers_args *args, char **operands, bool is_src, struct err *err)
{
	auto_inputs struct inputs inputs = { 0 };
	struct request		  request = { 0 };
	int			  status = -1;

	if (output_check(&args->output, formats, err) < 0 ||
	    inputs_open(&args->input, &inputs, err) < 0)
		return -1;
	if (request_fill(&request, args, operands, &inputs, err) == 0)
		status = ask(args, &inputs, &request, is_src, err);
	endpoint_done(&request.endpoint);
	return status;
}
