/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/snapshot_time.h"

#include <string.h>

#include "lib/base/clock.h"
#include "policies/world/documents.h"
#include "simulator/flows/period.h"

int snapshot_time_open(const char *given, const char *path, struct snapshot_time *out,
		       struct err *err)
{
	struct snapshot_time found = { .source = SNAPSHOT_TIME_UNKNOWN };
	struct documents     documents;

	if (given) {
		found.source = SNAPSHOT_TIME_GIVEN;
		if (period_moment(str_of(given), clock_seconds(clock_now().wall), &found.s) < 0)
			return err_set(err, ERR_USAGE,
				       "--snapshot-time '%s': expected a date, a time like "
				       "2026-10-02T08:00:00Z, Unix seconds, or an age like 24h",
				       given);
	} else if (strcmp(path, "-") != 0) {
		if (documents_look(path, &documents, err) < 0)
			return -1;
		if (documents.newest_s)
			found = (struct snapshot_time){ .source = SNAPSHOT_TIME_FILES,
							.s = documents.newest_s };
	}
	*out = found;
	return 0;
}
