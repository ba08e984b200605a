/* SPDX-License-Identifier: Apache-2.0 */
/* `weir who` and `weir reach` for people: a table, and what it comes to. */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "lib/base/table.h"
#include "simulator/explain.h"
#include "simulator/report/empty_tiers.h"
#include "simulator/report/peers_words.h"

enum {
	TEXT_MAX = 4096,
	LINES_SHOWN = 8,
	PORTS_WIDTH = 48,
	CELL_WIDTH_MARKDOWN = 400,
	NAMES_SHOWN = 10
};

enum {
	COLUMN_MARK,
	COLUMN_PARTY,
	COLUMN_AMOUNT,
	COLUMN_PORTS,
	COLUMN_RULE,
	COLUMN_POLICY,
	COLUMN_COUNT
};

struct columns {
	struct table_column list[COLUMN_COUNT + 1];
	bool		    has_ports, has_policy;
};

/* Of one packet the ports are those that were asked for; without a policy there is nothing to say of it. */
static struct columns columns_of(const struct peers_answer *answer)
{
	struct columns columns = { .has_ports = !answer->is_single,
				   .has_policy = answer->peers->query.judge != NULL };
	size_t	       count = 0;

	columns.list[count++].title = "";
	columns.list[count++].title = answer->peers->query.is_src ? "DESTINATION" : "SOURCE";
	columns.list[count++].title = "HOW MANY";
	if (columns.has_ports)
		columns.list[count++].title = "PORTS";
	columns.list[count++].title = "VIA RULE(S)";
	if (columns.has_policy)
		columns.list[count++].title = "POLICY";
	return columns;
}

/* The texts that the facts of a row have for a column, each once. */
typedef bool add_fact_fn(const struct peers_answer *answer, const struct peer_row *row,
			 size_t fact_idx, struct buf *out);

/* How far the facts of a row are told in a column. */
struct column_place {
	add_fact_fn *add;
	size_t	     fact_idx, told;
};

/* The next fact with something new to say; in the last line that there is to be, how many there are. */
static void add_next(const struct peers_answer *answer, const struct peer_row *row,
		     struct column_place *place, struct buf *out)
{
	size_t more = 0;

	for (bool found = false; place->fact_idx < row->fact_count && !found; place->fact_idx++)
		found = place->add(answer, row, place->fact_idx, out);
	if (out->len == 0 || ++place->told < LINES_SHOWN)
		return;
	for (; place->fact_idx < row->fact_count; place->fact_idx++) {
		auto_buf struct buf unused = buf_make(TEXT_MAX);

		more += place->add(answer, row, place->fact_idx, &unused);
	}
	if (more) {
		buf_clear(out);
		buf_printf(out, "and %zu more (-o json has all)", more + 1);
	}
}

/* The cells that a row has once. */
static void add_name_cells(struct table *table, const struct peers_answer *answer,
			   const struct peers_line *line)
{
	auto_buf struct buf names = buf_make(TEXT_MAX);

	peers_add_names(line, &names);
	table_cell(table, str_of(peers_mark(answer, line->row)));
	table_cell(table, buf_str(&names));
}

static void add_ports_cell(struct table *table, const struct peers_answer *answer,
			   const struct peers_line *line, size_t width)
{
	auto_buf struct buf ports = buf_make(1 << 20);

	peers_add_ports(answer, line->row, &ports);
	(void)table_cell_cut(table, buf_str(&ports), width);
}

/* What of a row is still to be told; as many lines as the longest of its columns needs. */
struct telling {
	struct str	    amount; /* a line each */
	struct column_place rules, policy;
};

static bool is_told(const struct telling *telling, const struct peer_row *row)
{
	return telling->amount.len == 0 && telling->rules.fact_idx == row->fact_count &&
	       telling->policy.fact_idx == row->fact_count;
}

