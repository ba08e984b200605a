/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a spool of records lost, to be told its service as SKIPDATA records (sensor/delivery/owed.h).  It stands on disk
 * as well: in an open segment beside the others, whose lines are written over in place, with room that is set apart
 * while there is some.  So a full disk takes it, and after a kill it is found and delivered as any segment is.
 *
 * Where no such segment can be made it is in memory until one can, and a kill takes it.
 */
#pragma once

#include "lib/flow/format.h"
#include "sensor/delivery/owed.h"
#include "sensor/delivery/spool.h"
#include "sensor/delivery/spool_folder.h"

struct spool_owed {
	bool	      is_used; /* false: of events, whose service is told nothing */
	struct owed   owed;
	struct record common; /* of an interface that is not known; borrows from the identity */
	struct format format; /* of what is added to the spool */
	uint32_t      interval_s, period_s;
	struct spool_item *item;     /* NULL: there is none now */
	bool		   is_saved; /* it has all that is owed */
	bool		   has_ended;
};

void spool_owed_init(struct spool_owed *owed, const struct spool_args *args);
void spool_owed_done(struct spool_owed *owed);

/* Whole framed lines that are lost; header: what their fields are called, or empty: as now. */
void spool_owed_add_lines(struct spool_owed *owed, struct str lines, struct str header);

/* All that a file has, which is closed then; when it cannot be read, as spool_owed_add_times. */
void spool_owed_add_item(struct spool_owed *owed, struct spool_folder *folder,
			 struct spool_item *item);

/* What nobody knows of which interface it is: the windows that the file may be of. */
void spool_owed_add_times(struct spool_owed *owed, const struct spool_folder *folder,
			  const struct spool_item *item);

/* Brings it to disk, where it is not there yet; what cannot be now is to be tried again. */
void spool_owed_save(struct spool_owed *owed, struct spool_folder *folder, struct clock_pair now);

/* The segment, sealed, to be delivered; nothing is owed then.  NULL: there is none, or it cannot be sealed now. */
struct spool_item *spool_owed_take(struct spool_owed *owed, struct spool_folder *folder);

/* At the end: a segment without lines leaves no file, and only what is owed later makes another. */
void spool_owed_end(struct spool_owed *owed, struct spool_folder *folder);
