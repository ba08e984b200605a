/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Property: whatever the lines, every way of parsing columns has the rows that line_parse reads one by one, and
 * counts the same lines as bad for the same reasons; also when only some fields are wanted.  The input is eight
 * bytes that choose the fields wanted, a format, a newline, and the lines; with an empty format, AWS's default.
 */
#include "lib/flow/columns.h"
#include "tests/fuzz/fuzz.h"

enum { LINES_MAX = 4096 };

struct expected {
	struct record	 records[LINES_MAX];
	bool		 is_record[LINES_MAX], is_seen[LINES_MAX];
	uint32_t	 lines, records_count;
	struct bad_lines bad;
};

static void expect(struct expected *expected, const struct block *block, uint64_t wanted)
{
	struct str rest = { .ptr = block->text, .len = block->len };

	memset(expected->is_record, 0, sizeof(expected->is_record));
	memset(&expected->bad, 0, sizeof(expected->bad));
	expected->lines = expected->records_count = 0;
	while (rest.len && expected->lines < LINES_MAX) {
		uint32_t	line = expected->lines++;
		struct str	text = str_cut(&rest, '\n');
		struct err	err = { 0 };
		enum line_fault fault;

		if (str_trim(text).len == 0)
			continue;
		fault = LINE_TOO_LONG;
		if (text.len <= FORMAT_LINE_MAX)
			fault = line_parse(text, &block->format, wanted, &expected->records[line],
					   &err);
		if (fault == LINE_FINE) {
			expected->is_record[line] = true;
			expected->records_count++;
		} else {
			bad_lines_add(&expected->bad, fault, 0, line + 1, &err);
		}
	}
}

static void check_value(const struct record *a, const struct record *b, enum field field)
{
	const struct field_info *info = field_info(field);
	const char		*x = (const char *)a + info->offset;
	const char		*y = (const char *)b + info->offset;

	if (info->type == FIELD_TYPE_U64)
		PROPERTY(*(const uint64_t *)x == *(const uint64_t *)y);
	else if (info->type == FIELD_TYPE_IP)
		PROPERTY(ip_eq(*(const struct ip *)x, *(const struct ip *)y));
	else if (info->type == FIELD_TYPE_TEXT)
		PROPERTY(str_eq(*(const struct str *)x, *(const struct str *)y));
	else
		PROPERTY(*x == *y);
}

static void check_row(struct expected *expected, const struct columns *columns, uint32_t row)
{
	uint64_t	     number = columns_line_number(columns, row);
	const struct record *wanted;
	struct record	     found;

	PROPERTY(number >= 1 && number <= expected->lines);
	PROPERTY(expected->is_record[number - 1] && !expected->is_seen[number - 1]);
	expected->is_seen[number - 1] = true;
	wanted = &expected->records[number - 1];
	columns_record(columns, row, &found);
	PROPERTY(found.has == wanted->has);
	for (int i = 0; i < FIELD_COUNT; i++)
		check_value(&found, wanted, (enum field)i);
}

static void check_method(struct expected *expected, const struct block *block, uint64_t wanted,
			 enum parser_method method)
{
	struct parser	     *parser = parser_new(wanted);
	struct bad_lines      bad = { 0 };
	const struct columns *columns;
	uint32_t	      rows = 0;

	parser_use(parser, method);
	parser_take(parser, block);
	memset(expected->is_seen, 0, sizeof(expected->is_seen));
	while ((columns = parser_next(parser, &bad))) {
		for (uint32_t row = 0; row < columns->count; row++)
			check_row(expected, columns, row);
		rows += columns->count;
	}
	PROPERTY(rows == expected->records_count);
	for (int i = 0; i < LINE_FAULT_COUNT; i++) {
		PROPERTY(bad.count[i] == expected->bad.count[i]);
		PROPERTY(bad.count[i] == 0 || bad.line[i] == expected->bad.line[i]);
	}
	parser_free(parser);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct expected expected;
	struct block	       block = { .first_line = 1, .path = "input" };
	struct str	       rest, head;
	struct err	       err;
	uint64_t	       wanted;
	char		      *room;

	if (size < sizeof(wanted))
		return 0;
	memcpy(&wanted, data, sizeof(wanted));
	rest = (struct str){ (const char *)data + sizeof(wanted), size - sizeof(wanted) };
	head = str_cut(&rest, '\n');
	block.format = format_default();
	if (head.len && format_parse(head, &block.format, NULL, &err) < 0)
		return 0;
	if (rest.len == 0 || rest.len > BLOCK_SIZE)
		return 0;
	room = calloc(1, rest.len + 1 + 2 * (size_t)BLOCK_PAD);
	memcpy(room + BLOCK_PAD, rest.ptr, rest.len);
	block.text = room + BLOCK_PAD;
	block.len = rest.len;
	if (rest.ptr[rest.len - 1] != '\n')
		room[BLOCK_PAD + block.len++] = '\n';
	expect(&expected, &block, wanted);
	if (expected.lines < LINES_MAX)
		for (int i = 0; i < PARSER_METHOD_COUNT; i++)
			if (parser_method_is_here((enum parser_method)i))
				check_method(&expected, &block, wanted, (enum parser_method)i);
	free(room);
	return 0;
}
