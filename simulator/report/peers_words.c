/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/report/peers_words.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "simulator/explain.h"
#include "simulator/reach/packet_words.h"

enum { BLOCKS_SHOWN = 4, LABEL_WIDTH = 48, VISIBLE_MAX = 4 /* bytes that one is shown as */ };

static bool is_fact_eq(const struct peer_fact *a, const struct peer_fact *b)
{
	return decider_is_same(&a->decider, &b->decider) && a->decider.set == b->decider.set &&
	       intent_answers_eq(&a->intent, &b->intent);
}

/* Whether a row may be told with others: what is only partly so is told row by row. */
static bool is_plain(const struct peers_answer *answer, const struct peer_row *row)
{
	return answer->peers->query.by == PARTY_BY_INSTANCE && row->ends == row->of &&
	       row->foreign_count == 0 && !row->is_cut;
}

/* Whether two such rows differ in their names only. */
static bool is_alike(const struct peer_row *a, const struct peer_row *b)
{
	if (a->set != b->set || a->fact_count != b->fact_count || a->query_ends != b->query_ends)
		return false;
	for (size_t i = 0; i < a->fact_count; i++)
		if (!is_fact_eq(&a->facts[i], &b->facts[i]))
			return false;
	return true;
}

static void add_to_line(struct peers_line *line, const struct peer_row *row)
{
	if (!line->row)
		line->row = row;
	else if (!line->second)
		line->second = row;
	line->last = row;
	line->count++;
	line->ends += row->ends;
	line->undecided += row->undecided;
	line->of += row->of;
}

struct peers_line *peers_lines(const struct peers_answer *answer, size_t *count)
{
	const struct peers *peers = answer->peers;
	struct peers_line  *lines = mem_alloc((peers->row_count + 1) * sizeof(*lines));
	size_t		    set_count = packet_sets_count(reach_sets(peers->reach)), used = 0;
	/* Lines of plain rows by their sets: the index + 1 of the last, and from each that of the one before. */
	auto_free size_t *lasts = mem_alloc((set_count + 1) * sizeof(*lasts));
	auto_free size_t *befores = mem_alloc((peers->row_count + 1) * sizeof(*befores));

	for (size_t i = 0; i < peers->row_count; i++) {
		const struct peer_row *row = &peers->rows[i];
		bool		       is_foldable = is_plain(answer, row);
		size_t		       at = is_foldable ? lasts[row->set] : 0;

		while (at && !is_alike(lines[at - 1].row, row))
			at = befores[at - 1];
		if (at == 0) {
			at = ++used;
			befores[at - 1] = is_foldable ? lasts[row->set] : 0;
			if (is_foldable)
				lasts[row->set] = at;
		}
		add_to_line(&lines[at - 1], row);
	}
	*count = used;
	return lines;
}

void peers_add_label(struct str label, struct buf *out)
{
	auto_buf struct buf visible = buf_make(VISIBLE_MAX * label.len + 1);
	struct str	    text;
	size_t		    end = 0;

	buf_add_visible(&visible, label);
	text = buf_str(&visible);
	for (size_t chars = 0; end < text.len; end++)
		if (((unsigned char)text.ptr[end] & 0xc0) != 0x80 && chars++ == LABEL_WIDTH)
			break;
	buf_add_str(out, str_head(text, end));
	buf_add_text(out, end < text.len ? "…" : "");
}

void peers_add_names(const struct peers_line *line, struct buf *out)
{
	peers_add_label(line->row->party->label, out);
	if (line->count == 1)
		return;
	buf_add_text(out, line->count > 3 ? " … " : ", ");
	if (line->count == 3) {
		peers_add_label(line->second->party->label, out);
		buf_add_text(out, ", ");
	}
	peers_add_label(line->last->party->label, out);
	if (line->count > 3)
		buf_printf(out, " (%zu)", line->count);
}

/* A list for each scope and family of some foreign kinds. */
static size_t lists_of(const struct peers_answer *answer, const uint32_t *foreign, size_t total,
		       struct addresses out[static PEERS_ADDRESSES])
{
	static const struct {
		enum kind_scope scope;
		enum ip_family	family;
	} lists[PEERS_ADDRESSES] = { { KIND_INTERNET, IP_V4 },
				     { KIND_INTERNET, IP_V6 },
				     { KIND_ON_PREMISES, IP_V4 },
				     { KIND_ON_PREMISES, IP_V6 } };
	const struct kinds *kinds = reach_kinds(answer->peers->reach);
	auto_free uint32_t *idxs = mem_alloc((total + 1) * sizeof(*idxs));
	size_t		    used = 0;

