/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/draft.h"

#include <stdlib.h>

#include "lib/base/mem.h"
#include "policies/rules/exempt.h"

static struct header header_of(const struct sg_rule *rule)
{
	return (struct header){ .protocol = rule->protocol,
				.ports = rule->ports,
				.icmp_type = rule->icmp_type,
				.icmp_code = rule->icmp_code };
}

static void add_group(struct draft *draft, uint32_t sg_idx)
{
	const struct sg *sg = &draft->world->sgs[sg_idx];

	for (uint32_t i = 0; i < sg->rule_count; i++) {
		struct header header = header_of(&sg->rules[i]);

		if (sg->rules[i].egress != draft->egress)
			continue;
		draft->rules = mem_grow(draft->rules, draft->rule_count, &draft->rule_capacity,
					sizeof(*draft->rules));
		draft->rules[draft->rule_count++] = (struct draft_rule){ .rule = &sg->rules[i],
									 .sg_idx = sg_idx };
		axis_add(&draft->axis, &header);
	}
}

static void add_nacl(struct draft *draft)
{
	for (uint32_t i = 0; draft->nacl && i < draft->nacl->rule_count; i++) {
		const struct nacl_rule *rule = &draft->nacl->rules[i];
		struct header		header = { .protocol = rule->protocol,
						   .ports = rule->ports,
						   .icmp_type = rule->icmp_type,
						   .icmp_code = rule->icmp_code };

		if (rule->egress == draft->egress)
			axis_add(&draft->axis, &header);
	}
}

void draft_init(struct draft *draft, const struct world *world, uint32_t eni_idx, bool egress)
{
	const struct eni *eni = &world->enis[eni_idx];
	uint32_t	  nacl_idx = eni->subnet_idx == WORLD_NONE
					     ? WORLD_NONE
					     : world->subnets[eni->subnet_idx].nacl_idx;

	*draft = (struct draft){ .world = world, .eni = eni, .egress = egress };
	draft->nacl = nacl_idx == WORLD_NONE ? NULL : &world->nacls[nacl_idx];
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (eni->sg_idxs[i] != WORLD_NONE)
			add_group(draft, eni->sg_idxs[i]);
	add_nacl(draft);
	for (size_t i = 0; i < DHCP_PORT_COUNT; i++)
		axis_cut(&draft->axis, AXIS_UDP + dhcp_ports[i], AXIS_UDP + dhcp_ports[i]);
	axis_close(&draft->axis);
	for (size_t i = 0; i < draft->rule_count; i++) {
		struct draft_rule *rule = &draft->rules[i];
		struct header	   header = header_of(rule->rule);

		rule->column_count = header_covers(&header, rule->columns);
		for (size_t j = 0; j < rule->column_count; j++)
			rule->columns[j] = axis_columns(&draft->axis, rule->columns[j]);
	}
}

void draft_done(struct draft *draft)
{
	axis_done(&draft->axis);
	free(draft->rules);
	*draft = (struct draft){ 0 };
}

bool draft_has_references(const struct draft *draft)
{
	for (size_t i = 0; i < draft->rule_count; i++)
		if (draft->rules[i].rule->peer_kind == PEER_GROUP)
			return true;
	return false;
}

void sheet_done(struct sheet *sheet)
{
	rows_done(&sheet->rows);
	for (int family = 0; family < SPAN_FAMILY_COUNT; family++)
		spans_done(&sheet->spans[family]);
}
