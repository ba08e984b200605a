/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/sink_spec.h"

#include <stdio.h>
#include <string.h>

#include "lib/aws/sign.h"
#include "lib/base/mark.h"

enum { NEAR = 3, ID_HASH_LEN = 8, ID_NAME_LEN = 48 };

/* Which of them have a target. */
static const struct {
	const char *kind;
	bool	    has_target;
} own_kinds[] = { { SINK_NONE, false }, { SINK_TERMINAL, false }, { SINK_FILE, true } };

static bool is_kind(struct str text, const struct delivery_ops *const *kinds)
{
	for (size_t i = 0; i < ARRAY_LEN(own_kinds); i++)
		if (str_is(text, own_kinds[i].kind))
			return true;
	for (; *kinds; kinds++)
		if (str_is(text, (*kinds)->kind))
			return true;
	return false;
}

static void look_at(struct str text, const char *kind, unsigned *distance, const char **nearest)
{
	unsigned now = str_distance(text, str_of(kind));

	if (now >= *distance)
		return;
	*distance = now;
	*nearest = kind;
}

const char *sink_spec_nearest(struct str text, const struct delivery_ops *const *kinds)
{
	const char *nearest = NULL;
	unsigned    distance = NEAR;

	for (size_t i = 0; i < ARRAY_LEN(own_kinds); i++)
		look_at(text, own_kinds[i].kind, &distance, &nearest);
	for (; *kinds; kinds++)
		look_at(text, (*kinds)->kind, &distance, &nearest);
	return nearest;
}

/* "s4" of "s4:bucket". */
static bool looks_like_a_kind(struct str head, struct str text)
{
	if (!head.len || head.len == text.len || text.ptr[head.len] != ':')
		return false;
	for (size_t i = 0; i < head.len; i++)
		if (!((head.ptr[i] >= 'a' && head.ptr[i] <= 'z') ||
		      (head.ptr[i] >= '0' && head.ptr[i] <= '9') || head.ptr[i] == '-'))
			return false;
	return true;
}

static struct str kind_of(struct str text)
{
	size_t colon = str_find(text, ':'), comma = str_find(text, ',');

	return str_head(text, colon < comma ? colon : comma);
}

static int parse_options(struct str rest, struct sink_spec *out, struct err *err)
{
	while (rest.len) {
		struct str one = str_cut(&rest, ','), key = str_cut(&one, '=');

		if (!key.len)
			return err_set(err, ERR_USAGE, "'%s': an option has no name", out->text);
		if (out->option_count == SINK_OPTIONS_MAX)
			return err_set(err, ERR_USAGE, "'%s': more than %d options", out->text,
				       SINK_OPTIONS_MAX);
		out->options[out->option_count].key = key;
		out->options[out->option_count++].value = one;
	}
	return 0;
}

enum target_use { TARGET_NONE, TARGET_MAY, TARGET_MUST };

/* "kind:TARGET", "kind[:TARGET]". */
static enum target_use target_use_of(const struct sink_spec	      *spec,
				     const struct delivery_ops *const *kinds)
{
	const struct delivery_ops *ops = sink_spec_ops(spec, kinds);
	struct str		   rest;

	for (size_t i = 0; i < ARRAY_LEN(own_kinds); i++)
		if (strcmp(spec->kind, own_kinds[i].kind) == 0)
			return own_kinds[i].has_target ? TARGET_MUST : TARGET_NONE;
	rest = str_skip(str_of(ops ? ops->usage : ""), strlen(spec->kind));
	if (str_starts(rest, "[:"))
		return TARGET_MAY;
	return str_starts(rest, ":") ? TARGET_MUST : TARGET_NONE;
}

static int parse_kind(struct str rest, const struct delivery_ops *const *kinds,
		      struct sink_spec *out, struct err *err)
{
	enum target_use use = target_use_of(out, kinds);
	bool		has_target = rest.len && rest.ptr[0] == ':';

	rest = str_skip(rest, 1);
	if (has_target)
		out->target = str_cut(&rest, ',');
	if (use == TARGET_MUST && !out->target.len)
		return err_set(err, ERR_USAGE, "'%s': expected %s:… (a file of that name is ./%s)",
			       out->text, out->kind, out->text);
	if (use == TARGET_NONE && has_target)
		return err_set(err, ERR_USAGE, "'%s': %s stands alone, without anything after ':'",
			       out->text, out->kind);
	return parse_options(rest, out, err);
}

