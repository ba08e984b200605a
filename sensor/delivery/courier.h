/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process that delivers for one sink, and what it does there: one thread takes lines off the pipe into the spool
 * and never waits for a service; another one delivers segment by segment, the oldest first, and tries again after
 * a while what failed.
 *
 * When the pipe ends it seals what there is, tries to deliver for a few seconds more, and ends; the rest is the next
 * one's.
 */
#pragma once

#include "sensor/delivery/delivery.h"
#include "sensor/delivery/inbox.h"

/* All borrowed. */
struct courier {
	const struct delivery_ops *ops;
	struct delivery_setup	   setup;
	const char		  *folder;    /* of its spool */
	uint64_t		   spool_max; /* bytes */
	struct inbox		  *inbox;
};

enum {
	COURIER_END_MS = 5000 /* what it still tries to deliver after the end of the pipe */
};

/* run of struct child_args; context is a struct courier. */
int courier_run(void *context, int fd, struct err *err);
