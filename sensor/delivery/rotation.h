/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A file that is added to line by line, and set aside when it is large or old enough: PATH.20261128T102500Z.gz.  A
 * process of its own does that, so that a slow disk holds up nobody; what it cannot write is counted and named, and
 * the next lines are tried again.
 */
#pragma once

#include "sensor/delivery/delivery.h"
#include "sensor/delivery/inbox.h"

/* All borrowed. */
struct rotation {
	const char	  *folder, *name; /* of the file; without a '/' */
	const char	  *header;	  /* names of the fields, or NULL */
	uint64_t	   size_max;	  /* bytes of the file */
	uint64_t	   every_s; /* set aside when the clock passes a multiple of it; 0: never */
	uint64_t	   keep;    /* so many that were set aside; 0: all */
	struct board_sink *board;
	struct inbox	  *inbox;
};

/* Its limits, from the options of a spec: size, every, keep.  ERR_USAGE. */
int rotation_parse(const struct sink_spec *spec, struct rotation *out, struct err *err) MUST_USE;

/* run of struct child_args; context is a struct rotation. */
int rotation_run(void *context, int fd, struct err *err);
