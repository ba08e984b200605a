/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdicts.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/distinct.h"
#include "simulator/flows/groups.h"
#include "simulator/flows/interfaces.h"

/*
 * A thread's memory: a quarter for kinds, which can be forgotten at the cost of judging them again; the rest for
 * what waits, of either width.
 */
enum { KIND_BYTES = 96, KINDS_MIN = 4096, MISSES_MAX = 256, FILE_AT = 40, NOTED_BITS = 15 };

enum width { NARROW, WIDE, WIDTH_COUNT };

/* What a place has had, and where the first of its records stands. */
struct total {
	struct sums sums;
	uint64_t    first;     /* file << FILE_AT | line; UINT64_MAX: none yet */
	uint64_t    bounds[4]; /* of verdicts_consumer's note, by opener and peer */
};

/* The values of a conversation that waits, as groups.h lays them out behind its key. */
enum { WAIT_RECORDS, WAIT_PACKETS, WAIT_BYTES, WAIT_START, WAIT_FIRST, WAIT_END, WAIT_WORDS };

/* A kind to be judged, with the row, or what waited, that brought it up. */
struct miss {
	struct verdict_key key;
	bool		   is_unnumbered; /* its kind is not remembered */
	struct str	   interface, line;
	const char	  *path;
	struct ip	   src, dst; /* of the packet */
	struct total	   total;
};

/* What addresses are seen from: verdict_key's members of these names. */
struct seen_from {
	uint32_t eni_idx, own_v4;
};

/* Rows of the columns being added, with keys of one width. */
struct lot {
	uint64_t keys[COLUMNS_ROWS_MAX * MEMO_WIDE];
	uint64_t values[COLUMNS_ROWS_MAX * (WAIT_WORDS - 1)];
	uint32_t rows[COLUMNS_ROWS_MAX], found[COLUMNS_ROWS_MAX];
	bool	 src_alone[COLUMNS_ROWS_MAX], dst_alone[COLUMNS_ROWS_MAX];
	uint32_t count;
};

struct verdicts {
	struct verdicts_run	 run;
	struct verdicts_consumer consumer;
	struct interfaces	*interfaces;
	struct seen_from	*seen_from; /* by the number of the interface */
	size_t			 seen_count, seen_capacity;
	struct memo		*kinds[WIDTH_COUNT]; /* key → kind_of */
	struct groups		*waits[WIDTH_COUNT];
	struct openers		*openers;     /* only where the ports do not tell it as surely */
	const struct openers	*all_openers; /* of all threads, in the end */
	struct matcher		*matcher;
	struct total		*totals; /* by place */
	size_t			 total_count, total_capacity;
	uint64_t		 noted[1 << NOTED_BITS]; /* ends noted lately, by hash */
	struct verdicts_counts	 counts;
	struct lot		 settled[WIDTH_COUNT], open[WIDTH_COUNT];
	struct miss		 misses[MISSES_MAX];
	uint32_t		 miss_count;
	struct record		 records[MISSES_MAX];
	struct record_query	 queries[MISSES_MAX];
	struct record_answer	 answers[MISSES_MAX];
};

static const uint32_t width_words[WIDTH_COUNT] = { MEMO_NARROW, MEMO_WIDE };

/* A kind's place, and which end of its packets is which, as one number. */
static uint32_t kind_of(uint32_t place, const struct record_answer *answer)
{
	assert(place < UINT32_MAX >> 2);
	return place << 2 | (uint32_t)(answer->reading == ROLE_REPLY) << 1 |
	       (answer->direction == DIRECTION_EGRESS);
}

static uint32_t place_of(uint32_t kind)
{
	return kind >> 2;
}

static struct judged_end end_of(uint32_t kind, struct ip ip, bool is_dst)
{
	return (struct judged_end){ .ip = ip,
				    .is_opener = is_dst == (kind >> 1 & 1),
				    .is_peer = is_dst == (kind & 1) };
}

static uint32_t kinds_max(size_t memory_bytes)
{
	size_t entries = memory_bytes / 4 / KIND_BYTES;

	if (entries > UINT32_MAX >> 4)
		return UINT32_MAX >> 4;
	return entries < KINDS_MIN ? KINDS_MIN : (uint32_t)entries;
}

static struct groups *waits_new(const struct verdicts_run *run, enum width width)
{
	struct groups_shape shape = { .key_words = (uint8_t)width_words[width],
				      .sums = 2,
				      .mins = 2,
				      .maxes = 1,
				      .memory_bytes = run->memory_bytes / (width == NARROW ? 2 : 4),
				      .spill_folder = run->spill_folder };

