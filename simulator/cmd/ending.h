/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Signals that end the program, for a verb that has something to take away first: SIGINT, SIGTERM, SIGHUP.  The second
 * of a kind ends it at once.  What is ignored (nohup) stays ignored.
 */
#pragma once

#include <stdbool.h>

void ending_catch(void);
bool ending_is_set(void); /* since ending_catch; from any thread */

/* Ends the program by the signal that came, so that a shell sees it; returns when none did. */
void ending_follow(void);
