/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/records.h"

/* Records that are asked about together; two flows each, for the two readings. */
enum { CHUNK = 256, FLOWS = 2 * CHUNK };

/* The flows of a chunk, each family by itself, and their answers. */
struct chunk {
	struct match_v4 v4[FLOWS];
	struct match_v6 v6[FLOWS];
	uint16_t	answers_v4[FLOWS], answers_v6[FLOWS];
	size_t		count_v4, count_v6;
	bool		is_located[CHUNK], is_v6[CHUNK];
	uint32_t	sides[CHUNK];
};

/* The family is the peer's: a record may have the two ends of a packet in different ones. */
static struct ip peer_of(const struct packet *packet, bool egress)
{
	return egress ? packet->dst : packet->src;
}

static void add_flow(struct chunk *chunk, uint32_t side, bool egress, const struct packet *packet)
{
	struct ip peer = peer_of(packet, egress);

	if (peer.family == IP_V6)
		chunk->v6[chunk->count_v6++] = matcher_flow_v6(side, peer, packet);
	else
		chunk->v4[chunk->count_v4++] = matcher_flow_v4(side, peer, packet);
}

static void locate(struct matcher *matcher, const struct record_query *query,
		   struct record_answer *answer, struct chunk *chunk, size_t at)
{
	bool	      egress;
	struct packet asked;
	uint32_t      side;

	chunk->is_v6[at] = false;
	chunk->is_located[at] = record_locate(matcher_world(matcher), query->record, query->known,
					      answer);
	if (!chunk->is_located[at])
		return;
	egress = answer->direction == DIRECTION_EGRESS;
	asked = packet_asked(&answer->packet);
	chunk->is_v6[at] = peer_of(&answer->packet, egress).family == IP_V6;
	side = chunk->sides[at] = matcher_side(matcher, answer->eni_idx, egress);
	matcher_want(matcher, side);
	matcher_want(matcher, side ^ 1);
	add_flow(chunk, side, egress, &answer->packet);
	add_flow(chunk, side ^ 1, !egress, &asked);
}

static void judge_chunk(struct matcher *matcher, const struct judge *judge,
			const struct record_query *queries, size_t count,
			struct record_answer *answers)
{
	struct chunk chunk;
	size_t	     at_v4 = 0, at_v6 = 0;

	chunk.count_v4 = chunk.count_v6 = 0;
	for (size_t i = 0; i < count; i++)
		locate(matcher, &queries[i], &answers[i], &chunk, i);
	matcher_eval_v4(matcher, chunk.v4, chunk.count_v4, chunk.answers_v4);
	matcher_eval_v6(matcher, chunk.v6, chunk.count_v6, chunk.answers_v6);
	for (size_t i = 0; i < count; i++) {
		const struct packet *packet = &answers[i].packet;
		bool		     v6 = chunk.is_v6[i];
		const uint16_t	 *found = v6 ? &chunk.answers_v6[at_v6] : &chunk.answers_v4[at_v4];
		struct match_pair pair;
		struct record_readings readings;

		if (!chunk.is_located[i])
			continue;
		*(v6 ? &at_v6 : &at_v4) += 2;
		pair = (struct match_pair){ .opening = found[0], .asked = found[1] };
		readings.opening = matcher_decide(matcher, chunk.sides[i], packet, pair, false);
		readings.reply = matcher_decide(matcher, chunk.sides[i], packet, pair, true);
		record_conclude(matcher_world(matcher), judge, queries[i].record, &readings,
				&answers[i]);
	}
}

void records_judge(struct matcher *matcher, const struct judge *judge,
		   const struct record_query *queries, size_t count, struct record_answer *answers)
{
	for (size_t i = 0; i < count; i += CHUNK)
		judge_chunk(matcher, judge, queries + i, count - i < CHUNK ? count - i : CHUNK,
			    answers + i);
}
