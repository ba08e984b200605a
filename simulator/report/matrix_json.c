/* SPDX-License-Identifier: Apache-2.0 */
/* `weir matrix -o json`: docs/cli.md, "matrix". */
#include "lib/base/json.h"
#include "simulator/explain.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/matrix_findings.h"
#include "simulator/report/matrix_pieces.h"
#include "simulator/report/piece_json.h"
#include "simulator/report/print_json.h"

enum { TEXT_MAX = 2048 };

static struct str kind_of(const struct matrix_answer *answer, const struct party *party)
{
	return str_of(party_kind_text(answer->world, answer->parties->by, party));
}

static void put_label(cJSON *object, const char *name, const struct matrix_group *group)
{
	auto_buf struct buf label = buf_make(MATRIX_LABEL_MAX);

	matrix_add_label(group, &label);
	json_put_str(object, name, buf_str(&label));
}

/* The members of a party that stands for several. */
static cJSON *party_object(const struct matrix_answer *answer, const struct matrix_group *group)
{
	cJSON *object = cJSON_CreateObject(), *members;
	size_t ends = 0;

	for (size_t i = 0; i < group->count; i++)
		ends += group->members[i]->end_count;
	put_label(object, "label", group);
	json_put_str(object, "id", group->count == 1 ? group->members[0]->id : str_of(""));
	json_put_str(object, "kind", kind_of(answer, group->members[0]));
	json_put_u64(object, "ends", ends);
	if (group->count == 1)
		return object;
	members = cJSON_AddArrayToObject(object, "members");
	for (size_t i = 0; i < group->count; i++) {
		cJSON *member = cJSON_CreateObject();

		json_put_str(member, "label", group->members[i]->label);
		json_put_str(member, "id", group->members[i]->id);
		json_put_str(member, "kind", kind_of(answer, group->members[i]));
		cJSON_AddItemToArray(members, member);
	}
	return object;
}

static void put_ends(cJSON *object, const struct matrix_answer *answer, size_t src, size_t dst)
{
	put_label(object, "from", matrix_group(answer->matrix, src));
	put_label(object, "to", matrix_group(answer->matrix, dst));
	json_put_u64(object, "from_party", src);
	json_put_u64(object, "to_party", dst);
}

static void put_ports(cJSON *object, const struct matrix_answer *answer, const struct cell *cell,
		      const struct cell_parts *parts)
{
	struct packet_sets		       *sets = reach_sets(answer->reach);
	cJSON				       *ports = cJSON_AddArrayToObject(object, "ports");
	auto_matrix_pieces struct matrix_pieces pieces = { 0 };

	matrix_pieces_of(sets, cell, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		const struct matrix_piece *piece = &pieces.items[i];
		struct matrix_piece_pairs  pairs = matrix_piece_pairs(sets, piece, parts);
		cJSON			  *item = cJSON_CreateObject();

		piece_json_put(item, &piece->piece);
		json_put_str(item, "verdict", str_of(verdict_text(piece->piece.verdict)));
		if (answer->judge && !piece->is_silent)
			cJSON_AddBoolToObject(item, "intended", !piece->is_unintended);
		else
			cJSON_AddNullToObject(item, "intended");
		json_put_str(item, "policy",
			     str_of(answer->judge ? matrix_piece_policy(piece) : ""));
		json_put_str(item, "share", str_of(piece->is_partial ? "some" : "all"));
		json_put_u64(item, "open_pairs", pairs.open);
		json_put_u64(item, "undecided_pairs", pairs.undecided);
		cJSON_AddItemToArray(ports, item);
	}
}

static cJSON *cell_object(const struct matrix_answer *answer, const struct matrix_row *row,
			  struct cell_parts *parts)
{
	cJSON *object = cJSON_CreateObject();

	matrix_parts(answer->matrix, row->srcs[0], row->dsts[0], parts);
	put_ends(object, answer, row->srcs[0], row->dsts[0]);
	put_ports(object, answer, &row->cell, parts);
	json_put_u64(object, "pairs", row->cell.pairs);
	json_put_u64(object, "open_pairs", row->cell.open_pairs);
	json_put_u64(object, "undecided_pairs", row->cell.undecided_pairs);
	json_put_u64(object, "unintended_pairs", row->cell.unintended_pairs);
	return object;
}

/* null when no group's rule decides. */
static void put_rule(cJSON *object, const struct world *world, const struct sg_rule *rule)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	cJSON		   *item;

	if (!rule) {
		cJSON_AddNullToObject(object, "rule");
		return;
	}
	item = cJSON_AddObjectToObject(object, "rule");
	rule_text_sg_in(world, rule, &text);
	json_put_str(item, "id", rule->id);
	json_put_str(item, "text", buf_str(&text));
	json_put_str(item, "description", rule->description);
}

/* The group whose rule decides, or the component that is not known; null where it is not asked. */
static void put_component(cJSON *object, const struct world *world, const struct decider *decider)
{
	const struct hop *doubt = decider->doubt;
	const struct sg	 *sg = decider->rule && decider->sg_idx != WORLD_NONE
				       ? &world->sgs[decider->sg_idx]
				       : NULL;

	json_put_str(object, "kind",
		     str_of(doubt ? explain_hop_kind(doubt)
			    : sg  ? "security-group"
				  : ""));
	json_put_str(object, "id",
		     doubt ? explain_hop_id(world, doubt)
		     : sg  ? sg->object.id
			   : str_of(""));
	json_put_str(object, "name",
		     doubt ? explain_hop_name(world, doubt)
		     : sg  ? sg->object.name
			   : str_of(""));
}

