/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/cmd/ending.h"

#include <signal.h>
#include <stdatomic.h>
#include <stddef.h>

#include "lib/base/mark.h"

/* The only thing a signal handler can reach; 0: none came. */
static atomic_int came;

static void on_signal(int number)
{
	atomic_store(&came, number);
}

void ending_catch(void)
{
	static const int signals[] = { SIGINT, SIGTERM, SIGHUP };
	struct sigaction catching = { .sa_handler = on_signal, .sa_flags = (int)SA_RESETHAND };

	atomic_store(&came, 0);
	for (size_t i = 0; i < ARRAY_LEN(signals); i++) {
		struct sigaction before;

		sigaction(signals[i], &catching, &before);
		if (before.sa_handler == SIG_IGN)
			sigaction(signals[i], &before, NULL);
	}
}

bool ending_is_set(void)
{
	return atomic_load(&came) != 0;
}

void ending_follow(void)
{
	int number = atomic_load(&came);

	if (number)
		raise(number); /* its action is the default again */
}
