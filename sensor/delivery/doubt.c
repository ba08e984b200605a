/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/delivery/doubt.h"

#include <stdio.h>
#include <string.h>

bool doubt_is(const struct doubt *doubt, const struct segment *segment)
{
	bool is_known = doubt->batch == segment->acked &&
			strcmp(doubt->segment, segment->name) == 0;

	return segment->in_doubt && !is_known;
}

void doubt_learn(struct doubt *doubt, const struct segment *segment, bool was_clear, bool in_doubt)
{
	*doubt = (struct doubt){ 0 };
	if (!was_clear || in_doubt || strlen(segment->name) >= sizeof(doubt->segment))
		return;
	snprintf(doubt->segment, sizeof(doubt->segment), "%s", segment->name);
	doubt->batch = segment->acked;
}
