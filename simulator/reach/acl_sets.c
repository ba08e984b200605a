/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/acl_sets.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/rules/interface.h"
#include "simulator/reach/cuts.h"

struct acl_sets {
	const struct world	     *world;
	const struct address_classes *classes;
	struct packet_sets	     *sets;
	struct map		      known; /* struct key → set */
	struct arena		      arena;
};

struct key {
	uint32_t subnet_idx, address_class, family, egress;
};

struct acl_sets *acl_sets_new(const struct world *world, const struct address_classes *classes,
			      struct packet_sets *sets)
{
	struct acl_sets *acl_sets = mem_alloc(sizeof(*acl_sets));

	acl_sets->world = world;
	acl_sets->classes = classes;
	acl_sets->sets = sets;
	return acl_sets;
}

void acl_sets_free(struct acl_sets *acl_sets)
{
	if (!acl_sets)
		return;
	map_done(&acl_sets->known);
	arena_done(&acl_sets->arena);
	free(acl_sets);
}

struct query {
	const struct world *world;
	uint32_t	    subnet_idx;
	bool		    egress;
	struct ip	    ip;
};

static enum verdict ask(void *context, const struct packet *packet)
{
	const struct query *query = context;
	struct packet	    full = *packet;

	*(query->egress ? &full.dst : &full.src) = query->ip;
	return interface_edge(query->world, query->subnet_idx, query->egress, &full).verdict;
}

static uint32_t make(struct acl_sets *acl_sets, struct query *query)
{
	const struct world *world = acl_sets->world;
	uint32_t	    nacl_idx = query->subnet_idx == WORLD_NONE
					       ? WORLD_NONE
					       : world->subnets[query->subnet_idx].nacl_idx;
	struct cuts	    cuts = { 0 };
	uint32_t	    set;

	for (uint32_t i = 0; nacl_idx != WORLD_NONE && i < world->nacls[nacl_idx].rule_count; i++) {
		const struct nacl_rule *rule = &world->nacls[nacl_idx].rules[i];

		if (rule->egress == query->egress)
			cuts_add(&cuts, rule->protocol, rule->ports, rule->icmp_type,
				 rule->icmp_code);
	}
	cuts_close(&cuts);
	set = cuts_ask(&cuts, acl_sets->sets, ask, query);
	cuts_done(&cuts);
	return set;
}

uint32_t acl_sets_ask(struct acl_sets *acl_sets, uint32_t subnet_idx, bool egress, struct ip ip)
{
	struct query query = { acl_sets->world, subnet_idx, egress, ip };
	struct key   key = { subnet_idx, address_class(acl_sets->classes, ip), ip.family, egress };
	struct str   bytes = { (const char *)&key, sizeof(key) };
	uint32_t     set;

	if (map_get(&acl_sets->known, bytes, &set))
		return set;
	set = make(acl_sets, &query);
	map_put(&acl_sets->known, arena_str(&acl_sets->arena, bytes), set);
	return set;
}
