/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judged records added up: by verdict, and in groups of the same path, verdict and deciding rule.  Replies
 * are counted with the connection they answer.  The number of groups is bounded; what falls outside is
 * counted in the totals and in groups_left_out.
 */
#pragma once

#include "lib/base/arena.h"
#include "lib/base/map.h"
#include "policies/match/record.h"

enum { TALLY_GROUPS_MAX = 100000, TALLY_EXAMPLE_MAX = 512 };

struct tally_total {
	uint64_t records, packets, bytes;
};

struct tally_group {
	enum record_verdict verdict;
	enum action	    action;
	struct str src, dst; /* tier, name or address of who opened the connection, and to whom */
	int16_t	   protocol;
	uint16_t   dst_port;		 /* of the opening packet; TCP and UDP */
	enum layer layer;		 /* LAYER_NONE when allowed */
	const struct sg_rule   *sg_rule; /* deciding; NULL when none */
	uint32_t		sg_idx;	 /* WORLD_NONE when none */
	const struct nacl_rule *nacl_rule;
	uint32_t		nacl_idx;
	const struct statement *statement; /* the policy's line; NULL when none */
	bool			has_model; /* false: the policy was not asked either */
	enum intent_verdict	intent;
	const struct statement *expired;
	struct tally_total	total;
	uint64_t		start, end;   /* s, of all its records */
	struct str		example, why; /* the first record's line, and its reason in words */
	struct str		example_file;
	uint64_t		example_line;
};

struct tally {
	struct arena	    arena;
	struct map	    index; /* key text → group */
	struct tally_group *groups;
	size_t		    group_count, group_capacity;
	struct tally_total  totals[RECORD_VERDICT_COUNT];
	uint64_t	    nodata, skipdata, groups_left_out;
};

/* A zeroed struct tally is ready. */
void tally_done(struct tally *tally);

/* What a record adds; line and file are for the example, why is asked only for a new group. */
struct tally_record {
	const struct world	   *world;
	const struct judge	   *judge; /* NULL: no policy */
	const struct record	   *record;
	const struct record_answer *answer;
	struct str		    line;
	const char		   *file;
	uint64_t		    line_number;
};

/* The group that the record went to when it opened a new one, else NULL. */
struct tally_group *tally_add(struct tally *tally, const struct tally_record *added);

/* What matters first: unexpected, contradiction, unknown, rejected, expected; then by records. */
void tally_sort(struct tally *tally);

#define auto_tally __attribute__((cleanup(tally_done)))
