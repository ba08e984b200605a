/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/endpoint.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "simulator/endpoint_addresses.h"
#include "simulator/lb_targets.h"
#include "simulator/reach/parties.h"

enum { CANDIDATES_MAX = 8 };

void endpoint_done(struct endpoint *endpoint)
{
	free(endpoint->ends);
	*endpoint = (struct endpoint){ 0 };
}

/* An interface stands for all its addresses: what one of them can do, the host can do. */
static int add_eni(struct endpoint *out, const struct world *world, uint32_t eni_idx,
		   struct err *err)
{
	const struct eni *eni = &world->enis[eni_idx];

	for (uint32_t i = 0; i < eni->address_count; i++) {
		struct end end = { .eni_idx = eni_idx, .ip = eni->addresses[i].ip };

		if (endpoint_add_own(out, end, err) < 0)
			return -1;
	}
	return eni->prefix_count ? endpoint_add_prefixes(out, eni_idx, eni, err) : 0;
}

/* All its interfaces: those it lists, and those that say they are attached to it. */
static int add_instance(struct endpoint *out, const struct world *world, uint32_t idx,
			struct err *err)
{
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (world->enis[i].instance_idx == idx && add_eni(out, world, i, err) < 0)
			return -1;
	return 0;
}

/* What was named must have an address to ask about. */
static int check_found(const struct endpoint *out, struct err *err)
{
	if (out->count == 0)
		return err_set(err, ERR_USAGE,
			       "no interface of the snapshot that has an address is in '%s'",
			       out->query);
	return 0;
}

/* What interfaces are in: a selector's, or a tier. */
struct set {
	const struct world    *world;
	const struct selector *selector; /* NULL: the tier */
	const struct judge    *judge;
	unsigned	       tier;
};

static bool set_has(const struct set *set, uint32_t eni_idx)
{
	const struct eni *eni = &set->world->enis[eni_idx];

	if (eni->address_count == 0)
		return false;
	if (set->selector)
		return selector_has_eni(set->selector, set->world, eni_idx);
	return judge_tiers(set->judge, eni_idx, eni->addresses[0].ip) >> set->tier & 1;
}

static int add_set(struct endpoint *out, const struct set *set, struct err *err)
{
	const struct world *world = set->world;
	bool		    has_hosts = false;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI] && !has_hosts; i++)
		has_hosts = !party_is_component(&world->enis[i]) && set_has(set, i);
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (!(has_hosts && party_is_component(&world->enis[i])) && set_has(set, i) &&
		    add_eni(out, world, i, err) < 0)
			return -1;
	return 0;
}

static int add_selected(struct endpoint *out, const struct world *world,
			const struct selector *selector, struct err *err)
{
	const struct set set = { .world = world, .selector = selector };

	return add_set(out, &set, err) < 0 ? -1 : check_found(out, err);
}

static int add_tier(struct endpoint *out, const struct world *world, const struct judge *judge,
		    struct str name, struct err *err)
{
	const struct intent *intent = judge ? judge_policy(judge) : NULL;
	struct set	     set = { .world = world, .judge = judge };

	if (!intent)
		return err_set(err, ERR_USAGE, "'%s' needs a policy: give --policy FILE",
			       out->query);
	while (set.tier < intent->tier_count && !str_eq(intent->tiers[set.tier].name, name))
		set.tier++;
	if (set.tier == intent->tier_count)
		return err_set(err, ERR_USAGE, "the policy has no tier '%.*s'", STR_ARG(name));
	if (add_set(out, &set, err) < 0 ||
	    endpoint_add_tier_blocks(out, world, judge, set.tier, err) < 0)
		return -1;
	return check_found(out, err);
}

/* What a bare word may mean: candidates, each an instance or an interface. */
struct candidates {
	enum world_kind kinds[CANDIDATES_MAX];
	uint32_t	idxs[CANDIDATES_MAX];
	size_t		count, total;
};