static void add_line(struct table *table, const struct peers_answer *answer,
		     const struct peers_line *line, const struct columns *columns)
{
	const struct peer_row *row = line->row;
	struct telling telling = { .rules.add = peers_add_rule, .policy.add = peers_add_policy };
	auto_buf struct buf amount = buf_make(TEXT_MAX);

	if (!columns->has_policy)
		telling.policy.fact_idx = row->fact_count;
	peers_add_amount(answer, line, "\n", &amount);
	telling.amount = buf_str(&amount);
	for (bool first = true; first || !is_told(&telling, row); first = false) {
		struct str	    amount_now = str_cut(&telling.amount, '\n');
		auto_buf struct buf rule = buf_make(TEXT_MAX);
		auto_buf struct buf policy = buf_make(TEXT_MAX);

		add_next(answer, row, &telling.rules, &rule);
		add_next(answer, row, &telling.policy, &policy);
		if (!first && amount_now.len == 0 && rule.len == 0 && policy.len == 0)
			return;
		if (first)
			add_name_cells(table, answer, line);
		for (int i = 0; !first && i < COLUMN_AMOUNT; i++)
			table_cell(table, str_of(""));
		table_cell(table, amount_now);
		if (columns->has_ports && first)
			add_ports_cell(table, answer, line, PORTS_WIDTH);
		else if (columns->has_ports)
			table_cell(table, str_of(""));
		table_cell(table, buf_str(&rule));
		if (columns->has_policy)
			table_cell(table, buf_str(&policy));
	}
}

static void add_query(const struct peers_answer *answer, struct buf *out)
{
	const struct peers *peers = answer->peers;
	const struct end   *first = &peers->ends[0], *last = first;
	size_t		    count = 0;

	/* Those of interfaces come first; of blocks of addresses outside, one stands for many. */
	while (count < peers->end_count && peers->ends[count].eni_idx != WORLD_NONE)
		last = &peers->ends[count++];
	if (count == 1 && peers->end_count == 1) {
		explain_end(answer->world, first, out);
		return;
	}
	buf_add_visible(out, str_of(peers->query.endpoint->query));
	if (count == 0)
		return;
	buf_add_text(out, " (");
	if (first->eni_idx != last->eni_idx) {
		buf_add_visible(out, world_eni_label(answer->world, first->eni_idx));
		buf_add_text(out, count > 2 ? " … " : ", ");
	}
	buf_add_visible(out, world_eni_label(answer->world, last->eni_idx));
	buf_printf(out, ", %zu address%s%s)", count, count == 1 ? "" : "es",
		   count < peers->end_count ? ", and those outside" : "");
}

static const char *headline_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? "✓ REACHABLE"
	       : verdict == VERDICT_DENY ? "✗ NOT REACHABLE"
					 : "? UNDECIDED";
}

/* The question as `can` has it: anybody -> db-1, web-1 -> anything. */
static void add_question(const struct peers_answer *answer, struct buf *out)
{
	bool is_src = answer->peers->query.is_src;

	if (is_src)
		add_query(answer, out);
	else
		buf_add_text(out, "anybody");
	buf_add_text(out, " -> ");
	if (is_src)
		buf_add_text(out, "anything");
	else
		add_query(answer, out);
	buf_add_text(out, "  ");
	buf_add_visible(out, str_of(answer->ports_text ? answer->ports_text : "any port"));
	if (answer->assumed)
		buf_add_text(out, "  (not known; --unknown says so)");
}

static const char *yes_or_no(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW ? "yes" : verdict == VERDICT_DENY ? "no" : "undecided";
}

static const char *nouns_of(enum party_by by)
{
	static const char *const nouns[PARTY_BY_COUNT] = {
		[PARTY_BY_INSTANCE] = "instances", [PARTY_BY_SG] = "groups",
		[PARTY_BY_SUBNET] = "subnets",	   [PARTY_BY_VPC] = "VPCs",
		[PARTY_BY_TIER] = "tiers",
	};

	return nouns[by];
}

