/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Why a record may contradict the configuration, and what an undecided one lacks, from what the record, the
 * rules and the clock tell (aws-semantics.md 1.3, 2.6 and 8).  Likely, never certain: a log does not say.
 */
#pragma once

#include "lib/base/buf.h"
#include "simulator/flows/snapshot_time.h"
#include "simulator/flows/sums.h"

/* The strongest first: what explains the record with the configuration as it is, then what the clock tells. */
enum cause {
	CAUSE_TRACKED_REPLY,   /* accepted; as a reply it passes by state */
	CAUSE_UNTRACKED_REPLY, /* accepted; a rule for everyone lets it out or in without state */
	CAUSE_ENDED,	       /* rejected; TCP, and its flags show no SYN */
	CAUSE_UNTRACKED_CUT,  /* rejected; a change of rules cuts an untracked connection at once */
	CAUSE_MISSING_OBJECT, /* what a rule refers to, or the interface, is not in the snapshot */
	CAUSE_NEWER,	      /* than the snapshot: rules may have changed after it was taken */
	CAUSE_OLDER,	      /* than the snapshot: rules may have changed before it was taken */
	CAUSE_OUTLIVED, /* accepted; TCP without SYN: the connection is older than the record */
	CAUSE_PERHAPS_ENDED,	/* as CAUSE_ENDED, but the record has no tcp-flags */
	CAUSE_PERHAPS_OUTLIVED, /* as CAUSE_OUTLIVED, but the record has no tcp-flags */
	CAUSE_COUNT
};

/* Bits 1 << enum cause.  Of a record and its answer; 0 for what is neither a contradiction nor unknown. */
uint32_t causes_of(const struct world *world, const struct record *record,
		   const struct record_answer *answer);

/* Of the time of contradictions: CAUSE_NEWER when all are, CAUSE_OLDER when all are, else neither. */
uint32_t causes_of_time(const struct sums *sums, const struct snapshot_time *snapshot);

const char *cause_code(enum cause cause); /* "tracked-reply" */

/* In a sentence; sums and snapshot are those of causes_of_time. */
void cause_print(enum cause cause, const struct sums *sums, const struct snapshot_time *snapshot,
		 struct buf *out);
