/* SPDX-License-Identifier: Apache-2.0 */
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/explain_delta.h"
#include "simulator/reach/addresses.h"
#include "simulator/reach/packet_words.h"
#include "simulator/report/diff.h"

enum { LABELS_MAX = 3, BLOCKS_MAX = 4 };

struct diff_noise diff_noise_of(const struct diff_answer *answer)
{
	struct diff_noise noise = { 0 };

	for (size_t i = 0; i < answer->delta->count; i++) {
		if (answer->changes->is_cause[i])
			continue;
		noise.count++;
		noise.cosmetic += answer->delta->changes[i].cosmetic;
	}
	return noise;
}

const char *diff_noise_words(const struct diff_answer *answer)
{
	return answer->changes->untraced ? "configuration changes of which no effect was found"
					 : "configuration noise with no reachability effect";
}

const char *diff_sign_word(enum path_change_sign sign)
{
	static const char *const words[PATH_SIGN_COUNT] = {
		[PATH_OPENED] = "opened",	[PATH_WIDENED] = "widened",
		[PATH_CHANGED] = "changed",	[PATH_NARROWED] = "narrowed",
		[PATH_CLOSED] = "closed",	[PATH_FORBIDDEN] = "forbidden",
		[PATH_PERMITTED] = "permitted", [PATH_UNDECIDED] = "undecided",
	};

	return words[sign];
}

char diff_sign_mark(enum path_change_sign sign)
{
	static const char marks[PATH_SIGN_COUNT] = {
		[PATH_OPENED] = '+',	[PATH_WIDENED] = '~',	[PATH_CHANGED] = '~',
		[PATH_NARROWED] = '~',	[PATH_CLOSED] = '-',	[PATH_UNDECIDED] = '?',
		[PATH_FORBIDDEN] = '!', [PATH_PERMITTED] = '=',
	};

	return marks[sign];
}

/* Foreign addresses of a family that no interface has are nobody's peers. */
static bool has_interfaces(const struct kinds *foreign, uint8_t family)
{
	for (size_t i = 0; i < foreign->count; i++)
		if (foreign->items[i].scope == KIND_INTERFACES &&
		    foreign->items[i].family == family)
			return true;
	return false;
}

/* The kinds of one scope and family among those that the change is about, or among all. */
static uint32_t *pick(const struct diff_answer *answer, const struct path_change *change,
		      enum kind_scope scope, uint8_t family, size_t *count)
{
	const struct kinds *foreign = &answer->joint->foreign;
	size_t		    total = change ? change->foreign_count : foreign->count;
	uint32_t	   *picked = mem_alloc((total + 1) * sizeof(*picked));

	*count = 0;
	for (uint32_t i = 0; i < total && has_interfaces(foreign, family); i++) {
		uint32_t	   idx = change ? change->foreign[i] : i;
		const struct kind *kind = &foreign->items[idx];

		if (kind->scope == scope && kind->family == family)
			picked[(*count)++] = idx;
	}
	return picked;
}

static size_t count_picked(const struct diff_answer *answer, const struct path_change *change,
			   enum kind_scope scope, uint8_t family)
{
	size_t count;

	free(pick(answer, change, scope, family, &count));
	return count;
}

/* "internet", "internet over IPv4" when the other family is not meant, "203.0.113.0/24". */
void diff_add_foreign(const struct diff_answer *answer, const struct path_change *change,
		      enum kind_scope scope, size_t limit, struct buf *out)
{
	static const uint8_t families[] = { IP_V4, IP_V6 };
	size_t		     counts[2], totals[2];
	bool		     whole = true;

	for (size_t i = 0; i < 2; i++) {
		counts[i] = count_picked(answer, change, scope, families[i]);
		totals[i] = count_picked(answer, NULL, scope, families[i]);
		whole = whole && counts[i] == totals[i];
	}
	if (whole) {
		buf_add_text(out, scope == KIND_INTERNET ? "internet" : "on-premises");
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		auto_free uint32_t *kinds = pick(answer, change, scope, families[i], &counts[i]);
		auto_addresses struct addresses addresses = { 0 };

		if (counts[i] == 0)
			continue;
		addresses = addresses_of(&answer->joint->foreign, kinds, counts[i]);
		if (i && counts[0])
			buf_add_text(out, ", ");
		addresses_words(&addresses, limit, out);
		if (addresses.is_all && totals[!i])
			buf_add_text(out, i ? " over IPv6" : " over IPv4");
	}
}

