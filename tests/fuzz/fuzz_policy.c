/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the policy language: what parses prints, parses again and prints the same, statement by
 * statement; what does not parse has an error with a place inside the text.
 */
#include "policies/intent/intent.h"
#include "tests/fuzz/fuzz.h"

enum { PRINTED_MAX = 1 << 24 };

static void check_errors(const struct err_list *errors, struct str text)
{
	uint32_t lines = 1;

	for (size_t i = 0; i < text.len; i++)
		lines += text.ptr[i] == '\n';
	PROPERTY(errors->count > 0 && errors->count <= errors->total);
	for (uint32_t i = 0; i < errors->count; i++) {
		PROPERTY(errors->items[i].kind == ERR_INPUT && errors->items[i].text[0]);
		PROPERTY(errors->items[i].line <= lines);
		PROPERTY(errors->items[i].column <= text.len + 1);
		PROPERTY((errors->items[i].line == 0) == (errors->items[i].column == 0));
	}
}

static void check_equal(const struct intent *a, const struct intent *b)
{
	PROPERTY(a->tier_count == b->tier_count && a->statement_count == b->statement_count);
	for (uint32_t i = 0; i < a->tier_count; i++) {
		PROPERTY(str_eq(a->tiers[i].name, b->tiers[i].name));
		PROPERTY(a->tiers[i].selector_count == b->tiers[i].selector_count);
	}
	for (uint32_t i = 0; i < a->statement_count; i++) {
		const struct statement *x = &a->statements[i], *y = &b->statements[i];

		PROPERTY(x->kind == y->kind && x->src == y->src && x->dst == y->dst);
		PROPERTY(x->ports_count == y->ports_count && x->until == y->until);
		PROPERTY(str_eq(x->owner, y->owner) && str_eq(x->note, y->note));
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		   text = { .ptr = (const char *)data, .len = size };
	struct err_list		   errors;
	auto_intent struct intent *intent = intent_parse(text, "input", &errors);
	auto_intent struct intent *again = NULL;
	auto_buf struct buf	   once = buf_make(PRINTED_MAX);
	auto_buf struct buf	   twice = buf_make(PRINTED_MAX);

	if (!intent) {
		check_errors(&errors, text);
		return 0;
	}
	intent_print(intent, &once);
	again = intent_parse(buf_str(&once), "printed", &errors);
	PROPERTY(again != NULL);
	check_equal(intent, again);
	intent_print(again, &twice);
	PROPERTY(str_eq(buf_str(&once), buf_str(&twice)));
	return 0;
}
