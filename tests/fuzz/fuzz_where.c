/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Properties of the language of conditions: what parses prints, parses again and prints the same; what does not
 * has an error with a column inside the text; and asked of many rows at once it says of each what a plain evaluation
 * of that record alone says.  The input is a condition, a newline, and bytes that choose the rows.
 */
#include "lib/base/map.h"
#include "simulator/flows/where_select.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/made_columns.h"

enum { NOW_S = 1790000000, ROWS = 77, PRINTED_MAX = 1 << 20 };

struct random {
	uint64_t state;
};

static uint64_t next(struct random *random)
{
	random->state ^= random->state << 13;
	random->state ^= random->state >> 7;
	random->state ^= random->state << 17;
	return random->state;
}

/* What a record's value is, absent or not: the plain evaluation goes by this and the test alone. */
static const void *value_at(const struct record *record, enum field field)
{
	return (const char *)record + field_info(field)->offset;
}

static bool number_matches(enum where_op op, const struct where_value *value, uint64_t v)
{
	switch (op) {
	case WHERE_LT:
		return v < value->min;
	case WHERE_LE:
		return v <= value->min;
	case WHERE_GT:
		return v > value->min;
	case WHERE_GE:
		return v >= value->min;
	case WHERE_EQ:
	case WHERE_NE:
	case WHERE_IN:
		return v >= value->min && v <= value->max;
	case WHERE_LIKE:
	case WHERE_OP_COUNT:
		break;
	}
	return false;
}

static bool matches(const struct where_test *test, const struct where_value *value,
		    const struct record *record)
{
	const void *at = value_at(record, test->subject.field);

	switch (field_info(test->subject.field)->type) {
	case FIELD_TYPE_U64:
		return number_matches(test->op, value, *(const uint64_t *)at);
	case FIELD_TYPE_IP:
		return cidr_has(value->cidr, *(const struct ip *)at);
	case FIELD_TYPE_TEXT:
		return test->op == WHERE_LIKE ? str_glob(value->text, *(const struct str *)at)
					      : str_eq(value->text, *(const struct str *)at);
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		return *(const uint8_t *)at == value->min;
	case FIELD_TYPE_COUNT:
		break;
	}
	return false;
}

static enum where_truth test_one(const struct where *where, const struct where_test *test,
				 const struct record *record)
{
	bool has = record_has(record, test->subject.field), any = false;

	if (test->is_absent)
		return has == (test->op == WHERE_NE) ? WHERE_TRUE : WHERE_FALSE;
	if (!has)
		return WHERE_UNKNOWN;
	for (uint32_t i = 0; i < test->count; i++)
		any = any || matches(test, &where->values[test->first + i], record);
	return any != (test->op == WHERE_NE) ? WHERE_TRUE : WHERE_FALSE;
}

static enum where_truth evaluate(const struct where *where, uint32_t idx,
				 const struct record *record)
{
	const struct where_node *node = &where->nodes[idx];
	enum where_truth	 left, right;

	if (node->kind == WHERE_TEST)
		return test_one(where, &where->tests[node->left], record);
	left = evaluate(where, node->left, record);
	if (node->kind == WHERE_NOT)
		return left == WHERE_UNKNOWN ? WHERE_UNKNOWN
		       : left == WHERE_TRUE  ? WHERE_FALSE
					     : WHERE_TRUE;
	right = evaluate(where, node->right, record);
	if (node->kind == WHERE_AND) {
		if (left == WHERE_FALSE || right == WHERE_FALSE)
			return WHERE_FALSE;
		return left == WHERE_TRUE && right == WHERE_TRUE ? WHERE_TRUE : WHERE_UNKNOWN;
	}
	if (left == WHERE_TRUE || right == WHERE_TRUE)
		return WHERE_TRUE;
	return left == WHERE_FALSE && right == WHERE_FALSE ? WHERE_FALSE : WHERE_UNKNOWN;
}

