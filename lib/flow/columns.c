/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/columns.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/flow/parser.h"
#include "lib/flow/v6.h"
#include "lib/flow/words.h"

#include "lib/flow/number.inc"

static const struct parser_ops *const methods[PARSER_METHOD_COUNT] = {
	[PARSER_SCALAR] = &parser_scalar,
	[PARSER_AVX2] = &parser_avx2,
	[PARSER_AVX512] = &parser_avx512,
};

struct parser {
	struct columns		 columns;
	const struct parser_ops *ops;
	struct cuts		 cuts;
	size_t			 at;	    /* what of the block is not yet looked at */
	uint32_t		 line;	    /* its line, less the block's first */
	uint32_t		*rows;	    /* [row] which of cuts.ends is before its first field */
	uint32_t		*others;    /* rows that a column's own loop could not read */
	uint32_t		*odd_lines; /* lines of the chunk that are for line_parse */
	uint8_t			*failed;    /* [row] is for line_parse */
	bool			 has_failed;		 /* any of them */
	int8_t			 column_of[FIELD_COUNT]; /* in the block's format; -1: none */
};

/* In place of a column: no block was taken yet. */
enum { NOT_YET = -2 };

const struct parser_ops *parser_best(void)
{
	enum parser_method best = PARSER_SCALAR;

	for (int i = 0; i < PARSER_METHOD_COUNT; i++)
		if (methods[i]->is_here())
			best = (enum parser_method)i;
	return methods[best];
}

static bool wants(const struct parser *parser, int field)
{
	return parser->columns.wanted >> field & 1;
}

struct parser *parser_new(uint64_t wanted)
{
	struct parser  *parser = mem_alloc(sizeof(*parser));
	struct columns *columns = &parser->columns;
	size_t		cuts = PARSER_CHUNK + 1 + PARSER_SLACK;

	columns->wanted = wanted & ((UINT64_C(1) << FIELD_COUNT) - 1);
	columns->has = mem_resize(NULL, COLUMNS_ROWS_MAX, sizeof(*columns->has));
	columns->line_at = mem_resize(NULL, COLUMNS_ROWS_MAX, sizeof(*columns->line_at));
	columns->line_offset = mem_resize(NULL, COLUMNS_ROWS_MAX, sizeof(*columns->line_offset));
	parser->cuts.ends = mem_resize(NULL, cuts, sizeof(uint32_t));
	parser->cuts.lines = mem_resize(NULL, cuts, sizeof(uint32_t));
	parser->rows = mem_resize(NULL, COLUMNS_ROWS_MAX + 1, sizeof(*parser->rows));
	parser->others = mem_resize(NULL, COLUMNS_ROWS_MAX + 1, sizeof(*parser->others));
	parser->odd_lines = mem_resize(NULL, COLUMNS_ROWS_MAX + 1, sizeof(*parser->odd_lines));
	parser->failed = mem_resize(NULL, COLUMNS_ROWS_MAX, sizeof(*parser->failed));
	for (int i = 0; i < FIELD_COUNT; i++)
		if (wants(parser, i))
			columns->at[i].any = mem_resize(
				NULL, COLUMNS_ROWS_MAX,
				field_value_size(field_info((enum field)i)->type));
	parser->ops = parser_best();
	memset(parser->column_of, NOT_YET, sizeof(parser->column_of));
	return parser;
}

void parser_free(struct parser *parser)
{
	if (!parser)
		return;
	for (int i = 0; i < FIELD_COUNT; i++)
		free(parser->columns.at[i].any);
	free(parser->columns.has);
	free(parser->columns.line_at);
	free(parser->columns.line_offset);
	free(parser->cuts.ends);
	free(parser->cuts.lines);
	free(parser->rows);
	free(parser->others);
	free(parser->odd_lines);
	free(parser->failed);
	free(parser);
}

void parser_take(struct parser *parser, const struct block *block)
{
	int8_t column_of[FIELD_COUNT];

	parser->columns.block = block;
	parser->at = 0;
	parser->line = 0;
	memset(column_of, -1, sizeof(column_of));
	for (uint8_t i = 0; i < block->format.count; i++)
		if (block->format.fields[i] < FIELD_COUNT)
			column_of[block->format.fields[i]] = (int8_t)i;
	if (memcmp(parser->column_of, column_of, sizeof(column_of)) == 0)
		return;
	memcpy(parser->column_of, column_of, sizeof(column_of));
	for (int i = 0; i < FIELD_COUNT; i++)
		if (wants(parser, i) && column_of[i] < 0)
			memset(parser->columns.at[i].any, 0,
			       COLUMNS_ROWS_MAX *
				       field_value_size(field_info((enum field)i)->type));
}

