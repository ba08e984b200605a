/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/clock.h"
#include "lib/base/table.h"
#include "simulator/explain.h"
#include "simulator/remedy.h"
#include "simulator/report/can.h"

enum { LINE_MAX_BYTES = 2048, STATES_SHOWN = 4 };

static const char *mark_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW ? "✓" : verdict == VERDICT_DENY ? "✗" : "?";
}

static const char *headline_of(enum verdict verdict)
{
	return verdict == VERDICT_ALLOW	 ? "REACHABLE"
	       : verdict == VERDICT_DENY ? "NOT REACHABLE"
					 : "UNDECIDED";
}

/* "sg out", "nacl in", "route", "igw out". */
static void add_component(struct buf *out, const struct hop *hop)
{
	buf_add_text(out, explain_hop_label(hop));
	if (hop->direction == DIRECTION_EGRESS)
		buf_add_text(out, " out");
	else if (hop->direction == DIRECTION_INGRESS)
		buf_add_text(out, " in");
}

/* The rule and its description, or why there is none. */
static void add_words(const struct world *world, const struct hop *hop, struct buf *out)
{
	const struct sg_rule *rule = hop->decision.sg_rule;
	const char	     *code = reason_code(hop->decision.reason);

	if (hop->decision.verdict == VERDICT_ALLOW)
		explain_hop_rule(world, hop, out);
	if (hop->decision.verdict == VERDICT_ALLOW && out->len == 0)
		explain_hop_effect(world, hop, out);
	if (out->len && hop->decision.note)
		buf_add_text(out, "  ");
	if (hop->decision.verdict != VERDICT_ALLOW || hop->decision.note)
		explain_hop_reason(world, hop, out);
	if (rule && rule->description.len) {
		buf_add_text(out, "  \"");
		buf_add_visible(out, rule->description);
		buf_add_char(out, '"');
	}
	if (code)
		buf_printf(out, "  [%s]", code);
}

static void print_hops(const struct world *world, const struct leg *leg, FILE *out)
{
	static const struct table_column columns[] = {
		{ "", true },  { "", false }, { "", false },
		{ "", false }, { "", false }, { NULL, false }
	};
	auto_table struct table *table = table_new(columns);

	for (size_t i = 0; i < leg->count; i++) {
		const struct hop   *hop = &leg->hops[i];
		auto_buf struct buf component = buf_make(64);
		auto_buf struct buf rule = buf_make(128);
		auto_buf struct buf words = buf_make(LINE_MAX_BYTES);

		add_component(&component, hop);
		if (hop->decision.nacl_rule)
			buf_add_text(&rule, "rule ");
		explain_hop_rule_id(hop, &rule);
		add_words(world, hop, &words);
		table_cellf(table, "   %zu %s", i + 1, mark_of(hop->decision.verdict));
		table_cell(table, buf_str(&component));
		table_cell(table, explain_hop_name(world, hop));
		table_cell(table, buf_str(&rule));
		table_cell(table, buf_str(&words));
	}
	table_print(table, false, out);
}

/* The rules that come nearest, under the hops that do not let the packet through. */
static void print_nearest(const struct can_answer *answer, const struct can_pair *pair,
			  bool is_return, FILE *out)
{
	const struct leg *leg = is_return ? &pair->path.back : &pair->path.forward;

	for (size_t i = 0; i < leg->count; i++) {
		const struct obstacle obstacle = { answer->world, &pair->question, &pair->path,
						   &leg->hops[i], is_return };
		auto_buf struct buf   words = buf_make(LINE_MAX_BYTES);

		if (leg->hops[i].decision.verdict != VERDICT_DENY)
			continue;
		remedy_nearest(&obstacle, &words);
		if (words.len)
			fprintf(out, "     nearest to hop %zu: %s\n", i + 1, words.data);
	}
}

/* What would open the path: a change for each blocker that can be changed. */
static void print_remedies(const struct can_answer *answer, const struct can_pair *pair,
			   bool is_return, FILE *out)
{
	const struct leg *leg = is_return ? &pair->path.back : &pair->path.forward;

	for (size_t i = 0; i < leg->count; i++) {
		const struct obstacle obstacle = { answer->world, &pair->question, &pair->path,
						   &leg->hops[i], is_return };
		auto_buf struct buf   words = buf_make(LINE_MAX_BYTES);
		auto_buf struct buf   command = buf_make(LINE_MAX_BYTES);

		if (leg->hops[i].decision.verdict != VERDICT_DENY)
			continue;
		remedy_words(&obstacle, &words);
		remedy_command(&obstacle, &command);
		if (words.len)
			fprintf(out, "     %s hop %zu needs %s\n", is_return ? "return" : "forward",
				i + 1, words.data);
		if (command.len)
			fprintf(out, "       %s\n", command.data);
	}
}