typedef bool is_row_fn(const struct peers_answer *answer, const struct peer_row *row);

/* Who is open though the policy does not want it, or does not speak of it; "none".  How many. */
static size_t add_parties(const struct peers_answer *answer, is_row_fn *is_meant, struct buf *out)
{
	size_t count = 0;

	for (size_t i = 0; i < answer->peers->row_count; i++) {
		const struct peer_row *row = &answer->peers->rows[i];

		if (!is_meant(answer, row) || ++count > NAMES_SHOWN)
			continue;
		buf_add_text(out, count > 1 ? ", " : "");
		peers_add_label(row->party->label, out);
	}
	if (count > NAMES_SHOWN)
		buf_printf(out, " and %zu more", count - NAMES_SHOWN);
	if (count == 0)
		buf_add_text(out, "none");
	return count;
}

static void add_totals(const struct peers_answer *answer, struct buf *out)
{
	const struct peers *peers = answer->peers;
	size_t		    parties = 0;

	for (size_t i = 0; i < peers->row_count; i++)
		parties += peers->rows[i].party->scope == KIND_INTERFACES &&
			   peers->rows[i].verdict == VERDICT_ALLOW;
	buf_printf(out, "%zu of %zu %s, %zu of %zu addresses", parties, peers->party_count,
		   nouns_of(peers->query.by), peers->total.ends, peers->total.of);
	if (peers->total.undecided)
		buf_printf(out, " (%zu undecided)", peers->total.undecided);
	if (peers->query_ends)
		buf_printf(out, "; internet: %s; on-premises: %s", yes_or_no(peers->internet),
			   yes_or_no(peers->on_premises));
}

/* What is missing from the rows. */
static void print_left_out(const struct peers_answer *answer, size_t line_count, const char *before,
			   FILE *out)
{
	bool is_cut = false;

	for (size_t i = 0; i < answer->peers->row_count; i++)
		is_cut = is_cut || answer->peers->rows[i].is_cut;
	if (line_count > answer->limit)
		fprintf(out, "%s%zu more (--limit 0 shows all)\n", before,
			line_count - (size_t)answer->limit);
	if (is_cut)
		fprintf(out, "%snot all rules are named: there are too many\n", before);
}

void peers_print_text(const void *answer_ptr, FILE *out)
{
	const struct peers_answer   *answer = answer_ptr;
	struct columns		     columns = columns_of(answer);
	auto_table struct table	    *table = table_new(columns.list);
	size_t			     count;
	auto_free struct peers_line *lines = peers_lines(answer, &count);
	auto_buf struct buf	     question = buf_make(TEXT_MAX);
	auto_buf struct buf	     totals = buf_make(TEXT_MAX);
	auto_buf struct buf	     unintended = buf_make(TEXT_MAX);
	auto_buf struct buf	     silent = buf_make(TEXT_MAX);

	add_question(answer, &question);
	fprintf(out, "%s  %s\n", headline_of(answer->verdict), question.data);
	for (size_t i = 0; i < count && i < answer->limit; i++)
		add_line(table, answer, &lines[i], &columns);
	if (count)
		table_print(table, answer->header, out);
	else if (parties_are_nobody(answer->peers->parties))
		fprintf(out, "%s\n", PARTIES_NOBODY);
	else
		fprintf(out, "%s; `weir can` of a single pair tells what stops it\n",
			answer->peers->query.is_src ? "nothing" : "nobody");
	print_left_out(answer, count, "", out);
	add_totals(answer, &totals);
	(void)add_parties(answer, peers_is_unintended, &unintended);
	fprintf(out, "%s.", totals.data);
	if (columns.has_policy && answer->peers->verdict == VERDICT_ALLOW)
		fprintf(out, "  Not allowed by policy: %s.", unintended.data);
	if (add_parties(answer, peers_is_silent, &silent))
		fprintf(out, "  Policy silent: %s.", silent.data);
	fputc('\n', out);
	empty_tiers_print(answer->peers->query.judge, "", out);
}

