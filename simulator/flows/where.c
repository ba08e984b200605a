/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/where.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"
#include "simulator/flows/where_value.h"

/* From so many blocks on, a tree is faster than one after the other. */
enum { BLOCKS_IN_A_ROW = 8 };

struct parse {
	struct where_scan    scan;
	struct where_context context;
	struct where	    *where;
	unsigned	     depth;
};

static int expected(const struct parse *parse, const char *what, struct err *err)
{
	auto_buf struct buf shown = buf_make(512);

	where_token_print(&parse->scan.now, &shown);
	return where_fail(err, parse->scan.now.column, "expected %s, not %s", what, shown.data);
}

static uint32_t add_node(struct where *where, enum where_kind kind, uint32_t left, uint32_t right)
{
	where->nodes = mem_grow(where->nodes, where->node_count, &where->node_capacity,
				sizeof(*where->nodes));
	where->nodes[where->node_count] = (struct where_node){ kind, left, right };
	return (uint32_t)where->node_count++;
}

/* `-`, also in quotes, as Athena wants it: a log has no other way to say that there is no value. */
static bool is_dash(const struct where_token *token)
{
	return (token->kind == WHERE_TOKEN_WORD || token->kind == WHERE_TOKEN_QUOTED) &&
	       str_is(token->text, "-");
}

static int parse_one_value(struct parse *parse, struct err *err)
{
	struct where *where = parse->where;

	if (where->value_count == WHERE_VALUES_MAX)
		return where_fail(err, parse->scan.now.column, "more than %d values",
				  WHERE_VALUES_MAX);
	if ((parse->scan.now.kind != WHERE_TOKEN_WORD &&
	     parse->scan.now.kind != WHERE_TOKEN_QUOTED) ||
	    where_scan_is_keyword(&parse->scan))
		return expected(parse, "a value", err);
	if (is_dash(&parse->scan.now))
		return where_fail(err, parse->scan.now.column,
				  "'-' (no value) can only be asked with = or !=");
	where->values = mem_grow(where->values, where->value_count, &where->value_capacity,
				 sizeof(*where->values));
	if (where_value_parse(&parse->context, &parse->scan, &where->values[where->value_count],
			      err) < 0)
		return -1;
	where->value_count++;
	return 0;
}

static int parse_list(struct parse *parse, struct err *err)
{
	uint32_t opened = parse->scan.now.column;

	for (;;) {
		if (where_scan_next(&parse->scan, err) < 0 || parse_one_value(parse, err) < 0)
			return -1;
		if (parse->scan.now.kind == WHERE_TOKEN_CLOSE)
			return where_scan_next(&parse->scan, err);
		if (parse->scan.now.kind == WHERE_TOKEN_END)
			return where_fail(err, opened, "the '(' is never closed");
		if (parse->scan.now.kind != WHERE_TOKEN_COMMA)
			return expected(parse, "',' or ')'", err);
	}
}

/* What follows FIELD OP. */
static int parse_values(struct parse *parse, struct where_test *test, struct err *err)
{
	bool equals = test->op == WHERE_EQ || test->op == WHERE_NE;

	if (equals && is_dash(&parse->scan.now)) {
		test->is_absent = true;
		return where_scan_next(&parse->scan, err);
	}
	test->first = (uint32_t)parse->where->value_count;
	if (test->op == WHERE_IN && parse->scan.now.kind == WHERE_TOKEN_OPEN) {
		if (parse_list(parse, err) < 0)
			return -1;
	} else if (parse_one_value(parse, err) < 0) {
		return -1;
	}
	test->count = (uint32_t)parse->where->value_count - test->first;
	return 0;
}

/* Values of a list in order; what was joined makes room. */
static void settle(struct where *where, struct where_test *test)
{
	struct where_value *values;

	if (test->op != WHERE_IN)
		return;
	values = where->values + test->first;
	test->count = (uint32_t)where_value_settle(test->subject, values, test->count);
	where->value_count = test->first + test->count;
	if (subject_type(test->subject) == FIELD_TYPE_IP && test->count > BLOCKS_IN_A_ROW)
		for (uint32_t i = 0; i < test->count; i++)
			lpm_put(&test->blocks, values[i].cidr, i);
}

