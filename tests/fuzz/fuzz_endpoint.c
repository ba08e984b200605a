/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Any text as SRC or DST against the shop: what it names has an address and, when it is an interface, that
 * interface's own id names exactly it; what it does not name is a usage error in words.
 */
#include "simulator/endpoint.h"
#include "tests/fuzz/fuzz.h"

#define SHOP "policies/examples/shop"

static struct world  *world;
static struct intent *intent;
static struct judge  *judge;

static void open_shop(void)
{
	struct err_list errors;

	if (world)
		return;
	world = world_open(SHOP, &errors);
	intent = intent_open(SHOP "/shop.policy", &errors);
	if (!world || !intent) {
		fputs(SHOP ": start from the repository's root\n", stderr);
		exit(1);
	}
	judge = judge_new(intent, world);
}

static void check_end(const struct end *end)
{
	struct endpoint own;
	struct err	err;

	if (end->eni_idx == WORLD_NONE)
		return;
	PROPERTY(end->eni_idx < world->counts[WORLD_ENI]);
	PROPERTY(end->ip.family == IP_V4 || end->ip.family == IP_V6);
	PROPERTY(world_eni_in_vpc(world, world->enis[end->eni_idx].vpc_idx, end->ip) ==
		 end->eni_idx);
	PROPERTY(endpoint_resolve(world->enis[end->eni_idx].object.id.ptr, world, NULL, &own,
				  &err) == 0);
	PROPERTY(own.count == 1 && own.ends[0].eni_idx == end->eni_idx);
	endpoint_done(&own);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char	       *text = malloc(size + 1);
	struct endpoint endpoint;
	struct err	err = { 0 };

	if (!text)
		abort();
	open_shop();
	memcpy(text, data, size);
	text[size] = '\0';
	if (endpoint_resolve(text, world, judge, &endpoint, &err) == 0) {
		PROPERTY(endpoint.count > 0 && endpoint.count <= ENDPOINT_ENDS_MAX);
		for (size_t i = 0; i < endpoint.count; i++)
			check_end(&endpoint.ends[i]);
		endpoint_done(&endpoint);
	} else {
		PROPERTY(err.kind == ERR_USAGE && err.text[0]);
	}
	free(text);
	return 0;
}
