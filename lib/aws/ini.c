/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/aws/ini.h"

#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

struct reader {
	struct str    rest;
	const char   *source;
	struct arena *arena;
	uint32_t      line;
	size_t	      indent; /* of the last key or section */

	struct ini_section *sections;
	size_t		    count, capacity;
	struct ini_key	   *keys; /* of the last section */
	size_t		    key_count, key_capacity;
	struct map	    section_names, key_names;
	bool		    in_value; /* the last key's value may go on */
};

static bool is_blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r');
}

static struct str trim(struct str text)
{
	while (text.len && is_blank(text.ptr[0]))
		text = str_skip(text, 1);
	while (text.len && is_blank(text.ptr[text.len - 1]))
		text.len--;
	return text;
}

static int fail(const struct reader *reader, struct err *err, const char *what)
{
	return err_at(err, reader->source, reader->line, 0, "%s", what);
}

/* Blanks at the end of a value go, those before a line that goes on with it stay. */
static void end_value(struct reader *reader)
{
	struct str *value;

	if (!reader->in_value)
		return;
	value = &reader->keys[reader->key_count - 1].value;
	while (value->len && is_blank(value->ptr[value->len - 1]))
		value->len--;
	reader->in_value = false;
}

/* Joins a line to the value before it: it moves down to where that ends, which is never behind it. */
static void continue_value(struct reader *reader, struct str line)
{
	struct str *value = &reader->keys[reader->key_count - 1].value;
	char	   *end = (char *)value->ptr + value->len;

	*end = '\n';
	memmove(end + 1, line.ptr, line.len);
	value->len += 1 + line.len;
}

static void end_section(struct reader *reader)
{
	struct ini_section *last;

	end_value(reader);
	if (reader->count == 0)
		return;
	last = &reader->sections[reader->count - 1];
	last->key_count = reader->key_count;
	if (reader->key_count)
		last->keys = arena_copy(reader->arena, reader->keys,
					reader->key_count * sizeof(*reader->keys));
	reader->key_count = 0;
	map_done(&reader->key_names);
}

/* The inside of "[name]", whatever stands behind the last bracket; empty when it is no such line. */
static struct str section_name(struct str line)
{
	size_t close = line.len;

	while (close && line.ptr[close - 1] != ']')
		close--;
	return close > 2 && line.ptr[0] == '[' ? str_head(str_skip(line, 1), close - 2)
					       : str_head(line, 0);
}

static int read_section(struct reader *reader, struct str name, struct err *err)
{
	end_section(reader);
	if (!map_put(&reader->section_names, name, 0))
		return err_at(err, reader->source, reader->line, 0, "a second section [%.*s]",
			      STR_ARG(name));
	reader->sections = mem_grow(reader->sections, reader->count, &reader->capacity,
				    sizeof(*reader->sections));
	reader->sections[reader->count++] = (struct ini_section){ .name = name,
								  .line = reader->line };
	return 0;
}

static void lower(struct str name)
{
	char *text = (char *)name.ptr;

	for (size_t i = 0; i < name.len; i++)
		if (text[i] >= 'A' && text[i] <= 'Z')
			text[i] = (char)(text[i] + ('a' - 'A'));
}

static int read_key(struct reader *reader, struct str line, struct err *err)
{
	size_t	   equals = str_find(line, '='), colon = str_find(line, ':');
	size_t	   at = equals < colon ? equals : colon;
	struct str name = trim(str_head(line, at));

	if (reader->count == 0)
		return fail(reader, err, "a line before the first section");
	if (at == line.len || name.len == 0)
		return fail(reader, err, "expected '[section]' or 'key = value'");
	end_value(reader);
	lower(name);
	if (!map_put(&reader->key_names, name, 0))
		return err_at(err, reader->source, reader->line, 0, "'%.*s' a second time",
			      STR_ARG(name));
	reader->keys = mem_grow(reader->keys, reader->key_count, &reader->key_capacity,
				sizeof(*reader->keys));
	reader->keys[reader->key_count++] = (struct ini_key){ .name = name,
							      .value = trim(str_skip(line, at + 1)),
							      .line = reader->line };
	reader->in_value = true;
	return 0;
}

static int read_line(struct reader *reader, struct str line, struct err *err)
{
	struct str text = trim(line), name;
	size_t	   indent = (size_t)(text.ptr - line.ptr);

	if (text.len && (text.ptr[0] == '#' || text.ptr[0] == ';'))
		return 0;
	if (reader->in_value && (text.len == 0 || indent > reader->indent)) {
		continue_value(reader, text);
		return 0;
	}
	if (text.len == 0)
		return 0;
	reader->indent = indent;
	name = section_name(text);
	return name.len ? read_section(reader, name, err) : read_key(reader, text, err);
}

/* A byte order mark is Windows' way to begin UTF-8. */
static int read_lines(struct reader *reader, struct err *err)
{
	if (!str_is_utf8(reader->rest))
		return err_set(err, ERR_INPUT, "not UTF-8");
	if (reader->rest.len && memchr(reader->rest.ptr, '\0', reader->rest.len))
		return err_set(err, ERR_INPUT, "a NUL in the text");
	if (str_starts(reader->rest, "\xef\xbb\xbf"))
		reader->rest = str_skip(reader->rest, 3);
	while (reader->rest.len) {
		struct str line = str_cut(&reader->rest, '\n');

		reader->line++;
		if (read_line(reader, line, err) < 0)
			return -1;
	}
	if (reader->count)
		end_section(reader);
	return 0;
}

static void reader_done(struct reader *reader)
{
	map_done(&reader->section_names);
	map_done(&reader->key_names);
	mem_free_at(&reader->sections);
	mem_free_at(&reader->keys);
}

int ini_parse(struct buf *text, const char *source, struct arena *arena, struct ini *out,
	      struct err *err)
{
	struct reader reader = { .rest = buf_str(text), .source = source, .arena = arena };
	int	      status = read_lines(&reader, err);

	if (status < 0)
		err_in(err, source);
	else
		*out = (struct ini){
			.sections = arena_copy(arena, reader.sections,
					       reader.count * sizeof(*reader.sections)),
			.count = reader.count,
		};
	reader_done(&reader);
	return status;
}

const struct ini_section *ini_find(const struct ini *ini, struct str name)
{
	for (size_t i = 0; i < ini->count; i++)
		if (str_eq(ini->sections[i].name, name))
			return &ini->sections[i];
	return NULL;
}

const struct ini_key *ini_key(const struct ini_section *section, const char *name)
{
	for (size_t i = 0; section && i < section->key_count; i++)
		if (str_is(section->keys[i].name, name))
			return &section->keys[i];
	return NULL;
}

struct str ini_nested(struct str block, const char *name)
{
	if (!str_starts(block, "\n"))
		return (struct str){ 0 };
	while (block.len) {
		struct str line = str_cut(&block, '\n');
		struct str key = trim(str_cut(&line, '='));

		if (str_is(key, name))
			return trim(line);
	}
	return (struct str){ 0 };
}
