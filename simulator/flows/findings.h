/* SPDX-License-Identifier: Apache-2.0 */
/* What a run can find, and which of it fails the run: --fail-on. */
#pragma once

#include "simulator/flows/waivers.h"

enum finding {
	FINDING_UNEXPECTED,
	FINDING_CONTRADICTION,
	FINDING_REJECTED,
	FINDING_UNKNOWN,	/* but for lack of traffic */
	FINDING_EXPIRED_WAIVER, /* traffic that one excused until its day; unexpected, too */
	FINDING_COUNT
};

/* Bits 1 << enum finding. */
#define FINDINGS_DEFAULT                                                                           \
	(UINT32_C(1) << FINDING_UNEXPECTED | UINT32_C(1) << FINDING_CONTRADICTION |                \
	 UINT32_C(1) << FINDING_EXPIRED_WAIVER)

/* "unexpected,rejected" or "none"; text NULL: the default.  ERR_USAGE for any other word. */
int findings_parse(const char *text, uint32_t *out, struct err *err) MUST_USE;

uint32_t findings_of(const struct tally_answer *answer, const struct waivers *waivers);
