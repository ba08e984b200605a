/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/sums.h"

void sums_join(struct sums *into, const struct sums *from)
{
	into->records += from->records;
	into->packets += from->packets;
	into->bytes += from->bytes;
	if (from->start && (into->start == 0 || from->start < into->start))
		into->start = from->start;
	if (from->end > into->end)
		into->end = from->end;
}

/* A field that the record does not have is zero. */
void sums_add(struct sums *sums, const struct record *record)
{
	struct sums one = { .records = 1,
			    .packets = record->packets,
			    .bytes = record->bytes,
			    .start = record->start,
			    .end = record->end };

	sums_join(sums, &one);
}
