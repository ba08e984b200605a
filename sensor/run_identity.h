/* SPDX-License-Identifier: Apache-2.0 */
/* Who a run is for: what the command line says, and what instance metadata add to it. */
#pragma once

#include "sensor/args.h"
#include "sensor/eni_set.h"
#include "sensor/identity/metadata.h"
#include "sensor/wake.h"

/* A zeroed one is nobody's. */
struct run_identity {
	struct identity	 known;
	struct metadata *metadata; /* NULL: nobody is asked */
	bool		 verbose;
};

/*
 * Before the privileges go, and before what borrows `known` begins.  Waits for the metadata at most a second where
 * they need not be, and tells the interfaces which ENIs they are.
 */
int run_identity_begin(struct run_identity *identity, const struct sensor_args *args,
		       struct eni_set *enis, struct err *err) MUST_USE;

int run_identity_watch(const struct run_identity *identity, struct wake *wake,
		       struct err *err) MUST_USE;

/* What has become known of interfaces since.  Never waits. */
void run_identity_take(struct run_identity *identity, struct eni_set *enis);

void run_identity_end(struct run_identity *identity);
