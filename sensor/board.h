/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor's processes tell one another, and whoever watches them: counts and times in memory that all of
 * them share since the fork.  Each word has one writer; whoever reads takes it as it is.  Nobody waits for anybody.
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "policies/fetch/calls.h"
#include "sensor/board_text.h"
#include "sensor/stats.h"

typedef _Atomic uint64_t board_word;

/* Why something that was finished will not be delivered. */
enum board_drop {
	BOARD_QUEUE_FULL, /* the sink's process did not take it in time */
	BOARD_SPOOL_FULL, /* the oldest of the spool made room */
	BOARD_DISK,	  /* it could not be written to the spool: full, quota, read-only */
	BOARD_TORN,	  /* half a line, of a sensor that was killed; or a damaged spool */
	BOARD_UNREADABLE, /* of the spool, again and again; it is set aside */
	BOARD_REFUSED,	  /* the service says that it will never take it */
	BOARD_DROP_COUNT
};

/* "queue full"; as a label of a metric "queue_full"; what it means, and what helps. */
const char *board_drop_text(enum board_drop reason);
const char *board_drop_label(enum board_drop reason);
const char *board_drop_about(enum board_drop reason);

/* A sink: what its process writes; the sensor itself handed, waits_since_s, is_gone and BOARD_QUEUE_FULL. */
struct board_sink {
	char	   name[96]; /* "s3:logs-bucket/prefix": set at start, harmless bytes */
	bool	   takes_events, has_spool; /* … else records */
	board_word handed;	  /* items on their way to its process, and those that reached it */
	board_word taken;	  /* items that reached its process */
	board_word waits_since_s; /* it has not taken what it had been handed by then; 0: it has */
	board_word delivered, delivered_bytes, deliveries; /* acknowledged; calls, or files */
	board_word attempts, failures;			   /* of deliveries */
	board_word dropped[BOARD_DROP_COUNT];
	board_word spool_bytes, spool_items, spool_max_bytes; /* the last one set at start */
	board_word oldest_s;		/* when the oldest that waits was finished; 0: none does */
	board_word delivered_s;		/* when something was delivered last */
	board_word is_failing, is_gone; /* the last attempt did; its processes have all ended */
	board_word restarts;		/* of its process */
	struct board_text failure;	/* the last one */
};

enum { BOARD_SINKS_MAX = 16 };

/* By the verdicts of policies/match/record.h, and what is only said live. */
enum board_verdict {
	BOARD_EXPECTED,
	BOARD_UNEXPECTED,
	BOARD_CONTRADICTION,
	BOARD_WOULD_DENY,
	BOARD_UNKNOWN,
	BOARD_VERDICT_COUNT
};

/* As explain and events have it: "would-deny". */
const char *board_verdict_text(enum board_verdict verdict);

/* What the sensor judges by. */
struct board_model {
	bool	   is_used;    /* set at start */
	board_word snapshot_s; /* when the snapshot was taken, as it says itself; 0: it does not */
	board_word loaded_s, loads, refused; /* the last swap; how many; how many were refused */
	board_word interfaces, rules, bytes;
	board_word strangers, foreign; /* interfaces of ours that it lacks; … with their VPC */
	board_word fetches, fetch_failures, fetched_s;
	/* By row of fetch_calls (0: can be had, or never was offered); a snapshot is kept that has them. */
	board_word	  unreadable_since_s[FETCH_CALLS_MAX], is_kept;
	struct board_text failure;	 /* the last load that was refused */
	struct board_text fetch_failure; /* the last fetch that failed */
};

struct board {
	board_word heartbeat_ns; /* monotonic: when the sensor's loop last turned */
	board_word started_s, memory_bytes, flows_open, flows_max, interfaces;
	board_word cpu_ns, metrics_restarts; /* of the sensor itself; of what answers scrapers */
	board_word counts[STAT_COUNT];
	board_word verdicts[BOARD_VERDICT_COUNT]; /* flows */
	board_word events, suppressed; /* events that were said, or left unsaid by the limit */
	board_word unjudged; /* flows that were new and not judged live: too many at once */
	struct board_model model;
	struct board_sink  sinks[BOARD_SINKS_MAX];
	size_t		   sink_count; /* set at start */
};

/* At start.  The later ones of names that are alike, or begin alike and are cut, get a number. */
struct board_sink *board_add_sink(struct board *board, struct str name);

/*
 * Every process can write there, one that was taken over too: so how many there are has a limit, and what one is
 * called has an end and harmless bytes only, whatever is in memory.
 */
size_t board_sink_count(const struct board *board);
void   board_print_name(const struct board_sink *sink, struct buf *out);

/* For all reasons together, and " (queue full 3, torn 1)": those that there were. */
uint64_t board_dropped(const struct board_sink *sink);
void	 board_print_drops(const struct board_sink *sink, struct buf *out);

/* Items that its process has not taken yet: in the queue, or in the pipe. */
uint64_t board_waiting(const struct board_sink *sink);

/* When the oldest item that is not delivered was finished, wherever it is; 0: there is none. */
uint64_t board_oldest_s(const struct board_sink *sink);

/* Zeroed.  Lives until the last process that has it ends. */
struct board *board_new(struct err *err) MUST_USE;
void	      board_free(struct board *board); /* accepts NULL */

static inline void board_set(board_word *word, uint64_t value)
{
	atomic_store_explicit(word, value, memory_order_relaxed);
}

static inline void board_add(board_word *word, uint64_t amount)
{
	atomic_fetch_add_explicit(word, amount, memory_order_relaxed);
}

static inline uint64_t board_get(const board_word *word)
{
	return atomic_load_explicit((board_word *)(uintptr_t)word, memory_order_relaxed);
}

/* What the sensor's loop has counted, and that it turns. */
void board_take_stats(struct board *board, const struct stats *stats, struct mono now);
