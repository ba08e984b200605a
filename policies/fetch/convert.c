/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/convert.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

enum { LEFT_OUT_MAX = 200, PLACE_MAX = 512, FRACTION_DIGITS = 6 };

void left_out_add(struct left_out *left_out, struct str place)
{
	uint32_t ignored;

	if (map_get(&left_out->seen, place, &ignored))
		return;
	if (left_out->count == LEFT_OUT_MAX) {
		left_out->not_listed++;
		return;
	}
	left_out->places = mem_grow(left_out->places, left_out->count, &left_out->capacity,
				    sizeof(*left_out->places));
	place = arena_str(&left_out->arena, place);
	left_out->places[left_out->count] = place;
	map_put(&left_out->seen, place, (uint32_t)left_out->count++);
}

void left_out_done(struct left_out *left_out)
{
	map_done(&left_out->seen);
	free(left_out->places);
	arena_done(&left_out->arena);
	*left_out = (struct left_out){ 0 };
}

void convert_line(struct convert *convert)
{
	buf_add_char(convert->out, '\n');
	for (unsigned i = 0; i < convert->depth; i++)
		buf_add_text(convert->out, "    ");
}

void convert_text(struct buf *out, struct str text)
{
	static const char escapes[][2] = { { '"', '"' },  { '\\', '\\' }, { '\b', 'b' },
					   { '\f', 'f' }, { '\n', 'n' },  { '\r', 'r' },
					   { '\t', 't' } };

	buf_add_char(out, '"');
	for (size_t i = 0; i < text.len; i++) {
		unsigned char c = (unsigned char)text.ptr[i];
		char	      escape = '\0';

		for (size_t j = 0; j < sizeof(escapes) / sizeof(escapes[0]); j++)
			if ((char)c == escapes[j][0])
				escape = escapes[j][1];
		if (escape) {
			buf_add_char(out, '\\');
			buf_add_char(out, escape);
		} else if (c < 0x20) {
			buf_printf(out, "\\u%04x", c);
		} else {
			buf_add_char(out, (char)c);
		}
	}
	buf_add_char(out, '"');
}

/* "Reservations.Instances": lists and structures alike. */
static void add_way(const struct convert *convert, struct buf *out)
{
	for (size_t i = 0; i < convert->way_count; i++) {
		buf_add_text(out, i ? "." : "");
		buf_add_str(out, convert->way[i]->json);
	}
}

static int not_a(const struct convert *convert, struct str text, const char *what, struct err *err)
{
	auto_buf struct buf place = buf_make(PLACE_MAX), seen = buf_make(PLACE_MAX);

	add_way(convert, &place);
	buf_add_visible(&seen, str_head(text, 64));
	return err_set(err, ERR_REMOTE, "%s: %s is '%s', expected %s", convert->action, place.data,
		       seen.data, what);
}

static int convert_int(struct convert *convert, struct str text, struct err *err)
{
	bool	   is_negative = str_starts(text, "-");
	struct str digits = str_skip(text, is_negative);
	uint64_t   number;

	if (str_u64(digits, INT64_MAX, &number) < 0)
		return not_a(convert, text, "a whole number", err);
	if (is_negative && number)
		buf_add_char(convert->out, '-');
	buf_add_u64(convert->out, number);
	return 0;
}

static int convert_bool(struct convert *convert, struct str text, struct err *err)
{
	if (!str_is(text, "true") && !str_is(text, "false"))
		return not_a(convert, text, "true or false", err);
	buf_add_str(convert->out, text);
	return 0;
}

/* "2026-09-14T08:12:31" and no more. */
static bool is_moment(struct str text)
{
	static const char form[] = "0000-00-00T00:00:00";

	if (text.len != sizeof(form) - 1)
		return false;
	for (size_t i = 0; i < text.len; i++)
		if (form[i] == '0' ? !isdigit((unsigned char)text.ptr[i]) : text.ptr[i] != form[i])
			return false;
	return true;
}

/*
 * "2026-09-14T08:12:31.000Z" is "2026-09-14T08:12:31+00:00" in the CLI's JSON, which prints six digits of a
 * fraction that is not zero.  Any other form stays as it is.
 */
