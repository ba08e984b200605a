/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/record_json.h"

#include "lib/base/json.h"
#include "lib/flow/words.h"
#include "simulator/explain.h"
#include "simulator/report/print_json.h"

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
		explain_sg_rule_in(world, decision->sg_rule, &text);
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
		explain_nacl_rule(decision->nacl_rule, &text);
		json_put_str(item, "text", buf_str(&text));
		put_doubt(item, decision);
	} else {
		json_put_str(item, "rule", str_of("*"));
	}
	cJSON_AddItemToArray(list, item);
}

/* The layer that denied, or that is not known; null when both allow. */
static struct str layer_of(const struct record_answer *answer)
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
		explain_nacl_rule(decision->nacl_rule, out);
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
		explain_sg_rule_in(world, rule, out);
	}
	if (decision->note)
		buf_printf(out, "%s%s", rule ? "; " : "", decision->note);
}

/* Both layers are told where both have something against it. */
static void explain_decision(const struct record_line *line, struct buf *out)
{
	const struct interface_decision *model = &line->answer->model;

	if (model->overall.verdict == VERDICT_ALLOW) {
		explain_allowed(line->world, &model->sg, out);
		return;
	}
	if (model->sg.verdict != VERDICT_ALLOW)
		explain_layer(line->world, &model->sg, out);
	if (model->nacl.verdict != VERDICT_ALLOW)
		explain_layer(line->world, &model->nacl, out);
}

static void explain_intent(const struct record_line *line, struct buf *out)
{
	const struct intent_answer *intent = &line->answer->intent;

	if (!line->judge)
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

void record_explain(const struct record_line *line, struct buf *out)
{
	const struct record_answer *answer = line->answer;

	if (answer->why)
		buf_add_text(out, answer->why);
	if (!answer->has_model)
		return;
	if (answer->why && answer->model.overall.verdict == VERDICT_ALLOW)
		buf_add_text(out, "; ");
	explain_decision(line, out);
	if (answer->model.overall.verdict == VERDICT_ALLOW)
		explain_intent(line, out);
}

static struct str word_of(enum field_type type, uint8_t value, bool present)
{
	return present ? str_of(words_of(type)->words[value]) : str_of("");
}

static void put_policy(cJSON *object, const struct record_line *line)
{
	const struct record_answer *answer = line->answer;

	json_put_str(object, "src_tier",
		     line->judge ? judge_tier_name(line->judge, answer->src_tiers) : str_of(""));
	json_put_str(object, "dst_tier",
		     line->judge ? judge_tier_name(line->judge, answer->dst_tiers) : str_of(""));
	if (answer->intent.statement)
		json_put_u64(object, "policy_line", answer->intent.statement->line);
	else
		cJSON_AddNullToObject(object, "policy_line");
	json_put_str(object, "policy",
		     str_of(line->judge && answer->has_model
				    ? intent_verdict_text(answer->intent.verdict)
				    : ""));
}

void record_print_json(const struct record_line *line, FILE *out)
{
	const struct record_answer *answer = line->answer;
	const struct record	   *record = line->record;
	cJSON			   *object = cJSON_CreateObject(), *rules;
	auto_buf struct buf	    why = buf_make(TEXT_MAX);

	if (line->source)
		json_put_str(object, "file", str_of(line->source));
	json_put_u64(object, "line", line->line);
	json_put_str(object, "verdict", str_of(record_verdict_text(answer->verdict)));
	json_put_str(object, "action",
		     word_of(FIELD_TYPE_ACTION, record->action, record_has(record, FIELD_ACTION)));
	json_put_str(object, "direction",
		     word_of(FIELD_TYPE_DIRECTION, (uint8_t)answer->direction,
			     answer->direction != DIRECTION_UNKNOWN));
	json_put_str(object, "role", str_of(role_text(answer->role)));
	json_put_str(object, "reading",
		     str_of(answer->has_model ? role_text(answer->reading) : ""));
	json_put_str(object, "evidence",
		     str_of(answer->has_model ? evidence_text(answer->evidence) : ""));
	json_put_str(object, "model",
		     str_of(verdict_text(answer->has_model ? answer->model.overall.verdict
							   : VERDICT_UNKNOWN)));
	json_put_str(object, "layer", layer_of(answer));
	rules = cJSON_AddArrayToObject(object, "rules");
	if (answer->has_model) {
		put_sg_rule(rules, line->world, &answer->model.sg);
		put_nacl_rule(rules, line->world, &answer->model.nacl);
	}
	put_policy(object, line);
	record_explain(line, &why);
	json_put_str(object, "why", buf_str(&why));
	print_json(object, false, out);
}
