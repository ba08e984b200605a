/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Judged records added up: by verdict, and in groups of the same ends, protocol and port, verdict, deciding
 * rule and likely cause.  Replies are counted with the connection they answer.
 *
 * The answer is the same in whatever order the records come and however they are divided among tallies that
 * are merged.  Only when there are more than TALLY_GROUPS_MAX groups it depends on the order which of them are
 * shown; what the others hold is counted by verdict.
 */
#pragma once

#include "simulator/flows/distinct.h"
#include "simulator/flows/ends.h"
#include "simulator/flows/sums.h"

/*
 * More than TALLY_PORTS_MAX ports between the same two ends make one group of many ports: a scan of ports is
 * a line, as is a service whose port is drawn anew for every client.
 */
enum { TALLY_GROUPS_MAX = 100000, TALLY_PORTS_MAX = 64, TALLY_EXAMPLE_MAX = 512 };

struct tally_group {
	enum record_verdict verdict;
	enum action	    action;
	struct flow_end	    src, dst; /* who opened the connection, and to whom */
	int16_t		    protocol;
	uint16_t	    dst_port;  /* of the opening packet; TCP and UDP with one port */
	bool		    has_ports; /* many */
	bool		    has_model; /* false: the policy was not asked either */
	enum layer	    layer;     /* LAYER_NONE when allowed */
	enum verdict
		other; /* of the other layer; VERDICT_COUNT: it has no say, or nothing denies */
	const struct sg_rule   *sg_rule; /* deciding; NULL when none */
	uint32_t		sg_idx;	 /* WORLD_NONE when none */
	const struct nacl_rule *nacl_rule;
	uint32_t		nacl_idx;
	const struct statement *statement; /* the policy's line; NULL when none */
	const struct statement *expired;
	enum intent_verdict	intent;
	uint32_t		causes; /* bits of enum cause, but not of time */
	struct sums		sums;
	struct distinct		sources, destinations, ports; /* ports: of has_ports */
	struct record_answer	answer; /* the example's: the record that comes first */
	char		       *example;
	size_t			example_len, example_capacity;
	const char	       *example_path;
	uint32_t		example_file;
	uint64_t		example_line;
	uint32_t		family; /* the tally's own */
};

struct tally_answer {
	struct tally_group *groups; /* what matters first */
	size_t		    count;
	struct sums	    totals[RECORD_VERDICT_COUNT];
	struct sums	    all; /* of the totals */
	uint64_t	    nodata, skipdata, left_out;
	uint64_t	    undecided; /* unknown, and not for lack of traffic */
};

struct tally;

/* The world and the judge are borrowed; judge may be NULL: no policy. */
struct tally *tally_new(const struct world *world, const struct judge *judge) MUST_USE;
void	      tally_free(struct tally *tally);
void	      tally_free_at(struct tally **tally);

/*
 * Where the record belongs, an index that stays.  Its example is noted; its addresses and numbers are for the
 * caller to add: any number of records, in any number of calls.
 */
uint32_t tally_place(struct tally *tally, const struct judged *judged);
uint64_t tally_note(struct tally *tally, uint32_t place, const struct judged_end *end);
void	 tally_add(struct tally *tally, uint32_t place, const struct sums *sums);

/* All of from into into.  from is of the same world and judge, and can only be freed then. */
void tally_merge(struct tally *into, struct tally *from);

/*
 * The answer, in order: unexpected, contradiction, unknown, rejected, expected; in each the group with more
 * records first, then by names.  Owned by the tally, to which nothing can be added any more.
 */
const struct tally_answer *tally_finish(struct tally *tally);

/* Gives a group whose example has no line one. */
void tally_set_line(struct tally_group *group, struct str line);

#define auto_tally __attribute__((cleanup(tally_free_at)))