int sink_spec_parse(const char *text, const struct delivery_ops *const *kinds,
		    struct sink_spec *out, struct err *err)
{
	struct str		   whole = str_of(text), head = kind_of(whole);
	struct sink_spec	   spec = { .text = text };
	const char		  *nearest;
	const struct delivery_ops *ops;

	if (!whole.len)
		return err_set(err, ERR_USAGE, "'' is neither a sink nor a file");
	if (is_kind(head, kinds) && head.len < sizeof(spec.kind)) {
		memcpy(spec.kind, head.ptr, head.len);
		ops = sink_spec_ops(&spec, kinds);
		if (ops && ops->name)
			spec.text =
				ops->usage; /* there may be a secret in it, and errors show it */
		if (parse_kind(str_skip(whole, head.len), kinds, &spec, err) < 0)
			return -1;
		*out = spec;
		return 0;
	}
	if (looks_like_a_kind(head, whole)) {
		nearest = sink_spec_nearest(head, kinds);
		return err_set(err, ERR_USAGE,
			       "'%.*s:…': there is no kind of sink '%.*s'%s%s%s (a file of that "
			       "name is ./%.*s:…)",
			       STR_ARG(head), STR_ARG(head), nearest ? ", did you mean '" : "",
			       nearest ? nearest : "", nearest ? "'?" : "", STR_ARG(head));
	}
	snprintf(spec.kind, sizeof(spec.kind), "%s", SINK_PATH);
	spec.target = whole;
	*out = spec;
	return 0;
}

const struct delivery_ops *sink_spec_ops(const struct sink_spec		  *spec,
					 const struct delivery_ops *const *kinds)
{
	for (; *kinds; kinds++)
		if (strcmp(spec->kind, (*kinds)->kind) == 0)
			return *kinds;
	return NULL;
}

bool sink_spec_get(const struct sink_spec *spec, const char *key, struct str *value)
{
	for (size_t i = 0; i < spec->option_count; i++) {
		if (!str_is(spec->options[i].key, key))
			continue;
		*value = spec->options[i].value;
		return true;
	}
	return false;
}

static bool is_known(struct str key, const char *const *known, const char **nearest)
{
	unsigned distance = NEAR;

	*nearest = NULL;
	for (; *known; known++) {
		if (str_is(key, *known))
			return true;
		look_at(key, *known, &distance, nearest);
	}
	return false;
}

int sink_spec_check_keys(const struct sink_spec *spec, const char *const *known, struct err *err)
{
	for (size_t i = 0; i < spec->option_count; i++) {
		struct str  key = spec->options[i].key;
		const char *nearest;

		if (!is_known(key, known, &nearest))
			return err_set(err, ERR_USAGE, "'%s': %s has no option '%.*s'%s%s%s",
				       spec->text, spec->kind, STR_ARG(key),
				       nearest ? ", did you mean '" : "", nearest ? nearest : "",
				       nearest ? "'?" : "");
		for (size_t j = 0; j < i; j++)
			if (str_eq(key, spec->options[j].key))
				return err_set(err, ERR_USAGE, "'%s': '%.*s' is given twice",
					       spec->text, STR_ARG(key));
	}
	return 0;
}

void sink_spec_name(const struct sink_spec *spec, const struct delivery_ops *ops, struct buf *out)
{
	if (ops && ops->name) {
		ops->name(spec, out);
		return;
	}
	if (strcmp(spec->kind, SINK_PATH) != 0) {
		buf_add_text(out, spec->kind);
		if (spec->target.len)
			buf_add_char(out, ':');
	}
	buf_add_str(out, str_is(spec->target, "-") ? str_of("stdout") : spec->target);
}

/* The hash is of what is not told, too. */
void sink_spec_id(const struct sink_spec *spec, const struct delivery_ops *ops,
		  char out[static SINK_ID_SIZE])
{
	auto_buf struct buf name = buf_make(1 << 12);
	char		    hash[AWS_HASH_SIZE];

	sink_spec_name(spec, ops, &name);
	for (size_t i = 0; i < name.len; i++) {
		char c = name.data[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
		      c == '.'))
			name.data[i] = '-';
	}
	aws_hash(spec->target, hash);
	snprintf(out, SINK_ID_SIZE, "%.*s-%.*s", ID_NAME_LEN, name.len ? name.data : "",
		 ID_HASH_LEN, hash);
}
