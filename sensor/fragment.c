/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { WAYS = 4, SETS = FRAGMENT_DATAGRAMS / WAYS };

#define LIFE_NS (FRAGMENT_LIFE_S * INT64_C(1000000000))

/* What all fragments of a datagram share. */
struct datagram {
	struct flow_key key; /* ports 0 */
	uint32_t	id;
};
_Static_assert(sizeof(struct datagram) == sizeof(struct flow_key) + sizeof(uint32_t),
	       "compared and hashed as bytes, so without padding");

struct first {
	struct datagram datagram; /* family 0: free */
	uint16_t	src_port, dst_port;
	uint8_t		icmp_type, icmp_code;
	struct wall	time;
};

struct fragments {
	struct first firsts[SETS][WAYS];
};

struct fragments *fragments_new(void)
{
	return mem_alloc(sizeof(struct fragments));
}

void fragments_free(struct fragments *fragments)
{
	free(fragments);
}

static struct datagram datagram_of(const struct flow_packet *packet)
{
	struct datagram datagram = { .key = packet->key, .id = packet->datagram };

	datagram.key.src_port = 0;
	datagram.key.dst_port = 0;
	return datagram;
}

/* The datagram's place in its set, or NULL. */
static struct first *find(struct first *set, const struct datagram *datagram)
{
	for (size_t i = 0; i < WAYS; i++)
		if (memcmp(&set[i].datagram, datagram, sizeof(*datagram)) == 0)
			return &set[i];
	return NULL;
}

/* A free place of the set, or the one that is oldest. */
static struct first *choose(struct first *set)
{
	struct first *chosen = set;

	for (size_t i = 0; i < WAYS; i++) {
		if (!set[i].datagram.key.family)
			return &set[i];
		if (set[i].time.ns < chosen->time.ns)
			chosen = &set[i];
	}
	return chosen;
}

/* Times may be any 63 bits, also before 1970: their difference as unsigned never overflows. */
static bool is_within_life(struct wall a, struct wall b)
{
	uint64_t apart = a.ns > b.ns ? (uint64_t)a.ns - (uint64_t)b.ns
				     : (uint64_t)b.ns - (uint64_t)a.ns;

	return apart <= (uint64_t)LIFE_NS;
}

bool fragments_join(struct fragments *fragments, struct flow_packet *packet, struct wall time)
{
	struct datagram datagram = datagram_of(packet);
	struct first   *set = fragments->firsts[map_hash(&datagram, sizeof(datagram)) % SETS];
	struct first   *first = find(set, &datagram);

	if (packet->fragment == FRAGMENT_FIRST) {
		if (!first)
			first = choose(set);
		*first = (struct first){ .datagram = datagram,
					 .src_port = packet->key.src_port,
					 .dst_port = packet->key.dst_port,
					 .icmp_type = packet->icmp_type,
					 .icmp_code = packet->icmp_code,
					 .time = time };
		return true;
	}
	if (!first || !is_within_life(first->time, time))
		return false;
	packet->key.src_port = first->src_port;
	packet->key.dst_port = first->dst_port;
	packet->icmp_type = first->icmp_type;
	packet->icmp_code = first->icmp_code;
	return true;
}
