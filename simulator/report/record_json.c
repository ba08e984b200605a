/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/record_json.h"

#include "lib/flow/words.h"
#include "policies/match/record_words.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

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
	const struct record_view    view = { line->world, line->judge, answer };
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
	json_put_str(object, "layer", record_layer(answer));
	rules = cJSON_AddArrayToObject(object, "rules");
	record_put_rules(rules, &view);
	put_policy(object, line);
	record_explain(&view, &why);
	json_put_str(object, "why", buf_str(&why));
	print_json(object, false, out);
}
