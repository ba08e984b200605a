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
enum notice_verdict {
	NOTICE_UNEXPECTED,
	NOTICE_CONTRADICTION,
	NOTICE_WOULD_DENY,
	NOTICE_OTHER,
	NOTICE_VERDICT_COUNT
};

struct notice {
	struct str	    text; /* the line, without its newline; borrowed */
	cJSON		   *json;
	enum notice_verdict verdict;
	int64_t		    time_s; /* since 1970 */
	struct str	    id;	    /* of its path, verdict and interface; lives in json */
};

/* Fails on what is no event: its schema, id, time or verdict are not there. */
int  notice_read(struct str text, struct notice *out, struct err *err) MUST_USE;
void notice_done(struct notice *notice);

/* A whole number from 0 on; 0 when there is none. */
uint64_t notice_number(const struct notice *notice, const char *name);
