/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which process opened a socket, as bpf/process.bpf.c remembers it, on the cgroup that is the root of what this
 * process sees of them.  Sockets that were opened before are not known.  It ends with its descriptors.
 */
#pragma once

#include "lib/base/err.h"

struct process_watch;

/* processes: descriptor of the map that it fills, borrowed.  NULL where it cannot be had, with the reason in *err. */
struct process_watch *process_watch_open(int processes, struct err *err) MUST_USE;
void		      process_watch_close(struct process_watch *watch); /* accepts NULL */
