/* SPDX-License-Identifier: Apache-2.0 */
#include "bench/rival_acl.h"

#if WEIR_DPDK
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

#include <rte_acl.h>
#include <rte_eal.h>
#include <rte_malloc.h>
#include <rte_memory.h>
#include <rte_vect.h>

#include "lib/base/mem.h"

enum { FIELDS = 4, BURST = 256, NAME_SIZE = 32, WORDS_MAX = 16 };

struct rival {
	struct rte_acl_ctx *context;
};

/* As rte_acl wants it: a byte first, then groups of four; network order. */
struct key {
	uint8_t	 protocol, pad[3];
	uint32_t peer;
	uint16_t port, policy;
};

struct rival_input {
	struct key     *keys;
	const uint8_t **places;
	size_t		count;
};

RTE_ACL_RULE_DEF(acl_rule, FIELDS);

static const struct {
	const char		 *name;
	enum rte_acl_classify_alg alg;
} methods[RIVAL_METHODS_MAX] = {
	{ "rte_acl scalar", RTE_ACL_CLASSIFY_SCALAR },
	{ "rte_acl SSE", RTE_ACL_CLASSIFY_SSE },
	{ "rte_acl AVX2", RTE_ACL_CLASSIFY_AVX2 },
	{ "rte_acl AVX-512 x16", RTE_ACL_CLASSIFY_AVX512X16 },
	{ "rte_acl AVX-512 x32", RTE_ACL_CLASSIFY_AVX512X32 },
};

/* The same chance as the matcher has: large pages where the kernel has some. */
static int allow_large_pages(const struct rte_memseg_list *list, void *unused)
{
	(void)unused;
	(void)madvise(list->base_va, list->len, MADV_HUGEPAGE);
	return 0;
}

bool rival_open(void)
{
	static char line[] =
		"bench_match --no-huge --no-pci --no-shconf --no-telemetry -m 6144 -l 0 "
		"--log-level=*:error --force-max-simd-bitwidth=512";
	static char *words[WORDS_MAX];
	int	     count = 0;
	char	    *rest = line;

	while (count < WORDS_MAX - 1 && rest)
		words[count++] = strsep(&rest, " ");
	if (rte_eal_init(count, words) < 0)
		return false;
	rte_memseg_list_walk(allow_large_pages, NULL);
	return true;
}

/* With one policy nothing is to be compared of the policy's field. */
static struct acl_rule rule_of(const struct work *work, size_t index)
{
	const struct work_rule *rule = &work->rules[index];
	struct acl_rule		acl = { .data = { .category_mask = 1,
						  .priority = (int32_t)(work->rule_count - index),
						  .userdata = (uint32_t)index + 1 } };

	acl.field[0].value.u8 = rule->protocol;
	acl.field[0].mask_range.u8 = rule->protocol ? UINT8_MAX : 0;
	acl.field[1].value.u32 = rule->base;
	acl.field[1].mask_range.u32 = rule->prefix_len;
	acl.field[2].value.u16 = rule->port_min;
	acl.field[2].mask_range.u16 = rule->port_max;
	acl.field[3].value.u16 = (uint16_t)rule->policy;
	acl.field[3].mask_range.u16 = work->policy_count > 1 ? UINT16_MAX : 0;
	return acl;
}

static bool build(struct rte_acl_ctx *context, const struct work *work)
{
	static const struct rte_acl_config config = {
		.num_categories = 1,
		.num_fields = FIELDS,
		.defs = { { RTE_ACL_FIELD_TYPE_BITMASK, 1, 0, 0, 0 },
			  { RTE_ACL_FIELD_TYPE_MASK, 4, 1, 1, 4 },
			  { RTE_ACL_FIELD_TYPE_RANGE, 2, 2, 2, 8 },
			  { RTE_ACL_FIELD_TYPE_BITMASK, 2, 3, 2, 10 } }
	};

	for (size_t i = 0; i < work->rule_count; i++) {
		struct acl_rule rule = rule_of(work, i);

		if (rte_acl_add_rules(context, (struct rte_acl_rule *)&rule, 1) != 0)
			return false;
	}
	return rte_acl_build(context, &config) == 0;
}

static double cpu_seconds(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

struct rival *rival_build(const struct work *work, double *seconds, size_t *bytes)
{
	static unsigned		       number;
	char			       name[NAME_SIZE];
	struct rte_acl_param	       param = { .name = name,
						 .socket_id = -1,
						 .rule_size = RTE_ACL_RULE_SZ(FIELDS),
						 .max_rule_num = (uint32_t)work->rule_count };
	struct rte_malloc_socket_stats before, after;
	struct rival		      *rival = mem_alloc(sizeof(*rival));
	double			       start;

	snprintf(name, sizeof(name), "rival-%u", number++);
	rival->context = rte_acl_create(&param);
	rte_malloc_get_socket_stats(0, &before);
	start = cpu_seconds();
	if (!rival->context || !build(rival->context, work)) {
		rival_free(rival);
		return NULL;
	}
	*seconds = cpu_seconds() - start;
	rte_malloc_get_socket_stats(0, &after);
	*bytes = after.heap_allocsz_bytes - before.heap_allocsz_bytes;
	return rival;
}

void rival_free(struct rival *rival)
{
	if (rival)
		rte_acl_free(rival->context);
	free(rival);
}

struct rival_input *rival_input_new(const struct work_tuple *tuples, size_t count)
{
	struct rival_input *input = mem_alloc(sizeof(*input));

	input->count = count;
	input->keys = mem_alloc(count * sizeof(*input->keys));
	input->places = mem_alloc(count * sizeof(*input->places));
	for (size_t i = 0; i < count; i++) {
		input->keys[i] = (struct key){ .protocol = tuples[i].protocol,
					       .peer = __builtin_bswap32(tuples[i].peer),
					       .port = __builtin_bswap16(tuples[i].port),
					       .policy = __builtin_bswap16(
						       (uint16_t)tuples[i].policy) };
		input->places[i] = (const uint8_t *)&input->keys[i];
	}
	return input;
}

void rival_input_free(struct rival_input *input)
{
	free(input->keys);
	free(input->places);
	free(input);
}

const char *rival_method_text(size_t method)
{
	return methods[method].name;
}

bool rival_use(struct rival *rival, size_t method)
{
	return rte_acl_set_ctx_classify(rival->context, methods[method].alg) == 0;
}

void rival_classify(const struct rival *rival, const struct rival_input *input, uint32_t *results)
{
	for (size_t i = 0; i < input->count; i += BURST)
		rte_acl_classify(rival->context, input->places + i, results + i,
				 (uint32_t)(input->count - i < BURST ? input->count - i : BURST),
				 1);
}

#else

bool rival_open(void)
{
	return false;
}

struct rival *rival_build(const struct work *work, double *seconds, size_t *bytes)
{
	(void)work;
	(void)seconds;
	(void)bytes;
	return NULL;
}

void rival_free(struct rival *rival)
{
	(void)rival;
}

struct rival_input *rival_input_new(const struct work_tuple *tuples, size_t count)
{
	(void)tuples;
	(void)count;
	return NULL;
}

void rival_input_free(struct rival_input *input)
{
	(void)input;
}

const char *rival_method_text(size_t method)
{
	(void)method;
	return "rte_acl";
}

bool rival_use(struct rival *rival, size_t method)
{
	(void)rival;
	(void)method;
	return false;
}

void rival_classify(const struct rival *rival, const struct rival_input *input, uint32_t *results)
{
	(void)rival;
	(void)input;
	(void)results;
}

#endif
