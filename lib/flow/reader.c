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
	bool		at_end;
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

/* The next line into reader->line.  1: there is one; 0: end; -1: *err. */
static int next_line(struct reader *reader, struct err *err)
{
	for (;;) {
		struct str left = { .ptr = reader->block + reader->start,
				    .len = reader->end - reader->start };
		size_t	   len = str_find(left, '\n');

		if (len > FORMAT_LINE_MAX)
			return err_at(err, reader->path, (uint32_t)reader->line_number + 1, 0,
				      "a line longer than %d bytes, expected a flow-log record",
				      FORMAT_LINE_MAX);
		if (len < left.len || (reader->at_end && left.len)) {
			reader->line = str_head(left, len);
			reader->start += len < left.len ? len + 1 : len;
			reader->line_number++;
			return 1;
		}
		if (reader->at_end)
			return 0;
		if (fill(reader, err) < 0)
			return -1;
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

enum reader_result reader_next(struct reader *reader, struct record *out, struct err *err)
{
	for (;;) {
		int got = next_line(reader, err);

		if (got <= 0)
			return got < 0 ? READER_FAILED : READER_END;
		if (str_trim(reader->line).len == 0)
			continue;
		if (!format_is_header(reader->line)) {
			reader->fault = line_parse(reader->line, &reader->format, LINE_ALL_FIELDS,
						   out, err);
			if (reader->fault == LINE_FINE)
				return READER_RECORD;
		} else {
			struct str unknown = { 0 };

			if (format_parse(reader->line, &reader->format, &unknown, err) == 0) {
				keep_unknown(reader, unknown);
				continue;
			}
			reader->fault = LINE_BAD_HEADER;
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
