/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The policy language, a statement a line:
 *
 *	tier NAME = SELECTOR…
 *	allow|deny|require SRC -> DST [: PORTS…]
 *	require SRC -/-> DST [: PORTS…]
 *	waive SRC -> DST : PORTS… until YYYY-MM-DD owner NAME "note"
 *
 * Ports may be left out of deny and `require -/->` (all of them), never of what opens something.
 */
#include "policies/intent/parse.h"

#include <string.h>

#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum { STATEMENTS_MAX = 10000, WORDS_MAX = 256, PORTS_PER_LINE_MAX = 32 };

static const struct statement_word words[STATEMENT_KIND_COUNT] = {
	[STATEMENT_ALLOW] = { "allow", "->" },	   [STATEMENT_DENY] = { "deny", "->" },
	[STATEMENT_REQUIRE] = { "require", "->" }, [STATEMENT_REQUIRE_NOT] = { "require", "-/->" },
	[STATEMENT_WAIVE] = { "waive", "->" },
};

const struct statement_word *statement_word(enum statement_kind kind)
{
	return &words[kind];
}

/* One line, cut into words.  A quoted note is the last word and keeps its quotes out. */
struct line {
	uint32_t    number;
	const char *start;
	struct str  text;
	struct str  words[WORDS_MAX];
	size_t	    count, next;
	bool	    quoted; /* the last word was in quotes */
};

struct parser {
	struct intent	*intent;
	struct err_list *errors;
	struct line	 line;
	size_t		 tier_capacity, statement_capacity;
};

/* An error at a word of the line, or behind its last one.  Returns -1. */
static int fail_at(struct parser *parser, size_t word, const char *text, const char *more)
{
	const struct line *line = &parser->line;
	const char	  *at = word < line->count ? line->words[word].ptr
						   : line->text.ptr + line->text.len;
	struct err	   err;

	err_at(&err, parser->intent->source.ptr, line->number, (uint32_t)(at - line->start) + 1,
	       "%s%s", text, more);
	err_list_add(parser->errors, &err);
	return -1;
}

static int fail_with(struct parser *parser, size_t word, const struct err *err)
{
	return fail_at(parser, word, err->text, "");
}

/* The next word, or the empty slice at the end of the line. */
static struct str take(struct line *line)
{
	return line->next < line->count ? line->words[line->next++] : (struct str){ 0 };
}

static bool take_if(struct line *line, const char *word)
{
	if (line->next >= line->count || !str_is(line->words[line->next], word))
		return false;
	line->next++;
	return true;
}

static bool is_name(struct str text)
{
	for (size_t i = 0; i < text.len; i++) {
		char c = text.ptr[i];

		if (!(c >= 'a' && c <= 'z') && !(c >= 'A' && c <= 'Z') && !(c >= '0' && c <= '9') &&
		    c != '_' && c != '-' && c != '.')
			return false;
	}
	return text.len > 0 && text.len <= 64 && text.ptr[0] != '-';
}

/* The index of a tier, INTENT_INTERNET, INTENT_ANY, or -1. */
static int find_tier(const struct intent *intent, struct str name)
{
	if (str_is(name, "internet"))
		return INTENT_INTERNET;
	if (str_is(name, "any"))
		return INTENT_ANY;
	for (uint32_t i = 0; i < intent->tier_count; i++)
		if (str_eq(intent->tiers[i].name, name))
			return (int)i;
	return -1;
}

static int parse_selectors(struct parser *parser, struct intent_tier *tier)
{
	struct line *line = &parser->line;
	struct err   err;

	tier->selectors = arena_alloc(&parser->intent->arena,
				      (line->count - line->next) * sizeof(*tier->selectors));
	while (line->next < line->count) {
		struct str word = take(line);

		if (selector_parse(word, &tier->selectors[tier->selector_count], &err) < 0)
			return fail_with(parser, line->next - 1, &err);
		tier->selector_count++;
	}
	return 0;
}

static int parse_tier(struct parser *parser)
{
	struct intent	  *intent = parser->intent;
	struct line	  *line = &parser->line;
	struct intent_tier tier = { .line = line->number, .name = take(line) };

	if (!is_name(tier.name))
		return fail_at(parser, 1,
			       "expected a tier's name of letters, digits, '-', '_', '.'", "");
	if (find_tier(intent, tier.name) >= 0)
		return fail_at(parser, 1, "expected a new name: there is this tier already", "");
	if (!take_if(line, "="))
		return fail_at(parser, line->next, "expected '=' after the tier's name", "");
	if (line->next == line->count)
		return fail_at(
			parser, line->next,
			"expected what is in the tier: tag:KEY=VALUE, subnet:, sg:, a CIDR, …", "");
	if (intent->tier_count >= INTENT_TIERS_MAX)
		return fail_at(parser, 0, "more than 62 tiers", "");
	if (parse_selectors(parser, &tier) < 0)
		return -1;
	intent->tiers = mem_grow(intent->tiers, intent->tier_count, &parser->tier_capacity,
				 sizeof(*intent->tiers));
	intent->tiers[intent->tier_count++] = tier;
	return 0;
}

