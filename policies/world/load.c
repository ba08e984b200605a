/* SPDX-License-Identifier: Apache-2.0 */
#include "policies/world/load.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "policies/world/documents.h"

enum { NOTES_MAX = 1000 };

#define FILE_BYTES_MAX (UINT64_C(1) << 30)

static const struct load_family families[] = {
	{ "Vpcs", load_vpc, WORLD_VPC, "VpcId" },
	{ "Subnets", load_subnet, WORLD_SUBNET, "SubnetId" },
	{ "SecurityGroups", load_sg, WORLD_SG, "GroupId" },
	{ "SecurityGroupRules", load_sg_rule, WORLD_SG, NULL },
	{ "NetworkAcls", load_nacl, WORLD_NACL, "NetworkAclId" },
	{ "NetworkInterfaces", load_eni, WORLD_ENI, "NetworkInterfaceId" },
	{ "Reservations", load_reservation, WORLD_INSTANCE, NULL },
	{ "RouteTables", load_rtb, WORLD_RTB, "RouteTableId" },
	{ "PrefixLists", load_prefix_list, WORLD_PREFIX_LIST, "PrefixListId" },
	{ "InternetGateways", load_gateway, WORLD_IGW, "InternetGatewayId" },
	{ "EgressOnlyInternetGateways", load_gateway, WORLD_EIGW, "EgressOnlyInternetGatewayId" },
	{ "VpnGateways", load_gateway, WORLD_VGW, "VpnGatewayId" },
	{ "CarrierGateways", load_gateway, WORLD_CAGW, "CarrierGatewayId" },
	{ "NatGateways", load_nat, WORLD_NAT, "NatGatewayId" },
	{ "VpcPeeringConnections", load_pcx, WORLD_PCX, "VpcPeeringConnectionId" },
	{ "TransitGateways", load_tgw, WORLD_TGW, "TransitGatewayId" },
	{ "TransitGatewayAttachments", load_tgw_attachment, WORLD_TGW_ATTACHMENT,
	  "TransitGatewayAttachmentId" },
	{ "TransitGatewayVpcAttachments", load_tgw_attachment, WORLD_TGW_ATTACHMENT,
	  "TransitGatewayAttachmentId" },
	{ "TransitGatewayPeeringAttachments", load_tgw_attachment, WORLD_TGW_ATTACHMENT,
	  "TransitGatewayAttachmentId" },
	{ "TransitGatewayRouteTables", load_tgw_rtb, WORLD_TGW_RTB, "TransitGatewayRouteTableId" },
	{ "VpnConnections", load_vpn, WORLD_VPN, "VpnConnectionId" },
	{ "CustomerGateways", load_cgw, WORLD_CGW, "CustomerGatewayId" },
	{ "VpcEndpoints", load_vpce, WORLD_VPCE, "VpcEndpointId" },
	{ "Addresses", load_eip, WORLD_EIP, "AllocationId" },
	{ "LoadBalancers", load_lb, WORLD_LB, "LoadBalancerArn" },
	{ "Listeners", load_listener, WORLD_LISTENER, "ListenerArn" },
	{ "Rules", load_lb_rule, WORLD_LB_RULE, "RuleArn" },
	{ "TargetGroups", load_target_group, WORLD_TARGET_GROUP, "TargetGroupArn" },
	{ "FlowLogs", load_flow_log, WORLD_FLOW_LOG, "FlowLogId" },
	{ "AvailabilityZones", load_az, WORLD_AZ, "ZoneName" },
	{ "VpcBlockPublicAccessOptions", load_bpa, WORLD_BPA, NULL },
	{ "VpcBlockPublicAccessExclusions", load_bpa_exclusion, WORLD_BPA_EXCLUSION,
	  "ExclusionId" },
	/* Rows that do not say whose they are: load_rows.c. */
	{ "Associations", load_row, WORLD_TGW_RTB, NULL },
	{ "TransitGatewayRouteTablePropagations", load_row, WORLD_TGW_RTB, NULL },
	{ "Routes", load_row, WORLD_TGW_RTB, NULL },
	{ "Entries", load_row, WORLD_PREFIX_LIST, NULL },
	{ "TargetHealthDescriptions", load_row, WORLD_TARGET_GROUP, NULL },
	{ "Attributes", load_row, WORLD_LB, NULL },
};

/* Members beside a list that say whose its rows are, and what only pages an answer. */
static const char *const owner_members[] = { "TransitGatewayRouteTableId", "PrefixListId",
					     "TargetGroupArn", "LoadBalancerArn" };
static const char *const paging_members[] = { "NextToken", "NextMarker",
					      "AdditionalRoutesAvailable" };

enum world_kind world_family_kind(struct str key)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_is(key, families[i].key))
			return families[i].kind;
	return WORLD_KIND_COUNT;
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

void *load_add(struct world *world, enum world_kind kind, uint32_t *idx)
{
	size_t size, count = world->counts[kind];
	void **rows = world_rows(world, kind, &size);
	char  *row;

	*rows = mem_grow(*rows, count, &world->capacities[kind], size);
	row = (char *)*rows + count * size;
	memset(row, 0, size);
	*idx = (uint32_t)count;
	world->counts[kind]++;
	return row;
}

