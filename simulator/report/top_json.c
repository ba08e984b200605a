/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/json.h"
#include "simulator/report/log_head.h"
#include "simulator/report/print_json.h"
#include "simulator/report/top.h"

enum { TEXT_MAX = 1 << 18 };

static void put_question(cJSON *root, const struct ranking_question *question)
{
	cJSON		   *by = cJSON_AddArrayToObject(root, "by");
	auto_buf struct buf where = buf_make(TEXT_MAX);

	for (uint8_t i = 0; i < question->by.item_count; i++) {
		auto_buf struct buf name = buf_make(TEXT_MAX);

		by_item_print(&question->by.items[i], &name);
		cJSON_AddItemToArray(by, cJSON_CreateString(name.data));
	}
	if (question->where)
		where_print(question->where, &where);
	json_put_str(root, "where", buf_str(&where));
	json_put_str(root, "sort", str_of(ranking_total_name(question->sort)));
}

static void put_bad_lines(cJSON *root, const struct bad_lines *bad)
{
	cJSON *reasons;

	json_put_u64(root, "bad_lines", bad->total);
	reasons = cJSON_AddArrayToObject(root, "bad_reasons");
	for (int i = 0; i < LINE_FAULT_COUNT; i++) {
		cJSON *reason;

		if (bad->count[i] == 0)
			continue;
		reason = cJSON_CreateObject();
		json_put_str(reason, "reason", str_of(line_fault_text((enum line_fault)i)));
		json_put_u64(reason, "lines", bad->count[i]);
		json_put_str(reason, "first_file", str_of(bad->first[i].source));
		json_put_u64(reason, "first_line", bad->line[i]);
		cJSON_AddItemToArray(reasons, reason);
	}
}

static void put_report(cJSON *root, const struct crew_report *report)
{
	json_put_u64(root, "files", report->files);
	json_put_u64(root, "records", report->rows);
	put_bad_lines(root, &report->bad);
	log_head_put_unread(root, &report->unread);
	cJSON_AddBoolToObject(root, "partial", report->interrupted);
}

static void put_totals(cJSON *object, const struct top_answer *answer,
		       const uint64_t totals[RANKING_TOTAL_COUNT])
{
	const struct ranking_question *question = answer->question;

	for (uint8_t i = 0; i < question->shown_count; i++) {
		enum ranking_total total = question->shown[i];
		uint64_t	   value = totals[total];
		bool		   has = total == RANKING_START ? value != UINT64_MAX
					 : total == RANKING_END ? value != 0
								: !answer->ranking->lacks[total];

		if (has)
			json_put_u64(object, ranking_total_name(total), value);
		else
			cJSON_AddNullToObject(object, ranking_total_name(total));
	}
}

/* Numbers stay numbers, times too; what has no value is null. */
static void put_value(cJSON *key, const struct top_answer *answer,
		      const struct ranking_group *group, uint8_t item)
{
	const struct by	   *by = &answer->question->by;
	struct subject	    subject = by->items[item].subject;
	struct by_value	    value = by_value_of(by, group->key.width, group->key.words, item);
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (value.has && subject_type(subject) == FIELD_TYPE_U64) {
		json_put_u64(key, subject_name(subject), value.number);
		return;
	}
	top_add_value(answer, group, item, &text);
	json_put_str(key, subject_name(subject), buf_str(&text));
}

static cJSON *group_object(const struct top_answer *answer, const struct ranking_group *group)
{
	cJSON *object = cJSON_CreateObject(), *key = cJSON_AddObjectToObject(object, "key");

	for (uint8_t item = 0; item < answer->question->by.item_count; item++)
		put_value(key, answer, group, item);
	put_totals(object, answer, group->totals);
	return object;
}

/* One line a group, each made and forgotten: there may be millions. */
void top_print_json(const void *answer_ptr, FILE *out)
{
	const struct top_answer	    *answer = answer_ptr;
	const struct ranking_answer *ranking = answer->ranking;
	cJSON			    *root = cJSON_CreateObject();
	char			    *text;

	json_put_str(root, "schema", str_of("weir/top/1"));
	put_question(root, answer->question);
	put_report(root, answer->report);
	json_put_u64(root, "matched", ranking->totals[RANKING_RECORDS]);
	json_put_u64(root, "outside_period", ranking->outside);
	json_put_u64(root, "without_time", ranking->timeless);
	json_put_u64(root, "left_out", ranking->left_out);
	cJSON_AddBoolToObject(root, "sums_may_be_low", ranking->left_out > 0);
	put_totals(cJSON_AddObjectToObject(root, "totals"), answer, ranking->totals);
	json_put_u64(root, "groups_total", ranking->groups_total);
	text = cJSON_PrintUnformatted(root);
	print_json_text(text, str_of(text).len - 1, out);
	fputs(",\"groups\":[", out);
	cJSON_free(text);
	cJSON_Delete(root);
	for (size_t i = 0; i < ranking->group_count; i++) {
		cJSON *object = group_object(answer, &ranking->groups[i]);

		text = cJSON_PrintUnformatted(object);
		fputs(i ? ",\n" : "\n", out);
		print_json_text(text, str_of(text).len, out);
		cJSON_free(text);
		cJSON_Delete(object);
	}
	fputs("\n]}\n", out);
}
