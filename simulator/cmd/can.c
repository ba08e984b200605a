/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/can.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/public_ip.h"
#include "simulator/reach/reach.h"
#include "simulator/report/output.h"

enum { PAIRS_SHOWN = 10000, STATUS_REACHABLE = 0, STATUS_UNREACHABLE = 1, STATUS_UNDECIDED = 4 };

struct can_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *client_ports, *at;
	uint64_t	  limit;
	bool		  quiet;
};

static const struct can_args can_defaults = { .limit = PAIRS_SHOWN };

static const struct opt can_opts[] = {
	INPUT_OPTS(struct can_args),
	UNKNOWN_OPT(struct can_args),
	OPT_LIST('o', "output", struct can_args, output, "FORMAT[=FILE]", "text (default) or json"),
	QUESTION_OPTS(struct can_args),
	OPT_U64(0, "limit", struct can_args, limit, "N", 0, UINT64_MAX,
		"pairs to show; default 10000, 0 is all.  The status is about all"),
	OPT_FLAG('q', "quiet", struct can_args, quiet, "exit status only"),
	OPT_END,
};

static const struct output_format formats[] = {
	{ "text", can_print_text },
	{ "json", can_print_json },
	{ NULL, NULL },
};

/* Whether the ports are one packet, to be walked, or a set, to be searched. */
static bool is_single(const struct ports *ports)
{
	if (proto_has_ports(ports->protocol))
		return ports->count == 1 && ports->ranges[0].min == ports->ranges[0].max;
	if (proto_is_icmp(ports->protocol))
		return ports->icmp_type >= 0;
	return ports->protocol != PROTO_ANY;
}

/* What was asked, resolved against the snapshot. */
struct request {
	struct endpoint src, dst;
	struct question base;  /* what all pairs share */
	struct ports	ports; /* when ports_text */
	const char     *ports_text;
	bool		is_set;
};

static void request_done(struct request *request)
{
	endpoint_done(&request->src);
	endpoint_done(&request->dst);
}

static int request_fill(struct request *out, const struct can_args *args, char **operands,
			const struct inputs *inputs, struct err *err)
{
	out->base.judge = inputs->judge;
	out->base.packet.icmp_type = out->base.packet.icmp_code = -1;
	out->ports_text = operands[2];
	if (inputs_client_ports(args->client_ports, &out->base.client_ports, err) < 0 ||
	    inputs_day(args->at, &out->base.day, err) < 0 ||
	    inputs_ports(out->ports_text, &out->ports, err) < 0)
		return -1;
	out->is_set = !out->ports_text || !is_single(&out->ports);
	if (endpoint_resolve(operands[0], inputs->world, inputs->judge, &out->src, err) < 0 ||
	    endpoint_resolve_receiver(operands[1], inputs->world, inputs->judge, &out->dst, err) <
		    0)
		return -1;
	return 0;
}

static int status_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? STATUS_REACHABLE
	       : verdict == VERDICT_DENY ? STATUS_UNREACHABLE
					 : STATUS_UNDECIDED;
}

/* Whether ends of several interfaces or foreign kinds are named, so that sets of packets are worth making. */
static bool is_many(const struct endpoint *endpoint)
{
	for (size_t i = 1; i < endpoint->count; i++)
		if (endpoint->ends[i].eni_idx != endpoint->ends[0].eni_idx ||
		    endpoint->ends[i].eni_idx == WORLD_NONE)
			return true;
	return false;
}

/* An interface's public address is of no kind: it is a way to the interface. */
static uint32_t kind_of(const struct reach *reach, const struct end *end)
{
	const struct kinds *kinds = reach_kinds(reach);

	if (end->eni_idx == WORLD_NONE && end->ip.family != IP_NONE &&
	    public_ip_vpc(kinds->world, end->ip) != WORLD_NONE)
		return WORLD_NONE;
	return kinds_find(kinds, end);
}