static void candidates_add(struct candidates *candidates, enum world_kind kind, uint32_t idx)
{
	if (candidates->count < CANDIDATES_MAX) {
		candidates->kinds[candidates->count] = kind;
		candidates->idxs[candidates->count++] = idx;
	}
	candidates->total++;
}

/* Instances by Name; interfaces by their own, unless they belong to an instance that has it too. */
static void find_by_name(const struct world *world, struct str name, struct candidates *out)
{
	if (name.len == 0) /* what has no name is not called "" */
		return;
	for (uint32_t i = 0; i < world->counts[WORLD_INSTANCE]; i++)
		if (str_eq(world->instances[i].object.name, name))
			candidates_add(out, WORLD_INSTANCE, i);
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		const struct eni *eni = &world->enis[i];

		if (!str_eq(eni->object.name, name))
			continue;
		if (eni->instance_idx == WORLD_NONE ||
		    !str_eq(world->instances[eni->instance_idx].object.name, name))
			candidates_add(out, WORLD_ENI, i);
	}
}

static void find_by_prefix(const struct world *world, enum world_kind kind, struct str prefix,
			   struct candidates *out)
{
	for (uint32_t i = 0; i < world->counts[kind]; i++) {
		struct str id = world_object(world, kind, i)->id;

		if (id.len >= prefix.len && str_eq(str_head(id, prefix.len), prefix))
			candidates_add(out, kind, i);
	}
}

static int ambiguous(const struct endpoint *out, const struct world *world,
		     const struct candidates *candidates, struct err *err)
{
	auto_buf struct buf list = buf_make(400);

	for (size_t i = 0; i < candidates->count; i++) {
		const struct object *object = world_object(world, candidates->kinds[i],
							   candidates->idxs[i]);

		buf_add_text(&list, i ? ", " : "");
		buf_add_str(&list, object->id);
		if (object->name.len)
			buf_printf(&list, " (%.*s)", STR_ARG(object->name));
	}
	if (candidates->total > candidates->count)
		buf_printf(&list, " and %zu more", candidates->total - candidates->count);
	return err_set(err, ERR_USAGE, "'%s' is ambiguous: %s", out->query, list.data);
}

/* Names that the word is the beginning of: "web-1, web-2". */
static void list_longer(const struct world *world, struct str word, struct buf *out)
{
	struct str last = { 0 };
	size_t	   count = 0;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		struct str label = world_eni_label(world, i);

		if (label.len <= word.len || !str_eq(str_head(label, word.len), word) ||
		    str_eq(label, last))
			continue;
		last = label;
		if (count++ < CANDIDATES_MAX) {
			buf_add_text(out, count > 1 ? ", " : "");
			buf_add_str(out, label);
		}
	}
	if (count > CANDIDATES_MAX)
		buf_printf(out, " and %zu more", count - CANDIDATES_MAX);
}

/* The word that a group, subnet or VPC of that name is asked by, or NULL. */
static const char *keyword_for(const struct world *world, struct str name)
{
	static const struct {
		enum world_kind kind;
		const char     *keyword;
	} kinds[] = { { WORLD_SG, "sg" }, { WORLD_SUBNET, "subnet" }, { WORLD_VPC, "vpc" } };

	for (size_t k = 0; name.len && k < ARRAY_LEN(kinds); k++)
		for (uint32_t i = 0; i < world->counts[kinds[k].kind]; i++)
			if (str_eq(world_object(world, kinds[k].kind, i)->name, name))
				return kinds[k].keyword;
	return NULL;
}

static int not_found(const struct endpoint *out, const struct world *world, struct str name,
		     struct err *err)
{
	auto_buf struct buf longer = buf_make(400);
	const char	   *keyword = keyword_for(world, name);
	struct str	    best = { 0 };
	unsigned	    distance = 4;

	if (keyword)
		return err_set(err, ERR_USAGE,
			       "no interface is called '%s', did you mean '%s:%.*s'?", out->query,
			       keyword, STR_ARG(name));
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		struct str label = world_eni_label(world, i);
		unsigned   now = str_distance(name, label);

