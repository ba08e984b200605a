/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/fetch/shape.h"

#include <assert.h>
#include <ctype.h>
#include <string.h>

/* What is left of the notation. */
struct notation {
	const char		 *at;
	struct arena		 *arena;
	const struct shape_piece *pieces;
};

static bool take(struct notation *notation, const char *text)
{
	size_t len = strlen(text);

	if (strncmp(notation->at, text, len) != 0)
		return false;
	notation->at += len;
	return true;
}

static struct str take_name(struct notation *notation)
{
	struct str name = { .ptr = notation->at };

	while (isalnum((unsigned char)notation->at[name.len]))
		name.len++;
	notation->at += name.len;
	assert(name.len > 0);
	return name;
}

static const char *piece_text(const struct notation *notation, struct str name)
{
	const struct shape_piece *piece = notation->pieces;

	while (piece->name && !str_is(name, piece->name))
		piece++;
	assert(piece->name);
	return piece->text;
}

static void parse_members(struct notation *notation, struct shape *out);

/* What follows a member's name. */
static void parse_type(struct notation *notation, struct shape *out)
{
	if (take(notation, "@")) {
		struct notation piece = *notation;

		piece.at = piece_text(notation, take_name(notation));
		parse_type(&piece, out);
		assert(*piece.at == '\0');
	} else if (take(notation, "[]")) {
		out->type = SHAPE_LIST;
		out->inner = arena_alloc(notation->arena, sizeof(*out->inner));
		parse_type(notation, out->inner);
	} else if (take(notation, "{")) {
		parse_members(notation, out);
		assert(*notation->at == '}');
		notation->at++;
	} else if (take(notation, ":int")) {
		out->type = SHAPE_INT;
	} else if (take(notation, ":bool")) {
		out->type = SHAPE_BOOL;
	} else if (take(notation, ":ts")) {
		out->type = SHAPE_TIME;
	}
}

static void parse_member(struct notation *notation, struct shape *out)
{
	bool is_secret = take(notation, "!");

	out->xml = take_name(notation);
	if (take(notation, "=")) {
		out->json = take_name(notation);
	} else {
		char *capital = arena_copy(notation->arena, out->xml.ptr, out->xml.len);

		capital[0] = (char)toupper((unsigned char)capital[0]);
		out->json = (struct str){ capital, out->xml.len };
	}
	parse_type(notation, out);
	if (is_secret)
		out->type = SHAPE_SECRET;
}

static void parse_members(struct notation *notation, struct shape *out)
{
	struct shape **tail = &out->inner;

	out->type = SHAPE_MEMBERS;
	do {
		*tail = arena_alloc(notation->arena, sizeof(**tail));
		parse_member(notation, *tail);
		tail = &(*tail)->next;
	} while (take(notation, ", "));
}

const struct shape *shape_parse(struct arena *arena, const char *text,
				const struct shape_piece *pieces)
{
	struct notation notation = { .at = text, .arena = arena, .pieces = pieces };
	struct shape   *members = arena_alloc(arena, sizeof(*members));

	parse_members(&notation, members);
	assert(*notation.at == '\0');
	return members;
}

const struct shape *shape_member(const struct shape *members, struct str xml)
{
	for (const struct shape *member = members->inner; member; member = member->next)
		if (str_eq(member->xml, xml))
			return member;
	return NULL;
}
