/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/base/json.h"

#include <assert.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/buf.h"

/* A position in the text.  The whole check is one pass: it never goes back. */
struct scan {
	const char *at, *end, *line_start;
	const char *source;
	uint32_t    line;
	unsigned    depth;
};

static int fail(const struct scan *scan, struct err *err, const char *expected)
{
	uint32_t column = (uint32_t)(scan->at - scan->line_start) + 1;

	if (scan->at >= scan->end)
		return err_at(err, scan->source, scan->line, column,
			      "the JSON ends here, expected %s", expected);
	return err_at(err, scan->source, scan->line, column, "expected %s", expected);
}

static void skip_space(struct scan *scan)
{
	for (; scan->at < scan->end; scan->at++) {
		if (*scan->at == '\n') {
			scan->line++;
			scan->line_start = scan->at + 1;
		} else if (*scan->at != ' ' && *scan->at != '\t' && *scan->at != '\r') {
			return;
		}
	}
}

/* Skips blanks, then takes c if it is next. */
static bool take(struct scan *scan, char c)
{
	skip_space(scan);
	if (scan->at >= scan->end || *scan->at != c)
		return false;
	scan->at++;
	return true;
}

static bool is_hex4(const struct scan *scan)
{
	if (scan->end - scan->at < 5)
		return false;
	for (int i = 1; i <= 4; i++)
		if (!strchr("0123456789abcdefABCDEF", scan->at[i]) || !scan->at[i])
			return false;
	return true;
}

/* A string from its opening quote.  *out is what stands between the quotes, escapes and all. */
static int scan_string(struct scan *scan, struct str *out, struct err *err)
{
	const char *start;

	if (!take(scan, '"'))
		return fail(scan, err, "a string");
	start = scan->at;
	for (; scan->at < scan->end && *scan->at != '"'; scan->at++) {
		if ((unsigned char)*scan->at < 0x20)
			return fail(scan, err, "no control character inside a string");
		if (*scan->at != '\\')
			continue;
		scan->at++;
		if (scan->at >= scan->end || !*scan->at || !strchr("\"\\/bfnrtu", *scan->at))
			return fail(scan, err, "an escape of JSON (\\n, \\u0041, …)");
		if (*scan->at == 'u' && !is_hex4(scan))
			return fail(scan, err, "four hexadecimal digits after \\u");
		if (*scan->at == 'u' && memcmp(scan->at + 1, "0000", 4) == 0)
			return fail(scan, err, "no NUL character inside a string");
	}
	if (scan->at >= scan->end)
		return fail(scan, err, "the closing quote of a string");
	*out = (struct str){ .ptr = start, .len = (size_t)(scan->at - start) };
	scan->at++;
	if (!str_is_utf8(*out)) {
		scan->at = start;
		return fail(scan, err, "UTF-8 inside this string");
	}
	return 0;
}

static size_t digits(struct scan *scan)
{
	const char *start = scan->at;

	while (scan->at < scan->end && *scan->at >= '0' && *scan->at <= '9')
		scan->at++;
	return (size_t)(scan->at - start);
}

static int scan_number(struct scan *scan, struct err *err)
{
	const char *start = scan->at;

	scan->at += *scan->at == '-';
	if (scan->at < scan->end && *scan->at == '0')
		scan->at++;
	else if (digits(scan) == 0)
		return fail(scan, err, "a value");
	if (scan->at < scan->end && *scan->at == '.') {
		scan->at++;
		if (digits(scan) == 0)
			return fail(scan, err, "a digit after the decimal point");
	}
	if (scan->at < scan->end && (*scan->at == 'e' || *scan->at == 'E')) {
		scan->at++;
		if (scan->at < scan->end && (*scan->at == '+' || *scan->at == '-'))
			scan->at++;
		if (digits(scan) == 0)
			return fail(scan, err, "a digit in the exponent");
	}
	/* cJSON reads a number through a buffer of 64 bytes; a longer one would be cut and misread. */
	if (scan->at - start > 60) {
		scan->at = start;
		return fail(scan, err, "a number of at most 60 characters");
	}
	return 0;
}

static int scan_value(struct scan *scan, struct err *err);

static int scan_members(struct scan *scan, struct err *err)
{
	if (take(scan, '}'))
		return 0;
	do {
		struct str key;

		if (scan_string(scan, &key, err) < 0)
			return -1;
		if (!take(scan, ':'))
			return fail(scan, err, "':' after a key");
		if (scan_value(scan, err) < 0)
			return -1;
	} while (take(scan, ','));
	return take(scan, '}') ? 0 : fail(scan, err, "',' or '}'");
}

static int scan_elements(struct scan *scan, struct err *err)
{
	if (take(scan, ']'))
		return 0;
	do {
		if (scan_value(scan, err) < 0)
			return -1;
	} while (take(scan, ','));
	return take(scan, ']') ? 0 : fail(scan, err, "',' or ']'");
}

static bool take_word(struct scan *scan, const char *word)
{
	size_t len = strlen(word);

	if ((size_t)(scan->end - scan->at) < len || memcmp(scan->at, word, len) != 0)
		return false;
	scan->at += len;
	return true;
}