static int parse_op(struct parse *parse, struct where_test *test, bool *is_not, struct err *err)
{
	uint32_t column = parse->scan.now.column;

	*is_not = where_scan_is(&parse->scan, "not");
	if (*is_not && where_scan_next(&parse->scan, err) < 0)
		return -1;
	if (where_scan_is(&parse->scan, "in"))
		test->op = WHERE_IN;
	else if (where_scan_is(&parse->scan, "like"))
		test->op = WHERE_LIKE;
	else if (parse->scan.now.kind == WHERE_TOKEN_OP && !*is_not)
		test->op = parse->scan.now.op;
	else
		return expected(parse, *is_not ? "in or like" : "one of = != < <= > >= in like",
				err);
	if (where_value_check_op(test->subject, test->op, column, err) < 0)
		return -1;
	return where_scan_next(&parse->scan, err);
}

static int too_deep(uint32_t column, struct err *err)
{
	return where_fail(err, column, "more than %d levels of '(' and not", WHERE_DEPTH_MAX);
}

/* Returns the node, or -1. */
static int64_t parse_test(struct parse *parse, struct err *err)
{
	struct where	 *where = parse->where;
	struct where_test test = { 0 };
	uint32_t	  column = parse->scan.now.column, node;
	bool		  is_not;

	if (where->test_count == WHERE_TESTS_MAX)
		return where_fail(err, column, "more than %d comparisons", WHERE_TESTS_MAX);
	if (parse->scan.now.kind != WHERE_TOKEN_WORD || where_scan_is_keyword(&parse->scan))
		return expected(parse, "a field, as in action=REJECT", err);
	if (!subject_find(parse->scan.now.text, &test.subject)) {
		struct err why;

		subject_unknown(parse->scan.now.text, &why);
		return where_fail(err, column, "%s", why.text);
	}
	if (where_scan_next(&parse->scan, err) < 0 || parse_op(parse, &test, &is_not, err) < 0)
		return -1;
	if (is_not && parse->depth == WHERE_DEPTH_MAX)
		return too_deep(column, err);
	parse->context.subject = test.subject;
	parse->context.op = test.op;
	if (parse_values(parse, &test, err) < 0)
		return -1;
	settle(where, &test);
	where->tests = mem_grow(where->tests, where->test_count, &where->test_capacity,
				sizeof(*where->tests));
	where->tests[where->test_count] = test;
	node = add_node(where, WHERE_TEST, (uint32_t)where->test_count++, 0);
	return is_not ? add_node(where, WHERE_NOT, node, 0) : node;
}

static int64_t parse_expression(struct parse *parse, struct err *err);

/* Of a part that is deeper by one: a parenthesis or a not, where scan stands on it. */
static int64_t parse_deeper(struct parse *parse, struct err *err);

static int64_t parse_part(struct parse *parse, struct err *err)
{
	if (parse->scan.now.kind == WHERE_TOKEN_OPEN || where_scan_is(&parse->scan, "not"))
		return parse_deeper(parse, err);
	return parse_test(parse, err);
}

static int64_t parse_deeper(struct parse *parse, struct err *err)
{
	struct where_token opened = parse->scan.now;
	int64_t		   node;

	if (parse->depth == WHERE_DEPTH_MAX)
		return too_deep(opened.column, err);
	if (where_scan_next(&parse->scan, err) < 0)
		return -1;
	parse->depth++;
	node = opened.kind == WHERE_TOKEN_OPEN ? parse_expression(parse, err)
					       : parse_part(parse, err);
	parse->depth--;
	if (node < 0)
		return -1;
	if (opened.kind != WHERE_TOKEN_OPEN)
		return add_node(parse->where, WHERE_NOT, (uint32_t)node, 0);
	if (parse->scan.now.kind == WHERE_TOKEN_END)
		return where_fail(err, opened.column, "the '(' is never closed");
	if (parse->scan.now.kind != WHERE_TOKEN_CLOSE)
		return expected(parse, "and, or or ')'", err);
	return where_scan_next(&parse->scan, err) < 0 ? -1 : node;
}

static int64_t parse_all(struct parse *parse, struct err *err)
{
	int64_t node = parse_part(parse, err), right;

	while (node >= 0 && where_scan_is(&parse->scan, "and")) {
		if (where_scan_next(&parse->scan, err) < 0)
			return -1;
		right = parse_part(parse, err);
		if (right < 0)
			return -1;
		node = add_node(parse->where, WHERE_AND, (uint32_t)node, (uint32_t)right);
	}
	return node;
}

