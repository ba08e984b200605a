/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What each rule of a snapshot was good for: records that it let pass or stopped, and how much of the interfaces
 * that it applies to the logs cover.
 *
 * The rules of the groups of an interface are pooled, so all that match a record that was let through are hit
 * by it; of an ACL only the entry that decided.  Replies count for the group rule that let their connection in
 * or out.  A rejected record is a hit of the ACL's entry that denies it, also where the groups have no rule
 * for it.  What contradicts the snapshot or is unknown is no hit of anything, but may be one: so may an accepted
 * record of which only its ports tell who opened the connection, and one that could not be judged
 * (usage_maybe.h).  These are counted apart, so that no rule is called never hit that may have been.
 *
 * As with a tally, order and division of the records do not matter.
 */
#pragma once

#include "simulator/flows/distinct.h"
#include "simulator/flows/sums.h"

struct usage_rule {
	bool			is_nacl, egress;
	uint32_t		object_idx; /* group or ACL */
	const struct sg_rule   *sg_rule;
	const struct nacl_rule *nacl_rule; /* NULL of an ACL: the implicit deny */
	struct sums		hits;
	struct sums		only;  /* of hits: without the rule the verdict would be another */
	struct distinct		peers; /* the other ends' addresses, of hits */
	uint64_t		maybe; /* records that may be hits, none of them in hits */
	double	 allowed;	       /* addresses that the rule speaks of; negative: not known */
	uint32_t eni_count, eni_covered; /* that it applies to; with records that could be judged */
	uint64_t covered_start, covered_end; /* s, of those records; 0: none */
};

struct usage_answer {
	struct usage_rule
		   *rules; /* groups as in the snapshot, each with its rules; then the ACLs */
	size_t	    count;
	struct sums all;
	uint64_t    nodata, skipdata, contradictions, unknown; /* records that are no hits */
	uint64_t    elsewhere; /* of unknown: of no interface of the snapshot */
	uint64_t    eni_count, eni_covered;
};

struct usage;

struct usage *usage_new(const struct world *world) MUST_USE; /* borrowed */
void	      usage_free(struct usage *usage);
void	      usage_free_at(struct usage **usage);

/* See tally.h. */
uint32_t usage_place(struct usage *usage, const struct judged *judged);
uint64_t usage_note(struct usage *usage, uint32_t place, const struct judged_end *end);
void	 usage_add(struct usage *usage, uint32_t place, const struct sums *sums);
void	 usage_merge(struct usage *into, const struct usage *from);

/* Owned by usage, to which nothing can be added any more. */
const struct usage_answer *usage_finish(struct usage *usage);

#define auto_usage __attribute__((cleanup(usage_free_at)))
