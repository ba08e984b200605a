/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/addresses.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

/* What is asked for, what else there is of its scope and family, and what is not to be in a block of either. */
enum part { PART_NONE, PART_IN, PART_OUT, PART_APART };

struct covering {
	const struct stretch *stretches; /* of all families; ascending */
	size_t		      count;
	const uint8_t	     *parts; /* by kind; PART_NONE: as if it were not there */
	enum span_family      family;
	struct cidr	     *cidrs;
	size_t		      cidr_count, capacity;
};

/* An IPv4 address is the upper 32 bits of its point: the others count as its own. */
static struct point last_point(struct ip ip)
{
	struct point point = point_of(ip);

	if (ip.family == IP_V4) {
		point.hi |= UINT32_MAX;
		point.lo = UINT64_MAX;
	}
	return point;
}

static struct point block_last(struct point base, unsigned prefix_len)
{
	base.hi |= prefix_len >= 64 ? 0 : UINT64_MAX >> prefix_len;
	base.lo |= prefix_len >= 128  ? 0
		   : prefix_len <= 64 ? UINT64_MAX
				      : UINT64_MAX >> (prefix_len - 64);
	return base;
}

static unsigned common_bits(struct point a, struct point b)
{
	if (a.hi != b.hi)
		return (unsigned)__builtin_clzll(a.hi ^ b.hi);
	return a.lo == b.lo ? 128 : 64 + (unsigned)__builtin_clzll(a.lo ^ b.lo);
}

static struct point after(struct point point)
{
	point.lo++;
	point.hi += point.lo == 0;
	return point;
}

static void add_block(struct covering *covering, struct point first, struct point last)
{
	unsigned    bits = covering->family == SPAN_V4 ? 32 : 128;
	unsigned    len = common_bits(first, last);
	struct cidr cidr = { .prefix_len = (uint8_t)(len < bits ? len : bits) };

	cidr.base = ip_mask(point_ip(first, covering->family), cidr.prefix_len);
	covering->cidrs = mem_grow(covering->cidrs, covering->cidr_count, &covering->capacity,
				   sizeof(*covering->cidrs));
	covering->cidrs[covering->cidr_count++] = cidr;
}

static enum part part_at(const struct covering *covering, size_t i)
{
	return (enum part)covering->parts[covering->stretches[i].kind];
}

/* How long a block around a point has to be to keep out the stretches on both sides. */
static unsigned len_between(const struct covering *covering, struct point point, size_t before,
			    size_t behind)
{
	unsigned len = 0, other;

	if (before < covering->count)
		len = common_bits(point, last_point(covering->stretches[before].last)) + 1;
	if (behind < covering->count) {
		other = common_bits(point, point_of(covering->stretches[behind].first)) + 1;
		len = other > len ? other : len;
	}
	return len;
}

/* The stretches first..behind without a wrong one: the largest blocks, each drawn in to what it is there for. */
static void cover_run(struct covering *covering, enum part part, size_t first, size_t before,
		      size_t behind)
{
	struct point start = point_of(covering->stretches[first].first);
	size_t	     i = first;

	while (i < behind) {
		unsigned     len = len_between(covering, start, before, behind);
		struct point last = block_last(start, len), until = start;

		for (; i < behind; i++) {
			struct point own = last_point(covering->stretches[i].last);

			if (part_at(covering, i) != part)
				continue;
			if (point_cmp(point_of(covering->stretches[i].first), last) > 0)
				break;
			until = point_cmp(own, last) < 0 ? own : last;
			if (point_cmp(own, last) > 0)
				break;
		}
		add_block(covering, start, until);
		if (i == behind)
			return;
		start = point_of(covering->stretches[i].first);
		if (point_cmp(start, last) <= 0)
			start = after(last);
	}
}

/* No more blocks than limit are of use, but there may be. */
static struct cidr *cover(struct covering *covering, enum part part, size_t limit, size_t *count)
{
	size_t before = covering->count, i = 0;

	covering->cidrs = NULL;
	covering->cidr_count = covering->capacity = 0;
	while (i < covering->count && covering->cidr_count <= limit) {
		size_t behind = i + 1;

		if (part_at(covering, i) != part) {
			before = part_at(covering, i) == PART_NONE ? before : i;
			i++;
			continue;
		}
		while (behind < covering->count && (part_at(covering, behind) == part ||
						    part_at(covering, behind) == PART_NONE))
			behind++;
		cover_run(covering, part, i, before, behind);
		i = behind;
	}
	*count = covering->cidr_count;
	return covering->cidrs;
}