static void print_reply_ports(const struct path *path, FILE *out)
{
	if (path->reply_port_count == 0)
		return;
	fputs("     replies reach client ports ", out);
	for (size_t i = 0; i < path->reply_port_count; i++)
		fprintf(out, "%s%u-%u", i ? ", " : "", path->reply_ports[i].min,
			path->reply_ports[i].max);
	fputs(path->reply_ports_cut ? " and more\n" : "\n", out);
}

static size_t count_blockers(const struct leg *leg, enum verdict verdict)
{
	size_t count = 0;

	for (size_t i = 0; i < leg->count; i++)
		count += leg->hops[i].decision.verdict == verdict;
	return count;
}

static void print_policy(const struct intent_answer *answer, const struct judge *judge, FILE *out)
{
	const struct statement *statement = answer->statement;
	char			date[CLOCK_DATE_SIZE];
	auto_buf struct buf	line = buf_make(LINE_MAX_BYTES);

	if (!judge)
		return;
	if (statement) {
		buf_add_text(&line, " by ");
		buf_add_visible(&line, judge_policy(judge)->source);
		buf_printf(&line, ":%u  ", statement->line);
		buf_add_visible(&line, statement->text);
	} else if (answer->verdict == INTENT_UNLISTED) {
		buf_add_text(&line, ": no line between these tiers lists it");
	} else if (answer->verdict == INTENT_SILENT) {
		buf_add_text(&line, ": it is not between two tiers");
	}
	fprintf(out, "  policy: %s%s\n", intent_verdict_text(answer->verdict), line.data);
	if (answer->expired) {
		clock_print_date(answer->expired->until, date);
		fprintf(out, "  policy: the waiver on line %u expired on %s\n",
			answer->expired->line, date);
	}
}

/* The internet is asked as one of its addresses. */
static void print_internet(const struct path *path, FILE *out)
{
	char as[IP_TEXT_SIZE];

	if (path->internet_ip.family == IP_NONE)
		return;
	ip_print(path->internet_ip, as);
	fprintf(out, "  note: the internet is asked as %s%s\n", as,
		path->internet_varies ? "; not all of its addresses fare like this one" : "");
}

static void print_path(const struct can_answer *answer, const struct can_pair *pair, FILE *out)
{
	const struct path *path = &pair->path;
	size_t		   blockers = count_blockers(&path->forward, VERDICT_DENY);

	print_internet(path, out);
	fputs("  forward\n", out);
	print_hops(answer->world, &path->forward, out);
	print_nearest(answer, pair, false, out);
	if (path->back.count) {
		fprintf(out, "  return%s\n", path->back_needed ? "" : " (not needed)");
		print_hops(answer->world, &path->back, out);
		if (path->back_needed)
			print_nearest(answer, pair, true, out);
		print_reply_ports(path, out);
	}
	if (path->back_needed)
		blockers += count_blockers(&path->back, VERDICT_DENY);
	if (blockers)
		fprintf(out, "  %zu blocker%s\n", blockers, blockers == 1 ? "" : "s");
	print_remedies(answer, pair, false, out);
	if (path->back_needed)
		print_remedies(answer, pair, true, out);
	print_policy(&pair->intent, pair->question.judge, out);
}

static void add_opening(const struct opening *opening, struct buf *out)
{
	const struct packet_piece piece = can_opening_piece(opening);
	char			  name[PROTO_TEXT_SIZE];

	if (opening->protocol == PROTO_ANY) {
		packet_piece_words(&piece, out);
		return;
	}
	proto_print(opening->protocol, name);
	if (name[0] >= '0' && name[0] <= '9')
		buf_add_text(out, "proto/");
	buf_add_text(out, name);
	if (proto_is_icmp(opening->protocol) ? opening->min != 0 || opening->max != 255
					     : opening->min != 0 || opening->max != 65535) {
		buf_printf(out, "/%u", opening->min);
		if (opening->max != opening->min)
			buf_printf(out, "-%u", opening->max);
	}
	if (opening->icmp_code >= 0)
		buf_printf(out, "/%d", opening->icmp_code);
	if (opening->icmp_code >= 0 && opening->icmp_code_max != opening->icmp_code)
		buf_printf(out, "-%d", opening->icmp_code_max);
}

