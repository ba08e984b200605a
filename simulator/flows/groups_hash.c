/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/groups_hash.h"

#include <pthread.h>
#include <stddef.h>

#include "lib/base/map.h"

uint64_t groups_seeds[GROUPS_SEEDS];

static void make_seeds(void)
{
	for (size_t i = 0; i < GROUPS_SEEDS; i++)
		groups_seeds[i] = map_hash(&i, sizeof(i));
}

void groups_hash_start(void)
{
	static pthread_once_t once = PTHREAD_ONCE_INIT;

	pthread_once(&once, make_seeds);
}