static void put_policy(cJSON *object, const struct intent_answer *intent)
{
	cJSON *policy = cJSON_AddObjectToObject(object, "policy");

	json_put_str(policy, "verdict", str_of(intent_verdict_text(intent->verdict)));
	if (intent->statement)
		json_put_u64(policy, "line", intent->statement->line);
	else
		cJSON_AddNullToObject(policy, "line");
}

static cJSON *finding_object(const struct matrix_answer	 *answer,
			     const struct matrix_finding *finding, enum matrix_finding_kind kind)
{
	cJSON				       *object = cJSON_CreateObject(), *ports;
	auto_packet_pieces struct packet_pieces pieces = { 0 };

	put_ends(object, answer, finding->row->srcs[0], finding->row->dsts[0]);
	ports = cJSON_AddArrayToObject(object, "ports");
	packet_pieces_of(reach_sets(answer->reach), finding->set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		cJSON *item = cJSON_CreateObject();

		piece_json_put(item, &pieces.items[i]);
		cJSON_AddItemToArray(ports, item);
	}
	json_put_u64(object, "pairs", finding->pairs);
	put_component(object, answer->world, &finding->decider);
	if (kind == MATRIX_DOUBT) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		if (finding->decider.doubt)
			explain_hop_reason(answer->world, finding->decider.doubt, &text);
		json_put_str(object, "text", buf_str(&text));
		return object;
	}
	put_rule(object, answer->world, finding->decider.rule);
	put_policy(object, &finding->intent);
	return object;
}

/* One line an item, each made and forgotten: there may be many. */
static void print_item(cJSON *object, bool *any, FILE *out)
{
	char *text = cJSON_PrintUnformatted(object);

	fputs(*any ? ",\n" : "\n", out);
	print_json_text(text, str_of(text).len, out);
	*any = true;
	cJSON_free(text);
	cJSON_Delete(object);
}

static void print_head(const struct matrix_answer *answer, FILE *out)
{
	const struct matrix_summary *sum = &answer->summary;
	cJSON			    *root = cJSON_CreateObject(), *summary;
	char			    *text;

	json_put_str(root, "schema", str_of("weir/matrix/1"));
	json_put_str(root, "by", str_of(party_by_text(answer->parties->by)));
	json_put_str(root, "port", str_of(answer->ports_text));
	json_put_str(root, "policy",
		     answer->judge ? judge_policy(answer->judge)->source : str_of(""));
	empty_tiers_put(root, answer->judge);
	summary = cJSON_AddObjectToObject(root, "summary");
	json_put_u64(summary, "parties", answer->parties->count);
	json_put_u64(summary, "cells", sum->cells);
	json_put_u64(summary, "open_cells", sum->open);
	json_put_u64(summary, "undecided_cells", sum->undecided);
	json_put_u64(summary, "unintended_cells", sum->unintended);
	json_put_u64(summary, "silent_cells", sum->silent);
	json_put_u64(summary, "undecided_unintended_cells", sum->doubtful);
	text = cJSON_PrintUnformatted(root);
	print_json_text(text, str_of(text).len - 1, out);
	fputs(",\"parties\":[", out);
	cJSON_free(text);
	cJSON_Delete(root);
}

/* The list, and of how many cells there is no more in it. */
static void print_findings(const struct matrix_answer *answer, const struct matrix_rows *rows,
			   enum matrix_finding_kind kind, FILE *out)
{
	auto_matrix_findings struct matrix_findings findings = { 0 };
	const char *name = kind == MATRIX_OPENING ? "openings" : "undecided";
	bool	    any = false;

	fprintf(out, ",\"%s\":[", name);
	if (kind == MATRIX_DOUBT || answer->judge)
		matrix_findings_of(answer, rows, kind, &findings);
	for (size_t i = 0; i < findings.count; i++)
		print_item(finding_object(answer, &findings.items[i], kind), &any, out);
	fprintf(out, "\n],\"%s_left_out\":%zu", name, findings.rows_left_out);
}

void matrix_print_json(const void *answer_ptr, FILE *out)
{
	const struct matrix_answer	   *answer = answer_ptr;
	auto_cell_parts struct cell_parts   parts = { 0 };
	auto_matrix_rows struct matrix_rows rows = { 0 };
	bool				    any = false;

	print_head(answer, out);
	for (size_t i = 0; i < matrix_group_count(answer->matrix); i++)
		print_item(party_object(answer, matrix_group(answer->matrix, i)), &any, out);
	fputs("\n],\"cells\":[", out);
	any = false;
	matrix_rows_apart(answer->matrix, &rows);
	for (size_t i = 0; i < rows.count; i++)
		print_item(cell_object(answer, &rows.items[i], &parts), &any, out);
	fputs("\n]", out);
	for (enum matrix_finding_kind kind = MATRIX_OPENING; kind <= MATRIX_DOUBT; kind++)
		print_findings(answer, &rows, kind, out);
	fputs("}\n", out);
}
