/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What waits on disk for a service that does not take it now: lines in segments, one file each, in a folder that
 * one process has for itself.  Lines are added to an open segment; sealed it does not change any more, and goes
 * when it is delivered.  Its name has the period of its lines and a number that never comes again.
 *
 * Everything is bounded: when the spool is full, the oldest segment goes.  What cannot be written is counted and
 * named on the board, and the next lines are tried again.  After a kill the next process goes on with what is there;
 * half a line is cut off.  A segment whose own bytes cannot be read is set aside after SPOOL_FAULTS_MAX attempts, for a
 * person to look at, until its room is needed.
 *
 * Of records the service is told what is lost, with a SKIPDATA record for each interface: once lines can be written
 * again and half of the spool is free, so that what is told does not take the place of what there is to deliver.
 *
 * One thread adds, another one delivers.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "sensor/board.h"
#include "sensor/delivery/delivery.h"

struct spool;

struct spool_args {
	const char *folder; /* is there already */
	uint32_t period_s; /* whole minutes; 0: a segment takes whatever comes until it is wanted */
	uint32_t settle_s; /* lines of a period may come so long after its end */
	uint64_t segment_max;		   /* bytes */
	uint64_t bytes_max;		   /* of all; at least four segments */
	const char	      *header;	   /* of the lines that are added; NULL: they have none */
	uint32_t	       interval_s; /* of the windows of records; 0: they are none */
	const struct identity *identity; /* of what a record has that is no interface's; or NULL */
	struct board_sink     *board;	 /* all borrowed */
};

enum { SPOOL_FAULTS_MAX = 6 };

/* Waits until no other process has the folder. */
struct spool *spool_open(const struct spool_args *args, struct err *err) MUST_USE;
void	      spool_close(struct spool *spool); /* accepts NULL; what is open stays so */

/*
 * Of whole framed lines those in front that go into one segment; what is none is counted, as is what finds no room.
 * Returns the others, so that what is written is forgotten elsewhere before a disk is waited for again.
 */
struct str spool_add(struct spool *spool, struct str lines, struct clock_pair now) MUST_USE;

/* Seals what will not grow any more; to be called every second. */
void spool_settle(struct spool *spool, struct clock_pair now);
void spool_seal_all(struct spool *spool);

/*
 * 1: the oldest sealed segment is in *segment, until spool_remove or spool_give_back.  0: there is none.
 * One at a time.
 */
int spool_take(struct spool *spool, struct segment *segment, struct err *err) MUST_USE;

/* All of it is delivered. */
void spool_remove(struct spool *spool);

/* To be taken again. */
void spool_give_back(struct spool *spool);
