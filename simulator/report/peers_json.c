/* SPDX-License-Identifier: Apache-2.0 */
/* `weir who -o json`, `weir reach -o json`: docs/cli.md, "who and reach". */
#include <stdlib.h>
#include <string.h>

#include "lib/base/json.h"
#include "lib/base/mem.h"
#include "simulator/explain.h"
#include "simulator/report/answer_json.h"
#include "simulator/report/can.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/peers_pieces.h"
#include "simulator/report/peers_words.h"
#include "simulator/report/piece_json.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

static void put_query(cJSON *root, const struct peers_answer *answer)
{
	const struct peers *peers = answer->peers;
	const char	   *text = peers->query.endpoint->query;
	cJSON		   *item = cJSON_AddObjectToObject(root, "query"), *ends;

	json_put_str(item, "text", str_of(text));
	json_put_str(item, "port", str_of(answer->ports_text));
	json_put_str(item, "by", str_of(party_by_text(peers->query.by)));
	ends = cJSON_AddArrayToObject(item, "ends");
	for (size_t i = 0; i < peers->end_count; i++)
		cJSON_AddItemToArray(ends,
				     answer_json_end_object(answer->world, text, &peers->ends[i]));
}

/* The lists are gone then. */
static void put_cidrs(cJSON *object, const char *name, struct addresses *lists, size_t count)
{
	cJSON *list = cJSON_AddArrayToObject(object, name);
	char   cidr[CIDR_TEXT_SIZE];

	for (size_t i = 0; i < count; i++) {
		for (size_t j = 0; j < lists[i].count; j++) {
			cidr_print(lists[i].cidrs[j], cidr);
			cJSON_AddItemToArray(list, cJSON_CreateString(cidr));
		}
		addresses_done(&lists[i]);
	}
}

static void put_blocks(cJSON *object, const struct peers_answer *answer, const struct peer_row *row,
		       enum verdict verdict)
{
	struct addresses lists[PEERS_ADDRESSES];
	size_t		 count = peers_addresses(answer, row, verdict, lists);

	put_cidrs(object, verdict == VERDICT_ALLOW ? "addresses" : "addresses_undecided", lists,
		  count);
}

/* Those of the row that have a fact in common; not there where none is outside. */
static void put_fact_blocks(cJSON *object, const struct peers_answer *answer,
			    const struct peer_fact *fact)
{
	struct addresses lists[PEERS_ADDRESSES];

	if (fact->foreign_count)
		put_cidrs(object, "addresses", lists, peers_fact_addresses(answer, fact, lists));
}

static void put_ports(cJSON *object, const struct peers_answer *answer, const struct peer_row *row)
{
	size_t			      count;
	auto_free struct peers_piece *pieces = peers_pieces(answer, row, &count);
	cJSON			     *list = cJSON_AddArrayToObject(object, "ports");

	for (size_t i = 0; i < count; i++) {
		const struct peer_fact *fact = pieces[i].fact;
		cJSON		       *item = cJSON_CreateObject();

		piece_json_put(item, &pieces[i].piece);
		json_put_str(item, "verdict", str_of(verdict_text(fact->decider.verdict)));
		json_put_str(item, "rule",
			     fact->decider.rule ? fact->decider.rule->id : str_of(""));
		answer_json_intent(item, answer->peers->query.judge, &fact->intent);
		put_fact_blocks(item, answer, fact);
		cJSON_AddItemToArray(list, item);
	}
}

static bool is_first(const struct peer_row *row, size_t fact_idx)
{
	for (size_t i = 0; i < fact_idx; i++)
		if (decider_is_same(&row->facts[i].decider, &row->facts[fact_idx].decider))
			return false;
	return true;
}

static void put_rules(cJSON *object, const struct peers_answer *answer, const struct peer_row *row)
{
	const struct world *world = answer->world;
	cJSON		   *rules = cJSON_AddArrayToObject(object, "rules");
	cJSON		   *unmodelled = cJSON_AddArrayToObject(object, "unmodelled");

	for (size_t i = 0; i < row->fact_count; i++) {
		const struct decider *decider = &row->facts[i].decider;
		auto_buf struct buf   text = buf_make(TEXT_MAX);
		cJSON		     *item;

		if (!is_first(row, i))
			continue;
		if (decider->doubt)
			answer_json_doubt(unmodelled, world, decider->doubt);
		if (!decider->rule)
			continue;
		item = cJSON_CreateObject();
		rule_text_sg_in(world, decider->rule, &text);
		json_put_str(item, "id", decider->rule->id);
		json_put_str(item, "group",
			     decider->sg_idx == WORLD_NONE ? str_of("")
							   : world->sgs[decider->sg_idx].object.id);
		json_put_str(item, "direction",
			     str_of(decider->rule->egress ? "egress" : "ingress"));
		json_put_str(item, "text", buf_str(&text));
		json_put_str(item, "description", decider->rule->description);
		cJSON_AddItemToArray(rules, item);
	}
	cJSON_AddBoolToObject(object, "rules_complete", !row->is_cut);
}