/* A value that its loop could not read: `-`, or something for line_parse. */
static void settle_other(struct parser *parser, const struct cells *cells, int field, uint32_t row)
{
	struct columns *columns = &parser->columns;
	uint32_t	begin = cell_begin(cells, row), len = cell_end(cells, row) - begin;
	size_t		size = field_value_size(field_info((enum field)field)->type);
	struct str	text = { .ptr = cells->text + begin, .len = len };
	struct err	err;

	memset((char *)columns->at[field].any + row * size, 0, size);
	if (str_is(text, "-"))
		columns->has[row] &= ~(UINT64_C(1) << field);
	else if (field_info((enum field)field)->type != FIELD_TYPE_IP ||
		 ip_parse(text, &columns->at[field].ip[row], &err) < 0)
		parser->failed[row] = parser->has_failed = true;
}

static uint32_t read_numbers(const struct cells *given, uint64_t max, uint64_t *out,
			     uint32_t *others)
{
	const struct cells cells = *given; /* so that what is stored cannot change it */
	uint32_t	   other_count = 0;

	for (uint32_t row = 0; row < cells.count; row++) {
		uint32_t begin = cell_begin(&cells, row), end = cell_end(&cells, row);
		bool	 is_number = number_read(cells.text + end, end - begin, &out[row]);

		others[other_count] = row;
		other_count += !is_number || out[row] > max;
	}
	return other_count;
}

/* Returns how many of the others are no plain IPv6 addresses either. */
static uint32_t read_v6(const struct cells *cells, struct ip *out, uint32_t *others, uint32_t count)
{
	uint32_t left = 0;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t row = others[i], begin = cell_begin(cells, row);

		if (!v6_read(cells->text + begin, cell_end(cells, row) - begin, &out[row]))
			others[left++] = row;
	}
	return left;
}

static uint32_t read_texts(const struct cells *cells, struct str *out, uint32_t *others)
{
	uint32_t other_count = 0;

	for (uint32_t row = 0; row < cells->count; row++) {
		uint32_t    begin = cell_begin(cells, row), len = cell_end(cells, row) - begin;
		const char *text = cells->text + begin;

		out[row] = (struct str){ .ptr = text, .len = len };
		others[other_count] = row;
		other_count += len == 1 && text[0] == '-';
	}
	return other_count;
}

/* As number_word has it; 0, which no word of a line is, for a word that is never written. */
static uint64_t known_word(const char *word)
{
	char padded[8] = { 0 };

	if (!word || strcmp(word, "-") == 0)
		return 0;
	assert(strlen(word) <= sizeof(padded));
	memcpy(padded, word, strlen(word));
	return number_word(padded, (uint32_t)strlen(word));
}

static uint32_t read_words(const struct cells *cells, enum field_type type, uint8_t *out,
			   uint32_t *others)
{
	const struct words *words = words_of(type);
	uint64_t	    known[WORDS_MAX];
	uint32_t	    other_count = 0;

	for (int i = 0; i < WORDS_MAX; i++)
		known[i] = known_word(words->words[i]);
	for (uint32_t row = 0; row < cells->count; row++) {
		uint32_t begin = cell_begin(cells, row);
		uint64_t word = number_word(cells->text + begin, cell_end(cells, row) - begin);
		bool	 second = word == known[1], third = word == known[2];

		out[row] = (uint8_t)(second + 2 * third);
		others[other_count] = row;
		other_count += !(word == known[0] || second || third);
	}
	return other_count;
}

