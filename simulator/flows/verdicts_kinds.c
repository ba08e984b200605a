/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdicts_parts.h"

#include <assert.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

const uint32_t verdicts_width_words[WIDTH_COUNT] = { MEMO_NARROW, MEMO_WIDE };

struct verdict_key verdicts_key(const uint64_t *words, enum width width)
{
	struct verdict_key key = { .count = verdicts_width_words[width] };

	memcpy(key.words, words, key.count * sizeof(*words));
	return key;
}

static struct judged_end end_of(uint32_t kind, struct ip ip, bool is_dst)
{
	return (struct judged_end){ .ip = ip,
				    .is_opener = is_dst == (kind >> 1 & 1),
				    .is_peer = is_dst == (kind & 1) };
}

/* A kind's place, and which end of its packets is which, as one number. */
static uint32_t kind_of(uint32_t place, const struct record_answer *answer)
{
	assert(place < UINT32_MAX >> 4);
	return place << 2 | (uint32_t)(answer->reading == ROLE_REPLY) << 1 |
	       (answer->direction == DIRECTION_EGRESS);
}

static struct total *total_at(struct verdicts *verdicts, uint32_t place)
{
	while (verdicts->total_count <= place) {
		verdicts->totals = mem_grow(verdicts->totals, verdicts->total_count,
					    &verdicts->total_capacity, sizeof(*verdicts->totals));
		verdicts->totals[verdicts->total_count++] = (struct total){
			.first = UINT64_MAX,
			.bounds = { UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX }
		};
	}
	return &verdicts->totals[place];
}

/* What an end noted lately is known by: of IPv4 all of it, of IPv6 a keyed hash.  Never 0. */
static uint64_t noted_by(uint32_t kind, const struct ip *ip, bool is_dst)
{
	uint64_t what = (uint64_t)kind << 1 | is_dst;
	uint32_t v4;

	if (ip->family != IP_V4)
		return (map_hash(ip->bytes, sizeof(ip->bytes)) ^
			what * UINT64_C(0x9e3779b97f4a7c15)) |
		       1;
	memcpy(&v4, ip->bytes, sizeof(v4));
	return UINT64_C(1) << 63 | what << 32 | v4;
}

void verdicts_note(struct verdicts *verdicts, uint32_t kind, struct ip ip, bool is_dst)
{
	uint64_t  noted = noted_by(kind, &ip, is_dst), hash;
	uint64_t *lately =
		&verdicts->noted[noted * UINT64_C(0x9e3779b97f4a7c15) >> (64 - NOTED_BITS)];
	struct judged_end end;
	uint64_t	 *bound;

	if (*lately == noted || ip.family == IP_NONE)
		return;
	end = end_of(kind, ip, is_dst);
	hash = distinct_hash_ip(ip);
	bound = &total_at(verdicts, verdicts_place(kind))
			 ->bounds[(unsigned)end.is_opener << 1 | end.is_peer];
	if (hash > *bound)
		return;
	*lately = noted;
	*bound = verdicts->consumer.note(verdicts->consumer.self, verdicts_place(kind), &end);
}

static void place_miss(struct verdicts *verdicts, const struct miss *miss, uint32_t index)
{
	uint64_t      first = miss->total.first;
	struct judged judged = { .record = &verdicts->records[index],
				 .answer = &verdicts->answers[index],
				 .line = miss->line,
				 .path = miss->path,
				 .file = (uint32_t)(first >> FILE_AT),
				 .line_number = first & ((UINT64_C(1) << FILE_AT) - 1) };
	uint32_t      place = verdicts->consumer.place(verdicts->consumer.self, &judged);
	uint32_t      kind = kind_of(place, judged.answer);
	struct total *total = total_at(verdicts, place);

	if (!miss->is_unnumbered)
		memo_put(verdicts->kinds[verdicts_width(&miss->key)], miss->key.words, kind);
	sums_join(&total->sums, &miss->total.sums);
	if (first < total->first)
		total->first = first;
	verdicts_note(verdicts, kind, miss->src, false);
	verdicts_note(verdicts, kind, miss->dst, true);
}

void verdicts_judge(struct verdicts *verdicts)
{
	uint32_t count = verdicts->miss_count;

	for (uint32_t i = 0; i < count; i++) {
		const struct miss *miss = &verdicts->misses[i];

		verdict_key_record(verdicts->run.scheme, &miss->key, miss->interface,
				   &verdicts->records[i]);
		verdicts->queries[i] = (struct record_query){
			.record = &verdicts->records[i], .known = verdict_key_known(&miss->key)
		};
	}
	records_judge(verdicts->matcher, verdicts->run.judge, verdicts->queries, count,
		      verdicts->answers);
	for (uint32_t i = 0; i < count; i++)
		place_miss(verdicts, &verdicts->misses[i], i);
	verdicts->counts.judged += count;
	verdicts->miss_count = 0;
}

struct miss *verdicts_miss(struct verdicts *verdicts, const struct verdict_key *key)
{
	struct miss *miss;

	if (verdicts->miss_count == MISSES_MAX)
		verdicts_judge(verdicts);
	miss = &verdicts->misses[verdicts->miss_count++];
	*miss = (struct miss){ .key = *key };
	return miss;
}
