/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/block.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/flow/parser.h"

/* Without a newline among them, more bytes than a line may have are too many: there is always room to read. */
enum { ROOM = FORMAT_LINE_MAX + BLOCK_SIZE };

struct blocks {
	struct stream		*stream;
	const char		*path; /* borrowed */
	uint32_t		 file;
	struct format		 format; /* in force at the beginning of carry */
	uint64_t		 line;	 /* number of the line there */
	char			*carry;	 /* read and not yet given: ROOM bytes */
	size_t			 carry_len;
	uint64_t		 lines; /* of the block being given */
	bool			 carry_has_line, is_inside_long, at_end, checked_first;
	uint32_t		*heads; /* lines that may be headers */
	const struct parser_ops *ops;
};

void block_init(struct block *block)
{
	*block = (struct block){ .room = mem_alloc(ROOM + 1 + 2 * BLOCK_PAD) };
}

void block_done(struct block *block)
{
	free(block->room);
	*block = (struct block){ 0 };
}

struct blocks *blocks_open(const char *path, uint32_t file, const struct format *format,
			   struct err *err)
{
	struct stream *stream = stream_open(path, err);
	struct blocks *blocks;

	if (!stream)
		return NULL;
	blocks = mem_alloc(sizeof(*blocks));
	blocks->stream = stream;
	blocks->path = strcmp(path, "-") == 0 ? "standard input" : path;
	blocks->file = file;
	blocks->format = format ? *format : format_default();
	blocks->line = 1;
	blocks->carry = mem_alloc(ROOM + 1);
	blocks->heads = mem_resize(NULL, ROOM + 1 + PARSER_SLACK, sizeof(*blocks->heads));
	blocks->ops = parser_best();
	return blocks;
}

void blocks_close(struct blocks *blocks)
{
	if (!blocks)
		return;
	stream_close(blocks->stream);
	free(blocks->carry);
	free(blocks->heads);
	free(blocks);
}

static void add_bad(const struct blocks *blocks, enum line_fault fault, struct bad_lines *bad,
		    struct err *err)
{
	err->line = (uint32_t)blocks->line;
	err_in(err, blocks->path);
	bad_lines_add(bad, fault, blocks->file, blocks->line, err);
}

static void keep(struct blocks *blocks, const char *from, size_t len, bool has_line)
{
	memcpy(blocks->carry, from, len);
	blocks->carry_len = len;
	blocks->carry_has_line = has_line;
}

/* Passes over the rest of a line that is too long.  Returns what is left of len bytes. */
static size_t leave_long(struct blocks *blocks, char *text, size_t len)
{
	struct str read = { .ptr = text, .len = len };
	size_t	   rest = str_find(read, '\n');

	if (rest == len)
		return 0;
	blocks->is_inside_long = false;
	blocks->line++;
	memmove(text, text + rest + 1, len - rest - 1);
	return len - rest - 1;
}

/*
 * What was carried over and what can be read now, at text.  -1: *err.  *whole: how much of it is whole
 * lines; 0: none are, call again unless at_end.
 */
static ssize_t fill(struct blocks *blocks, char *text, size_t *whole, struct err *err)
{
	size_t	    len = blocks->carry_len;
	const char *last;

	memcpy(text, blocks->carry, len);
	blocks->carry_len = 0;
	/* A line that is too long already: it is told before more is read, so there is room for a whole read. */
	if (!blocks->carry_has_line && !blocks->at_end && len <= FORMAT_LINE_MAX) {
		ssize_t got = stream_read(blocks->stream, text + len, ROOM - len, err);

		if (got < 0)
			return -1;
		blocks->at_end = got == 0;
		len += (size_t)got;
	}
	if (blocks->is_inside_long)
		len = leave_long(blocks, text, len);
	if (blocks->at_end && len && text[len - 1] != '\n' && !blocks->is_inside_long)
		text[len++] = '\n';
	last = len ? memrchr(text, '\n', len) : NULL;
	*whole = last ? (size_t)(last + 1 - text) : 0;
	return (ssize_t)len;
}

/* Takes a header line at *begin; a bad one is counted and changes nothing. */
static void take_header(struct blocks *blocks, struct str line, struct bad_lines *bad)
{
	struct err err = { 0 };
	struct str unknown = { 0 };

	if (format_parse(line, &blocks->format, &unknown, &err) < 0) {
		add_bad(blocks, LINE_BAD_HEADER, bad, &err);
	} else if (unknown.len) {
		err.line = (uint32_t)blocks->line;
		err_in(&err, blocks->path);
		bad_lines_note_field(bad, unknown, blocks->file, &err);
	}
	blocks->checked_first = true;
}

/* The first line that is not blank. */
static struct str first_line(const char *text, size_t len)
{
	struct str rest = { .ptr = text, .len = len }, line;

	do
		line = str_trim(str_cut(&rest, '\n'));
	while (line.len == 0 && rest.len);
	return line;
}

static uint64_t count_lines(const char *text, size_t begin, size_t end)
{
	uint64_t lines = 0;

	for (size_t i = begin; i < end; i++)
		lines += text[i] == '\n';
	return lines;
}

/*
 * Where the lines of one format end: at whole, or before the next header.  Headers at *begin are taken on
 * the way.  blocks->lines: how many there are between.
 */
static size_t find_end(struct blocks *blocks, const char *text, size_t whole, size_t *begin,
		       struct bad_lines *bad)
{
	uint32_t head_count;
	uint64_t lines = blocks->ops->survey(text, (uint32_t)whole, blocks->heads, &head_count);

	for (uint32_t i = 0; i < head_count; i++) {
		size_t	   at = blocks->heads[i];
		struct str rest = { .ptr = text + at, .len = whole - at };
		size_t	   len = str_find(rest, '\n');

		if (!format_is_header(str_head(rest, len)))
			continue;
		if (at > *begin) {
			blocks->lines = count_lines(text, *begin, at);
			return at;
		}
		take_header(blocks, str_trim(str_head(rest, len)), bad);
		blocks->line++;
		lines--;
		*begin = at + len + 1;
	}
	blocks->lines = lines;
	return whole;
}

static void give(struct blocks *blocks, struct block *out, const char *text, size_t len)
{
	if (!blocks->checked_first)
		format_pass_over(&blocks->format, first_line(text, len));
	blocks->checked_first = true;
	out->text = text;
	out->len = len;
	out->first_line = blocks->line;
	out->format = blocks->format;
	out->path = blocks->path;
	out->file = blocks->file;
	blocks->line += blocks->lines;
}

int blocks_next(struct blocks *blocks, struct block *out, struct bad_lines *bad, struct err *err)
{
	char *text = out->room + BLOCK_PAD;

	for (;;) {
		size_t	begin = 0, whole, end;
		ssize_t len = fill(blocks, text, &whole, err);

		if (len < 0)
			return -1;
		if (whole == 0 && len > FORMAT_LINE_MAX) {
			struct err too_long = { 0 };

			err_set(&too_long, ERR_INPUT, "a line of more than %d bytes",
				FORMAT_LINE_MAX);
			add_bad(blocks, LINE_TOO_LONG, bad, &too_long);
			blocks->is_inside_long = true;
			len = 0;
		}
		end = find_end(blocks, text, whole, &begin, bad);
		keep(blocks, text + end, (size_t)len - end, end < whole);
		if (end > begin) {
			give(blocks, out, text + begin, end - begin);
			return 1;
		}
		if (blocks->at_end && blocks->carry_len == 0)
			return 0;
	}
}

uint64_t blocks_taken(const struct blocks *blocks)
{
	return stream_taken(blocks->stream);
}
