/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ^C while logs are read: the first asks for the answer so far, the second ends the program.  One at a time in a
 * process, as there is one such signal.
 */
#pragma once

#include <signal.h>
#include <stdbool.h>

/* What SIGINT did before, for interrupt_release.  Where it is ignored (nohup), so it stays. */
struct sigaction interrupt_catch(void);
void		 interrupt_release(const struct sigaction *before);

bool interrupt_is_set(void); /* since interrupt_catch; from any thread */

/*
 * For one thread that reads and waits by itself: a signal that comes just before it begins to wait would be lost,
 * so after ^C it is woken, by SIGALRM, until interrupt_let_wait with what SIGALRM did before.
 */
struct sigaction interrupt_wake(void);
void		 interrupt_let_wait(const struct sigaction *before);
