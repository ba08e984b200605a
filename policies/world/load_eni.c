/* SPDX-License-Identifier: Apache-2.0 */
/* NetworkInterfaces, and Reservations with their Instances and the interfaces printed inside those. */
#include "policies/world/load.h"

static int load_ip(const cJSON *object, const char *name, struct ip *out, struct err *err)
{
	if (ip_parse(json_text(object, name), out, err) < 0)
		return err_wrap(err, "%s", name);
	return 0;
}

static struct ip public_ip_of(struct loader *loader, const cJSON *object)
{
	struct ip  ip = { 0 };
	struct err ignored;

	/* A public address is decoration here; a bad one is as good as none. */
	if (ip_parse(json_text(load_inner(loader, object, "Association"), "PublicIp"), &ip,
		     &ignored) < 0)
		return (struct ip){ 0 };
	return ip;
}

/* PrivateIpAddress leads; PrivateIpAddresses has it again, with the secondary ones. */
static int load_addresses(struct loader *loader, const cJSON *object, struct eni *eni,
			  struct err *err)
{
	const cJSON *v4 = load_list(loader, object, "PrivateIpAddresses"), *item;
	const cJSON *v6 = load_list(loader, object, "Ipv6Addresses");
	size_t	     room = 1 + (size_t)cJSON_GetArraySize(v4) + (size_t)cJSON_GetArraySize(v6);

	eni->addresses = arena_alloc(&loader->world->arena, room * sizeof(*eni->addresses));
	eni->address_count = 0;
	if (json_text(object, "PrivateIpAddress").len) {
		if (load_ip(object, "PrivateIpAddress", &eni->addresses[0].ip, err) < 0)
			return -1;
		eni->addresses[0].public_ip = public_ip_of(loader, object);
		eni->address_count = 1;
	}
	cJSON_ArrayForEach(item, v4) {
		struct address *address = &eni->addresses[eni->address_count];

		if (load_ip(item, "PrivateIpAddress", &address->ip, err) < 0)
			return -1;
		address->public_ip = public_ip_of(loader, item);
		if (eni->address_count == 0 || !ip_eq(address->ip, eni->addresses[0].ip))
			eni->address_count++;
		else if (address->public_ip.family)
			eni->addresses[0].public_ip = address->public_ip;
	}
	cJSON_ArrayForEach(item, v6) {
		struct address *address = &eni->addresses[eni->address_count];

		if (load_ip(item, "Ipv6Address", &address->ip, err) < 0)
			return -1;
		address->public_ip = (struct ip){ 0 };
		eni->address_count++;
	}
	return 0;
}

static int load_prefixes(struct loader *loader, const cJSON *object, struct eni *eni,
			 struct err *err)
{
	static const char *const names[][2] = { { "Ipv4Prefixes", "Ipv4Prefix" },
						{ "Ipv6Prefixes", "Ipv6Prefix" } };
	size_t			 room = 0;
	const cJSON		*item;

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		room += (size_t)cJSON_GetArraySize(load_list(loader, object, names[i][0]));
	if (room == 0)
		return 0;
	eni->prefixes = arena_alloc(&loader->world->arena, room * sizeof(*eni->prefixes));
	for (size_t i = 0; i < ARRAY_LEN(names); i++) {
		cJSON_ArrayForEach(item, load_list(loader, object, names[i][0])) {
			if (load_cidr(item, names[i][1], &eni->prefixes[eni->prefix_count], err) <
			    0)
				return -1;
			eni->prefix_count++;
		}
	}
	return 0;
}

/* What an interface of NetworkInterfaces and one printed inside an instance have in common. */
static struct eni *load_interface(struct loader *loader, const cJSON *object, struct err *err)
{
	struct eni *eni = load_object(loader, WORLD_ENI, object, "NetworkInterfaceId", err);

	if (!eni)
		return NULL;
	eni->vpc_idx = eni->subnet_idx = eni->instance_idx = eni->nat_idx = WORLD_NONE;
	eni->vpc_id = load_text(loader, object, "VpcId");
	eni->subnet_id = load_text(loader, object, "SubnetId");
	eni->type = load_text(loader, object, "InterfaceType");
	eni->description = load_text(loader, object, "Description");
	eni->instance_id = load_text(loader, load_inner(loader, object, "Attachment"),
				     "InstanceId");
	eni->source_dest_check = load_flag(loader, object, "SourceDestCheck", true);
	eni->denies_igw = load_flag(loader, object, "DenyAllIgwTraffic", false);
	eni->requester_managed = load_flag(loader, object, "RequesterManaged", false);
	eni->sg_ids = load_texts(loader, load_list(loader, object, "Groups"), "GroupId",
				 &eni->sg_count);
	if (load_addresses(loader, object, eni, err) < 0 ||
	    load_prefixes(loader, object, eni, err) < 0) {
		err_wrap(err, "%.*s", STR_ARG(eni->object.id));
		return NULL;
	}
	return eni;
}

int load_eni(struct loader *loader, const cJSON *object, struct err *err)
{
	return load_interface(loader, object, err) ? 0 : -1;
}

/* The interface as its instance shows it, unless NetworkInterfaces has it in full. */
static int load_inner_interface(struct loader *loader, const cJSON *object, struct str instance_id,
				struct err *err)
{
	struct world *world = loader->world;
	uint32_t      idx = world_index(world, WORLD_ENI, json_text(object, "NetworkInterfaceId"));
	struct eni   *eni;

	if (idx != WORLD_NONE && !world->enis[idx].from_instance)
		return 0;
	eni = load_interface(loader, object, err);
	if (!eni)
		return -1;
	eni->from_instance = true;
	eni->instance_id = instance_id;
	return 0;
}

static bool is_dead(struct str state)
{
	return str_is(state, "terminated") || str_is(state, "shutting-down");
}

static int load_instance(struct loader *loader, const cJSON *object, struct str owner,
			 struct err *err)
{
	struct str	 state = json_text(json_object(object, "State"), "Name");
	const cJSON	*enis = load_list(loader, object, "NetworkInterfaces"), *item;
	struct instance *instance;

	if (is_dead(state)) {
		loader->family->dead++;
		return 0;
	}
	instance = load_object(loader, WORLD_INSTANCE, object, "InstanceId", err);
	if (!instance)
		return -1;
	instance->object.owner = arena_str(&loader->world->arena, owner);
	instance->state = arena_str(&loader->world->arena, state);
	instance->eni_ids = load_texts(loader, enis, "NetworkInterfaceId", &instance->eni_count);
	cJSON_ArrayForEach(item, enis) {
		struct str id = instance->object.id;

		if (load_inner_interface(loader, item, id, err) < 0)
			return err_wrap(err, "%.*s", STR_ARG(id));
	}
	return 0;
}

int load_reservation(struct loader *loader, const cJSON *object, struct err *err)
{
	const cJSON *instances = load_list(loader, object, "Instances"), *item;

	if (!instances)
		return err_set(err, ERR_INPUT, "Instances: expected a list");
	cJSON_ArrayForEach(item, instances)
		if (load_instance(loader, item, json_text(object, "OwnerId"), err) < 0)
			return -1;
	return 0;
}
