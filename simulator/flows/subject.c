/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/subject.h"

enum { NAME_MAX_LEN = 64 };

#define BIT(field) (UINT64_C(1) << (field))

static const struct {
	const char    *name;
	struct subject subject;
} words[] = {
	{ "src-tier", { SUBJECT_TIER, FIELD_SRCADDR, false } },
	{ "dst-tier", { SUBJECT_TIER, FIELD_DSTADDR, true } },
	{ "src-name", { SUBJECT_NAME, FIELD_SRCADDR, false } },
	{ "dst-name", { SUBJECT_NAME, FIELD_DSTADDR, true } },
};

/* Lower case, with '-' for '_'. */
static struct str usual_spelling(struct str name, char room[static NAME_MAX_LEN])
{
	size_t len = name.len < NAME_MAX_LEN ? name.len : 0;

	for (size_t i = 0; i < len; i++) {
		char c = name.ptr[i];

		room[i] = (char)(c == '_' ? '-' : c >= 'A' && c <= 'Z' ? c | 0x20 : c);
	}
	return (struct str){ .ptr = room, .len = len };
}

bool subject_find(struct str name, struct subject *out)
{
	char	   room[NAME_MAX_LEN];
	struct str usual = usual_spelling(name, room);
	enum field field;

	if (field_find(usual, &field)) {
		*out = (struct subject){ .kind = SUBJECT_FIELD, .field = field };
		return true;
	}
	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		if (str_is(usual, words[i].name)) {
			*out = words[i].subject;
			return true;
		}
	}
	return false;
}

bool subject_eq(struct subject a, struct subject b)
{
	return a.kind == b.kind && a.field == b.field && a.is_dst == b.is_dst;
}

const char *subject_name(struct subject subject)
{
	for (size_t i = 0; i < ARRAY_LEN(words); i++)
		if (subject_eq(subject, words[i].subject))
			return words[i].name;
	return field_info(subject.field)->name;
}

enum field_type subject_type(struct subject subject)
{
	return subject.kind == SUBJECT_FIELD ? field_info(subject.field)->type : FIELD_TYPE_TEXT;
}

/* The interface tells from which VPC an address is seen. */
uint64_t subject_fields(struct subject subject)
{
	if (subject.kind == SUBJECT_FIELD)
		return BIT(subject.field);
	return BIT(FIELD_INTERFACE_ID) |
	       (subject.is_dst ? BIT(FIELD_DSTADDR) | BIT(FIELD_PKT_DSTADDR)
			       : BIT(FIELD_SRCADDR) | BIT(FIELD_PKT_SRCADDR));
}

/* The known name nearest to a mistyped one, or NULL. */
static const char *suggest(struct str name)
{
	char	    room[NAME_MAX_LEN];
	struct str  usual = usual_spelling(name, room);
	const char *best = field_suggest(usual);
	unsigned    distance = best ? str_distance(usual, str_of(best)) : 4;

	for (size_t i = 0; i < ARRAY_LEN(words); i++) {
		unsigned now = str_distance(usual, str_of(words[i].name));

		if (now < distance) {
			distance = now;
			best = words[i].name;
		}
	}
	return best;
}

int subject_unknown(struct str name, struct err *err)
{
	const char *near = suggest(name);

	if (near)
		return err_set(err, ERR_USAGE, "there is no field '%.*s', did you mean '%s'?",
			       STR_ARG(name), near);
	return err_set(err, ERR_USAGE,
		       "there is no field '%.*s', expected one of a flow log, as srcaddr, or of "
		       "src-tier, dst-tier, src-name, dst-name",
		       STR_ARG(name));
}
