/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/sums.h"

static uint64_t add(uint64_t a, uint64_t b)
{
	uint64_t sum;

	return __builtin_add_overflow(a, b, &sum) ? UINT64_MAX : sum;
}

void sums_join(struct sums *into, const struct sums *from)
{
	into->records += from->records;
	into->packets = add(into->packets, from->packets);
	into->bytes = add(into->bytes, from->bytes);
	if (from->start && (into->start == 0 || from->start < into->start))
		into->start = from->start;
	if (from->end > into->end)
		into->end = from->end;
}

/* A field that the record does not have is zero. */
void sums_add(struct sums *sums, const struct record *record)
{
	struct sums one = { .records = 1,
			    .packets = record->packets,
			    .bytes = record->bytes,
			    .start = record->start,
			    .end = record->end };

	sums_join(sums, &one);
}

struct judged_end judged_end_of(const struct record_answer *answer, bool is_dst)
{
	bool opener_is_dst = answer->reading == ROLE_REPLY;
	bool peer_is_dst = answer->direction == DIRECTION_EGRESS;

	return (struct judged_end){ .ip = is_dst ? answer->packet.dst : answer->packet.src,
				    .is_opener = is_dst == opener_is_dst,
				    .is_peer = is_dst == peer_is_dst };
}