/* true or false, or null where the policy has no word of its own: none, or silent. */
static void put_intended(cJSON *object, const char *policy)
{
	if (strcmp(policy, "intended") == 0 || strcmp(policy, "unintended") == 0)
		cJSON_AddBoolToObject(object, "intended", strcmp(policy, "intended") == 0);
	else
		cJSON_AddNullToObject(object, "intended");
	json_put_str(object, "policy", str_of(policy));
}

static cJSON *row_object(const struct peers_answer *answer, const struct peer_row *row)
{
	cJSON *item = cJSON_CreateObject();

	json_put_str(item, "party", row->party->label);
	json_put_str(item, "kind",
		     str_of(party_kind_text(answer->world, answer->peers->query.by, row->party)));
	json_put_str(item, "id", row->party->id);
	json_put_str(item, "verdict", str_of(can_verdict_text(row->verdict)));
	json_put_u64(item, "ends", row->ends);
	json_put_u64(item, "undecided", row->undecided);
	json_put_u64(item, "of", row->of);
	json_put_u64(item, "query_ends", row->query_ends);
	put_blocks(item, answer, row, VERDICT_ALLOW);
	put_blocks(item, answer, row, VERDICT_UNKNOWN);
	put_ports(item, answer, row);
	put_intended(item, peers_policy(answer, row));
	put_rules(item, answer, row);
	return item;
}

typedef bool is_row_fn(const struct peers_answer *answer, const struct peer_row *row);

static void put_names(cJSON *object, const char *name, const struct peers_answer *answer,
		      is_row_fn *is_meant)
{
	const struct peers *peers = answer->peers;
	cJSON		   *names = cJSON_AddArrayToObject(object, name);

	for (size_t i = 0; i < peers->row_count; i++) {
		cJSON *item;

		if (!is_meant(answer, &peers->rows[i]))
			continue;
		item = cJSON_CreateObject();
		json_put_str(item, "party", peers->rows[i].party->label);
		json_put_str(item, "id", peers->rows[i].party->id);
		cJSON_AddItemToArray(names, item);
	}
}

/* null where it was not asked: addresses outside are no peers of others. */
static void put_foreign(cJSON *object, const char *name, const struct peers *peers,
			enum verdict verdict)
{
	json_put_str(object, name, str_of(peers->query_ends ? can_verdict_text(verdict) : ""));
}

static void put_totals(cJSON *root, const struct peers_answer *answer)
{
	const struct peers *peers = answer->peers;
	cJSON		   *totals = cJSON_AddObjectToObject(root, "totals");
	size_t		    parties = 0;

	for (size_t i = 0; i < peers->row_count; i++)
		parties += peers->rows[i].party->scope == KIND_INTERFACES &&
			   peers->rows[i].verdict == VERDICT_ALLOW;
	json_put_u64(totals, "parties", parties);
	json_put_u64(totals, "parties_of", peers->party_count);
	json_put_u64(totals, "ends", peers->total.ends);
	json_put_u64(totals, "undecided", peers->total.undecided);
	json_put_u64(totals, "of", peers->total.of);
	json_put_u64(totals, "query_ends", peers->query_ends);
	put_foreign(totals, "internet", peers, peers->internet);
	put_foreign(totals, "on_premises", peers, peers->on_premises);
	put_names(totals, "not_allowed", answer, peers_is_unintended);
	put_names(totals, "silent", answer, peers_is_silent);
}

void peers_print_json(const void *answer_ptr, FILE *out)
{
	const struct peers_answer *answer = answer_ptr;
	const struct peers	  *peers = answer->peers;
	cJSON			  *root = cJSON_CreateObject(), *rows;

	json_put_str(root, "schema", str_of(peers->query.is_src ? "weir/reach/1" : "weir/who/1"));
	json_put_str(root, "verdict", str_of(can_verdict_text(answer->verdict)));
	if (answer->assumed)
		cJSON_AddTrueToObject(root, "assumed");
	put_query(root, answer);
	empty_tiers_put(root, peers->query.judge);
	rows = cJSON_AddArrayToObject(root, "rows");
	for (size_t i = 0; i < peers->row_count && i < answer->limit; i++)
		cJSON_AddItemToArray(rows, row_object(answer, &peers->rows[i]));
	json_put_u64(root, "rows_total", peers->row_count);
	put_totals(root, answer);
	print_json(root, true, out);
}
