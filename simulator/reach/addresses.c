/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/reach/addresses.h"

#include <assert.h>
#include <stdlib.h>

#include "lib/base/mem.h"

/* What is asked for, what else there is of its scope, and what is of the other one. */
enum part { PART_IN, PART_OUT, PART_APART };

struct piece {
	struct point first, last;
	enum part    part;
};

struct covering {
	struct piece	*pieces; /* ascending; between them anything goes */
	size_t		 piece_count;
	enum part	 part; /* which is to be covered */
	enum span_family family;
	struct cidr	*cidrs;
	size_t		 count, capacity;
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

static struct point max_point(struct point a, struct point b)
{
	return point_cmp(a, b) > 0 ? a : b;
}

static struct point min_point(struct point a, struct point b)
{
	return point_cmp(a, b) < 0 ? a : b;
}

static void add_block(struct covering *covering, struct point first, struct point last)
{
	unsigned    bits = covering->family == SPAN_V4 ? 32 : 128;
	unsigned    len = common_bits(first, last);
	struct cidr cidr = { .prefix_len = (uint8_t)(len < bits ? len : bits) };

	cidr.base = ip_mask(point_ip(first, covering->family), cidr.prefix_len);
	covering->cidrs = mem_grow(covering->cidrs, covering->count, &covering->capacity,
				   sizeof(*covering->cidrs));
	covering->cidrs[covering->count++] = cidr;
}

/*
 * Covers what the pieces from..to have in a block that each of them touches: the largest blocks without a
 * wrong address, each drawn in to what it is there for.
 */
static void cover(struct covering *covering, struct point base, unsigned len, size_t from,
		  size_t to)
{
	struct point last = block_last(base, len), half = base;
	size_t	     wanted = to, end = from, i;
	bool	     has_wrong = false;

	for (i = from; i < to && (wanted == to || !has_wrong); i++) {
		if (covering->pieces[i].part != covering->part)
			has_wrong = true;
		else if (wanted == to)
			wanted = i;
	}
	if (wanted == to)
		return;
	if (!has_wrong) {
		add_block(covering, max_point(covering->pieces[wanted].first, base),
			  min_point(covering->pieces[to - 1].last, last));
		return;
	}
	if (len < 64)
		half.hi |= UINT64_C(1) << (63 - len);
	else
		half.lo |= UINT64_C(1) << (127 - len);
	for (i = from; i < to && point_cmp(covering->pieces[i].first, half) < 0; i++)
		end = i + 1;
	cover(covering, base, len + 1, from, end);
	for (i = from; i < to && point_cmp(covering->pieces[i].last, half) < 0; i++)
		;
	cover(covering, half, len + 1, i, to);
}

static struct cidr *cover_part(struct covering *covering, enum part part, size_t *count)
{
	const struct point zero = { 0, 0 };

	covering->part = part;
	covering->cidrs = NULL;
	covering->count = covering->capacity = 0;
	cover(covering, zero, 0, 0, covering->piece_count);
	*count = covering->count;
	return covering->cidrs;
}

static void add_size(struct point *sum, const struct piece *piece, enum span_family family)
{
	struct point size = { .hi = piece->last.hi - piece->first.hi -
				    (piece->last.lo < piece->first.lo),
			      .lo = piece->last.lo - piece->first.lo };

	if (family == SPAN_V4)
		size = (struct point){ .hi = 0, .lo = size.hi >> 32 };
	size.lo++;
	size.hi += size.lo == 0;
	sum->lo += size.lo;
	sum->hi += size.hi + (sum->lo < size.lo);
}

/* Without a gap between them two stretches of the same part are one piece. */
static void add_piece(struct covering *covering, const struct stretch *stretch, enum part part)
{
	struct piece *before = covering->piece_count ? &covering->pieces[covering->piece_count - 1]
						     : NULL;

	if (before && before->part == part) {
		struct ip next = ip_add(point_ip(before->last, covering->family), 1);

		if (ip_eq(next, stretch->first)) {
			before->last = last_point(stretch->last);
			return;
		}
	}
	covering->pieces[covering->piece_count++] = (struct piece){ point_of(stretch->first),
								    last_point(stretch->last),
								    part };
}

/* The pieces of the family.  Private addresses are never meant where the internet is spoken of. */
static void list_pieces(struct covering *covering, const struct kinds *kinds, const bool *has,
			const struct addresses *out)
{
	for (size_t i = 0; i < kinds->stretch_count; i++) {
		const struct stretch *stretch = &kinds->stretches[i];
		const struct kind    *kind = &kinds->items[stretch->kind];

		if (kind->family != out->family)
			continue;
		if (kind->scope == out->scope)
			add_piece(covering, stretch, has[stretch->kind] ? PART_IN : PART_OUT);
		else if (out->scope == KIND_ON_PREMISES)
			add_piece(covering, stretch, PART_APART);
	}
}

static void add_sizes(struct addresses *out, const struct covering *covering)
{
	out->is_all = true;
	for (size_t i = 0; i < covering->piece_count; i++) {
		if (covering->pieces[i].part == PART_IN)
			add_size(&out->size, &covering->pieces[i], covering->family);
		else if (covering->pieces[i].part == PART_OUT)
			out->is_all = false;
	}
}

struct addresses addresses_of(const struct kinds *kinds, const uint32_t *kind_idxs, size_t count)
{
	const struct kind      *first = &kinds->items[kind_idxs[0]];
	auto_free bool	       *has = mem_alloc(kinds->count * sizeof(*has));
	auto_free struct piece *pieces = mem_alloc((kinds->stretch_count + 1) * sizeof(*pieces));
	struct covering	 covering = { .pieces = pieces, .family = span_family(first->ends[0].ip) };
	struct addresses out = { .scope = first->scope, .family = first->family };

	for (size_t i = 0; i < count; i++) {
		const struct kind *kind = &kinds->items[kind_idxs[i]];

		assert(kind->scope == out.scope && kind->family == out.family);
		has[kind_idxs[i]] = true;
	}
	list_pieces(&covering, kinds, has, &out);
	add_sizes(&out, &covering);
	out.cidrs = cover_part(&covering, PART_IN, &out.count);
	out.others = cover_part(&covering, PART_OUT, &out.other_count);
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
	} else if (addresses->other_count < addresses->count) {
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
