/* SPDX-License-Identifier: Apache-2.0 */
/* The courses of bench_reach, each run in a process of its own so that its memory is its own. */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { COURSE_ROUNDS = 5 };

/* What a course found out; seconds are of the processor, medians over rounds. */
struct course {
	const char *folder; /* of the snapshot */
	const char *other;  /* of the changed one */
	uint32_t    interfaces;

	double load_s, instance_s, tier_s;
	double can_s, can_worst_s; /* one packet: the median of many, the worst */
	size_t kinds, groups, tiers;
	size_t packets, yes, differences; /* packets that were compared, and differ */

	/* One packet of a pair; Z3 with formulas made for it, and with those made before. */
	double query_s, rival_query_s, rival_again_s;
	double same_s, rival_same_s, different_s, rival_different_s; /* two rule sets */
	size_t rules_a, rules_b;
	bool   gave_up; /* Z3, in comparing rule sets */
};

/* Exit statuses: 0, or 1 when the snapshot could not be loaded. */
int course_everybody(struct course *course); /* one packet, all pairs by instance and by tier */
int course_query(struct course *course);     /* beside Z3 */
int course_rules(struct course *course);     /* likewise */
