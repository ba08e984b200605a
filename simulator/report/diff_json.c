/* SPDX-License-Identifier: Apache-2.0 */
/* `weir diff -o json`: docs/cli.md. */
#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "simulator/explain_delta.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/diff.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/piece_json.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 1 << 20 };

static void put_party(cJSON *list, const struct diff_answer *answer,
		      const struct path_change *change, const struct crowd *crowd, size_t idx)
{
	cJSON		   *item = cJSON_CreateObject();
	auto_buf struct buf text = buf_make(TEXT_MAX);

	json_put_str(item, "id", crowd->parties[idx].id);
	json_put_str(item, "label", crowd->parties[idx].label);
	if (crowd->scope != KIND_INTERFACES) {
		diff_add_foreign(answer, change, crowd->scope, SIZE_MAX, &text);
		json_put_str(item, "addresses", buf_str(&text));
	}
	cJSON_AddItemToArray(list, item);
}

static void put_parties(cJSON *object, const char *name, const struct diff_answer *answer,
			const struct path_change *change, bool is_dst)
{
	const uint32_t *crowds = is_dst ? change->dsts : change->srcs;
	size_t		count = is_dst ? change->dst_count : change->src_count;
	cJSON	       *list = cJSON_AddArrayToObject(object, name);

	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < answer->crowds->items[crowds[i]].party_count; j++)
			put_party(list, answer, change, &answer->crowds->items[crowds[i]], j);
}

static void put_set(cJSON *object, const char *name, const struct diff_answer *answer, uint32_t set)
{
	cJSON				       *list = cJSON_AddArrayToObject(object, name);
	auto_packet_pieces struct packet_pieces pieces = { 0 };

	packet_pieces_of(answer->sets, set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		cJSON *item = cJSON_CreateObject();

		piece_json_put(item, &pieces.items[i]);
		json_put_str(item, "verdict", str_of(verdict_text(pieces.items[i].verdict)));
		cJSON_AddItemToArray(list, item);
	}
}

/* null without a policy. */
static void put_judged(cJSON *object, const char *name, const struct diff_answer *answer,
		       uint32_t set)
{
	if (answer->judge)
		put_set(object, name, answer, set);
	else
		cJSON_AddNullToObject(object, name);
}

static cJSON *change_object(const struct diff_answer *answer, size_t idx)
{
	static const char *const   whats[DELTA_WHAT_COUNT] = { "added", "removed", "changed" };
	const struct delta_change *change = &answer->delta->changes[idx];
	auto_buf struct buf	   text = buf_make(TEXT_MAX);
	cJSON			  *item = cJSON_CreateObject();
	struct str		   name = { 0 };

	for (size_t side = 0; side < 2; side++)
		if (change->objects[side])
			name = change->objects[side]->name;
	json_put_str(item, "what", str_of(whats[change->what]));
	json_put_str(
		item, "kind",
		str_of(change->kind == WORLD_KIND_COUNT ? "" : explain_world_kind(change->kind)));
	json_put_str(item, "id", change->id);
	json_put_str(item, "name", name);
	if (change->part == DELTA_SG_RULE) {
		const struct sg_rule *rule = change->sg_rules[1] ? change->sg_rules[1]
								 : change->sg_rules[0];

		json_put_str(item, "rule", rule->id);
		json_put_str(item, "description", rule->description);
	} else if (change->part == DELTA_NACL_RULE) {
		const struct nacl_rule *rule = change->nacl_rules[1] ? change->nacl_rules[1]
								     : change->nacl_rules[0];

		buf_add_u64(&text, rule->number);
		json_put_str(item, "rule", buf_str(&text));
		json_put_str(item, "direction", str_of(rule->egress ? "egress" : "ingress"));
		buf_clear(&text);
	}
	explain_change(answer->delta, change, &text);
	json_put_str(item, "text", buf_str(&text));
	cJSON_AddBoolToObject(item, "cosmetic", change->cosmetic);
	return item;
}

