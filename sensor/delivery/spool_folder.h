/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The folder of a spool and the files in it: what is read and written, one step after the other.  Numbers are
 * reserved on disk before they are used, many at once.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"
#include "lib/base/str.h"
#include "sensor/delivery/spool_file.h"

/* A file. */
struct spool_item {
	uint64_t	  number;
	int64_t		  period_s;
	struct spool_head head;
	uint64_t	  size;	   /* with the head */
	int		  fd;	   /* -1: not open now */
	bool		  is_open; /* not sealed */
	bool		  is_full; /* open, but no more is added */
	bool		  is_damaged;
	bool		  is_aside;   /* nobody delivers it any more */
	bool		  is_unknown; /* how many lines it has could not be read */
	unsigned	  faults; /* so often in turn its own bytes could not be read or written */
	struct mono	  opened;
};

void spool_item_free(struct spool_item *item);

/* For lines that come later, where the file system can; without it they may find no room. */
void spool_item_reserve(const struct spool_item *item, uint64_t bytes);

/* All its lines, over those that were there, which begin at that place and are as long. */
int spool_item_put(struct spool_item *item, size_t at, struct str lines, struct err *err) MUST_USE;

/* Behind what is there.  Fails without a trace. */
int spool_item_write(struct spool_item *item, struct str text, struct err *err) MUST_USE;

/* Durable when it returns; item->head stays as it is. */
int spool_item_write_head(struct spool_item *item, const struct spool_head *head,
			  struct err *err) MUST_USE;

struct spool_folder {
	const char *path;   /* borrowed */
	const char *header; /* of files that are added; NULL: none */
	int	    fd, numbers_fd;
	uint64_t    number, reserved; /* the next one, and the first that is not reserved */
};

int  spool_folder_open(struct spool_folder *folder, const char *path, struct err *err) MUST_USE;
void spool_folder_close(struct spool_folder *folder);

/* For this process alone.  Without patience it fails when another one has it. */
int spool_folder_lock(struct spool_folder *folder, bool is_patient, struct err *err) MUST_USE;

/* Takes the item. */
typedef void spool_item_fn(void *context, struct spool_item *item, uint64_t torn);

/*
 * Every file, in any order; those that were open are sealed, half a line at their end cut off.  What cannot be
 * read or sealed now is an error, and the others come all the same.  After spool_folder_lock, once.
 */
int spool_folder_list(struct spool_folder *folder, spool_item_fn *take, void *context,
		      struct err *err) MUST_USE;

/* Of a file that is added, before there are lines in it. */
size_t spool_folder_begin_size(const struct spool_folder *folder);

struct spool_item *spool_folder_add(struct spool_folder *folder, int64_t period_s,
				    struct clock_pair now, struct err *err) MUST_USE;
int		   spool_folder_seal(struct spool_folder *folder, struct spool_item *item,
				     struct err *err) MUST_USE;
/* Renamed, for a person to look at. */
int spool_folder_set_aside(struct spool_folder *folder, struct spool_item *item,
			   struct err *err) MUST_USE;

/* When it was written to last, since 1970; 0: not known. */
int64_t spool_folder_written_s(const struct spool_folder *folder, const struct spool_item *item);

void spool_folder_remove(struct spool_folder *folder, const struct spool_item *item);

/* What stands behind the head of a sealed file, in *text, to be freed; item->fd is open then. */
int spool_folder_load(struct spool_folder *folder, struct spool_item *item, char **text,
		      size_t *len, struct err *err) MUST_USE;
