/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/flow/line.h"
#include "lib/flow/stream.h"

enum { READ_BLOCK = 1 << 18, UNKNOWN_SIZE = 64 };

struct reader {
	char	       *path;
	struct stream  *stream;
	bool		at_end, is_inside_long, checked_first;
	struct format	format;
	char	       *block;	    /* FORMAT_LINE_MAX + READ_BLOCK bytes */
	size_t		start, end; /* what of block is not yet handed out */
	uint64_t	line_number;
	struct str	line;
	enum line_fault fault;
	char		unknown_field[UNKNOWN_SIZE]; /* "": none */
	uint64_t	unknown_line;
};

struct reader *reader_open(const char *path, const struct format *format, struct err *err)
{
	struct stream *stream = stream_open(path, err);
	struct reader *reader;

	if (!stream)
		return NULL;
	reader = mem_alloc(sizeof(*reader));
	reader->path = mem_copy_str(strcmp(path, "-") == 0 ? "standard input" : path);
	reader->stream = stream;
	reader->format = format ? *format : format_default();
	reader->block = mem_alloc(FORMAT_LINE_MAX + READ_BLOCK);
	return reader;
}

void reader_close(struct reader *reader)
{
	if (!reader)
		return;
	stream_close(reader->stream);
	free(reader->path);
	free(reader->block);
	free(reader);
}

void reader_close_at(struct reader **reader)
{
	reader_close(*reader);
}

/* Reads more behind what is left, which moves to the front. */
static int fill(struct reader *reader, struct err *err)
{
	ssize_t got;

	memmove(reader->block, reader->block + reader->start, reader->end - reader->start);
	reader->end -= reader->start;
	reader->start = 0;
	got = stream_read(reader->stream, reader->block + reader->end,
			  FORMAT_LINE_MAX + READ_BLOCK - reader->end, err);
	if (got < 0)
		return -1;
	reader->at_end = got == 0;
	reader->end += (size_t)got;
	return 0;
}

/* Passes over the rest of a line that is too long, as far as it is in memory. */
static void leave_long(struct reader *reader)
{
	struct str left = { .ptr = reader->block + reader->start,
			    .len = reader->end - reader->start };
	size_t	   len = str_find(left, '\n');

	reader->is_inside_long = len == left.len;
	reader->start += reader->is_inside_long ? len : len + 1;
}

enum line_result { LINE_END, LINE_READ, LINE_LONG, LINE_FAILED };

/* The next line into reader->line. */
static enum line_result next_line(struct reader *reader, struct err *err)
{
	for (;;) {
		struct str left;
		size_t	   len;

		if (reader->is_inside_long)
			leave_long(reader);
		left = (struct str){ .ptr = reader->block + reader->start,
				     .len = reader->end - reader->start };
		len = str_find(left, '\n');
		if (len > FORMAT_LINE_MAX) {
			reader->is_inside_long = true;
			reader->line_number++;
			return LINE_LONG;
		}
		if (len < left.len || (reader->at_end && left.len)) {
			reader->line = str_head(left, len);
			reader->start += len < left.len ? len + 1 : len;
			reader->line_number++;
			return LINE_READ;
		}
		if (reader->at_end)
			return LINE_END;
		if (fill(reader, err) < 0)
			return LINE_FAILED;
	}
}

/* The first of the file. */
static void keep_unknown(struct reader *reader, struct str name)
{
	if (name.len == 0 || reader->unknown_field[0])
		return;
	snprintf(reader->unknown_field, sizeof(reader->unknown_field), "%.*s", STR_ARG(name));
	reader->unknown_line = reader->line_number;
}

struct str reader_unknown_field(const struct reader *reader, uint64_t *line_number)
{
	*line_number = reader->unknown_line;
	return str_of(reader->unknown_field);
}

/* A header changes the format; any other line is a record. */
static enum line_fault take_line(struct reader *reader, struct record *out, bool *is_record,
				 struct err *err)
{
	struct str unknown = { 0 };

	*is_record = !format_is_header(reader->line);
	if (*is_record && !reader->checked_first)
		format_pass_over(&reader->format, reader->line);
	reader->checked_first = true;
	if (*is_record)
		return line_parse(reader->line, &reader->format, LINE_ALL_FIELDS, out, err);
	if (format_parse(reader->line, &reader->format, &unknown, err) < 0)
		return LINE_BAD_HEADER;
	keep_unknown(reader, unknown);
	return LINE_FINE;
}

enum reader_result reader_next(struct reader *reader, struct record *out, struct err *err)
{
	for (;;) {
		enum line_result got = next_line(reader, err);
		bool		 is_record = false;

		if (got == LINE_END || got == LINE_FAILED)
			return got == LINE_FAILED ? READER_FAILED : READER_END;
		if (got == LINE_LONG) {
			reader->fault = LINE_TOO_LONG;
			err_set(err, ERR_INPUT, "a line of more than %d bytes", FORMAT_LINE_MAX);
		} else if (str_trim(reader->line).len == 0) {
			continue;
		} else {
			reader->fault = take_line(reader, out, &is_record, err);
			if (reader->fault == LINE_FINE && is_record)
				return READER_RECORD;
			if (reader->fault == LINE_FINE)
				continue;
		}
		err->line = (uint32_t)reader->line_number;
		err_in(err, reader->path);
		return READER_BAD_LINE;
	}
}

bool reader_has_line(const struct reader *reader)
{
	struct str left = { .ptr = reader->block + reader->start,
			    .len = reader->end - reader->start };

	return str_find(left, '\n') < left.len;
}

enum line_fault reader_fault(const struct reader *reader)
{
	return reader->fault;
}

struct str reader_line(const struct reader *reader)
{
	return str_trim(reader->line);
}

uint64_t reader_line_number(const struct reader *reader)
{
	return reader->line_number;
}

uint64_t reader_bytes(const struct reader *reader)
{
	return stream_taken(reader->stream);
}

const struct format *reader_format(const struct reader *reader)
{
	return &reader->format;
}
