/* SPDX-License-Identifier: Apache-2.0 */
/* Verdicts in a run of the sensor: a model that is kept up to date, and flows that are judged by it. */
#pragma once

#include "sensor/args.h"
#include "sensor/live/live.h"
#include "sensor/recorder.h"

/* Zeroed it is closed, and nothing is judged. */
struct run_live {
	/* Of the start: the interfaces themselves change, and a thread reads these. */
	char		     id_texts[ENI_COUNT_MAX][ENI_WORD_SIZE];
	struct str	     ids[ENI_COUNT_MAX];
	struct model_keeper *models;
	struct live	    *live;
};

/* All borrowed. */
struct run_live_args {
	const struct sensor_args *args;
	struct recorder		 *recorder; /* judges from then on */
	struct board		 *board;
	size_t			  max_flows;
	uint32_t		  interval_s;
	event_fn		 *say;
	void			 *context;
};

/* After the start, a set of enum need. */
unsigned run_live_needs(const struct sensor_args *args);

/* What it judges by is added to said.  Without a snapshot: no-op.  When the privileges are gone. */
int run_live_open(struct run_live *run, const struct run_live_args *args, struct buf *said,
		  struct err *err) MUST_USE;

/* At each turn of the loop; reload: as soon as it can be. */
void run_live_turn(struct run_live *run, bool reload);

/* When all is recorded. */
void run_live_end(struct run_live *run);
void run_live_close(struct run_live *run);
