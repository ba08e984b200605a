/* SPDX-License-Identifier: Apache-2.0 */
#include <inttypes.h>
#include <math.h>

#include "simulator/explain.h"
#include "simulator/report/amount.h"
#include "simulator/report/rules.h"

enum {
	TEXT_MAX = 4096,
	NAME_WIDTH = 20,
	ID_WIDTH = 24, /* "acl-" and 17 digits, whole */
	RULE_WIDTH = 36,
	LINE_WIDTH = 112,
	EXACT_BITS = 53,
	DATE_LEN = 10
};

void rules_add_id(const struct usage_rule *rule, struct buf *out)
{
	if (!rule->is_nacl)
		buf_add_visible(out, rule->sg_rule->id);
	else if (rule->nacl_rule)
		buf_printf(out, "%u", rule->nacl_rule->number);
	else
		buf_add_char(out, '*');
}

void rules_add_text(const struct rules_answer *answer, const struct usage_rule *rule,
		    struct buf *out)
{
	if (!rule->is_nacl) {
		rule_text_sg_in(answer->world, rule->sg_rule, out);
		return;
	}
	buf_add_text(out, rule->egress ? "out " : "in ");
	if (rule->nacl_rule)
		rule_text_nacl(rule->nacl_rule, out);
	else
		buf_add_text(out, "deny all (implicit)");
}

struct rules_counts rules_count(const struct rules_answer *answer)
{
	struct rules_counts counts = { 0 };

	for (size_t i = 0; i < answer->count; i++) {
		const struct usage_rule *rule = answer->rules[i];

		counts.never_hit += usage_is_never_hit(answer->usage, rule);
		counts.removable += usage_is_removable(answer->usage, rule);
		if (rule->hits.records == 0 && rule->maybe)
			counts.maybe++;
		else if (rule->hits.records == 0 && !usage_is_never_hit(answer->usage, rule))
			counts.not_known++;
	}
	return counts;
}

/* "16 rules never hit, 5 of them removable, in this selection; 2 more may have been hit" */
static void add_counts(const struct rules_answer *answer, struct buf *out)
{
	struct rules_counts counts = rules_count(answer);

	if (answer->usage->all.records == 0) {
		buf_add_text(out, "no records: nothing can be said of any rule");
		return;
	}
	amount_add_of(out, counts.never_hit, "rule");
	buf_add_text(out, " never hit, ");
	buf_add_grouped(out, counts.removable);
	buf_add_text(out, " of them removable, in this selection");
	if (counts.maybe) {
		buf_add_text(out, "; ");
		buf_add_grouped(out, counts.maybe);
		buf_add_text(out, " more may have been hit");
	}
	if (counts.not_known) {
		buf_add_text(out, "; of ");
		buf_add_grouped(out, counts.not_known);
		buf_add_text(out, " the logs say nothing");
	}
}

static void print_head(const struct rules_answer *answer, FILE *out)
{
	const struct usage_answer *usage = answer->usage;
	auto_buf struct buf	   line = buf_make(TEXT_MAX);

	log_head_print(&answer->head, out);
	buf_add_grouped(&line, usage->eni_covered);
	buf_add_text(&line, " of ");
	amount_add_of(&line, usage->eni_count, "interface");
	buf_add_text(&line, " in them; ");
	add_counts(answer, &line);
	fprintf(out, "%s\n", line.data);
	if (usage->contradictions || usage->unknown)
		fprintf(out,
			"no hits of any rule: %" PRIu64 " contradictions, %" PRIu64
			" unknown (weir check tells why)\n",
			usage->contradictions, usage->unknown);
	if (usage->elsewhere)
		fprintf(out,
			"of the unknown %" PRIu64
			" are of no interface of the snapshot: whose rules they hit is not known\n",
			usage->elsewhere);
}

/* 16,777,216; 2^64; ? */
static void add_addresses(struct buf *out, double count)
{
	int    exponent;
	double mantissa = frexp(count, &exponent);

	if (count < 0)
		buf_add_char(out, '?');
	else if (exponent <= EXACT_BITS)
		buf_add_grouped(out, (uint64_t)count);
	else if (mantissa > 0.5)
		buf_printf(out, "%.3g", count);
	else
		buf_printf(out, "2^%d", exponent - 1);
}

