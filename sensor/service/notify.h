/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the sensor tells the service manager that started it: sd_notify(3)'s datagrams to $NOTIFY_SOCKET.
 *
 * Its own and not libsystemd's: that makes a socket for each message and waits where the manager does not read.
 * This one is connected before the privileges go and written to without waiting, by calls that a sensor makes anyway.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/clock.h"
#include "lib/base/err.h"

struct notify {
	int	 fd;	      /* -1: nobody wants to hear */
	uint64_t interval_ns; /* between two that say that the loop turns; 0: no watchdog */
	uint64_t turned_ns, said_ns;
	char	 said[200]; /* the last status */
};

#define NOTIFY_NONE ((struct notify){ .fd = -1 })

/* By the environment.  A socket that cannot be had is an error: the manager would wait for READY. */
int  notify_open(struct notify *notify, struct err *err) MUST_USE;
void notify_close(struct notify *notify);

/* "READY=1".  A message that finds no room is lost. */
void notify_say(struct notify *notify, const char *message);

/* At every turn of the loop: the watchdog is fed when half of its time is over. */
void notify_turn(struct notify *notify, struct mono now);

/* Whether a status is due: it is told when it is another, every NOTIFY_STATUS_S at most. */
enum { NOTIFY_STATUS_S = 5 };
bool notify_wants_status(const struct notify *notify, struct mono now);
void notify_status(struct notify *notify, const char *status, struct mono now);