	for (size_t i = 0; i < PEERS_ADDRESSES; i++) {
		size_t count = 0;

		for (size_t j = 0; j < total; j++)
			if (kinds->items[foreign[j]].scope == lists[i].scope &&
			    kinds->items[foreign[j]].family == lists[i].family)
				idxs[count++] = foreign[j];
		if (count)
			out[used++] = addresses_of(kinds, idxs, count);
	}
	return used;
}

size_t peers_fact_addresses(const struct peers_answer *answer, const struct peer_fact *fact,
			    struct addresses out[static PEERS_ADDRESSES])
{
	return lists_of(answer, fact->foreign, fact->foreign_count, out);
}

size_t peers_addresses(const struct peers_answer *answer, const struct peer_row *row,
		       enum verdict verdict, struct addresses out[static PEERS_ADDRESSES])
{
	auto_free uint32_t *idxs = mem_alloc((row->foreign_count + 1) * sizeof(*idxs));
	size_t		    count = 0;

	for (size_t i = 0; i < row->foreign_count; i++)
		if (row->foreign[i].verdict == verdict)
			idxs[count++] = row->foreign[i].kind;
	return lists_of(answer, idxs, count, out);
}

static void add_list(const struct addresses *list, struct buf *out)
{
	char cidr[CIDR_TEXT_SIZE];

	if (list->count == 1) {
		cidr_print(list->cidrs[0], cidr);
		buf_add_text(out, cidr);
	} else {
		addresses_words(list, BLOCKS_SHOWN, out);
	}
}

/* What is left out of a long list is counted. */
static void add_blocks(const struct peers_answer *answer, const struct peer_row *row,
		       const char *between, struct buf *out)
{
	static const enum verdict verdicts[] = { VERDICT_ALLOW, VERDICT_UNKNOWN };

	for (size_t i = 0; i < ARRAY_LEN(verdicts); i++) {
		struct addresses lists[PEERS_ADDRESSES];
		size_t		 count = peers_addresses(answer, row, verdicts[i], lists);

		for (size_t j = 0; j < count; j++) {
			buf_add_text(out, out->len ? between : "");
			buf_add_text(out, verdicts[i] == VERDICT_UNKNOWN ? "undecided " : "");
			add_list(&lists[j], out);
			addresses_done(&lists[j]);
		}
	}
}

void peers_add_amount(const struct peers_answer *answer, const struct peers_line *line,
		      const char *between, struct buf *out)
{
	const struct peers *peers = answer->peers;

	if (line->of)
		buf_printf(out, "%zu of %zu", line->ends, line->of);
	if (line->undecided)
		buf_printf(out, ", %zu undecided", line->undecided);
	/* None of them where it is addresses outside that it reaches. */
	if (line->row->query_ends && line->row->query_ends < peers->query_ends)
		buf_printf(out, "%s%s %zu of %zu", out->len ? ", " : "",
			   peers->query.is_src ? "from" : "to", line->row->query_ends,
			   peers->query_ends);
	add_blocks(answer, line->row, between, out);
}

static void add_set(const struct peers_answer *answer, uint32_t set, struct buf *out)
{
	const struct packet_sets *sets = reach_sets(answer->peers->reach);
	size_t			  before = out->len;
	auto_buf struct buf	  doubtful = buf_make(out->max);

	packet_words(sets, set, VERDICT_ALLOW, out);
	packet_words(sets, set, VERDICT_UNKNOWN, &doubtful);
	if (doubtful.len) {
		buf_add_text(out, out->len > before ? " ? " : "? ");
		buf_add_str(out, buf_str(&doubtful));
	}
}

void peers_add_ports(const struct peers_answer *answer, const struct peer_row *row, struct buf *out)
{
	add_set(answer, row->set, out);
}

bool peers_add_rule(const struct peers_answer *answer, const struct peer_row *row, size_t fact_idx,
		    struct buf *out)
{
	const struct decider *decider = &row->facts[fact_idx].decider;

	for (size_t i = 0; i < fact_idx; i++)
		if (decider_is_same(&row->facts[i].decider, decider))
			return false;
	if (decider->verdict == VERDICT_UNKNOWN) {
		buf_add_text(out, "? ");
		if (decider->doubt)
			explain_doubt(answer->world, decider->doubt, out);
		else
			buf_add_text(out, "the way does not end where it should");
		return true;
	}
	if (!decider->rule) {
		buf_add_text(out, decider->note ? decider->note
				  : row->is_cut ? "rules that are not named"
						: "no rule of a group");
		return true;
	}
	/* A rule without an id is known by its group. */
	if (decider->rule->id.len)
		buf_add_visible(out, decider->rule->id);
	else if (decider->sg_idx != WORLD_NONE)
		buf_add_visible(out, answer->world->sgs[decider->sg_idx].object.name);
	buf_add_text(out, "  ");
	rule_text_sg_in(answer->world, decider->rule, out);
	if (decider->rule->description.len) {
		buf_add_text(out, "  \"");
		buf_add_visible(out, decider->rule->description);
		buf_add_char(out, '"');
	}
	return true;
}

