/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/load_member.h"

#include "policies/world/load.h"

static const cJSON *mistype(struct loader *loader, const char *name, const char *expected)
{
	loader->mistyped = name;
	loader->expected = expected;
	return NULL;
}

static const cJSON *list_of(struct loader *loader, const cJSON *object, const char *name, int type)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name), *item;
	bool	     is_list = cJSON_IsArray(member);

	if (!member || cJSON_IsNull(member))
		return NULL;
	cJSON_ArrayForEach(item, member)
		is_list = is_list && (item->type & 0xff) == type;
	return is_list ? member : mistype(loader, name, "a list");
}

const cJSON *load_list(struct loader *loader, const cJSON *object, const char *name)
{
	return list_of(loader, object, name, cJSON_Object);
}

const cJSON *load_strings(struct loader *loader, const cJSON *object, const char *name)
{
	return list_of(loader, object, name, cJSON_String);
}

const cJSON *load_inner(struct loader *loader, const cJSON *object, const char *name)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!member || cJSON_IsNull(member))
		return NULL;
	return cJSON_IsObject(member) ? member : mistype(loader, name, "an object");
}

bool load_flag(struct loader *loader, const cJSON *object, const char *name, bool fallback)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	if (member && !cJSON_IsNull(member) && !cJSON_IsBool(member))
		(void)mistype(loader, name, "true or false");
	return json_bool(object, name, fallback);
}

int load_bool(const cJSON *object, const char *name, bool *out, struct err *err)
{
	const cJSON *member = cJSON_GetObjectItemCaseSensitive(object, name);

	if (!cJSON_IsBool(member))
		return err_set(err, ERR_INPUT, "%s: expected true or false", name);
	*out = cJSON_IsTrue(member);
	return 0;
}

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