static const char *nearest_tier(const struct intent *intent, struct str name, char *out,
				size_t size)
{
	unsigned distance = 3;

	out[0] = '\0';
	for (uint32_t i = 0; i < intent->tier_count; i++) {
		unsigned now = str_distance(name, intent->tiers[i].name);

		if (now >= distance || intent->tiers[i].name.len + 1 > size)
			continue;
		distance = now;
		memcpy(out, intent->tiers[i].name.ptr, intent->tiers[i].name.len);
		out[intent->tiers[i].name.len] = '\0';
	}
	return out;
}

static int parse_tier_name(struct parser *parser, uint8_t *out)
{
	struct line *line = &parser->line;
	struct str   name = take(line);
	int	     tier = name.len ? find_tier(parser->intent, name) : -1;
	char	     nearest[65];

	if (tier >= 0) {
		*out = (uint8_t)tier;
		return 0;
	}
	if (name.len == 0)
		return fail_at(parser, line->next, "expected the name of a tier, internet or any",
			       "");
	if (nearest_tier(parser->intent, name, nearest, sizeof(nearest))[0])
		return fail_at(parser, line->next - 1,
			       "no such tier above this line; did you mean ", nearest);
	return fail_at(parser, line->next - 1,
		       "no such tier above this line: expected a tier, internet or any", "");
}

static int parse_arrow(struct parser *parser, struct statement *statement)
{
	struct line *line = &parser->line;

	if (statement->kind == STATEMENT_REQUIRE && take_if(line, "-/->"))
		statement->kind = STATEMENT_REQUIRE_NOT;
	else if (!take_if(line, "->"))
		return fail_at(parser, line->next,
			       statement->kind == STATEMENT_REQUIRE ? "expected '->' or '-/->'"
								    : "expected '->'",
			       "");
	return 0;
}

static bool may_omit_ports(enum statement_kind kind)
{
	return kind == STATEMENT_DENY || kind == STATEMENT_REQUIRE_NOT;
}

static int parse_ports(struct parser *parser, struct statement *statement)
{
	struct line *line = &parser->line;
	struct err   err;

	statement->ports = arena_alloc(&parser->intent->arena,
				       (line->count - line->next + 1) * sizeof(struct ports));
	if (!take_if(line, ":")) {
		if (line->next < line->count || !may_omit_ports(statement->kind))
			return fail_at(parser, line->next, "expected ':' and ports, like : tcp/443",
				       "");
		if (ports_parse(str_of("all"), &statement->ports[0], &err) < 0)
			return fail_with(parser, line->next, &err);
		statement->ports_count = 1;
		return 0;
	}
	while (line->next < line->count && !str_is(line->words[line->next], "until")) {
		if (statement->ports_count >= PORTS_PER_LINE_MAX)
			return fail_at(parser, line->next, "more than 32 ports on a line", "");
		if (ports_parse(take(line), &statement->ports[statement->ports_count], &err) < 0)
			return fail_with(parser, line->next - 1, &err);
		statement->ports_count++;
	}
	if (statement->ports_count == 0)
		return fail_at(parser, line->next, "expected ports after ':', like tcp/443", "");
	return 0;
}

static int parse_waiver(struct parser *parser, struct statement *statement)
{
	struct line *line = &parser->line;

	if (!take_if(line, "until") || line->next >= line->count)
		return fail_at(parser, line->next, "expected 'until YYYY-MM-DD'", "");
	if (clock_parse_date(take(line), &statement->until) < 0)
		return fail_at(parser, line->next - 1, "expected a date like 2027-03-31", "");
	if (!take_if(line, "owner") || line->next >= line->count)
		return fail_at(parser, line->next, "expected 'owner NAME'", "");
	statement->owner = take(line);
	if (!is_name(statement->owner))
		return fail_at(parser, line->next - 1,
			       "expected an owner's name of letters, digits, '-', '_', '.'", "");
	if (!line->quoted || line->next + 1 != line->count)
		return fail_at(parser, line->next, "expected a reason in \"quotes\" at the end",
			       "");
	statement->note = take(line);
	return 0;
}

/* The line as people quote it: without its comment, runs of blanks as one. */
static struct str bare_text(struct arena *arena, const struct line *line)
{
	const struct str *last = &line->words[line->count - 1];
	const char	 *end = last->ptr + last->len + line->quoted;
	char		 *out = arena_alloc(arena, (size_t)(end - line->words[0].ptr) + 1);
	size_t		  len = 0;