	return groups_new(&shape);
}

struct verdicts *verdicts_new(const struct verdicts_run	     *run,
			      const struct verdicts_consumer *consumer)
{
	struct verdicts *verdicts = mem_alloc(sizeof(*verdicts));

	verdicts->run = *run;
	verdicts->consumer = *consumer;
	verdicts->interfaces = interfaces_new();
	for (int i = 0; i < WIDTH_COUNT; i++) {
		verdicts->kinds[i] = memo_new(width_words[i], kinds_max(run->memory_bytes));
		verdicts->waits[i] = waits_new(run, (enum width)i);
	}
	verdicts->openers = openers_new();
	verdicts->matcher = matcher_open(run->world);
	return verdicts;
}

void verdicts_free(struct verdicts *verdicts)
{
	if (!verdicts)
		return;
	for (int i = 0; i < WIDTH_COUNT; i++) {
		memo_free(verdicts->kinds[i]);
		groups_free(verdicts->waits[i]);
	}
	interfaces_free(verdicts->interfaces);
	openers_free(verdicts->openers);
	matcher_free(verdicts->matcher);
	free(verdicts->seen_from);
	free(verdicts->totals);
	free(verdicts);
}

static enum width width_of(const struct verdict_key *key)
{
	return key->count == MEMO_NARROW ? NARROW : WIDE;
}

static inline struct sums sums_of(const struct columns *columns, uint32_t row)
{
	return (struct sums){ .records = 1,
			      .packets = columns->at[FIELD_PACKETS].u64[row],
			      .bytes = columns->at[FIELD_BYTES].u64[row],
			      .start = columns->at[FIELD_START].u64[row],
			      .end = columns->at[FIELD_END].u64[row] };
}

