/* SPDX-License-Identifier: Apache-2.0 */
/* In a run of the sensor: the process that fetches the snapshot of --fetch. */
#pragma once

#include "sensor/child.h"
#include "sensor/identity/fetcher.h"
#include "sensor/run_identity.h"

/* Zeroed, nothing is fetched. */
struct run_fetch {
	struct fetcher fetcher; /* fetcher.path: where the snapshot will be */
	struct child   child;
	bool	       is_on;
};

/* Where the snapshot will be becomes that of --snapshot.  Without --fetch: no-op. */
int run_fetch_place(struct run_fetch *run, struct sensor_args *args, struct err *err) MUST_USE;

/* Before the privileges go, when it is known who the run is for.  Without --fetch: no-op. */
int  run_fetch_begin(struct run_fetch *run, const struct sensor_args *args,
		     const struct run_identity *identity, const struct eni_set *enis,
		     struct err *err) MUST_USE;
void run_fetch_end(struct run_fetch *run);
