/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/where_value.h"

#include <assert.h>
#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

#include "lib/flow/words.h"
#include "lib/net/proto.h"
#include "simulator/flows/period.h"

enum { SHOWN_MAX = 300 };

static bool is_time(struct subject subject)
{
	return subject.kind == SUBJECT_FIELD &&
	       (subject.field == FIELD_START || subject.field == FIELD_END);
}

static bool is_protocol(struct subject subject)
{
	return subject.kind == SUBJECT_FIELD && subject.field == FIELD_PROTOCOL;
}

static int wrong_op(struct subject subject, enum where_op op, uint32_t column, struct err *err)
{
	static const struct {
		const char *is, *expected;
	} texts[FIELD_TYPE_COUNT] = {
		[FIELD_TYPE_U64] = { "a number", "= != < <= > >= or in" },
		[FIELD_TYPE_IP] = { "an address", "= != or in" },
		[FIELD_TYPE_TEXT] = { "text", "= != in or like" },
		[FIELD_TYPE_ACTION] = { "ACCEPT or REJECT", "= != or in" },
		[FIELD_TYPE_STATUS] = { "OK, NODATA or SKIPDATA", "= != or in" },
		[FIELD_TYPE_DIRECTION] = { "ingress or egress", "= != or in" },
	};
	enum field_type type = subject_type(subject);

	if (is_time(subject))
		return where_fail(err, column, "%s is a time, expected = != < <= > or >=, not '%s'",
				  subject_name(subject), where_op_text(op));
	return where_fail(err, column, "%s is %s, expected %s, not '%s'", subject_name(subject),
			  texts[type].is, texts[type].expected, where_op_text(op));
}

int where_value_check_op(struct subject subject, enum where_op op, uint32_t column, struct err *err)
{
	enum field_type type = subject_type(subject);
	bool		is_order = op >= WHERE_LT && op <= WHERE_GE;

	if ((is_order && type != FIELD_TYPE_U64) || (op == WHERE_LIKE && type != FIELD_TYPE_TEXT) ||
	    (op == WHERE_IN && is_time(subject)))
		return wrong_op(subject, op, column, err);
	return 0;
}

/* The literal is wrong: what was expected instead. */
static int PRINTF_LIKE(4, 5) wrong(struct err *err, const struct where_scan *scan,
				   struct subject subject, const char *format, ...)
{
	char	expected[SHOWN_MAX];
	va_list args;

	va_start(args, format);
	vsnprintf(expected, sizeof(expected), format, args);
	va_end(args);
	return where_fail(err, scan->now.column, "%s cannot be '%.*s', expected %s",
			  subject_name(subject), STR_ARG(scan->now.text), expected);
}

static int one_number(struct subject subject, struct str text, uint64_t *out)
{
	int16_t	   protocol;
	struct err ignored;

	if (str_u64(text, field_info(subject.field)->max, out) == 0)
		return 0;
	if (!is_protocol(subject) || proto_parse(text, &protocol, &ignored) < 0 || protocol < 0)
		return -1;
	*out = (uint64_t)protocol;
	return 0;
}

static int parse_time(const struct where_context *context, const struct where_scan *scan,
		      struct where_value *out, struct err *err)
{
	int64_t moment;

	if (period_moment(scan->now.text, context->now_s, &moment) < 0)
		return wrong(err, scan, context->subject,
			     "a date as 2026-10-02, a time as 2026-10-02T08:00:00Z, Unix seconds, "
			     "or an age as 24h");
	out->min = out->max = (uint64_t)moment;
	return 0;
}

static int parse_number(const struct where_context *context, const struct where_scan *scan,
			struct where_value *out, struct err *err)
{
	struct subject subject = context->subject;
	uint64_t       max = field_info(subject.field)->max;
	struct str     text = scan->now.text, rest = text, first = str_cut(&rest, '-');
	bool	       is_range = context->op == WHERE_IN && first.len < text.len;

	if (is_time(subject))
		return parse_time(context, scan, out, err);
	if (one_number(subject, is_range ? first : text, &out->min) == 0) {
		out->max = out->min;
		if (!is_range || one_number(subject, rest, &out->max) == 0) {
			if (out->min <= out->max)
				return 0;
			return wrong(err, scan, subject, "the smaller number first");
		}
	}
	if (is_protocol(subject))
		return wrong(err, scan, subject, "a number from 0 to 255 or a name, as tcp");
	if (max == UINT64_MAX)
		return wrong(err, scan, subject, "a whole number%s",
			     context->op == WHERE_IN ? " or a range, as 1000-2000" : "");
	return wrong(err, scan, subject, "a number from 0 to %" PRIu64 "%s", max,
		     context->op == WHERE_IN ? " or a range, as 0-9" : "");
}

static int parse_block(const struct where_context *context, const struct where_scan *scan,
		       struct where_value *out, struct err *err)
{
	struct str text = scan->now.text;
	bool	   is_block = str_find(text, '/') < text.len;
	struct err why;
	struct ip  ip;

