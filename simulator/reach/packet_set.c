/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/packet_set.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { SLOTS_MIN = 1024, CUTS_ROOM = 64, ICMP_CODES = 256 };

/* Where a set's cuts lie. */
struct extent {
	size_t	     first, count;
	enum verdict best;
	uint32_t     seen; /* a bit for each verdict in it */
};

enum operation { OPERATION_NONE, BOTH, EITHER, NOT };

/* What was worked out before. */
struct result {
	uint32_t a, b, set;
	uint32_t operation; /* OPERATION_NONE: free */
};

struct packet_sets {
	struct packet_cut *cuts;
	size_t		   cut_count, cut_capacity;
	struct extent	  *extents;
	size_t		   count, capacity;
	uint32_t	  *slots; /* set + 1, by the hash of its cuts; 0: free */
	size_t		   slot_count;
	struct result	  *results;
	size_t		   result_count, result_slots;
	struct packet_cut *scratch;
	size_t		   scratch_capacity;
};

uint32_t packet_key(const struct packet *packet)
{
	uint32_t key = (uint32_t)packet->protocol << 16;

	if (proto_has_ports(packet->protocol))
		return key | packet->dst_port;
	if (!proto_is_icmp(packet->protocol))
		return key;
	return key | (packet->icmp_type < 0 ? 0 : (uint32_t)packet->icmp_type << 8) |
	       (packet->icmp_code < 0 ? 0 : (uint32_t)packet->icmp_code);
}

struct packet packet_of_key(uint32_t key)
{
	struct packet packet = { .protocol = (uint8_t)(key >> 16),
				 .icmp_type = -1,
				 .icmp_code = -1 };

	if (proto_has_ports(packet.protocol))
		packet.dst_port = (uint16_t)key;
	if (proto_is_icmp(packet.protocol)) {
		packet.icmp_type = (int16_t)(key >> 8 & 0xff);
		packet.icmp_code = (int16_t)(key & 0xff);
	}
	return packet;
}

const struct packet_cut *packet_sets_cuts(const struct packet_sets *sets, uint32_t set,
					  size_t *count)
{
	assert(set < sets->count);
	*count = sets->extents[set].count;
	return sets->cuts + sets->extents[set].first;
}

static bool is_equal(const struct packet_sets *sets, uint32_t set, const struct packet_cut *cuts,
		     size_t count)
{
	size_t			 own_count;
	const struct packet_cut *own = packet_sets_cuts(sets, set, &own_count);

	return own_count == count && memcmp(own, cuts, count * sizeof(*cuts)) == 0;
}

/* The slot of the set with these cuts, or the free one where it belongs. */
static size_t find_slot(const struct packet_sets *sets, const struct packet_cut *cuts, size_t count)
{
	size_t at = map_hash(cuts, count * sizeof(*cuts)) & (sets->slot_count - 1);

	while (sets->slots[at] && !is_equal(sets, sets->slots[at] - 1, cuts, count))
		at = (at + 1) & (sets->slot_count - 1);
	return at;
}

static void grow_slots(struct packet_sets *sets)
{
	free(sets->slots);
	sets->slot_count *= 2;
	sets->slots = mem_alloc(sets->slot_count * sizeof(*sets->slots));
	for (uint32_t set = 0; set < sets->count; set++) {
		size_t			 count;
		const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);

		sets->slots[find_slot(sets, cuts, count)] = set + 1;
	}
}

static void keep(struct packet_sets *sets, const struct packet_cut *cuts, size_t count)
{
	struct extent extent = { .first = sets->cut_count, .count = count };

	for (size_t i = 0; i < count; i++) {
		sets->cuts = mem_grow(sets->cuts, sets->cut_count, &sets->cut_capacity,
				      sizeof(*sets->cuts));
		sets->cuts[sets->cut_count++] = cuts[i];
		extent.seen |= 1U << cuts[i].verdict;
		if (cuts[i].verdict > extent.best)
			extent.best = cuts[i].verdict;
	}
	sets->extents = mem_grow(sets->extents, sets->count, &sets->capacity,
				 sizeof(*sets->extents));
	sets->extents[sets->count++] = extent;
}

