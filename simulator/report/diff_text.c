/* SPDX-License-Identifier: Apache-2.0 */
/* `weir diff` for people. */
#include "lib/base/table.h"
#include "simulator/explain_delta.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/amount.h"
#include "simulator/report/diff.h"
#include "simulator/report/empty_tiers.h"

enum { TEXT_MAX = 1 << 20, CAUSES_MAX = 5, CAUSE_INDENT = 2 };

static void note(struct table *table, struct buf *text)
{
	table_note(table, buf_str(text));
	buf_clear(text);
}

static void add_judged(struct table *table, const struct diff_answer *answer, const char *what,
		       uint32_t set)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (set == PACKET_SET_DENY)
		return;
	buf_add_text(&text, what);
	packet_words(answer->sets, set, VERDICT_ALLOW, &text);
	if (packet_sets_where(answer->sets, set, VERDICT_UNKNOWN) != PACKET_SET_DENY) {
		buf_add_text(&text, " perhaps ");
		packet_words(answer->sets, set, VERDICT_UNKNOWN, &text);
	}
	note(table, &text);
}

static void add_policy(struct table *table, const struct diff_answer *answer,
		       const struct path_change *change)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);

	if (diff_is_judged(change)) {
		diff_add_judged(answer, change, &text);
		note(table, &text);
		return;
	}
	add_judged(table, answer, "! not allowed by the policy: ", change->unintended);
	add_judged(table, answer, "° the policy does not speak of: ", change->silent);
}

static void add_causes(struct table *table, const struct diff_answer *answer,
		       const struct path_change *change)
{
	auto_buf struct buf text = buf_make(TEXT_MAX);
	size_t shown = change->cause_count > CAUSES_MAX ? CAUSES_MAX - 1 : change->cause_count;

	for (size_t i = 0; i < shown; i++) {
		diff_add_cause(answer, change->causes[i], &text);
		note(table, &text);
	}
	if (shown < change->cause_count) {
		buf_printf(&text, "and %zu more (-o json lists them)", change->cause_count - shown);
		note(table, &text);
	}
	diff_add_untraced(change, &text);
	if (text.len)
		note(table, &text);
}

static void add_packets(const struct diff_answer *answer, const struct path_change *change,
			struct buf *out)
{
	bool has_before = change->sign != PATH_OPENED && !diff_is_judged(change);

	if (has_before)
		diff_add_side(answer, change, 0, out);
	if (has_before && change->sign != PATH_CLOSED)
		buf_add_text(out, " => ");
	if (change->sign != PATH_CLOSED)
		diff_add_side(answer, change, 1, out);
}

/* "3 of 196"; nothing when it is all of them. */
static void add_pairs(const struct path_change *change, struct buf *out)
{
	if (change->pairs == change->pairs_total)
		return;
	buf_add_grouped(out, change->pairs);
	buf_add_text(out, " of ");
	buf_add_grouped(out, change->pairs_total);
}

static void add_cells(struct table *table, const struct diff_answer *answer,
		      const struct path_change *change)
{
	auto_buf struct buf cell = buf_make(TEXT_MAX);

	table_cellf(table, "%c%s", diff_sign_mark(change->sign),
		    diff_is_judged(change)		    ? ""
		    : change->unintended != PACKET_SET_DENY ? "!"
		    : change->silent != PACKET_SET_DENY	    ? "°"
							    : "");
	diff_add_parties(answer, change, false, &cell);
	buf_add_text(&cell, " -> ");
	diff_add_parties(answer, change, true, &cell);
	table_cell(table, buf_str(&cell));
	buf_clear(&cell);
	add_packets(answer, change, &cell);
	table_cell(table, buf_str(&cell));
	buf_clear(&cell);
	add_pairs(change, &cell);
	if (change->presence && cell.len)
		buf_add_text(&cell, ", ");
	diff_add_presence(change, &cell);
	table_cell(table, buf_str(&cell));
}

static void print_paths(const struct diff_answer *answer, FILE *out)
{
	static const struct table_column columns[] = {
		{ "", false },	    { "PATH", false }, { "PACKETS", false },
		{ "PAIRS", false }, { NULL, false },
	};
	const struct path_changes *changes = answer->changes;
	auto_table struct table	  *table = table_new(columns);

	for (size_t i = 0; i < changes->count && i < answer->limit; i++) {
		add_cells(table, answer, &changes->items[i]);
		add_policy(table, answer, &changes->items[i]);
		add_causes(table, answer, &changes->items[i]);
	}
	if (changes->count)
		table_print(table, !answer->no_header, out);
	if (changes->count > answer->limit)
		fprintf(out, "%zu more (--limit 0 shows all)\n", changes->count - answer->limit);
}

static void print_counts(const struct diff_answer *answer, FILE *out)
{
	const struct path_changes *changes = answer->changes;
	auto_buf struct buf	   text = buf_make(TEXT_MAX);

	for (int sign = 0; sign < PATH_SIGN_COUNT; sign++)
		if (changes->counts[sign])
			buf_printf(&text, "%s%zu %s", text.len ? ", " : "", changes->counts[sign],
				   diff_sign_word((enum path_change_sign)sign));
	fprintf(out, "paths: %s\n", text.len ? text.data : "no difference");
	if (changes->is_undecided)
		fputs("some packets are undecided in both snapshots, and so not compared\n", out);
	if (answer->renewed)
		fprintf(out, "%zu %s by id, and taken for the one with the same instance or name\n",
			answer->renewed,
			answer->renewed == 1 ? "interface is another" : "interfaces are others");
}

static void print_noise(const struct diff_answer *answer, FILE *out)
{
	struct diff_noise noise = diff_noise_of(answer);

	fprintf(out, "%s: %zu %s", diff_noise_words(answer), noise.count,
		noise.count == 1 ? "change" : "changes");
	if (noise.cosmetic)
		fprintf(out, ", %zu of them of names, tags and descriptions", noise.cosmetic);
	fprintf(out, "%s\n", noise.count && !answer->all ? " (--all lists them)" : "");
	for (size_t i = 0; answer->all && i < answer->delta->count; i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		if (answer->changes->is_cause[i])
			continue;
		explain_change(answer->delta, &answer->delta->changes[i], &text);
		fprintf(out, "  %s\n", text.data);
	}
}

void diff_print_text(const void *answer_ptr, FILE *out)
{
	const struct diff_answer *answer = answer_ptr;

	print_paths(answer, out);
	print_counts(answer, out);
	print_noise(answer, out);
	empty_tiers_print(answer->judge, "", out);
}