/* The headline and the totals; in a table, where names do no harm. */
static void print_summary(const struct peers_answer *answer, bool has_policy, FILE *out)
{
	static const struct table_column all[] = {
		{ "VERDICT", false },	    { "QUESTION", false },
		{ "HOW MANY", false },	    { "NOT ALLOWED BY POLICY", false },
		{ "POLICY SILENT", false }, { NULL, false }
	};
	static const struct table_column without_policy[] = {
		{ "VERDICT", false }, { "QUESTION", false }, { "HOW MANY", false }, { NULL, false }
	};
	auto_table struct table *table = table_new(has_policy ? all : without_policy);
	auto_buf struct buf	 question = buf_make(TEXT_MAX);
	auto_buf struct buf	 totals = buf_make(TEXT_MAX);
	auto_buf struct buf	 unintended = buf_make(TEXT_MAX);
	auto_buf struct buf	 silent = buf_make(TEXT_MAX);

	add_question(answer, &question);
	add_totals(answer, &totals);
	(void)add_parties(answer, peers_is_unintended, &unintended);
	(void)add_parties(answer, peers_is_silent, &silent);
	table_cell(table, str_of(headline_of(answer->verdict)));
	(void)table_cell_cut(table, buf_str(&question), CELL_WIDTH_MARKDOWN);
	table_cell(table, buf_str(&totals));
	if (has_policy) {
		(void)table_cell_cut(table, buf_str(&unintended), CELL_WIDTH_MARKDOWN);
		(void)table_cell_cut(table, buf_str(&silent), CELL_WIDTH_MARKDOWN);
	}
	table_print_markdown(table, out);
}

/* All texts of a column in one cell: a row of Markdown is one line. */
static void join(const struct peers_answer *answer, const struct peer_row *row, add_fact_fn *add,
		 struct buf *out)
{
	for (size_t i = 0; i < row->fact_count; i++) {
		auto_buf struct buf text = buf_make(TEXT_MAX);

		if (!add(answer, row, i, &text))
			continue;
		buf_add_text(out, out->len ? "; " : "");
		buf_add_str(out, buf_str(&text));
	}
}

void peers_print_markdown(const void *answer_ptr, FILE *out)
{
	const struct peers_answer   *answer = answer_ptr;
	struct columns		     columns = columns_of(answer);
	auto_table struct table	    *table = table_new(columns.list);
	size_t			     count;
	auto_free struct peers_line *lines = peers_lines(answer, &count);

	for (size_t i = 0; i < count && i < answer->limit; i++) {
		auto_buf struct buf amount = buf_make(TEXT_MAX);
		auto_buf struct buf rules = buf_make(TEXT_MAX);
		auto_buf struct buf policy = buf_make(TEXT_MAX);

		add_name_cells(table, answer, &lines[i]);
		peers_add_amount(answer, &lines[i], ", ", &amount);
		table_cell(table, buf_str(&amount));
		if (columns.has_ports)
			add_ports_cell(table, answer, &lines[i], CELL_WIDTH_MARKDOWN);
		join(answer, lines[i].row, peers_add_rule, &rules);
		(void)table_cell_cut(table, buf_str(&rules), CELL_WIDTH_MARKDOWN);
		if (!columns.has_policy)
			continue;
		join(answer, lines[i].row, peers_add_policy, &policy);
		(void)table_cell_cut(table, buf_str(&policy), CELL_WIDTH_MARKDOWN);
	}
	print_summary(answer, columns.has_policy, out);
	if (count) {
		fputc('\n', out);
		table_print_markdown(table, out);
	} else if (parties_are_nobody(answer->peers->parties)) {
		fprintf(out, "\n%s\n", PARTIES_NOBODY);
	}
	print_left_out(answer, count, "\n", out);
	empty_tiers_print(answer->peers->query.judge, "\n", out);
}
