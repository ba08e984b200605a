/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the parts of verdicts share: verdicts.c sorts rows, verdicts_kinds.c judges kinds and places them,
 * verdicts_wait.c settles what waited for its opener.  One thread's.
 */
#pragma once

#include "simulator/flows/distinct.h"
#include "simulator/flows/groups.h"
#include "simulator/flows/interfaces.h"
#include "simulator/flows/verdicts.h"

enum { MISSES_MAX = 256, FILE_AT = 40, NOTED_BITS = 15 };

enum width { NARROW, WIDE, WIDTH_COUNT };

/* What a place has had, and where the first of its records stands. */
struct total {
	struct sums sums;
	uint64_t    first;     /* file << FILE_AT | line; UINT64_MAX: none yet */
	uint64_t    bounds[4]; /* of verdicts_consumer's note, by opener and peer */
};

/* The values of a conversation that waits, as groups.h lays them out behind its key. */
enum { WAIT_RECORDS, WAIT_PACKETS, WAIT_BYTES, WAIT_START, WAIT_FIRST, WAIT_END, WAIT_WORDS };

/* A kind to be judged, with the row, or what waited, that brought it up. */
struct miss {
	struct verdict_key key;
	bool		   is_unnumbered; /* its kind is not remembered */
	struct str	   interface, line;
	const char	  *path;
	struct ip	   src, dst; /* of the packet */
	struct total	   total;
};

/* Rows of the columns being added, with keys of one width. */
struct lot {
	uint64_t keys[COLUMNS_ROWS_MAX * MEMO_WIDE];
	uint64_t values[COLUMNS_ROWS_MAX * (WAIT_WORDS - 1)];
	uint32_t rows[COLUMNS_ROWS_MAX], found[COLUMNS_ROWS_MAX];
	bool	 src_alone[COLUMNS_ROWS_MAX], dst_alone[COLUMNS_ROWS_MAX];
	uint32_t count;
};

struct verdicts {
	struct verdicts_run	 run;
	struct verdicts_consumer consumer;
	struct interfaces	*interfaces;
	struct verdict_view	*views; /* by the number of the interface */
	size_t			 view_count, view_capacity;
	struct memo		*kinds[WIDTH_COUNT]; /* key → kind_of */
	struct groups		*waits[WIDTH_COUNT];
	struct openers		*openers;     /* only where the ports do not tell it as surely */
	const struct openers	*all_openers; /* of all threads, in the end */
	struct matcher		*matcher;
	struct total		*totals; /* by place */
	size_t			 total_count, total_capacity;
	uint64_t		 noted[1 << NOTED_BITS]; /* ends noted lately, by hash */
	struct verdicts_counts	 counts;
	struct lot		 settled[WIDTH_COUNT], open[WIDTH_COUNT];
	struct miss		 misses[MISSES_MAX];
	uint32_t		 miss_count;
	struct record		 records[MISSES_MAX];
	struct record_query	 queries[MISSES_MAX];
	struct record_answer	 answers[MISSES_MAX];
};

extern const uint32_t verdicts_width_words[WIDTH_COUNT];

static inline uint32_t verdicts_place(uint32_t kind)
{
	return kind >> 2;
}

static inline enum width verdicts_width(const struct verdict_key *key)
{
	return key->count == MEMO_NARROW ? NARROW : WIDE;
}

struct verdict_key  verdicts_key(const uint64_t *words, enum width width);
struct verdict_view verdicts_view(struct verdicts *verdicts, uint32_t number);

/* A kind to judge, good until the next is asked for; judged when there are many, or now. */
struct miss *verdicts_miss(struct verdicts *verdicts, const struct verdict_key *key);
void	     verdicts_judge(struct verdicts *verdicts);

/* The consumer is told of an end of a kind's packet, unless it was lately or has seen enough of the place. */
void verdicts_note(struct verdicts *verdicts, uint32_t kind, struct ip ip, bool is_dst);
