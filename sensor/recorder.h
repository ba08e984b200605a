/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What closed windows hand over becomes records: flows, and the status of interfaces without one.  Counts
 * what it records, what it leaves out, and what the sink refuses.
 */
#pragma once

#include "sensor/delivery/outputs.h"
#include "sensor/scope.h"
#include "sensor/stats.h"
#include "sensor/window.h"

struct live;
struct live_interface;

/* All borrowed. */
struct recorder {
	const struct eni *enis;
	size_t		  eni_count;
	struct record	  common; /* what all records have in common */
	struct scope	  scope;
	struct outputs	 *outputs;
	struct windows	 *windows;
	struct stats	 *stats;
	struct live	 *live; /* NULL: nothing is judged, every action is ACCEPT */
};

/* The record of a flow, but for its action, and the name of its interface.  false: flow logs leave it out. */
bool recorder_make(const struct recorder *recorder, const struct flow *flow, struct record *out,
		   const char **ifname);

/* The interface in that place of enis, as records say it.  false: it is free, or its interface has gone. */
bool recorder_interface(const struct recorder *recorder, size_t place, struct live_interface *out);

/* flow_fn and status_fn of struct windows_args; context is a struct recorder. */
int recorder_add_flow(void *context, const struct flow *flow, struct err *err);
int recorder_add_status(void *context, const struct window_status *status, struct err *err);

/* What the sink still holds at the end is not recorded after all. */
void recorder_count_left(struct recorder *recorder);