static void convert_time(struct convert *convert, struct str text)
{
	struct str moment = str_head(text, 19), rest = str_skip(text, 19), digits;
	char	   fraction[FRACTION_DIGITS + 1] = "000000";
	bool	   is_known = is_moment(moment) && rest.len > 0 && rest.ptr[rest.len - 1] == 'Z';

	digits = is_known ? str_head(rest, rest.len - 1) : rest;
	if (is_known && digits.len) {
		is_known = digits.len > 1 && digits.ptr[0] == '.';
		for (size_t i = 1; i < digits.len; i++)
			is_known = is_known && isdigit((unsigned char)digits.ptr[i]);
	}
	if (!is_known) {
		convert_text(convert->out, text);
		return;
	}
	for (size_t i = 1; i < digits.len && i <= FRACTION_DIGITS; i++)
		fraction[i - 1] = digits.ptr[i];
	buf_add_char(convert->out, '"');
	buf_add_str(convert->out, moment);
	if (strspn(fraction, "0") < FRACTION_DIGITS)
		buf_printf(convert->out, ".%s", fraction);
	buf_add_text(convert->out, "+00:00\"");
}

static void note_unknown(struct convert *convert, const struct shape *shape,
			 const struct xml_node *node)
{
	for (const struct xml_node *child = node->first; child; child = child->next) {
		auto_buf struct buf place = buf_make(PLACE_MAX);

		if (shape_member(shape, child->name))
			continue;
		buf_printf(&place, "%s: ", convert->action);
		add_way(convert, &place);
		buf_add_char(&place, '.');
		buf_add_visible(&place, child->name);
		left_out_add(convert->left_out, buf_str(&place));
	}
}

static const struct xml_node *child_of(const struct xml_node *node, struct str name)
{
	const struct xml_node *child = node->first;

	while (child && !str_eq(child->name, name))
		child = child->next;
	return child;
}

static int convert_members(struct convert *convert, const struct shape *shape,
			   const struct xml_node *node, struct err *err)
{
	bool is_first = true;

	buf_add_char(convert->out, '{');
	convert->depth++;
	for (const struct shape *member = shape->inner; member; member = member->next) {
		const struct xml_node *child = child_of(node, member->xml);

		if (!child || member->type == SHAPE_SECRET)
			continue;
		buf_add_text(convert->out, is_first ? "" : ",");
		is_first = false;
		convert_line(convert);
		convert_text(convert->out, member->json);
		buf_add_text(convert->out, ": ");
		convert->way[convert->way_count++] = member;
		if (convert_value(convert, member, child, err) < 0)
			return -1;
		convert->way_count--;
	}
	convert->depth--;
	if (!is_first)
		convert_line(convert);
	buf_add_char(convert->out, '}');
	note_unknown(convert, shape, node);
	return 0;
}

static int convert_list(struct convert *convert, const struct shape *shape,
			const struct xml_node *node, struct err *err)
{
	buf_add_char(convert->out, '[');
	convert->depth++;
	for (const struct xml_node *item = node->first; item; item = item->next) {
		buf_add_text(convert->out, item == node->first ? "" : ",");
		convert_line(convert);
		if (convert_value(convert, shape->inner, item, err) < 0)
			return -1;
	}
	convert->depth--;
	if (node->first)
		convert_line(convert);
	buf_add_char(convert->out, ']');
	return 0;
}

/* Recursion is bounded by the shape, which is ours. */
int convert_value(struct convert *convert, const struct shape *shape, const struct xml_node *node,
		  struct err *err)
{
	switch (shape->type) {
	case SHAPE_INT:
		return convert_int(convert, node->text, err);
	case SHAPE_BOOL:
		return convert_bool(convert, node->text, err);
	case SHAPE_MEMBERS:
		return convert_members(convert, shape, node, err);
	case SHAPE_LIST:
		return convert_list(convert, shape, node, err);
	case SHAPE_TIME:
		convert_time(convert, node->text);
		return 0;
	case SHAPE_TEXT:
	case SHAPE_SECRET:
		break;
	}
	convert_text(convert->out, node->text);
	return 0;
}
