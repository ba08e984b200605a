/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/usage_rules.h"

#include <math.h>
#include <stdlib.h>

#include "lib/base/mem.h"

/* Behind the entries of an ACL stand its two implicit denies. */
enum { IMPLICIT_COUNT = 2, NOT_KNOWN = -1 };

static double size_of(struct cidr cidr)
{
	return ldexp(1, (int)(ip_bits(cidr.base) - cidr.prefix_len));
}

/* Addresses that interfaces with each group have, delegated prefixes whole. */
static double *count_members(const struct world *world)
{
	double *members = mem_alloc((world->counts[WORLD_SG] + 1) * sizeof(*members));

	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];
		double		  addresses = eni->address_count;

		for (uint32_t j = 0; j < eni->prefix_count; j++)
			addresses += size_of(eni->prefixes[j]);
		for (uint32_t j = 0; j < eni->sg_count; j++)
			if (eni->sg_idxs[j] != WORLD_NONE)
				members[eni->sg_idxs[j]] += addresses;
	}
	return members;
}

static double allowed_by(const struct world *world, const struct sg_rule *rule,
			 const double *members)
{
	const struct prefix_list *list;
	double			  addresses = 0;

	if (rule->peer_kind == PEER_CIDR)
		return size_of(rule->cidr);
	if (rule->peer_idx == WORLD_NONE)
		return NOT_KNOWN;
	if (rule->peer_kind == PEER_GROUP)
		return members[rule->peer_idx];
	list = &world->prefix_lists[rule->peer_idx];
	for (uint32_t i = 0; i < list->entry_count; i++)
		addresses += size_of(list->entries[i]);
	return list->has_entries ? addresses : NOT_KNOWN;
}

static size_t count_rules(const struct world *world)
{
	size_t count = 0;

	for (size_t i = 0; i < world->counts[WORLD_SG]; i++)
		count += world->sgs[i].rule_count;
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++)
		count += world->nacls[i].rule_count + IMPLICIT_COUNT;
	return count;
}

static void add_sg(struct usage_rules *rules, uint32_t sg_idx, const double *members)
{
	const struct sg *sg = &rules->world->sgs[sg_idx];

	rules->sg_first[sg_idx] = (uint32_t)rules->count;
	for (uint32_t i = 0; i < sg->rule_count; i++)
		rules->items[rules->count++] = (struct usage_rule){
			.object_idx = sg_idx,
			.egress = sg->rules[i].egress,
			.sg_rule = &sg->rules[i],
			.allowed = allowed_by(rules->world, &sg->rules[i], members)
		};
}

static void add_nacl(struct usage_rules *rules, uint32_t nacl_idx)
{
	const struct nacl *nacl = &rules->world->nacls[nacl_idx];

	rules->nacl_first[nacl_idx] = (uint32_t)rules->count;
	for (uint32_t i = 0; i < nacl->rule_count; i++)
		rules->items[rules->count++] = (struct usage_rule){ .is_nacl = true,
								    .object_idx = nacl_idx,
								    .egress = nacl->rules[i].egress,
								    .nacl_rule = &nacl->rules[i],
								    .allowed = size_of(
									    nacl->rules[i].cidr) };
	for (int i = 0; i < IMPLICIT_COUNT; i++)
		rules->items[rules->count++] = (struct usage_rule){
			.is_nacl = true, .object_idx = nacl_idx, .egress = i, .allowed = NOT_KNOWN
		};
}

void usage_rules_open(struct usage_rules *rules, const struct world *world)
{
	auto_free double *members = count_members(world);
	size_t		  sgs = world->counts[WORLD_SG], nacls = world->counts[WORLD_NACL];

	*rules = (struct usage_rules){ .world = world };
	rules->items = mem_alloc((count_rules(world) + 1) * sizeof(*rules->items));
	rules->sg_first = mem_alloc((sgs + 1) * sizeof(*rules->sg_first));
	rules->nacl_first = mem_alloc((nacls + 1) * sizeof(*rules->nacl_first));
	for (uint32_t i = 0; i < sgs; i++)
		add_sg(rules, i, members);
	for (uint32_t i = 0; i < nacls; i++)
		add_nacl(rules, i);
}

void usage_rules_close(struct usage_rules *rules)
{
	free(rules->items);
	free(rules->sg_first);
	free(rules->nacl_first);
	*rules = (struct usage_rules){ 0 };
}

void usage_hits_add(struct usage_hits *hits, uint32_t rule, enum usage_hit hit)
{
	hits->items = mem_grow(hits->items, hits->count, &hits->capacity, sizeof(*hits->items));
	hits->items[hits->count++] = rule << 2 | hit;
}

uint32_t usage_hit_rule(uint32_t item)
{
	return item >> 2;
}

enum usage_hit usage_hit_kind(uint32_t item)
{
	return (enum usage_hit)(item & 3);
}

