/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/format.h"

#include <string.h>

/* Columns in front of the fields. */
enum { AHEAD_MAX = 2 };

struct format format_default(void)
{
	struct format format = { .version = 2 };

	for (int i = FIELD_VERSION; i <= FIELD_LOG_STATUS; i++)
		format.fields[format.count++] = (uint8_t)i;
	return format;
}

/* "${name}" or "name" → name. */
static int unwrap(struct str token, struct str *name, struct err *err)
{
	bool opens = str_starts(token, "${");
	bool closes = token.len && token.ptr[token.len - 1] == '}';

	*name = opens && closes ? str_head(str_skip(token, 2), token.len - 3) : token;
	/* "${srcaddr}${dstaddr}": the blank between two fields is missing. */
	if (!name->len || str_find(*name, '$') < name->len || str_find(*name, '{') < name->len ||
	    str_find(*name, '}') < name->len)
		return err_set(err, ERR_INPUT, "'%.*s' is not a field: expected ${name}",
			       STR_ARG(token));
	return 0;
}

int format_parse(struct str text, struct format *out, struct str *unknown, struct err *err)
{
	struct format format = { .version = 2 };
	struct str    rest = str_trim(text), first_unknown = { 0 };
	uint64_t      seen = 0;

	while (rest.len) {
		struct str token = str_word(&rest), name;
		enum field field = FIELD_COUNT;

		if (unwrap(token, &name, err) < 0)
			return -1;
		if (format.count >= FORMAT_FIELDS_MAX)
			return err_set(err, ERR_INPUT, "more than %d fields", FORMAT_FIELDS_MAX);
		if (!field_find(name, &field)) {
			if (!first_unknown.len)
				first_unknown = name;
		} else if (seen >> field & 1) {
			return err_set(err, ERR_INPUT, "field '%.*s' stands twice", STR_ARG(name));
		} else {
			seen |= UINT64_C(1) << field;
			if (field_info(field)->version > format.version)
				format.version = field_info(field)->version;
		}
		format.fields[format.count++] = (uint8_t)field;
	}
	if (format.count == 0)
		return err_set(err, ERR_INPUT,
			       "the format is empty: expected fields like ${srcaddr} ${dstaddr}");
	*out = format;
	if (unknown)
		*unknown = first_unknown;
	return 0;
}

/* '-' is what format_print makes of a column that is not known. */
static struct str mistyped(struct str text)
{
	struct str rest = str_trim(text), name;
	struct err ignored;
	enum field field;

	while (rest.len)
		if (unwrap(str_word(&rest), &name, &ignored) == 0 && !str_is(name, "-") &&
		    !field_find(name, &field))
			return name;
	return (struct str){ 0 };
}

int format_parse_known(struct str text, struct format *out, struct err *err)
{
	struct str  name = mistyped(text);
	const char *near = field_suggest(name);

	if (name.len && near)
		return err_set(err, ERR_USAGE, "there is no field '%.*s', did you mean '%s'?",
			       STR_ARG(name), near);
	if (name.len)
		return err_set(err, ERR_USAGE,
			       "there is no field '%.*s'; write '-' for a column to pass over",
			       STR_ARG(name));
	if (format_parse(text, out, NULL, err) == 0)
		return 0;
	err->kind = ERR_USAGE;
	return -1;
}

bool format_is_header(struct str line)
{
	struct str word;
	enum field field;

	do
		word = str_word(&line);
	while (str_is(word, "-"));
	return field_find(word, &field);
}

static bool is_time(struct str word)
{
	static const char shape[] = "0000-00-00T";

	if (word.len < sizeof(shape) - 1)
		return false;
	for (size_t i = 0; shape[i]; i++)
		if (shape[i] == '0' ? word.ptr[i] < '0' || word.ptr[i] > '9'
				    : word.ptr[i] != shape[i])
			return false;
	return true;
}

void format_pass_over(struct format *format, struct str first_line)
{
	struct str rest = first_line, word = str_word(&rest);
	size_t	   ahead = 1;

	if (!is_time(word))
		return;
	while (str_word(&rest).len)
		ahead++;
	ahead = ahead > format->count ? ahead - format->count : 0;
	if (ahead == 0 || ahead > AHEAD_MAX || format->count + ahead > FORMAT_FIELDS_MAX)
		return;
	memmove(format->fields + ahead, format->fields, format->count);
	memset(format->fields, FIELD_COUNT, ahead);
	format->count = (uint8_t)(format->count + ahead);
}

void format_print(const struct format *format, struct buf *out)
{
	for (uint8_t i = 0; i < format->count; i++) {
		if (i)
			buf_add_char(out, ' ');
		buf_add_text(out, format->fields[i] < FIELD_COUNT
					  ? field_info((enum field)format->fields[i])->name
					  : "-");
	}
}