/* Of which packets the policy says so, all facts of the row taken together. */
static uint32_t set_of_answer(const struct peers_answer *answer, const struct peer_row *row,
			      const struct intent_answer *intent)
{
	struct packet_sets *sets = reach_sets(answer->peers->reach);
	uint32_t	    set = PACKET_SET_DENY;

	for (size_t i = 0; i < row->fact_count; i++)
		if (intent_answers_eq(&row->facts[i].intent, intent))
			set = packet_sets_either(sets, set, row->facts[i].decider.set);
	return set;
}

/* The addresses outside of which the policy says so, where it does not say it of all. */
static void add_addresses_of_answer(const struct peers_answer *answer, const struct peer_row *row,
				    const struct intent_answer *intent, struct buf *out)
{
	size_t kind_count = row->foreign_count ? reach_kinds(answer->peers->reach)->count : 0;
	auto_free bool	   *is_in = mem_alloc(kind_count + 1);
	auto_free uint32_t *idxs = mem_alloc((kind_count + 1) * sizeof(*idxs));
	struct addresses    lists[PEERS_ADDRESSES];
	size_t		    count = 0, list_count;

	for (size_t i = 0; i < row->fact_count; i++)
		for (size_t j = 0; j < row->facts[i].foreign_count; j++)
			if (intent_answers_eq(&row->facts[i].intent, intent))
				is_in[row->facts[i].foreign[j]] = true;
	for (uint32_t kind = 0; kind < kind_count; kind++)
		if (is_in[kind])
			idxs[count++] = kind;
	if (count == 0 || count == row->foreign_count)
		return;
	list_count = lists_of(answer, idxs, count, lists);
	buf_add_text(out, answer->peers->query.is_src ? " to " : " from ");
	for (size_t i = 0; i < list_count; i++) {
		buf_add_text(out, i ? ", " : "");
		add_list(&lists[i], out);
		addresses_done(&lists[i]);
	}
}

bool peers_add_policy(const struct peers_answer *answer, const struct peer_row *row,
		      size_t fact_idx, struct buf *out)
{
	const struct intent_answer *intent = &row->facts[fact_idx].intent;
	uint32_t		    set = set_of_answer(answer, row, intent);
	char			    date[CLOCK_DATE_SIZE];

	for (size_t i = 0; i < fact_idx; i++)
		if (intent_answers_eq(&row->facts[i].intent, intent))
			return false;
	buf_add_text(out, intent_verdict_text(intent->verdict));
	if (intent->statement)
		buf_printf(out, " (line %u)", intent->statement->line);
	add_addresses_of_answer(answer, row, intent, out);
	if (intent->expired) {
		clock_print_date(intent->expired->until, date);
		buf_printf(out, "; the waiver on line %u expired on %s", intent->expired->line,
			   date);
	}
	if (!answer->is_single && set != row->set) {
		buf_add_text(out, ": ");
		add_set(answer, set, out);
	}
	return true;
}

/* Of something that gets through for certain, or of something that is undecided for all. */
static bool is_said_of(const struct peers_answer *answer, const struct peer_row *row, uint32_t set)
{
	struct packet_sets *sets = reach_sets(answer->peers->reach);
	uint32_t	    undecided = packet_sets_both(sets,
							 packet_sets_where(sets, row->set, VERDICT_UNKNOWN),
							 packet_sets_where(sets, set, VERDICT_UNKNOWN));

	return packet_sets_has(sets, set, VERDICT_ALLOW) || undecided != PACKET_SET_DENY;
}

const char *peers_policy(const struct peers_answer *answer, const struct peer_row *row)
{
	if (!answer->peers->query.judge)
		return "";
	if (is_said_of(answer, row, row->unintended))
		return "unintended";
	return is_said_of(answer, row, row->silent) ? "silent" : "intended";
}

bool peers_is_unintended(const struct peers_answer *answer, const struct peer_row *row)
{
	return packet_sets_best(reach_sets(answer->peers->reach), row->unintended) == VERDICT_ALLOW;
}

bool peers_is_silent(const struct peers_answer *answer, const struct peer_row *row)
{
	return packet_sets_best(reach_sets(answer->peers->reach), row->silent) == VERDICT_ALLOW;
}

const char *peers_mark(const struct peers_answer *answer, const struct peer_row *row)
{
	if (peers_is_unintended(answer, row))
		return "!";
	return row->verdict == VERDICT_ALLOW ? "✓" : "?";
}
