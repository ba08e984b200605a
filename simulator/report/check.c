/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/check.h"

#include "lib/base/clock.h"
#include "lib/net/proto.h"
#include "policies/match/record_words.h"
#include "simulator/explain.h"
#include "simulator/flows/cause.h"
#include "simulator/report/amount.h"

enum { TEXT_MAX = 4096 };

static void add_service(const struct tally_group *group, struct buf *out)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(group->protocol, name);
	buf_printf(out, "%s%s", name[0] >= '0' && name[0] <= '9' ? "proto/" : "", name);
	if (group->has_ports) {
		buf_add_text(out, ", ");
		amount_add_of(out, distinct_count(&group->ports), "port");
	} else if (proto_has_ports(group->protocol)) {
		buf_printf(out, "/%u", group->dst_port);
	}
}

void check_add_path(const struct tally_group *group, struct buf *out)
{
	buf_add_str(out, group->src.text);
	buf_add_text(out, " -> ");
	buf_add_str(out, group->dst.text);
	buf_add_char(out, ' ');
	add_service(group, out);
}

static void add_sg_rule(const struct check_answer *answer, const struct tally_group *group,
			struct buf *out)
{
	buf_add_visible(out, group->sg_rule->id.len ? group->sg_rule->id
						    : answer->world->sgs[group->sg_idx].object.id);
	buf_add_char(out, ' ');
	rule_text_sg_in(answer->world, group->sg_rule, out);
}

static void add_nacl_rule(const struct check_answer *answer, const struct decision *decision,
			  struct buf *out)
{
	if (decision->object_idx == WORLD_NONE)
		return;
	buf_add_char(out, ' ');
	buf_add_visible(out, answer->world->nacls[decision->object_idx].object.id);
	if (decision->nacl_rule) {
		buf_printf(out, " rule %u ", decision->nacl_rule->number);
		rule_text_nacl(decision->nacl_rule, out);
	} else {
		buf_add_text(out, " rule * (implicit deny)");
	}
}

void check_add_other(const struct check_answer *answer, const struct tally_group *group,
		     struct buf *out)
{
	bool	    is_sg = group->layer == LAYER_SG;
	const char *name = is_sg ? "network ACL" : "security group";

	if (!group->has_model || group->answer.model.overall.verdict != VERDICT_DENY)
		return;
	switch (group->other) {
	case VERDICT_ALLOW:
		buf_printf(out, "the %s would allow it", name);
		if (!is_sg && group->sg_rule) {
			buf_add_text(out, ": ");
			add_sg_rule(answer, group, out);
		}
		break;
	case VERDICT_DENY:
		buf_printf(out, "the %s denies it, too", name);
		break;
	case VERDICT_UNKNOWN:
		buf_printf(out, "whether the %s would allow it is not known", name);
		break;
	case VERDICT_COUNT:
		if (is_sg)
			buf_add_text(out, "inside a subnet the network ACL has no say");
		break;
	}
}

/* " sg-… (shop-web)" */
static void add_sg(const struct check_answer *answer, uint32_t sg_idx, struct buf *out)
{
	const struct object *object = &answer->world->sgs[sg_idx].object;

	buf_add_char(out, ' ');
	buf_add_visible(out, object->id);
	if (object->name.len == 0)
		return;
	buf_add_text(out, " (");
	buf_add_visible(out, object->name);
	buf_add_char(out, ')');
}

static void add_denied(const struct check_answer *answer, const struct tally_group *group,
		       struct buf *out)
{
	const struct decision *sg = &group->answer.model.sg;

	if (group->layer == LAYER_NACL) {
		buf_add_text(out, "denied by the network ACL");
		add_nacl_rule(answer, &group->answer.model.nacl, out);
	} else {
		buf_add_text(out, "denied by the security group");
		if (group->sg_idx != WORLD_NONE)
			add_sg(answer, group->sg_idx, out);
		buf_add_text(out, sg->reason == REASON_SG_HAS_NO_RULES
					  ? ", which has no rule in this direction"
					  : ": no rule matches");
	}
}

/* The reason in words of what is undecided, exempt or not judged at all. */
static const char *note_of(const struct tally_group *group)
{
	if (group->verdict == RECORD_UNKNOWN && group->answer.why)
		return group->answer.why;
	return group->answer.model.overall.note;
}

const char *check_seen_at(const struct tally_group *group)
{
	if (!group->sg_rule)
		return "";
	return group->sg_rule->egress ? "source" : "destination";
}

void check_add_decision(const struct check_answer *answer, const struct tally_group *group,
			struct buf *out)
{
	enum verdict model = group->answer.model.overall.verdict;

	if (group->verdict == RECORD_CONTRADICTION)
		buf_add_text(out,
			     group->action == ACTION_ACCEPT ? "accepted, but " : "rejected, but ");
	if (group->has_model && model == VERDICT_DENY) {
		add_denied(answer, group, out);
		return;
	}
	if (group->verdict == RECORD_UNKNOWN && note_of(group)) {
		buf_add_text(out, note_of(group));
		return;
	}
	if (!group->sg_rule) {
		buf_add_text(out, note_of(group) ? note_of(group) : "");
		return;
	}
	buf_add_text(out, "allowed by ");
	add_sg_rule(answer, group, out);
	buf_printf(out, " (seen at the %s)", check_seen_at(group));
	if (note_of(group))
		buf_printf(out, "; %s", note_of(group));
}

void check_add_policy(const struct check_answer *answer, const struct tally_group *group,
		      struct buf *out)
{
	char date[CLOCK_DATE_SIZE];

	if (!answer->judge || !group->has_model || group->verdict == RECORD_UNKNOWN)
		return;
	if (group->statement) {
		buf_printf(out, "policy line %u: ", group->statement->line);
		buf_add_visible(out, group->statement->text);
	} else if (group->intent == INTENT_UNLISTED) {
		buf_add_text(out, "no policy line lists it");
	}
	if (!group->expired)
		return;
	clock_print_date(group->expired->until, date);
	buf_printf(out, "; the waiver on line %u expired after %s", group->expired->line, date);
}

void check_add_reasons(const struct check_answer *answer, const struct tally_group *group,
		       struct buf *out)
{
	check_add_part *const parts[] = { check_add_decision, check_add_other, check_add_policy };

	for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
		auto_buf struct buf part = buf_make(TEXT_MAX);

		parts[i](answer, group, &part);
		if (out->len && part.len)
			buf_add_text(out, "; ");
		buf_add_str(out, buf_str(&part));
	}
}

uint32_t check_causes(const struct check_answer *answer, const struct tally_group *group)
{
	uint32_t causes = group->causes;

	if (group->verdict == RECORD_CONTRADICTION)
		causes |= causes_of_time(&group->sums, &answer->snapshot);
	return causes;
}

void check_add_why(const struct check_answer *answer, const struct tally_group *group,
		   struct buf *out)
{
	const struct record_view view = { answer->world, answer->judge, &group->answer };

	record_explain(&view, out);
}