/* At, beside or far from a literal that the test compares with. */
static void set_value(struct record *record, enum field field, const struct where_value *near,
		      struct random *random)
{
	void	*at = (char *)record + field_info(field)->offset;
	uint64_t choice = next(random) % 6;

	record_set(record, field);
	switch (field_info(field)->type) {
	case FIELD_TYPE_U64:
		*(uint64_t *)at = choice < 3   ? near->min - 1 + choice
				  : choice < 5 ? near->max + choice - 3
					       : next(random);
		break;
	case FIELD_TYPE_IP:
		*(struct ip *)at = choice < 3	? ip_add(near->cidr.base, (uint32_t)choice - 1)
				   : choice < 5 ? ip_v4(10, 0, 0, (uint8_t)next(random))
						: ip_add(near->cidr.base, (uint32_t)next(random));
		if (((struct ip *)at)->family == IP_NONE)
			*(struct ip *)at = ip_v4(10, 0, 0, 1);
		break;
	case FIELD_TYPE_TEXT:
		*(struct str *)at = choice < 3	 ? near->text
				    : choice < 5 ? str_head(near->text, next(random) % 8)
						 : str_of("web-1");
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		*(uint8_t *)at = (uint8_t)(choice % 2);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
}

/* A record whose values are near what is asked, each missing now and then. */
static struct record random_record(const struct where *where, struct random *random)
{
	struct record record = { 0 };

	for (size_t i = 0; i < where->test_count; i++) {
		const struct where_test *test = &where->tests[i];
		struct where_value	 near = { 0 };

		if (test->count)
			near = where->values[test->first + next(random) % test->count];
		if (next(random) % 4)
			set_value(&record, test->subject.field, &near, random);
	}
	return record;
}

static void check_rows(const struct where *where, struct str chooser)
{
	struct random	   random = { .state = map_hash(chooser.ptr, chooser.len) | 1 };
	struct where_room *room = where_room_new(where, NULL);
	struct record	   records[ROWS];
	struct columns	   columns;
	uint16_t	   rows[COLUMNS_ROWS_MAX];
	uint32_t	   count, at = 0;

	made_columns_init(&columns, where_fields(where));
	for (uint32_t row = 0; row < ROWS; row++) {
		records[row] = random_record(where, &random);
		made_columns_add(&columns, &records[row]);
	}
	count = where_select(room, &columns, rows);
	for (uint32_t row = 0; row < ROWS; row++) {
		bool is_true = evaluate(where, (uint32_t)where->node_count - 1, &records[row]) ==
			       WHERE_TRUE;

		PROPERTY(is_true == (at < count && rows[at] == row));
		at += is_true;
	}
	PROPERTY(at == count);
	made_columns_done(&columns);
	where_room_free(room);
}

static void check_print(const struct where *where)
{
	auto_buf struct buf	once = buf_make(PRINTED_MAX);
	auto_buf struct buf	twice = buf_make(PRINTED_MAX);
	auto_where struct where again = { 0 };
	struct err		err;

	where_print(where, &once);
	PROPERTY(!once.overflow && once.len);
	if (once.len > WHERE_TEXT_MAX)
		return;
	PROPERTY(where_parse(buf_str(&once), NOW_S, &again, &err) == 0);
	PROPERTY(again.node_count == where->node_count);
	PROPERTY(again.test_count == where->test_count);
	PROPERTY(again.value_count == where->value_count);
	where_print(&again, &twice);
	PROPERTY(str_eq(buf_str(&once), buf_str(&twice)));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct str		rest = { .ptr = (const char *)data, .len = size };
	struct str		text = str_cut(&rest, '\n');
	auto_where struct where where = { 0 };
	struct err		err = { 0 };

	if (where_parse(text, NOW_S, &where, &err) < 0) {
		PROPERTY(err.kind == ERR_USAGE && err.text[0]);
		PROPERTY(err.column >= 1 && err.column <= text.len + 1);
		PROPERTY(where.node_count == 0);
		return 0;
	}
	check_print(&where);
	if (!where_names(&where) && !where_tiers(&where))
		check_rows(&where, rest);
	return 0;
}
