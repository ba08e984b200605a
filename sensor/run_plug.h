/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Interfaces that come and go while the sensor runs.  Each that is measured has a place; one that went keeps its own
 * until all its windows are written, and what comes while no place is free waits for one.
 */
#pragma once

#include "sensor/capture/capture.h"
#include "sensor/eni_set.h"
#include "sensor/identity/metadata.h"

struct live;

/* All borrowed. */
struct run_plug {
	struct eni_set		 *enis;
	struct windows		 *windows;
	const struct capture_ops *ops;
	struct capture		 *capture;
	struct metadata		 *metadata;	/* asked about what comes; NULL: nobody is */
	struct live		 *live;		/* told of what comes; NULL: nobody is */
	struct device_keeper	 *keeper;	/* NULL: interfaces that come are not measured */
	bool			  is_waiting;	/* there is one that found no place */
	bool			  is_told_full; /* that one waits, which is said once */
	bool			  is_told;	/* that none is measured that comes */
	bool			  asked[ENI_COUNT_MAX]; /* to be attached: there is no answer yet */
	char			  gone[IF_NAMESIZE];	/* the last one that was */
};

/* After the capture was opened: from now on it is heard of what comes. */
void run_plug_begin(struct run_plug *plug);

/* Readable when there is news of what comes; -1: there is none, any more. */
int run_plug_fd(const struct run_plug *plug);

/*
 * Takes what came and what went, as far as it is known.  Fails when nothing is left and nothing can come back; what it
 * says of that is on stderr.
 */
int run_plug_turn(struct run_plug *plug, struct err *err) MUST_USE;
