/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Two programs on the clsact hooks of an interface.  Others use these hooks too: our filters have their own
 * priority and handle, only they are removed, and the clsact qdisc only when we made it and nothing of
 * anybody else hangs on it.
 *
 * A filter outlives the process that attached it.  So each sensor holds a slot, which is an address of an
 * abstract socket and ends with its process: a filter of ours in a slot that is free was left behind, and
 * is replaced.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/err.h"

struct tc {
	uint32_t ifindex;
	uint32_t priority;
	int	 slot_fd; /* holds the slot; -1 when not attached */
	bool	 made_qdisc;
	bool is_behind; /* others hold the first priority: what their filter ends does not come to ours */
};

/* Program names must begin with "flow_": that is how our own are told from others'. */
int  tc_attach(struct tc *tc, uint32_t ifindex, int ingress_fd, int egress_fd,
	       struct err *err) MUST_USE;
void tc_detach(struct tc *tc);

/*
 * Removes the filters that sensors left on an interface which were killed; those of running ones stay, and so
 * does the clsact qdisc, which may be anybody's.  *removed is how many there were.  Fails when there is one that
 * it could not remove.
 */
int tc_remove_left_over(uint32_t ifindex, unsigned *removed, struct err *err) MUST_USE;
