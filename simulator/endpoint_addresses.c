/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/endpoint_addresses.h"

#include <stdlib.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "simulator/prefix_ends.h"
#include "simulator/public_ip.h"
#include "simulator/reach/foreign.h"
#include "simulator/reach/parties.h"

int endpoint_add_foreign(struct endpoint *out, struct end end, struct err *err)
{
	if (out->count >= ENDPOINT_ENDS_MAX)
		return err_set(err, ERR_USAGE, "'%s' names more than %d interfaces", out->query,
			       ENDPOINT_ENDS_MAX);
	out->ends = mem_grow(out->ends, out->count, &out->capacity, sizeof(*out->ends));
	out->ends[out->count++] = end;
	return 0;
}

int endpoint_add_own(struct endpoint *out, struct end end, struct err *err)
{
	if (endpoint_add_foreign(out, end, err) < 0)
		return -1;
	out->own_count = out->count;
	return 0;
}

int endpoint_add_prefixes(struct endpoint *out, uint32_t eni_idx, const struct eni *eni,
			  struct err *err)
{
	struct end end = { .eni_idx = eni_idx,
			   .ip = eni->prefixes[0].base,
			   .prefix_len = eni->prefixes[0].prefix_len };

	out->has_prefixes = true;
	return endpoint_add_own(out, end, err);
}

static int divide(struct endpoint *out, const struct endpoint *whole,
		  const struct prefix_ends *prefixes, struct err *err)
{
	for (size_t i = 0; i < whole->count; i++) {
		const struct end *end = &whole->ends[i];

		if (i >= whole->own_count && endpoint_add_foreign(out, *end, err) < 0)
			return -1;
		if (i < whole->own_count && end->prefix_len == 0 &&
		    endpoint_add_own(out, *end, err) < 0)
			return -1;
		if (end->prefix_len == 0)
			continue;
		for (uint32_t j = prefixes->firsts[end->eni_idx];
		     j < prefixes->firsts[end->eni_idx + 1]; j++)
			if (endpoint_add_own(out, prefixes->items[j].end, err) < 0)
				return -1;
	}
	if (out->count == 0)
		return err_set(err, ERR_USAGE, "all of the prefixes of '%s' are other interfaces'",
			       whole->query);
	return 0;
}

int endpoint_divide_prefixes(struct endpoint *endpoint, const struct world *world,
			     const struct judge *judge, struct err *err)
{
	struct endpoint	       whole = *endpoint;
	struct address_classes classes;
	struct prefix_ends     prefixes;
	int		       result;

	if (!whole.has_prefixes)
		return 0;
	*endpoint = (struct endpoint){ .query = whole.query, .is_receiver = whole.is_receiver };
	classes = address_classes_of(world, judge, ADDRESS_PEER);
	prefixes = prefix_ends_of(world, &classes);
	result = divide(endpoint, &whole, &prefixes, err);
	prefix_ends_done(&prefixes);
	address_classes_done(&classes);
	endpoint_done(&whole);
	return result;
}

/* By its public address: to be sent to by that, else the interface as it knows itself. */
static struct end public_end(const struct endpoint *out, uint32_t eni_idx,
			     const struct address *address)
{
	if (out->is_receiver)
		return (struct end){ .eni_idx = WORLD_NONE, .ip = address->public_ip };
	return (struct end){ .eni_idx = eni_idx, .ip = address->ip };
}

/* An address that no VPC has. */
static int add_public_ip(struct endpoint *out, const struct world *world, struct ip ip,
			 struct err *err)
{
	struct end end = { .eni_idx = WORLD_NONE, .ip = ip };
	uint32_t   eni_idx;

	if (public_ip_vpc(world, ip) == WORLD_NONE)
		return endpoint_add_foreign(out, end, err);
	if (lpm_find(&world->public_enis, ip, &eni_idx, NULL))
		for (uint32_t i = 0; i < world->enis[eni_idx].address_count; i++)
			if (ip_eq(world->enis[eni_idx].addresses[i].public_ip, ip))
				end = public_end(out, eni_idx, &world->enis[eni_idx].addresses[i]);
	return endpoint_add_own(out, end, err);
}

int endpoint_add_ip(struct endpoint *out, const struct world *world, struct ip ip, struct err *err)
{
	struct end	    end = { .eni_idx = WORLD_NONE, .ip = ip };
	auto_buf struct buf candidates = buf_make(200);
	size_t		    owners = 0;

	for (uint32_t i = 0; i < world->counts[WORLD_VPC]; i++) {
		uint32_t eni_idx = world_eni_in_vpc(world, i, ip);

		if (eni_idx == WORLD_NONE)
			continue;
		end.eni_idx = eni_idx;
		buf_add_text(&candidates, owners++ ? ", " : "");
		buf_add_str(&candidates, world->enis[eni_idx].object.id);
	}
	if (owners > 1)
		return err_set(err, ERR_USAGE, "'%s' is ambiguous: %s", out->query,
			       candidates.data);
	return owners ? endpoint_add_own(out, end, err) : add_public_ip(out, world, ip, err);
}

static bool has_address(const struct cidr *cidr, const struct address *address)
{
	return cidr_has(*cidr, address->ip) || cidr_has(*cidr, address->public_ip);
}

static bool is_in(const struct cidr *cidr, const struct eni *eni)
{
	for (uint32_t i = 0; i < eni->address_count; i++)
		if (has_address(cidr, &eni->addresses[i]))
			return true;
	for (uint32_t i = 0; i < eni->prefix_count; i++)
		if (cidr_covers(*cidr, eni->prefixes[i]) || cidr_covers(eni->prefixes[i], *cidr))
			return true;
	return false;
}

