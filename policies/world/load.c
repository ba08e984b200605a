/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/load.h"

#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"

enum { FILES_MAX = 100000, NOTES_MAX = 1000 };

#define FILE_BYTES_MAX (UINT64_C(1) << 30)

/* The families that Weir uses, by the key that the AWS CLI prints. */
static const struct {
	const char *key;
	load_fn	   *load;
} families[] = {
	{ "Vpcs", load_vpc },
	{ "Subnets", load_subnet },
	{ "SecurityGroups", load_sg },
	{ "SecurityGroupRules", load_sg_rule },
	{ "NetworkAcls", load_nacl },
	{ "NetworkInterfaces", load_eni },
	{ "Reservations", load_reservation },
	{ "RouteTables", load_rtb },
	{ "PrefixLists", load_prefix_list },
};

struct str load_text(struct loader *loader, const cJSON *object, const char *name)
{
	return arena_str(&loader->world->arena, json_text(object, name));
}

struct str *load_texts(struct loader *loader, const cJSON *list, const char *name, uint32_t *count)
{
	struct arena *arena = &loader->world->arena;
	const cJSON  *item;
	struct str   *texts;

	*count = 0;
	if (!list || cJSON_GetArraySize(list) == 0)
		return NULL;
	texts = arena_alloc(arena, (size_t)cJSON_GetArraySize(list) * sizeof(*texts));
	cJSON_ArrayForEach(item, list) {
		struct str text = name ? json_text(item, name)
				       : str_of(cJSON_IsString(item) ? item->valuestring : NULL);

		if (text.len)
			texts[(*count)++] = arena_str(arena, text);
	}
	return texts;
}

static void load_tags(struct loader *loader, const cJSON *list, struct object *out)
{
	const cJSON *item;

	out->tags = NULL;
	out->tag_count = 0;
	if (!list || cJSON_GetArraySize(list) == 0)
		return;
	out->tags = arena_alloc(&loader->world->arena,
				(size_t)cJSON_GetArraySize(list) * sizeof(*out->tags));
	cJSON_ArrayForEach(item, list) {
		struct tag *tag = &out->tags[out->tag_count++];

		tag->key = load_text(loader, item, "Key");
		tag->value = load_text(loader, item, "Value");
		if (str_is(tag->key, "Name"))
			out->name = tag->value;
	}
}

/* The tables by kind, for what treats them alike. */
static void **rows_of(struct world *world, enum world_kind kind, size_t *size)
{
	static const size_t sizes[WORLD_KIND_COUNT] = {
		sizeof(struct vpc),  sizeof(struct subnet),	 sizeof(struct sg),
		sizeof(struct nacl), sizeof(struct eni),	 sizeof(struct instance),
		sizeof(struct rtb),  sizeof(struct prefix_list),
	};
	void **const rows[WORLD_KIND_COUNT] = {
		(void **)&world->vpcs,	(void **)&world->subnets,      (void **)&world->sgs,
		(void **)&world->nacls, (void **)&world->enis,	       (void **)&world->instances,
		(void **)&world->rtbs,	(void **)&world->prefix_lists,
	};

	*size = sizes[kind];
	return rows[kind];
}

/* A new row; *idx is its index. */
static char *add_row(struct world *world, enum world_kind kind, uint32_t *idx)
{
	size_t size, count = world->counts[kind];
	void **rows = rows_of(world, kind, &size);
	char  *row;

	*rows = mem_grow(*rows, count, &world->capacities[kind], size);
	row = (char *)*rows + count * size;
	memset(row, 0, size);
	*idx = (uint32_t)count;
	world->counts[kind]++;
	return row;
}

void *load_object(struct loader *loader, enum world_kind kind, const cJSON *object,
		  const char *id_name, struct err *err)
{
	struct world   *world = loader->world;
	struct str	id = json_text(object, id_name);
	enum world_kind known;
	uint32_t	idx;
	size_t		size;
	char	       *row;
	struct object  *common;

	if (id.len == 0) {
		err_set(err, ERR_INPUT, "expected a %s", id_name);
		return NULL;
	}
	if (world->counts[kind] >= WORLD_OBJECTS_MAX) {
		err_set(err, ERR_INPUT, "more than %d objects of one family", WORLD_OBJECTS_MAX);
		return NULL;
	}
	if (!world_find(world, id, &known, &idx)) {
		row = add_row(world, kind, &idx);
		id = arena_str(&world->arena, id);
		world_put(world, id, kind, idx);
	} else if (known == kind) {
		row = (char *)*rows_of(world, kind, &size) + idx * size;
		id = ((struct object *)row)->id;
		memset(row, 0, size);
	} else {
		err_set(err, ERR_INPUT, "id %.*s is also that of an object of another kind",
			STR_ARG(id));
		return NULL;
	}
	common = (struct object *)row;
	common->id = id;
	common->owner = load_text(loader, object, "OwnerId");
	load_tags(loader, json_list(object, kind == WORLD_ENI ? "TagSet" : "Tags"), common);
	return row;
}

int load_cidr(const cJSON *object, const char *name, struct cidr *out, struct err *err)
{
	if (cidr_parse_masked(json_text(object, name), out, err) < 0)
		return err_wrap(err, "%s", name);
	return 0;
}

int load_range(const cJSON *object, const char *const names[static 2], int16_t protocol,
	       struct load_range *out, struct err *err)
{
	int64_t max = proto_is_icmp(protocol) ? 255 : 65535;
	int64_t from = -1, to = -1;

