/* SPDX-License-Identifier: Apache-2.0 */
/* How much processor time may be taken, and whether the last second took more. */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"

/* Zeroed with the percentage of one processor it is ready; 0: there is no limit. */
struct budget {
	unsigned    percent;
	struct mono since;   /* when this second began */
	uint64_t    used_ns; /* what had been taken by then */
	bool	    is_over;
};

/* used_ns: what the process has taken so far, all threads together.  True until the next second: no more than must be. */
bool budget_turn(struct budget *budget, struct mono now, uint64_t used_ns);

/* That of this process. */
uint64_t budget_used_ns(void);
