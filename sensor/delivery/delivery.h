/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How one kind of sink delivers what was spooled for it (sensor/delivery/spool.h).  A segment of the spool is the unit:
 * it does not change any more, so what is sent of it is the same at every attempt, after a restart too: same
 * names, same bytes, same batches in the same order.
 *
 * Runs in a process of its own (sensor/delivery/courier.h); may wait for the network as long as it has to.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/base/buf.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "sensor/board.h"
#include "sensor/identity/identity.h"

enum { SINK_OPTIONS_MAX = 8 };

/* "s3:bucket/prefix,hive,hourly": KIND:TARGET[,KEY[=VALUE]]…  Borrows from the command line. */
struct sink_spec {
	const char *text; /* as given, for errors; of kinds with a name(): their usage */
	char	    kind[16];
	struct str  target;
	struct {
		struct str key, value; /* value: empty without "=" */
	} options[SINK_OPTIONS_MAX];
	size_t option_count;
};

/* All borrowed, and there as long as the process. */
struct delivery_setup {
	const struct sink_spec *spec;
	const struct identity  *identity;
	const char	  *header; /* names of the fields, without a newline; NULL: of events */
	uint32_t	   interval_s;
	struct board_sink *board;
	const char	  *endpoint_url, *profile; /* or NULL */
};

/* A line of a segment: "END_S START_S ENI|- TEXT\n".  Of an event both times are its own. */
struct segment_line {
	int64_t	   end_s, start_s; /* since 1970 */
	struct str eni;		   /* the interface-id, or "-" */
	struct str text;
};

/* Takes the next line off rest, and with it what before it is none; false: there is none. */
bool segment_next(struct str *rest, struct segment_line *line);

/* The same of one line without its newline: whether it is one. */
bool segment_line_parse(struct str text, struct segment_line *line);

enum { SEGMENT_FRAME_MAX = 256 }; /* what stands before TEXT, at most */

/* What stands before TEXT; eni empty: not known. */
void segment_line_begin(struct buf *out, int64_t end_s, int64_t start_s, struct str eni);

struct segment {
	const char *
		name; /* "20261128T1020Z-000017": its period, and a number that never comes again */
	int64_t period_s; /* when the period began, since 1970 */
	struct str text;  /* whole lines */
	struct str
		header; /* what the fields of these lines were called, not what setup calls them now; or empty */
	uint64_t      acked;	/* batches of it that are acknowledged, also before a restart */
	bool	      in_doubt; /* batch `acked` was begun before, and its end is not known */
	struct spool *spool;
};

/* Batch `acked` is about to be sent.  Durable when it returns. */
int segment_begin(struct segment *segment, struct err *err) MUST_USE;

/* … and is acknowledged.  Durable when it returns; counts the lines and bytes as delivered on the board. */
int segment_ack(struct segment *segment, uint64_t lines, uint64_t bytes, struct err *err) MUST_USE;

struct delivery_ops {
	const char *kind;	   /* "s3" */
	const char *usage, *about; /* "s3:BUCKET[/PREFIX][,hive]"; one line */
	bool	    takes_records, takes_events;
	uint32_t period_s;  /* a segment holds lines of one such period; 0: it is sealed at once */
	size_t	 bytes_max; /* of a segment */
	unsigned needs;	    /* enum need, beside those of the spool */

	/*
	 * What a sink is called where others read it: on the board, in metrics, as the folder of its spool.  NULL:
	 * KIND:TARGET, for there is no secret in that.
	 */
	void (*name)(const struct sink_spec *spec, struct buf *out);

	/* What the command line alone can tell: ERR_USAGE.  In the sensor, before the fork. */
	int (*check)(const struct sink_spec *spec, struct err *err);

	/* … and what it needs to know of this host besides: ERR_USAGE.  There too; NULL: nothing. */
	int (*check_setup)(const struct delivery_setup *setup, struct err *err);

	/* In the courier; asks nobody yet. */
	void *(*open)(const struct delivery_setup *setup, struct err *err);

	/*
	 * 0: all of it is acknowledged.  -1: to be tried again later, from segment->acked on.  What the service
	 * will never take is counted (BOARD_REFUSED, with what it said) and passed over.
	 */
	int (*deliver)(void *self, struct segment *segment, struct err *err);
	void (*close)(void *self);
};

extern const struct delivery_ops delivery_s3, delivery_logs, delivery_webhook, delivery_securityhub,
	delivery_syslog, delivery_journal;
