/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What ends a wait for packets: SIGINT, SIGTERM and SIGHUP, SIGUSR1, and room in an output that had none.  One fd for
 * captures to wait for besides their own.
 */
#pragma once

#include <stdbool.h>

#include "lib/base/err.h"

/* -1: not open. */
struct wake {
	int stop_fd; /* readable after SIGINT, SIGTERM or SIGHUP, and for good */
	int ask_fd;  /* readable after SIGUSR1 */
	int fd;	     /* readable when anything of it is */
	int output_fd;
};

#define WAKE_NONE ((struct wake){ -1, -1, -1, -1 })

/* From here on the signals wait until they are asked for; SIGPIPE is ignored, a closed pipe a write error. */
int  wake_open(struct wake *wake, struct err *err) MUST_USE;
void wake_close(struct wake *wake);

bool wake_is_stopped(const struct wake *wake);
bool wake_is_asked(const struct wake *wake); /* SIGUSR1 came since the last time */

/*
 * Wakes whenever that fd can be read; not for one that is closed any more.  Of one that is at its end it would wake
 * for ever: that one has to be closed.
 */
int wake_on_input(struct wake *wake, int fd, struct err *err) MUST_USE;

/* Wakes when that fd can be written to; -1: nothing is waiting to be written. */
void wake_on_output(struct wake *wake, int output_fd);