static int64_t parse_expression(struct parse *parse, struct err *err)
{
	int64_t node = parse_all(parse, err), right;

	while (node >= 0 && where_scan_is(&parse->scan, "or")) {
		if (where_scan_next(&parse->scan, err) < 0)
			return -1;
		right = parse_all(parse, err);
		if (right < 0)
			return -1;
		node = add_node(parse->where, WHERE_OR, (uint32_t)node, (uint32_t)right);
	}
	return node;
}

int where_parse(struct str text, int64_t now_s, struct where *out, struct err *err)
{
	auto_where struct where where = { 0 };
	struct parse parse = { .where = &where, .context = { .where = &where, .now_s = now_s } };

	if (text.len > WHERE_TEXT_MAX)
		return where_fail(err, WHERE_TEXT_MAX + 1, "more than %d bytes", WHERE_TEXT_MAX);
	if (where_scan_start(&parse.scan, text, err) < 0 || parse_expression(&parse, err) < 0)
		return -1;
	if (parse.scan.now.kind != WHERE_TOKEN_END)
		return expected(&parse, "and, or or the end", err);
	*out = where;
	where = (struct where){ 0 };
	return 0;
}

void where_done(struct where *where)
{
	for (size_t i = 0; i < where->test_count; i++)
		lpm_done(&where->tests[i].blocks);
	free(where->nodes);
	free(where->tests);
	free(where->values);
	arena_done(&where->arena);
	*where = (struct where){ 0 };
}

const char *where_op_text(enum where_op op)
{
	static const char *const texts[WHERE_OP_COUNT] = {
		[WHERE_EQ] = "=", [WHERE_NE] = "!=", [WHERE_LT] = "<",	[WHERE_LE] = "<=",
		[WHERE_GT] = ">", [WHERE_GE] = ">=", [WHERE_IN] = "in", [WHERE_LIKE] = "like",
	};

	assert(op < WHERE_OP_COUNT);
	return texts[op];
}

static void print_test(const struct where *where, const struct where_test *test, struct buf *out)
{
	bool is_list = test->op == WHERE_IN;

	buf_printf(out, "%s %s ", subject_name(test->subject), where_op_text(test->op));
	if (test->is_absent)
		buf_add_char(out, '-');
	if (is_list)
		buf_add_char(out, '(');
	for (uint32_t i = 0; i < test->count; i++) {
		if (i)
			buf_add_text(out, ", ");
		where_value_print(test->subject, &where->values[test->first + i], out);
	}
	if (is_list)
		buf_add_char(out, ')');
}

/* How strongly a kind binds; what binds less than its parent wants stands in parentheses. */
static int strength(enum where_kind kind)
{
	static const int strengths[WHERE_KIND_COUNT] = {
		[WHERE_OR] = 0,
		[WHERE_AND] = 1,
		[WHERE_NOT] = 2,
		[WHERE_TEST] = 3,
	};

	return strengths[kind];
}

static void print_node(const struct where *where, uint32_t idx, int wanted, struct buf *out)
{
	const struct where_node *node = &where->nodes[idx];
	int			 own = strength(node->kind);

	if (own < wanted)
		buf_add_char(out, '(');
	switch (node->kind) {
	case WHERE_TEST:
		print_test(where, &where->tests[node->left], out);
		break;
	case WHERE_NOT:
		buf_add_text(out, "not ");
		print_node(where, node->left, own, out);
		break;
	case WHERE_AND:
	case WHERE_OR:
		print_node(where, node->left, own, out);
		buf_add_text(out, node->kind == WHERE_AND ? " and " : " or ");
		print_node(where, node->right, own + 1, out);
		break;
	case WHERE_KIND_COUNT:
		break;
	}
	if (own < wanted)
		buf_add_char(out, ')');
}

void where_print(const struct where *where, struct buf *out)
{
	print_node(where, (uint32_t)where->node_count - 1, 0, out);
}

uint64_t where_fields(const struct where *where)
{
	uint64_t fields = 0;

	for (size_t i = 0; i < where->test_count; i++)
		fields |= subject_fields(where->tests[i].subject);
	return fields;
}

static bool asks(const struct where *where, enum subject_kind kind)
{
	for (size_t i = 0; i < where->test_count; i++)
		if (where->tests[i].subject.kind == kind)
			return true;
	return false;
}

bool where_names(const struct where *where)
{
	return asks(where, SUBJECT_NAME);
}

bool where_tiers(const struct where *where)
{
	return asks(where, SUBJECT_TIER);
}
