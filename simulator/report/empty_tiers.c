/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/empty_tiers.h"

#include "lib/base/json.h"

enum { TEXT_MAX = 1 << 16 };

bool empty_tiers_any(const struct judge *judge)
{
	for (uint32_t i = 0; judge && i < judge_policy(judge)->tier_count; i++)
		if (judge_is_empty(judge, i))
			return true;
	return false;
}

void empty_tiers_add(const struct judge *judge, struct buf *out)
{
	const struct intent *intent = judge ? judge_policy(judge) : NULL;

	for (uint32_t i = 0; intent && i < intent->tier_count; i++) {
		if (!judge_is_empty(judge, i))
			continue;
		buf_add_text(out, out->len ? ", " : "");
		buf_add_visible(out, intent->tiers[i].name);
	}
}

void empty_tiers_print(const struct judge *judge, const char *before, FILE *out)
{
	auto_buf struct buf empty = buf_make(TEXT_MAX);

	empty_tiers_add(judge, &empty);
	if (empty.len)
		fprintf(out, "%sEMPTY TIERS, of which the policy can say nothing: %s\n", before,
			empty.data);
}

void empty_tiers_put(cJSON *object, const struct judge *judge)
{
	const struct intent *intent = judge ? judge_policy(judge) : NULL;
	cJSON		    *list = cJSON_AddArrayToObject(object, "empty_tiers");

	for (uint32_t i = 0; intent && i < intent->tier_count; i++) {
		cJSON *item;

		if (!judge_is_empty(judge, i))
			continue;
		item = cJSON_CreateObject();
		json_put_str(item, "tier", intent->tiers[i].name);
		json_put_u64(item, "line", intent->tiers[i].line);
		cJSON_AddItemToArray(list, item);
	}
}