/* "eu-west-1a" → "eu-west-1"; the empty slice for zones that are named otherwise. */
static struct str region_of_zone(struct str zone)
{
	size_t dashes = 0;
	bool   special = str_starts(zone, "us-gov-") || str_starts(zone, "us-iso");

	for (size_t i = 0; i < zone.len; i++)
		dashes += zone.ptr[i] == '-';
	if (zone.len < 2 || dashes != (special ? 3U : 2U) || zone.ptr[zone.len - 1] < 'a')
		return (struct str){ 0 };
	return str_head(zone, zone.len - 1);
}

/* arn:PARTITION:SERVICE:REGION:ACCOUNT:… */
static void home_from_arn(struct str arn, struct str *region, struct str *owner)
{
	for (int i = 0; i < 3; i++)
		str_cut(&arn, ':');
	*region = str_cut(&arn, ':');
	*owner = str_cut(&arn, ':');
}

/* Account and region: the object's own words, its ARN, its zone, else the folders it lay in. */
static void load_home(struct loader *loader, const cJSON *object, struct object *out)
{
	struct arena *arena = &loader->world->arena;
	struct str    owner = json_text(object, "OwnerId"), region = { 0 }, arn_owner = { 0 };
	const cJSON  *member;

	cJSON_ArrayForEach(member, object) {
		size_t len = strlen(member->string);

		if (len > 3 && strcmp(member->string + len - 3, "Arn") == 0 &&
		    cJSON_IsString(member) && str_starts(str_of(member->valuestring), "arn:"))
			home_from_arn(str_of(member->valuestring), &region, &arn_owner);
	}
	if (region.len == 0)
		region = region_of_zone(json_text(object, "AvailabilityZone"));
	if (region.len == 0)
		region = loader->path_region;
	if (owner.len == 0)
		owner = arn_owner.len ? arn_owner : loader->path_account;
	out->owner = arena_str(arena, owner);
	out->region = arena_str(arena, region);
}

bool load_is_dead(struct loader *loader, struct str state)
{
	static const char *const dead[] = { "deleted",	     "deleting",       "failed",
					    "rejected",	     "rejecting",      "expired",
					    "detached",	     "detaching",      "terminated",
					    "disassociated", "disassociating", "shutting-down" };

	for (size_t i = 0; i < ARRAY_LEN(dead); i++) {
		if (state.len != strlen(dead[i]) || strncasecmp(state.ptr, dead[i], state.len) != 0)
			continue;
		loader->family->dead++;
		return true;
	}
	return false;
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
		row = load_add(world, kind, &idx);
		id = arena_str(&world->arena, id);
		world_put(world, id, kind, idx);
	} else if (known == kind) {
		row = (char *)*world_rows(world, kind, &size) + idx * size;
		id = ((struct object *)row)->id;
		memset(row, 0, size);
	} else {
		err_set(err, ERR_INPUT, "id %.*s is also that of an object of another kind",
			STR_ARG(id));
		return NULL;
	}
	common = (struct object *)row;
	common->id = id;
	load_home(loader, object, common);
	load_tags(loader, load_list(loader, object, kind == WORLD_ENI ? "TagSet" : "Tags"), common);
	return row;
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

bool load_deny(struct loader *loader, struct str key)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		if (!str_is(key, families[i].key))
			continue;
		family_of(loader->world, key, true)->denied = true;
		return true;
	}
	return false;
}

static bool is_among(struct str key, const char *const *names, size_t count)
{
	for (size_t i = 0; i < count; i++)
		if (str_is(key, names[i]))
			return true;
	return false;
}

/* A token of a next page, or AdditionalRoutesAvailable: the list beside it is not whole. */
static bool is_more(const cJSON *value)
{
	return cJSON_IsTrue(value) || (cJSON_IsString(value) && value->valuestring[0]);
}

/* A member beside the lists: whose the rows are, what pages, or something unknown. */
static void load_member(struct loader *loader, const struct json_item *item)
{
	if (is_among(item->key, owner_members, ARRAY_LEN(owner_members)) &&
	    cJSON_IsString(item->value))
		loader->document_id = arena_str(&loader->world->arena,
						str_of(item->value->valuestring));
	else if (is_among(item->key, paging_members, ARRAY_LEN(paging_members)))
		loader->document_cut = loader->document_cut || is_more(item->value);
	else
		family_of(loader->world, item->key, false)->objects++;
}

/* The one family of which AWS prints an object, not a list. */
static bool is_single(const struct load_family *row)
{
	return row->load == load_bpa;
}

static int load_object_of(struct loader *loader, const cJSON *object, struct err *err)
{
	loader->mistyped = NULL;
	if (loader->row->load(loader, object, err) < 0)
		return -1;
	if (loader->mistyped)
		return err_set(err, ERR_INPUT, "%s: expected %s as AWS prints it", loader->mistyped,
			       loader->expected);
	return 0;
}