static void addresses_cell(struct table *table, const struct usage_rule *rule)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	buf_add_text(&text, rule->peers.estimated ? "~" : "");
	buf_add_grouped(&text, distinct_count(&rule->peers));
	if (rule->nacl_rule || rule->sg_rule) {
		buf_add_text(&text, " of ");
		add_addresses(&text, rule->allowed);
	}
	table_cell(table, buf_str(&text));
}

/* A date is enough for a table; the other forms have the second. */
static void last_cell(struct table *table, const struct rules_answer *answer,
		      const struct usage_rule *rule)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	amount_add_time(&text, rule->hits.end);
	if (rule->hits.records)
		table_cell(table, str_head(buf_str(&text), DATE_LEN));
	else if (rule->maybe)
		table_cell(table, str_of("maybe"));
	else
		table_cell(table, str_of(usage_is_never_hit(answer->usage, rule) ? "never" : "?"));
}

static void add_coverage(const struct usage_rule *rule, struct buf *out)
{
	if (rule->eni_count == 0) {
		buf_add_text(out, "applies to no interface");
		return;
	}
	buf_add_text(out, "logs of ");
	buf_add_grouped(out, rule->eni_covered);
	buf_add_text(out, " of ");
	amount_add_of(out, rule->eni_count, "interface");
	if (rule->covered_start == 0)
		return;
	buf_add_text(out, ", ");
	amount_add_time(out, rule->covered_start);
	buf_add_text(out, " to ");
	amount_add_time(out, rule->covered_end);
}

/* The ids that a change needs, and of a rule that was never hit, what that is worth. */
static void note_rule(struct table *table, const struct rules_answer *answer,
		      const struct usage_rule *rule)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	auto_buf struct buf coverage = buf_make(TEXT_MAX);
	bool		    fits;

	buf_add_visible(&text, usage_object(answer->world, rule)->id);
	if (rule->is_nacl || rule->sg_rule->id.len) {
		buf_add_text(&text, rule->is_nacl ? " rule " : " ");
		rules_add_id(rule, &text);
	}
	if (rule->sg_rule && rule->sg_rule->description.len) {
		buf_add_text(&text, " \"");
		buf_add_visible(&text, rule->sg_rule->description);
		buf_add_char(&text, '"');
	}
	if (rule->hits.records == 0 && rule->maybe) {
		amount_add_of(&coverage, rule->maybe, "record");
		buf_add_text(&coverage,
			     rule->maybe == 1 ? " may be its hit; " : " may be its hits; ");
	}
	if (rule->hits.records == 0)
		add_coverage(rule, &coverage);
	fits = text.len + coverage.len <= LINE_WIDTH;
	if (coverage.len && fits)
		buf_printf(&text, "; %s", coverage.data);
	table_note(table, str_trim(buf_str(&text)));
	if (coverage.len && !fits)
		table_note(table, buf_str(&coverage));
}

static void add_row(struct table *table, const struct rules_answer *answer,
		    const struct usage_rule *rule)
{
	const struct object *object = usage_object(answer->world, rule);
	auto_buf struct buf  text = buf_make(TEXT_MAX);
	auto_buf struct buf  name = buf_make(TEXT_MAX);

	rules_add_text(answer, rule, &text);
	buf_add_visible(&name, object->name.len ? object->name : object->id);
	table_cell_cut(table, buf_str(&name), object->name.len ? NAME_WIDTH : ID_WIDTH);
	table_cell_cut(table, buf_str(&text), RULE_WIDTH);
	amount_cell(table, rule->hits.records);
	amount_cell(table, rule->maybe);
	amount_cell(table, rule->only.records);
	amount_cell_size(table, rule->hits.bytes);
	last_cell(table, answer, rule);
	addresses_cell(table, rule);
	note_rule(table, answer, rule);
}

void rules_print_text(const void *answer_ptr, FILE *out)
{
	static const struct table_column columns[] = {
		{ "GROUP", false },    { "RULE", false },     { "HITS", true },
		{ "MAYBE", true },     { "ONLY", true },      { "BYTES", true },
		{ "LAST HIT", false }, { "ADDRESSES", true }, { NULL, false },
	};
	const struct rules_answer *answer = answer_ptr;
	auto_table struct table	  *table = table_new(columns);

	for (size_t i = 0; i < answer->count && i < answer->limit; i++)
		add_row(table, answer, answer->rules[i]);
	print_head(answer, out);
	if (answer->count) {
		fputc('\n', out);
		table_print(table, answer->header, out);
	}
	if (answer->count > answer->limit)
		fprintf(out, "%zu more rules (--limit)\n", answer->count - (size_t)answer->limit);
}