static void read_column(struct parser *parser, struct cells *cells, int field)
{
	const struct field_info *info = field_info((enum field)field);
	union column		 at = parser->columns.at[field];
	uint32_t		 others = 0;

	cells->column = (uint32_t)parser->column_of[field];
	switch (info->type) {
	case FIELD_TYPE_U64:
		others = read_numbers(cells, info->max, at.u64, parser->others);
		break;
	case FIELD_TYPE_IP:
		others = parser->ops->v4(cells, at.ip, parser->others);
		others = read_v6(cells, at.ip, parser->others, others);
		break;
	case FIELD_TYPE_TEXT:
		others = read_texts(cells, at.text, parser->others);
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		others = read_words(cells, info->type, at.word, parser->others);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
	for (uint32_t i = 0; i < others; i++)
		settle_other(parser, cells, field, parser->others[i]);
}

/* Of rows 0 … count, in cuts. */
static void read_columns(struct parser *parser, uint32_t count)
{
	struct columns *columns = &parser->columns;
	struct cells	cells = { .text = columns->block->text,
				  .ends = parser->cuts.ends,
				  .rows = parser->rows,
				  .count = count };
	uint64_t	has = 0;

	for (int i = 0; i < FIELD_COUNT; i++)
		if (wants(parser, i) && parser->column_of[i] >= 0)
			has |= UINT64_C(1) << i;
	for (uint32_t row = 0; row < count; row++)
		columns->has[row] = has;
	memset(parser->failed, 0, count);
	parser->has_failed = false;
	for (int i = 0; i < FIELD_COUNT; i++)
		if (has >> i & 1)
			read_column(parser, &cells, i);
}

/* A line that line_parse read becomes row `row`. */
static void put_record(struct columns *columns, uint32_t row, const struct record *record)
{
	columns->has[row] = record->has;
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *info = field_info((enum field)i);
		size_t			 size = field_value_size(info->type);

		if (columns->at[i].any)
			memcpy((char *)columns->at[i].any + row * size,
			       (const char *)record + info->offset, size);
	}
}

static struct str line_from(const struct block *block, uint32_t at)
{
	struct str rest = { .ptr = block->text + at, .len = block->len - at };

	return str_head(rest, str_find(rest, '\n'));
}

/* The line by line_parse, into row `row`.  false: it is blank or bad. */
static bool read_plainly(struct parser *parser, uint32_t row, struct bad_lines *bad)
{
	struct columns	   *columns = &parser->columns;
	const struct block *block = columns->block;
	struct str	    line = line_from(block, columns->line_at[row]);
	uint64_t	    number = columns_line_number(columns, row);
	struct record	    record;
	struct err	    err = { 0 };
	enum line_fault	    fault;

	if (str_trim(line).len == 0)
		return false;
	if (line.len > FORMAT_LINE_MAX) {
		err_set(&err, ERR_INPUT, "a line of more than %d bytes", FORMAT_LINE_MAX);
		fault = LINE_TOO_LONG;
	} else {
		fault = line_parse(line, &block->format, columns->wanted, &record, &err);
	}
	if (fault == LINE_FINE) {
		put_record(columns, row, &record);
		return true;
	}
	err.line = (uint32_t)number;
	err_in(&err, block->path);
	bad_lines_add(bad, fault, block->file, number, &err);
	return false;
}

static void move_row(struct columns *columns, uint32_t from, uint32_t to)
{
	columns->has[to] = columns->has[from];
	columns->line_at[to] = columns->line_at[from];
	columns->line_offset[to] = columns->line_offset[from];
	for (int i = 0; i < FIELD_COUNT; i++) {
		size_t size = field_value_size(field_info((enum field)i)->type);
		char  *values = columns->at[i].any;

		if (values)
			memcpy(values + to * size, values + from * size, size);
	}
}

/* The rows whose values were not plain; from the last to the first, so that a row that goes is filled from behind. */
static void read_failed(struct parser *parser, struct bad_lines *bad)
{
	struct columns *columns = &parser->columns;

	for (uint32_t row = columns->count; parser->has_failed && row-- > 0;)
		if (parser->failed[row] && !read_plainly(parser, row, bad))
			move_row(columns, --columns->count, row);
}

/* Whether an odd line is one of `fields` fields apart by single spaces, but for a CR before its newline. */
static bool is_plain(const struct parser *parser, uint32_t first, uint32_t last, uint32_t fields)
{
	const char     *text = parser->columns.block->text;
	const uint32_t *ends = parser->cuts.ends;
	uint32_t	count = last - first;

	for (uint32_t i = first; i < first + fields; i++) {
		bool is_last = i + 1 == first + fields;

		if (i >= last || ends[i + 1] == ends[i] + 1)
			return false;
		if (!is_last && text[ends[i + 1]] != ' ')
			return false;
	}
	if (count == fields)
		return true;
	return count == fields + 1 && text[ends[last - 1]] == '\r' &&
	       ends[last] == ends[last - 1] + 1;
}

