/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/cuts.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { ICMP_TYPES = 256 };

void cuts_add_key(struct cuts *cuts, uint32_t key)
{
	if (key >= PACKET_KEY_END)
		return;
	cuts->keys = mem_grow(cuts->keys, cuts->count, &cuts->capacity, sizeof(*cuts->keys));
	cuts->keys[cuts->count++] = key;
}

static void cut(struct cuts *cuts, uint32_t first, uint32_t last)
{
	cuts_add_key(cuts, first);
	cuts_add_key(cuts, last + 1);
}

void cuts_add(struct cuts *cuts, int16_t protocol, struct port_range ports, int16_t icmp_type,
	      int16_t icmp_code)
{
	uint32_t base = (uint32_t)protocol << 16;
	uint32_t type = icmp_type < 0 ? 0 : (uint32_t)icmp_type << 8;

	if (protocol < 0)
		return;
	cut(cuts, base, base + PACKET_KEYS - 1);
	if (proto_has_ports(protocol) && ports.min <= ports.max)
		cut(cuts, base | ports.min, base | ports.max);
	if (!proto_is_icmp(protocol) || icmp_type >= ICMP_TYPES || icmp_code >= ICMP_TYPES)
		return;
	if (icmp_type >= 0)
		cut(cuts, base | type, base | type | 0xff);
	for (uint32_t i = 0; icmp_code >= 0 && i < ICMP_TYPES; i++)
		if (icmp_type < 0 || type == i << 8)
			cut(cuts, base | i << 8 | (uint32_t)icmp_code,
			    base | i << 8 | (uint32_t)icmp_code);
}

void cuts_add_ports(struct cuts *cuts, const struct ports *ports)
{
	for (uint8_t i = 0; i < ports->count; i++)
		cuts_add(cuts, ports->protocol, ports->ranges[i], -1, -1);
	if (ports->count == 0)
		cuts_add(cuts, ports->protocol, (struct port_range){ .min = 0, .max = 65535 },
			 ports->icmp_type, ports->icmp_code);
}

static int compare_keys(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

void cuts_close(struct cuts *cuts)
{
	size_t kept = 0;

	cuts->keys = mem_grow(cuts->keys, cuts->count, &cuts->capacity, sizeof(*cuts->keys));
	cuts->keys[cuts->count++] = 0;
	qsort(cuts->keys, cuts->count, sizeof(*cuts->keys), compare_keys);
	for (size_t i = 0; i < cuts->count; i++)
		if (kept == 0 || cuts->keys[i] != cuts->keys[kept - 1])
			cuts->keys[kept++] = cuts->keys[i];
	cuts->count = kept;
}

void cuts_done(struct cuts *cuts)
{
	free(cuts->keys);
	*cuts = (struct cuts){ 0 };
}

uint32_t cuts_ask(const struct cuts *cuts, struct packet_sets *sets, cuts_ask_fn *ask,
		  void *context)
{
	auto_free struct packet_cut *answers = mem_alloc(cuts->count * sizeof(*answers));

	for (size_t i = 0; i < cuts->count; i++) {
		struct packet packet = packet_of_key(cuts->keys[i]);

		answers[i] = (struct packet_cut){ .key = cuts->keys[i],
						  .verdict = ask(context, &packet) };
	}
	return packet_sets_put(sets, answers, cuts->count);
}
