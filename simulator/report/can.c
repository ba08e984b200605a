/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/can.h"

#include <string.h>

#include "lib/base/mem.h"

enum { CODE_MAX = 255 };

struct packet_piece can_opening_piece(const struct opening *opening)
{
	struct packet_piece piece = { .protocol = opening->protocol,
				      .ports = { opening->min, opening->max },
				      .types = { opening->min, opening->max },
				      .codes = { 0, CODE_MAX },
				      .is_rest = opening->protocol == PROTO_ANY,
				      .verdict = opening->verdict };

	if (opening->icmp_code >= 0)
		piece.codes = (struct port_range){ (uint16_t)opening->icmp_code,
						   (uint16_t)opening->icmp_code_max };
	memcpy(piece.except, opening->except, sizeof(piece.except));
	return piece;
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

static void start(const struct can_answer *answer, const struct end *src, const struct end *dst,
		  struct can_pair *out)
{
	out->src_query = answer->pairs->src.endpoint->query;
	out->dst_query = answer->pairs->dst.endpoint->query;
	out->openings = (struct openings){ 0 };
	out->question = answer->base;
	out->question.src = *src;
	out->question.dst = *dst;
	out->question.packet.src = src->ip;
	out->question.packet.dst = dst->ip;
}

static void assume(const struct can_answer *answer, struct can_pair *out)
{
	out->assumed = out->verdict == VERDICT_UNKNOWN && answer->unknown_as != VERDICT_UNKNOWN;
	if (out->verdict == VERDICT_UNKNOWN)
		out->verdict = answer->unknown_as;
}

void can_pair_like(const struct can_answer *answer, const struct end *src, const struct end *dst,
		   const struct openings *openings, struct can_pair *out)
{
	start(answer, src, dst, out);
	out->openings = *openings;
	out->verdict = openings->verdict;
	assume(answer, out);
}

void can_pair_find(const struct can_answer *answer, const struct end *src, const struct end *dst,
		   struct can_pair *out)
{
	const struct ports *ports = answer->ports;
	struct question	   *question = &out->question;

	start(answer, src, dst, out);
	if (answer->is_set) {
		openings_find(answer->world, question, &out->openings);
		if (ports && ports->protocol != PROTO_ANY)
			filter_openings(&out->openings, ports);
		out->verdict = out->openings.verdict;
	} else {
		question->packet.protocol = (uint8_t)ports->protocol;
		question->packet.dst_port = ports->count ? ports->ranges[0].min : 0;
		question->packet.icmp_type = ports->icmp_type;
		question->packet.icmp_code = ports->icmp_code;
		path_walk(answer->world, question, &out->path);
		out->intent = path_intent(question);
		out->verdict = out->path.verdict;
	}
	assume(answer, out);
}

void can_pair_done(struct can_pair *pair)
{
	openings_done(&pair->openings);
}
