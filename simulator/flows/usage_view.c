/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/usage_view.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { FIXED_NUMBER_MIN = 32767, NEAR_MAX = 3 };

static const char *const sort_names[USAGE_SORT_COUNT] = {
	[USAGE_BY_HITS] = "hits", [USAGE_BY_ONLY] = "only",   [USAGE_BY_BYTES] = "bytes",
	[USAGE_BY_LAST] = "last", [USAGE_BY_SHARE] = "share", [USAGE_BY_RULE] = "rule",
};

int usage_sort_parse(const char *text, enum usage_sort *out, struct err *err)
{
	if (!text) {
		*out = USAGE_BY_HITS;
		return 0;
	}
	for (int i = 0; i < USAGE_SORT_COUNT; i++) {
		if (!str_is(str_of(text), sort_names[i]))
			continue;
		*out = (enum usage_sort)i;
		return 0;
	}
	return err_set(err, ERR_USAGE,
		       "--sort '%s': expected hits, only, bytes, last, share or rule", text);
}

bool usage_is_fixed(const struct usage_rule *rule)
{
	return rule->is_nacl && (!rule->nacl_rule || rule->nacl_rule->number >= FIXED_NUMBER_MIN);
}

bool usage_is_never_hit(const struct usage_answer *answer, const struct usage_rule *rule)
{
	return answer->all.records && rule->hits.records == 0 && rule->maybe == 0 &&
	       (rule->eni_count == 0 || rule->eni_covered);
}

bool usage_is_removable(const struct usage_answer *answer, const struct usage_rule *rule)
{
	return usage_is_never_hit(answer, rule) && rule->eni_covered == rule->eni_count &&
	       !usage_is_fixed(rule);
}

static bool is_named(const char *pattern, const struct object *object)
{
	return str_glob(str_of(pattern), object->id) || str_glob(str_of(pattern), object->name);
}

/* A name or id that is near to what was asked for. */
struct nearest {
	struct str text;
	unsigned   distance;
};

static void consider(struct nearest *nearest, const char *pattern, struct str text)
{
	unsigned distance = text.len ? str_distance(str_of(pattern), text) : nearest->distance;

	if (distance < nearest->distance)
		*nearest = (struct nearest){ text, distance };
}

/* Whether the pattern is of the object; if not, how near it is. */
static bool look_at(struct nearest *nearest, const char *pattern, const struct object *object)
{
	consider(nearest, pattern, object->id);
	consider(nearest, pattern, object->name);
	return is_named(pattern, object);
}

int usage_group_check(const struct world *world, const char *pattern, struct err *err)
{
	struct nearest nearest = { .distance = NEAR_MAX + 1 };
	bool	       is_there = !pattern;

	for (size_t i = 0; !is_there && i < world->counts[WORLD_SG]; i++)
		is_there = look_at(&nearest, pattern, &world->sgs[i].object);
	for (size_t i = 0; !is_there && i < world->counts[WORLD_NACL]; i++)
		is_there = look_at(&nearest, pattern, &world->nacls[i].object);
	if (is_there)
		return 0;
	if (nearest.text.len)
		return err_set(err, ERR_USAGE,
			       "--group '%s' is no security group or network ACL of the snapshot, "
			       "did you mean '%.*s'?",
			       pattern, STR_ARG(nearest.text));
	return err_set(err, ERR_USAGE,
		       "--group '%s' is no security group or network ACL of the snapshot", pattern);
}

const struct object *usage_object(const struct world *world, const struct usage_rule *rule)
{
	return rule->is_nacl ? &world->nacls[rule->object_idx].object
			     : &world->sgs[rule->object_idx].object;
}

/* Whether the ACL says its last deny as an entry. */
static bool has_fixed_entry(const struct world *world, const struct usage_rule *rule)
{
	const struct nacl *nacl = &world->nacls[rule->object_idx];

	for (uint32_t i = 0; i < nacl->rule_count; i++)
		if (nacl->rules[i].egress == rule->egress &&
		    nacl->rules[i].number >= FIXED_NUMBER_MIN)
			return true;
	return false;
}

static bool is_in_view(const struct world *world, const struct usage_answer *answer,
		       const struct usage_rule *rule, const struct usage_view *view)
{
	if (view->group && !is_named(view->group, usage_object(world, rule)))
		return false;
	if (view->unused)
		return usage_is_removable(answer, rule);
	return rule->hits.records || !rule->is_nacl || rule->nacl_rule ||
	       !has_fixed_entry(world, rule);
}

static double share_of(const struct usage_rule *rule)
{
	if (rule->allowed <= 0)
		return 1;
	return (double)distinct_count(&rule->peers) / rule->allowed;
}

/* Never hit, nothing known, perhaps hit, hit. */
static unsigned certainty_of(const struct usage_rule *rule)
{
	if (rule->hits.records)
		return 3;
	if (rule->maybe)
		return 2;
	return rule->eni_count && rule->eni_covered == 0;
}

static int compare_by(const struct usage_rule *x, const struct usage_rule *y, enum usage_sort sort)
{
	uint64_t a = 0, b = 0;

	switch (sort) {
	case USAGE_BY_HITS:
		a = certainty_of(x);
		b = certainty_of(y);
		if (a == b) {
			a = x->hits.records;
			b = y->hits.records;
		}
		break;
	case USAGE_BY_ONLY:
		a = x->only.records;
		b = y->only.records;
		break;
	case USAGE_BY_BYTES:
		a = y->hits.bytes;
		b = x->hits.bytes;
		break;
	case USAGE_BY_LAST:
		a = x->hits.end;
		b = y->hits.end;
		break;
	case USAGE_BY_SHARE:
		return (share_of(x) > share_of(y)) - (share_of(x) < share_of(y));
	case USAGE_BY_RULE:
	case USAGE_SORT_COUNT:
		break;
	}
	return (a > b) - (a < b);
}

/* Rules are in one array: where they stand in it settles the rest. */
static int compare_rules(const void *a, const void *b, void *sort)
{
	const struct usage_rule *x = *(const struct usage_rule *const *)a;
	const struct usage_rule *y = *(const struct usage_rule *const *)b;
	int			 order = compare_by(x, y, *(const enum usage_sort *)sort);

	return order ? order : (x > y) - (x < y);
}

const struct usage_rule **usage_select(const struct world *world, const struct usage_answer *answer,
				       const struct usage_view *view, size_t *count)
{
	const struct usage_rule **rules = mem_alloc((answer->count + 1) * sizeof(*rules));
	enum usage_sort		  sort = view->sort;

	*count = 0;
	for (size_t i = 0; i < answer->count; i++)
		if (is_in_view(world, answer, &answer->rules[i], view))
			rules[(*count)++] = &answer->rules[i];
	qsort_r(rules, *count, sizeof(*rules), compare_rules, &sort);
	return rules;
}