static void add_opening_policy(const struct can_pair *pair, const struct opening *opening,
			       struct buf *out)
{
	if (!pair->question.judge)
		return;
	buf_printf(out, "policy: %s", intent_verdict_text(opening->intent.verdict));
	if (opening->intent.statement)
		buf_printf(out, " (line %u)", opening->intent.statement->line);
}

/* Whether ports were asked for of which some are in no opening. */
static bool is_partly_closed(const struct can_answer *answer, const struct can_pair *pair)
{
	size_t asked = 0, open = 0;

	for (uint8_t i = 0; answer->ports && i < answer->ports->count; i++)
		asked += answer->ports->ranges[i].max - answer->ports->ranges[i].min + 1U;
	for (size_t i = 0; i < pair->openings.count; i++)
		open += pair->openings.items[i].max - pair->openings.items[i].min + 1U;
	return open < asked;
}

static void print_openings(const struct can_answer *answer, const struct can_pair *pair, FILE *out)
{
	static const struct table_column columns[] = {
		{ "", true },  { "", false }, { "", false },
		{ "", false }, { "", false }, { NULL, false }
	};
	auto_table struct table *table = table_new(columns);

	for (size_t i = 0; i < pair->openings.count; i++) {
		const struct opening *opening = &pair->openings.items[i];
		auto_buf struct buf   ports = buf_make(64);
		auto_buf struct buf   words = buf_make(LINE_MAX_BYTES);
		auto_buf struct buf   policy = buf_make(128);

		add_opening(opening, &ports);
		if (opening->rule)
			rule_text_sg_in(answer->world, opening->rule, &words);
		if (opening->verdict == VERDICT_UNKNOWN) {
			buf_add_text(&words, words.len ? "; " : "");
			explain_doubt(answer->world, &opening->doubt, &words);
		}
		add_opening_policy(pair, opening, &policy);
		table_cellf(table, "   %s", mark_of(opening->verdict));
		table_cell(table, buf_str(&ports));
		table_cell(table, opening->rule ? opening->rule->id : str_of(""));
		table_cell(table, buf_str(&words));
		table_cell(table, buf_str(&policy));
	}
	table_print(table, false, out);
	if (pair->openings.count == 0)
		fprintf(out, "   no port%s is open; ask for a single one to see what stops it\n",
			answer->ports_text ? " of these" : "");
	else if (is_partly_closed(answer, pair))
		fputs("   ✗  the rest of these ports is closed\n", out);
}

/* The answer is about the configuration; a host that does not run answers nobody all the same. */
static bool print_state(const struct world *world, const struct end *end, FILE *out)
{
	uint32_t	    idx = end->eni_idx == WORLD_NONE ? WORLD_NONE
							     : world->enis[end->eni_idx].instance_idx;
	auto_buf struct buf state = buf_make(256);

	if (idx == WORLD_NONE || world->instances[idx].state.len == 0 ||
	    str_is(world->instances[idx].state, "running"))
		return false;
	if (!out)
		return true;
	buf_add_visible(&state, world->instances[idx].object.id);
	buf_add_text(&state, " is ");
	buf_add_visible(&state, world->instances[idx].state);
	fprintf(out, "  note: %s; the answer is for when it runs\n", state.data);
	return true;
}

static void print_states(const struct world *world, const struct pair_side *side,
			 uint32_t class_idx, FILE *out)
{
	size_t count = 0;

	for (size_t i = 0; i < pair_side_count(side, class_idx); i++)
		count += print_state(world, pair_side_member(side, class_idx, i),
				     count < STATES_SHOWN ? out : NULL);
	if (count > STATES_SHOWN)
		fprintf(out, "  note: %zu more of them are not running\n", count - STATES_SHOWN);
}

/* "web-1 (10.0.1.10, eni-…)"; an address that stands for a block as "203.0.113.0/24 (as 203.0.113.1)". */
static void add_end(const struct world *world, const struct endpoint *endpoint,
		    const struct end *end, struct buf *out)
{
	struct ip  named;
	struct err ignored;
	char	   as[IP_TEXT_SIZE];

	if (end->eni_idx != WORLD_NONE || end->ip.family == IP_NONE ||
	    ip_parse(str_of(endpoint->query), &named, &ignored) == 0) {
		explain_end(world, end, out);
		return;
	}
	ip_print(end->ip, as);
	buf_add_visible(out, str_of(endpoint->query));
	buf_printf(out, " (as %s)", as);
}

