/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A process of the sensor's own, for what may hang, fail or be attacked apart from the capture: it delivers to AWS,
 * answers on a socket, reads what others wrote.  It is forked before the privileges go and gives up its own: user,
 * capabilities, system calls but those it says it needs, and, where the kernel has Landlock, writing anywhere but
 * in its folders and executing.
 *
 * Its end is told by its channel: what it reads from ends when the sensor does, killed too.  Signals that end the
 * sensor do not end it.  What it has to say goes to the board (sensor/board.h).
 */
#pragma once

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "lib/base/err.h"

enum child_channel {
	CHILD_READS, /* a pipe: the sensor writes, the child reads */
	CHILD_TALKS  /* a SOCK_SEQPACKET pair, for both */
};

enum { CHILD_FOLDERS_MAX = 4, CHILD_KEPT_FD = 4 };

struct child_args {
	const char	  *name; /* as ps shows it, 15 bytes at most: "weir-s3" */
	enum child_channel channel;
	unsigned	   needs; /* a set of enum need, of sensor/call_filter.h */
	const char	  *user;  /* as privileges_drop has it */
	bool		   no_drop;
	const char	  *folders
		[CHILD_FOLDERS_MAX]; /* made when they are not there, and given to the user */

	int kept; /* an open file that it has beside the channel, as CHILD_KEPT_FD; 0: none */

	/* Runs until fd is at its end.  What *err has is printed on stderr; the process ends with it. */
	int (*run)(void *context, int fd, struct err *err);
	void *context; /* copied by the fork, as it is then */

	/*
	 * Not NULL: when run fails or dies it is run again, after a second and then ever longer, up to a minute (and
	 * after a second again when it went on for more than that), on the same channel, and that is counted here,
	 * in shared memory.
	 */
	_Atomic uint64_t *restarts;
};

struct child {
	int fd;	    /* our side of the channel; -1: there is no child */
	int pid_fd; /* readable when it has ended; -1 where the kernel has no such thing */
};

#define CHILD_NONE ((struct child){ -1, -1 })

/* Returns when the child has given up its privileges, or failed to. */
int child_start(struct child *child, const struct child_args *args, struct err *err) MUST_USE;

/* Closes the channel, which tells it to end. */
void child_hang_up(struct child *child);

/*
 * The same, and waits at most wait_ms for its end; it goes on by itself then.  Whether it has ended, as far as this
 * kernel tells.  Without a child: no-op.
 */
bool child_end(struct child *child, int wait_ms);
