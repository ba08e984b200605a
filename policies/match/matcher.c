/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/match/matcher.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/match/eval.h"
#include "policies/match/plane.h"

/*
 * When a side of matcher_open is compiled: when it was asked about as often as the plain evaluation would
 * have to be asked to cost as much.  Worlds with more interfaces have policies that take longer.
 */
enum { WANTED_MIN = 64, WANTED_ENIS = 64, WANTED_BYTES_MAX = 512 << 20 };

struct matcher {
	const struct world    *world; /* borrowed */
	const struct eval_ops *eval;
	uint32_t	      *kind_of;	 /* by interface */
	uint32_t	      *first_of; /* kind → one of its interfaces */
	size_t		       kind_count, kind_capacity, compiled;
	struct plane	     **planes; /* kind × 2 + egress */
	/* Of matcher_open only. */
	struct owners *owners; /* NULL until the first policy is compiled */
	struct pool   *pool;
	struct plane  *asking; /* stands for those that are not compiled */
	uint32_t      *wanted; /* by side: how often */
	size_t	       wanted_bytes;
};

/* Everything of an interface that its decisions depend on, as text in which nothing can be mistaken. */
static void kind_key(const struct eni *eni, struct buf *key)
{
	buf_clear(key);
	buf_printf(key, "%u %u %zu:", eni->vpc_idx, eni->subnet_idx, eni->vpc_id.len);
	buf_add_str(key, eni->vpc_id);
	for (uint32_t i = 0; i < eni->sg_count; i++)
		buf_printf(key, " %u", eni->sg_idxs[i]);
	if (eni->sg_count == 0) {
		buf_add_char(key, ' ');
		buf_add_str(key, eni->type);
	}
}

static void find_kinds(struct matcher *matcher)
{
	const struct world *world = matcher->world;
	auto_buf struct buf key = buf_make(SIZE_MAX / 2);
	struct arena	    arena = { 0 };
	struct map	    kinds = { 0 };

	matcher->kind_of = mem_alloc(world->counts[WORLD_ENI] * sizeof(*matcher->kind_of));
	for (uint32_t i = 0; i < world->counts[WORLD_ENI]; i++) {
		uint32_t kind;

		kind_key(&world->enis[i], &key);
		if (!map_get(&kinds, buf_str(&key), &kind)) {
			kind = (uint32_t)matcher->kind_count++;
			map_put(&kinds, arena_str(&arena, buf_str(&key)), kind);
			matcher->first_of = mem_grow(matcher->first_of, kind,
						     &matcher->kind_capacity, sizeof(uint32_t));
			matcher->first_of[kind] = i;
		}
		matcher->kind_of[i] = kind;
	}
	map_done(&kinds);
	arena_done(&arena);
}

static bool uses(const struct eni *eni, uint32_t sg_idx)
{
	for (uint32_t i = 0; i < eni->sg_count; i++)
		if (eni->sg_idxs[i] == sg_idx)
			return true;
	return false;
}

static bool has_same_kinds(const struct matcher *a, const struct matcher *b)
{
	size_t enis = a->world->counts[WORLD_ENI];

	return enis == b->world->counts[WORLD_ENI] && a->kind_count == b->kind_count &&
	       memcmp(a->kind_of, b->kind_of, enis * sizeof(*a->kind_of)) == 0;
}

static const struct eval_ops *const methods[MATCH_METHOD_COUNT] = {
	[MATCH_SCALAR] = &eval_scalar,
	[MATCH_AVX2] = &eval_avx2,
	[MATCH_AVX512] = &eval_avx512,
};

static struct matcher *new_matcher(const struct world *world)
{
	struct matcher *matcher = mem_alloc(sizeof(*matcher));

	matcher->world = world;
	find_kinds(matcher);
	matcher->planes = mem_alloc(2 * matcher->kind_count * sizeof(struct plane *));
	for (int method = 0; method < MATCH_METHOD_COUNT; method++)
		if (methods[method]->is_here())
			matcher->eval = methods[method];
	return matcher;
}

static struct matcher *compile(const struct matcher *old, struct owners *owners,
			       const struct world *world, uint32_t changed_sg_idx)
{
	struct matcher *matcher = new_matcher(world);
	struct pool    *pool = pool_new(2 * matcher->kind_count);

	if (old && !has_same_kinds(old, matcher))
		old = NULL;
	for (size_t side = 0; side < 2 * matcher->kind_count; side++) {
		uint32_t eni_idx = matcher->first_of[side / 2];

		if (old && !uses(&world->enis[eni_idx], changed_sg_idx)) {
			matcher->planes[side] = plane_hold(old->planes[side]);
			continue;
		}
		matcher->planes[side] = plane_new(world, owners, pool, eni_idx, side % 2);
		matcher->compiled++;
	}
	owners_free(owners);
	pool_drop(pool);
	return matcher;
}

struct matcher *matcher_recompile(const struct matcher *old, const struct world *world,
				  uint32_t changed_sg_idx)
{
	return compile(old, owners_new(world), world, changed_sg_idx);
}

struct matcher *matcher_compile(const struct world *world)
{
	return compile(NULL, owners_new(world), world, WORLD_NONE);
}

struct matcher *matcher_compile_as_large(const struct world *world)
{
	struct owners *owners = owners_new(world);

	owners_remap_always(owners);
	return compile(NULL, owners, world, WORLD_NONE);
}

struct matcher *matcher_open(const struct world *world)
{
	struct matcher *matcher = new_matcher(world);