/* What of the asked packets gets through between any ends of a group. */
static enum verdict ask_group(const struct can_answer *answer, struct reach *reach,
			      const struct pair_group *group)
{
	auto_pair struct can_pair pair = { 0 };
	uint32_t		  kinds[2] = { WORLD_NONE, WORLD_NONE }, set;

	if (reach && answer->is_set) {
		kinds[0] = kind_of(reach, &group->src);
		kinds[1] = kind_of(reach, &group->dst);
	}
	if (kinds[0] == WORLD_NONE || kinds[1] == WORLD_NONE) {
		can_pair_find(answer, &group->src, &group->dst, &pair);
		return pair.verdict;
	}
	set = packet_sets_family(reach_sets(reach), reach_between(reach, kinds[0], kinds[1]),
				 group->src.ip.family);
	if (answer->ports)
		set = packet_sets_both(reach_sets(reach), set,
				       packet_sets_ports(reach_sets(reach), answer->ports));
	if (packet_sets_best(reach_sets(reach), set) == VERDICT_UNKNOWN)
		return answer->unknown_as;
	return packet_sets_best(reach_sets(reach), set);
}

static int answer_all(const struct can_args *args, const struct inputs *inputs,
		      const struct request *request, struct err *err)
{
	const struct reach_options options = { .judge = inputs->judge,
					       .day = request->base.day,
					       .client_ports = request->base.client_ports };
	auto_reach struct reach	  *reach = NULL;
	struct pairs		   pairs;
	struct can_answer	   answer = { .world = inputs->world,
					      .pairs = &pairs,
					      .base = request->base,
					      .is_set = request->is_set,
					      .ports_text = request->ports_text,
					      .ports = request->ports_text ? &request->ports : NULL,
					      .unknown_as = inputs->unknown_as,
					      .verdict = VERDICT_DENY,
					      .limit = args->limit ? args->limit : UINT64_MAX };
	int			   status;

	if (is_many(&request->src) || is_many(&request->dst))
		reach = reach_new(inputs->world, &options);
	if (pairs_find(&request->src, &request->dst, reach ? reach_kinds(reach) : NULL, &pairs,
		       err) < 0)
		return -1;
	for (size_t i = 0; i < pairs.count; i++) {
		pairs.groups[i].verdict = ask_group(&answer, reach, &pairs.groups[i]);
		if (pairs.groups[i].verdict > answer.verdict)
			answer.verdict = pairs.groups[i].verdict;
	}
	status = status_of(answer.verdict);
	if (!args->quiet && output_write(&args->output, formats, &answer, err) < 0)
		status = -1;
	pairs_done(&pairs);
	return status;
}

static int can_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct can_args	 *args = args_ptr;
	auto_inputs struct inputs inputs = { 0 };
	struct request		  request = { 0 };
	int			  status = -1;

	if (output_check(&args->output, formats, err) < 0 ||
	    inputs_open(&args->input, &inputs, err) < 0)
		return -1;
	if (request_fill(&request, args, operands, &inputs, err) == 0)
		status = answer_all(args, &inputs, &request, err);
	request_done(&request);
	return status;
}

const struct cmd cmd_can = {
	.name = "can",
	.operands = "SRC DST [PORT]",
	.summary = "can X reach Y on port P, by which hops and rules; without PORT: on which ports",
	.examples = "  weir can web-1 db-1 5432 -s shop.snap -p shop.policy\n"
		    "  weir can tier:web tier:db tcp/5432,5433 -o json\n"
		    "  weir can web-1 app-1\n"
		    "  weir can internet lb:shop https\n"
		    "  weir can app-1 internet 443\n"
		    "  weir can 10.1.1.10 10.2.1.10 icmp/8\n",
	.opts = can_opts,
	.args_size = sizeof(struct can_args),
	.defaults = &can_defaults,
	.operands_min = 2,
	.operands_max = 3,
	.statuses = { [0] = "reachable",
		      [1] = "not reachable",
		      [4] = "undecided: data is missing, and it matters to the answer" },
	.run = can_run,
};
