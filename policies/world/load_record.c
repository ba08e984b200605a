/* SPDX-License-Identifier: Apache-2.0 */
/*
 * weir.json, in which `weir fetch` says how it made a snapshot.  What a call that was denied, or that the place did
 * not offer, would have told is unknown: its family does not count as there, even where other accounts or Regions
 * have it.
 */
#include "lib/aws/stamp.h"
#include "lib/base/mem.h"
#include "policies/world/load.h"

bool load_is_record(const struct json_item *item)
{
	return item->kind == JSON_MEMBER && str_is(item->key, "schema") &&
	       cJSON_IsString(item->value) &&
	       str_is(str_of(item->value->valuestring), "weir/fetch/1");
}

static void add_denial(struct world *world, struct str text)
{
	world->denials = mem_grow(world->denials, world->denial_count, &world->denial_capacity,
				  sizeof(*world->denials));
	world->denials[world->denial_count++] = text;
}

void load_record(struct loader *loader, const struct json_item *item)
{
	struct world *world = loader->world;
	bool	      is_denied = str_is(item->key, "denied");
	size_t	      before = world->note_count;
	struct str    region, account, action, code;
	int64_t	      taken_s;

	if (item->kind == JSON_MEMBER && str_is(item->key, "time") && cJSON_IsString(item->value) &&
	    stamp_parse(str_of(item->value->valuestring), &taken_s) == 0 &&
	    taken_s > world->taken_s)
		world->taken_s = taken_s;
	if (item->kind != JSON_ELEMENT || (!is_denied && !str_is(item->key, "not_offered")))
		return;
	region = json_text(item->value, "region");
	account = json_text(item->value, "account");
	action = json_text(item->value, "action");
	code = json_text(item->value, "code");
	if (!load_deny(loader, json_text(item->value, "family")))
		return;
	load_note(world, "%.*s %.*s: %.*s was %s when the snapshot was fetched (%.*s)",
		  STR_ARG(region), STR_ARG(account), STR_ARG(action),
		  is_denied ? "denied" : "not offered", STR_ARG(code));
	if (is_denied && world->note_count > before)
		add_denial(world, world->notes[before]);
}