	for (const char *at = line->words[0].ptr; at < end; at++) {
		bool blank = *at == ' ' || *at == '\t';

		if (!blank || (len && out[len - 1] != ' '))
			out[len++] = blank ? ' ' : *at;
	}
	return (struct str){ .ptr = out, .len = len };
}

static int parse_path(struct parser *parser, enum statement_kind kind)
{
	struct intent	*intent = parser->intent;
	struct line	*line = &parser->line;
	struct statement statement = { .kind = kind, .line = line->number };

	if (intent->statement_count >= STATEMENTS_MAX)
		return fail_at(parser, 0, "more than 10000 statements", "");
	if (parse_tier_name(parser, &statement.src) < 0 || parse_arrow(parser, &statement) < 0 ||
	    parse_tier_name(parser, &statement.dst) < 0 || parse_ports(parser, &statement) < 0)
		return -1;
	if (kind == STATEMENT_WAIVE && parse_waiver(parser, &statement) < 0)
		return -1;
	if (line->next < line->count)
		return fail_at(parser, line->next, "expected the end of the line", "");
	statement.text = bare_text(&intent->arena, line);
	intent->statements = mem_grow(intent->statements, intent->statement_count,
				      &parser->statement_capacity, sizeof(*intent->statements));
	intent->statements[intent->statement_count++] = statement;
	return 0;
}

static int parse_statement(struct parser *parser)
{
	struct str word = take(&parser->line);

	if (str_is(word, "tier"))
		return parse_tier(parser);
	for (int kind = 0; kind < STATEMENT_KIND_COUNT; kind++)
		if (str_is(word, words[kind].word))
			return parse_path(parser, (enum statement_kind)kind);
	return fail_at(parser, 0, "expected tier, allow, deny, require or waive", "");
}

static bool ends_word(char c)
{
	return c == ' ' || c == '\t' || c == '\r' || c == '#' || c == '"';
}

static bool is_tier(const struct line *line)
{
	return str_is(line->words[0], "tier");
}

/* Fills line->words.  A ':' at the end of a word of a path is a word of its own. */
static int split_line(struct parser *parser)
{
	struct line *line = &parser->line;
	struct str   rest = line->text;

	for (rest = str_trim(rest); rest.len && rest.ptr[0] != '#'; rest = str_trim(rest)) {
		struct str *word = &line->words[line->count];
		size_t	    len = 0;

		*word = str_head(rest, 1);
		if (line->quoted || line->count + 2 > WORDS_MAX)
			return fail_at(parser, line->count++,
				       line->quoted ? "expected nothing after the quoted reason"
						    : "more than 256 words on a line",
				       "");
		if (rest.ptr[0] == '"') {
			*word = str_skip(rest, 1);
			len = str_find(*word, '"');
			line->count++;
			if (len == word->len)
				return fail_at(parser, line->count - 1, "expected a closing quote",
					       "");
			*word = str_head(*word, len);
			line->quoted = true;
			rest = str_skip(rest, len + 2);
			continue;
		}
		while (len < rest.len && !ends_word(rest.ptr[len]))
			len++;
		*word = str_head(rest, len);
		line->count++;
		if (len > 1 && word->ptr[len - 1] == ':' && line->count > 3 && !is_tier(line)) {
			word->len--;
			line->words[line->count++] = (struct str){ .ptr = word->ptr + len - 1,
								   .len = 1 };
		}
		rest = str_skip(rest, len);
	}
	return 0;
}

static void parse_line(struct parser *parser, struct str text, uint32_t number)
{
	struct line *line = &parser->line;

	*line = (struct line){ .number = number, .start = text.ptr, .text = str_trim(text) };
	if (!str_is_utf8(text)) {
		fail_at(parser, 0, "expected UTF-8", "");
		return;
	}
	if (split_line(parser) < 0 || line->count == 0)
		return;
	if (line->quoted && !str_is(line->words[0], "waive")) {
		fail_at(parser, line->count - 1, "expected no quotes: only a waiver has a reason",
			"");
		return;
	}
	parse_statement(parser);
}

struct intent *intent_parse(struct str text, const char *source, struct err_list *errors)
{
	auto_intent struct intent *intent = mem_alloc(sizeof(*intent));
	auto_free struct parser	  *parser = mem_alloc(sizeof(*parser));
	uint32_t		   number = 0;

	*errors = (struct err_list){ 0 };
	parser->intent = intent;
	parser->errors = errors;
	intent->source = arena_str(&intent->arena, str_of(source));
	text = arena_str(&intent->arena, text); /* selectors and notes are slices of it */
	while (text.len)
		parse_line(parser, str_cut(&text, '\n'), ++number);
	if (errors->total == 0 && intent->statement_count == 0) {
		struct err err;

		err_at(&err, source, 0, 0,
		       "states nothing, expected lines like `allow web -> app : tcp/8080`");
		err_list_add(errors, &err);
	}
	return errors->total ? NULL : TAKE(intent);
}