/* One end, "web-1, web-2", "web-1 … web-9". */
static void add_side(const struct world *world, const struct pair_side *side, uint32_t class_idx,
		     struct buf *out)
{
	size_t		  count = pair_side_count(side, class_idx);
	const struct end *first = pair_side_member(side, class_idx, 0);

	if (count == 1) {
		add_end(world, side->endpoint, first, out);
		return;
	}
	buf_add_visible(out, world_eni_label(world, first->eni_idx));
	buf_add_text(out, count == 2 ? ", " : " … ");
	buf_add_visible(
		out, world_eni_label(world, pair_side_member(side, class_idx, count - 1)->eni_idx));
}

static void print_headline(const struct can_answer *answer, const struct pair_group *group,
			   const struct can_pair *pair, FILE *out)
{
	auto_buf struct buf src = buf_make(512);
	auto_buf struct buf dst = buf_make(512);
	auto_buf struct buf ports = buf_make(512);

	add_side(answer->world, &answer->pairs->src, group->src_class, &src);
	add_side(answer->world, &answer->pairs->dst, group->dst_class, &dst);
	if (group->count > 1)
		buf_printf(&dst, " (%llu pairs)", (unsigned long long)group->count);
	if (!answer->is_set)
		explain_ports_of(&pair->question.packet, &ports);
	else
		buf_add_visible(&ports,
				str_of(answer->ports_text ? answer->ports_text : "any port"));
	fprintf(out, "%s %s  %s -> %s  %s%s\n", mark_of(pair->verdict), headline_of(pair->verdict),
		src.data, dst.data, ports.data,
		pair->assumed ? "  (not known; --unknown says so)" : "");
}

/* Which of the pairs that fare alike the hops are of. */
static void print_example(const struct can_answer *answer, const struct pair_group *group,
			  FILE *out)
{
	auto_buf struct buf src = buf_make(512);
	auto_buf struct buf dst = buf_make(512);

	add_end(answer->world, answer->pairs->src.endpoint, &group->src, &src);
	add_end(answer->world, answer->pairs->dst.endpoint, &group->dst, &dst);
	fprintf(out, "  all alike; shown for %s -> %s\n", src.data, dst.data);
}

static void print_group(const struct can_answer *answer, const struct pair_group *group, FILE *out)
{
	auto_pair struct can_pair pair = { 0 };

	can_pair_find(answer, &group->src, &group->dst, &pair);
	print_headline(answer, group, &pair, out);
	print_states(answer->world, &answer->pairs->src, group->src_class, out);
	print_states(answer->world, &answer->pairs->dst, group->dst_class, out);
	if (answer->is_set) {
		print_openings(answer, &pair, out);
		return;
	}
	if (group->count > 1)
		print_example(answer, group, out);
	print_path(answer, &pair, out);
}

/* The groups of one verdict, as far as the limit goes; *shown and *left_out go on. */
static void print_groups(const struct can_answer *answer, enum verdict verdict, size_t *shown,
			 unsigned long long *left_out, FILE *out)
{
	const struct pairs *pairs = answer->pairs;

	for (size_t i = 0; i < pairs->count; i++) {
		const struct pair_group *group = &pairs->groups[i];

		if (group->verdict != verdict)
			continue;
		if (*shown == answer->limit) {
			*left_out += group->count;
			continue;
		}
		if ((*shown)++)
			fputc('\n', out);
		print_group(answer, group, out);
	}
}

/* What gets through first: the first line is the answer about all. */
void can_print_text(const void *answer_ptr, FILE *out)
{
	static const enum verdict order[] = { VERDICT_ALLOW, VERDICT_UNKNOWN, VERDICT_DENY };
	const struct can_answer	 *answer = answer_ptr;
	const struct pairs	 *pairs = answer->pairs;
	unsigned long long	  counts[VERDICT_COUNT] = { 0 }, left_out = 0;
	size_t			  shown = 0;

	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		print_groups(answer, order[i], &shown, &left_out, out);
	for (size_t i = 0; i < pairs->count; i++)
		counts[pairs->groups[i].verdict] += pairs->groups[i].count;
	if (left_out)
		fprintf(out, "\n%llu more pairs are not shown\n", left_out);
	if (pairs->total > 1)
		fprintf(out, "\n%llu pairs: %llu reachable, %llu not, %llu undecided\n",
			(unsigned long long)pairs->total, counts[VERDICT_ALLOW],
			counts[VERDICT_DENY], counts[VERDICT_UNKNOWN]);
}