static void put_moves(cJSON *object, const struct diff_answer *answer,
		      const struct path_change *change)
{
	size_t			    count;
	auto_free struct diff_move *moves = diff_moves_of(answer, change, &count);
	cJSON			   *list = cJSON_AddArrayToObject(object, "moved");

	for (size_t i = 0; i < count; i++) {
		cJSON *item = cJSON_CreateObject();

		json_put_str(item, "id", moves[i].id);
		json_put_str(item, "label", moves[i].label);
		json_put_str(item, "from_tier", moves[i].from);
		json_put_str(item, "to_tier", moves[i].to);
		cJSON_AddItemToArray(list, item);
	}
}

static cJSON *path_object(const struct diff_answer *answer, const struct path_change *change)
{
	cJSON *item = cJSON_CreateObject(), *causes;

	json_put_str(item, "change", str_of(diff_sign_word(change->sign)));
	put_parties(item, "src", answer, change, false);
	put_parties(item, "dst", answer, change, true);
	put_set(item, "before", answer, change->transition.before);
	put_set(item, "after", answer, change->transition.after);
	put_set(item, "opened", answer, change->transition.opened);
	put_set(item, "closed", answer, change->transition.closed);
	put_set(item, "undecided", answer, change->transition.undecided);
	put_judged(item, "unintended", answer, change->unintended);
	put_judged(item, "silent", answer, change->silent);
	if (change->pairs_total) {
		json_put_u64(item, "pairs", change->pairs);
		json_put_u64(item, "pairs_total", change->pairs_total);
	}
	cJSON_AddBoolToObject(item, "new_end",
			      change->presence & (PRESENCE_SRC_NEW | PRESENCE_DST_NEW));
	cJSON_AddBoolToObject(item, "gone_end",
			      change->presence & (PRESENCE_SRC_GONE | PRESENCE_DST_GONE));
	if (diff_is_judged(change))
		put_moves(item, answer, change);
	causes = cJSON_AddArrayToObject(item, "causes");
	for (size_t i = 0; i < change->cause_count; i++)
		cJSON_AddItemToArray(causes, change_object(answer, change->causes[i]));
	cJSON_AddBoolToObject(item, "causes_complete", change->untraced == 0);
	return item;
}

static void put_noise(cJSON *root, const struct diff_answer *answer)
{
	struct diff_noise noise = diff_noise_of(answer);
	cJSON		 *object = cJSON_AddObjectToObject(root, "noise"), *list;

	json_put_u64(object, "count", noise.count);
	json_put_u64(object, "cosmetic", noise.cosmetic);
	if (!answer->all)
		return;
	list = cJSON_AddArrayToObject(object, "changes");
	for (size_t i = 0; i < answer->delta->count; i++)
		if (!answer->changes->is_cause[i])
			cJSON_AddItemToArray(list, change_object(answer, i));
}

void diff_print_json(const void *answer_ptr, FILE *out)
{
	const struct diff_answer  *answer = answer_ptr;
	const struct path_changes *changes = answer->changes;
	cJSON			  *root = cJSON_CreateObject(), *list, *counts;

	json_put_str(root, "schema", str_of("weir/diff/1"));
	json_put_str(root, "before", str_of(answer->paths[0]));
	json_put_str(root, "after", str_of(answer->paths[1]));
	json_put_str(root, "by", str_of(party_by_text(answer->by)));
	empty_tiers_put(root, answer->judge);
	counts = cJSON_AddObjectToObject(root, "counts");
	for (int sign = 0; sign < PATH_SIGN_COUNT; sign++)
		json_put_u64(counts, diff_sign_word((enum path_change_sign)sign),
			     changes->counts[sign]);
	list = cJSON_AddArrayToObject(root, "paths");
	for (size_t i = 0; i < changes->count; i++)
		cJSON_AddItemToArray(list, path_object(answer, &changes->items[i]));
	cJSON_AddBoolToObject(root, "undecided_in_both", changes->is_undecided);
	cJSON_AddBoolToObject(root, "causes_complete", changes->untraced == 0);
	json_put_u64(root, "renewed_interfaces", answer->renewed);
	put_noise(root, answer);
	print_json(root, true, out);
}