	matcher->pool = pool_new(2 * matcher->kind_count);
	matcher->asking = plane_new_asking(matcher->pool);
	matcher->wanted = mem_alloc(2 * matcher->kind_count * sizeof(*matcher->wanted));
	for (size_t side = 0; side < 2 * matcher->kind_count; side++)
		matcher->planes[side] = plane_hold(matcher->asking);
	return matcher;
}

void matcher_need(struct matcher *matcher, uint32_t side)
{
	if (!matcher->asking || matcher->planes[side] != matcher->asking ||
	    matcher->wanted_bytes > WANTED_BYTES_MAX)
		return;
	if (!matcher->owners)
		matcher->owners = owners_new(matcher->world);
	plane_drop(matcher->planes[side]);
	matcher->planes[side] = plane_new(matcher->world, matcher->owners, matcher->pool,
					  matcher->first_of[side / 2], side % 2);
	matcher->wanted_bytes += matcher->planes[side]->size_bytes;
	matcher->compiled++;
}

void matcher_want(struct matcher *matcher, uint32_t side)
{
	size_t enough = WANTED_MIN + matcher->world->counts[WORLD_ENI] / WANTED_ENIS;

	if (matcher->asking && matcher->planes[side] == matcher->asking &&
	    ++matcher->wanted[side] >= enough)
		matcher_need(matcher, side);
}

void matcher_free(struct matcher *matcher)
{
	if (!matcher)
		return;
	for (size_t side = 0; side < 2 * matcher->kind_count; side++)
		plane_drop(matcher->planes[side]);
	plane_drop(matcher->asking);
	pool_drop(matcher->pool);
	owners_free(matcher->owners);
	free(matcher->wanted);
	free(matcher->planes);
	free(matcher->kind_of);
	free(matcher->first_of);
	free(matcher);
}

void matcher_free_at(struct matcher **matcher)
{
	matcher_free(*matcher);
}

const struct world *matcher_world(const struct matcher *matcher)
{
	return matcher->world;
}

uint32_t matcher_side(const struct matcher *matcher, uint32_t eni_idx, bool egress)
{
	return matcher->kind_of[eni_idx] * 2 + egress;
}

struct match_v4 matcher_flow_v4(uint32_t side, struct ip peer, const struct packet *packet)
{
	return (struct match_v4){ .peer = (uint32_t)(point_of(peer).hi >> 32),
				  .side = side,
				  .key = axis_key(packet) };
}

struct match_v6 matcher_flow_v6(uint32_t side, struct ip peer, const struct packet *packet)
{
	return (struct match_v6){ .peer = point_of(peer), .side = side, .key = axis_key(packet) };
}

void matcher_eval_v4(const struct matcher *matcher, const struct match_v4 *flows, size_t count,
		     uint16_t *answers)
{
	matcher->eval->v4((const struct plane *const *)matcher->planes, flows, count, answers);
}

void matcher_eval_v6(const struct matcher *matcher, const struct match_v6 *flows, size_t count,
		     uint16_t *answers)
{
	matcher->eval->v6((const struct plane *const *)matcher->planes, flows, count, answers);
}

struct interface_decision matcher_decide(const struct matcher *matcher, uint32_t side,
					 const struct packet *packet, struct match_pair pair,
					 bool as_reply)
{
	const struct world	 *world = matcher->world;
	const struct plane	 *plane = matcher->planes[side];
	struct interface_decision opening, asked;

	if (pair.opening == ANSWER_ASK || (as_reply && pair.asked == ANSWER_ASK))
		return interface_decide(world, matcher->first_of[side / 2], side % 2, packet,
					as_reply);
	opening = plane_decide(plane, world, pair.opening);
	if (!as_reply || plane_is_exempt(plane, pair.opening))
		return opening;
	asked = plane_decide(matcher->planes[side ^ 1], world, pair.asked);
	if (!opening.nacl_crossed)
		return interface_inside(asked.sg);
	return interface_crossed(asked.sg, opening.nacl);
}

static int compare_directories(const void *a, const void *b)
{
	uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

	return (x > y) - (x < y);
}

/* Each once, whichever policies share it. */
static size_t bytes_of_directories(const struct matcher *matcher)
{
	size_t				   sides = 2 * matcher->kind_count, bytes = 0;
	auto_free const struct directory **directories = mem_alloc(sides * sizeof(*directories));

	for (size_t side = 0; side < sides; side++)
		directories[side] = matcher->planes[side]->directory;
	if (sides)
		qsort(directories, sides, sizeof(*directories), compare_directories);
	for (size_t i = 0; i < sides; i++)
		if (directories[i] && (i == 0 || directories[i] != directories[i - 1]))
			bytes += directories[i]->size_bytes;
	return bytes;
}

struct matcher_size matcher_size(const struct matcher *matcher)
{
	struct matcher_size size = { .sides = 2 * matcher->kind_count,
				     .compiled = matcher->compiled };

	size.bytes = sizeof(*matcher) + size.sides * sizeof(struct plane *) +
		     matcher->world->counts[WORLD_ENI] * sizeof(*matcher->kind_of);
	for (size_t side = 0; side < size.sides; side++)
		size.bytes += matcher->planes[side]->size_bytes;
	size.bytes += bytes_of_directories(matcher);
	return size;
}

const char *match_method_text(enum match_method method)
{
	assert(method < MATCH_METHOD_COUNT);
	return methods[method]->name;
}

bool match_method_is_here(enum match_method method)
{
	assert(method < MATCH_METHOD_COUNT);
	return methods[method]->is_here();
}

void matcher_use(struct matcher *matcher, enum match_method method)
{
	assert(match_method_is_here(method));
	matcher->eval = methods[method];
}
