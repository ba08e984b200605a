/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/waivers.h"

#include <stdlib.h>

#include "lib/base/mem.h"

static struct waiver *find(const struct waivers *waivers, const struct statement *statement)
{
	for (size_t i = 0; i < waivers->count; i++)
		if (waivers->items[i].statement == statement)
			return &waivers->items[i];
	return NULL;
}

/* What was rejected did not run: it needs no excuse. */
static void add_group(struct waivers *waivers, const struct tally_group *group)
{
	struct waiver *excuse = find(waivers, group->statement);
	struct waiver *expired = find(waivers, group->expired);

	if (group->action != ACTION_ACCEPT || !group->has_model)
		return;
	if (group->intent == INTENT_WAIVED && excuse)
		sums_join(&excuse->excused, &group->sums);
	if (intent_forbids(group->intent) && expired)
		sums_join(&expired->after, &group->sums);
}

void waivers_open(struct waivers *waivers, const struct judge *judge,
		  const struct tally_answer *answer)
{
	const struct intent *intent = judge ? judge_policy(judge) : NULL;

	*waivers = (struct waivers){ 0 };
	if (!intent)
		return;
	waivers->items = mem_alloc((intent->statement_count + 1) * sizeof(*waivers->items));
	for (uint32_t i = 0; i < intent->statement_count; i++)
		if (intent->statements[i].kind == STATEMENT_WAIVE)
			waivers->items[waivers->count++].statement = &intent->statements[i];
	for (size_t i = 0; waivers->count && i < answer->count; i++)
		add_group(waivers, &answer->groups[i]);
}

void waivers_close(struct waivers *waivers)
{
	free(waivers->items);
	*waivers = (struct waivers){ 0 };
}
