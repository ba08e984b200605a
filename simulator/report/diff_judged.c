/* SPDX-License-Identifier: Apache-2.0 */
/* What of `weir diff` the policy alone makes a difference of: ends that went from tier to tier. */
#include "lib/base/mem.h"
#include "simulator/report/diff.h"

enum { MOVES_MAX = 3 };

bool diff_is_judged(const struct path_change *change)
{
	return change->sign == PATH_FORBIDDEN || change->sign == PATH_PERMITTED;
}

static struct diff_move move_of(const struct diff_answer *answer, const struct joint_end *end,
				const struct joint_kind *kind)
{
	const struct kinds *before = reach_kinds(answer->joint->reaches[0]);
	const struct kinds *after = reach_kinds(answer->joint->reaches[1]);
	uint32_t	    eni_idx = end->ends[1].eni_idx;

	return (struct diff_move){
		.label = world_eni_label(after->world, eni_idx),
		.id = after->world->enis[eni_idx].object.id,
		.from = judge_tier_name(answer->judge, before->items[kind->kinds[0]].tiers),
		.to = judge_tier_name(answer->judge, after->items[kind->kinds[1]].tiers),
	};
}

struct diff_move *diff_moves_of(const struct diff_answer *answer, const struct path_change *change,
				size_t *count)
{
	const struct joint *joint = answer->joint;
	struct diff_move   *moves = NULL;
	size_t		    capacity = 0;
	auto_free bool	   *is_told = mem_alloc(joint->interface_count + 1);

	*count = 0;
	for (size_t i = 0; i < change->moved_count; i++) {
		const struct joint_kind *kind = &joint->items[change->moved[i]];

		for (size_t j = 0; j < kind->count; j++) {
			const struct joint_end *end = joint_member(joint, kind, j);

			if (is_told[end->interface])
				continue;
			is_told[end->interface] = true;
			moves = mem_grow(moves, *count, &capacity, sizeof(*moves));
			moves[(*count)++] = move_of(answer, end, kind);
		}
	}
	return moves;
}

static void add_tier(struct str tier, struct buf *out)
{
	if (tier.len)
		buf_add_str(out, tier);
	else
		buf_add_text(out, "none");
}

void diff_add_judged(const struct diff_answer *answer, const struct path_change *change,
		     struct buf *out)
{
	size_t			    count;
	auto_free struct diff_move *moves = NULL;

	if (!diff_is_judged(change))
		return;
	moves = diff_moves_of(answer, change, &count);
	buf_add_text(out, change->sign == PATH_FORBIDDEN ? "no longer allowed: "
							 : "no longer against the policy: ");
	for (size_t i = 0; i < count && i < MOVES_MAX; i++) {
		if (i)
			buf_add_text(out, ", ");
		buf_add_str(out, moves[i].label);
		buf_add_text(out, " moved from tier ");
		add_tier(moves[i].from, out);
		buf_add_text(out, " to ");
		add_tier(moves[i].to, out);
	}
	if (count > MOVES_MAX)
		buf_printf(out, " and %zu more (-o json lists them)", count - MOVES_MAX);
}
