/* SPDX-License-Identifier: Apache-2.0 */
/* `weir exposed` for people: the answer, then a line for all that fare alike. */
#include "lib/base/table.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/amount.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/exposed_words.h"

enum { TEXT_MAX = 4096, BLOCKS_SHOWN = 3, NAMES_WIDTH = 48 };

static const struct table_column columns[] = {
	{ "NAME", false }, { "PUBLIC", false }, { "PORTS", false }, { "FROM", false },
	{ "VIA", false },  { "REASON", false }, { "RISK", false },  { NULL, false },
};

static void add_ports(const struct exposed_answer *answer, const struct exposure_row *row,
		      struct buf *out)
{
	packet_words(reach_sets(answer->exposure->reach), row->set, VERDICT_ALLOW, out);
}

static void add_from(const struct exposed_answer *answer, const struct exposure_row *row,
		     struct buf *out)
{
	addresses_words(&answer->exposure->sources[row->sources], BLOCKS_SHOWN, out);
}

static void add_row(struct table *table, const struct exposed_answer *answer,
		    const struct exposure_row *row)
{
	static void (*const cells[])(const struct exposed_answer *, const struct exposure_row *,
				     struct buf *) = { exposed_add_public, add_ports,
						       add_from,	   exposed_add_via,
						       exposed_add_reason, exposed_add_risk };
	auto_buf struct buf names = buf_make(TEXT_MAX);

	exposed_add_names(row, &names);
	table_cell_cut(table, buf_str(&names), NAMES_WIDTH);
	for (size_t i = 0; i < ARRAY_LEN(cells); i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		cells[i](answer, row, &text);
		table_cell(table, text.len ? buf_str(&text) : str_of("-"));
	}
}

/* Rows that the limit leaves out. */
static size_t fill(struct table *table, const struct exposed_answer *answer)
{
	const struct exposure *exposure = answer->exposure;
	size_t shown = exposure->count < answer->limit ? exposure->count : (size_t)answer->limit;

	for (size_t i = 0; i < shown; i++)
		add_row(table, answer, &exposure->rows[i]);
	return exposure->count - shown;
}

/* "2 interfaces and 1 load balancer"; nothing when there is none of a grade. */
static bool add_grade(const struct exposure *exposure, enum exposure_grade grade, struct buf *out)
{
	size_t interfaces = exposure->interfaces.grades[grade], lbs = exposure->lbs.grades[grade];

	if (interfaces)
		amount_add_of(out, interfaces, "interface");
	if (interfaces && lbs)
		buf_add_text(out, " and ");
	if (lbs)
		amount_add_of(out, lbs, "load balancer");
	return interfaces || lbs;
}

static void add_headline(const struct exposed_answer *answer, struct buf *out)
{
	static const char *const counted[VERDICT_COUNT] = {
		[VERDICT_DENY] = ", counted as not exposed",
		[VERDICT_UNKNOWN] = "",
		[VERDICT_ALLOW] = ", counted as exposed",
	};
	auto_buf struct buf bad = buf_make(TEXT_MAX);
	auto_buf struct buf open = buf_make(TEXT_MAX);
	auto_buf struct buf good = buf_make(TEXT_MAX);

	if (add_grade(answer->exposure, EXPOSURE_UNEXPECTED, &bad))
		buf_printf(out, answer->judge ? "✗ EXPOSED beyond the policy: %s" : "✗ EXPOSED: %s",
			   bad.data);
	if (add_grade(answer->exposure, EXPOSURE_UNDECIDED, &open))
		buf_printf(out, "%s%s may be exposed%s",
			   out->len ? "; " : "? UNDECIDED: ", open.data,
			   counted[answer->unknown_as]);
	if (add_grade(answer->exposure, EXPOSURE_EXPECTED, &good))
		buf_printf(out,
			   out->len ? "; as the policy expects: %s"
				    : "✓ EXPOSED as the policy expects: %s",
			   good.data);
	if (out->len == 0)
		buf_add_text(out, answer->exposure->asked ? "✓ NOT EXPOSED"
							  : "? UNDECIDED: nothing to ask about");
}

static void add_scope(const struct exposed_answer *answer, struct buf *out)
{
	const struct exposure_counts *interfaces = &answer->exposure->interfaces;
	const struct exposure_counts *lbs = &answer->exposure->lbs;
	size_t			      v4_only = interfaces->ipv4_only + lbs->ipv4_only;
	size_t			      v6_only = interfaces->ipv6_only + lbs->ipv6_only;
	size_t			      both = interfaces->both + lbs->both;

	buf_add_text(out, "  of ");
	amount_add_of(out, answer->exposure->asked, "interface");
	if (answer->query) {
		buf_add_text(out, " in ");
		buf_add_visible(out, str_of(answer->query));
	}
	if (answer->ports_text) {
		buf_add_text(out, ", on ");
		buf_add_visible(out, str_of(answer->ports_text));
	}
	if (v4_only + v6_only + both == 0)
		return;
	buf_printf(out, "; over IPv4 only: %zu, IPv6 only: %zu, both: %zu", v4_only, v6_only, both);
}

void exposed_print_text(const void *answer_ptr, FILE *out)
{
	const struct exposed_answer *answer = answer_ptr;
	auto_table struct table	    *table = table_new(columns);
	auto_buf struct buf	     headline = buf_make(TEXT_MAX);
	auto_buf struct buf	     scope = buf_make(TEXT_MAX);
	size_t			     left_out = fill(table, answer);

	add_headline(answer, &headline);
	add_scope(answer, &scope);
	fprintf(out, "%s\n%s\n", headline.data, scope.data);
	if (answer->exposure->count)
		table_print(table, answer->header, out);
	if (left_out)
		fprintf(out, "… and %zu more lines: --limit 0 shows all\n", left_out);
	empty_tiers_print(answer->judge, "", out);
}

void exposed_print_markdown(const void *answer_ptr, FILE *out)
{
	const struct exposed_answer *answer = answer_ptr;
	auto_table struct table	    *table = table_new(columns);
	size_t			     left_out = fill(table, answer);

	table_print_markdown(table, out);
	if (left_out)
		fprintf(out, "\n%zu more lines are not shown.\n", left_out);
	empty_tiers_print(answer->judge, "\n", out);
}