/* cuts without neighbours that are alike, and not the sets' own memory. */
static uint32_t intern(struct packet_sets *sets, const struct packet_cut *cuts, size_t count)
{
	size_t at = find_slot(sets, cuts, count);

	if (sets->slots[at])
		return sets->slots[at] - 1;
	keep(sets, cuts, count);
	sets->slots[at] = (uint32_t)sets->count;
	if (sets->count * 2 > sets->slot_count)
		grow_slots(sets);
	return (uint32_t)sets->count - 1;
}

static struct packet_cut *scratch(struct packet_sets *sets, size_t count)
{
	if (count > sets->scratch_capacity) {
		sets->scratch_capacity = 2 * count + CUTS_ROOM;
		sets->scratch = mem_resize(sets->scratch, sets->scratch_capacity,
					   sizeof(*sets->scratch));
	}
	return sets->scratch;
}

static size_t append(struct packet_cut *cuts, size_t count, uint32_t key, enum verdict verdict)
{
	if (count && cuts[count - 1].verdict == verdict)
		return count;
	cuts[count] = (struct packet_cut){ .key = key, .verdict = verdict };
	return count + 1;
}

uint32_t packet_sets_put(struct packet_sets *sets, const struct packet_cut *cuts, size_t count)
{
	struct packet_cut *out = scratch(sets, count);
	size_t		   kept = 0;

	assert(count && cuts[0].key == 0);
	for (size_t i = 0; i < count; i++)
		kept = append(out, kept, cuts[i].key, cuts[i].verdict);
	return intern(sets, out, kept);
}

uint32_t packet_sets_range(struct packet_sets *sets, uint32_t first, uint32_t last,
			   enum verdict verdict)
{
	struct packet_cut cuts[3];
	size_t		  count = 0;

	assert(first <= last && last < PACKET_KEY_END);
	if (first > 0)
		count = append(cuts, count, 0, VERDICT_DENY);
	count = append(cuts, count, first, verdict);
	if (last + 1 < PACKET_KEY_END)
		count = append(cuts, count, last + 1, VERDICT_DENY);
	return intern(sets, cuts, count);
}

/* One code of every type: the only header that is not one range. */
static uint32_t put_code(struct packet_sets *sets, uint32_t base, uint32_t code)
{
	struct packet_cut *cuts = scratch(sets, 2 * ICMP_CODES + 2);
	size_t		   count = append(cuts, 0, 0, VERDICT_DENY);

	for (uint32_t type = 0; type < ICMP_CODES; type++) {
		count = append(cuts, count, base | type << 8 | code, VERDICT_ALLOW);
		count = append(cuts, count, (base | type << 8 | code) + 1, VERDICT_DENY);
	}
	return intern(sets, cuts, count);
}

uint32_t packet_sets_header(struct packet_sets *sets, int16_t protocol, struct port_range ports,
			    int16_t icmp_type, int16_t icmp_code)
{
	uint32_t base = protocol < 0 ? 0 : (uint32_t)protocol << 16;
	uint32_t first = base, last = base + PACKET_KEYS - 1;

	if (protocol == PROTO_ANY)
		return PACKET_SET_ALLOW;
	if (proto_has_ports(protocol)) {
		if (ports.min > ports.max)
			return PACKET_SET_DENY;
		first = base | ports.min;
		last = base | ports.max;
	} else if (proto_is_icmp(protocol)) {
		if (icmp_type > 255 || icmp_code > 255)
			return PACKET_SET_DENY;
		if (icmp_type < 0 && icmp_code >= 0)
			return put_code(sets, base, (uint32_t)icmp_code);
		if (icmp_type >= 0) {
			first = base | (uint32_t)icmp_type << 8 |
				(uint32_t)(icmp_code < 0 ? 0 : icmp_code);
			last = icmp_code < 0 ? first + 255 : first;
		}
	}
	return packet_sets_range(sets, first, last, VERDICT_ALLOW);
}

