/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/usage_view.h"

#include <stdlib.h>

#include "lib/base/mem.h"

enum { FIXED_NUMBER_MIN = 32767 };

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

static bool is_in_view(const struct world *world, const struct usage_rule *rule,
		       const struct usage_view *view)
{
	const struct object *object = usage_object(world, rule);
	bool		     is_hit = rule->hits.records > 0;

	if (view->group && !str_glob(str_of(view->group), object->id) &&
	    !str_glob(str_of(view->group), object->name))
		return false;
	if (view->unused)
		return !is_hit && !usage_is_fixed(rule);
	return is_hit || !rule->is_nacl || rule->nacl_rule || !has_fixed_entry(world, rule);
}

static double share_of(const struct usage_rule *rule)
{
	if (rule->allowed <= 0)
		return 1;
	return (double)distinct_count(&rule->peers) / rule->allowed;
}

static int compare_by(const struct usage_rule *x, const struct usage_rule *y, enum usage_sort sort)
{
	uint64_t a = 0, b = 0;

	switch (sort) {
	case USAGE_BY_HITS:
		a = x->hits.records;
		b = y->hits.records;
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
		if (is_in_view(world, &answer->rules[i], view))
			rules[(*count)++] = &answer->rules[i];
	qsort_r(rules, *count, sizeof(*rules), compare_rules, &sort);
	return rules;
}