/* Every rule of the interface's groups that covers the packet that opened the connection. */
static void hit_sgs(const struct usage_rules *rules, const struct record_answer *answer,
		    struct usage_hits *hits)
{
	const struct world *world = rules->world;
	const struct eni   *eni = &world->enis[answer->eni_idx];
	bool   egress = (answer->direction == DIRECTION_EGRESS) != (answer->reading == ROLE_REPLY);
	size_t before = hits->count;

	for (uint32_t i = 0; i < eni->sg_count; i++) {
		const struct sg *sg = eni->sg_idxs[i] == WORLD_NONE ? NULL
								    : &world->sgs[eni->sg_idxs[i]];

		for (uint32_t j = 0; sg && j < sg->rule_count; j++)
			if (sg->rules[j].egress == egress &&
			    sg_match(world, eni, &sg->rules[j], &answer->opening) == MATCH_YES)
				usage_hits_add(hits, rules->sg_first[eni->sg_idxs[i]] + j,
					       USAGE_HIT);
	}
	if (hits->count == before + 1)
		hits->items[before] |= USAGE_HIT_ONLY;
}

/* Whether the ACL, without the entry that decided, would decide the other way for sure. */
static bool turns(const struct nacl *nacl, const struct nacl_rule *decided, bool egress,
		  const struct packet *packet)
{
	for (uint32_t i = (uint32_t)(decided - nacl->rules) + 1; i < nacl->rule_count; i++) {
		enum match match = nacl_match(&nacl->rules[i], egress, packet);

		if (match != MATCH_NO)
			return match == MATCH_YES && nacl->rules[i].allow != decided->allow;
	}
	return decided->allow;
}

/* The deny at the end of an ACL cannot be removed, so nothing would be another without it. */
static void hit_nacl(const struct usage_rules *rules, const struct record_answer *answer,
		     struct usage_hits *hits)
{
	const struct decision *decision = &answer->model.nacl;
	bool		       egress = answer->direction == DIRECTION_EGRESS;
	bool		       others_allow = answer->model.sg.verdict == VERDICT_ALLOW;
	const struct nacl     *nacl;
	uint32_t	       first;

	if (!answer->model.nacl_crossed || decision->object_idx == WORLD_NONE)
		return;
	nacl = &rules->world->nacls[decision->object_idx];
	first = rules->nacl_first[decision->object_idx];
	if (!decision->nacl_rule)
		usage_hits_add(hits, first + nacl->rule_count + egress, USAGE_HIT);
	else if (others_allow && turns(nacl, decision->nacl_rule, egress, &answer->packet))
		usage_hits_add(hits, first + (uint32_t)(decision->nacl_rule - nacl->rules),
			       USAGE_HIT_ONLY);
	else
		usage_hits_add(hits, first + (uint32_t)(decision->nacl_rule - nacl->rules),
			       USAGE_HIT);
}

void usage_rules_hit(const struct usage_rules *rules, const struct record_answer *answer,
		     struct usage_hits *hits)
{
	switch (answer->verdict) {
	case RECORD_EXPECTED:
	case RECORD_UNEXPECTED:
		if (answer->model.sg.sg_rule)
			hit_sgs(rules, answer, hits);
		hit_nacl(rules, answer, hits);
		break;
	case RECORD_REJECTED:
		if (answer->model.nacl.verdict == VERDICT_DENY)
			hit_nacl(rules, answer, hits);
		break;
	case RECORD_CONTRADICTION:
	case RECORD_UNKNOWN:
	case RECORD_VERDICT_COUNT:
		break;
	}
}

static bool is_deny(const struct usage_rule *rule)
{
	return rule->is_nacl && !(rule->nacl_rule && rule->nacl_rule->allow);
}

static void cover(struct usage_rule *rule, const struct usage_cover *cover)
{
	const struct sums *covered = &cover->covered;

	rule->eni_count++;
	rule->maybe += is_deny(rule) ? cover->rejected : cover->accepted;
	if (covered->records == 0)
		return;
	rule->eni_covered++;
	if (covered->start && (rule->covered_start == 0 || covered->start < rule->covered_start))
		rule->covered_start = covered->start;
	if (covered->end > rule->covered_end)
		rule->covered_end = covered->end;
}

void usage_rules_cover(struct usage_rules *rules, const struct usage_cover *covers)
{
	const struct world *world = rules->world;

	for (size_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];
		uint32_t	  nacl_idx = eni->subnet_idx == WORLD_NONE
						     ? WORLD_NONE
						     : world->subnets[eni->subnet_idx].nacl_idx;

		for (uint32_t j = 0; j < eni->sg_count; j++) {
			uint32_t sg_idx = eni->sg_idxs[j];

			for (uint32_t k = 0;
			     sg_idx != WORLD_NONE && k < world->sgs[sg_idx].rule_count; k++)
				cover(&rules->items[rules->sg_first[sg_idx] + k], &covers[i]);
		}
		for (uint32_t k = 0; nacl_idx != WORLD_NONE &&
				     k < world->nacls[nacl_idx].rule_count + IMPLICIT_COUNT;
		     k++)
			cover(&rules->items[rules->nacl_first[nacl_idx] + k], &covers[i]);
	}
}
