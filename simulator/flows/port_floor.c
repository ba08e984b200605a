/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/port_floor.h"

#include "lib/base/mem.h"
#include "policies/match/port_evidence.h"
#include "policies/rules/service.h"

enum { PORTS = 65536 };

/* A range begins and ends here: its first port and the one behind its last differ from those before them. */
static void mark(bool *starts, struct port_range range)
{
	starts[range.min] = true;
	starts[range.max + 1] = true;
}

static void mark_named(bool *starts, bool *is_named, struct port_range range)
{
	mark(starts, range);
	for (uint32_t port = range.min; port_evidence_names(range) && port <= range.max; port++)
		is_named[port] = true;
}

static void mark_rules(const struct world *world, bool *starts, bool *is_named)
{
	for (size_t i = 0; i < world->counts[WORLD_SG]; i++)
		for (uint32_t j = 0; j < world->sgs[i].rule_count; j++)
			mark_named(starts, is_named, world->sgs[i].rules[j].ports);
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++)
		for (uint32_t j = 0; j < world->nacls[i].rule_count; j++)
			mark(starts, world->nacls[i].rules[j].ports);
}

static void mark_policy(const struct intent *intent, bool *starts, bool *is_named)
{
	for (uint32_t i = 0; i < intent->statement_count; i++)
		for (uint32_t j = 0; j < intent->statements[i].ports_count; j++)
			for (uint8_t k = 0; k < intent->statements[i].ports[j].count; k++)
				mark_named(starts, is_named,
					   intent->statements[i].ports[j].ranges[k]);
}

struct port_floor *port_floor_new(const struct world *world, const struct judge *judge)
{
	struct port_floor *floor = mem_alloc(sizeof(*floor));
	auto_free bool	  *starts = mem_alloc((PORTS + 1) * sizeof(*starts));
	uint16_t	   lowest = 0;

	mark_rules(world, starts, floor->is_named);
	if (judge)
		mark_policy(judge_policy(judge), starts, floor->is_named);
	for (size_t i = 0; i < DHCP_PORT_COUNT; i++)
		mark(starts, (struct port_range){ dhcp_ports[i], dhcp_ports[i] });
	starts[RECORD_SYSTEM_PORTS] = starts[RECORD_EPHEMERAL_MIN] = true;
	for (uint32_t port = 0; port < PORTS; port++) {
		if (starts[port] || floor->is_named[port])
			lowest = (uint16_t)port;
		floor->lowest[port] = lowest;
	}
	return floor;
}

static bool is_marked(const struct port_floor *floor, uint16_t port)
{
	return floor->is_named[port] || port < RECORD_SYSTEM_PORTS;
}

bool port_floor_tells(const struct port_floor *floor, enum role role, uint16_t src, uint16_t dst)
{
	uint16_t service = role == ROLE_INITIATOR ? dst : src;
	uint16_t client = role == ROLE_INITIATOR ? src : dst;

	return role != ROLE_UNKNOWN && role == record_role_by_ports(PROTO_TCP, src, dst) &&
	       is_marked(floor, service) && !is_marked(floor, client);
}
