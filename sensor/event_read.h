/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events of weir/event/1 as they come back from the spool, one line of JSON each.  The spool is a file, and a file
 * can be damaged: what is no event is told, and no sink ever hands it on.
 */
#pragma once

#include <cjson/cJSON.h>

#include "lib/base/err.h"
#include "lib/base/str.h"

/* The schema's words; what is unknown here is EVENT_OTHER, and said as it is. */
enum event_verdict {
	EVENT_UNEXPECTED,
	EVENT_CONTRADICTION,
	EVENT_WOULD_DENY,
	EVENT_OTHER,
	EVENT_VERDICT_COUNT
};

struct event {
	struct str	   text; /* the line, without its newline; borrowed */
	cJSON		  *json;
	enum event_verdict verdict;
	int64_t		   time_s; /* since 1970 */
	struct str	   id;	   /* of its path, verdict and interface; lives in json */
};

/* Fails on what is no event: its schema, id, time or verdict are not there. */
int  event_read(struct str text, struct event *out, struct err *err) MUST_USE;
void event_done(struct event *event);

/* A whole number from 0 on; 0 when there is none. */
uint64_t event_number(const struct event *event, const char *name);
