/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/cmd/inputs.h"
#include "simulator/cmd/verbs.h"
#include "simulator/endpoint.h"
#include "simulator/report/can.h"
#include "simulator/report/output.h"

enum { PAIRS_MAX = 10000, STATUS_REACHABLE = 0, STATUS_UNREACHABLE = 1, STATUS_UNDECIDED = 4 };

struct can_args {
	struct input_args input;
	struct cli_list	  output;
	const char	 *client_ports, *at;
	bool		  quiet;
};

static const struct opt can_opts[] = {
	INPUT_OPTS(struct can_args),
	UNKNOWN_OPT(struct can_args),
	OPT_LIST('o', "output", struct can_args, output, "FORMAT[=FILE]", "text (default) or json"),
	QUESTION_OPTS(struct can_args),
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

/* An opening of the whole pair, cut down to what was asked for. */
static bool cut_opening(struct opening *opening, const struct port_range *range)
{
	if (opening->min < range->min)
		opening->min = range->min;
	if (opening->max > range->max)
		opening->max = range->max;
	return opening->min <= opening->max;
}

static void keep(struct openings *kept, const struct opening *opening)
{
	kept->items = mem_grow(kept->items, kept->count, &kept->capacity, sizeof(*kept->items));
	kept->items[kept->count++] = *opening;
	if (opening->verdict > kept->verdict)
		kept->verdict = opening->verdict;
}

/* A protocol that no rule names fares like all such protocols. */
static void filter_openings(struct openings *all, const struct ports *ports)
{
	static const struct port_range every = { .min = 0, .max = 65535 };
	struct openings		       kept = { .verdict = VERDICT_DENY };

	for (size_t i = 0; i < all->count; i++) {
		size_t count = ports->count ? ports->count : 1;

		if (ports->protocol != all->items[i].protocol)
			continue;
		for (size_t j = 0; j < count; j++) {
			struct opening opening = all->items[i];

			if (cut_opening(&opening, ports->count ? &ports->ranges[j] : &every))
				keep(&kept, &opening);
		}
	}
	openings_done(all);
	*all = kept;
}

static void answer_pair(const struct inputs *inputs, const struct ports *ports, bool is_set,
			struct can_pair *pair)
{
	struct question *question = &pair->question;

	if (is_set) {
		openings_find(inputs->world, question, &pair->openings);
		if (ports && ports->protocol != PROTO_ANY)
			filter_openings(&pair->openings, ports);
		pair->verdict = pair->openings.verdict;
	} else {
		question->packet.protocol = (uint8_t)ports->protocol;
		question->packet.dst_port = ports->count ? ports->ranges[0].min : 0;
		question->packet.icmp_type = ports->icmp_type;
		question->packet.icmp_code = ports->icmp_code;
		path_walk(inputs->world, question, &pair->path);
		pair->intent = path_intent(question);
		pair->verdict = pair->path.verdict;
	}
	pair->assumed = pair->verdict == VERDICT_UNKNOWN && inputs->unknown_as != VERDICT_UNKNOWN;
	if (pair->verdict == VERDICT_UNKNOWN)
		pair->verdict = inputs->unknown_as;
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

/* Whether a question can be asked of two ends: one family, and not of an interface to itself. */
static bool is_pair(const struct end *src, const struct end *dst)
{
	uint8_t from = src->ip.family, to = dst->ip.family;

	if (src->eni_idx != WORLD_NONE && src->eni_idx == dst->eni_idx)
		return false;
	return from && to ? from == to : from || to;
}

static int check_pairs(const struct endpoint *src, const struct endpoint *dst, struct err *err)
{
	bool one = true;

	if (src->count > PAIRS_MAX / dst->count)
		return err_set(err, ERR_USAGE, "'%s' and '%s' make more than %d pairs", src->query,
			       dst->query, PAIRS_MAX);
	for (size_t i = 0; i < src->count * dst->count; i++) {
		const struct end *from = &src->ends[i / dst->count];
		const struct end *to = &dst->ends[i % dst->count];

		if (is_pair(from, to))
			return 0;
		one = one && from->eni_idx != WORLD_NONE && from->eni_idx == to->eni_idx;
	}
	if (one)
		return err_set(err, ERR_USAGE,
			       "'%s' and '%s' are one interface: what it sends to itself never "
			       "reaches AWS",
			       src->query, dst->query);
	if (!src->ends[0].ip.family && !dst->ends[0].ip.family)
		return err_set(err, ERR_USAGE,
			       "'internet' to 'internet' is no question about a snapshot");
	return err_set(err, ERR_USAGE, "'%s' and '%s' are of different address families",
		       src->query, dst->query);
}

static int request_fill(struct request *out, const struct can_args *args, char **operands,
			const struct inputs *inputs, struct err *err)
{
	out->base.judge = inputs->judge;
	out->base.packet.icmp_type = out->base.packet.icmp_code = -1;
	out->ports_text = operands[2];
	if (inputs_client_ports(args->client_ports, &out->base.client_ports, err) < 0 ||
	    inputs_day(args->at, &out->base.day, err) < 0)
		return -1;
	if (out->ports_text && ports_parse(str_of(out->ports_text), &out->ports, err) < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	out->is_set = !out->ports_text || !is_single(&out->ports);
	if (endpoint_resolve(operands[0], inputs->world, inputs->judge, &out->src, err) < 0 ||
	    endpoint_resolve(operands[1], inputs->world, inputs->judge, &out->dst, err) < 0)
		return -1;
	return check_pairs(&out->src, &out->dst, err);
}

/* Every source with every destination that make a question. */
static void answer_all(const struct inputs *inputs, const struct request *request,
		       struct can_answer *answer)
{
	size_t		    width = request->dst.count, count = request->src.count * width;
	const struct ports *ports = request->ports_text ? &request->ports : NULL;

	answer->pairs = mem_alloc(count * sizeof(*answer->pairs));
	for (size_t i = 0; i < count; i++) {
		struct can_pair *pair = &answer->pairs[answer->pair_count];
		struct end from = request->src.ends[i / width], to = request->dst.ends[i % width];

		if (!is_pair(&from, &to))
			continue;
		pair->src_query = request->src.query;
		pair->dst_query = request->dst.query;
		pair->question = request->base;
		pair->question.src = from;
		pair->question.dst = to;
		pair->question.packet.src = from.ip;
		pair->question.packet.dst = to.ip;
		answer_pair(inputs, ports, request->is_set, pair);
		if (pair->verdict > answer->verdict)
			answer->verdict = pair->verdict;
		answer->pair_count++;
	}
}

static int status_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? STATUS_REACHABLE
	       : verdict == VERDICT_DENY ? STATUS_UNREACHABLE
					 : STATUS_UNDECIDED;
}

static int can_run(const void *args_ptr, char **operands, struct err *err)
{
	const struct can_args	 *args = args_ptr;
	auto_inputs struct inputs inputs = { 0 };
	struct request		  request = { 0 };
	struct can_answer	  answer = { .verdict = VERDICT_DENY };
	int			  status = -1;

	if (output_check(&args->output, formats, err) < 0 ||
	    inputs_open(&args->input, &inputs, err) < 0)
		return -1;
	if (request_fill(&request, args, operands, &inputs, err) == 0) {
		answer.world = inputs.world;
		answer.ports_text = request.ports_text;
		answer.ports = request.ports_text ? &request.ports : NULL;
		answer.is_set = request.is_set;
		answer_all(&inputs, &request, &answer);
		if (args->quiet || output_write(&args->output, formats, &answer, err) == 0)
			status = status_of(answer.verdict);
	}
	for (size_t i = 0; i < answer.pair_count; i++)
		openings_done(&answer.pairs[i].openings);
	free(answer.pairs);
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
	.operands_min = 2,
	.operands_max = 3,
	.run = can_run,
};
