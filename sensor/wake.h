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
	int stop_fd;   /* readable after SIGINT, SIGTERM or SIGHUP, and for good */
	int reload_fd; /* readable after SIGHUP, when that does not stop */
	int ask_fd;    /* readable after SIGUSR1 */
	int fd;	       /* readable when anything of it is */
	int output_fd;
};

#define WAKE_NONE ((struct wake){ -1, -1, -1, -1, -1 })

/*
 * From here on the signals wait until they are asked for; SIGPIPE is ignored, a closed pipe a write error.  reloads:
 * SIGHUP does not stop.
 */
int  wake_open(struct wake *wake, bool reloads, struct err *err) MUST_USE;
void wake_close(struct wake *wake);

bool wake_is_stopped(const struct wake *wake);
bool wake_is_asked(const struct wake *wake); /* SIGUSR1 came since the last time */

bool wake_is_to_reload(const struct wake *wake); /* SIGHUP came since the last time */

/* Wakes when that fd can be written to; -1: nothing is waiting to be written. */
void wake_on_output(struct wake *wake, int output_fd);
