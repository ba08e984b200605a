/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/record_json.h"

#include "lib/base/json.h"
#include "lib/flow/words.h"
#include "simulator/explain.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

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
	json_put_str(item, "id",
		     decision->sg_rule && decision->sg_rule->id.len ? decision->sg_rule->id
								    : group);
	json_put_str(item, "group", group);
	if (decision->sg_rule) {
		explain_sg_rule_in(world, decision->sg_rule, &text);
		json_put_str(item, "text", buf_str(&text));
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

static void explain_decision(const struct record_line *line, struct buf *out)
{
	const struct record_answer *answer = line->answer;
	const struct decision	   *decision = &answer->model.overall;
	const char		   *layer = layer_text(decision->layer);

	if (decision->note) {
		buf_add_text(out, decision->note);
	} else if (decision->verdict == VERDICT_ALLOW && answer->model.sg.sg_rule) {
		buf_add_text(out, "allowed by ");
		buf_add_visible(out,
				answer->model.sg.sg_rule->id.len
					? answer->model.sg.sg_rule->id
					: line->world->sgs[answer->model.sg.object_idx].object.id);
		buf_add_text(out, " ");
		explain_sg_rule_in(line->world, answer->model.sg.sg_rule, out);
	} else if (decision->nacl_rule) {
		buf_printf(out, "network-acl rule %u: ", decision->nacl_rule->number);
		explain_nacl_rule(decision->nacl_rule, out);
	} else if (reason_about(decision->reason)) {
		buf_printf(out, "%s: %s", layer ? layer : "", reason_about(decision->reason));
	}
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

	if (answer->why) {
		buf_add_text(out, answer->why);
		if (answer->has_model)
			buf_add_text(out, "; ");
	}
	if (!answer->has_model)
		return;
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