static void add_label(const struct diff_answer *answer, const struct path_change *change,
		      const struct crowd *crowd, size_t party, struct buf *out)
{
	if (crowd->scope == KIND_INTERFACES)
		buf_add_str(out, crowd->parties[party].label);
	else
		diff_add_foreign(answer, change, crowd->scope, BLOCKS_MAX, out);
}

void diff_add_parties(const struct diff_answer *answer, const struct path_change *change,
		      bool is_dst, struct buf *out)
{
	const struct crowd *items = answer->crowds->items;
	const uint32_t	   *crowds = is_dst ? change->dsts : change->srcs;
	size_t		    count = is_dst ? change->dst_count : change->src_count, total = 0;
	const struct crowd *last = &items[crowds[count - 1]];

	for (size_t i = 0; i < count; i++)
		total += items[crowds[i]].party_count;
	if (total > LABELS_MAX) {
		add_label(answer, change, &items[crowds[0]], 0, out);
		buf_add_text(out, " … ");
		add_label(answer, change, last, last->party_count - 1, out);
		buf_printf(out, " (%zu)", total);
		return;
	}
	for (size_t i = 0; i < count; i++)
		for (size_t j = 0; j < items[crowds[i]].party_count; j++) {
			if (i + j)
				buf_add_text(out, ", ");
			add_label(answer, change, &items[crowds[i]], j, out);
		}
}

void diff_add_presence(const struct path_change *change, struct buf *out)
{
	bool is_new = change->presence & (PRESENCE_SRC_NEW | PRESENCE_DST_NEW);
	bool is_gone = change->presence & (PRESENCE_SRC_GONE | PRESENCE_DST_GONE);

	if (is_new)
		buf_add_text(out, "new end");
	else if (is_gone)
		buf_add_text(out, "end is gone");
}

void diff_add_set(const struct diff_answer *answer, uint32_t set, struct buf *out)
{
	size_t before = out->len;

	packet_words(answer->sets, set, VERDICT_ALLOW, out);
	if (packet_sets_where(answer->sets, set, VERDICT_UNKNOWN) != PACKET_SET_DENY) {
		buf_add_text(out, out->len > before ? " undecided: " : "undecided: ");
		packet_words(answer->sets, set, VERDICT_UNKNOWN, out);
	}
	if (out->len == before)
		buf_add_text(out, "nothing");
}

/* All packets of the protocols that a set has packets of. */
static uint32_t protocols_of(struct packet_sets *sets, uint32_t set)
{
	auto_packet_pieces struct packet_pieces pieces = { 0 };
	uint32_t				all = PACKET_SET_DENY;

	packet_pieces_of(sets, set, &pieces);
	for (size_t i = 0; i < pieces.count; i++) {
		uint32_t first = pieces.items[i].key & ~(uint32_t)(PACKET_KEYS - 1);

		if (pieces.items[i].protocol == PROTO_ANY)
			return PACKET_SET_ALLOW;
		all = packet_sets_either(
			sets, all,
			packet_sets_range(sets, first, first + PACKET_KEYS - 1, VERDICT_ALLOW));
	}
	return all;
}

void diff_add_side(const struct diff_answer *answer, const struct path_change *change, size_t side,
		   struct buf *out)
{
	const struct transition *transition = &change->transition;
	uint32_t		 set = side ? transition->after : transition->before;
	uint32_t		 moved = packet_sets_either(
				answer->sets, transition->undecided,
				packet_sets_either(answer->sets, transition->opened, transition->closed));

	if (diff_is_judged(change)) {
		diff_add_set(answer, set, out);
		return;
	}
	diff_add_set(answer, packet_sets_both(answer->sets, set, protocols_of(answer->sets, moved)),
		     out);
}

void diff_add_cause(const struct diff_answer *answer, uint32_t cause, struct buf *out)
{
	const struct delta_change *change = &answer->delta->changes[cause];
	const struct sg_rule	  *rule = NULL;

	explain_change(answer->delta, change, out);
	if (change->part == DELTA_SG_RULE)
		rule = change->sg_rules[1] ? change->sg_rules[1] : change->sg_rules[0];
	if (rule && rule->description.len) {
		buf_add_text(out, " \"");
		buf_add_visible(out, rule->description);
		buf_add_char(out, '"');
	}
}

void diff_add_untraced(const struct path_change *change, struct buf *out)
{
	if (change->untraced == 0)
		return;
	if (change->cause_count == 0)
		buf_add_text(out, "no change of the configuration was found that does this");
	else
		buf_add_text(out, "not every packet of this was traced to its cause");
}
