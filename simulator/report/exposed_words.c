/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/exposed_words.h"
#include "simulator/explain.h"

#include "simulator/lb_targets.h"
#include "simulator/public_ip.h"

/* The targets that were met: several nodes and rules share them. */
struct meeting {
	struct exposed_targets	   found;
	const struct target	  *targets[EXPOSED_TARGETS_MAX];
	const struct target_group *groups[EXPOSED_GROUPS_MAX];
};

static void meet(struct meeting *meeting, const struct lb_target *target)
{
	struct exposed_targets *found = &meeting->found;
	size_t			i = 0;

	while (i < found->count && meeting->targets[i] != target->target)
		i++;
	if (i == found->count)
		meeting->targets[found->count++] = target->target;
	i = 0;
	while (i < found->group_count && meeting->groups[i] != target->group)
		i++;
	if (i < found->group_count || i == EXPOSED_GROUPS_MAX)
		return;
	meeting->groups[found->group_count++] = target->group;
	if (i > 0)
		return;
	found->group = target->group->object.name.len ? target->group->object.name
						      : target->group->object.id;
	found->port = target->port;
}

/* What a node passes on to. */
static void meet_all(const struct exposed_answer *answer, uint32_t listener_idx, uint32_t node_idx,
		     struct meeting *meeting)
{
	struct lb_target  target = { 0 };
	struct lb_targets seen = { .count = 1 };

	for (size_t i = 0; i < seen.count; i++) {
		if (i == EXPOSED_TARGETS_MAX || meeting->found.count == EXPOSED_TARGETS_MAX) {
			meeting->found.is_incomplete = true;
			return;
		}
		seen = lb_targets_find(answer->world, listener_idx, node_idx, i, &target);
		if (i < seen.count)
			meet(meeting, &target);
	}
	meeting->found.is_incomplete = meeting->found.is_incomplete || seen.is_incomplete;
	meeting->found.answers_itself = !seen.has_group;
}

struct exposed_targets exposed_targets_of(const struct exposed_answer *answer,
					  const struct exposure_row   *row)
{
	struct meeting meeting = { 0 };

	for (size_t i = 0; i < row->part_count; i++)
		for (size_t j = 0; j < row->parts[i].count; j++)
			meet_all(answer, row->listener_idx,
				 exposure_end(answer->exposure, &row->parts[i], j)->eni_idx,
				 &meeting);
	return meeting.found;
}

struct end exposed_outside(const struct exposed_answer *answer, const struct end *end)
{
	struct end outside = *end;

	outside.ip = public_ip_of(answer->world, answer->world->enis[end->eni_idx].vpc_idx,
				  end->ip);
	return outside;
}

void exposed_add_names(const struct exposure_row *row, struct buf *out)
{
	if (row->lb_idx != WORLD_NONE)
		buf_add_text(out, "lb:");
	buf_add_visible(out, row->first_name);
	if (row->lb_idx != WORLD_NONE || row->end_count == 1)
		return;
	if (!str_eq(row->first_name, row->last_name)) {
		buf_add_text(out, row->end_count == 2 ? ", " : " … ");
		buf_add_visible(out, row->last_name);
	}
	if (row->end_count > 2 || str_eq(row->first_name, row->last_name))
		buf_printf(out, " (%zu)", row->end_count);
}

void exposed_add_public(const struct exposed_answer *answer, const struct exposure_row *row,
			struct buf *out)
{
	const struct end *end = &reach_kinds(answer->exposure->reach)->ends[row->first_end];
	struct end	  outside;
	char		  text[EXPLAIN_ADDRESS_SIZE];

	if (row->lb_idx != WORLD_NONE)
		return;
	outside = exposed_outside(answer, end);
	explain_address(&outside, text);
	buf_add_text(out, text);
	if (row->end_count > 1)
		buf_add_text(out, " …");
}

struct str exposed_gateway(const struct world *world, const struct exposure_row *row)
{
	return world_object(world, hop_ops_of(row->via_kind)->table, row->via_idx)->id;
}

void exposed_add_via(const struct exposed_answer *answer, const struct exposure_row *row,
		     struct buf *out)
{
	if (row->lb_idx != WORLD_NONE)
		buf_add_text(out, "lb");
	else if (row->via_idx != WORLD_NONE)
		buf_add_visible(out, exposed_gateway(answer->world, row));
}

static void add_listener(const struct exposed_answer *answer, const struct exposure_row *row,
			 struct buf *out)
{
	const struct listener *listener = &answer->world->listeners[row->listener_idx];
	struct exposed_targets targets = exposed_targets_of(answer, row);

	buf_printf(out, "listener:%u", listener->port);
	if (targets.answers_itself) {
		buf_add_text(out, " answers itself");
		return;
	}
	buf_add_text(out, "->tg ");
	buf_add_visible(out, targets.group);
	buf_printf(out, ":%u", targets.port);
	if (targets.group_count > 1)
		buf_printf(out, " and %zu more", targets.group_count - 1);
	buf_printf(out, " (%zu%s target%s)", targets.count, targets.is_incomplete ? "+" : "",
		   targets.count == 1 && !targets.is_incomplete ? "" : "s");
}

/* A rule that has no id is known by its group. */
static void add_rules(const struct exposed_answer *answer, const struct exposure_row *row,
		      struct buf *out)
{
	if (row->sg_rule)
		buf_add_visible(out, row->sg_rule->id.len
					     ? row->sg_rule->id
					     : answer->world->sgs[row->sg_idx].object.id);
	else
		buf_add_text(out, "no group");
	if (row->nacl_rule)
		buf_printf(out, "+acl:%u", row->nacl_rule->number);
}

void exposed_add_reason(const struct exposed_answer *answer, const struct exposure_row *row,
			struct buf *out)
{
	if (row->verdict == VERDICT_UNKNOWN)
		buf_add_str(out, row->doubt);
	else if (row->listener_idx != WORLD_NONE)
		add_listener(answer, row, out);
	else
		add_rules(answer, row, out);
}

/* The policy's word without what is said of it in parentheses. */
static const char *word_of(const struct exposed_answer *answer, const struct exposure_row *row)
{
	switch (exposure_grade(answer->exposure, row)) {
	case EXPOSURE_UNDECIDED:
		return "?";
	case EXPOSURE_EXPECTED:
		return row->intent.verdict == INTENT_WAIVED ? "waived" : "expected";
	case EXPOSURE_UNEXPECTED:
		break;
	}
	return answer->judge ? "unexpected" : "exposed";
}

void exposed_add_risk(const struct exposed_answer *answer, const struct exposure_row *row,
		      struct buf *out)
{
	const struct statement *statement = row->intent.statement;
	auto_buf struct buf	more = buf_make(64);

	if (statement)
		buf_printf(&more, "P%u", statement->line);
	else if (answer->judge && row->intent.verdict == INTENT_SILENT)
		buf_add_text(&more, "no tier");
	if (row->intent.expired)
		buf_printf(&more, "%swaiver P%u expired", more.len ? ", " : "",
			   row->intent.expired->line);
	if (row->is_ipv6_only)
		buf_printf(&more, "%sIPv6 only", more.len ? ", " : "");
	buf_add_text(out, word_of(answer, row));
	if (more.len)
		buf_printf(out, "(%s)", more.data);
}