static void add_size(struct point *sum, const struct stretch *stretch)
{
	struct point first = point_of(stretch->first), last = point_of(stretch->last);
	struct point size = { .hi = last.hi - first.hi - (last.lo < first.lo),
			      .lo = last.lo - first.lo };

	if (stretch->first.family == IP_V4)
		size = (struct point){ .hi = 0, .lo = size.hi >> 32 };
	size = after(size);
	sum->lo += size.lo;
	sum->hi += size.hi + (sum->lo < size.lo);
}

/* Private addresses are never meant where the internet is spoken of. */
static uint8_t *find_parts(const struct kinds *kinds, const uint32_t *kind_idxs, size_t count)
{
	const struct kind *like = &kinds->items[kind_idxs[0]];
	uint8_t		  *parts = mem_alloc(kinds->count);

	for (size_t i = 0; i < kinds->count; i++) {
		const struct kind *kind = &kinds->items[i];

		if (kind->family != like->family || kind->scope == KIND_INTERFACES)
			continue;
		if (kind->scope == like->scope)
			parts[i] = PART_OUT;
		else if (like->scope == KIND_ON_PREMISES)
			parts[i] = PART_APART;
	}
	for (size_t i = 0; i < count; i++) {
		assert(parts[kind_idxs[i]] == PART_OUT || parts[kind_idxs[i]] == PART_IN);
		parts[kind_idxs[i]] = PART_IN;
	}
	return parts;
}

struct addresses addresses_of(const struct kinds *kinds, const uint32_t *kind_idxs, size_t count)
{
	const struct kind *like = &kinds->items[kind_idxs[0]];
	auto_free uint8_t *parts = find_parts(kinds, kind_idxs, count);
	struct covering	   covering = { .stretches = kinds->stretches,
					.count = kinds->stretch_count,
					.parts = parts,
					.family = span_family(like->ends[0].ip) };
	struct addresses   out = { .scope = like->scope, .family = like->family, .is_all = true };

	for (size_t i = 0; i < covering.count; i++) {
		enum part part = part_at(&covering, i);

		if (part == PART_IN)
			add_size(&out.size, &covering.stretches[i]);
		else if (part == PART_OUT)
			out.is_all = false;
	}
	out.cidrs = cover(&covering, PART_IN, SIZE_MAX - 1, &out.count);
	/* What is missing is worth telling when it is less. */
	if (!out.is_all && out.count > 1)
		out.others = cover(&covering, PART_OUT, out.count, &out.other_count);
	/* The internet of IPv6 lies in an eighth of it, which nobody says. */
	if (out.is_all && out.scope == KIND_INTERNET) {
		out.cidrs[0] = (struct cidr){ .base = { .family = out.family } };
		out.count = 1;
	}
	return out;
}

void addresses_done(struct addresses *addresses)
{
	free(addresses->cidrs);
	free(addresses->others);
	*addresses = (struct addresses){ 0 };
}

static void add_cidrs(const struct cidr *cidrs, size_t count, size_t limit, struct buf *out)
{
	char   text[CIDR_TEXT_SIZE];
	size_t shown = limit == 0 ? 1 : limit;

	for (size_t i = 0; i < count && i < shown; i++) {
		cidr_print(cidrs[i], text);
		buf_printf(out, "%s%s", i ? " " : "", text);
	}
	if (count > shown)
		buf_printf(out, " … and %zu more", count - shown);
}

void addresses_words(const struct addresses *addresses, size_t limit, struct buf *out)
{
	const char *scope = addresses->scope == KIND_INTERNET ? "internet" : "on-premises";

	if (addresses->is_all) {
		buf_add_text(out, scope);
	} else if (addresses->other_count && addresses->other_count < addresses->count) {
		buf_printf(out, "%s but ", scope);
		add_cidrs(addresses->others, addresses->other_count, limit, out);
	} else {
		add_cidrs(addresses->cidrs, addresses->count, limit, out);
	}
}

void addresses_size_words(const struct addresses *addresses, struct buf *out)
{
	struct point size = addresses->size;

	if (addresses->family == IP_V4 || size.hi == 0) {
		buf_add_grouped(out, size.lo);
	} else if (size.hi >> 16) {
		buf_add_grouped(out, size.hi >> 16);
		buf_add_text(out, (size.hi & UINT16_MAX) || size.lo ? "+ /48s" : " /48s");
	} else {
		buf_add_grouped(out, size.hi);
		buf_add_text(out, size.lo ? "+ /64s" : " /64s");
	}
}