		if (now < distance && now < name.len) {
			distance = now;
			best = label;
		}
	}
	if (best.len)
		return err_set(err, ERR_USAGE,
			       "nothing in the snapshot is called '%s', did you mean '%.*s'?",
			       out->query, STR_ARG(best));
	if (name.len)
		list_longer(world, name, &longer);
	return err_set(err, ERR_USAGE, "nothing in the snapshot is called '%s'%s%s", out->query,
		       longer.len ? "; what begins so: " : "", longer.data);
}

/* The interfaces of its nodes: what is sent to one of them, the load balancer gets. */
static int add_lb(struct endpoint *out, const struct world *world, uint32_t lb_idx, struct err *err)
{
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (lb_of_eni(world, i) == lb_idx && add_eni(out, world, i, err) < 0)
			return -1;
	return check_found(out, err);
}

static int lb_not_found(const struct world *world, struct str name, struct err *err)
{
	struct str best = { 0 };
	unsigned   distance = 4;

	for (uint32_t i = 0; i < world->counts[WORLD_LB]; i++) {
		unsigned now = str_distance(name, world->lbs[i].object.name);

		if (now < distance && now < name.len) {
			distance = now;
			best = world->lbs[i].object.name;
		}
	}
	return err_set(err, ERR_USAGE, "no load balancer of the snapshot is called '%.*s'%s%.*s%s",
		       STR_ARG(name), best.len ? ", did you mean 'lb:" : "", STR_ARG(best),
		       best.len ? "'?" : "");
}

/* By name or ARN; names are unique in a Region only. */
static int add_lb_named(struct endpoint *out, const struct world *world, struct str name,
			struct err *err)
{
	struct candidates found = { 0 };

	for (uint32_t i = 0; name.len && i < world->counts[WORLD_LB]; i++)
		if (str_eq(world->lbs[i].object.name, name) ||
		    str_eq(world->lbs[i].object.id, name))
			candidates_add(&found, WORLD_LB, i);
	if (found.total > 1)
		return ambiguous(out, world, &found, err);
	if (found.total == 0)
		return lb_not_found(world, name, err);
	return add_lb(out, world, found.idxs[0], err);
}

/* The interfaces of an interface endpoint.  A gateway endpoint has none: its service has addresses. */
static int add_vpce(struct endpoint *out, const struct world *world, uint32_t vpce_idx,
		    struct err *err)
{
	const struct vpce *vpce = &world->vpces[vpce_idx];

	for (uint32_t i = 0; i < vpce->eni_count; i++) {
		uint32_t eni_idx = world_index(world, WORLD_ENI, vpce->eni_ids[i]);

		if (eni_idx != WORLD_NONE && add_eni(out, world, eni_idx, err) < 0)
			return -1;
	}
	if (vpce->eni_count == 0)
		return err_set(err, ERR_USAGE,
			       "'%s' is a gateway endpoint, which has no interface: ask for an "
			       "address of the service",
			       out->query);
	return check_found(out, err);
}

static int add_candidate(struct endpoint *out, const struct world *world, enum world_kind kind,
			 uint32_t idx, struct err *err)
{
	struct selector selector;
	struct str	id = world_object(world, kind, idx)->id;

	if (kind == WORLD_INSTANCE)
		return add_instance(out, world, idx, err) < 0 ? -1 : check_found(out, err);
	if (kind == WORLD_ENI)
		return add_eni(out, world, idx, err) < 0 ? -1 : check_found(out, err);
	if (kind == WORLD_LB)
		return add_lb(out, world, idx, err);
	if (kind == WORLD_VPCE)
		return add_vpce(out, world, idx, err);
	if (selector_parse(id, &selector, err) < 0 || selector.kind == SELECT_CIDR)
		return err_set(err, ERR_USAGE,
			       "'%s' is %.*s, which is no end of a path: expected an instance, "
			       "interface, subnet, group, VPC, endpoint or load balancer",
			       out->query, STR_ARG(id));
	return add_selected(out, world, &selector, err);
}

