/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/line.h"

#include <assert.h>

#include "lib/flow/words.h"

static enum line_fault bad_value(enum line_fault fault, const struct field_info *info,
				 struct str word, const char *expected, struct err *err)
{
	err_set(err, ERR_INPUT, "field %s is '%.*s', expected %s", info->name, STR_ARG(word),
		expected);
	return fault;
}

static enum line_fault parse_number(const struct field_info *info, struct str word, uint64_t *out,
				    struct err *err)
{
	if (str_u64(word, info->max, out) == 0)
		return LINE_FINE;
	if (info->max == UINT64_MAX)
		return bad_value(LINE_BAD_NUMBER, info, word, "a whole number", err);
	err_set(err, ERR_INPUT, "field %s is '%.*s', expected a number from 0 to %llu", info->name,
		STR_ARG(word), (unsigned long long)info->max);
	return LINE_BAD_NUMBER;
}

static enum line_fault parse_word(const struct field_info *info, struct str word, uint8_t *out,
				  struct err *err)
{
	const struct words *words = words_of(info->type);

	for (uint8_t i = 0; i < WORDS_MAX; i++) {
		if (words->words[i] && str_is(word, words->words[i])) {
			*out = i;
			return LINE_FINE;
		}
	}
	return bad_value(LINE_BAD_WORD, info, word, words->expected, err);
}

static enum line_fault parse_value(const struct field_info *info, struct str word, void *out,
				   struct err *err)
{
	switch (info->type) {
	case FIELD_TYPE_U64:
		return parse_number(info, word, out, err);
	case FIELD_TYPE_IP:
		if (ip_parse(word, out, err) < 0)
			return bad_value(LINE_BAD_ADDRESS, info, word, "an IP address", err);
		return LINE_FINE;
	case FIELD_TYPE_TEXT:
		*(struct str *)out = word;
		return LINE_FINE;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		return parse_word(info, word, out, err);
	case FIELD_TYPE_COUNT:
		break;
	}
	return LINE_FINE;
}

/* Gives the error the 1-based column of what it is about. */
static enum line_fault fault_at(enum line_fault fault, struct str line, struct str word,
				struct err *err)
{
	err->column = (uint32_t)(word.ptr - line.ptr) + 1;
	return fault;
}

enum line_fault line_parse(struct str line, const struct format *format, uint64_t wanted,
			   struct record *out, struct err *err)
{
	struct record record = { 0 };
	struct str    rest = str_trim(line), word;

	for (uint8_t i = 0; i < format->count; i++) {
		enum field		 field = (enum field)format->fields[i];
		const struct field_info *info;
		enum line_fault		 fault;

		word = str_word(&rest);
		if (word.len == 0) {
			err_set(err, ERR_INPUT, "%u field%s, expected %u", i, i == 1 ? "" : "s",
				format->count);
			return fault_at(LINE_TOO_FEW_FIELDS, line, word, err);
		}
		if (field == FIELD_COUNT || !(wanted >> field & 1) || str_is(word, "-"))
			continue;
		info = field_info(field);
		fault = parse_value(info, word, (char *)&record + info->offset, err);
		if (fault)
			return fault_at(fault, line, word, err);
		record_set(&record, field);
	}
	word = str_word(&rest);
	if (word.len) {
		err_set(err, ERR_INPUT,
			"more than the %u fields of the format, beginning with '%.*s'",
			format->count, STR_ARG(word));
		return fault_at(LINE_TOO_MANY_FIELDS, line, word, err);
	}
	*out = record;
	return LINE_FINE;
}

const char *line_fault_text(enum line_fault fault)
{
	static const char *const texts[LINE_FAULT_COUNT] = {
		[LINE_FINE] = "fine",
		[LINE_TOO_FEW_FIELDS] = "too few fields",
		[LINE_TOO_MANY_FIELDS] = "too many fields",
		[LINE_BAD_NUMBER] = "not a number",
		[LINE_BAD_ADDRESS] = "not an address",
		[LINE_BAD_WORD] = "unknown word",
		[LINE_BAD_HEADER] = "bad header",
		[LINE_TOO_LONG] = "too long",
	};

	assert(fault < LINE_FAULT_COUNT);
	return texts[fault];
}

static bool is_before(uint32_t file, uint64_t line, const struct bad_lines *bad, int fault)
{
	return bad->count[fault] == 0 || file < bad->file[fault] ||
	       (file == bad->file[fault] && line < bad->line[fault]);
}

void bad_lines_add(struct bad_lines *bad, enum line_fault fault, uint32_t file, uint64_t line,
		   const struct err *err)
{
	if (is_before(file, line, bad, fault)) {
		bad->file[fault] = file;
		bad->line[fault] = line;
		bad->first[fault] = *err;
	}
	bad->count[fault]++;
	bad->total++;
}

static void take_field(struct bad_lines *bad, uint32_t file, const struct err *err)
{
	if (bad->unknown_field.text[0] && bad->unknown_file <= file)
		return;
	bad->unknown_field = *err;
	bad->unknown_file = file;
}

void bad_lines_note_field(struct bad_lines *bad, struct str name, uint32_t file,
			  const struct err *err)
{
	const char *near = field_suggest(name);
	struct err  what;

	if (str_is(name, "-"))
		return;
	err_at(&what, err->source, err->line, 0,
	       "the header names '%.*s', which is no field that is known%s%s%s: its column is "
	       "passed over",
	       STR_ARG(name), near ? " (did you mean '" : "", near ? near : "", near ? "'?)" : "");
	take_field(bad, file, &what);
}

void bad_lines_merge(struct bad_lines *into, const struct bad_lines *from)
{
	for (int i = 0; i < LINE_FAULT_COUNT; i++) {
		if (from->count[i] && is_before(from->file[i], from->line[i], into, i)) {
			into->file[i] = from->file[i];
			into->line[i] = from->line[i];
			into->first[i] = from->first[i];
		}
		into->count[i] += from->count[i];
	}
	into->total += from->total;
	if (from->unknown_field.text[0])
		take_field(into, from->unknown_file, &from->unknown_field);
}
