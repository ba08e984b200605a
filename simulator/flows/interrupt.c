/* SPDX-License-Identifier: Apache-2.0 */
#include "simulator/flows/interrupt.h"

#include <stdatomic.h>
#include <stddef.h>
#include <sys/time.h>

/* The only things a signal handler can reach. */
static atomic_bool is_interrupted;

static atomic_bool wakes;

static const struct itimerval often = { .it_interval.tv_usec = 100000, .it_value.tv_usec = 100000 };

static void on_interrupt(int number)
{
	(void)number;
	atomic_store(&is_interrupted, true);
	if (atomic_load(&wakes))
		setitimer(ITIMER_REAL, &often, NULL); /* a system call and nothing else */
}

/* It need do nothing but arrive. */
static void on_alarm(int number)
{
	(void)number;
}

struct sigaction interrupt_catch(void)
{
	struct sigaction catching = { .sa_handler = on_interrupt, .sa_flags = (int)SA_RESETHAND };
	struct sigaction before;

	atomic_store(&is_interrupted, false);
	sigaction(SIGINT, &catching, &before);
	if (before.sa_handler == SIG_IGN)
		sigaction(SIGINT, &before, NULL);
	return before;
}

void interrupt_release(const struct sigaction *before)
{
	sigaction(SIGINT, before, NULL);
}

struct sigaction interrupt_wake(void)
{
	struct sigaction waking = { .sa_handler = on_alarm };
	struct sigaction before;

	sigaction(SIGALRM, &waking, &before);
	atomic_store(&wakes, true);
	return before;
}

void interrupt_let_wait(const struct sigaction *before)
{
	static const struct itimerval never;

	atomic_store(&wakes, false);
	setitimer(ITIMER_REAL, &never, NULL);
	sigaction(SIGALRM, before, NULL);
}

bool interrupt_is_set(void)
{
	return atomic_load(&is_interrupted);
}
