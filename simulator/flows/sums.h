/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What records that fare alike add up to, and what a consumer of judged records is shown of one.
 *
 * Most records repeat.  Whoever drives a consumer (tally.h, usage.h) asks it for the place of a record that is
 * new to him, and adds the others to the sums of the place that he remembers.  A consumer's place depends on
 * the record's answer and on nothing else of the record but its log-status, its action and whether it has
 * tcp-flags; so two records that are equal in these have one place.  Of the addresses in an answer only the
 * kinds count (address_floor.h): which addresses there were, the driver notes by themselves.
 */
#pragma once

#include "policies/match/record.h"

/*
 * A zeroed struct sums is that of no record.  start and end (s) are 0 when no record told them.  A log may say
 * anything: packets and bytes stop at UINT64_MAX, as those of groups.h do.
 */
struct sums {
	uint64_t records, packets, bytes, start, end;
};

void sums_add(struct sums *sums, const struct record *record);
void sums_join(struct sums *into, const struct sums *from);

/* An address of a record's packet. */
struct judged_end {
	struct ip ip;
	bool	  is_opener; /* of the conversation, as far as the answer knows */
	bool	  is_peer;   /* the far end, seen from the interface */
};

/* The ends of an answer's packet: its source, its destination. */
struct judged_end judged_end_of(const struct record_answer *answer, bool is_dst);

/* A record, its answer, and where it stands; all borrowed for the call but path, which outlives the run. */
struct judged {
	const struct record	   *record;
	const struct record_answer *answer;
	struct str		    line;
	const char		   *path;
	uint32_t		    file; /* its number among the files of the run */
	uint64_t		    line_number;
};
