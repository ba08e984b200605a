/* SPDX-License-Identifier: Apache-2.0 */
#include "tests/differential/random_change.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "simulator/reach/joint.h"
#include "tests/differential/random_ends.h"
#include "tests/differential/random_estate.h"

enum { PAIRS = 40, PACKETS_A_PAIR = 8, CHANGES_MAX = 12 };

/* A and B, side 0 and side 1. */
struct change {
	struct world	   *worlds[2];
	struct reach	   *reaches[2];
	struct packet_sets *sets;
	struct joint	   *joint;
	struct places	    places;
};

/* One end of both worlds. */
struct both {
	struct end ends[2];
	uint32_t   kind; /* joint */
};

static void start(struct change *change, uint64_t seed)
{
	struct dice	     first = { .state = seed }, again = first;
	struct reach_options options = { .client_ports = path_default_client_ports() };

	options.sets = change->sets = packet_sets_new();
	change->worlds[0] = random_estate(&first);
	change->worlds[1] = random_estate_changed(&again,
						  1 + (unsigned)dice_roll(&first, CHANGES_MAX));
	for (size_t side = 0; side < 2; side++)
		change->reaches[side] = reach_new(change->worlds[side], &options);
	change->joint = joint_new(change->reaches[0], change->reaches[1]);
	places_find(change->worlds[1], &change->places);
}

static void finish(struct change *change)
{
	places_done(&change->places);
	joint_free(change->joint);
	for (size_t side = 0; side < 2; side++) {
		reach_free(change->reaches[side]);
		world_free(change->worlds[side]);
	}
	packet_sets_free(change->sets);
}

/* False: there is none that is in both worlds. */
static bool foreign_end(struct dice *dice, const struct change *change, struct both *out)
{
	const struct kinds   *foreign = &change->joint->foreign;
	const struct stretch *stretch;
	enum kind_scope	      scope;
	struct end	      end = { .eni_idx = WORLD_NONE };

	if (foreign->stretch_count == 0)
		return false;
	stretch = &foreign->stretches[dice_roll(dice, foreign->stretch_count)];
	end.ip = random_between(dice, stretch->first, stretch->last);
	*out = (struct both){ .ends = { end, end }, .kind = stretch->kind };
	return foreign_scope(change->worlds[0], end.ip, &scope) &&
	       foreign_scope(change->worlds[1], end.ip, &scope);
}

static bool some_end(struct dice *dice, const struct change *change, struct both *out)
{
	const struct joint *joint = change->joint;
	size_t		    idx;

	if (joint->end_count == 0 || dice_one_in(dice, 4))
		return foreign_end(dice, change, out);
	idx = dice_roll(dice, joint->end_count);
	memcpy(out->ends, joint->ends[idx].ends, sizeof(out->ends));
	out->kind = joint->end_kinds[idx];
	return out->ends[0].ip.family && out->ends[1].ip.family;
}

static bool is_pair(const struct both *src, const struct both *dst)
{
	for (size_t side = 0; side < 2; side++)
		if (src->ends[side].ip.family != dst->ends[side].ip.family ||
		    src->ends[side].eni_idx == dst->ends[side].eni_idx)
			return false;
	return true;
}

static bool check_packet(const struct change *change, size_t side, const struct both *src,
			 const struct both *dst, uint32_t key)
{
	uint32_t	set = joint_between(change->joint, side, src->kind, dst->kind);
	struct question question = { .src = src->ends[side],
				     .dst = dst->ends[side],
				     .packet = packet_of_key(key),
				     .client_ports = path_default_client_ports() };
	char		from[IP_TEXT_SIZE], to[IP_TEXT_SIZE];
	struct path	path;

	question.packet.src = question.src.ip;
	question.packet.dst = question.dst.ip;
	path_walk(change->worlds[side], &question, &path);
	if (path.verdict == packet_sets_at(change->sets, set, key))
		return true;
	ip_print(question.src.ip, from);
	ip_print(question.dst.ip, to);
	fprintf(stderr, "world %c, %s > %s, key %06x: joint kinds say %s, the walk %s\n",
		"AB"[side], from, to, key, verdict_text(packet_sets_at(change->sets, set, key)),
		verdict_text(path.verdict));
	return false;
}

static bool check_pair(const struct change *change, struct dice *dice, struct change_tally *tally)
{
	struct both src, dst;

	if (!some_end(dice, change, &src) || !some_end(dice, change, &dst) || !is_pair(&src, &dst))
		return true;
	for (size_t i = 0; i < PACKETS_A_PAIR; i++) {
		uint32_t edges[2] = { joint_between(change->joint, 0, src.kind, dst.kind),
				      joint_between(change->joint, 1, src.kind, dst.kind) };
		uint32_t key = random_key(dice, change->worlds[1], change->sets, edges,
					  &change->places);

		for (size_t side = 0; side < 2; side++)
			if (!check_packet(change, side, &src, &dst, key))
				return false;
		tally->packets++;
		tally->moved += packet_sets_at(change->sets, edges[0], key) !=
				packet_sets_at(change->sets, edges[1], key);
	}
	return true;
}

bool random_change_agrees(uint64_t seed, struct change_tally *tally)
{
	struct dice   dice = { .state = ~seed };
	struct change change;
	bool	      ok = true;

	start(&change, seed);
	for (size_t i = 0; ok && i < PAIRS; i++)
		ok = check_pair(&change, &dice, tally);
	finish(&change);
	return ok;
}
