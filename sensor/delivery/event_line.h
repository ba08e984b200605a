/* SPDX-License-Identifier: Apache-2.0 */
/* An event as it leaves (sensor/live/event.h makes it). */
#pragma once

#include "lib/base/str.h"

/* Of its two forms; what is told of how many were suppressed comes on top. */
enum { EVENT_JSON_MAX = 8192, EVENT_TERMINAL_MAX = 1024 };

/* Without newlines.  Borrowed. */
struct event_line {
	int64_t	   time_s; /* of its first packet, since 1970 */
	struct str eni;	   /* the interface-id; empty when it has none */
	struct str json, terminal;
};

typedef void event_fn(void *context, const struct event_line *line);
