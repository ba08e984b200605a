/* SPDX-License-Identifier: Apache-2.0 */
/* What the sensor says on stderr while it runs.  Nothing but the ready line waits for a reader. */
#pragma once

#include "sensor/eni_set.h"
#include "sensor/identity/metadata.h"
#include "sensor/window.h"

struct run_sizes {
	uint32_t interval_s;
	size_t	 max_flows, memory_bytes;
};

/* about: how it captures; privileges: what is left of them; begun_by: what it judges by, or empty. */
void run_say_ready(const char *about, const struct eni_set *enis, const struct run_sizes *sizes,
		   const char *privileges, const char *begun_by);

/* A line, when it can be said without waiting. */
void run_say_line(struct str line);
void run_say_metrics(const char *url);
void run_say_unknown_field(struct str name);

/* Every counter; seconds: how long it has run, or -1; waits at most wait_ms for a reader. */
void run_say_summary(const struct stats *stats, int64_t seconds, int wait_ms);

/* What was lost of a window on one interface. */
void run_say_lost(const struct window_status *status, uint32_t interval_s);

/* Interfaces that come and go; others: there are some that are still measured. */
void run_say_came(const struct eni *eni);
void run_say_gone(const struct eni *eni, bool others);
void run_say_refused(const struct eni *eni, const char *why);
void run_say_no_place(const struct eni *eni, size_t max);
void run_say_none_comes(const char *why);

/* What the metadata say of an interface: which ENI, none, or nothing. */
void run_say_eni(const struct eni *eni, const struct metadata_eni *news);

/* What becomes of a sink, or became. */
void run_say_sink(const char *name, const char *text);
