/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>

#include "lib/base/table.h"
#include "lib/net/proto.h"
#include "simulator/explain.h"
#include "simulator/report/check.h"

enum { TEXT_MAX = 2048 };

/* 1,204,551 */
static void add_grouped(struct buf *out, uint64_t value)
{
	char   digits[24];
	size_t len = (size_t)snprintf(digits, sizeof(digits), "%" PRIu64, value);

	for (size_t i = 0; i < len; i++) {
		if (i && (len - i) % 3 == 0)
			buf_add_char(out, ',');
		buf_add_char(out, digits[i]);
	}
}

/* 1.9 TiB */
static void add_size(struct buf *out, uint64_t bytes)
{
	static const char *const units[] = { "B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	double			 value = (double)bytes;
	size_t			 unit = 0;

	while (value >= 1024 && unit + 1 < ARRAY_LEN(units)) {
		value /= 1024;
		unit++;
	}
	if (unit == 0)
		buf_printf(out, "%" PRIu64 " B", bytes);
	else
		buf_printf(out, "%.1f %s", value, units[unit]);
}

void check_print_path(const struct tally_group *group, struct buf *out)
{
	char name[PROTO_TEXT_SIZE];

	proto_print(group->protocol, name);
	buf_add_str(out, group->src);
	buf_add_text(out, " -> ");
	buf_add_str(out, group->dst);
	buf_printf(out, " %s%s", name[0] >= '0' && name[0] <= '9' ? "proto/" : "", name);
	if (proto_has_ports(group->protocol))
		buf_printf(out, "/%u", group->dst_port);
}

static void cell_grouped(struct table *table, uint64_t value)
{
	auto_buf struct buf text = buf_make(64);

	add_grouped(&text, value);
	table_cell(table, buf_str(&text));
}

static void cell_size(struct table *table, uint64_t bytes)
{
	auto_buf struct buf text = buf_make(64);

	add_size(&text, bytes);
	table_cell(table, buf_str(&text));
}

static void print_totals(const struct check_answer *answer, FILE *out)
{
	static const struct table_column columns[] = { { "VERDICT", false },
						       { "RECORDS", true },
						       { "PACKETS", true },
						       { "BYTES", true },
						       { NULL, false } };
	auto_table struct table		*table = table_new(columns);

	for (int i = 0; i < RECORD_VERDICT_COUNT; i++) {
		const struct tally_total *total = &answer->tally->totals[i];

		table_cell(table, str_of(record_verdict_text((enum record_verdict)i)));
		cell_grouped(table, total->records);
		cell_grouped(table, total->packets);
		cell_size(table, total->bytes);
	}
	table_print(table, answer->header, out);
}

/* The rule that decided: "sgr-… tcp/5432 from …", "acl-… rule 90 deny …". */
static void add_rule(const struct check_answer *answer, const struct tally_group *group,
		     struct buf *out)
{
	if (group->layer == LAYER_NACL && group->nacl_idx != WORLD_NONE) {
		buf_add_visible(out, answer->world->nacls[group->nacl_idx].object.id);
		if (group->nacl_rule) {
			buf_printf(out, " rule %u ", group->nacl_rule->number);
			explain_nacl_rule(group->nacl_rule, out);
		} else {
			buf_add_text(out, " rule * (implicit deny)");
		}
	} else if (group->sg_rule) {
		buf_add_visible(out, group->sg_rule->id.len
					     ? group->sg_rule->id
					     : answer->world->sgs[group->sg_idx].object.id);
		buf_add_char(out, ' ');
		explain_sg_rule_in(answer->world, group->sg_rule, out);
	} else if (group->layer == LAYER_SG && group->sg_idx != WORLD_NONE) {
		buf_add_visible(out, answer->world->sgs[group->sg_idx].object.id);
		buf_add_text(out, ": no rule matches");
	}
}

static void add_policy(const struct check_answer *answer, const struct tally_group *group,
		       struct buf *out)
{
	if (!answer->judge || group->verdict == RECORD_UNKNOWN)
		return;
	if (group->statement) {
		buf_printf(out, "line %u: ", group->statement->line);
		buf_add_visible(out, group->statement->text);
	} else if (group->intent == INTENT_UNLISTED) {
		buf_add_text(out, "no line lists it");
	}
	if (group->expired)
		buf_printf(out, " (waiver on line %u expired)", group->expired->line);
}

static void print_groups(const struct check_answer *answer, FILE *out)
{
	static const struct table_column columns[] = {
		{ "VERDICT", false }, { "PATH", false }, { "ACTION", false }, { "RECORDS", true },
		{ "BYTES", true },    { "RULE", false }, { "POLICY", false }, { NULL, false },
	};
	auto_table struct table *table = table_new(columns);

	for (size_t i = 0; i < answer->tally->group_count && i < answer->limit; i++) {
		const struct tally_group *group = &answer->tally->groups[i];
		auto_buf struct buf	  path = buf_make(TEXT_MAX);
		auto_buf struct buf	  rule = buf_make(TEXT_MAX);
		auto_buf struct buf	  policy = buf_make(TEXT_MAX);

		check_print_path(group, &path);
		add_rule(answer, group, &rule);
		add_policy(answer, group, &policy);
		table_cell(table, str_of(record_verdict_text(group->verdict)));
		table_cell(table, buf_str(&path));
		table_cell(table, str_of(group->action == ACTION_ACCEPT ? "ACCEPT" : "REJECT"));
		cell_grouped(table, group->total.records);
		cell_size(table, group->total.bytes);
		table_cell(table, rule.len ? buf_str(&rule) : str_head(group->why, 100));
		table_cell(table, buf_str(&policy));
	}
	if (answer->tally->group_count) {
		fputc('\n', out);
		table_print(table, answer->header, out);
	}
	if (answer->tally->group_count > answer->limit)
		fprintf(out, "%zu more groups (--limit)\n",
			answer->tally->group_count - (size_t)answer->limit);
}

/* What needs an eye: one example each, with the reason in words. */
static void print_examples(const struct check_answer *answer, FILE *out)
{
	for (size_t i = 0; i < answer->tally->group_count && i < answer->limit; i++) {
		const struct tally_group *group = &answer->tally->groups[i];
		auto_buf struct buf	  path = buf_make(TEXT_MAX);
		auto_buf struct buf	  line = buf_make(TEXT_MAX);

		if (group->verdict == RECORD_EXPECTED || group->verdict == RECORD_REJECTED)
			continue;
		check_print_path(group, &path);
		buf_add_visible(&line, group->example_file);
		buf_printf(&line, ":%" PRIu64 ": ", group->example_line);
		buf_add_visible(&line, group->example);
		fprintf(out, "\n%s %s: %s\n  %s\n", record_verdict_text(group->verdict), path.data,
			group->why.ptr, line.data);
	}
}

void check_print_text(const void *answer_ptr, FILE *out)
{
	const struct check_answer *answer = answer_ptr;
	auto_buf struct buf	   line = buf_make(256);

	add_grouped(&line, answer->records);
	buf_printf(&line, " record%s  ", answer->records == 1 ? "" : "s");
	add_grouped(&line, answer->files);
	buf_printf(&line, " file%s", answer->files == 1 ? "" : "s");
	if (answer->tally->nodata || answer->tally->skipdata)
		buf_printf(&line, "  (NODATA %" PRIu64 ", SKIPDATA %" PRIu64 ")",
			   answer->tally->nodata, answer->tally->skipdata);
	if (answer->bad_lines)
		buf_printf(&line, "  BAD LINES %" PRIu64 ", not judged", answer->bad_lines);
	fprintf(out, "%s\n", line.data);
	print_totals(answer, out);
	print_groups(answer, out);
	print_examples(answer, out);
	if (answer->tally->groups_left_out)
		fprintf(out,
			"%" PRIu64
			" records are in the totals but in no group: more than %d groups\n",
			answer->tally->groups_left_out, TALLY_GROUPS_MAX);
}
