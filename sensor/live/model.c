/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/model.h"

#include <stdlib.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "policies/world/documents.h"

static uint64_t stamp_of(const char *path)
{
	struct documents documents;
	struct err	 err;

	if (documents_look(path, &documents, &err) == 0)
		return documents.stamp;
	return map_hash(err.text, strlen(err.text));
}

uint64_t model_stamp(const struct model_args *args)
{
	const uint64_t both[] = { stamp_of(args->snapshot),
				  args->policy ? stamp_of(args->policy) : 0 };

	return map_hash(both, sizeof(both));
}

static bool fail(struct err_list *errors, const struct err *err)
{
	err_list_add(errors, err);
	return false;
}

/* Before anything is read: what is far too large would take all memory first. */
static bool look(const struct model_args *args, struct model *model, struct err_list *errors)
{
	struct documents documents;
	struct err	 err;

	if (documents_look(args->snapshot, &documents, &err) < 0)
		return fail(errors, &err);
	model->snapshot_s = documents.newest_s;
	if (documents.bytes <= args->memory_bytes / MODEL_MEMORY_FACTOR)
		return true;
	err_at(&err, args->snapshot, 0, 0,
	       "has %llu MiB of JSON, which may take %d times as much memory; raise --model-memory",
	       (unsigned long long)(documents.bytes >> 20) + 1, MODEL_MEMORY_FACTOR);
	return fail(errors, &err);
}

static uint64_t bytes_of(struct world *world)
{
	uint64_t bytes = world->arena.used;

	for (int kind = 0; kind < WORLD_KIND_COUNT; kind++) {
		size_t size;

		(void)world_rows(world, (enum world_kind)kind, &size);
		bytes += world->capacities[kind] * size;
	}
	return bytes;
}

static uint64_t rules_of(const struct world *world)
{
	uint64_t rules = 0;

	for (size_t i = 0; i < world->counts[WORLD_SG]; i++)
		rules += world->sgs[i].rule_count;
	for (size_t i = 0; i < world->counts[WORLD_NACL]; i++)
		rules += world->nacls[i].rule_count;
	return rules;
}

static void compile(const struct model_args *args, struct model *model)
{
	model->matcher = matcher_open(model->world);
	for (size_t i = 0; i < args->interface_count; i++) {
		uint32_t eni_idx = world_index(model->world, WORLD_ENI, args->interface_ids[i]);

		for (int egress = 0; eni_idx != WORLD_NONE && egress < 2; egress++)
			matcher_need(model->matcher, matcher_side(model->matcher, eni_idx, egress));
	}
}

static bool load(const struct model_args *args, struct model *model, struct err_list *errors)
{
	struct err err;

	if (args->policy) {
		model->intent = intent_open(args->policy, errors);
		if (!model->intent)
			return false;
	}
	if (!look(args, model, errors))
		return false;
	model->world = world_open(args->snapshot, errors);
	if (!model->world)
		return false;
	if (model->world->taken_s)
		model->snapshot_s = model->world->taken_s;
	if (model->intent)
		model->judge = judge_new(model->intent, model->world);
	compile(args, model);
	model->rules = rules_of(model->world);
	model->bytes = bytes_of(model->world) + matcher_size(model->matcher).bytes;
	if (model->bytes <= args->memory_bytes)
		return true;
	err_at(&err, args->snapshot, 0, 0, "takes %llu MiB; raise --model-memory",
	       (unsigned long long)(model->bytes >> 20) + 1);
	return fail(errors, &err);
}

struct model *model_load(const struct model_args *args, struct err_list *errors)
{
	struct model *model = mem_alloc(sizeof(*model));

	*errors = (struct err_list){ 0 };
	if (load(args, model, errors))
		return model;
	model_free(model);
	return NULL;
}

void model_free(struct model *model)
{
	if (!model)
		return;
	matcher_free(model->matcher);
	judge_free(model->judge);
	intent_free(model->intent);
	world_free(model->world);
	free(model);
}