/* Recursion is bounded by JSON_DEPTH_MAX. */
static int scan_value(struct scan *scan, struct err *err)
{
	struct str ignored;
	int	   result;

	skip_space(scan);
	if (scan->at >= scan->end)
		return fail(scan, err, "a value");
	if (*scan->at == '"')
		return scan_string(scan, &ignored, err);
	if (*scan->at != '{' && *scan->at != '[') {
		if (take_word(scan, "true") || take_word(scan, "false") || take_word(scan, "null"))
			return 0;
		return scan_number(scan, err);
	}
	if (++scan->depth > JSON_DEPTH_MAX)
		return err_at(err, scan->source, scan->line,
			      (uint32_t)(scan->at - scan->line_start) + 1,
			      "nested deeper than %d levels", JSON_DEPTH_MAX);
	result = *scan->at++ == '{' ? scan_members(scan, err) : scan_elements(scan, err);
	scan->depth--;
	return result;
}

struct walk {
	json_item_fn *each;
	void	     *context;
};

/* Checks one value, has cJSON parse it, hands it out. */
static int each_value(struct scan *scan, const struct walk *walk, enum json_kind kind,
		      struct str key, struct err *err)
{
	struct json_item item = { .kind = kind, .key = key };
	const char	*start;
	cJSON		*value;
	int		 result;

	skip_space(scan);
	start = scan->at;
	item.line = scan->line;
	if (scan_value(scan, err) < 0)
		return -1;
	value = cJSON_ParseWithLength(start, (size_t)(scan->at - start));
	if (!value)
		return err_at(err, scan->source, item.line, 0, "expected JSON that cJSON can read");
	item.value = value;
	result = walk->each(walk->context, &item, err);
	cJSON_Delete(value);
	return result;
}

static int each_element(struct scan *scan, const struct walk *walk, struct str key, struct err *err)
{
	const struct json_item empty = { .kind = JSON_EMPTY_LIST, .key = key, .line = scan->line };

	if (take(scan, ']'))
		return walk->each(walk->context, &empty, err);
	scan->depth++;
	do {
		if (each_value(scan, walk, JSON_ELEMENT, key, err) < 0)
			return -1;
	} while (take(scan, ','));
	if (!take(scan, ']'))
		return fail(scan, err, "',' or ']'");
	scan->depth--;
	return 0;
}

static int each_member(struct scan *scan, const struct walk *walk, struct err *err)
{
	struct json_item end = { .kind = JSON_END };

	if (!take(scan, '{'))
		return fail(scan, err, "'{': an object as the AWS CLI prints it");
	scan->depth++;
	if (!take(scan, '}')) {
		do {
			struct str key;
			int	   result;

			if (scan_string(scan, &key, err) < 0)
				return -1;
			if (!take(scan, ':'))
				return fail(scan, err, "':' after a key");
			if (take(scan, '['))
				result = each_element(scan, walk, key, err);
			else
				result = each_value(scan, walk, JSON_MEMBER, key, err);
			if (result < 0)
				return -1;
		} while (take(scan, ','));
		if (!take(scan, '}'))
			return fail(scan, err, "',' or '}'");
	}
	scan->depth--;
	end.line = scan->line;
	return walk->each(walk->context, &end, err);
}

int json_each(struct str text, const char *source, json_item_fn *each, void *context,
	      struct err *err)
{
	struct scan scan = { .source = source, .line = 1 };
	struct walk walk = { .each = each, .context = context };

	if (str_starts(text, "\xef\xbb\xbf"))
		text = str_skip(text, 3);
	scan.at = scan.line_start = text.ptr;
	scan.end = text.ptr + text.len;
	skip_space(&scan);
	if (scan.at >= scan.end)
		return err_at(err, source, 0, 0,
			      "is empty, expected JSON as the AWS CLI prints it");
	do {
		if (each_member(&scan, &walk, err) < 0)
			return err_in(err, source);
		skip_space(&scan);
	} while (scan.at < scan.end);
	return 0;
}

struct str json_text(const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return str_of(cJSON_IsString(member) ? member->valuestring : NULL);
}

const cJSON *json_list(const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsArray(member) ? member : NULL;
}

const cJSON *json_object(const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsObject(member) ? member : NULL;
}

bool json_bool(const cJSON *object, const char *name, bool fallback)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	return cJSON_IsBool(member) ? cJSON_IsTrue(member) : fallback;
}

/* cJSON keeps numbers as doubles: whole ones are exact up to here. */
#define EXACT_MAX (INT64_C(1) << 53)

int json_int(const cJSON *object, const char *name, int64_t min, int64_t max, int64_t *out)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	assert(min >= -EXACT_MAX && max <= EXACT_MAX);
	if (!member || cJSON_IsNull(member))
		return 0;
	if (!cJSON_IsNumber(member) || member->valuedouble < (double)min ||
	    member->valuedouble > (double)max || floor(member->valuedouble) != member->valuedouble)
		return -1;
	*out = (int64_t)member->valuedouble;
	return 1;
}

void json_put_str(cJSON *object, const char *name, struct str text)
{
	auto_buf struct buf copy = buf_make(text.len * 8);

	if (text.len == 0) {
		cJSON_AddNullToObject(object, name);
		return;
	}
	if (str_is_utf8(text) && str_find(text, '\0') == text.len) /* cJSON's texts end there */
		buf_add_str(&copy, text);
	else
		buf_add_visible(&copy, text);
	cJSON_AddStringToObject(object, name, copy.data);
}

void json_put_u64(cJSON *object, const char *name, uint64_t value)
{
	char digits_text[24];

	snprintf(digits_text, sizeof(digits_text), "%" PRIu64, value);
	cJSON_AddRawToObject(object, name, digits_text);
}
