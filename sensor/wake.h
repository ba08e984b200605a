/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a wait for packets: SIGINT, SIGTERM and SIGHUP, SIGUSR1, and room in an output that had none.  One fd for
 * captures to wait for besides their own.
 *
 * SIGHUP has two meanings.  When the terminal is gone that the program was started at, it is the end; from anybody else
 * it asks to load again, as daemons have it.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/base/err.h"

enum { WAKE_OUTPUTS_MAX = 16 };

/* -1: not open. */
struct wake {
	int    stop_fd;	    /* readable after SIGINT or SIGTERM, and for good */
	int    reload_fd;   /* readable after SIGHUP, unless that stops */
	int    ask_fd;	    /* readable after SIGUSR1 */
	int    terminal_fd; /* whose end is ours; -1: there is none, or we are to outlive it */
	int    fd;	    /* readable when anything of it is */
	bool   is_hung_up;
	int    outputs[WAKE_OUTPUTS_MAX];
	size_t output_count;
};

#define WAKE_NONE                                                                                  \
	((struct wake){ .stop_fd = -1, .reload_fd = -1, .ask_fd = -1, .terminal_fd = -1, .fd = -1 })

/*
 * From here on the signals wait until they are asked for; SIGPIPE is ignored, a closed pipe a write error.  Without
 * reloads SIGHUP stops in any case, unless it was ignored from the start.
 */
int  wake_open(struct wake *wake, bool reloads, struct err *err) MUST_USE;
void wake_close(struct wake *wake);

bool wake_is_stopped(const struct wake *wake);
bool wake_is_asked(const struct wake *wake); /* SIGUSR1 came since the last time */

/* SIGHUP came since the last time, and not from the terminal's end: then wake_is_stopped is true from now on. */
bool wake_is_to_reload(struct wake *wake);

/*
 * Wakes whenever that fd can be read; not for one that is closed any more.  Of one that is at its end it would wake
 * for ever: that one has to be closed.
 */
int wake_on_input(struct wake *wake, int fd, struct err *err) MUST_USE;

/* Wakes when one of these can be written to, and by none that was named before. */
void wake_on_outputs(struct wake *wake, const int *fds, size_t count);