/* Shares the chunk's lines out: plain ones become rows, the others are listed.  Returns how many others. */
static uint32_t share_out(struct parser *parser, uint32_t lines)
{
	struct columns	  *columns = &parser->columns;
	const struct cuts *cuts = &parser->cuts;
	uint32_t	   fields = columns->block->format.count;
	uint32_t	   first = 0, rows = 0, odd = 0;

	for (uint32_t line = 0; line < lines; line++) {
		uint32_t last = cuts->lines[line];
		bool	 plain = last - first == fields;

		if (cuts->odd)
			plain = is_plain(parser, first, last, fields);
		parser->rows[rows] = first;
		columns->line_at[rows] = cuts->ends[first] + 1;
		columns->line_offset[rows] = parser->line + line;
		parser->odd_lines[odd] = line;
		rows += plain;
		odd += !plain;
		first = last;
	}
	columns->count = rows;
	return odd;
}

/* Lines that are not plain, as rows behind the others. */
static void read_odd(struct parser *parser, uint32_t count, struct bad_lines *bad)
{
	struct columns	  *columns = &parser->columns;
	const struct cuts *cuts = &parser->cuts;

	for (uint32_t i = 0; i < count; i++) {
		uint32_t line = parser->odd_lines[i];
		uint32_t before = line ? cuts->lines[line - 1] : 0;

		columns->line_at[columns->count] = cuts->ends[before] + 1;
		columns->line_offset[columns->count] = parser->line + line;
		columns->count += read_plainly(parser, columns->count, bad);
	}
}

/* A line that fills the chunk and goes on behind it. */
static void read_long(struct parser *parser, struct bad_lines *bad)
{
	struct columns *columns = &parser->columns;

	columns->line_at[0] = (uint32_t)parser->at;
	columns->line_offset[0] = parser->line;
	columns->count = read_plainly(parser, 0, bad);
	parser->at += line_from(columns->block, (uint32_t)parser->at).len + 1;
	parser->line++;
}

const struct columns *parser_next(struct parser *parser, struct bad_lines *bad)
{
	struct columns	   *columns = &parser->columns;
	const struct block *block = columns->block;
	uint32_t	    lines, odd;
	size_t		    to;

	columns->count = 0;
	while (columns->count == 0) {
		if (parser->at >= block->len)
			return NULL;
		to = block->len - parser->at > PARSER_CHUNK ? parser->at + PARSER_CHUNK
							    : block->len;
		parser->ops->cut(block->text, (uint32_t)parser->at, (uint32_t)to, &parser->cuts);
		lines = parser->cuts.line_count;
		if (lines == 0) {
			read_long(parser, bad);
			continue;
		}
		if (lines > COLUMNS_ROWS_MAX)
			lines = COLUMNS_ROWS_MAX;
		odd = share_out(parser, lines);
		read_columns(parser, columns->count);
		read_failed(parser, bad);
		read_odd(parser, odd, bad);
		parser->at = parser->cuts.ends[parser->cuts.lines[lines - 1]] + 1;
		parser->line += lines;
	}
	return columns;
}

struct str columns_line(const struct columns *columns, uint32_t row)
{
	return str_trim(line_from(columns->block, columns->line_at[row]));
}

uint64_t columns_line_number(const struct columns *columns, uint32_t row)
{
	return columns->block->first_line + columns->line_offset[row];
}

void columns_record(const struct columns *columns, uint32_t row, struct record *out)
{
	*out = (struct record){ .has = columns->has[row] };
	for (int i = 0; i < FIELD_COUNT; i++) {
		const struct field_info *info = field_info((enum field)i);
		size_t			 size = field_value_size(info->type);

		if (columns->at[i].any)
			memcpy((char *)out + info->offset,
			       (const char *)columns->at[i].any + row * size, size);
	}
}

bool parser_method_is_here(enum parser_method method)
{
	assert(method < PARSER_METHOD_COUNT);
	return methods[method]->is_here();
}

void parser_use(struct parser *parser, enum parser_method method)
{
	assert(parser_method_is_here(method));
	parser->ops = methods[method];
}
