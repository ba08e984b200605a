/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/capture/fragment.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

enum { WAYS = 4, SETS = FLOW_DATAGRAM_COUNT / WAYS };

struct first {
	struct flow_datagram datagram; /* family 0: free */
	uint16_t	     src_port, dst_port;
	uint8_t		     protocol, icmp_type, icmp_code;
	struct wall	     time;
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

static struct flow_datagram datagram_of(const struct flow_packet *packet)
{
	const struct flow_key *key = &packet->key;
	struct flow_datagram   datagram = { .ifindex = key->ifindex,
					    .datagram = packet->datagram,
					    .family = key->family,
					    .protocol = key->family == 4 ? key->protocol : 0,
					    .direction = key->direction };

	memcpy(datagram.src, key->src, sizeof(datagram.src));
	memcpy(datagram.dst, key->dst, sizeof(datagram.dst));
	return datagram;
}

/* The datagram's place in its set, or NULL. */
static struct first *find(struct first *set, const struct flow_datagram *datagram)
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
		if (!set[i].datagram.family)
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

	return apart < FLOW_DATAGRAM_NS;
}

bool fragments_join(struct fragments *fragments, struct flow_packet *packet, struct wall time)
{
	struct flow_datagram datagram = datagram_of(packet);
	struct first	    *set = fragments->firsts[map_hash(&datagram, sizeof(datagram)) % SETS];
	struct first	    *first = find(set, &datagram);

	if (packet->fragment == FRAGMENT_FIRST) {
		if (!first)
			first = choose(set);
		*first = (struct first){ .datagram = datagram,
					 .src_port = packet->key.src_port,
					 .dst_port = packet->key.dst_port,
					 .protocol = packet->key.protocol,
					 .icmp_type = packet->icmp_type,
					 .icmp_code = packet->icmp_code,
					 .time = time };
		return true;
	}
	if (!first || !is_within_life(first->time, time))
		return false;
	packet->key.src_port = first->src_port;
	packet->key.dst_port = first->dst_port;
	packet->key.protocol = first->protocol;
	packet->icmp_type = first->icmp_type;
	packet->icmp_code = first->icmp_code;
	return true;
}