/* The interfaces that name a group, subnet, VPC or instance which the snapshot lacks. */
static int add_lacking(struct endpoint *out, const struct world *world, struct str id,
		       struct err *err)
{
	struct selector selector;
	struct err	ignored;

	int result;

	if (str_find(id, '*') < id.len || str_find(id, '?') < id.len ||
	    selector_parse(id, &selector, &ignored) < 0 || selector.kind == SELECT_CIDR)
		return not_found(out, world, id, err);
	result = add_selected(out, world, &selector, err);
	return result < 0 && out->count == 0 ? not_found(out, world, id, err) : result;
}

/* A Name tag, else an exact id, else an unambiguous prefix of one. */
static int add_word(struct endpoint *out, const struct world *world, struct str word,
		    struct err *err)
{
	struct candidates found = { 0 };
	enum world_kind	  kind;
	uint32_t	  idx;

	find_by_name(world, word, &found);
	if (found.total == 0 && world_find(world, word, &kind, &idx))
		candidates_add(&found, kind, idx);
	for (int i = 0; found.total == 0 && word.len > 2 && i < WORLD_KIND_COUNT; i++)
		find_by_prefix(world, (enum world_kind)i, word, &found);
	if (found.total > 1)
		return ambiguous(out, world, &found, err);
	if (found.total == 0)
		return add_lacking(out, world, word, err);
	return add_candidate(out, world, found.kinds[0], found.idxs[0], err);
}

static bool has_keyword(struct str text)
{
	static const char *const keywords[] = { "tag:", "name:", "subnet:", "sg:", "vpc:" };

	for (size_t i = 0; i < ARRAY_LEN(keywords); i++)
		if (str_starts(text, keywords[i]))
			return true;
	return false;
}

static int resolve(struct endpoint *out, struct str text, const struct world *world,
		   const struct judge *judge, struct err *err)
{
	struct selector selector;
	struct err	ignored;
	struct ip	ip;

	if (str_is(text, "internet"))
		return endpoint_add_foreign(out, (struct end){ .eni_idx = WORLD_NONE }, err);
	if (str_is(text, "on-premises"))
		return endpoint_add_on_premises(out, world, judge, err);
	if (str_starts(text, "tier:"))
		return add_tier(out, world, judge, str_skip(text, 5), err);
	if (str_starts(text, "lb:"))
		return add_lb_named(out, world, str_skip(text, 3), err);
	if (ip_parse(text, &ip, &ignored) == 0)
		return endpoint_add_ip(out, world, ip, err);
	if (!has_keyword(text) && str_find(text, '/') == text.len)
		return add_word(out, world, text, err);
	if (selector_parse(text, &selector, err) < 0) {
		err->kind = ERR_USAGE;
		return -1;
	}
	if (selector.kind == SELECT_CIDR && selector.cidr.prefix_len == ip_bits(selector.cidr.base))
		return endpoint_add_ip(out, world, selector.cidr.base, err);
	if (selector.kind == SELECT_CIDR)
		return endpoint_add_block(out, world, judge, selector.cidr, err);
	return add_selected(out, world, &selector, err);
}

static int resolve_as(struct endpoint endpoint, const struct world *world,
		      const struct judge *judge, struct endpoint *out, struct err *err)
{
	if (resolve(&endpoint, str_of(endpoint.query), world, judge, err) < 0 ||
	    endpoint_divide_prefixes(&endpoint, world, judge, err) < 0) {
		endpoint_done(&endpoint);
		return -1;
	}
	*out = endpoint;
	return 0;
}

int endpoint_resolve(const char *text, const struct world *world, const struct judge *judge,
		     struct endpoint *out, struct err *err)
{
	return resolve_as((struct endpoint){ .query = text }, world, judge, out, err);
}

int endpoint_resolve_receiver(const char *text, const struct world *world,
			      const struct judge *judge, struct endpoint *out, struct err *err)
{
	return resolve_as((struct endpoint){ .query = text, .is_receiver = true }, world, judge,
			  out, err);
}
