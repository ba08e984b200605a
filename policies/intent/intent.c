/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/intent/intent.h"

#include <stdlib.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "policies/intent/parse.h"

enum { POLICY_BYTES_MAX = 1 << 20 };

struct intent *intent_open(const char *path, struct err_list *errors)
{
	auto_buf struct buf text = buf_make(0);
	struct err	    err;

	*errors = (struct err_list){ 0 };
	if (file_read(path, POLICY_BYTES_MAX, &text, &err) < 0) {
		err_list_add(errors, &err);
		return NULL;
	}
	return intent_parse(buf_str(&text), path, errors);
}

void intent_free(struct intent *intent)
{
	if (!intent)
		return;
	arena_done(&intent->arena);
	free(intent->tiers);
	free(intent->statements);
	free(intent);
}

void intent_free_at(struct intent **intent)
{
	intent_free(*intent);
}

struct str intent_tier_name(const struct intent *intent, unsigned tier)
{
	if (tier == INTENT_INTERNET)
		return str_of("internet");
	if (tier == INTENT_ANY)
		return str_of("any");
	return intent->tiers[tier].name;
}

static void print_statement(const struct intent *intent, const struct statement *statement,
			    struct buf *out)
{
	const struct statement_word *word = statement_word(statement->kind);
	char			     ports[PORTS_TEXT_SIZE], date[CLOCK_DATE_SIZE];

	buf_printf(out, "%s ", word->word);
	buf_add_str(out, intent_tier_name(intent, statement->src));
	buf_printf(out, " %s ", word->arrow);
	buf_add_str(out, intent_tier_name(intent, statement->dst));
	buf_add_text(out, " :");
	for (uint32_t i = 0; i < statement->ports_count; i++) {
		ports_print(&statement->ports[i], ports);
		buf_printf(out, " %s", ports);
	}
	if (statement->kind == STATEMENT_WAIVE) {
		clock_print_date(statement->until, date);
		buf_printf(out, " until %s owner ", date);
		buf_add_str(out, statement->owner);
		buf_add_text(out, " \"");
		buf_add_str(out, statement->note);
		buf_add_char(out, '"');
	}
	buf_add_char(out, '\n');
}

void intent_print(const struct intent *intent, struct buf *out)
{
	for (uint32_t i = 0; i < intent->tier_count; i++) {
		const struct intent_tier *tier = &intent->tiers[i];

		buf_add_text(out, "tier ");
		buf_add_str(out, tier->name);
		buf_add_text(out, " =");
		for (uint32_t j = 0; j < tier->selector_count; j++) {
			buf_add_char(out, ' ');
			buf_add_str(out, tier->selectors[j].text);
		}
		buf_add_char(out, '\n');
	}
	for (uint32_t i = 0; i < intent->statement_count; i++)
		print_statement(intent, &intent->statements[i], out);
}
