/* SPDX-License-Identifier: Apache-2.0 */
#include "sensor/live/budget.h"

#include <time.h>

#define NS_PER_S UINT64_C(1000000000)

bool budget_turn(struct budget *budget, struct mono now, uint64_t used_ns)
{
	uint64_t passed_ns = now.ns - budget->since.ns;

	if (!budget->percent || (budget->since.ns && passed_ns < NS_PER_S))
		return budget->is_over;
	budget->is_over = budget->since.ns &&
			  used_ns - budget->used_ns > passed_ns / 100 * budget->percent;
	budget->since = now;
	budget->used_ns = used_ns;
	return budget->is_over;
}

uint64_t budget_used_ns(void)
{
	struct timespec used;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used);
	return (uint64_t)used.tv_sec * NS_PER_S + (uint64_t)used.tv_nsec;
}