uint32_t packet_sets_ports(struct packet_sets *sets, const struct ports *ports)
{
	uint32_t set = PACKET_SET_DENY;

	if (ports->count == 0)
		return packet_sets_header(sets, ports->protocol,
					  (struct port_range){ .min = 0, .max = UINT16_MAX },
					  ports->icmp_type, ports->icmp_code);
	for (uint8_t i = 0; i < ports->count; i++)
		set = packet_sets_either(
			sets, set,
			packet_sets_header(sets, ports->protocol, ports->ranges[i], -1, -1));
	return set;
}

uint32_t packet_sets_where(struct packet_sets *sets, uint32_t set, enum verdict verdict)
{
	struct packet_cut	*out = scratch(sets, sets->extents[set].count);
	size_t			 count, kept = 0;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &count);

	if (!packet_sets_has(sets, set, verdict))
		return PACKET_SET_DENY;
	for (size_t i = 0; i < count; i++)
		kept = append(out, kept, cuts[i].key,
			      cuts[i].verdict == verdict ? VERDICT_ALLOW : VERDICT_DENY);
	return intern(sets, out, kept);
}

static enum verdict combine(enum operation operation, enum verdict a, enum verdict b)
{
	if (operation == BOTH)
		return a < b ? a : b;
	if (operation == EITHER)
		return a > b ? a : b;
	return (enum verdict)(VERDICT_ALLOW - a);
}

/* Goes along both lines at once; the answer changes only where one of them does. */
static uint32_t merge(struct packet_sets *sets, enum operation operation, uint32_t a, uint32_t b)
{
	struct packet_cut *out = scratch(sets, sets->extents[a].count + sets->extents[b].count);
	size_t		   a_count, b_count, i = 0, j = 0, count = 0;
	const struct packet_cut *of_a = packet_sets_cuts(sets, a, &a_count);
	const struct packet_cut *of_b = packet_sets_cuts(sets, b, &b_count);
	uint32_t		 key = 0;

	while (key < PACKET_KEY_END) {
		uint32_t next_a, next_b;

		count = append(out, count, key,
			       combine(operation, of_a[i].verdict, of_b[j].verdict));
		next_a = i + 1 < a_count ? of_a[i + 1].key : PACKET_KEY_END;
		next_b = j + 1 < b_count ? of_b[j + 1].key : PACKET_KEY_END;
		key = next_a < next_b ? next_a : next_b;
		i += next_a == key && key < PACKET_KEY_END;
		j += next_b == key && key < PACKET_KEY_END;
	}
	return intern(sets, out, count);
}

static size_t find_result(const struct packet_sets *sets, uint32_t operation, uint32_t a,
			  uint32_t b)
{
	uint64_t mixed = ((uint64_t)a << 32 | b) * UINT64_C(0x9e3779b97f4a7c15) + operation;
	size_t	 at = (mixed ^ mixed >> 29) * UINT64_C(0xbf58476d1ce4e5b9) >> 20 &
		    (sets->result_slots - 1);

	for (;; at = (at + 1) & (sets->result_slots - 1)) {
		const struct result *result = &sets->results[at];

		if (result->operation == OPERATION_NONE ||
		    (result->operation == operation && result->a == a && result->b == b))
			return at;
	}
}

static void grow_results(struct packet_sets *sets)
{
	struct result *old = sets->results;
	size_t	       old_slots = sets->result_slots;

	sets->result_slots *= 2;
	sets->results = mem_alloc(sets->result_slots * sizeof(*sets->results));
	for (size_t i = 0; i < old_slots; i++)
		if (old[i].operation != OPERATION_NONE)
			sets->results[find_result(sets, old[i].operation, old[i].a, old[i].b)] =
				old[i];
	free(old);
}