static bool has_host(const struct world *world, const struct cidr *cidr)
{
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++)
		if (!party_is_component(&world->enis[i]) && is_in(cidr, &world->enis[i]))
			return true;
	return false;
}

/* What of an interface's delegated prefixes is in the block, by the first address that is. */
static int add_prefixes_in(struct endpoint *out, const struct kinds *kinds, uint32_t eni_idx,
			   const struct cidr *cidr, struct err *err)
{
	struct ip last = cidr_last(*cidr);

	for (uint32_t i = kinds->eni_ends[eni_idx]; i < kinds->eni_ends[eni_idx + 1]; i++) {
		struct end end = kinds->ends[i];

		if (end.prefix_len == 0 || ip_cmp(kinds->end_lasts[i], cidr->base) < 0 ||
		    ip_cmp(end.ip, last) > 0)
			continue;
		if (ip_cmp(end.ip, cidr->base) < 0)
			end.ip = cidr->base;
		if (endpoint_add_own(out, end, err) < 0)
			return -1;
	}
	return 0;
}

/* Those addresses of an interface that are in the block. */
static int add_own_in(struct endpoint *out, uint32_t eni_idx, const struct eni *eni,
		      const struct cidr *cidr, struct err *err)
{
	for (uint32_t i = 0; i < eni->address_count; i++) {
		const struct address *address = &eni->addresses[i];
		struct end	      end = { .eni_idx = eni_idx, .ip = address->ip };
		bool		      has_own = cidr_has(*cidr, address->ip);

		if (has_own && endpoint_add_own(out, end, err) < 0)
			return -1;
		if (cidr_has(*cidr, address->public_ip) && (!has_own || out->is_receiver) &&
		    endpoint_add_own(out, public_end(out, eni_idx, address), err) < 0)
			return -1;
	}
	return 0;
}

/* Of each foreign kind that has addresses in the block and is not known yet, one of them. */
static int add_foreign_in(struct endpoint *out, const struct kinds *kinds, bool *known,
			  struct cidr cidr, struct err *err)
{
	struct ip first, last = cidr_last(cidr), free_ip;

	for (size_t i = 0; i < kinds->stretch_count; i++) {
		const struct stretch *stretch = &kinds->stretches[i];

		if (known[stretch->kind] || stretch->first.family != cidr.base.family ||
		    ip_cmp(stretch->last, cidr.base) < 0 || ip_cmp(stretch->first, last) > 0)
			continue;
		first = ip_cmp(stretch->first, cidr.base) < 0 ? cidr.base : stretch->first;
		free_ip = foreign_free(kinds->world, first,
				       ip_cmp(stretch->last, last) < 0 ? stretch->last : last);
		if (free_ip.family == IP_NONE)
			continue;
		known[stretch->kind] = true;
		if (endpoint_add_foreign(out, (struct end){ .eni_idx = WORLD_NONE, .ip = free_ip },
					 err) < 0)
			return -1;
	}
	return 0;
}

int endpoint_add_block(struct endpoint *out, const struct world *world, const struct judge *judge,
		       struct cidr cidr, struct err *err)
{
	bool	      has_hosts = has_host(world, &cidr);
	struct kinds *kinds = kinds_new(world, judge);
	bool	     *known = mem_alloc(kinds->count + 1);
	int	      result = 0;

	for (uint32_t i = 0; i < world->counts[WORLD_ENI] && result == 0; i++) {
		if (has_hosts && party_is_component(&world->enis[i]))
			continue;
		result = add_own_in(out, i, &world->enis[i], &cidr, err);
		if (result == 0)
			result = add_prefixes_in(out, kinds, i, &cidr, err);
	}
	if (result == 0)
		result = add_foreign_in(out, kinds, known, cidr, err);
	free(known);
	kinds_free(kinds);
	if (result == 0 && out->count == 0)
		return err_set(
			err, ERR_USAGE,
			"no interface of the snapshot has an address in '%s', and none of it "
			"is the internet's or a private one outside the VPCs",
			out->query);
	return result;
}

int endpoint_add_on_premises(struct endpoint *out, const struct world *world,
			     const struct judge *judge, struct err *err)
{
	struct kinds *kinds = kinds_new(world, judge);
	int	      result = 0;

	for (size_t i = 0; i < kinds->count && result == 0; i++)
		if (kinds->items[i].scope == KIND_ON_PREMISES)
			result = endpoint_add_foreign(out, kinds->items[i].ends[0], err);
	kinds_free(kinds);
	if (result == 0 && out->count == 0)
		return err_set(err, ERR_USAGE,
			       "all private addresses are the VPCs' own: none is "
			       "left for 'on-premises'");
	return result;
}

int endpoint_add_tier_blocks(struct endpoint *out, const struct world *world,
			     const struct judge *judge, unsigned tier, struct err *err)
{
	const struct intent_tier *of = &judge_policy(judge)->tiers[tier];
	struct kinds		 *kinds = NULL;
	bool			 *known = NULL;
	int			  result = 0;

	for (uint32_t i = 0; i < of->selector_count && result == 0; i++) {
		if (of->selectors[i].kind != SELECT_CIDR)
			continue;
		if (!kinds) {
			kinds = kinds_new(world, judge);
			known = mem_alloc(kinds->count + 1);
		}
		result = add_foreign_in(out, kinds, known, of->selectors[i].cidr, err);
	}
	kinds_free(kinds);
	free(known);
	return result;
}
