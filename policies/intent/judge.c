/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/intent/judge.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

#define TIER(index) (UINT64_C(1) << (index))

struct judge {
	const struct intent *intent; /* borrowed */
	const struct world  *world;  /* borrowed */
	uint64_t	    *eni_tiers;
	size_t		     members[INTENT_TIERS_MAX];
};

static bool tier_has_eni(const struct intent_tier *tier, const struct world *world,
			 uint32_t eni_idx)
{
	for (uint32_t i = 0; i < tier->selector_count; i++)
		if (selector_has_eni(&tier->selectors[i], world, eni_idx))
			return true;
	return false;
}

struct judge *judge_new(const struct intent *intent, const struct world *world)
{
	struct judge *judge = mem_alloc(sizeof(*judge));
	size_t	      enis = world->counts[WORLD_ENI];

	judge->intent = intent;
	judge->world = world;
	judge->eni_tiers = mem_alloc(enis * sizeof(*judge->eni_tiers));
	for (uint32_t tier = 0; tier < intent->tier_count; tier++) {
		for (uint32_t eni_idx = 0; eni_idx < enis; eni_idx++) {
			if (!tier_has_eni(&intent->tiers[tier], world, eni_idx))
				continue;
			judge->eni_tiers[eni_idx] |= TIER(tier);
			judge->members[tier]++;
		}
	}
	return judge;
}

void judge_free(struct judge *judge)
{
	if (!judge)
		return;
	free(judge->eni_tiers);
	free(judge);
}

void judge_free_at(struct judge **judge)
{
	judge_free(*judge);
}

const struct intent *judge_policy(const struct judge *judge)
{
	return judge->intent;
}

size_t judge_members(const struct judge *judge, unsigned tier)
{
	return judge->members[tier];
}

bool judge_is_empty(const struct judge *judge, unsigned tier)
{
	const struct intent_tier *of = &judge->intent->tiers[tier];

	for (uint32_t i = 0; i < of->selector_count; i++)
		if (of->selectors[i].kind == SELECT_CIDR)
			return false;
	return judge->members[tier] == 0;
}

uint64_t judge_tiers(const struct judge *judge, uint32_t eni_idx, struct ip ip)
{
	const struct intent *intent = judge->intent;
	uint64_t	     tiers = TIER(INTENT_ANY);

	if (eni_idx != WORLD_NONE)
		return tiers | judge->eni_tiers[eni_idx];
	for (uint32_t tier = 0; tier < intent->tier_count; tier++)
		for (uint32_t i = 0; i < intent->tiers[tier].selector_count; i++)
			if (selector_has_ip(&intent->tiers[tier].selectors[i], ip))
				tiers |= TIER(tier);
	if (world_internet_has(judge->world, ip))
		tiers |= TIER(INTENT_INTERNET);
	return tiers;
}

struct str judge_tier_name(const struct judge *judge, uint64_t tiers)
{
	tiers &= ~TIER(INTENT_ANY);
	if (tiers == 0)
		return (struct str){ 0 };
	return intent_tier_name(judge->intent, (unsigned)__builtin_ctzll(tiers));
}

/* Like ports_has; an ICMP packet whose type is not known may be among any ports of its protocol. */
static enum match match_ports(const struct ports *ports, const struct packet *packet)
{
	if (ports_has(ports, packet->protocol, packet->dst_port, packet->icmp_type,
		      packet->icmp_code))
		return MATCH_YES;
	if (proto_is_icmp(packet->protocol) && packet->icmp_type < 0 &&
	    ports->protocol == packet->protocol)
		return MATCH_MAYBE;
	return MATCH_NO;
}

static enum match covers(const struct statement *statement, uint64_t src_tiers, uint64_t dst_tiers,
			 const struct packet *packet)
{
	enum match best = MATCH_NO;

	if (!(src_tiers & TIER(statement->src)) || !(dst_tiers & TIER(statement->dst)))
		return MATCH_NO;
	for (uint32_t i = 0; i < statement->ports_count; i++) {
		enum match match = match_ports(&statement->ports[i], packet);

		best = match > best ? match : best;
	}
	return best;
}

static bool is_between_tiers(uint64_t src_tiers, uint64_t dst_tiers)
{
	src_tiers &= ~TIER(INTENT_ANY);
	dst_tiers &= ~TIER(INTENT_ANY);
	return src_tiers && dst_tiers && !(src_tiers & dst_tiers);
}

static enum intent_verdict verdict_of(const struct statement *statement)
{
	return statement->kind == STATEMENT_ALLOW || statement->kind == STATEMENT_REQUIRE
		       ? INTENT_ALLOWED
		       : INTENT_FORBIDDEN;
}

/* The first statement that covers the packet, waivers apart.  One that only may cover it must agree. */
static struct intent_answer decide(const struct judge *judge, uint64_t src_tiers,
				   uint64_t dst_tiers, const struct packet *packet)
{
	struct intent_answer	answer = { .verdict = INTENT_SILENT };
	const struct statement *maybe = NULL;

	if (is_between_tiers(src_tiers, dst_tiers))
		answer.verdict = INTENT_UNLISTED;
	for (uint32_t i = 0; i < judge->intent->statement_count; i++) {
		const struct statement *statement = &judge->intent->statements[i];
		enum match		match;

		if (statement->kind == STATEMENT_WAIVE)
			continue;
		match = covers(statement, src_tiers, dst_tiers, packet);
		if (match == MATCH_YES) {
			answer.statement = statement;
			answer.verdict = verdict_of(statement);
			break;
		}
		if (match == MATCH_MAYBE && !maybe)
			maybe = statement;
	}
	if (maybe && verdict_of(maybe) != answer.verdict) {
		answer.statement = maybe;
		answer.verdict = INTENT_UNDECIDED;
	}
	return answer;
}

struct intent_answer judge_packet(const struct judge *judge, uint64_t src_tiers, uint64_t dst_tiers,
				  const struct packet *packet, int32_t day)
{
	struct intent_answer answer = decide(judge, src_tiers, dst_tiers, packet);

	if (!intent_forbids(answer.verdict))
		return answer;
	for (uint32_t i = 0; i < judge->intent->statement_count; i++) {
		const struct statement *statement = &judge->intent->statements[i];

		if (statement->kind != STATEMENT_WAIVE ||
		    covers(statement, src_tiers, dst_tiers, packet) != MATCH_YES)
			continue;
		if (day <= statement->until)
			return (struct intent_answer){ .verdict = INTENT_WAIVED,
						       .statement = statement };
		if (!answer.expired || statement->until > answer.expired->until)
			answer.expired = statement;
	}
	return answer;
}

const char *intent_verdict_text(enum intent_verdict verdict)
{
	static const char *const texts[INTENT_VERDICT_COUNT] = {
		[INTENT_SILENT] = "silent",	[INTENT_ALLOWED] = "allowed",
		[INTENT_WAIVED] = "waived",	[INTENT_UNDECIDED] = "undecided",
		[INTENT_UNLISTED] = "unlisted", [INTENT_FORBIDDEN] = "forbidden",
	};

	assert(verdict < INTENT_VERDICT_COUNT);
	return texts[verdict];
}

bool intent_forbids(enum intent_verdict verdict)
{
	return verdict == INTENT_UNLISTED || verdict == INTENT_FORBIDDEN;
}