	*out = (struct load_range){ .ports = { .min = 0, .max = 65535 },
				    .icmp_type = -1,
				    .icmp_code = -1 };
	if (!proto_has_ports(protocol) && !proto_is_icmp(protocol))
		return 0; /* any range given is ignored: aws-semantics.md 2.3 and 3 */
	if (json_int(object, names[0], -1, max, &from) < 0 ||
	    json_int(object, names[1], -1, max, &to) < 0)
		return err_set(err, ERR_INPUT, "%s and %s: expected numbers from -1 to %d",
			       names[0], names[1], (int)max);
	if (proto_is_icmp(protocol)) {
		out->icmp_type = (int16_t)from;
		out->icmp_code = from < 0 ? -1 : (int16_t)to;
		return 0;
	}
	if (from < 0 && to < 0)
		return 0;
	if (from < 0 || to < from)
		return err_set(err, ERR_INPUT,
			       "%s %d and %s %d: expected a range that runs forwards", names[0],
			       (int)from, names[1], (int)to);
	out->ports = (struct port_range){ .min = (uint16_t)from, .max = (uint16_t)to };
	return 0;
}

void load_note(struct world *world, const char *format, ...)
{
	char	text[512];
	va_list args;

	if (world->note_count >= NOTES_MAX) {
		world->notes_left_out++;
		return;
	}
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	world->notes = mem_grow(world->notes, world->note_count, &world->note_capacity,
				sizeof(*world->notes));
	world->notes[world->note_count++] = arena_str(&world->arena, str_of(text));
}

static struct world_family *family_of(struct world *world, struct str key, bool modelled)
{
	struct world_family *family;

	for (size_t i = 0; i < world->family_count; i++)
		if (str_eq(world->families[i].key, key))
			return &world->families[i];
	world->families = mem_grow(world->families, world->family_count, &world->family_capacity,
				   sizeof(*world->families));
	family = &world->families[world->family_count++];
	*family = (struct world_family){ .key = arena_str(&world->arena, key),
					 .modelled = modelled };
	return family;
}

/* A bad object is an error of its own; the walk goes on, so that a file tells all its errors. */
static int load_item(void *context, const struct json_item *item, struct err *err)
{
	struct loader *loader = context;
	load_fn	      *load = NULL;
	struct err     bad;

	(void)err;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_is(item->key, families[i].key))
			load = families[i].load;
	loader->family = family_of(loader->world, item->key, load != NULL);
	loader->family->objects += item->value != NULL;
	if (!load || !item->value)
		return 0;
	if (!item->in_list)
		err_set(&bad, ERR_INPUT, "%.*s: expected a list", STR_ARG(item->key));
	else if (!cJSON_IsObject(item->value))
		err_set(&bad, ERR_INPUT, "%.*s: expected a list of objects", STR_ARG(item->key));
	else if (load(loader, item->value, &bad) == 0)
		return 0;
	else
		err_wrap(&bad, "%.*s", STR_ARG(item->key));
	bad.line = item->line;
	err_list_add(loader->errors, &bad);
	return 0;
}

/* In a folder there may be notes and policies beside the documents: those are not JSON objects. */
static bool looks_like_json(const char *path)
{
	auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char	       start[256];
	ssize_t	       got;
	size_t	       len = strlen(path);
	struct str     text;

	if (len > 5 && strcmp(path + len - 5, ".json") == 0)
		return true;
	got = fd < 0 ? -1 : read(fd, start, sizeof(start));
	text = str_trim((struct str){ .ptr = start, .len = got > 0 ? (size_t)got : 0 });
	return str_starts(text, "{");
}

static void load_file(struct loader *loader, const char *path)
{
	auto_buf struct buf text = buf_make(0);
	struct err	    err;
	uint32_t	    before = loader->errors->count;

	if (file_read(path, FILE_BYTES_MAX, &text, &err) < 0 ||
	    json_each(buf_str(&text), path, load_item, loader, &err) < 0)
		err_list_add(loader->errors, &err);
	for (uint32_t i = before; i < loader->errors->count; i++)
		err_in(&loader->errors->items[i], path);
}

static void load_all(struct loader *loader, const char *path)
{
	auto_file_list struct file_list files = { 0 };
	struct err			err;
	size_t				documents = 0;

	if (file_list_open(&files, path, FILES_MAX, &err) < 0) {
		err_list_add(loader->errors, &err);
		return;
	}
	for (size_t i = 0; i < files.count; i++) {
		bool named = strcmp(files.paths[i], path) == 0;

		if (!named && !looks_like_json(files.paths[i]))
			continue;
		documents++;
		load_file(loader, files.paths[i]);
	}
	if (documents == 0) {
		err_at(&err, path, 0, 0,
		       "holds no JSON, expected what `aws ec2 describe-…` prints");
		err_list_add(loader->errors, &err);
	}
}

static bool has_modelled_objects(const struct world *world)
{
	for (size_t i = 0; i < world->family_count; i++)
		if (world->families[i].modelled)
			return true;
	return false;
}

struct world *world_open(const char *path, struct err_list *errors)
{
	auto_world struct world *world = mem_alloc(sizeof(*world));
	struct loader		 loader = { .world = world, .errors = errors };
	struct err		 err;

	*errors = (struct err_list){ 0 };
	load_all(&loader, path);
	if (errors->total == 0 && !has_modelled_objects(world)) {
		err_at(&err, path, 0, 0,
		       "is no snapshot, expected a top-level key like SecurityGroups or Vpcs");
		err_list_add(errors, &err);
	}
	if (errors->total == 0)
		link_world(&loader);
	free(loader.pending);
	return errors->total ? NULL : TAKE(world);
}
