/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/flow/words.h"

#include <assert.h>

static const struct words table[FIELD_TYPE_COUNT] = {
	[FIELD_TYPE_ACTION] = { { [ACTION_ACCEPT] = "ACCEPT", [ACTION_REJECT] = "REJECT" },
				"ACCEPT or REJECT" },
	[FIELD_TYPE_STATUS] = { { [LOG_STATUS_OK] = "OK",
				  [LOG_STATUS_NODATA] = "NODATA",
				  [LOG_STATUS_SKIPDATA] = "SKIPDATA" },
				"OK, NODATA or SKIPDATA" },
	[FIELD_TYPE_DIRECTION] = { { [DIRECTION_UNKNOWN] = "-",
				     [DIRECTION_INGRESS] = "ingress",
				     [DIRECTION_EGRESS] = "egress" },
				   "ingress or egress" },
};

const struct words *words_of(enum field_type type)
{
	assert(table[type].expected);
	return &table[type];
}
