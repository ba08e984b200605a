/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any bytes as a snapshot.  Of a world that loads: entries of ACLs ascend; both layers must allow; whoever
 * allows names a rule that may, or says why without one; an interface none of whose groups is in the
 * snapshot is undecided, never open and never protected; a route that is taken is named.
 */
#include <sys/mman.h>
#include <unistd.h>

#include "policies/rules/interface.h"
#include "simulator/route.h"
#include "tests/fuzz/fuzz.h"

enum { ENIS_MAX = 40 };

static const struct packet packets[] = {
	{ { IP_V4, { 203, 0, 113, 9 } }, { IP_V4, { 10, 0, 1, 10 } }, 6, 40000, 443, -1, -1 },
	{ { IP_V4, { 10, 0, 2, 10 } }, { IP_V4, { 10, 0, 1, 10 } }, 6, 40000, 22, -1, -1 },
	{ { IP_V4, { 10, 0, 1, 20 } }, { IP_V4, { 10, 0, 1, 10 } }, 17, 53, 53, -1, -1 },
	{ { IP_V4, { 10, 0, 2, 10 } }, { IP_V4, { 10, 0, 1, 10 } }, 1, 0, 0, -1, -1 },
	{ { IP_V4, { 10, 0, 2, 10 } }, { IP_V4, { 10, 0, 1, 10 } }, 1, 0, 0, 8, 0 },
	{ { IP_V4, { 10, 0, 2, 10 } }, { IP_V4, { 10, 0, 1, 10 } }, 132, 0, 0, -1, -1 },
	{ { IP_V6, { 0x20, 1, 0xd, 0xb8, [15] = 1 } },
	  { IP_V6, { 0x20, 1, 0xd, 0xb8, [15] = 2 } },
	  58,
	  0,
	  0,
	  128,
	  0 },
};

static void check_sg(const struct world *world, const struct eni *eni,
		     const struct interface_decision *decision, bool egress)
{
	const struct decision *sg = &decision->sg;
	bool		       exempt = sg->layer == LAYER_NONE && sg->note;
	bool		       known = false;

	for (uint32_t i = 0; i < eni->sg_count; i++)
		known = known || eni->sg_idxs[i] != WORLD_NONE;
	if (!exempt && eni->sg_count && !known)
		PROPERTY(sg->verdict == VERDICT_UNKNOWN);
	if (sg->verdict == VERDICT_UNKNOWN)
		PROPERTY(sg->note && sg->reason != REASON_NONE);
	if (sg->verdict != VERDICT_ALLOW || exempt)
		return;
	PROPERTY(sg->sg_rule && !sg->sg_rule->disputed && sg->sg_rule->egress == egress);
	PROPERTY(sg->object_idx < world->counts[WORLD_SG] && sg->reason == REASON_NONE);
}

static void check_nacl(const struct interface_decision *decision, bool egress)
{
	const struct decision *nacl = &decision->nacl;

	if (!decision->nacl_crossed) {
		PROPERTY(nacl->verdict == VERDICT_ALLOW && nacl->note);
		return;
	}
	if (nacl->verdict == VERDICT_ALLOW)
		PROPERTY(nacl->nacl_rule && nacl->nacl_rule->allow);
	if (nacl->nacl_rule)
		PROPERTY(nacl->nacl_rule->egress == egress);
	if (nacl->verdict == VERDICT_UNKNOWN)
		PROPERTY(nacl->note && nacl->reason != REASON_NONE);
}

static void check_eni(const struct world *world, uint32_t eni_idx, const struct packet *packet)
{
	const struct eni *eni = &world->enis[eni_idx];

	for (int way = 0; way < 4; way++) {
		bool			  egress = way & 1, as_reply = way & 2;
		struct interface_decision decision = interface_decide(world, eni_idx, egress,
								      packet, as_reply);

		PROPERTY(decision.overall.verdict ==
			 decision_and(decision.sg, decision.nacl).verdict);
		check_sg(world, eni, &decision, as_reply ? !egress : egress);
		check_nacl(&decision, egress);
	}
}

static void check_tables(const struct world *world)
{
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++)
		for (uint32_t j = 1; j < world->nacls[i].rule_count; j++)
			PROPERTY(world->nacls[i].rules[j - 1].number <=
				 world->nacls[i].rules[j].number);
	for (uint32_t i = 0; i < world->counts[WORLD_RTB]; i++)
		for (size_t j = 0; j < sizeof(packets) / sizeof(packets[0]); j++) {
			struct route_answer answer = route_find(world, i, packets[j].dst);

			PROPERTY(answer.decision.verdict != VERDICT_ALLOW || answer.route);
		}
}

static struct world *load(const uint8_t *data, size_t size, struct err_list *errors)
{
	int	      fd = memfd_create("snapshot", MFD_CLOEXEC);
	char	      path[64];
	struct world *world;

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	world = world_open(path, errors);
	close(fd);
	return world;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct err_list		 errors;
	auto_world struct world *world = load(data, size, &errors);

	if (!world) {
		PROPERTY(errors.count > 0 && errors.items[0].text[0]);
		return 0;
	}
	check_tables(world);
	for (uint32_t i = 0; i < world->counts[WORLD_ENI] && i < ENIS_MAX; i++)
		for (size_t j = 0; j < sizeof(packets) / sizeof(packets[0]); j++)
			check_eni(world, i, &packets[j]);
	return 0;
}
