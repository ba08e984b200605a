/* SPDX-License-Identifier: Apache-2.0 */
/* Who of the internet gets what to one kind of interfaces, and who decides: the rows of an exposure to be. */
#pragma once

#include "simulator/reach/exposure_facts.h"
#include "simulator/reach/exposure_rows.h"

struct exposure_draft {
	struct exposure_facts facts;
	uint32_t	      sources;	     /* of exposure_rows_sources */
	uint32_t	      set;	     /* its packets: ALLOW */
	uint32_t	      src_kind, key; /* of one of them */
};

/* Of the packets of the filter, a set.  To be freed. */
struct exposure_draft *exposure_drafts_of(const struct exposure_question *question,
					  struct exposure_rows *rows, uint32_t kind,
					  uint32_t filter, size_t *count) MUST_USE;
