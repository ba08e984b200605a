/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the model that the sensor judges by up to date: loads it at start, and again in a thread of its own on request
 * and when the files have changed and are quiet.  A new model takes the old one's place whole; one that cannot be
 * loaded is refused, and the old one stays.  The loop takes what is new when it comes by and gives back what is old: no
 * lock, and nobody waits.
 */
#pragma once

#include "lib/base/err.h"
#include "lib/base/str.h"
#include "sensor/board.h"

struct model;
struct model_keeper;

struct model_keeper_args {
	const char	 *snapshot, *policy; /* as struct model_args has all of these; borrowed */
	uint64_t	  memory_bytes;
	const struct str *interface_ids;
	size_t		  interface_count;
	bool may_be_missing;	   /* the snapshot, or broken, at first: then there is no model */
	struct board_model *board; /* borrowed; written by whoever loads */

	/* Of every load but the first, in the thread, and of a first one that is refused; not NULL. */
	void (*loaded)(const struct model *model);
	void (*refused)(const struct err_list *errors, bool has_old);
};

/* Loads the first one, when there is or has to be one.  NULL with every error (bounded) in *errors. */
struct model_keeper *model_keeper_open(const struct model_keeper_args *args,
				       struct err_list		      *errors) MUST_USE;

/* For tests: of a model that is there already, which is borrowed.  It stays as it is. */
struct model_keeper *model_keeper_of(struct model *model) MUST_USE;

/* From here on there is a thread, with the signals blocked that are now. */
int model_keeper_start(struct model_keeper *keeper, struct err *err) MUST_USE;

/* Loads anew, changed or not.  Returns at once. */
void model_keeper_reload(struct model_keeper *keeper);

/* The newest, good until the next call; NULL: there was none yet. */
struct model *model_keeper_take(struct model_keeper *keeper);

/* Accepts NULL.  A load that takes too long is not waited for. */
void model_keeper_close(struct model_keeper *keeper);
