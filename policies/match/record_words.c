/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/record_words.h"

#include "policies/rules/rule_text.h"

enum { TEXT_MAX = 2048 };

/* A rule that only may match: the record does not tell, or the snapshot does not. */
static void put_doubt(cJSON *item, const struct decision *decision)
{
	if (decision->verdict == VERDICT_UNKNOWN)
		cJSON_AddBoolToObject(item, "certain", false);
}

static void put_sg_rule(cJSON *list, const struct world *world, const struct decision *decision)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	cJSON		   *item;
	struct str	    group;

	if (decision->layer != LAYER_SG || decision->object_idx == WORLD_NONE)
		return;
	item = cJSON_CreateObject();
	group = world->sgs[decision->object_idx].object.id;
	json_put_str(item, "kind", str_of("security-group"));
	if (!decision->sg_rule)
		cJSON_AddNullToObject(item, "id");
	else
		json_put_str(item, "id", decision->sg_rule->id.len ? decision->sg_rule->id : group);
	json_put_str(item, "group", group);
	if (decision->sg_rule) {
		rule_text_sg_in(world, decision->sg_rule, &text);
		json_put_str(item, "text", buf_str(&text));
		put_doubt(item, decision);
	}
	cJSON_AddItemToArray(list, item);
}

static void put_nacl_rule(cJSON *list, const struct world *world, const struct decision *decision)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	cJSON		   *item;

	if (decision->layer != LAYER_NACL || decision->object_idx == WORLD_NONE)
		return;
	item = cJSON_CreateObject();
	json_put_str(item, "kind", str_of("network-acl"));
	json_put_str(item, "id", world->nacls[decision->object_idx].object.id);
	if (decision->nacl_rule) {
		json_put_u64(item, "rule", decision->nacl_rule->number);
		rule_text_nacl(decision->nacl_rule, &text);
		json_put_str(item, "text", buf_str(&text));
		put_doubt(item, decision);
	} else {
		json_put_str(item, "rule", str_of("*"));
	}
	cJSON_AddItemToArray(list, item);
}

void record_put_rules(cJSON *list, const struct record_view *view)
{
	if (!view->answer->has_model)
		return;
	put_sg_rule(list, view->world, &view->answer->model.sg);
	put_nacl_rule(list, view->world, &view->answer->model.nacl);
}

struct str record_layer(const struct record_answer *answer)
{
	if (!answer->has_model || answer->model.overall.verdict == VERDICT_ALLOW)
		return str_of("");
	return str_of(layer_text(answer->model.overall.layer));
}

/* What one layer has against the packet, or why it is not known. */
static void explain_layer(const struct world *world, const struct decision *decision,
			  struct buf *out)
{
	bool		is_sg = decision->layer == LAYER_SG;
	enum world_kind kind = is_sg ? WORLD_SG : WORLD_NACL;

	buf_add_text(out, out->len ? "; " : "");
	buf_add_text(out, layer_text(decision->layer));
	if (decision->object_idx != WORLD_NONE) {
		buf_add_char(out, ' ');
		buf_add_visible(out, world_object(world, kind, decision->object_idx)->id);
	}
	if (decision->nacl_rule)
		buf_printf(out, " rule %u", decision->nacl_rule->number);
	buf_add_text(out, ": ");
	if (decision->note)
		buf_add_text(out, decision->note);
	else if (decision->nacl_rule)
		rule_text_nacl(decision->nacl_rule, out);
	else
		buf_add_text(out, is_sg ? reason_about(decision->reason) : "implicit deny");
}

static void explain_allowed(const struct world *world, const struct decision *decision,
			    struct buf *out)
{
	const struct sg_rule *rule = decision->sg_rule;

	if (rule) {
		buf_add_text(out, "allowed by ");
		buf_add_visible(out, rule->id.len ? rule->id
						  : world->sgs[decision->object_idx].object.id);
		buf_add_char(out, ' ');
		rule_text_sg_in(world, rule, out);
	}
	if (decision->note)
		buf_printf(out, "%s%s", rule ? "; " : "", decision->note);
}

/* Both layers are told where both have something against it. */
static void explain_decision(const struct record_view *view, struct buf *out)
{
	const struct interface_decision *model = &view->answer->model;

	if (model->overall.verdict == VERDICT_ALLOW) {
		explain_allowed(view->world, &model->sg, out);
		return;
	}
	if (model->sg.verdict != VERDICT_ALLOW)
		explain_layer(view->world, &model->sg, out);
	if (model->nacl.verdict != VERDICT_ALLOW)
		explain_layer(view->world, &model->nacl, out);
}

static void explain_intent(const struct record_view *view, struct buf *out)
{
	const struct intent_answer *intent = &view->answer->intent;

	if (!view->judge)
		return;
	if (intent->statement) {
		buf_printf(out, "; policy line %u: ", intent->statement->line);
		buf_add_visible(out, intent->statement->text);
	} else if (intent->verdict == INTENT_UNLISTED) {
		buf_add_text(out, "; no policy line between these tiers lists it");
	}
	if (intent->expired)
		buf_printf(out, "; the waiver on line %u has expired", intent->expired->line);
}

void record_explain(const struct record_view *view, struct buf *out)
{
	const struct record_answer *answer = view->answer;

	if (answer->why)
		buf_add_text(out, answer->why);
	if (!answer->has_model)
		return;
	if (answer->why && answer->model.overall.verdict == VERDICT_ALLOW)
		buf_add_text(out, "; ");
	explain_decision(view, out);
	if (answer->model.overall.verdict == VERDICT_ALLOW)
		explain_intent(view, out);
}