static uint32_t work_out(struct packet_sets *sets, enum operation operation, uint32_t a, uint32_t b)
{
	size_t at = find_result(sets, operation, a, b);

	if (sets->results[at].operation != OPERATION_NONE)
		return sets->results[at].set;
	sets->results[at] = (struct result){
		.a = a, .b = b, .set = merge(sets, operation, a, b), .operation = operation
	};
	b = sets->results[at].set;
	if (++sets->result_count * 2 > sets->result_slots)
		grow_results(sets);
	return b;
}

uint32_t packet_sets_both(struct packet_sets *sets, uint32_t a, uint32_t b)
{
	if (a > b)
		return packet_sets_both(sets, b, a);
	if (a == PACKET_SET_DENY || a == b)
		return a;
	if (a == PACKET_SET_ALLOW)
		return b;
	return b == PACKET_SET_ALLOW ? a : work_out(sets, BOTH, a, b);
}

uint32_t packet_sets_either(struct packet_sets *sets, uint32_t a, uint32_t b)
{
	if (a > b)
		return packet_sets_either(sets, b, a);
	if (a == PACKET_SET_DENY || a == b)
		return b;
	if (a == PACKET_SET_ALLOW || b == PACKET_SET_ALLOW)
		return PACKET_SET_ALLOW;
	return work_out(sets, EITHER, a, b);
}

uint32_t packet_sets_not(struct packet_sets *sets, uint32_t a)
{
	return work_out(sets, NOT, a, a);
}

enum verdict packet_sets_at(const struct packet_sets *sets, uint32_t set, uint32_t key)
{
	size_t			 low = 0, high;
	const struct packet_cut *cuts = packet_sets_cuts(sets, set, &high);

	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (cuts[middle].key <= key)
			low = middle;
		else
			high = middle;
	}
	return cuts[low].verdict;
}

enum verdict packet_sets_best(const struct packet_sets *sets, uint32_t set)
{
	return sets->extents[set].best;
}

bool packet_sets_has(const struct packet_sets *sets, uint32_t set, enum verdict verdict)
{
	return sets->extents[set].seen >> verdict & 1;
}

size_t packet_sets_count(const struct packet_sets *sets)
{
	return sets->count;
}

struct packet_sets *packet_sets_new(void)
{
	struct packet_sets *sets = mem_alloc(sizeof(*sets));

	sets->slot_count = sets->result_slots = SLOTS_MIN;
	sets->slots = mem_alloc(sets->slot_count * sizeof(*sets->slots));
	sets->results = mem_alloc(sets->result_slots * sizeof(*sets->results));
	for (int verdict = 0; verdict < VERDICT_COUNT; verdict++) {
		struct packet_cut cut = { .key = 0, .verdict = (enum verdict)verdict };

		(void)intern(sets, &cut, 1);
	}
	return sets;
}

void packet_sets_free(struct packet_sets *sets)
{
	if (!sets)
		return;
	free(sets->cuts);
	free(sets->extents);
	free(sets->slots);
	free(sets->results);
	free(sets->scratch);
	free(sets);
}

/* Reserved by IANA. */
enum { PROTOCOL_UNNAMED = 255 };

uint32_t packet_sets_family(struct packet_sets *sets, uint32_t set, uint8_t family)
{
	uint32_t first = (uint32_t)(family == IP_V4 ? PROTO_ICMPV6 : PROTO_ICMP) << 16;
	uint32_t last = first + PACKET_KEYS - 1, other, rest;

	if (set <= PACKET_SET_ALLOW)
		return set;
	other = packet_sets_range(sets, first, last, VERDICT_ALLOW);
	rest = packet_sets_range(sets, first, last,
				 packet_sets_at(sets, set, (uint32_t)PROTOCOL_UNNAMED << 16));
	return packet_sets_either(sets, rest,
				  packet_sets_both(sets, set, packet_sets_not(sets, other)));
}