	if (is_block && context->op != WHERE_IN)
		return wrong(err, scan, context->subject, "an address; a block is asked with in");
	if (is_block) {
		if (cidr_parse(text, &out->cidr, &why) < 0)
			return where_fail(err, scan->now.column, "%s: %s",
					  subject_name(context->subject), why.text);
		return 0;
	}
	if (ip_parse(text, &ip, &why) < 0)
		return wrong(err, scan, context->subject, "an address%s",
			     context->op == WHERE_IN ? " or a block, as 10.0.0.0/8" : "");
	out->cidr = cidr_of_ip(ip);
	return 0;
}

static int parse_word(const struct where_context *context, const struct where_scan *scan,
		      struct where_value *out, struct err *err)
{
	const struct words *words = words_of(subject_type(context->subject));
	struct str	    text = scan->now.text;

	for (uint8_t i = 0; i < WORDS_MAX; i++) {
		const char *word = words->words[i];

		if (!word || *word == '-' || str_of(word).len != text.len ||
		    strncasecmp(word, text.ptr, text.len) != 0)
			continue;
		out->min = out->max = i;
		return 0;
	}
	return wrong(err, scan, context->subject, "%s", words->expected);
}

/* Without the doubling of quotes inside quotes. */
static struct str plain_text(struct arena *arena, const struct where_token *token)
{
	struct str text = token->text;
	char	  *at;
	size_t	   len = 0;

	if (token->kind != WHERE_TOKEN_QUOTED || str_find(text, token->quote) == text.len)
		return arena_str(arena, text);
	at = arena_alloc(arena, text.len);
	for (size_t i = 0; i < text.len; i++) {
		at[len++] = text.ptr[i];
		i += text.ptr[i] == token->quote;
	}
	return (struct str){ .ptr = at, .len = len };
}

int where_value_parse(const struct where_context *context, struct where_scan *scan,
		      struct where_value *out, struct err *err)
{
	struct where_value value = { 0 };
	int		   result = 0;

	switch (subject_type(context->subject)) {
	case FIELD_TYPE_U64:
		result = parse_number(context, scan, &value, err);
		break;
	case FIELD_TYPE_IP:
		result = parse_block(context, scan, &value, err);
		break;
	case FIELD_TYPE_TEXT:
		value.text = plain_text(&context->where->arena, &scan->now);
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		result = parse_word(context, scan, &value, err);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
	if (result < 0)
		return -1;
	*out = value;
	return where_scan_next(scan, err);
}

static int compare_numbers(const void *a, const void *b)
{
	const struct where_value *x = a, *y = b;

	if (x->min != y->min)
		return x->min < y->min ? -1 : 1;
	return (x->max > y->max) - (x->max < y->max);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct where_value *x = a, *y = b;
	int			  order = ip_cmp(x->cidr.base, y->cidr.base);

	return order ? order : (int)x->cidr.prefix_len - (int)y->cidr.prefix_len;
}

static int compare_texts(const void *a, const void *b)
{
	const struct where_value *x = a, *y = b;

	return str_cmp(x->text, y->text);
}

/* Whether the later of two in order adds nothing of its own; *kept is widened where the two touch. */
static bool joins(enum field_type type, struct where_value *kept, const struct where_value *next)
{
	if (type == FIELD_TYPE_IP)
		return cidr_covers(kept->cidr, next->cidr);
	if (type == FIELD_TYPE_TEXT)
		return str_eq(kept->text, next->text);
	if (kept->max != UINT64_MAX && next->min > kept->max + 1)
		return false;
	if (next->max > kept->max)
		kept->max = next->max;
	return true;
}

size_t where_value_settle(struct subject subject, struct where_value *values, size_t count)
{
	enum field_type type = subject_type(subject);
	bool   is_word = type != FIELD_TYPE_IP && type != FIELD_TYPE_TEXT && type != FIELD_TYPE_U64;
	size_t kept = 0;

	assert(count > 0);
	qsort(values, count, sizeof(*values),
	      type == FIELD_TYPE_IP	? compare_blocks
	      : type == FIELD_TYPE_TEXT ? compare_texts
					: compare_numbers);
	for (size_t i = 1; i < count; i++) {
		if (is_word ? values[kept].min == values[i].min
			    : joins(type, &values[kept], &values[i]))
			continue;
		values[++kept] = values[i];
	}
	return kept + 1;
}

static void print_quoted(struct str text, struct buf *out)
{
	buf_add_char(out, '\'');
	for (size_t i = 0; i < text.len; i++) {
		if (text.ptr[i] == '\'')
			buf_add_char(out, '\'');
		buf_add_char(out, text.ptr[i]);
	}
	buf_add_char(out, '\'');
}

void where_value_print(struct subject subject, const struct where_value *value, struct buf *out)
{
	char text[CIDR_TEXT_SIZE];

	switch (subject_type(subject)) {
	case FIELD_TYPE_U64:
		buf_add_u64(out, value->min);
		if (value->max != value->min)
			buf_printf(out, "-%" PRIu64, value->max);
		break;
	case FIELD_TYPE_IP:
		cidr_print_short(value->cidr, text);
		buf_add_text(out, text);
		break;
	case FIELD_TYPE_TEXT:
		print_quoted(value->text, out);
		break;
	case FIELD_TYPE_ACTION:
	case FIELD_TYPE_STATUS:
	case FIELD_TYPE_DIRECTION:
		buf_add_text(out, words_of(subject_type(subject))->words[value->min]);
		break;
	case FIELD_TYPE_COUNT:
		break;
	}
}