static inline uint64_t order_of(const struct columns *columns, uint32_t row)
{
	return (uint64_t)columns->block->file << FILE_AT | columns_line_number(columns, row);
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

/* The consumer is told of an end, unless it was lately or has seen enough of the place. */
static void note(struct verdicts *verdicts, uint32_t kind, const struct judged_end *end)
{
	uint32_t  what = place_of(kind) << 2 | (uint32_t)end->is_opener << 1 | end->is_peer;
	uint64_t  hash = distinct_hash_ip(end->ip);
	uint64_t *bound = &total_at(verdicts, place_of(kind))->bounds[what & 3];
	uint64_t  noted = hash ^ what * UINT64_C(0x9e3779b97f4a7c15);
	uint64_t *lately = &verdicts->noted[noted >> (64 - NOTED_BITS)];

	if (hash > *bound || *lately == noted || end->ip.family == IP_NONE)
		return;
	*lately = noted;
	*bound = verdicts->consumer.note(verdicts->consumer.self, place_of(kind), end);
}

static void note_both(struct verdicts *verdicts, uint32_t kind, struct ip src, struct ip dst)
{
	struct judged_end from = end_of(kind, src, false), to = end_of(kind, dst, true);

	note(verdicts, kind, &from);
	note(verdicts, kind, &to);
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
		memo_put(verdicts->kinds[width_of(&miss->key)], miss->key.words, kind);
	sums_join(&total->sums, &miss->total.sums);
	if (first < total->first)
		total->first = first;
	note_both(verdicts, kind, miss->src, miss->dst);
}

static void judge_misses(struct verdicts *verdicts)
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

static struct miss *new_miss(struct verdicts *verdicts, const struct verdict_key *key)
{
	struct miss *miss;

	if (verdicts->miss_count == MISSES_MAX)
		judge_misses(verdicts);
	miss = &verdicts->misses[verdicts->miss_count++];
	*miss = (struct miss){ .key = *key };
	return miss;
}

static struct verdict_key key_of(const uint64_t *words, enum width width)
{
	struct verdict_key key = { .count = width_words[width] };

	memcpy(key.words, words, key.count * sizeof(*words));
	return key;
}

/* An address of the row's packet: as the packet has it, where the record tells. */
static inline struct ip packet_ip(const struct columns *columns, uint32_t row, enum field pkt,
				  enum field own)
{
	return columns_has(columns, row, pkt) ? columns->at[pkt].ip[row] : columns->at[own].ip[row];
}

static void miss_row(struct verdicts *verdicts, const struct columns *columns, uint32_t row,
		     const struct verdict_key *key)
{
	struct miss *miss = new_miss(verdicts, key);
	uint32_t     number = verdict_key_interface(key);

	miss->is_unnumbered = number == INTERFACES_NONE;
	miss->interface = miss->is_unnumbered ? columns->at[FIELD_INTERFACE_ID].text[row]
					      : interfaces_id(verdicts->interfaces, number);
	miss->line = columns_line(columns, row);
	miss->path = columns->block->path;
	miss->src = packet_ip(columns, row, FIELD_PKT_SRCADDR, FIELD_SRCADDR);
	miss->dst = packet_ip(columns, row, FIELD_PKT_DSTADDR, FIELD_DSTADDR);
	miss->total = (struct total){ .sums = sums_of(columns, row),
				      .first = order_of(columns, row) };
}

/* Of kinds that have many addresses, the row's may be new. */
static void note_row(struct verdicts *verdicts, const struct columns *columns,
		     const struct lot *lot, uint32_t i)
{
	uint32_t	  row = lot->rows[i], kind = lot->found[i];
	struct judged_end end;

	if (!lot->src_alone[i]) {
		end = end_of(kind, packet_ip(columns, row, FIELD_PKT_SRCADDR, FIELD_SRCADDR),
			     false);
		note(verdicts, kind, &end);
	}
	if (!lot->dst_alone[i]) {
		end = end_of(kind, packet_ip(columns, row, FIELD_PKT_DSTADDR, FIELD_DSTADDR), true);
		note(verdicts, kind, &end);
	}
}

static void add_settled(struct verdicts *verdicts, const struct columns *columns, enum width width)
{
	struct lot *lot = &verdicts->settled[width];

	memo_find(verdicts->kinds[width], lot->keys, lot->count, lot->found);
	for (uint32_t i = 0; i < lot->count; i++) {
		uint32_t      row = lot->rows[i], kind = lot->found[i];
		struct total *total = kind == MEMO_NONE ? NULL : &verdicts->totals[place_of(kind)];

		if (total && order_of(columns, row) >= total->first) {
			struct sums sums = sums_of(columns, row);

			sums_join(&total->sums, &sums);
			note_row(verdicts, columns, lot, i);
		} else {
			struct verdict_key key = key_of(lot->keys + (size_t)i * width_words[width],
							width);

			miss_row(verdicts, columns, row, &key);
		}
	}
}

static void add_open(struct verdicts *verdicts, const struct columns *columns, enum width width)
{
	struct lot *lot = &verdicts->open[width];

	for (uint32_t i = 0; i < lot->count; i++) {
		uint64_t   *values = lot->values + (size_t)i * (WAIT_WORDS - 1) - 1;
		struct sums sums = sums_of(columns, lot->rows[i]);

		values[WAIT_PACKETS] = sums.packets;
		values[WAIT_BYTES] = sums.bytes;
		values[WAIT_START] = sums.start ? sums.start : UINT64_MAX;
		values[WAIT_FIRST] = order_of(columns, lot->rows[i]);
		values[WAIT_END] = sums.end;
	}
	groups_add(verdicts->waits[width], lot->keys, lot->values, lot->count);
}

/* What the row's flags tell is worth remembering where its ports would not have told it as surely. */
static void learn(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	uint64_t      flags = columns->at[FIELD_TCP_FLAGS].u64[row];
	uint16_t      src = (uint16_t)columns->at[FIELD_SRCPORT].u64[row];
	uint16_t      dst = (uint16_t)columns->at[FIELD_DSTPORT].u64[row];
	struct record record;
	enum role     role;

	if (!flags || columns->at[FIELD_PROTOCOL].u64[row] != PROTO_TCP)
		return;
	role = record_role_by_flags(flags);
	if (role == ROLE_UNKNOWN || port_floor_tells(verdicts->run.scheme->ports, role, src, dst))
		return;
	columns_record(columns, row, &record);
	openers_learn(verdicts->openers, &record);
}

static void add_seen_from(struct verdicts *verdicts, struct str id)
{
	const struct world *world = verdicts->run.world;
	uint32_t	    eni_idx = world_index(world, WORLD_ENI, id);
	struct seen_from    seen = { .eni_idx = eni_idx };

	if (id.len == 0)
		seen.eni_idx = ADDRESS_FLOOR_APART;
	else if (eni_idx != WORLD_NONE && world->enis[eni_idx].address_count &&
		 world->enis[eni_idx].addresses[0].ip.family == IP_V4)
		memcpy(&seen.own_v4, world->enis[eni_idx].addresses[0].ip.bytes,
		       sizeof(seen.own_v4));
	verdicts->seen_from = mem_grow(verdicts->seen_from, verdicts->seen_count,
				       &verdicts->seen_capacity, sizeof(*verdicts->seen_from));
	verdicts->seen_from[verdicts->seen_count++] = seen;
}

static void set_seen_from(struct verdicts *verdicts, uint32_t number, struct verdict_key *key)
{
	struct seen_from seen = { .eni_idx = ADDRESS_FLOOR_APART };

	if (number != INTERFACES_NONE) {
		while (verdicts->seen_count <= number)
			add_seen_from(verdicts, interfaces_id(verdicts->interfaces,
							      (uint32_t)verdicts->seen_count));
		seen = verdicts->seen_from[number];
	}
	key->eni_idx = seen.eni_idx;
	key->own_v4 = seen.own_v4;
}

static void sort_row(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	struct str	   id = columns->at[FIELD_INTERFACE_ID].text[row];
	uint32_t	   number = interfaces_number(verdicts->interfaces, id);
	struct verdict_key key;
	struct lot	  *lot;

	set_seen_from(verdicts, number, &key);
	learn(verdicts, columns, row);
	verdict_key_make(verdicts->run.scheme, columns, row, number, &key);
	if (number == INTERFACES_NONE) {
		verdicts->counts.unnumbered++;
		if (key.wants_opener)
			verdict_key_settle(verdicts->run.scheme, ROLE_UNKNOWN, &key);
		miss_row(verdicts, columns, row, &key);
		return;
	}
	lot = (key.wants_opener ? verdicts->open : verdicts->settled) + width_of(&key);
	memcpy(lot->keys + (size_t)lot->count * key.count, key.words,
	       key.count * sizeof(*key.words));
	lot->src_alone[lot->count] = key.src_alone;
	lot->dst_alone[lot->count] = key.dst_alone;
	lot->rows[lot->count++] = row;
}

/* Whether the period lets the row in; what it leaves out is counted. */
static bool is_wanted(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	if (!columns_has(columns, row, FIELD_START) || !columns_has(columns, row, FIELD_END)) {
		verdicts->counts.timeless++;
		return false;
	}
	if (period_has(verdicts->run.period, columns->at[FIELD_START].u64[row],
		       columns->at[FIELD_END].u64[row]))
		return true;
	verdicts->counts.outside++;
	return false;
}

void verdicts_rows(struct verdicts *verdicts, const struct columns *columns)
{
	bool is_all = period_is_all(verdicts->run.period);

	for (int i = 0; i < WIDTH_COUNT; i++)
		verdicts->settled[i].count = verdicts->open[i].count = 0;
	for (uint32_t row = 0; row < columns->count; row++)
		if (is_all || is_wanted(verdicts, columns, row))
			sort_row(verdicts, columns, row);
		else
			learn(verdicts, columns, row);
	for (int i = 0; i < WIDTH_COUNT; i++) {
		add_settled(verdicts, columns, (enum width)i);
		add_open(verdicts, columns, (enum width)i);
	}
	judge_misses(verdicts); /* their text is the block's */
}

/* What a conversation that waited has, from the values of its row. */
static struct total total_of(const uint64_t *values)
{
	return (struct total){
		.sums = { .records = values[WAIT_RECORDS],
			  .packets = values[WAIT_PACKETS],
			  .bytes = values[WAIT_BYTES],
			  .start = values[WAIT_START] == UINT64_MAX ? 0 : values[WAIT_START],
			  .end = values[WAIT_END] },
		.first = values[WAIT_FIRST],
	};
}

/* The key of a conversation that waited becomes that of a kind, in the lot. */
static void settle(struct verdicts *verdicts, const uint64_t *words, enum width width)
{
	struct lot	  *lot = &verdicts->settled[width];
	struct verdict_key key = key_of(words, width);
	uint32_t	   number = verdict_key_interface(&key);
	enum role	   known = ROLE_UNKNOWN;

	if (!openers_is_empty(verdicts->all_openers)) {
		struct record record;

		verdict_key_record(verdicts->run.scheme, &key,
				   interfaces_id(verdicts->interfaces, number), &record);
		known = openers_role(verdicts->all_openers, &record);
	}
	set_seen_from(verdicts, number, &key);
	verdict_key_settle(verdicts->run.scheme, known, &key);
	memcpy(lot->keys + (size_t)lot->count * key.count, key.words,
	       key.count * sizeof(*key.words));
	lot->src_alone[lot->count] = key.src_alone;
	lot->dst_alone[lot->count] = key.dst_alone;
	lot->count++;
}

static void add_waited(struct verdicts *verdicts, const uint64_t *row, uint32_t i, enum width width)
{
	const struct lot  *lot = &verdicts->settled[width];
	uint32_t	   kind = lot->found[i];
	struct total	   what = total_of(row + width_words[width]);
	struct verdict_key key = key_of(row, width);
	struct judged_end  end;
	struct miss	  *miss;
	struct ip	   src, dst;

	verdict_key_packet(&key, &src, &dst);
	if (kind != MEMO_NONE && what.first >= verdicts->totals[place_of(kind)].first) {
		sums_join(&verdicts->totals[place_of(kind)].sums, &what.sums);
		end = end_of(kind, src, false);
		if (!lot->src_alone[i])
			note(verdicts, kind, &end);
		end = end_of(kind, dst, true);
		if (!lot->dst_alone[i])
			note(verdicts, kind, &end);
		return;
	}
	key = key_of(lot->keys + (size_t)i * width_words[width], width);
	miss = new_miss(verdicts, &key);
	miss->interface = interfaces_id(verdicts->interfaces, verdict_key_interface(&key));
	miss->path = verdicts->run.paths[what.first >> FILE_AT];
	miss->src = src;
	miss->dst = dst;
	miss->total = what;
}

static void settle_rows(struct verdicts *verdicts, const uint64_t *rows, size_t count,
			enum width width)
{
	struct lot *lot = &verdicts->settled[width];
	size_t	    row_words = width_words[width] + WAIT_WORDS;

	for (size_t done = 0; done < count; done += lot->count, rows += lot->count * row_words) {
		size_t some = count - done < COLUMNS_ROWS_MAX ? count - done : COLUMNS_ROWS_MAX;

		lot->count = 0;
		for (size_t i = 0; i < some; i++)
			settle(verdicts, rows + i * row_words, width);
		memo_find(verdicts->kinds[width], lot->keys, lot->count, lot->found);
		for (uint32_t i = 0; i < lot->count; i++)
			add_waited(verdicts, rows + i * row_words, i, width);
	}
}

static void settle_narrow(void *verdicts, const uint64_t *rows, size_t count)
{
	settle_rows(verdicts, rows, count, NARROW);
}

static void settle_wide(void *verdicts, const uint64_t *rows, size_t count)
{
	settle_rows(verdicts, rows, count, WIDE);
}

static void *finish(void *verdicts_ptr)
{
	struct verdicts	       *verdicts = verdicts_ptr;
	struct verdicts_counts *counts = &verdicts->counts;

	counts->left_out += groups_each(verdicts->waits[NARROW], settle_narrow, verdicts) +
			    groups_each(verdicts->waits[WIDE], settle_wide, verdicts);
	for (int i = 0; i < WIDTH_COUNT; i++)
		counts->left_out += groups_left(verdicts->waits[i])[0];
	judge_misses(verdicts);
	for (size_t place = 0; place < verdicts->total_count; place++)
		if (verdicts->totals[place].sums.records)
			verdicts->consumer.add(verdicts->consumer.self, (uint32_t)place,
					       &verdicts->totals[place].sums);
	return NULL;
}

/* Each thread's on a thread of its own; where there is none to be had, on this one. */
void verdicts_finish(struct verdicts *const *threads, size_t count)
{
	auto_free pthread_t *running = mem_alloc(count * sizeof(*running));
	auto_free bool	    *is_running = mem_alloc(count * sizeof(*is_running));

	for (size_t i = 1; i < count; i++)
		openers_merge(threads[0]->openers, threads[i]->openers);
	for (size_t i = 0; i < count; i++) {
		threads[i]->all_openers = threads[0]->openers;
		if (i)
			is_running[i] = pthread_create(&running[i], NULL, finish, threads[i]) == 0;
	}
	for (size_t i = 0; i < count; i++) {
		if (is_running[i])
			pthread_join(running[i], NULL);
		else
			finish(threads[i]);
	}
}

struct verdicts_counts verdicts_counts(const struct verdicts *verdicts)
{
	struct verdicts_counts counts = verdicts->counts;

	counts.not_learned = openers_not_learned(verdicts->openers);
	return counts;
}
