/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/verdicts.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/flows/verdicts_parts.h"

/*
 * A thread's memory: a quarter for kinds, half of it for each width, which can be forgotten at the cost of judging
 * them again; the rest for what waits, of either width.
 */
enum { KINDS_MIN = 4096 };

static uint32_t kinds_max(size_t memory_bytes, enum width width)
{
	size_t entries = memory_bytes / 8 / memo_entry_bytes(verdicts_width_words[width]);

	if (entries > UINT32_MAX >> 4)
		return UINT32_MAX >> 4;
	return entries < KINDS_MIN ? KINDS_MIN : (uint32_t)entries;
}

static struct groups *waits_new(const struct verdicts_run *run, enum width width)
{
	struct groups_shape shape = { .key_words = (uint8_t)verdicts_width_words[width],
				      .sums = 2,
				      .mins = 2,
				      .maxes = 1,
				      .is_unpiled = true,
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
		verdicts->kinds[i] = memo_new(verdicts_width_words[i],
					      kinds_max(run->memory_bytes, (enum width)i));
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
	free(verdicts->views);
	free(verdicts->totals);
	free(verdicts);
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

/* An address of the row's packet: as the packet has it, where the record tells. */
static inline struct ip packet_ip(const struct columns *columns, uint32_t row, enum field pkt,
				  enum field own)
{
	return columns_has(columns, row, pkt) ? columns->at[pkt].ip[row] : columns->at[own].ip[row];
}

static void miss_row(struct verdicts *verdicts, const struct columns *columns, uint32_t row,
		     const struct verdict_key *key)
{
	struct miss *miss = verdicts_miss(verdicts, key);
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
	uint32_t row = lot->rows[i], kind = lot->found[i];

	if (!lot->src_alone[i])
		verdicts_note(verdicts, kind,
			      packet_ip(columns, row, FIELD_PKT_SRCADDR, FIELD_SRCADDR), false);
	if (!lot->dst_alone[i])
		verdicts_note(verdicts, kind,
			      packet_ip(columns, row, FIELD_PKT_DSTADDR, FIELD_DSTADDR), true);
}

static void add_settled(struct verdicts *verdicts, const struct columns *columns, enum width width)
{
	struct lot *lot = &verdicts->settled[width];

	memo_find(verdicts->kinds[width], lot->keys, lot->count, lot->found);
	for (uint32_t i = 0; i < lot->count; i++) {
		uint32_t      row = lot->rows[i], kind = lot->found[i];
		struct total *total = kind == MEMO_NONE ? NULL
							: &verdicts->totals[verdicts_place(kind)];

		if (total && order_of(columns, row) >= total->first) {
			struct sums sums = sums_of(columns, row);

			sums_join(&total->sums, &sums);
			note_row(verdicts, columns, lot, i);
		} else {
			struct verdict_key key = verdicts_key(
				lot->keys + (size_t)i * verdicts_width_words[width], width);

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

static uint32_t primary_v4(const struct world *world, uint32_t eni_idx)
{
	const struct eni *eni = &world->enis[eni_idx];
	uint32_t	  address = 0;

	if (eni->address_count && eni->addresses[0].ip.family == IP_V4)
		memcpy(&address, eni->addresses[0].ip.bytes, sizeof(address));
	return address;
}

static struct verdict_view view_of(struct verdicts *verdicts, struct str id)
{
	const struct world *world = verdicts->run.world;
	uint32_t	    eni_idx = world_index(world, WORLD_ENI, id), twin_idx;
	struct verdict_view view = { .eni_idx = id.len ? eni_idx : ADDRESS_FLOOR_APART };

	if (id.len == 0 || eni_idx == WORLD_NONE)
		return view;
	view.own_v4 = primary_v4(world, eni_idx);
	if (!verdicts->run.twins)
		return view;
	view.is_twin = true;
	twin_idx = verdicts->run.twins[eni_idx];
	view.twin = interfaces_number(verdicts->interfaces, world->enis[twin_idx].object.id);
	if (twin_idx == eni_idx || view.twin == INTERFACES_NONE)
		return view;
	view.twin_idx = twin_idx;
	view.twin_v4 = primary_v4(world, twin_idx);
	return view;
}

struct verdict_view verdicts_view(struct verdicts *verdicts, uint32_t number)
{
	if (number == INTERFACES_NONE)
		return (struct verdict_view){ .eni_idx = ADDRESS_FLOOR_APART };
	while (verdicts->view_count <= number) {
		struct str id = interfaces_id(verdicts->interfaces, (uint32_t)verdicts->view_count);
		struct verdict_view view = view_of(verdicts, id);

		verdicts->views = mem_grow(verdicts->views, verdicts->view_count,
					   &verdicts->view_capacity, sizeof(*verdicts->views));
		verdicts->views[verdicts->view_count++] = view;
	}
	return verdicts->views[number];
}

static void sort_row(struct verdicts *verdicts, const struct columns *columns, uint32_t row)
{
	struct str	   id = columns->at[FIELD_INTERFACE_ID].text[row];
	uint32_t	   number = interfaces_number(verdicts->interfaces, id);
	struct verdict_key key;
	struct lot	  *lot;

	key.view = verdicts_view(verdicts, number);
	learn(verdicts, columns, row);
	verdict_key_make(verdicts->run.scheme, columns, row, number, &key);
	if (number == INTERFACES_NONE) {
		verdicts->counts.unnumbered++;
		if (key.wants_opener)
			verdict_key_settle(verdicts->run.scheme, ROLE_UNKNOWN, &key);
		miss_row(verdicts, columns, row, &key);
		return;
	}
	lot = (key.wants_opener ? verdicts->open : verdicts->settled) + verdicts_width(&key);
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
	verdicts_judge(verdicts); /* their text is the block's */
}

struct verdicts_counts verdicts_counts(const struct verdicts *verdicts)
{
	struct verdicts_counts counts = verdicts->counts;

	counts.not_learned = openers_not_learned(verdicts->openers);
	return counts;
}