/* A bad object is an error of its own; the walk goes on, so that a file tells all its errors. */
static void load_element(struct loader *loader, const struct json_item *item)
{
	struct err bad;

	if (item->kind != (is_single(loader->row) ? JSON_MEMBER : JSON_ELEMENT))
		err_set(&bad, ERR_INPUT, "%.*s: expected %s", STR_ARG(item->key),
			is_single(loader->row) ? "an object" : "a list");
	else if (!cJSON_IsObject(item->value))
		err_set(&bad, ERR_INPUT, "%.*s: expected a list of objects", STR_ARG(item->key));
	else if (load_object_of(loader, item->value, &bad) == 0)
		return;
	else
		err_wrap(&bad, "%.*s", STR_ARG(item->key));
	bad.line = item->line;
	err_list_add(loader->errors, &bad);
}

static int load_item(void *context, const struct json_item *item, struct err *err)
{
	struct loader *loader = context;

	(void)err;
	if (loader->is_record || load_is_record(item)) {
		loader->is_record = item->kind != JSON_END;
		load_record(loader, item);
		return 0;
	}
	if (item->kind == JSON_END) {
		load_pages_note(loader);
		load_rows_own(loader);
		return 0;
	}
	loader->row = NULL;
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_is(item->key, families[i].key))
			loader->row = &families[i];
	/* Other services' answers have Attributes too, as an object: not these. */
	if (loader->row && item->kind == JSON_MEMBER && str_is(item->key, "Attributes"))
		loader->row = NULL;
	if (!loader->row && item->kind == JSON_MEMBER) {
		load_member(loader, item);
		return 0;
	}
	loader->family = family_of(loader->world, item->key, loader->row != NULL);
	loader->family->objects += item->kind != JSON_EMPTY_LIST;
	loader->document_family = loader->family - loader->world->families;
	if (loader->row && item->kind != JSON_EMPTY_LIST)
		load_element(loader, item);
	else if (loader->row && loader->row->load == load_row)
		load_no_rows(loader);
	return 0;
}

static bool is_account(struct str name)
{
	uint64_t number;

	return name.len == 12 && str_u64(name, UINT64_MAX, &number) == 0;
}

/* The id of a table or list in a file's name: "tgw-rtb-0a1b.json" → "tgw-rtb-0a1b". */
static struct str id_in_name(struct str name)
{
	static const char *const prefixes[] = { "tgw-rtb-", "pl-" };

	for (size_t i = 0; i < ARRAY_LEN(prefixes); i++) {
		for (struct str at = name; at.len; at = str_skip(at, 1)) {
			size_t len = strlen(prefixes[i]);

			if (!str_starts(at, prefixes[i]))
				continue;
			while (len < at.len && isxdigit((unsigned char)at.ptr[len]))
				len++;
			return str_head(at, len);
		}
	}
	return (struct str){ 0 };
}

/* What the path says of a document: …/ACCOUNT/REGION/…, and an id in the file's name. */
static void read_path(struct loader *loader, const char *path)
{
	struct str rest = str_of(path), part, before = { 0 };

	loader->path_account = loader->path_region = loader->document_id = (struct str){ 0 };
	while (rest.len) {
		part = str_cut(&rest, '/');
		if (is_account(before) && rest.len) {
			loader->path_account = before;
			loader->path_region = part;
		}
		before = part;
	}
	loader->path_id = id_in_name(before);
	loader->folder = str_head(str_of(path), (size_t)(before.ptr - path));
	if (loader->folder.len > 1)
		loader->folder.len--;
	if (loader->folder.len == 0)
		loader->folder = str_of(path);
}

static void load_file(struct loader *loader, const char *path)
{
	auto_buf struct buf text = buf_make(0);
	struct err	    err;
	uint32_t	    before = loader->errors->count;

	read_path(loader, path);
	loader->is_record = false;
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

	if (file_list_open(&files, path, DOCUMENTS_MAX, &err) < 0) {
		err_list_add(loader->errors, &err);
		return;
	}
	for (size_t i = 0; i < files.count; i++) {
		bool named = strcmp(files.paths[i], path) == 0;

		if (!named && !documents_is_json(files.paths[i]))
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
		if (world->families[i].modelled &&
		    (world->families[i].objects || !world->families[i].denied))
			return true;
	return false;
}

struct world *world_open(const char *path, struct err_list *errors)
{
	auto_world struct world *world = mem_alloc(sizeof(*world));
	struct loader loader = { .world = world, .errors = errors, .document_family = -1 };
	struct err    err;

	*errors = (struct err_list){ 0 };
	load_all(&loader, path);
	if (errors->total == 0 && !has_modelled_objects(world)) {
		err_at(&err, path, 0, 0,
		       "is no snapshot, expected a top-level key like SecurityGroups or Vpcs");
		err_list_add(errors, &err);
	}
	load_pages_end(&loader);
	if (errors->total == 0)
		link_world(&loader);
	free(loader.pending);
	free(loader.rows);
	return errors->total ? NULL : TAKE(world);
}
